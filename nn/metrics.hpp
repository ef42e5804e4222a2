#pragma once
// How well a model does, as a number to be read.

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/xtensor.hpp>

namespace xtape::nn {

namespace detail {
// The shape of both.
template <class Y, class Target>
Shape shape_of_both(const char* name, const Y& y, const Target& t) {
  const Shape left(y.shape()), right(t.shape());
  if (left != right)
    throw ShapeError(std::string(name) + ": y " + to_string(left) + " and t " + to_string(right) +
                     ": shapes have to be equal");
  if (left.size() == 0)
    throw ShapeError(std::string(name) + ": y " + to_string(left) + ": no elements");
  return left;
}
}  // namespace detail

/// The fraction of elements whose class, y >= 0.5, is that of the target, t >= 0.5; NaN is never
/// right. For any two xtensor expressions of one shape: `accuracy(y.value(), batch.targets)`. Where
/// each row is one sample of several classes, `categorical_accuracy` counts samples.
/// @throws ShapeError unless the shapes are equal, with at least one element.
/// @throws Error for a target that is not between 0 and 1, such as the number of a class.
template <XtensorExpression Y, XtensorExpression Target>
double accuracy(const Y& y, const Target& t) {
  const std::size_t count = detail::shape_of_both("accuracy", y, t).size();
  auto target = t.template begin<xt::layout_type::row_major>();
  std::size_t right = 0;
  for (auto at = y.template begin<xt::layout_type::row_major>(),
            end = y.template end<xt::layout_type::row_major>();
       at != end; ++at, ++target) {
    if (!(*target >= 0 && *target <= 1))
      throw Error("accuracy: t " + to_string(Shape(t.shape())) +
                  " has numbers other than 0 to 1; of more than two classes each needs a column, " +
                  "and categorical_accuracy");
    right += (*at >= 0.5) == (*target >= 0.5) && *at == *at ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(count);
}

/// The fraction of rows of y (N, classes), scores or probabilities, whose largest number is in the
/// column where the row of t, (N, classes) as well, has its largest: its 1 where t is one-hot. A
/// row with a NaN, or with its largest number twice, is never right.
/// @throws ShapeError unless the shapes are equal, (N, classes), with at least one element.
template <XtensorExpression Y, XtensorExpression Target>
double categorical_accuracy(const Y& y, const Target& t) {
  const Shape shape = detail::shape_of_both("categorical_accuracy", y, t);
  if (shape.rank() != 2)
    throw ShapeError("categorical_accuracy: y " + to_string(shape) +
                     ": a row for each sample and a column for each class are expected");
  // The column of the largest number of a row; none where it is not one.
  const auto largest = [&](const auto& of, std::size_t row) {
    std::size_t column = 0;
    for (std::size_t j = 1; j < shape[1]; ++j)
      if (of(row, j) > of(row, column)) column = j;
    for (std::size_t j = 0; j < shape[1]; ++j)
      if (j != column && !(of(row, j) < of(row, column))) return shape[1];
    return column;
  };
  std::size_t right = 0;
  for (std::size_t i = 0; i < shape[0]; ++i) {
    const std::size_t column = largest(y, i);
    right += column < shape[1] && column == largest(t, i) ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(shape[0]);
}

}  // namespace xtape::nn
