// The readings of formulas: symbols as text and LaTeX, scalars, dual numbers and masks; and
// operations of a user's, in a namespace that knows nothing of the library's.

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include <xtape/autodiff.hpp>

#include "numbers.hpp"

// No using-directive here: names are found by the reading that comes in.
namespace someone {

struct Swish {
  static constexpr auto name = "swish";
  static auto value(auto x) { return x * sigmoid(x); }
  static auto partial(auto x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
};

struct Distance {
  static constexpr auto name = "distance";
  static auto value(auto a, auto b) { return sqrt(a * a + b * b); }
  static auto partial(xtape::wrt<0>, auto a, auto, auto y) { return a / y; }
  static auto partial(xtape::wrt<1>, auto, auto b, auto y) { return b / y; }
};

struct Elu {
  double alpha = 1;
  static constexpr auto name = "elu";
  auto value(auto x) const { return select(x > 0, x, alpha * expm1(x)); }
  auto partial(auto x) const { return select(x > 0, 1, alpha * exp(x)); }
};

struct Huber {
  static constexpr auto name = "huber";
  static auto value(auto x) { return select(abs(x) <= 1, 0.5 * square(x), abs(x) - 0.5); }
  static auto partial(auto x) { return select(abs(x) <= 1, x, select(x < 0, -1, 1)); }
};

}  // namespace someone

namespace {

using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::Symbol;

const Symbol a(std::string("a")), b(std::string("b")), c(std::string("c")), x(std::string("x"));

/// The operation's value and its derivatives for one input, of orders 1 to 3.
template <class T>
std::vector<T> derivatives(const BasicVariable<T>& y, const BasicVariable<T>& input) {
  std::vector<T> result{y.item()};
  for (BasicVariable<T> d = y; result.size() < 4;) {
    d = xtape::recorded_gradient(d, input);
    result.push_back(d.item());
  }
  return result;
}

template <class T>
void check_all(const std::vector<T>& got, const std::vector<double>& right, double scale = 0) {
  REQUIRE(got.size() == right.size());
  for (std::size_t order = 0; order < got.size(); ++order) {
    CAPTURE(order);
    CHECK(numbers::ulps(got[order], right[order], scale) <= 4.0 * static_cast<double>(order + 1));
  }
}

template <class Reading>
concept HasMasks = requires(Reading r) {
  { select((r < 1 && !(r == 2)) || r >= 3, r, 0) } -> std::same_as<Reading>;
  { select((r > 1 && r <= 2) || r != 3, 0, r) } -> std::same_as<Reading>;
};

}  // namespace

TEST_CASE("a symbol's text has the brackets it needs and no others") {
  CHECK(to_text(1 / (1 + exp(-x))) == "1 / (1 + exp(-x))");
  CHECK(to_text(a - (b - c)) == "a - (b - c)");
  CHECK(to_text((a - b) - c) == "a - b - c");
  CHECK(to_text(a / (b * c)) == "a / (b * c)");
  CHECK(to_text(a / b * c) == "a / b * c");
  CHECK(to_text((a + b) * c) == "(a + b) * c");
  CHECK(to_text(a + b * c) == "a + b * c");
  CHECK(to_text(-(a + b)) == "-(a + b)");
  CHECK(to_text(-a * b) == "-a * b");
  CHECK(to_text(square(a - 0.5)) == "square(a - 0.5)");
  CHECK(to_text(maximum(a, b + 1)) == "maximum(a, b + 1)");
  CHECK(to_text(select(x < 0 || x > 1, 0, pow(x, 2))) == "where(x < 0 || x > 1, 0, pow(x, 2))");
  CHECK(to_text(select(!(a == b) && a <= c, a, b)) == "where(!(a == b) && a <= c, a, b)");
}

TEST_CASE("a minus sign is not run into the operator before it") {
  CHECK(to_text(a - -b) == "a - (-b)");
  CHECK(to_text(a * -2) == "a * (-2)");
  CHECK(to_text(-(-a)) == "-(-a)");
  CHECK(to_latex(a * -2) == R"(a \cdot \left(-2\right))");
}

TEST_CASE("a symbol's LaTeX is the formula as on paper") {
  CHECK(to_latex(1 / (1 + exp(-x))) == R"(\frac{1}{1 + e^{-x}})");
  CHECK(to_latex(square(a - b) / 2) == R"(\frac{\left(a - b\right)^{2}}{2})");
  CHECK(to_latex(sqrt(a * b)) == R"(\sqrt{a \cdot b})");
  CHECK(to_latex(abs(x) * (a + b)) == R"(\left|x\right| \cdot \left(a + b\right))");
  CHECK(to_latex(pow(exp(x), a + 1)) == R"(\left(e^{x}\right)^{a + 1})");
  CHECK(to_latex(sigmoid(x) * (1 - sigmoid(x))) ==
        R"(\sigma\left(x\right) \cdot \left(1 - \sigma\left(x\right)\right))");
  CHECK(to_latex(log1p(tanh(x))) == R"(\operatorname{log1p}\left(\tanh\left(x\right)\right))");
  CHECK(to_latex(select(x <= 0, 0, x)) ==
        R"(\begin{cases}0 & x \le 0\\ x & \text{otherwise}\end{cases})");
}

TEST_CASE("an operation's formulas are read as symbols, a user's too") {
  const xtape::Rule<double>& swish = xtape::RuleOf<someone::Swish, double, 1>::rule;
  CHECK(to_text(swish.value_symbol(nullptr)) == "x * sigmoid(x)");
  CHECK(to_text(swish.partial_symbol(nullptr, 0)) == "sigmoid(x) * (1 + x * sigmoid(-x))");
  const someone::Elu elu{0.5};
  const xtape::Rule<double>& rule = xtape::RuleOf<someone::Elu, double, 1>::rule;
  CHECK(to_text(rule.value_symbol(&elu)) == "where(x > 0, x, 0.5 * expm1(x))");
  CHECK(to_latex(rule.partial_symbol(&elu, 0)) ==
        R"(\begin{cases}1 & x > 0\\ 0.5 \cdot e^{x} & \text{otherwise}\end{cases})");
  const xtape::Rule<double>& divide = xtape::RuleOf<xtape::Divide, double, 2>::rule;
  CHECK(to_latex(divide.partial_symbol(nullptr, 0)) == R"(\frac{1}{b})");
  CHECK(to_text(divide.partial_symbol(nullptr, 1)) == "-(y / b)");
  CHECK(to_text(xtape::RuleOf<xtape::Where, double, 3>::rule.partial_symbol(nullptr, 1)) ==
        "where(!(a == 0), 1, 0)");
}

TEST_CASE("numbers take the type of the reading") {
  const xtape::Real<float> third = 1 / xtape::Real<float>(3);
  static_assert(std::is_same_v<decltype(tanh(third) * 0.1 + 1), xtape::Real<float>>);
  CHECK((third * 0.1).value == 1.0F / 3 * 0.1F);
  CHECK(abs(xtape::Real<double>(-0.5)).value == 0.5);
  const xtape::Real<long double> wide = 1 / xtape::Real<long double>(3);
  CHECK(wide.value == 1.0L / 3);
  static_assert(HasMasks<xtape::Real<float>> && HasMasks<xtape::Real<long double>>);
  static_assert(HasMasks<xtape::Wide> && HasMasks<Symbol> && HasMasks<xtape::Lanes<float, 4>>);
  static_assert(HasMasks<xtape::Variable> && HasMasks<xtape::VariableF>);
}

TEST_CASE("a dual number carries the derivative along its tangent") {
  using D = xtape::Dual<xtape::Real<double>>;
  const D at(2, 3);
  CHECK((at * at * at).value.value == 8);
  CHECK((at * at * at).tangent.value == 36);
  CHECK((1 / at).tangent.value == -0.75);
  CHECK(square(at).tangent.value == 12);
  CHECK(select(at > 1, at, 0).tangent.value == 3);
  CHECK(select(at > 1 && at < 2, at, 0).tangent.value == 0);
  CHECK(D(5).tangent.value == 0);
  // A number has a zero tangent, which sends a zero even through an infinite partial.
  CHECK(sqrt(D(0)).tangent.value == 0);
  CHECK(std::isinf(sqrt(D(0, 1)).tangent.value));
  // Second derivatives by duals of duals: (x³)'' = 6x.
  using DD = xtape::Dual<D>;
  const DD twice(D(2, 1), D(1, 0));
  CHECK((twice * twice * twice).tangent.tangent.value == 12);
}

TEST_CASE_TEMPLATE("masks select, element by element", T, double, float) {
  BasicTape<T> tape;
  const auto v = tape.variable(xtape::Array<T>{-1, 0, 1, 2});
  const auto values = [](const auto& mask) { return numbers::elements(mask.variable().value()); };
  using Truth = std::vector<long double>;
  CHECK(values(v < 1) == Truth{1, 1, 0, 0});
  CHECK(values(v > 1) == Truth{0, 0, 0, 1});
  CHECK(values(v <= 1) == Truth{1, 1, 1, 0});
  CHECK(values(v >= 1) == Truth{0, 0, 1, 1});
  CHECK(values(v == 1) == Truth{0, 0, 1, 0});
  CHECK(values(v != 1) == Truth{1, 1, 0, 1});
  CHECK(values(!(v < 1)) == Truth{0, 0, 1, 1});
  CHECK(values(v > -1 && v < 2) == Truth{0, 1, 1, 0});
  CHECK(values(v < 0 || v > 1) == Truth{1, 0, 0, 1});
  CHECK_FALSE((v < 1).variable().active());
}

TEST_CASE_TEMPLATE("each function of the vocabulary records its own operation", T, double, float) {
  BasicTape<T> tape;
  const auto p = tape.variable(static_cast<T>(0.5)), q = tape.variable(static_cast<T>(0.25));
  const auto is = [&](const BasicVariable<T>& y, const std::string& name, double value) {
    CAPTURE(name);
    CHECK(tape.record_at(tape.records() - 1).rule->name == name);
    CHECK(numbers::ulps(y.item(), value) <= 4);
  };
  const auto real = [](auto r) { return static_cast<double>(r.value); };
  const xtape::Real<long double> P(0.5), Q(0.25);
#define XTAPE_ELEMENTARY_1(function, Operation) \
  is(function(p), xtape::Operation::name, real(xtape::Operation::value(P)));
#define XTAPE_ELEMENTARY_2(function, Operation) \
  is(function(p, q), xtape::Operation::name, real(xtape::Operation::value(P, Q)));
#define XTAPE_COMPOSED_1(function, Operation) XTAPE_ELEMENTARY_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation) XTAPE_ELEMENTARY_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
  is(p + q, "add", 0.75);
  is(p - q, "subtract", 0.25);
  is(p * q, "multiply", 0.125);
  is(p / q, "divide", 2);
  is(-p, "negate", -0.5);
  is(1 - p, "subtract", 0.5);
  is(maximum(p, 0.75), "maximum", 0.75);
  is(minimum(0.125, p), "minimum", 0.125);
}

TEST_CASE_TEMPLATE("a user's operation of one input is right to order 3", T, double, float) {
  BasicTape<T> tape;
  const auto at = tape.variable(static_cast<T>(0.75));
  const auto y = apply(someone::Swish{}, at);
  CHECK(std::string(tape.record_at(0).rule->name) == "swish");
  // x·σ(x) at 3/4 and its derivatives, by mpmath.
  check_all(derivatives(y, at),
            {0.5093840243815447, 0.8425999444967535, 0.37722677521501974, -0.2844836312921471},
            0.25);
}

TEST_CASE_TEMPLATE("a user's operation with a parameter is right to order 3", T, double, float) {
  BasicTape<T> tape;
  const auto at = tape.variable(static_cast<T>(-0.5)), right = tape.variable(static_cast<T>(2));
  const auto y = apply(someone::Elu{0.75}, at);
  const double e = 0.75 * std::exp(-0.5);
  check_all(derivatives(y, at), {0.75 * std::expm1(-0.5), e, e, e});
  check_all(derivatives(apply(someone::Elu{0.75}, right), right), {2, 1, 0, 0});
}

TEST_CASE_TEMPLATE("a user's piecewise operation is right to order 3", T, double, float) {
  BasicTape<T> tape;
  const auto inside = tape.variable(static_cast<T>(-0.5)),
             outside = tape.variable(static_cast<T>(-2));
  check_all(derivatives(apply(someone::Huber{}, inside), inside), {0.125, -0.5, 1, 0});
  check_all(derivatives(apply(someone::Huber{}, outside), outside), {1.5, -1, 0, 0});
}

TEST_CASE_TEMPLATE("a user's operation of two inputs broadcasts and is right to order 3", T, double,
                   float) {
  BasicTape<T> tape;
  const auto p = tape.variable(static_cast<T>(3)), q = tape.variable(static_cast<T>(4));
  // √(a² + b²) at (3, 4): ∂a = a/y, ∂a² = b²/y³, ∂a³ = -3ab²/y⁵, ∂b∂a = -ab/y³.
  check_all(derivatives(apply(someone::Distance{}, p, q), p), {5, 0.6, 0.128, -0.04608}, 0.2);
  const auto mixed = recorded_gradient(recorded_gradient(apply(someone::Distance{}, p, q), p), q);
  CHECK(numbers::ulps(mixed.item(), -0.096) <= 8);

  const auto column = tape.variable(
      numbers::array<T>(xtape::Shape{2, 1}, [next = 1]() mutable { return next += 2; }));
  const auto row = tape.variable(xtape::Array<T>{4, 12});
  const auto y = apply(someone::Distance{}, column, row);
  REQUIRE(y.shape() == xtape::Shape{2, 2});
  CHECK(y.value()(0, 0) == 5);
  CHECK(y.value()(1, 1) == 13);
  const auto gradient = gradients(sum(y));
  CHECK(numbers::ulps(gradient[column](0, 0), 3 / 5.0 + 3 / std::sqrt(153.0)) <= 4);
  CHECK(numbers::ulps(gradient[row](1), 12 / std::sqrt(153.0) + 12 / 13.0) <= 4);
}
