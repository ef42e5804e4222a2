#pragma once
// The chain rule of one number: along every path from J to an element, first in symbols, then in
// numbers, and what the paths sum to.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <xtape/autodiff/gradients.hpp>
#include <xtape/autodiff/inspect/notation.hpp>

namespace xtape {

/// What an explanation shows, and how far it goes.
struct ExplainOptions {
  std::size_t paths = 3;              // the heaviest ones, in numbers
  std::size_t routes = 8;             // ways through the records, each a formula
  Notation notation = {};             // symbols for recorded names
  int digits = 4;                     // significant ones of each factor
  std::uint64_t enumerate = 1000000;  // up to so many paths are also added up one by one
  double work = 1e9;                  // operations; beyond that it is refused
};

/// ∂J/∂w for one element of w.
struct Explanation {
  /// ∂out[p]/∂in[q] of one record, with the elements counted row by row from 0.
  struct Factor {
    std::uint32_t record, input;
    std::size_t out, in;
    double value;
  };
  /// One product of the sum.
  struct Path {
    std::size_t route;            // into routes; their number where it is none of those listed
    std::vector<Factor> factors;  // from J on
    long double product;
    std::string where, formula;  // "i = 37", "1/N · (y₃₇ − t₃₇) · …"
    std::string where_latex, formula_latex;
    std::vector<bool> shown;  // by factor: whether it is in the formula; else it is a plain 1
  };
  /// The paths through the same records by the same inputs.
  struct Route {
    std::uint64_t paths;
    long double sum;
    std::string formula, latex;  // "1/N Σᵢ (yᵢ − tᵢ) · σ′(aᵢ) · x_{i,1}"
  };

  std::string derivative, derivative_latex;  // "∂J/∂w₁"
  std::vector<Route> routes;
  std::vector<Path> heaviest;
  std::vector<std::string> legend, legend_latex;  // what letters and names stand for

  std::uint64_t paths = 0;                // all of them; 2⁶⁴ - 1 where there are more
  long double sum = 0;                    // of all paths
  long double magnitudes = 0;             // of all paths' magnitudes
  std::optional<long double> enumerated;  // the sum by going along each path on its own
  long double gradient = 0;               // that the sweep gave
  /// |sum - gradient| in units in the last place, in the tape's element type, of the heaviest path
  /// and of the sum of the magnitudes.
  double ulps_of_largest = 0, ulps_of_magnitudes = 0;
  int digits = 4, all_digits = 17;  // of factors, and of sums

  /// The whole derivation as text in UTF-8.
  [[nodiscard]] std::string text() const;
  /// The same in LaTeX, ASCII only, to be put into a document that uses amsmath.
  [[nodiscard]] std::string latex() const;
};

/// Explains ∂J/∂w[element]: the chain rule along every path from J, an array of one element, to
/// that element. The entries of each record's derivative are those of its own rule, so that every
/// operation can be explained, a user's too; products and sums are made in extended precision. In
/// symbols, elementwise operations give their partial (or f′, where a textbook has that), and
/// structural ones what their `entry` says; where there is none, a plain ∂y/∂x.
///
/// `element` counts from 0, as in C++; formulas count from 1, as on paper. For an array of one
/// element it may be left out.
/// @throws ShapeError when J has more than one element, or w has no such element; HandleError for a
/// variable of another recording; Error when w is a constant, or when it is too much work.
template <class T>
Explanation explain(const BasicVariable<T>& J, const BasicVariable<T>& w,
                    const std::vector<std::size_t>& element = {},
                    const ExplainOptions& options = {});
/// @throws HandleError when the parameter is not in the recording of J.
template <class T>
Explanation explain(const BasicVariable<T>& J, const BasicParameter<T>& w,
                    const std::vector<std::size_t>& element = {},
                    const ExplainOptions& options = {});

#define XTAPE_EXPLAIN(keyword, T)                                                               \
  keyword template Explanation explain(const BasicVariable<T>&, const BasicVariable<T>&,        \
                                       const std::vector<std::size_t>&, const ExplainOptions&); \
  keyword template Explanation explain(const BasicVariable<T>&, const BasicParameter<T>&,       \
                                       const std::vector<std::size_t>&, const ExplainOptions&);
XTAPE_EXPLAIN(extern, double)
XTAPE_EXPLAIN(extern, float)

}  // namespace xtape
