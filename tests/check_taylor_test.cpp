// The Taylor test: right gradients fall at the right rates, wrong ones of either order do not.

#include <doctest/doctest.h>

#include <cmath>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/taylor.hpp>

#include "recordings.hpp"

using namespace xtape;

namespace {

// x³ with what its derivatives are multiplied by.
struct Cube {
  double first = 1, second = 1;
  static constexpr auto name = "cube";
  static auto value(auto x) { return x * x * x; }
  auto partial(auto x) const {
    if constexpr (requires { x.tape(); }) {
      return apply(CubeSlope{second}, x);
    } else {
      return 3 * square(x) * first;
    }
  }
  struct CubeSlope {
    double second;
    static constexpr auto name = "cube_slope";
    static auto value(auto x) { return 3 * square(x); }
    auto partial(auto x) const { return 6 * x * second; }
  };
};

// 2x with this slope.
struct Line {
  double slope;
  static constexpr auto name = "line";
  static auto value(auto x) { return 2 * x; }
  auto partial(auto) const { return slope; }
};

template <class T>
BasicVariable<T> loss(BasicTape<T>& tape, const Cube& cube = {}) {
  const auto x = tape.constant(recordings::some<T>({6, 3}), "x");
  const auto w = tape.variable(recordings::some<T>({3, 2}, 5) / 4, "w");
  const auto b = tape.variable(recordings::some<T>({2}, 9), "b");
  return mean(apply(cube, tanh(linear(x, w, b)) + 2));
}

void rates(const TaylorReport& report, double slack) {
  for (const TaylorDirection& d : report.directions)
    for (int n = 0; n <= report.order; ++n) {
      REQUIRE(d.rate[n]);
      CHECK(std::fabs(*d.rate[n] - (n + 1)) < slack);
    }
}

}  // namespace

TEST_CASE("the remainders of a right gradient fall as h, h² and h³") {
  Tape tape;
  const TaylorReport report = check_taylor(loss(tape));
  INFO(report.text());
  CHECK(report.verdict() == Verdict::pass);
  CHECK(report.directions.size() == 2);
  rates(report, 0.1);
  CHECK(report.text().find("R2 = |... - h²/2⟨v, Hv⟩|: rate ") != std::string::npos);
  TapeF small;
  const TaylorReport in_float = check_taylor(loss(small));
  INFO(in_float.text());
  CHECK(in_float.verdict() == Verdict::pass);
}

TEST_CASE_TEMPLATE("a wrong gradient leaves rate 1, a wrong Hessian rate 2", T, double, float) {
  const long double off = std::is_same_v<T, double> ? 1e-5L : 1e-3L;
  BasicTape<T> tape;
  const TaylorReport first = check_taylor(loss(tape, {.first = 1 + static_cast<double>(off)}));
  INFO(first.text());
  CHECK(first.verdict() == Verdict::fail);
  CHECK(first.directions[0].verdict[1] == Verdict::fail);
  CHECK(first.text().find("⟨g, v⟩ is off by") != std::string::npos);
  tape.record();
  const TaylorReport second = check_taylor(loss(tape, {.second = 1.1}));
  INFO(second.text());
  CHECK(second.directions[0].verdict[1] == Verdict::pass);
  CHECK(second.directions[0].verdict[2] == Verdict::fail);
  CHECK(second.text().find("⟨v, Hv⟩/2 is off by") != std::string::npos);
  CHECK(check_taylor(loss(tape, {.second = 1.1}), {.order = 1}).verdict() == Verdict::pass);
}

TEST_CASE("the error that would be seen is stated") {
  Tape tape;
  const TaylorReport report = check_taylor(loss(tape));
  const TaylorDirection& d = report.directions[0];
  CHECK(d.resolution > 0);
  CHECK(d.resolution < 1e-6L * std::fabs(d.along));
  // In either direction, and just above it.
  for (const double times : {-30.0, -2.0, 2.0, 5.0, 30.0}) {
    const double off = times * static_cast<double>(d.resolution / d.along);
    tape.record();
    const TaylorReport wrong = check_taylor(loss(tape, {.first = 1 + off}));
    INFO(times << "\n" << wrong.text());
    CHECK(wrong.directions[0].verdict[1] != Verdict::pass);
    if (std::abs(times) > 4) CHECK(wrong.directions[0].verdict[1] == Verdict::fail);
  }
}

