#pragma once
// Arrays with one column, as targets and the weights of a neuron are.

#include <algorithm>
#include <initializer_list>
#include <type_traits>

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/xtensor.hpp>

namespace xtape::nn {

/// The numbers one below the other, (N, 1): `column({0, 1, 1})`, or `column<float>({0, 1, 1})`.
/// (xtensor takes {{0}, {1}, {1}} for more things than one.)
template <class T = double>
Array<T> column(std::initializer_list<std::type_identity_t<T>> numbers) {
  auto result = Array<T>::from_shape({numbers.size(), 1});
  std::copy(numbers.begin(), numbers.end(), result.begin());
  return result;
}

/// An expression of one axis, (N), as (N, 1).
/// @throws ShapeError where it has more axes or none.
template <XtensorExpression E>
Array<typename E::value_type> column(const E& numbers) {
  const Shape shape(numbers.shape());
  if (shape.rank() != 1)
    throw ShapeError("column: an array of shape " + to_string(shape) + ": one axis is expected");
  auto result = Array<typename E::value_type>::from_shape({shape[0], 1});
  std::copy(numbers.begin(), numbers.end(), result.begin());
  return result;
}

}  // namespace xtape::nn
