#pragma once
// Mutants of a formula: the same tree with one small mistake in it.

#include <string>
#include <vector>

#include "formulas.hpp"

namespace mutation {

/// What a mutant was made by.
enum class Change { operation, operand, sign, constant, term, condition };
const char* text_of(Change change);

struct Mutant {
  Change change;
  xtape::Symbol tree;
};

/// All mutants of a formula, each once, none of them the formula itself. At every place an operator
/// or function is exchanged for each of its kin, operands for the other names and 0 and 1, signs
/// and constants are changed, terms are dropped, conditions turned and branches swapped. `names`
/// may stand for one another; `parameter` only ever becomes a number.
std::vector<Mutant> mutants(const xtape::Symbol& formula, const std::vector<std::string>& names,
                            const std::string& parameter);

}  // namespace mutation
