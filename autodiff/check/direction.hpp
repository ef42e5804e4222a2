#pragma once
// The elements of an input that are moved along a random direction. Not for users.

#include <cstdint>
#include <vector>

#include <xtape/autodiff/check/gradient_check_task.hpp>
#include <xtape/autodiff/random.hpp>

namespace xtape::detail {

/// A random direction in the space of an input's elements, and the derivative along a part of it.
/// What is skipped, is no number or was expected to be zero is not moved.
template <class T>
class Direction {
 public:
  Direction(CheckTask<T>& task, std::size_t input, const Settings& settings,
            GradientReport& report);

  /// Draws the direction of that number.
  void draw(std::size_t number);
  /// The derivative that is claimed along the elements of [first, last).
  [[nodiscard]] long double claimed(std::size_t first, std::size_t last) const;
  /// The same by values.
  NumericDerivative differentiate(std::size_t first, std::size_t last);
  /// An element that is moved no more.
  void set_apart(std::size_t element);

  [[nodiscard]] std::size_t size() const { return step_.size(); }
  /// How many elements are moved.
  [[nodiscard]] std::size_t moved() const { return moved_; }
  /// Elements that are to be checked alone.
  [[nodiscard]] const std::vector<std::size_t>& alone() const { return alone_; }
  /// By how much an element is moved, from once to twice.
  [[nodiscard]] long double unit() const { return unit_; }
  /// The size of a typical element of the gradient.
  [[nodiscard]] long double typical() const { return typical_; }
  /// The natural size of displacements along the direction.
  [[nodiscard]] long double natural() const { return numeric_.scale; }
  /// The noise of the function's values, once it is known; else 0.
  [[nodiscard]] long double noise() const { return numeric_.noise; }
  void set_noise(long double noise) { numeric_.noise = noise; }

 private:
  // Of a magnitude: few, so that the elements are moved exactly, and many, so that errors of two
  // elements hardly ever cancel.
  static constexpr long double sizes = std::numeric_limits<T>::digits > 24 ? 128 : 8;

  void find_those_alone();

  CheckTask<T>& task_;
  TaskInput<T>& input_;
  const Settings& settings_;
  GradientReport& report_;
  Random random_;
  std::vector<T> step_;
  std::vector<bool> out_;  // of the direction
  std::vector<std::size_t> alone_;
  std::size_t moved_ = 0;
  long double unit_ = 1, typical_ = 0;
  NumericOptions numeric_;
};

extern template class Direction<float>;
extern template class Direction<double>;
extern template class Direction<long double>;

}  // namespace xtape::detail
