#pragma once
// Formulas that are known as symbols, as numbers.

#include <xtape/autodiff/readings/symbol.hpp>

namespace xtape::detail {

/// The value of an expression over x and y, each operation rounded to T: what somebody gets who
/// types it in. @throws Error for a name or an operation that is not known.
template <class T>
T evaluated(const Symbol& expression, T x, T y);

}  // namespace xtape::detail
