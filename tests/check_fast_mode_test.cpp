// Fast mode: kinks hide nothing and accuse nobody, and what is said to be visible is.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/gradient_check.hpp>

using namespace xtape;

namespace {

using Point = std::span<const double>;
using Points = std::vector<double>;

// x² whose partial is a tenth too large.
struct TooSteep {
  static constexpr auto name = "too_steep";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return 2.2 * x; }
};

Array<double> with_zeros(std::size_t size, std::size_t every) {
  auto w = Array<double>::from_shape({size});
  for (std::size_t i = 0; i < size; ++i)
    w(i) = i % every == 0 ? 0 : std::sin(static_cast<double>(i));
  return w;
}
bool has(const GradientReport& report, const char* part) {
  return report.text().find(part) != std::string::npos;
}
GradientCheckOptions fast(std::uint64_t seed = 1) {
  return {.mode = CheckMode::directions, .seed = seed, .directions = 8};
}

// max(x₀, 0) - max(x₁, 0) + Σ xᵢ² with zeros in front: the two bends cancel in part.
double bends_both_ways(Point x) {
  double sum = std::max(x[0], 0.0) - std::max(x[1], 0.0);
  for (const double each : x) sum += each * each;
  return sum;
}
Points near_zero(std::size_t size) {
  Points x(size);
  for (std::size_t i = 2; i < size; ++i) x[i] = 0.5 + 0.4 * std::sin(static_cast<double>(i));
  return x;
}
Points twice(const Points& x) {
  Points gradient = x;
  for (double& each : gradient) each *= 2;
  return gradient;
}

}  // namespace

TEST_CASE("fast mode: an L1 penalty with many zeros passes where the gradient is right alone") {
  for (const double weight : {0.1, 1.0, 30.0})
    for (const std::size_t size : {300U, 1500U}) {
      const Array<double> w = with_zeros(size, 3);
      const auto right = check_gradients(
          [&](const Variable& x) { return mean(square(x)) + weight * mean(abs(x)); }, {w}, fast());
      INFO(weight, " ", size, ": ", right.text());
      CHECK(right.passed());
      CHECK(right.inputs[0].sensitivity < 1e-4 * (2 + weight) / static_cast<double>(size));
      const auto wrong = check_gradients(
          [&](const Variable& x) { return mean(apply(TooSteep{}, x)) + weight * mean(abs(x)); },
          {w}, fast());
      INFO(wrong.text());
      CHECK(wrong.verdict() == Verdict::fail);
      CHECK(has(wrong, "too_steep"));
    }
}

TEST_CASE("fast mode: one wrong element beside a kink is named") {
  Points x(2000, 1.0), gradient(2000, 1.0);
  x[0] = gradient[0] = 0;
  for (const double steep : {1.0, 100.0}) {
    const auto f = [&](Point at) {
      double sum = steep * std::fabs(at[0]);
      for (const double each : at.subspan(1)) sum += std::fabs(each);
      return sum;
    };
    // Any claim between the slopes of the one at its kink is right.
    for (const double claim : {0.0, 0.3 * steep, -steep}) {
      gradient[0] = claim;
      gradient[7] = 1;
      const auto right = check_gradient(f, gradient, x);
      INFO(right.text());
      CHECK(right.passed());
      gradient[7] = 2;
      const auto wrong = check_gradient(f, gradient, x);
      INFO(wrong.text());
      CHECK(wrong.verdict() == Verdict::fail);
      CHECK(has(wrong, "x[7]: analytic 2"));
    }
    gradient[7] = 1;
    gradient[0] = 1.01 * steep;
    const auto outside = check_gradient(f, gradient, x);
    CHECK(outside.verdict() == Verdict::fail);
    CHECK(has(outside, "x[0]: analytic"));
  }
}

TEST_CASE("fast mode: bends up and down that cancel accuse nobody and hide nothing") {
  const Points x = near_zero(1200);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Points gradient = twice(x);
    const auto right = check_gradient(bends_both_ways, gradient, x, fast(seed));
    INFO(right.text());
    CHECK(right.passed());
    gradient[900] *= 1.01;
    const auto wrong = check_gradient(bends_both_ways, gradient, x, fast(seed));
    INFO(wrong.text());
    CHECK(wrong.verdict() == Verdict::fail);
    CHECK(has(wrong, "x[900]"));
  }
}

