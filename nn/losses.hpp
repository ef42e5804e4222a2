#pragma once
// Losses: one number from what a model gives (y, or the logits z) and the targets t.
//
// They are strict: the two shapes have to be equal. A loss that broadcasts (N, 1) against (N)
// trains on N² differences, and nobody is told.

#include <xtape/autodiff.hpp>

namespace xtape::nn {

/// (y - t)²/2.
struct HalfSquaredError {
  static constexpr auto name = "half_squared_error";
  static auto value(auto y, auto t) { return square(y - t) / 2; }
  static auto partial(wrt<0>, auto y, auto t) { return y - t; }
  static auto partial(wrt<1>, auto y, auto t) { return t - y; }
};

/// (y - t)².
struct SquaredError {
  static constexpr auto name = "squared_error";
  static auto value(auto y, auto t) { return square(y - t); }
  static auto partial(wrt<0>, auto y, auto t) { return 2 * (y - t); }
  static auto partial(wrt<1>, auto y, auto t) { return 2 * (t - y); }
};

/// -t log σ(z) - (1 - t) log σ(-z), without overflow or cancellation: max(z, 0) - zt + log(1 +
/// e^-|z|). The partial for z, σ(z) - t, is written so that it keeps its digits in either tail.
struct LogitCrossEntropy {
  static constexpr auto name = "logit_cross_entropy";
  static auto value(auto z, auto t) {
    return select(z < 0, 0, z) - z * t + log1p(exp(select(z < 0, z, -z)));
  }
  static auto partial(wrt<0>, auto z, auto t) { return (1 - t) * sigmoid(z) - t * sigmoid(-z); }
  static auto partial(wrt<1>, auto z, auto) { return -z; }
};

/// Half the mean square, 1/(2N) Σ (y - t)²: the lab's loss. N is the number of elements of y, which
/// for (N, 1) is the number of samples. ∂J/∂y = (y - t)/N.
/// @throws ShapeError unless y and t have the same shape and at least one element.
Variable half_mse(const Operand& y, const Operand& t);
VariableF half_mse(const OperandF& y, const OperandF& t);

/// The mean square, 1/N Σ (y - t)², N the number of elements. ∂J/∂y = 2(y - t)/N.
/// @throws ShapeError unless y and t have the same shape and at least one element.
Variable mse(const Operand& y, const Operand& t);
VariableF mse(const OperandF& y, const OperandF& t);

/// The binary cross-entropy of σ(z) and the targets t of [0, 1], their mean over the elements, from
/// the logits z: accurate where σ(z) rounds to 0 or 1. ∂J/∂z = (σ(z) - t)/N.
/// @throws ShapeError unless z and t have the same shape and at least one element.
Variable bce_with_logits(const Operand& z, const Operand& t);
VariableF bce_with_logits(const OperandF& z, const OperandF& t);

}  // namespace xtape::nn

namespace xtape {

// Their tables are compiled once, in losses.cpp.
extern template const Rule<double> RuleOf<nn::HalfSquaredError, double, 2>::rule;
extern template const Rule<float> RuleOf<nn::HalfSquaredError, float, 2>::rule;
extern template const Rule<double> RuleOf<nn::SquaredError, double, 2>::rule;
extern template const Rule<float> RuleOf<nn::SquaredError, float, 2>::rule;
extern template const Rule<double> RuleOf<nn::LogitCrossEntropy, double, 2>::rule;
extern template const Rule<float> RuleOf<nn::LogitCrossEntropy, float, 2>::rule;

}  // namespace xtape
