// Hundreds of random functions of one number, whose derivatives are known from dual numbers in
// extended precision: no right claim may fail, no wrong one may pass, and few may stay open.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/gradient_check.hpp>

using namespace xtape;

namespace {

/// A chain of functions, each applied to the result of the one before.
struct Chain {
  std::vector<std::size_t> steps;
  std::vector<double> numbers;
  double scale = 1, x = 1;

  template <class R>
  [[nodiscard]] R operator()(R at) const {
    R u = at;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const R c = numbers[i];
      switch (steps[i]) {
        case 0:
          u = sin(c * u);
          break;
        case 1:
          u = exp(c * sin(u));
          break;
        case 2:
          u = tanh(c * u);
          break;
        case 3:
          u = sigmoid(c * u) + u;
          break;
        case 4:
          u = log1p(square(u));
          break;
        case 5:
          u = sqrt(1 + square(c * u));
          break;
        case 6:
          u = u * (u + c);
          break;
        case 7:
          u = 1 / (1 + square(u));
          break;
        case 8:
          u = softplus(c * u);
          break;
        default:
          u = c * u - cos(u);
          break;
      }
    }
    return scale * u;
  }
};

Chain random_chain(Random& random) {
  Chain chain;
  const std::size_t length = 1 + random.below(4);
  for (std::size_t i = 0; i < length; ++i) {
    chain.steps.push_back(random.below(10));
    chain.numbers.push_back(random.uniform(0.3, 3) * (random.below(2) == 0 ? 1 : -1));
  }
  chain.scale = std::pow(10.0, random.uniform(-12, 12));
  chain.x = std::pow(10.0, random.uniform(-3, 1)) * (random.below(2) == 0 ? 1 : -1);
  return chain;
}

/// Functions that lose their digits and stand still between two steps of what they round: the noise
/// next to the point is far less than that farther out. (a + g(x) - a) times a number, with smooth
/// g.
struct Lossy {
  double offset = 1, scale = 1, x = 1;
  std::size_t kind = 0;

  template <class R>
  [[nodiscard]] R operator()(R at) const {
    switch (kind) {
      case 0:
        return scale * ((R(offset) + sin(at)) - R(offset));
      case 1:
        return scale * ((R(offset) + square(at)) - R(offset)) / at;
      case 2:
        return scale * (exp(at) - 1 - at / 2) / at;
      default:
        return scale * ((R(offset) + at) - R(offset) + cos(at));
    }
  }
};

Lossy random_lossy(Random& random) {
  Lossy f;
  f.kind = random.below(4);
  f.offset = std::pow(10.0, random.uniform(0, 9));
  f.scale = std::pow(10.0, random.uniform(-6, 6));
  f.x = std::pow(10.0, random.uniform(-6, 0.3)) * (random.below(2) == 0 ? 1 : -1);
  return f;
}

struct Counts {
  std::size_t passed = 0, failed = 0, open = 0;
  void add(Verdict verdict) {
    ++(verdict == Verdict::pass ? passed : verdict == Verdict::fail ? failed : open);
  }
};

/// Checks claims about `count` functions in arithmetic of T; `off` is the relative error planted.
template <class T>
void check_many(std::size_t count, double off, std::size_t most_open) {
  Random random(20);
  Counts right, wrong, zero;
  for (std::size_t n = 0; n < count; ++n) {
    const Chain chain = random_chain(random);
    const std::array<T, 1> x{static_cast<T>(chain.x)};
    using R = Real<long double>;
    const auto truth = chain(Dual<R>(R(x[0]), R(1)));
    const auto slope = truth.tangent.value;
    // A slope next to none is what the values can't show; it's of no interest here.
    if (std::fabs(slope * static_cast<long double>(x[0])) < 1e-3L * std::fabs(truth.value.value))
      continue;
    const auto value = [&](std::span<const T> at) { return chain(Real<T>(at[0])).value; };
    const auto verdict_on = [&](long double claim) {
      return check_gradient(value, std::array<T, 1>{static_cast<T>(claim)}, x);
    };
    const auto report = verdict_on(slope);
    right.add(report.verdict());
    if (report.verdict() == Verdict::fail) MESSAGE("function ", n, ": ", report.text());
    wrong.add(verdict_on(slope * (1 + static_cast<long double>(off))).verdict());
    zero.add(verdict_on(0).verdict());
  }
  CAPTURE(right.passed);
  CAPTURE(right.open);
  CAPTURE(wrong.failed);
  CAPTURE(wrong.open);
  CHECK(right.failed == 0);
  CHECK(wrong.passed == 0);
  CHECK(zero.passed == 0);
  CHECK(right.open <= most_open);
  CHECK(wrong.open <= most_open);
  CHECK(right.passed + right.open > count / 2);
}

}  // namespace

TEST_CASE(
    "functions that stand still between roundings: right claims do not fail, wrong ones do not "
    "pass") {
  Random random(7);
  Counts right, wrong, zero;
  for (std::size_t n = 0; n < 400; ++n) {
    const Lossy f = random_lossy(random);
    if (f.kind == 1 && f.x * f.x < 1e-14 * f.offset) continue;  // not a digit is left
    const std::array<double, 1> x{f.x};
    using R = Real<long double>;
    // The offset costs nothing of the slope in extended precision.
    const long double slope = f(Dual<R>(R(x[0]), R(1))).tangent.value;
    const auto value = [&](std::span<const double> at) { return f(Real<double>(at[0])).value; };
    const auto verdict_on = [&](long double claim) {
      const auto report =
          check_gradient(value, std::array<double, 1>{static_cast<double>(claim)}, x);
      return report.verdict();
    };
    right.add(verdict_on(slope));
    wrong.add(verdict_on(slope * 1.0005L));
    zero.add(verdict_on(0));
  }
  CAPTURE(right.passed);
  CAPTURE(right.open);
  CHECK(right.failed == 0);
  CHECK(wrong.passed == 0);
  CHECK(zero.passed == 0);
  CHECK(right.passed > 100);
}

TEST_CASE("random functions: right claims pass, and what is 0.05 % off or zero never does") {
  check_many<double>(600, 5e-4, 12);
}

TEST_CASE("random functions of float: what is 0.5 % off or zero never passes") {
  check_many<float>(400, 5e-3, 150);
}