TEST_CASE("what is linear or quadratic along v passes by exactness and says so") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, -2.0, 3.0}, "x");
  const TaylorReport linear = check_taylor(sum(x * tape.constant(Array<double>{1.0, 2.0, 3.0})));
  CHECK(linear.verdict() == Verdict::pass);
  CHECK(linear.text().find("f is linear along v") != std::string::npos);
  const TaylorReport quadratic = check_taylor(sum(square(x)));
  CHECK(quadratic.verdict() == Verdict::pass);
  CHECK(quadratic.text().find("f is quadratic along v") != std::string::npos);
  CHECK(quadratic.text().find("f is linear along v") == std::string::npos);
}

TEST_CASE("a function that does not change is inconclusive, and so is a kink") {
  Tape tape;
  const auto x = tape.variable(Array<double>{-1.0, -2.0}, "x");
  const TaylorReport dead = check_taylor(sum(relu(x)), {.first_step = 0.01});
  CHECK(dead.verdict() == Verdict::inconclusive);
  CHECK(dead.text().find("f does not change along v") != std::string::npos);
  const auto z = tape.variable(0.0, "z");
  const TaylorReport kink = check_taylor(abs(z) + 2 * z);
  INFO(kink.text());
  CHECK(kink.verdict() == Verdict::inconclusive);
  CHECK(kink.text().find("x lies on a kink") != std::string::npos);
}

namespace {

// A gradient that is no number, of a function that is one.
struct NoNumber {
  static constexpr auto name = "no_number";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return 2 * x + log(-1 - x * x); }
};
// x with a slope of its own.
struct Times {
  double slope;
  static constexpr auto name = "times";
  static auto value(auto x) { return x * 1.0; }
  auto partial(auto) const { return slope; }
};

}  // namespace

TEST_CASE("what is beyond a kink says nothing about the slope on this side") {
  const auto test = [](double beside, std::uint64_t seed, double slope, const auto& f) {
    Tape tape;
    const auto w = tape.variable(Array<double>{1.0, -0.5, 2.0}, "w");
    const auto bends = [&](const Variable& x) { return relu(x - (1 + beside)); };
    const auto line = apply(Line{slope}, w);
    return check_taylor(sum(f(line)) + sum(bends(w)) + sum(bends(-2.0 * w)), {.seed = seed});
  };
  const auto same = [](const Variable& x) { return x; };
  const auto squared = [](const Variable& x) { return square(x) / 2; };
  std::size_t passed = 0, all = 0;
  for (const double beside : {1e-4, 1e-3, 0.004, 0.01, 0.03, 0.1, 0.3})
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      CAPTURE(beside);
      CAPTURE(seed);
      for (const TaylorReport& right :
           {test(beside, seed, 2, same), test(beside, seed, 2, squared)}) {
        CHECK_MESSAGE(right.verdict() != Verdict::fail, right.text());
        passed += right.passed() ? 1 : 0;
        ++all;
      }
      for (const TaylorReport& wrong :
           {test(beside, seed, 2.002, same), test(beside, seed, 2.002, squared)})
        CHECK_MESSAGE(wrong.verdict() == Verdict::fail, wrong.text());
    }
  CHECK(passed > all * 9 / 10);
  const auto text = test(0.01, 1, 2, same).text();
  CHECK_MESSAGE(text.find("all rounding on this side of a kink: f is linear along v") != text.npos,
                text);
}

TEST_CASE("a gradient that is no finite number fails, it is not linear") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, 2.0}, "x");
  const auto zeros = tape.variable(Array<double>{0.0, 0.0}, "zeros");
  for (const Variable& J : {sum(apply(NoNumber{}, x)), sqrt(sum(square(zeros)))}) {
    const TaylorReport report = check_taylor(J);
    INFO(report.text());
    CHECK(report.verdict() == Verdict::fail);
    CHECK(report.text().find("⟨g, v⟩ is no finite number, f is finite around x") !=
          std::string::npos);
    CHECK(report.text().find("is linear") == std::string::npos);
  }
  // The slope of f is infinite too, where v leads into the domain.
  const auto edge = tape.variable(0.0, "edge");
  const TaylorReport steep = check_taylor(sqrt(edge + abs(edge)) + edge);
  INFO(steep.text());
  CHECK(steep.verdict() != Verdict::pass);
}

