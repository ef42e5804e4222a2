// Digits lost: the place is found, the cause is named, and following the advice repairs it.

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/digits.hpp>

#include "recordings.hpp"

using namespace xtape;

namespace {

template <class T>
using Formula = std::function<BasicVariable<T>(const BasicVariable<T>&)>;

template <class T>
DigitsReport report_of(const Formula<T>& f, const Array<T>& x) {
  BasicTape<T> tape;
  return digits_lost(sum(f(tape.variable(x, "x"))));
}

std::string advised(const DigitsReport& report) {
  for (const DigitsAdvice& advice : report.advice)
    if (advice.lost_here) return advice.instead;
  return "";
}

// The bad formula is found in that operation, forward or backward; the good one that is advised
// loses nothing there.
template <class T>
void repaired(const Formula<T>& bad, const Formula<T>& good, const Array<T>& x,
              const char* operation, const char* instead) {
  const DigitsReport before = report_of<T>(bad, x), after = report_of<T>(good, x);
  INFO(before.text() << "\n" << after.text());
  CHECK(before.verdict() == Verdict::fail);
  REQUIRE((before.forward || before.backward));
  CHECK(before.rows[before.forward ? *before.forward : *before.backward].operation ==
        std::string(operation));
  CHECK(advised(before) == std::string(instead));
  CHECK(after.verdict() == Verdict::pass);
  CHECK(after.rows.back().forward.after > 0.6 * after.full);
}

}  // namespace

TEST_CASE_TEMPLATE("log(1 + exp(x)) is softplus", T, double, float) {
  using V = BasicVariable<T>;
  const Formula<T> bad = [](const V& x) { return log(1 + exp(x)); };
  const Formula<T> good = [](const V& x) { return softplus(x); };
  repaired<T>(bad, good, {T(-40)}, "log", "softplus(x)");
  repaired<T>(bad, good, {T(0.5), T(-25)}, "log", "softplus(x)");
  // Beyond what extended precision resolves: both are 0, and the report is not fooled.
  repaired<T>(bad, good, {T(-60)}, "log", "softplus(x)");
  repaired<T>(bad, good, {T(1000)}, "exp", "softplus(x)");
  // At 40 every digit is there; the formula is named all the same.
  const DigitsReport at_40 = report_of<T>(bad, {T(40)});
  INFO(at_40.text());
  CHECK(at_40.verdict() == Verdict::pass);
  REQUIRE(at_40.advice.size() == 1);
  CHECK(at_40.advice[0].instead == "softplus(x)");
  CHECK_FALSE(at_40.advice[0].lost_here);
  CHECK(at_40.text().find("softplus(x) instead of log(1 + exp(x))") != std::string::npos);
}

TEST_CASE("y(1 - y) at 36, and what is like it") {
  const auto x = [](double at) { return Array<double>{at}; };
  repaired<double>(
      [](const Variable& z) {
        const auto y = sigmoid(z).named("y");
        return y * (1 - y);
      },
      [](const Variable& z) { return sigmoid(z) * sigmoid(-z); }, x(36), "subtract",
      "sigmoid(x) * sigmoid(-x)");
  repaired<double>([](const Variable& z) { return 1 - sigmoid(z); },
                   [](const Variable& z) { return sigmoid(-z); }, x(36), "subtract", "sigmoid(-x)");
  repaired<double>([](const Variable& z) { return log(1 - sigmoid(z)); },
                   [](const Variable& z) { return -softplus(z); }, x(36), "subtract",
                   "-softplus(x)");
  repaired<double>([](const Variable& z) { return log(sigmoid(z)); },
                   [](const Variable& z) { return -softplus(-z); }, x(36), "log", "-softplus(-x)");
  repaired<double>([](const Variable& z) { return 1 - square(tanh(z)); },
                   [](const Variable& z) { return 4 * sigmoid(2 * z) * sigmoid(-2 * z); }, x(18),
                   "subtract", "4 * sigmoid(2 * x) * sigmoid(-2 * x)");
  repaired<double>([](const Variable& z) { return exp(z) - 1; },
                   [](const Variable& z) { return expm1(z); }, x(1e-9), "subtract", "expm1(x)");
  repaired<double>([](const Variable& z) { return log(1 + z); },
                   [](const Variable& z) { return log1p(z); }, x(1e-9), "log", "log1p(x)");
  repaired<double>([](const Variable& z) { return 1 - cos(z); },
                   [](const Variable& z) { return 2 * square(sin(z / 2)); }, x(1e-5), "subtract",
                   "2 * square(sin(x / 2))");
}

