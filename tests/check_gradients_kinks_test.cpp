// Kinks: what is valid there, who has them, and no false alarm beside them.

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/check.hpp>

using namespace xtape;

namespace {

GradientReport judge_abs(double x, double claimed) {
  return check_gradient(
      [](std::span<const double> at) { return std::fabs(at[0] - 1) + at[0] * at[0]; },
      std::vector<double>{claimed}, std::vector<double>{x});
}

// relu that takes another slope at its kink.
template <int Hundredths>
struct ReluWith {
  static constexpr auto name = "my_relu";
  static auto value(auto x) { return select(x <= 0, 0, x); }
  static auto partial(auto x) { return select(x > 0, 1, select(x < 0, 0, Hundredths / 100.0)); }
  static auto kink(auto x) { return x; }
};

}  // namespace

TEST_CASE("at a kink what lies between the slopes passes, and nothing else") {
  for (const double slope : {1.0, 1.5, 2.0, 3.0}) {
    const auto report = judge_abs(1, slope);
    INFO(report.text());
    CHECK(report.passed());
    CHECK(report.inputs[0].numbers[0].kink);
    CHECK(report.inputs[0].numbers[0].left == doctest::Approx(1));
    CHECK(report.inputs[0].numbers[0].right == doctest::Approx(3));
  }
  for (const double slope : {0.99, 3.01, 0.0, -2.0})
    CHECK(judge_abs(1, slope).verdict() == Verdict::fail);
}

TEST_CASE("beside a kink there is no false alarm and no false pass") {
  for (int e = 1; e <= 9; ++e)
    for (const double sign : {-1.0, 1.0}) {
      const double x = 1 + sign * std::pow(10.0, -e);
      INFO("x - 1 = ", x - 1);
      const auto right = judge_abs(x, sign + 2 * x);
      INFO(right.text());
      CHECK(right.passed());
      CHECK_FALSE(right.inputs[0].numbers[0].kink);
      CHECK(judge_abs(x, -sign + 2 * x).verdict() == Verdict::fail);
      CHECK(judge_abs(x, 2 * x).verdict() == Verdict::fail);
    }
}

TEST_CASE("the report names the operation that has its kink there") {
  const auto f = [](const Variable& a) { return sum(square(relu(a.named("a") - 1)) + abs(a - 2)); };
  const auto report = check_gradients(f, {Array<double>{1.5, 2.0, 3.0}}, {.names = {"a"}});
  INFO(report.text());
  CHECK(report.passed());
  const auto& numbers = report.inputs[0].numbers;
  CHECK_FALSE(numbers[0].kink);
  CHECK(numbers[1].kink);
  CHECK(numbers[1].operation.find("abs, element [1] (") == 0);
  CHECK(numbers[1].operation.find("check_gradients_kinks_test.cpp:") != std::string::npos);
  CHECK(numbers[1].left == doctest::Approx(1));
  CHECK(numbers[1].right == doctest::Approx(3));
}

TEST_CASE("of several kinks within the steps the one at the point or next to it is named") {
  // relu's is far away, and the steps for a number of that size reach it.
  for (const double beside : {0.0, 1e-15, -1e-15})
    for (const bool relu_first : {true, false}) {
      const auto f = [&](const Variable& a) {
        const auto far = [&] { return square(relu(a - 1)); };
        const auto near = [&] { return abs(a - (2 + beside)); };
        if (relu_first) {
          const Variable first = far();
          return sum(first + near());
        }
        const Variable first = near();
        return sum(first + far());
      };
      const auto report = check_gradients(f, {Array<double>{2.0}}, {.names = {"a"}});
      INFO(beside, report.text(), report.inputs[0].numbers[0].operation);
      CHECK(report.passed());
      CHECK(report.inputs[0].numbers[0].operation.find("abs, element [0] (") == 0);
      CHECK(report.inputs[0].numbers[0].operation.find("more") == std::string::npos);
    }
}

TEST_CASE("a slope of one's own at the kink passes within the interval") {
  const Array<double> x = {0.0, 1.0};
  CHECK(check_gradients([](const Variable& a) { return sum(apply(ReluWith<0>{}, a)); }, {x})
            .passed());
  CHECK(check_gradients([](const Variable& a) { return sum(apply(ReluWith<50>{}, a)); }, {x})
            .passed());
  CHECK(check_gradients([](const Variable& a) { return sum(apply(ReluWith<100>{}, a)); }, {x})
            .passed());
  const auto wrong =
      check_gradients([](const Variable& a) { return sum(apply(ReluWith<150>{}, a)); }, {x});
  CHECK(wrong.verdict() == Verdict::fail);
  CHECK(wrong.text().find("my_relu") != std::string::npos);
}

TEST_CASE("closer to a kink than the values can tell, the slope of the point's side is valid") {
  const auto right = check_gradients([](const Variable& a) { return sum(relu(a) + 5); },
                                     {Array<double>{1e-17, 1.0}}, {.scale = 1});
  INFO(right.text());
  CHECK(right.passed());
  const auto f = [](const Variable& a) { return sum(relu(a - 1) * 3 + a); };
  for (const double beside : {1 + 2.3e-16, 1 - 1.2e-16}) {
    const auto report = check_gradients(f, {Array<double>{beside, 3.0}});
    INFO(report.text());
    CHECK(report.passed());
  }
}

TEST_CASE("kinks of maximum, minimum, bounds and conditions") {
  const auto check = [](auto f, double kink) {
    const auto at = check_gradients(f, {Array<double>{kink, kink + 0.7}});
    INFO(at.text());
    CHECK(at.passed());
    CHECK(at.inputs[0].numbers[0].kink);
    CHECK_FALSE(at.inputs[0].numbers[0].operation.empty());
    for (const double d : {-1e-3, 1e-3, -1e-7, 1e-7}) {
      const auto beside = check_gradients(f, {Array<double>{kink + d, kink + 0.7}});
      INFO(d, ": ", beside.text());
      CHECK(beside.passed());
    }
  };
  check([](const Variable& x) { return sum(maximum(x * x, x * 2)); }, 2.0);
  check([](const Variable& x) { return sum(minimum(x * x, x * 2)); }, 2.0);
  check([](const Variable& x) { return sum(maximum(x, 0.5) * x); }, 0.5);
  check([](const Variable& x) { return sum(minimum(x, 0.5) + 0.1 * x * x); }, 0.5);
  check([](const Variable& x) { return sum(where(x > 0.5, x * x, 0.5 * x)); }, 0.5);
}

TEST_CASE("a jump is no derivative") {
  const auto report =
      check_gradient([](std::span<const double> x) { return x[0] >= 1 ? 2.0 : x[0]; },
                     std::vector<double>{1}, std::vector<double>{1});
  CHECK(report.verdict() == Verdict::inconclusive);
  CHECK(report.text().find("jumps") != std::string::npos);
}