TEST_CASE("a pass says that an error would have been seen") {
  Tape tape;
  const auto x = tape.variable(1.0, "x");
  // A large constant takes the digits in which an error of 2 % would stand.
  for (const double slope : {1.0, 1.02}) {
    const TaylorReport report = check_taylor(apply(Times{slope}, x) + 1e14);
    INFO(report.text());
    CHECK(report.verdict() == Verdict::inconclusive);
    CHECK(report.text().find("would not be seen: take large constants") != std::string::npos);
  }
  CHECK(check_taylor(apply(Times{1.02}, x) + 1e9).verdict() == Verdict::fail);
  CHECK(check_taylor(apply(Times{1}, x) + 1e9).verdict() == Verdict::pass);
  // Steps as large as x are too large for what happens beside it: the ladder goes on.
  const auto far = tape.variable(Array<double>{1e8 + 1, 1e8 - 3}, "far");
  const TaylorReport deep = check_taylor(sum(square(far - 1e8)));
  INFO(deep.text());
  CHECK(deep.verdict() == Verdict::pass);
  CHECK(deep.directions[0].steps.size() > 11);
  CHECK(check_taylor(sum(square(apply(Times{1.01}, far) - 1e8))).verdict() == Verdict::fail);
  // At a minimum the gradient is 0, and f bends: that is a pass.
  const auto least = tape.variable(Array<double>{1.0, -0.5}, "least");
  const auto at = tape.constant(Array<double>{1.0, -0.5});
  CHECK(check_taylor(sum(cos(least - at))).verdict() == Verdict::pass);
}

TEST_CASE("what f loses inside is no error of the gradient") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const double s = static_cast<double>(seed);
    Tape tape;
    const auto x = tape.variable(Array<double>{1e8 + s, 1e8 - 3 + s * 0.37, 1e8 + 7}, "x");
    for (const double step : {0.125, 1e-8}) {
      const TaylorOptions options = {.seed = seed, .first_step = step};
      const TaylorReport variance = check_taylor(mean(square(x)) - square(mean(x)), options),
                         shifted = check_taylor(sum(square(x - 1e8)), options);
      INFO(variance.text() << shifted.text());
      CHECK(variance.verdict() != Verdict::fail);
      CHECK(shifted.verdict() != Verdict::fail);
    }
    const Array<double> at = {1e8 + 1 + s, 1e8 - 5 + s * 0.3};
    const auto f = [](const Array<double>& p) { return (p(0) - 1e8) * 3 + 2 * (p(1) - 1e8); };
    const TaylorReport claimed =
        check_taylor(f, at, Array<double>{3.0, 2.0}, {.seed = seed, .order = 1});
    INFO(claimed.text());
    CHECK(claimed.verdict() == Verdict::pass);
    CHECK(check_taylor(f, at, Array<double>{3.0, 2.001}, {.seed = seed, .order = 1}).verdict() ==
          Verdict::fail);
  }
}

TEST_CASE("a jump at x is no pass") {
  Tape tape;
  const auto x = tape.variable(1.0, "x");
  const TaylorReport up = check_taylor(where(x > 1, x + 1, x) + where(x < 1, x - 1, x));
  INFO(up.text());
  CHECK(up.verdict() == Verdict::inconclusive);
  CHECK(up.text().find("does not fall") != std::string::npos);
}

TEST_CASE("a claimed gradient of any function is tested") {
  const auto f = [](const Array<double>& x) { return std::exp(x(0)) * std::sin(x(1)); };
  const Array<double> x = {0.5, 1.2};
  const Array<double> right = {std::exp(0.5) * std::sin(1.2), std::exp(0.5) * std::cos(1.2)};
  const TaylorReport report = check_taylor(f, x, right);
  INFO(report.text());
  CHECK(report.verdict() == Verdict::pass);
  CHECK(report.order == 1);
  const Array<double> wrong = {right(0), right(1) * 1.001};
  CHECK(check_taylor(f, x, wrong).verdict() == Verdict::fail);
  CHECK(check_taylor(f, x, Array<double>{0.0, 0.0}).verdict() == Verdict::fail);
  CHECK_THROWS_WITH_AS(
      check_taylor(f, x, Array<double>{1.0}),
      "check_taylor: x (2) with a gradient of shape (1): the shapes have to be equal", ShapeError);
}

TEST_CASE("a function of several inputs is recorded and tested") {
  const Array<double> w0 = {{0.5, -1.0}, {2.0, 0.25}};
  const auto f = [](double first) {
    return [first](const auto& w, const auto& b) {
      return mean(apply(Cube{.first = first}, tanh(w) * 2 + b));
    };
  };
  const TaylorReport right = check_taylor(f(1), {w0, 0.75});
  INFO(right.text());
  CHECK(right.passed());
  rates(right, 0.1);
  CHECK(check_taylor(f(1.001), {w0, 0.75}).verdict() == Verdict::fail);
  CHECK_FALSE(check_taylor(f(1.001), {w0, 0.75}).passed());
  CHECK(check_taylor<float>(f(1), {w0, 0.75}, {.order = 1}).passed());
  const auto several = [](const Variable& w) { return tanh(w); };
  CHECK_THROWS_AS(check_taylor(several, {w0}), ShapeError);
}

