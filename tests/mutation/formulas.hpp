#pragma once
// The formulas of the library's elementwise operations as trees, with the names of parameters.

#include <optional>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>

namespace mutation {

/// One formula of an operation: its value, or the derivative for an input.
struct Formula {
  std::string part;  // "value", "partial 0", "pullback 1"
  xtape::Symbol tree;
};

struct Operation {
  std::string type;  // as in the tests' table
  std::size_t inputs = 0;
  bool stores_partial = false, piecewise_constant = false;
  std::string parameter;          // the name of its data member, or ""
  std::vector<Formula> formulas;  // the value, then a derivative for each input
};

/// Every elementwise operation of the library and of its losses.
std::vector<Operation> operations();

/// The tree with a number in the place of a name.
xtape::Symbol substitute(const xtape::Symbol& tree, const std::string& name, double number);
/// The tree with everything computed that consists of numbers only, and without factors 1, which
/// change no bit.
xtape::Symbol folded(const xtape::Symbol& tree);
/// Whether the trees are the same.
bool equal(const xtape::Symbol& a, const xtape::Symbol& b);

}  // namespace mutation
