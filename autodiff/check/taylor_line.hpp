#pragma once
// A function along one direction: its remainders and the verdicts on them.

#include <functional>

#include <xtape/autodiff/check/taylor.hpp>

namespace xtape::detail {

/// f along one direction, and what is claimed of it.
struct Line {
  std::function<long double(long double h)> f;
  long double slope = 0, curvature = 0;              // ⟨g, v⟩ and ⟨v, Hv⟩
  long double slope_error = 0, curvature_error = 0;  // their rounding
  long double rounding = 0;                          // of f, relative
  long double first_step = 0;
  int order = 1;
};

/// The steps, the remainders at them, their rates and what is to be said of these.
TaylorDirection examine(const Line& line);

}  // namespace xtape::detail
