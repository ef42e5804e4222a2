#pragma once
// Axes with round numbers.

#include <string>
#include <utility>
#include <vector>

namespace lab {

/// A range of numbers, with the numbers that are written at it.
struct Axis {
  double low, high;
  bool logarithmic = false;
  std::vector<std::pair<double, std::string>> ticks = {};

  /// Where on the axis a number lies: 0 at its low end, 1 at its high one.
  [[nodiscard]] double at(double value) const;
};

/// Ticks at multiples of 1, 2 or 5 times a power of ten, about `wished` of them.
Axis linear_axis(double low, double high, std::size_t wished);
/// The same for numbers that are counted: no tick lies between two of them.
Axis counting_axis(double low, double high, std::size_t wished);
/// An axis that holds all the values, from a tick to a tick: logarithmic where they are positive
/// and the largest is at least ten times the smallest.
Axis fitting_axis(const std::vector<double>& values);

/// A number as it is written at an axis and in a picture, with a decimal point whatever the locale.
std::string fixed_text(double value, int decimals);

}  // namespace lab
