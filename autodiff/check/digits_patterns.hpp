#pragma once
// Formulas that lose digits, as they stand in a recording.

#include <vector>

#include <xtape/autodiff/check/digits.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape::detail {

/// Every formula of the table of patterns, in the order of recording.
template <class T>
std::vector<DigitsAdvice> find_patterns(const BasicWalk<T>& walk);

extern template std::vector<DigitsAdvice> find_patterns(const BasicWalk<double>&);
extern template std::vector<DigitsAdvice> find_patterns(const BasicWalk<float>&);

}  // namespace xtape::detail
