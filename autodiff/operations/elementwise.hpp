#pragma once
// The elementwise operations: what each computes and its derivatives, written once.
//
// The formulas are read by vector kernels, scalars, dual numbers, symbols and recorded variables;
// names like exp or select are found by the reading that comes in. A number is tested by `select`,
// never by `if`. Where a formula folds its argument to the negative side it writes
// select(x < 0, x, -x) and not -abs(x): either branch can be continued through zero, so that
// derivatives of every order are right there.
//
// An operation that has a kink or a jump says where: `kink` is 0 there and changes its sign.

#include <cstddef>
#include <type_traits>

namespace xtape {

/// Names the input that a partial is taken with respect to: `partial(wrt<0>, a, b)`.
template <std::size_t Input>
using wrt = std::integral_constant<std::size_t, Input>;

/// a + b.
struct Add {
  static constexpr auto name = "add";
  static constexpr auto infix = "+";
  static auto value(auto a, auto b) { return a + b; }
  static auto partial(wrt<0>, auto, auto) { return 1; }
  static auto partial(wrt<1>, auto, auto) { return 1; }
};

/// a - b.
struct Subtract {
  static constexpr auto name = "subtract";
  static constexpr auto infix = "-";
  static auto value(auto a, auto b) { return a - b; }
  static auto partial(wrt<0>, auto, auto) { return 1; }
  static auto partial(wrt<1>, auto, auto) { return -1; }
};

/// a * b, element by element.
struct Multiply {
  static constexpr auto name = "multiply";
  static constexpr auto infix = "*";
  static auto value(auto a, auto b) { return a * b; }
  static auto partial(wrt<0>, auto, auto b) { return b; }
  static auto partial(wrt<1>, auto a, auto) { return a; }
};

/// a / b. The partial for b is -(a/b)/b, which does not overflow where b² would underflow.
struct Divide {
  static constexpr auto name = "divide";
  static constexpr auto infix = "/";
  static auto value(auto a, auto b) { return a / b; }
  static auto partial(wrt<0>, auto, auto b) { return 1 / b; }
  static auto partial(wrt<1>, auto, auto b, auto y) { return -(y / b); }
};

/// -x.
struct Negate {
  static constexpr auto name = "negate";
  static auto value(auto x) { return -x; }
  static auto partial(auto) { return -1; }
};

/// x².
struct Square {
  static constexpr auto name = "square";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return 2 * x; }
};

/// √x; the derivative at 0 is its one-sided limit, +inf.
struct Sqrt {
  static constexpr auto name = "sqrt";
  static auto value(auto x) { return sqrt(x); }
  static auto partial(auto, auto y) { return 0.5 / y; }
};

/// eˣ.
struct Exp {
  static constexpr auto name = "exp";
  static auto value(auto x) { return exp(x); }
  static auto partial(auto, auto y) { return y; }
};

/// eˣ - 1, accurate near 0. The derivative is exp(x): y + 1 would lose the tail at -40.
struct Expm1 {
  static constexpr auto name = "expm1";
  static auto value(auto x) { return expm1(x); }
  static auto partial(auto x) { return exp(x); }
};

/// The natural logarithm.
struct Log {
  static constexpr auto name = "log";
  static auto value(auto x) { return log(x); }
  static auto partial(auto x) { return 1 / x; }
};

/// log(1 + x), accurate near 0.
struct Log1p {
  static constexpr auto name = "log1p";
  static auto value(auto x) { return log1p(x); }
  static auto partial(auto x) { return 1 / (1 + x); }
};

/// sin x.
struct Sin {
  static constexpr auto name = "sin";
  static constexpr bool store_partial = true;
  static auto value(auto x) { return sin(x); }
  static auto partial(auto x) { return cos(x); }
};

/// cos x.
struct Cos {
  static constexpr auto name = "cos";
  static constexpr bool store_partial = true;
  static auto value(auto x) { return cos(x); }
  static auto partial(auto x) { return -sin(x); }
};

