#pragma once
// Richardson extrapolation of difference quotients.

#include <cstddef>
#include <vector>

#include <xtape/autodiff/check/numeric_derivative.hpp>

namespace xtape::detail {

constexpr std::size_t orders = 7;  // of extrapolation

/// A quotient and what the noise can make of it.
struct Quotient {
  long double value, rounding, step;
};

/// What Richardson extrapolation makes of quotients at steps that halve, whose errors are a series
/// in h or in h²: factor 2 or 4.
Estimate extrapolate(const std::vector<Quotient>& quotients, long double factor,
                     long double natural);

}  // namespace xtape::detail