TEST_CASE("the Taylor test leaves the recording as it was and refuses misuse by name") {
  Tape tape;
  const auto J = loss(tape);
  const std::uint32_t records = tape.records();
  static_cast<void>(check_taylor(J));
  CHECK(tape.records() == records);
  CHECK_THROWS_WITH_AS(check_taylor(J, {.directions = 0}),
                       "check_taylor: directions is 0; one at least has to be tried", Error);
  CHECK_THROWS_WITH_AS(check_taylor(J, {.order = 3}), "check_taylor: order is 3; it can be 1 or 2",
                       Error);
  CHECK_THROWS_WITH_AS(check_taylor(J, {.first_step = 0}),
                       "check_taylor: first_step is 0; it has to be above 0", Error);
  CHECK_THROWS_WITH_AS(check_taylor(tape.constant(1.0, "c")),
                       "check_taylor: c () depends on no variable; nothing can be tested", Error);
  CHECK_THROWS_AS(check_taylor(tape.variable(Array<double>{1.0, 2.0})), ShapeError);
  CHECK_THROWS_AS(check_taylor(Variable()), HandleError);
}

TEST_CASE("a wide replay with other leaves gives what they give") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, 2.0}, "x");
  const auto y = exp(x) * x;
  WideReplay<double> replay(tape);
  const Array<long double> other = {0.5L + 0x1p-60L, 1.0L / 3};
  replay.set(x, other);
  replay.run();
  const auto values = replay.value(y);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(std::fabs(values(i) - std::exp(other(i)) * other(i)) < 1e-18L);
  CHECK_THROWS_AS(replay.set(y, other), HandleError);
  CHECK_THROWS_AS(replay.set(x, Array<long double>{1.0L}), ShapeError);
}

TEST_CASE(
    "elements far smaller than the others make the steps smaller, and no right gradient wrong") {
  const auto logarithms = [](const Variable& x) { return sum(log(x)); };
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const double small = seed % 3 == 0 ? 1e-3 : seed % 3 == 1 ? 1e-6 : 1e-8;
    const TaylorReport report =
        check_taylor(logarithms, {Array<double>{small, 1}}, {.seed = seed, .directions = 1});
    INFO(report.text());
    CHECK(report.verdict() != Verdict::fail);
    CHECK(report.text().find("does not change") == std::string::npos);
    if (small >= 1e-6) CHECK(report.passed());
  }
  // Finite from the first step on, and linear from the eleventh or later.
  for (const double small : {1e-6, 1e-9})
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      const auto bent = [&](const Variable& x) {
        return sum(log1p(square(x / Array<double>{small, 1})));
      };
      const TaylorReport report =
          check_taylor(bent, {Array<double>{small, 1}}, {.seed = seed, .directions = 1});
      INFO(small, ": ", report.text());
      CHECK(report.passed());
    }
  // The same with a claimed gradient, right and wrong in the one or the other.
  const auto f = [](const Array<double>& x) { return std::log(x(0)) + std::log(x(1)); };
  const Array<double> x = {1e-4, 1};
  const auto verdict = [&](double first, double second) {
    return check_taylor(f, x, {first, second}, {.order = 1}).verdict();
  };
  CHECK(verdict(1e4, 1) != Verdict::fail);
  CHECK(verdict(1.01e4, 1) == Verdict::fail);
}

TEST_CASE("where a slope is infinite nothing passes and nothing false is said") {
  const auto root = [](const Variable& x) { return sum(sqrt(x)); };
  const TaylorReport report = check_taylor(root, {Array<double>{0, 2}});
  INFO(report.text());
  CHECK(report.verdict() == Verdict::inconclusive);
  CHECK(report.text().find("PASS") == std::string::npos);
  CHECK(report.text().find("finite around") == std::string::npos);
  // Steps that leave the domain are left out.
  const TaylorReport beside = check_taylor(root, {Array<double>{1e-3, 2}}, {.first_step = 4});
  INFO(beside.text());
  CHECK(beside.passed());
  const auto nowhere = [](const Variable& x) { return sum(where(x > 1, sqrt(0.5 - x), x)); };
  const TaylorReport lost = check_taylor(nowhere, {Array<double>{1}});
  INFO(lost.text());
  CHECK(lost.verdict() != Verdict::fail);
  // Steep, with a claim that is a number: none would be right there.
  const auto steep = [](const Array<double>& x) { return std::pow(std::abs(x(0)), 0.7); };
  const TaylorReport claimed = check_taylor(steep, {0.0}, {1.0}, {.order = 1});
  INFO(claimed.text());
  CHECK(claimed.verdict() == Verdict::inconclusive);
  CHECK(claimed.text().find("f is not linear at any step") != std::string::npos);
}