/// tanh x. tanh' = 4e/(1 + e)² with e = exp(-2|x|) keeps its digits where 1 - y² has none left.
struct Tanh {
  static constexpr auto name = "tanh";
  static constexpr bool store_partial = true;
  static auto value(auto x) { return tanh(x); }
  static auto partial(auto x) {
    auto minus = select(x < 0, x, -x), e = exp(minus + minus), r = 1 / (1 + e);
    return 4 * (e * r * r);
  }
  static auto textbook(auto, auto y) { return 1 - square(y); }
};

/// σ(x) = 1/(1 + e⁻ˣ). σ' = e/(1 + e)² with e = exp(-|x|) keeps its digits where y(1 - y) has none.
struct Sigmoid {
  static constexpr auto name = "sigmoid";
  static constexpr bool store_partial = true;
  static auto value(auto x) {
    auto e = exp(select(x < 0, x, -x)), r = 1 / (1 + e);
    return select(x < 0, e * r, r);
  }
  static auto partial(auto x) {
    auto e = exp(select(x < 0, x, -x)), r = 1 / (1 + e);
    return e * r * r;
  }
  static auto textbook(auto, auto y) { return y * (1 - y); }
};

/// log(1 + eˣ), without overflow or cancellation.
struct Softplus {
  static constexpr auto name = "softplus";
  static constexpr bool store_partial = true;
  static auto value(auto x) { return select(x < 0, 0, x) + log1p(exp(select(x < 0, x, -x))); }
  static auto partial(auto x) { return sigmoid(x); }
};

/// max(x, 0); the derivative at 0 is 0, the subgradient of least norm. `0 * x` lets NaN through.
struct Relu {
  static constexpr auto name = "relu";
  static auto value(auto x) { return select(x <= 0, 0, x); }
  static auto partial(auto x) { return select(x > 0, 1, select(x < 0, 0, 0 * x)); }
  static auto textbook(auto x, auto) { return select(x > 0, 1, 0); }
  static auto kink(auto x) { return x; }
};

/// |x|; the derivative at 0 is 0, the subgradient of least norm.
struct Abs {
  static constexpr auto name = "abs";
  static auto value(auto x) { return abs(x); }
  static auto partial(auto x) { return select(x > 0, 1, select(x < 0, -1, 0 * x)); }
  static auto kink(auto x) { return x; }
};

/// The larger of two arrays' elements; a tie gives each of them half, the least norm.
struct Maximum {
  static constexpr auto name = "maximum";
  static auto value(auto a, auto b) { return maximum(a, b); }
  static auto partial(wrt<0>, auto a, auto b) {
    return select(a > b, 1, select(a < b, 0, select(a == b, 0.5, a + b)));
  }
  static auto partial(wrt<1>, auto a, auto b) {
    return select(b > a, 1, select(b < a, 0, select(a == b, 0.5, a + b)));
  }
  static auto kink(auto a, auto b) { return a - b; }
};

/// The smaller of two arrays' elements; a tie gives each of them half.
struct Minimum {
  static constexpr auto name = "minimum";
  static auto value(auto a, auto b) { return minimum(a, b); }
  static auto partial(wrt<0>, auto a, auto b) {
    return select(a < b, 1, select(a > b, 0, select(a == b, 0.5, a + b)));
  }
  static auto partial(wrt<1>, auto a, auto b) {
    return select(b < a, 1, select(b > a, 0, select(a == b, 0.5, a + b)));
  }
  static auto kink(auto a, auto b) { return a - b; }
};

/// max(x, bound) with a plain number; a number is no operand, so the derivative at a tie is 0.
struct LowerBound {
  double bound = 0;
  static constexpr auto name = "maximum";
  auto value(auto x) const { return maximum(x, bound); }
  auto partial(auto x) const { return select(x > bound, 1, select(x <= bound, 0, 0 * x)); }
  auto kink(auto x) const { return x - bound; }
};

/// min(x, bound) with a plain number; the derivative at a tie is 0.
struct UpperBound {
  double bound = 0;
  static constexpr auto name = "minimum";
  auto value(auto x) const { return minimum(x, bound); }
  auto partial(auto x) const { return select(x < bound, 1, select(x >= bound, 0, 0 * x)); }
  auto kink(auto x) const { return x - bound; }
};

