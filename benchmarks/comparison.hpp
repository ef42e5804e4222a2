#pragma once
// Whether the sides compute the same numbers; nothing is timed before that is known.

#include <string>

#include "problems.hpp"

namespace bench {

/// Compares a side's gradients, and its parameters after a few steps, with the hand-written side's:
/// each number to 1e-12 of the sum of its summands' magnitudes. Returns an empty text, or what was
/// found to differ.
std::string compare_training(const Problem& problem, const Side& side);
/// The same for the chain or the expression, relative to the largest element of the gradient.
std::string compare_function(const char* name, const Side& side, Differentiator& by_hand,
                             Differentiator& by_side);

}  // namespace bench
