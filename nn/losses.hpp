#pragma once
// Losses: one number from what a model gives (y, or the logits z) and the targets t.
//
// They are strict: the two shapes have to be equal. A loss that broadcasts (N, 1) against (N)
// trains on N² differences, and nobody is told.

#include <xtape/autodiff/tape/variable.hpp>

namespace xtape::nn {

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
/// @throws Error where a target that is data, and not computed from variables, is below 0 or above
/// 1: it stands for the probability of class 1.
Variable bce_with_logits(const Operand& z, const Operand& t);
VariableF bce_with_logits(const OperandF& z, const OperandF& t);

}  // namespace xtape::nn
