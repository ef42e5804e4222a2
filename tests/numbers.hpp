#pragma once
// How far numbers are apart, and numbers to test with.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/xtensor.hpp>

namespace numbers {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The distance of neighbouring numbers of type T at y.
template <class T>
long double spacing(long double y) {
  int exponent = 0;
  static_cast<void>(std::frexp(y, &exponent));
  const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return std::max<long double>(unit, std::numeric_limits<T>::denorm_min());
}

/// The distance of two numbers in units of T's last place at the larger of `expected` and `scale`,
/// which is the largest term that `expected` was summed from.
template <class T>
long double ulps(T got, long double expected, long double scale = 0) {
  if (std::isnan(expected) || std::isnan(got))
    return std::isnan(expected) && std::isnan(got) ? 0 : numbers::inf;
  const T rounded = static_cast<T>(expected);
  if (got == rounded) return 0;
  if (std::isinf(got) || std::isinf(rounded)) return numbers::inf;
  return std::fabs(static_cast<long double>(got) - expected) /
         spacing<T>(std::max(std::fabs(expected), scale));
}

/// The largest of many distances, and where it was seen.
template <class T>
struct Worst {
  long double distance = 0;
  std::size_t at = 0;
  T got = 0;
  long double expected = 0;

  void see(std::size_t i, T number, long double right, long double scale = 0) {
    const long double d = ulps<T>(number, right, scale);
    if (d > distance || std::isnan(d)) *this = {d, i, number, right};
  }
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out.precision(20);
    out << distance << " ulp at element " << at << ": " << got << ", expected " << expected;
    return out.str();
  }
};

template <class Shape>
std::vector<std::size_t> extents(const Shape& shape) {
  return {shape.begin(), shape.end()};
}

/// An array of a shape, filled by calls of `next`.
template <class T, class Shape, class Next>
xtape::Array<T> array(const Shape& shape, Next&& next) {
  xtape::Array<T> result = xtape::Array<T>::from_shape(extents(shape));
  for (auto& element : result) element = static_cast<T>(next());
  return result;
}

/// The elements of an xtensor expression, row by row.
template <class E>
std::vector<long double> elements(const E& expression) {
  std::vector<long double> result;
  for (const auto element : expression) result.push_back(element);
  return result;
}

}  // namespace numbers