/// x to a constant power p. x⁰ has derivative 0 everywhere, and log x is never evaluated.
struct PowerOf {
  double exponent = 1;
  static constexpr auto name = "pow";
  auto value(auto x) const { return pow(x, exponent); }
  auto partial(auto x) const { return exponent * pow(x, exponent == 0 ? 0 : exponent - 1); }
};

/// a to the power b, both arrays. ∂/∂b at a = 0 is 0 for b >= 0, by continuity and convention. Only
/// at 0⁰ is ∂/∂a masked: elsewhere b·aᵇ⁻¹ goes through b = 0, where its derivative for b is 1/a.
struct Power {
  static constexpr auto name = "pow";
  static auto value(auto a, auto b) { return pow(a, b); }
  static auto partial(wrt<0>, auto a, auto b) {
    return select(a == 0 && b == 0, 0, b * pow(a, b - 1));
  }
  static auto partial(wrt<1>, auto a, auto b, auto y) {
    return select(a == 0 && b >= 0, 0, y * log(a));
  }
};

/// a where the mask c is not 0, b elsewhere. What is not selected receives an exact zero, whatever
/// the cotangent: that is why this rule is a pullback and not a partial.
struct Where {
  static constexpr auto name = "where";
  static auto value(auto c, auto a, auto b) { return select(c != 0, a, b); }
  static auto partial(wrt<0>, auto, auto, auto) { return 0; }
  static auto pullback(wrt<1>, auto g, auto c, auto, auto) { return select(c != 0, g, 0); }
  static auto pullback(wrt<2>, auto g, auto c, auto, auto) { return select(c != 0, 0, g); }
};

/// Cotangent times partial, where a zero cotangent sends a zero even through an infinite or
/// undefined partial. Its partial for the cotangent is not masked: a mask would make the second
/// derivative of a perfect fit vanish. What goes on to the partial is absorbed again, or what an
/// unselected branch sends to the partial of an infinite one would be NaN.
struct Absorb {
  static constexpr auto name = "absorb";
  static constexpr auto infix = "*";
  static auto value(auto g, auto p) { return select(g == 0, 0, g * p); }
  static auto partial(wrt<0>, auto, auto p) { return p; }
  static auto pullback(wrt<1>, auto c, auto g, auto) { return absorb(g, c); }
};

/// A comparison or a connective of masks: 1 where it holds, 0 elsewhere, constant between jumps.
struct Less {
  static constexpr auto name = "less";
  static constexpr auto infix = "<";
  static constexpr bool piecewise_constant = true;
  static auto value(auto a, auto b) { return select(a < b, 1, 0); }
  static auto kink(auto a, auto b) { return a - b; }
};
/// a <= b as a mask.
struct LessEqual {
  static constexpr auto name = "less_equal";
  static constexpr auto infix = "<=";
  static constexpr bool piecewise_constant = true;
  static auto value(auto a, auto b) { return select(a <= b, 1, 0); }
  static auto kink(auto a, auto b) { return a - b; }
};
/// a == b as a mask.
struct Equal {
  static constexpr auto name = "equal";
  static constexpr auto infix = "==";
  static constexpr bool piecewise_constant = true;
  static auto value(auto a, auto b) { return select(a == b, 1, 0); }
  static auto kink(auto a, auto b) { return a - b; }
};
/// Both masks hold.
struct Both {
  static constexpr auto name = "both";
  static constexpr auto infix = "&&";
  static constexpr bool piecewise_constant = true;
  static auto value(auto a, auto b) { return select(a != 0 && b != 0, 1, 0); }
};
/// At least one of the masks holds.
struct Either {
  static constexpr auto name = "either";
  static constexpr auto infix = "||";
  static constexpr bool piecewise_constant = true;
  static auto value(auto a, auto b) { return select(a != 0 || b != 0, 1, 0); }
};
/// The mask does not hold.
struct Not {
  static constexpr auto name = "not";
  static constexpr bool piecewise_constant = true;
  static auto value(auto a) { return select(a != 0, 0, 1); }
};

}  // namespace xtape
