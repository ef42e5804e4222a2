// The adjoint test of elementwise operations at their hard points: functions whose dual reading is
// their own rule, kinks, rules that lose digits.

#include <doctest/doctest.h>

#include <cmath>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/adjoint.hpp>

using namespace xtape;

namespace {

struct WrongExp {
  static constexpr auto name = "exp";
  static auto value(auto x) { return exp(x); }
  static auto partial(auto, auto y) { return y + 1; }
};

}  // namespace

TEST_CASE("a mistake in an elementary function's own partial is seen") {
  // Its dual reading has the same mistake.
  static Rule<double> rule = RuleOf<WrongExp, double, 1>::rule;
  rule.reference = [](const void*, std::span<const View<const Wide>> in, const View<Wide>* out) {
    for (std::size_t i = 0; i < out->size(); ++i) {
      const auto y = exp(in[0].data[i].value);
      out->data[i] = {y, in[0].data[i].tangent * (y + 1)};
    }
  };
  Tape tape;
  const Operand x = tape.variable(Array<double>{0.5, -1.0}, "x");
  const Operand* const in[] = {&x};
  static_cast<void>(Tape::append(rule, nullptr, 0, in));
  const AdjointReport report = check_adjoints(tape);
  INFO(report.text(true));
  CHECK(report.verdict() == Verdict::fail);
  CHECK(report.results[0].source == TangentSource::complex_step);
}

namespace {

// A relu whose derivative at 0 is chosen; 0.5 is a subgradient, 1.5 is none.
struct ReluWith {
  double at_zero, above = 1;
  static constexpr auto name = "relu_with";
  static auto value(auto x) { return select(x > 0, x, 0); }
  auto partial(auto x) const { return select(x > 0, above, select(x < 0, 0, at_zero)); }
};

}  // namespace

TEST_CASE("at a kink every subgradient passes and nothing else") {
  const auto test = [](double at_zero, const Array<double>& values, double above = 1) {
    Tape tape;
    static_cast<void>(apply(ReluWith{at_zero, above}, tape.variable(values, "x")));
    return check_adjoints(tape);
  };
  const Array<double> tie = {0.5, 0.0, -1.0, 2.0};
  const AdjointReport half = test(0.5, tie);
  INFO(half.text(true));
  CHECK(half.verdict() == Verdict::pass);
  CHECK(half.results[0].kinks == 1);
  CHECK(test(0, tie).verdict() == Verdict::pass);
  CHECK(test(1, tie).verdict() == Verdict::pass);
  CHECK(test(1.5, tie).verdict() == Verdict::fail);
  CHECK(test(-0.25, tie).verdict() == Verdict::fail);
  CHECK(test(0.5, Array<double>{0.0, 0.0}).verdict() == Verdict::pass);
  // A mistake elsewhere does not hide in the interval that a kink leaves.
  for (const double above : {1 + 1e-9, 0.99, 1.1})
    CHECK(test(0.5, tie, above).verdict() == Verdict::fail);
}

namespace {

// The textbook's derivatives: right, and without digits in saturation.
template <int wrong = 0>
struct TextbookTanh {
  static constexpr auto name = "textbook_tanh";
  static auto value(auto x) { return tanh(x); }
  static auto partial(auto, auto y) { return (1 - y * y) * (1 + wrong * 1e-6); }
};
// Wrong by a half, where x is small.
struct WrongBelowOne {
  static constexpr auto name = "wrong_below_one";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return select(x < 1, 3 * x, 2 * x); }
};
struct WrongSign {
  static constexpr auto name = "wrong_sign";
  static auto value(auto x) { return square(x - 1); }
  static auto partial(auto x) { return -2 * (x - 1); }
};

template <class Operation>
AdjointReport applied(const Operation& operation, const Array<double>& x) {
  Tape tape;
  static_cast<void>(apply(operation, tape.variable(x, "x")));
  return check_adjoints(tape);
}

}  // namespace

TEST_CASE("a rule whose own formula loses digits is not a wrong one") {
  for (const double x : {3.0, 5.0, 8.0}) {
    const AdjointReport report = applied(TextbookTanh<>{}, {x});
    INFO(report.text(true));
    CHECK(report.verdict() == Verdict::pass);
    // A mistake above the rounding is still one, and beside an element that has lost all.
    CHECK(applied(TextbookTanh<1>{}, {x}).verdict() == Verdict::fail);
    CHECK(applied(TextbookTanh<1>{}, {x, 18.0}).verdict() == Verdict::fail);
  }
  // Where most digits are lost, nobody can tell.
  for (const double x : {14.0, 18.0, 25.0, 40.0}) {
    const AdjointReport report = applied(TextbookTanh<>{}, {0.5, x});
    INFO(report.text(true));
    CHECK(report.verdict() == Verdict::inconclusive);
    CHECK(report.text().find("its own formula loses too many digits") != std::string::npos);
  }
}

TEST_CASE("a wrong partial is seen beside one that is much larger") {
  const AdjointReport report = applied(WrongBelowOne{}, {1e10, 1e-7});
  INFO(report.text(true));
  REQUIRE(report.first_failure() != nullptr);
  CHECK(report.first_failure()->entry->in == std::vector<std::size_t>{1});
  CHECK(applied(WrongBelowOne{}, {1e10, 2.0}).verdict() == Verdict::pass);
  // What underflows is rounded by itself.
  CHECK(applied(Exp{}, {-712.0}).verdict() == Verdict::pass);
  CHECK(applied(Exp{}, {-740.0, 1.0}).verdict() == Verdict::pass);
}

TEST_CASE("a minimum is no kink") {
  for (const double beside : {1e-12, -1e-10, 1e-9})
    CHECK(applied(WrongSign{}, {1 + beside}).verdict() == Verdict::fail);
}
