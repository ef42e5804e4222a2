#pragma once
// The two sides of the adjoint test of one record: what its rule says and what its value says.

#include <cstdint>
#include <string>
#include <vector>

#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/check/adjoint_elementary.hpp>
#include <xtape/autodiff/replay.hpp>

namespace xtape::detail {

using Wides = std::vector<long double>;
using Arrays = std::vector<std::vector<Wide>>;

/// Reads a record from the elements of its inputs into those of its outputs.
template <class T>
void read_wide(const BasicTape<T>& tape, const Record<T>& record, const Arrays& in, Arrays& out);

/// Jᵀū by the rule of a record for one of its inputs: by the direct sweep's calls, un-broadcasting
/// too, or by those of the recorded sweep.
template <class T>
class RuleSide {
 public:
  RuleSide(BasicTape<T>& tape, std::uint32_t record, std::size_t k, bool recorded);
  /// @throws ShapeError from a rule that gives an array of another shape than its input's.
  const Wides& contribution(const std::vector<Wides>& u);

 private:
  void plan();
  void record(const std::vector<Wides>& u);

  BasicTape<T>& tape_;
  std::uint32_t index_;
  std::size_t k_;
  bool recorded_, planned_ = false;
  Arena memory_;
  Plan<T> plan_;
  std::vector<View<T>> g_;
  View<T> to_{nullptr, nullptr};
  Wides result_;
};

/// J v by the value of a record for one of its inputs.
template <class T>
class ValueSide {
 public:
  ValueSide(const BasicTape<T>& tape, std::uint32_t record, std::size_t k,
            const Elementary* elementary);

  [[nodiscard]] TangentSource source() const { return source_; }
  [[nodiscard]] bool elementwise() const { return elementwise_; }
  [[nodiscard]] std::size_t in_size() const { return in_shape_->size(); }
  [[nodiscard]] const Shape& in_shape() const { return *in_shape_; }
  [[nodiscard]] std::size_t outputs() const { return out_.size(); }
  [[nodiscard]] std::size_t out_size(std::size_t o) const { return out_[o].size(); }
  [[nodiscard]] const Shape& out_shape(std::size_t o) const;
  /// Whether an element of the output has a finite derivative that the element type can hold; known
  /// one by one for elementwise operations alone.
  [[nodiscard]] bool finite(std::size_t o, std::size_t p) const { return finite_[o][p]; }
  /// The partial of an elementwise operation for an element of its output.
  [[nodiscard]] long double partial(std::size_t p) const { return partial_[p]; }

  const std::vector<Wides>& tangent(const Wides& v);

  /// A power of two near each element of the input, or near the others' size where it is 0.
  [[nodiscard]] Wides scales() const;
  /// The element of the input that an element of an elementwise output is made from.
  [[nodiscard]] std::uint32_t from(std::size_t p) const { return from_[p]; }
  /// The slopes of the value along w at both sides, (f(x + hw) - f(x))/h for h and -h, and the size
  /// of their rounding.
  struct Slopes {
    std::vector<Wides> right, left, noise;
  };
  Slopes slopes(const Wides& w, long double h);
  /// Central differences along w, extrapolated, with an estimate of their error.
  struct Extrapolated {
    std::vector<Wides> derivative, bar;
  };
  Extrapolated extrapolated(const Wides& w);
  /// How far the rounding of an elementwise rule's own formula may move each partial: y(1 - y) has
  /// no digits left where y rounds to 1. Zeros where the formula cannot be read.
  [[nodiscard]] Wides rule_rounding() const;

 private:
  void read(Arrays& out);
  std::vector<Wides> values_at(const Wides& v, long double h);
  void find_partials();
  void find_partials(const Elementary& elementary);
  void find_partials_with_kinks();

  const BasicTape<T>& tape_;
  const Record<T> record_;  // a copy: recording moves the records
  std::size_t k_;
  const Shape* in_shape_;
  bool elementwise_;
  TangentSource source_ = TangentSource::dual;
  Arrays in_, out_;
  std::vector<std::uint32_t> from_;  // the element of the input, by that of the output
  Wides partial_;                    // of an elementwise operation, by element of the output
  std::vector<std::vector<bool>> finite_;
  std::vector<Wides> tangent_;
};

extern template class RuleSide<double>;
extern template class RuleSide<float>;
extern template class ValueSide<double>;
extern template class ValueSide<float>;

}  // namespace xtape::detail
