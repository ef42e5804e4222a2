#pragma once
// What may be wrong with a gradient derived by hand: the catalogue, and what it is searched with.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff/inspect/notation.hpp>
#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

/// The mistakes that are known.
enum class Mistake : std::uint8_t {
  factor,             // N, 1/N, 2, 1/2, -1, products of two of them
  shape,              // an axis too many, too few, or in another place
  transposed,         // rows for columns
  permuted,           // rows or columns in another order
  bias_summed,        // N times too large: the mean over the samples was forgotten
  bias_averaged,      // N times too small: averaged where the mean of the loss is already in
  bias_axis,          // summed over the wrong axis
  missing_slope,      // σ′ is not there
  slope_of_output,    // σ′(y) in the place of σ′(a)
  textbook_of_input,  // a(1 - a) in the place of y(1 - y)
  stale,              // an array from another step
  accumulated,        // added to gradients of earlier steps
  renumbered,         // the units of a layer, in all of its arrays
  term_factor,        // a factor in one of the terms that J is a sum of
  missing_term,       // one of them was left out
  formula_rounding,   // none: the textbook's formula loses digits
};
const char* to_string(Mistake mistake);

/// One explanation of the differences: a mistake, or several together.
struct Diagnosis {
  std::vector<Mistake> mistakes;
  std::string text;                      // in a sentence
  std::string factor;                    // "N", "-1/2", or "" where there is none
  double ratio = 1;                      // by hand over what the other mistakes alone would give
  std::size_t axis = 0;                  // of a permutation
  std::vector<std::size_t> permutation;  // slice i by hand is slice permutation[i] of autodiff
  std::vector<std::uint32_t> records;    // whose slope is meant
  std::uint32_t term = no_index;         // the slot of a term of J

  [[nodiscard]] bool has(Mistake mistake) const;
  /// Whether the two are the same explanation.
  [[nodiscard]] bool same_as(const Diagnosis& other) const;
};

/// How an explanation is told from another: what to do to see which it is. "" where the two never
/// stand together.
std::string tells_apart(const Diagnosis& a, const Diagnosis& b);

namespace detail {

/// Numbers with their shape and the bits of their type.
struct Numbers {
  std::vector<double> values;
  Shape shape;
  int digits = 53;
};

/// What a derivation would give: the numbers, and how far rounding alone may move them. Where only
/// the arrays are known, a sum that cancelled may have moved as far as `wide`.
struct Predicted {
  std::vector<double> values, bar, wide;
  Shape shape;
};

/// Whether a prediction is to have bars, which cost several sweeps. Without, it has some that are
/// too wide: what does not fit these is out at once.
enum class Bars : std::uint8_t { rough, exact };

/// A derivation with a mistake. What takes several mistakes at once costs more.
struct Hypothesis {
  Diagnosis diagnosis;
  std::function<Predicted(Bars)> predict;
  std::size_t cost = 1;
};

/// A term of the sum that J is, as in a mean and a penalty.
struct Term {
  std::uint32_t slot;
  std::string name;
  std::function<Predicted(Bars)> part;  // what of the gradient comes of it
};

/// What a recording knows about ∂J/∂x, for any type of element.
class Recorded {
 public:
  Recorded() = default;
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  virtual ~Recorded() = default;

  /// @throws HandleError when the recording is gone.
  virtual void check() const = 0;
  [[nodiscard]] virtual Shape shape() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual double epsilon() const = 0;
  /// The extent of the first axis of what J reduces to one number, and its size; 0: not known.
  [[nodiscard]] virtual std::pair<std::size_t, std::size_t> samples() const = 0;
  /// Whether x is stretched over other axes when it is used.
  [[nodiscard]] virtual bool is_bias() const = 0;
  /// Records of functions of one input between x and J, whose slope is more than a number.
  [[nodiscard]] virtual std::vector<std::uint32_t> slopes() const = 0;
  /// The right gradient. `terms` is the number of terms that its sums are taken to have.
  virtual Predicted right(double epsilon, std::size_t terms) = 0;
  /// The gradient before it is summed over the axes that x is stretched along.
  virtual std::optional<Predicted> unsummed(double epsilon, std::size_t terms) = 0;
  virtual std::vector<Hypothesis> hypotheses(double epsilon, std::size_t terms,
                                             const Notation& notation) = 0;
  /// The terms of J that depend on x; J itself where it is no sum, and where it is one of very
  /// many.
  [[nodiscard]] virtual std::vector<std::uint32_t> term_slots() const = 0;
  /// The same with their names and parts.
  virtual std::vector<Term> terms(double epsilon, std::size_t terms, const Notation& notation) = 0;
  /// What there is too much of to look at each, in a sentence; "" where it is little.
  [[nodiscard]] virtual std::string left_out() const = 0;
  /// What is at its kink between x and J, the first of it; "" where nothing is.
  [[nodiscard]] virtual std::string kink() const = 0;
  /// The gradient on one side of the kinks, that of the larger or of the smaller input.
  virtual Predicted beside_kinks(bool above, double epsilon, std::size_t terms) = 0;
  virtual void other_values(std::uint32_t leaf, std::vector<double> values, std::string label) = 0;
  [[nodiscard]] virtual std::uint32_t leaf(const void* tape, std::uint32_t slot) const = 0;
  /// ∂J/∂x of one element in extended precision, from the operations' values alone; none where x is
  /// no leaf.
  virtual std::optional<long double> wide_slope(std::size_t element) = 0;
  /// The first record between x and J whose rule disagrees with its value, with what is wrong;
  /// empty if there is none.
  virtual std::string wrong_rule() = 0;
};

template <class T>
std::shared_ptr<Recorded> recorded(const BasicVariable<T>& J, const BasicVariable<T>& x);

/// A gradient of an earlier step.
struct Earlier {
  Numbers gradient;
  std::string label;
};

/// What the search is given.
struct Evidence {
  const Numbers& autodiff;
  const Numbers& by_hand;
  const Predicted& right;
  double epsilon;
  std::size_t terms;
  std::size_t samples, elements;  // 0: not known
  const std::vector<Earlier>& earlier;
  const Notation& notation;
  Recorded* recorded;  // or nullptr
  bool on_paper;       // whether is counted from 1
};

/// The number of a row, an element or an axis, as it is counted.
inline std::string number_of(std::size_t i, const Evidence& e) {
  return std::to_string(i + (e.on_paper ? 1 : 0));
}
/// " (counted from 0)", as it is.
inline std::string counted(const Evidence& e) {
  return e.on_paper ? " (counted from 1)" : " (counted from 0)";
}

/// The simplest explanations, all that fit. (Those that are as simple as each other fit equally
/// well, since each has to fit every element to rounding.)
std::vector<Diagnosis> diagnose(const Evidence& evidence);
/// Explanations of shapes that differ.
std::vector<Diagnosis> diagnose_shape(const Evidence& evidence);

/// Whether the numbers are the predicted ones times a factor, each to rounding.
bool within_bars(const std::vector<double>& numbers, const Predicted& predicted, double factor = 1);
/// The same, and that it says something: one of the elements is known to three digits, or met to
/// the last. A predicted array that is all rounding fits anything small.
bool fits(const std::vector<double>& numbers, const Predicted& predicted, double factor = 1);
/// Whether the numbers by hand are the predicted ones times a factor, and one that is not the right
/// one says so: what is right already is no evidence for a mistake.
bool explains(const Evidence& evidence, const Predicted& predicted, double factor = 1);
/// The axes in the reverse order.
Predicted transposed(const Predicted& predicted);

}  // namespace detail
}  // namespace xtape
