#pragma once
// Patterns in the numbers themselves: order, axes, sums with others.

#include <optional>
#include <vector>

#include <xtape/autodiff/check/diagnosis.hpp>

namespace xtape::detail {

/// The order of the slices along an axis: slice i of the numbers is slice result[i] of the
/// predicted array, times a factor, to rounding. Nothing where it is no other order, or where the
/// axis has more than 512 slices.
std::optional<std::vector<std::size_t>> permutation(const std::vector<double>& numbers,
                                                    const Predicted& predicted, std::size_t axis,
                                                    double factor);
Diagnosis of_permutation(const std::vector<std::size_t>& order, std::size_t axis, std::size_t rank);

/// The quotient at the element where the predicted array is largest; NaN where it is zero.
double largest_ratio(const std::vector<double>& numbers, const std::vector<double>& predicted);

/// The sum over an axis, divided by a number.
Predicted summed(const Predicted& predicted, std::size_t axis, double divisor = 1);

/// Gradients of earlier steps, alone or added.
std::vector<Hypothesis> earlier_steps(const Evidence& evidence);
/// The gradient of a bias that was summed over another axis, where that has the right shape.
std::vector<Hypothesis> wrong_axes(const Evidence& evidence);

/// What the numbers have in common where nothing of the catalogue fits.
std::string in_common(const Evidence& evidence);

}  // namespace xtape::detail
