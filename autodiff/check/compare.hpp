#pragma once
// A gradient beside the one derived by hand: where they differ, and what the mistake may be.

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/diagnosis.hpp>
#include <xtape/autodiff/check/verdict.hpp>

namespace xtape {

namespace detail {
/// Any expression as plain numbers.
template <XtensorExpression E>
Numbers numbers_of(const E& expression) {
  using Element = std::remove_cvref_t<decltype(*expression.begin())>;
  Numbers numbers;
  numbers.shape = Shape(expression.shape());
  numbers.values.resize(numbers.shape.size());
  copy_elements(expression, numbers.values.data());
  if constexpr (std::is_floating_point_v<Element>)
    numbers.digits = std::min(numbers.digits, std::numeric_limits<Element>::digits);
  return numbers;
}
/// A number is an array of shape ().
template <class E>
requires std::is_arithmetic_v<E> Numbers numbers_of(E number) {
  return numbers_of(Array<E>(number));
}
}  // namespace detail

/// What can be put beside each other: any xtensor expression, or a number.
template <class E>
concept ComparedNumbers = XtensorExpression<E> || std::is_arithmetic_v<E>;

/// What is known about a gradient beside its numbers: the more, the more mistakes can be told.
///
/// With nothing, factors like 2 and -1, transposed and permuted arrays are found. With the number
/// of samples, factors of N too. With the recording (J and what it was differentiated for) the
/// sweep is done again with one factor of the chain rule left out or replaced: a missing σ′, σ′ of
/// y, the textbook's rounding. With gradients or parameters of an earlier step, what is stale or
/// accumulated.
class CompareContext {
 public:
  CompareContext() = default;
  /// What ∂J/∂x was computed from; the recording has to live as long as this is used.
  /// @throws HandleError when they are of no or of another recording.
  template <class T>
  CompareContext(const BasicVariable<T>& J, const BasicVariable<T>& x)
      : recorded_(detail::recorded(J, x)) {}
  template <class T>
  CompareContext(const BasicVariable<T>& J, const BasicParameter<T>& x)
      : recorded_(detail::recorded(J, leaf(J, x))) {}

  /// N. Without it, a recording's is the first extent of what its loss reduces to one number.
  CompareContext& samples(std::size_t n) {
    samples_ = n;
    return *this;
  }
  /// The gradient of an earlier step, the latest one last.
  template <ComparedNumbers E>
  CompareContext& earlier(const E& gradient, std::string label = {});
  /// The values of a leaf before the update (or after it): what a stale array was computed from.
  /// @throws Error without a recording, ShapeError for another shape.
  template <class T, ComparedNumbers E>
  CompareContext& other(const BasicVariable<T>& x, const E& values,
                        const std::string& label = "from before the update") {
    other_values(x.tape(), x.index(), detail::numbers_of(values), label);
    return *this;
  }
  template <class T, ComparedNumbers E>
  CompareContext& other(const BasicTape<T>& tape, const BasicParameter<T>& x, const E& values,
                        const std::string& label = "from before the update") {
    other_values(&tape, tape.find_leaf(x.storage().get()), detail::numbers_of(values), label);
    return *this;
  }
  /// The names of the sheet, for what is said.
  CompareContext& notation(Notation names) {
    notation_ = std::move(names);
    return *this;
  }

  /// Elements, rows and axes are counted from 1 in what is said, and axes of one element are left
  /// out, as on paper.
  CompareContext& as_on_paper(bool yes = true) {
    on_paper_ = yes;
    return *this;
  }

  [[nodiscard]] std::size_t given_samples() const { return samples_; }
  [[nodiscard]] bool on_paper() const { return on_paper_; }
  [[nodiscard]] const std::vector<detail::Earlier>& earlier_gradients() const { return earlier_; }
  [[nodiscard]] const Notation& names() const { return notation_; }
  [[nodiscard]] detail::Recorded* recording() const { return recorded_.get(); }

 private:
  template <class T>
  static BasicVariable<T> leaf(const BasicVariable<T>& J, const BasicParameter<T>& x) {
    BasicTape<T>& tape = BasicTape<T>::of(J, "compare");
    const std::uint32_t slot = tape.find_leaf(x.storage().get());
    if (slot == no_index) throw_not_there(x.name());
    return tape.handle(slot);
  }
  [[noreturn]] static void throw_not_there(const std::string& name);
  void other_values(const void* tape, std::uint32_t slot, const detail::Numbers& values,
                    const std::string& label);

  std::shared_ptr<detail::Recorded> recorded_;
  std::size_t samples_ = 0;
  std::vector<detail::Earlier> earlier_;
  Notation notation_;
  bool on_paper_ = false;
};

template <ComparedNumbers E>
CompareContext& CompareContext::earlier(const E& gradient, std::string label) {
  if (label.empty()) label = "of an earlier step";
  earlier_.push_back({detail::numbers_of(gradient), std::move(label)});
  return *this;
}

/// One number, computed in both ways.
struct ComparedElement {
  std::vector<std::size_t> index;
  double autodiff = 0, by_hand = 0;
  double ulps = 0;      // how many numbers of the type lie between them, one end counted
  double relative = 0;  // the difference over the larger magnitude
  double bar = 0;       // how far rounding alone may move them apart
  Verdict verdict = Verdict::pass;
};

/// How a comparison is printed.
struct CompareTextOptions {
  std::size_t rows = 12;    // of the table, at most
  bool worst_first = true;  // else in order, those that differ marked
};

/// The result of a comparison.
struct Comparison {
  std::string name;
  Shape autodiff_shape, by_hand_shape;
  std::vector<ComparedElement> elements;  // in order; none where the shapes do not fit
  std::vector<Diagnosis> diagnoses;       // all that fit equally well; none where nothing is wrong
  std::string finding;                    // what the numbers have in common where nothing fits
  std::string doubt;                      // why it is autodiff's numbers that are wrong, if so
  std::string tells_apart;                // what would tell the diagnoses apart, if several
  std::vector<std::uint32_t> slopes;      // of the records between x and J
  std::vector<std::uint32_t> terms;       // slots of the terms of J that depend on x
  bool on_paper = false;                  // whether the text counts from 1

  /// Of all elements. Arrays of other shapes fail; nothing but zeros, or no elements, is
  /// inconclusive.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool passed() const { return verdict() == Verdict::pass; }
  /// Verdict, table and diagnosis.
  [[nodiscard]] std::string text(const CompareTextOptions& options = {}) const;
};

namespace detail {
Comparison compare_numbers(std::string_view name, const Numbers& autodiff, const Numbers& by_hand,
                           const CompareContext& context);
}

/// Puts a gradient beside the one derived by hand.
///
///     compare("dJ/dW", grad[W], dW, {J, W})
///
/// Numbers agree when their difference is explained by rounding; how that is measured is in
/// docs/design.md. `inconclusive` are elements whose rounding is as large as they are, arrays of
/// nothing but zeros, and derivations whose own formula lost too many digits.
/// @throws Error when the context is that of another gradient.
template <ComparedNumbers A, ComparedNumbers B>
Comparison compare(std::string_view name, const A& autodiff, const B& by_hand,
                   const CompareContext& context = {}) {
  return detail::compare_numbers(name, detail::numbers_of(autodiff), detail::numbers_of(by_hand),
                                 context);
}

}  // namespace xtape