TEST_CASE("what only looks like a formula of the table gets no advice") {
  const Array<double> x = {36.0};
  using V = Variable;
  for (const Formula<double>& f : std::initializer_list<Formula<double>>{
           [](const V& z) { return log(2 + exp(z)); }, [](const V& z) { return 2 - sigmoid(z); },
           [](const V& z) { return exp(z) - 2; }, [](const V& z) { return 1 - square(sin(z)); },
           [](const V& z) { return mean(square(z)) - square(mean(z * 1)); },
           [](const V& z) { return sigmoid(z) * (1 - sin(z)); },
           [](const V& z) { return sqrt(sum(z)); }})
    CHECK(report_of<double>(f, x).advice.empty());
}

TEST_CASE("the variance as a difference of means at offset 1e8") {
  const Array<double> x = {1e8 + 1, 1e8 + 2.5, 1e8 - 3, 1e8 - 0.75};
  const Formula<double> bad = [](const Variable& z) { return mean(square(z)) - square(mean(z)); };
  repaired<double>(
      bad, [](const Variable& z) { return mean(square(z - mean(z))); }, x, "subtract",
      "mean(square(x - mean(x)))");
  const DigitsReport report = report_of<double>(bad, x);
  const DigitsRow& row = report.rows[*report.forward];
  CHECK(row.forward.after < 2);
  CHECK(row.forward.made_here < 1e-15L);
  CHECK(row.forward.amplified > 1e12L);
  REQUIRE(row.operands.size() == 2);
  CHECK(row.operands[0].second > 9.9e15L);
  CHECK(std::string(row.place.file).find("check_digits_test.cpp") != std::string::npos);
}

TEST_CASE("the norm at 0 has no finite derivative, and the advice has") {
  const DigitsReport report = report_of<double>(
      [](const Variable& z) { return sqrt(sum(square(z))); }, Array<double>{0.0, 0.0});
  INFO(report.text());
  CHECK_FALSE(report.forward);
  REQUIRE(report.backward);
  CHECK(report.rows[*report.backward].operation == std::string("sqrt"));
  CHECK(report.text().find("not finite: inf") != std::string::npos);
  CHECK(advised(report).find("where(s > 0, sqrt(where(s > 0, s, 1)), 0)") == 0);
  const DigitsReport after = report_of<double>(
      [](const Variable& z) {
        const auto s = sum(square(z));
        return where(s > 0, sqrt(where(s > 0, s, 1)), 0);
      },
      Array<double>{0.0, 0.0});
  INFO(after.text());
  CHECK(after.verdict() == Verdict::pass);
}

TEST_CASE("a subtraction of nearly equal numbers is found without a pattern") {
  const DigitsReport report = report_of<double>(
      [](const Variable& z) { return exp(z) - exp(z + 1e-12); }, Array<double>{1.5});
  INFO(report.text());
  REQUIRE(report.forward);
  CHECK(report.rows[*report.forward].operation == std::string("subtract"));
  CHECK(report.text().find("nearly equal numbers are subtracted") != std::string::npos);
}

TEST_CASE("digits that are lost little by little are lost") {
  const auto chain = [](int links) {
    return report_of<double>(
        [links](const Variable& z) {
          Variable y = z;
          for (int i = 0; i < links; ++i) {
            const Variable scaled = y * 1.1;
            y = (scaled - y * 1.099) * 3;  // three digits each time
          }
          return y;
        },
        Array<double>{1.0 / 3});
  };
  const DigitsReport lost = chain(6);
  INFO(lost.text());
  CHECK(lost.rows.back().forward.after < 0.6 * lost.full);
  REQUIRE(lost.forward);
  CHECK(lost.verdict() == Verdict::fail);
  CHECK(lost.rows[*lost.forward].operation == "subtract");
  CHECK(chain(1).passed());
}

namespace {

// The textbook's derivative, which has no digits in saturation.
struct TextbookSigmoid {
  static constexpr auto name = "textbook_sigmoid";
  static auto value(auto x) { return sigmoid(x); }
  static auto partial(auto, auto y) { return y * (1 - y); }
};

}  // namespace

TEST_CASE("a rule that loses digits itself is found backward") {
  const DigitsReport report = report_of<double>(
      [](const Variable& z) { return apply(TextbookSigmoid{}, z); }, Array<double>{0.5, 36.0});
  INFO(report.text());
  CHECK_FALSE(report.forward);
  REQUIRE(report.backward);
  const DigitsRow& row = report.rows[*report.backward];
  CHECK(row.operation == std::string("textbook_sigmoid"));
  CHECK(row.backward->element == 1);
  CHECK(row.backward->after < 2);
  CHECK(report.text().find("the rule of textbook_sigmoid loses digits itself") !=
        std::string::npos);
}

