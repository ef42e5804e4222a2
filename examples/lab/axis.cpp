#include "axis.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <locale>
#include <sstream>

namespace lab {
namespace {

// With the sign that is as wide as a plus; `digits` after the point, or significant ones.
std::string number(double value, int digits, bool fixed) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  if (fixed) text << std::fixed;
  text << std::setprecision(digits) << value;
  const std::string plain = text.str();
  return plain.starts_with('-') ? "−" + plain.substr(1) : plain;
}

double power_of_ten(int exponent) { return std::pow(10.0, exponent); }

// The smallest of 1, 2, 5 times a power of ten that is not less.
double round_up(double x) {
  const double ten = power_of_ten(static_cast<int>(std::floor(std::log10(x))));
  for (const double digit : {1.0, 2.0, 5.0})
    if (x <= digit * ten * (1 + 1e-12)) return digit * ten;
  return 10 * ten;
}

void add_multiples(Axis& axis, double step) {
  const double first = std::ceil(axis.low / step - 1e-9),
               last = std::floor(axis.high / step + 1e-9);
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
  const bool plain = decimals <= 5 && largest < 1e6;
  for (double k = first; k <= last && axis.ticks.size() < 50; ++k) {
    const double value = k == 0 ? 0 : k * step;  // no -0
    axis.ticks.emplace_back(value, number(value, plain ? decimals : 6, plain));
  }
}

// 1, 2, 5, 10, 20, … where they are few, else powers of ten, else some of those.
Axis logarithmic_axis(double low, double high) {
  const int from = static_cast<int>(std::floor(std::log10(low))),
            to = static_cast<int>(std::ceil(std::log10(high)));
  const int stride = 1 + (to - from) / 7;
  std::vector<double> numbers;
  for (int exponent = from; exponent <= to; exponent += stride)
    for (const double digit : {1.0, 2.0, 5.0})
      if (digit == 1 || to - from <= 3) numbers.push_back(digit * power_of_ten(exponent));
  // From the last one that is not above the smallest to the first that is not below the largest.
  Axis axis{numbers.front(), numbers.back(), true};
  for (const double x : numbers)
    if (x <= low) axis.low = x;
  const auto above = std::ranges::find_if(numbers, [&](double x) { return x >= high; });
  if (above != numbers.end()) axis.high = *above;
  axis.high = std::max(axis.high, high);
  for (const double x : numbers)
    if (x >= axis.low && x <= axis.high) axis.ticks.emplace_back(x, number(x, 6, false));
  return axis;
}

}  // namespace

double Axis::at(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis linear_axis(double low, double high, std::size_t wished) {
  Axis axis{low, high};
  add_multiples(axis, round_up((high - low) / static_cast<double>(wished)));
  return axis;
}

Axis counting_axis(double low, double high, std::size_t wished) {
  Axis axis{low, high};
  add_multiples(axis, std::max(1.0, round_up((high - low) / static_cast<double>(wished))));
  return axis;
}

Axis fitting_axis(const std::vector<double>& values) {
  const auto [least, most] = std::ranges::minmax(values);
  if (least > 0 && most >= 10 * least) return logarithmic_axis(least, most);
  const double size = most > least ? most - least : most != 0 ? std::abs(most) : 1;
  const double step = round_up(size / 5);
  Axis axis{step * std::floor(least / step), step * std::ceil(most / step)};
  if (axis.low >= axis.high) axis.high = axis.low + step;
  add_multiples(axis, step);
  return axis;
}

std::string fixed_text(double value, int decimals) { return number(value, decimals, true); }

}  // namespace lab