TEST_CASE("fast mode: where many are at a kink and off the middle, all elements are looked at") {
  const auto right = [](const Variable& w) { return mean(square(w)) + mean(relu(w)); };
  const auto wrong = [](const Variable& w) { return mean(apply(TooSteep{}, w)) + mean(relu(w)); };
  const Array<double> few = with_zeros(300, 3), many = with_zeros(1500, 3);
  const auto passed = check_gradients(right, {few}, fast());
  INFO(passed.text());
  CHECK(passed.passed());
  CHECK(passed.inputs[0].numbers.size() == 300);
  CHECK(check_gradients(wrong, {few}, fast()).verdict() == Verdict::fail);
  const auto open = check_gradients(right, {many}, fast());
  INFO(open.text());
  CHECK(open.verdict() == Verdict::inconclusive);
  CHECK(has(open, "every_element"));
  // What was given up in one direction is not begun again in the others.
  CHECK(open.evaluations < 50000);
  CHECK(check_gradients(wrong, {many}, fast()).verdict() != Verdict::pass);
}

TEST_CASE("fast mode: eight elements at a kink are set apart, nine are too many") {
  for (const std::size_t size : {900U, 1500U})
    for (const std::size_t kinks : {8U, 9U}) {
      auto w = Array<double>::from_shape({size});
      for (std::size_t i = 0; i < size; ++i)
        w(i) = i % 100 == 50 && i / 100 < kinks ? 0 : 2 + std::sin(static_cast<double>(i));
      const auto report = check_gradients(
          [](const Variable& x) { return mean(square(x)) + mean(relu(x)); }, {w}, fast());
      INFO(size, " ", kinks, ": ", report.text());
      const bool few = kinks == 8, small = size <= 1000;
      CHECK(report.verdict() == (few || small ? Verdict::pass : Verdict::inconclusive));
      // Eight directions and what was looked at beside; where it was given up, one.
      CHECK(report.inputs[0].numbers.size() == (few ? 16 : small ? size : 10));
    }
}

TEST_CASE("fast mode: a wrong element is named beside bends at the point and next to it") {
  // Next to a kink the slope of a sum is not that of its parts: what is left of a half is measured.
  constexpr std::size_t n = 1100, kinks = 6, wrong = 777;
  for (const std::uint64_t seed : {5U, 9U, 10U, 12U}) {
    Random random(seed);
    Points x(n), size(n), gradient(n), bend(kinks);
    random.fill_uniform(x.data(), n, -1, 1);
    random.fill_uniform(size.data(), n, -1, 1);
    random.fill_uniform(bend.data(), kinks, -1, 2);
    for (std::size_t k = 0; k < kinks; ++k) {
      x[100 * k] *= k % 2 == 0 ? 0 : 1e-9;
      bend[k] = (k % 3 == 0 ? -1 : 1) * std::pow(10.0, bend[k]);
    }
    const auto f = [&](Point at) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += size[i] * std::sin(at[i]);
      for (std::size_t k = 0; k < kinks; ++k) sum += bend[k] * std::max(at[100 * k], 0.0);
      return sum;
    };
    for (std::size_t i = 0; i < n; ++i) gradient[i] = size[i] * std::cos(x[i]);
    for (std::size_t k = 0; k < kinks; ++k)
      if (x[100 * k] > 0) gradient[100 * k] += bend[k];
    CHECK(check_gradient(f, gradient, x, fast(seed)).verdict() != Verdict::fail);
    gradient[wrong] += 0.01;
    const auto report = check_gradient(f, gradient, x, fast(seed));
    INFO(seed, ": ", report.text());
    CHECK(report.verdict() == Verdict::fail);
    CHECK(has(report, "x[777]"));
  }
}

TEST_CASE("what a pass says it would have seen covers what it did not see") {
  const std::size_t n = 2000;
  const auto f = [](Point x) {
    double sum = 1e-7 * x[0];
    for (const double each : x.subspan(1)) sum += each;
    return sum;
  };
  Points x(n, 1.0), gradient(n, 1.0);
  gradient[0] = 0;  // is 1e-7
  const auto report = check_gradient(f, gradient, x);
  INFO(report.text());
  CHECK((!report.passed() || report.inputs[0].sensitivity >= 1e-7));
  // Of single numbers too: whatever passes is off by no more.
  std::size_t passed = 0;
  for (double off = 1e-12; off < 1e-3; off *= 1.3) {
    const auto single = check_gradient([](Point at) { return std::exp(at[0]) + 1e5; },
                                       Points{std::exp(0.5) * (1 + off)}, Points{0.5});
    INFO(off, ": ", single.text());
    if (!single.passed()) continue;
    ++passed;
    CHECK(single.inputs[0].sensitivity >= 0.999 * off * std::exp(0.5));
  }
  CHECK(passed > 10);
}
