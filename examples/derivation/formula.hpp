#pragma once
// Formulas with indices: read from text, evaluated element by element.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <xtape/autodiff/xtensor.hpp>

#include "text.hpp"

namespace derivation {

/// What formulas may name: arrays with the axes that they have, and numbers.
struct Known {
  xtape::Array<double> values;
  std::vector<std::string> axes;  // "samples", "inputs", "hidden neurons"
};

/// A gradient that is asked for: "dW~" with the axes of W~.
struct Wanted {
  std::string name;
  std::vector<std::size_t> extents;
  std::string usual;  // how it is usually written: "dW~[j,k]"
};

/// The values of every letter, 0 where it is not in use.
using Letters = std::map<std::string, std::size_t>;

/// A part of a formula.
class Expression {
 public:
  Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  virtual ~Expression() = default;
  [[nodiscard]] virtual double at(Letters& letters) const = 0;
};
using Part = std::shared_ptr<const Expression>;

/// What was read: those of the wanted gradients that the formulas give, each complete.
using Gradients = std::map<std::string, xtape::Array<double>>;

/// Reads the formulas and evaluates them. Each line gives a gradient, "dw[k] = …", one element of
/// it, "dw[1] = …" (counted from 1), or a name of one's own for later lines, "delta[i] = …".
/// @throws FormulaError for what cannot be read, for names and indices that do not fit, for a
/// gradient of which some elements are missing, and where there is none of the wanted ones.
Gradients gradients_of(const Source& source, const std::map<std::string, Known>& known,
                       const std::vector<Wanted>& wanted);

}  // namespace derivation
