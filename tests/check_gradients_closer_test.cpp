// What a function does next to the point, in saturation and where it stands still: no claim that
// fits farther out passes for it, and a zero that is right is no question.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/gradient_check.hpp>

using namespace xtape;

namespace {

// Beside an input that is seen, so that a zero is not all there is.
template <class F>
CheckedNumber claimed(const F& f, double x, double claim,
                      const GradientCheckOptions& options = {}) {
  const GradientReport report =
      check_gradient([&](std::span<const double> at) { return f(at[0]) + at[1]; },
                     std::vector<double>{claim, 1}, std::vector<double>{x, 1}, options);
  INFO(report.text());
  for (const CheckedNumber& number : report.inputs.at(0).numbers)
    if (number.label == "x[0]") return number;
  FAIL("no such number");
  return {};
}
template <class F>
Verdict verdict(const F& f, double x, double claim, const GradientCheckOptions& options = {}) {
  return claimed(f, x, claim, options).verdict;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a function that is another one next to the point is seen there") {
  for (const double width : {1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8}) {
    CAPTURE(width);
    const auto step = [&](double x) { return x + 0.5 * width * std::tanh((x - 1) / width); };
    const auto bump = [&](double x) {
      return x + 3 * (x - 1) * std::exp(-(x - 1) * (x - 1) / (width * width));
    };
    const auto branch = [&](double x) { return std::abs(x - 1) < width ? 1 + 2 * (x - 1) : x; };
    for (const double wrong : {1.0, 3.0, 0.0}) {
      CHECK(verdict(step, 1, wrong) == Verdict::fail);
      CHECK(verdict(bump, 1, wrong) == Verdict::fail);
      CHECK(verdict(branch, 1, wrong) == Verdict::fail);
    }
    CHECK(verdict(step, 1, 1.5) == Verdict::pass);
    CHECK(verdict(bump, 1, 4) == Verdict::pass);
    CHECK(verdict(branch, 1, 2) == Verdict::pass);
  }
  // All the first steps are whole periods.
  const auto waves = [](double x) { return x + 0.1 * std::sin(2 * M_PI * 1024 * x); };
  CHECK(verdict(waves, 1, 1) == Verdict::fail);
  CHECK(verdict(waves, 1, 1 + 0.1 * 2 * M_PI * 1024) == Verdict::pass);
}

TEST_CASE("in saturation any tiny number fits, so none passes") {
  const auto tanh_of = [](double x) { return std::tanh(x); };
  for (const double x : {20.0, 22.0, 25.0, 30.0, 40.0}) {
    const double slope = 4 * std::exp(-2 * x);
    for (const double factor : {1.0, 2.0, -1.0, 100.0}) {
      CAPTURE(x);
      CAPTURE(factor);
      const CheckedNumber number = claimed(tanh_of, x, factor * slope);
      CHECK(number.verdict == Verdict::inconclusive);
      CHECK(number.advice.find("long double") != std::string::npos);
    }
    // As advised, where the extended type has digits for it.
    if (x > 20) continue;
    for (const long double factor : {1.0L, 2.0L}) {
      const GradientReport wide =
          check_gradient([](std::span<const long double> at) { return std::tanh(at[0]); },
                         std::vector<long double>{factor / (std::cosh(20.0L) * std::cosh(20.0L))},
                         std::vector<long double>{20});
      CHECK(wide.verdict() != (factor == 1 ? Verdict::fail : Verdict::pass));
    }
  }
  // At a stationary point what rounding has left is no claim.
  for (const double left : {0.0, 1e-17, -1e-17})
    CHECK(verdict([](double x) { return std::cos(x - 1); }, 1, left) == Verdict::pass);
  CHECK(verdict([](double x) { return std::cos(x - 1); }, 1, 1e-6) == Verdict::fail);
}

TEST_CASE("where the function stands still a zero is right, and what it may hide is told") {
  const auto relu = [](double x) { return std::max(x, 0.0); };
  for (const double x : {-1e-3, -1.0, -777.0}) {
    CAPTURE(x);
    CHECK(verdict(relu, x, 0) == Verdict::pass);
    CHECK(verdict(relu, x, 1) == Verdict::fail);
    CHECK(verdict(relu, x, 1e-3) == Verdict::fail);
  }
  CHECK(verdict([](double x) { return std::tanh(x); }, 777, 0) == Verdict::pass);
  CHECK(verdict([](double x) { return std::erf(x); }, -1e6, 0) == Verdict::pass);
  // A single jump far away is the function's own …
  CHECK(verdict([](double x) { return x < 0 ? 0.0 : 0.7; }, -1, 0) == Verdict::pass);
  CHECK(verdict([](double x) { return x < 0 ? 0.0 : 0.7; }, -1, 0.7) == Verdict::fail);
  CHECK(verdict([](double x) { return x > 0 ? 0.3 : x < 0 ? -0.3 : 0.0; }, -1, 0) == Verdict::pass);
  // … equal ones may be a slope that was rounded away.
  const auto rounded = [](double x) { return (1e12 + x) - 1e12; };
  for (const double claim : {1.0, 0.0, 2.0}) CHECK(verdict(rounded, 1e-6, claim) != Verdict::pass);
  CHECK(verdict(rounded, 1e-6, 1) == Verdict::inconclusive);
  CHECK(verdict([](double x) { return std::sqrt(x * x + 1) - 1; }, 1e-12, 1e-12) != Verdict::fail);
}

TEST_CASE("zeros of second derivatives beyond which a kink lies are right") {
  const auto of = [](auto f, const Array<double>& x) {
    return check_gradients(f, {x}, {.order = 2});
  };
  const auto relu = [](const Variable& x) { return sum(maximum(x, 0)); };
  const auto absolute = [](const Variable& x) { return sum(abs(x)); };
  for (const auto& report : {of(relu, {-1.0, 2.0}), of(absolute, {-1.0, 2.0, 0.5})}) {
    INFO(report.text());
    CHECK(report.passed());
  }
}

TEST_CASE(".scale is never gone beyond") {
  double farthest = 0;
  const auto f = [&](double x) {
    farthest = std::max(farthest, std::abs(x + 1e-3));
    return std::max(x, 0.0);
  };
  for (const double scale : {1e-5, 5e-4, 3e-3}) {
    farthest = 0;
    const CheckedNumber wrong = claimed(f, -1e-3, 1, {.scale = scale});
    CHECK(farthest <= scale * (1 + 1e-12));
    CHECK(farthest >= scale / 4);
    CHECK(wrong.verdict == (scale > 1e-3 ? Verdict::fail : Verdict::inconclusive));
    if (scale < 1e-3) CHECK(wrong.advice == "a larger .scale");
    CHECK(verdict(f, -1e-3, 0, {.scale = scale}) == Verdict::pass);
  }
}

TEST_CASE("slopes that are infinite, or finer than the numbers around them, do not fail") {
  const auto root = [](double x) { return std::sqrt(x); };
  const auto cube_root = [](double x) { return std::cbrt(x); };
  CHECK(verdict(root, 0, infinity) == Verdict::inconclusive);
  CHECK(verdict(cube_root, 0, infinity) == Verdict::inconclusive);
  CHECK(verdict(root, 4, infinity) == Verdict::fail);
  const auto sine = [](double x) { return std::sin(x); };
  for (const double x : {1e13, 1e14, 1e15}) CHECK(verdict(sine, x, std::cos(x)) != Verdict::fail);
}
