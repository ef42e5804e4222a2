#pragma once
// Patterns in the numbers themselves: order, axes, sums with others.

#include <optional>
#include <vector>

#include <xtape/autodiff/check/diagnosis.hpp>

namespace xtape::detail {

/// An array of which nothing is known but its numbers, each a sum of so many terms.
Predicted of_arrays(const Numbers& numbers, double epsilon, std::size_t terms);

/// The order of the slices along an axis: slice i of the numbers is slice result[i] of the
/// predicted array, times a factor, to rounding; a slice that may stay where it is stays. Nothing
/// where there is none, or where the axis has more than 512 slices.
std::optional<std::vector<std::size_t>> permutation(const std::vector<double>& numbers,
                                                    const Predicted& predicted, std::size_t axis,
                                                    double factor);
/// The slices along an axis in that order.
Predicted permuted(const Predicted& predicted, std::size_t axis,
                   const std::vector<std::size_t>& order);
Diagnosis of_permutation(const std::vector<std::size_t>& order, std::size_t axis,
                         const Evidence& evidence);

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