TEST_CASE("inputs that only rounding puts on a kink are no fault of the rule") {
  Tape tape;
  const auto x = tape.variable(1.0 / 3, "x"), y = tape.variable(1.0, "y");
  const DigitsReport report = digits_lost(maximum(3 * x, y));  // 3x is 1 by its rounding alone
  INFO(report.text());
  REQUIRE(report.backward);
  CHECK(report.rows[*report.backward].at_kink);
  CHECK(report.text().find("its inputs are at the kink of maximum but for their rounding") !=
        std::string::npos);
  CHECK(report.text().find("loses digits itself") == std::string::npos);
  // At the kink itself nothing is lost, and beside it neither.
  for (const double at : {1.0, 1.25, 0.75})
    CHECK(digits_lost(maximum(tape.variable(at), y)).passed());
}

TEST_CASE_TEMPLATE("a network that loses nothing is said to lose nothing", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.constant(recordings::some<T>({6, 3}), "x");
  const auto w = tape.variable(recordings::some<T>({3, 2}, 5) / 4, "w");
  const auto b = tape.variable(recordings::some<T>({2}, 9), "b");
  const auto J = mean(square(sigmoid(linear(x, w, b)) - T(0.25)));
  const DigitsReport report = digits_lost(J);
  INFO(report.text());
  CHECK(report.verdict() == Verdict::pass);
  CHECK(report.rows.size() == tape.records());
  CHECK(report.advice.empty());
  // The extended gradient of a structural record is that of its rule: with little work allowed too.
  const DigitsReport by_rule = digits_lost(J, {.work = 1});
  CHECK(by_rule.rows[0].by_rule);
  CHECK(by_rule.verdict() == Verdict::pass);
}

TEST_CASE(
    "what is 0 beside others has lost nothing, nor has what cancels on the way to a gradient") {
  const auto passes = [](const Formula<double>& f, const Array<double>& x) {
    const DigitsReport report = report_of<double>(f, x);
    INFO(report.text());
    CHECK(report.passed());
  };
  const Formula<double> variance = [](const Variable& x) { return mean(square(x - mean(x))); };
  passes(variance, {1, 2, 3});
  passes(variance, {0.1, 0.7, -2.3});
  passes(variance, {0.3, 1.7, -2.1, 0.9, 5.3});
  const Formula<double> by_hand = [](const Variable& x) {  // of log(sum(exp(x)))
    const Variable z = x * 1.1 - 0.3, first = slice(z, {{0, 1}}), rest = slice(z, {{1, 3}});
    const Variable m = maximum(first, maximum(slice(rest, {{0, 1}}), slice(rest, {{1, 2}})));
    return m + log(sum(exp(z - m)));
  };
  passes(by_hand, {0.1, 0.7, -2});
  passes(by_hand, {300, 300.5, -20});
  passes(by_hand, {5, 5, 5});
  // It hides no loss behind it.
  const DigitsReport later = report_of<double>(
      [](const Variable& x) { return sum(square(x - mean(x))) + 1e12 - 1e12; }, {1, 2, 3});
  INFO(later.text());
  REQUIRE(later.forward);
  CHECK(later.rows[*later.forward].record > 3);
  // All of an array is another matter, as is a gradient that has lost them in the end.
  CHECK(report_of<double>([](const Variable& x) { return log(1 + exp(x)); }, {-60.0, -70.0})
            .verdict() == Verdict::fail);
  CHECK(report_of<double>([](const Variable& x) { return square(sigmoid(x) * (1 - sigmoid(x))); },
                          {0.5, 36.0})
            .verdict() == Verdict::fail);
  CHECK(report_of<double>(
            [](const Variable& z) {
              return apply(TextbookSigmoid{}, z * 2) + apply(TextbookSigmoid{}, z);
            },
            Array<double>{0.5, 18.5})
            .verdict() == Verdict::fail);
}

TEST_CASE("digits_lost refuses misuse by name") {
  Tape tape;
  const auto x = tape.variable(1.0, "x");
  CHECK_THROWS_WITH_AS(digits_lost(x, {.loss = -1}),
                       "digits_lost: loss has to be a number of digits, or 0 for a quarter of all",
                       Error);
  CHECK_THROWS_AS(digits_lost(Variable()), HandleError);
}
