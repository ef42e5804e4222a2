#pragma once
// The derivation of the gradients of a trained model as a LaTeX document.

#include <string>
#include <vector>
#include <xtape/autodiff/inspect/explain.hpp>

#include "options.hpp"
#include "results.hpp"

namespace lab {

/// One number that was trained: its value and the explanation of its derivative.
struct DerivedElement {
  double value;
  xtape::Explanation explanation;
};

/// A parameter with so many elements is derived whole; of a larger one so many are.
inline constexpr std::size_t most_derived = 24;

/// What the document is about.
struct Derivation {
  std::string described;  // what was trained and how
  std::size_t samples;    // N, of the batch that is derived
  std::size_t inputs;
  std::size_t left_out;  // elements that are not derived
  std::vector<DerivedElement> elements;
};

/// The whole document, in ASCII, for pdflatex with nothing but LaTeX's own packages: the model, the
/// formulas of its gradient, each in numbers with the sum of its paths, and the trained parameters.
std::string derivation_latex(const Program& program, const Options& options, const Results& results,
                             const Derivation& derivation);

}  // namespace lab
