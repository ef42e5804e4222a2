#pragma once
// A recording evaluated again: with other leaves, in extended precision, along a direction.

#include <cstdint>
#include <span>
#include <vector>

#include <xtape/autodiff/readings/dual.hpp>
#include <xtape/autodiff/readings/real.hpp>
#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

/// Evaluates a recording again with changed leaves, by the kernels that recorded it: leaves that
/// are not changed give the recorded bits. The recording itself stays as it is.
template <class T>
class BasicReplay {
 public:
  /// @throws StaleParameterError when a parameter was updated after it was recorded.
  explicit BasicReplay(BasicTape<T>& tape);

  /// Gives a leaf other values, of its own shape.
  /// @throws HandleError for a variable that is no leaf of this recording.
  /// @throws ShapeError for another shape.
  template <XtensorExpression E>
  void set(const BasicVariable<T>& leaf, const E& values) {
    copy_elements(values, place(leaf, Shape(values.shape())));
    changed(leaf);
  }
  void set(const BasicVariable<T>& leaf, T number) {
    *place(leaf, Shape()) = number;
    changed(leaf);
  }
  template <XtensorExpression E>
  void set(const BasicParameter<T>& parameter, const E& values) {
    set(tape_.parameter(parameter), values);
  }
  /// Evaluates everything recorded before the replay was made.
  /// @throws HandleError when that recording is gone.
  void run();
  /// The values of this replay; those of the recording before run().
  [[nodiscard]] ArrayView<T> operator[](const BasicVariable<T>& variable) const;

 private:
  T* place(const BasicVariable<T>& leaf, const Shape& shape);
  void changed(const BasicVariable<T>& leaf);

  BasicTape<T>& tape_;
  typename BasicTape<T>::Mark made_;  // of what is replayed
  Arena arena_;
  std::vector<View<const T>> views_;  // by slot
};

namespace detail {

/// The values of one record, and their derivatives along a direction, read with `Wide` from other
/// inputs than the recorded ones: arrays in the shapes of its inputs and outputs.
template <class T>
void read_wide(const BasicTape<T>& tape, const Record<T>& record, std::span<const Wide* const> in,
               std::span<Wide* const> out);

}  // namespace detail

/// Evaluates a recording in extended precision, with the derivative along one direction of its
/// leaves: made from the values of the operations, never from their rules, so that it can check
/// them.
template <class T>
class WideReplay {
 public:
  /// @throws StaleParameterError when a parameter was updated after it was recorded.
  explicit WideReplay(BasicTape<T>& tape);

  /// Gives a leaf other values, of its own shape, in extended precision. What the program decided
  /// by numbers when it was recorded stays decided.
  /// @throws HandleError, ShapeError as set_tangent.
  template <XtensorExpression E>
  void set(const BasicVariable<T>& leaf, const E& numbers) {
    const Array<long double> values = numbers;
    set_values_of(leaf, Shape(values.shape()), values.data());
  }
  /// The direction's part in a leaf; zeros where none is given.
  /// @throws HandleError for a variable that is no leaf of this recording, ShapeError for another
  /// shape.
  template <XtensorExpression E>
  void set_tangent(const BasicVariable<T>& leaf, const E& direction) {
    const Array<long double> values = direction;
    set_tangent_of(leaf, Shape(values.shape()), values.data());
  }
  /// Evaluates everything recorded before the replay was made.
  /// @throws HandleError when that recording is gone.
  void run();
  /// The values in extended precision.
  [[nodiscard]] Array<long double> value(const BasicVariable<T>& variable) const;
  /// The derivative along the direction.
  [[nodiscard]] Array<long double> tangent(const BasicVariable<T>& variable) const;
  /// Both, of a slot of the recording.
  [[nodiscard]] std::span<const Wide> at(std::uint32_t slot) const { return values_.at(slot); }

 private:
  void set_values_of(const BasicVariable<T>& leaf, const Shape& shape, const long double* values);
  void set_tangent_of(const BasicVariable<T>& leaf, const Shape& shape, const long double* values);
  void run_record(const Record<T>& record);

  BasicTape<T>& tape_;
  typename BasicTape<T>::Mark made_;       // of what is replayed
  std::vector<std::vector<Wide>> values_;  // by slot
  std::vector<const Wide*> in_;
  std::vector<Wide*> out_;
};

using Replay = BasicReplay<double>;
using ReplayF = BasicReplay<float>;

namespace detail {
extern template void read_wide(const BasicTape<double>&, const Record<double>&,
                               std::span<const Wide* const>, std::span<Wide* const>);
extern template void read_wide(const BasicTape<float>&, const Record<float>&,
                               std::span<const Wide* const>, std::span<Wide* const>);
}  // namespace detail

}  // namespace xtape
