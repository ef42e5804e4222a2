#pragma once
// Formulas that are known as symbols, as numbers.

#include <map>
#include <string>

#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/readings/symbol.hpp>

namespace xtape::detail {

/// The value of an expression over x and y, each operation rounded to T: what somebody gets who
/// types it in. @throws Error for a name or an operation that is not known.
template <class T>
T evaluated(const Symbol& expression, T x, T y);

/// The value in extended precision. With a generator the result of every operation, and y, which is
/// one, is multiplied by 1 + δξ, ξ uniform in (-1, 1): how far the formula's own rounding moves it.
/// @throws as above.
long double disturbed(const Symbol& expression, const std::map<std::string, long double>& values,
                      double delta, Random* noise);

}  // namespace xtape::detail
