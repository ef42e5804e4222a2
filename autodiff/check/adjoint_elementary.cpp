#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <xtape/autodiff/check/adjoint_elementary.hpp>

namespace xtape::detail {
namespace {

using Complex = Elementary::Complex;

constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

// aᵇ for a > 0; a negative a is folded before.
Complex power(Complex a, Complex b) { return std::exp(b * std::log(a)); }

constexpr Elementary table[] = {
    {"add", 2, [](Complex a, Complex b) { return a + b; }},
    {"subtract", 2, [](Complex a, Complex b) { return a - b; }},
    {"multiply", 2, [](Complex a, Complex b) { return a * b; }},
    {"divide", 2, [](Complex a, Complex b) { return a / b; }},
    {"negate", 1, [](Complex a, Complex) { return -a; }},
    // (At 0 its derivative is infinite, which no step can find.)
    {"sqrt", 1,
     [](Complex a, Complex) { return a.real() == 0 ? Complex(nan, nan) : std::sqrt(a); }},
    {"exp", 1, [](Complex a, Complex) { return std::exp(a); }},
    {"expm1", 1, [](Complex a, Complex) { return std::exp(a) - 1.0L; }},
    {"log", 1, [](Complex a, Complex) { return std::log(a); }},
    {"log1p", 1, [](Complex a, Complex) { return std::log(1.0L + a); }},
    {"sin", 1, [](Complex a, Complex) { return std::sin(a); }},
    {"cos", 1, [](Complex a, Complex) { return std::cos(a); }},
    {"tanh", 1, [](Complex a, Complex) { return std::tanh(a); }},
    {"pow", 2, power},
    {"abs", 1, nullptr},
    {"maximum", 2, nullptr},
    {"minimum", 2, nullptr},
};

}  // namespace

long double Elementary::partial(std::size_t k, std::array<long double, 2> x) const {
  long double sign = 1;
  if (value == power && x[0] <= 0) {  // aᵇ = (-1)ᵇ(-a)ᵇ where b is a whole number
    if (x[0] == 0 || k == 1 || std::nearbyint(x[1]) != x[1]) return nan;
    x[0] = -x[0];
    sign = std::fmod(x[1], 2.0L) == 0 ? -1 : 1;
  }
  const long double h = std::ldexp(x[k] == 0 ? 1 : std::fabs(x[k]), -100);
  std::array<Complex, 2> z{x[0], x[1]};
  z[k].imag(h);
  return sign * (value(z[0], z[1]).imag() / h);
}

const Elementary* elementary_of(const char* name, const Symbol& value) {
  if (value.kind() != Symbol::Kind::call || value.name() != name) return nullptr;
  const std::size_t n = value.inputs().size();
  for (std::size_t i = 0; i < n; ++i) {
    const char* const input = n == 1 ? "x" : i == 0 ? "a" : "b";
    if (value.inputs()[i].kind() != Symbol::Kind::name || value.inputs()[i].name() != input)
      return nullptr;
  }
  const auto* const found = std::ranges::find_if(
      table, [&](const Elementary& e) { return value.name() == e.name && n == e.inputs; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace xtape::detail
