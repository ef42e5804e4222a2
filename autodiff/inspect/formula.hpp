#pragma once
// The chain rule in symbols: what a route through the records says with index letters.

#include <map>
#include <string>
#include <vector>

#include <xtape/autodiff/inspect/notation.hpp>
#include <xtape/autodiff/inspect/paths.hpp>
#include <xtape/autodiff/inspect/walk.hpp>
#include <xtape/autodiff/readings/entry.hpp>

namespace xtape::detail {

/// A piece of a derivation in both languages.
struct Phrase {
  std::string text, latex;
};

/// A formula with what is multiplied, and its letters' values where it is about one path.
struct Formula {
  Phrase product;
  Phrase letters;                  // "i = 37", or ""
  std::vector<bool> shows_factor;  // by step: false where the factor is 1 by the operation's nature
};

/// Writes the formulas of one derivation, in one notation; collects what has to be explained.
template <class T>
class FormulaWriter {
 public:
  FormulaWriter(const BasicTape<T>& tape, const BasicWalk<T>& walk, const Notation& notation,
                std::uint32_t J);

  /// The sum over all paths that go this way to that element.
  Formula route(const std::vector<PathStep>& steps, std::uint32_t element);
  /// One path, its elements by numbers.
  Formula path(const std::vector<PathStep>& steps, std::uint32_t element);
  /// "W̃_{1,1}".
  Phrase element(std::uint32_t slot, std::uint32_t element) const;
  /// What stands for what, in the order of appearance: "N = 500", "i = 1 … N",
  /// "σ′(u) = σ(u) · (1 − σ(u))", "ã = linear(x, W̃, b̃)".
  [[nodiscard]] std::vector<Phrase> legend() const;

 private:
  // A route with the letters of each of its steps.
  struct Way {
    EntryWriter entries;
    std::vector<AxisIndices> in;               // the input's element, by step
    std::vector<std::vector<Symbol>> factors;  // by step
    std::vector<std::size_t> letters;          // that are summed over
  };
  Way follow(const std::vector<PathStep>& steps);
  SymbolicEntry entry_of(Way& way, const PathStep& step, const AxisIndices& at);
  Symbol partial_of(Way& way, const Record<T>& record, std::uint32_t k);
  Symbol operand(Way& way, std::uint32_t slot, const AxisIndices& at, int depth);
  void find_letters(Way& way) const;
  void bind(Way& way, const std::vector<PathStep>& steps, std::size_t step,
            std::uint32_t element) const;
  Formula written(Way& way, const std::vector<std::size_t>& letters);
  Phrase product(Way& way, const std::vector<std::size_t>& letters);
  Symbol named(Way& way, const Symbol& symbol, bool latex);
  std::string element_name(const Way& way, std::size_t slot, const AxisIndices& at,
                           bool latex) const;
  std::string index_text(const Way& way, const AxisIndex& index) const;
  void name_arrays(const Notation& notation, std::uint32_t J);
  std::string count_name(std::size_t n);
  static std::string letter_name(const std::vector<std::size_t>& letters, std::size_t letter);
  void use(std::size_t slot);

  const BasicTape<T>& tape_;
  const BasicWalk<T>& walk_;
  std::vector<Symbolic> names_;                                 // by slot
  std::vector<bool> has_symbol_;                                // by slot: a name was given
  std::vector<std::pair<std::size_t, std::string>> counts_;     // N
  std::vector<std::pair<std::string, std::size_t>> ranges_;     // letters with their extents
  std::map<std::string, std::pair<Symbol, Symbol>> functions_;  // σ′: how it is written, what it is
  std::vector<std::string> function_order_;
  std::vector<std::size_t> used_;   // arrays that formulas name
  std::vector<std::size_t> shown_;  // the letters of the formula that is being written
};

/// `indices_of` as a formula has them.
AxisIndices unraveled(const Shape& shape, std::size_t element);

extern template class FormulaWriter<double>;
extern template class FormulaWriter<float>;

}  // namespace xtape::detail
