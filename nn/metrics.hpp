#pragma once
// How well a model does, as a number to be read.

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/xtensor.hpp>

namespace xtape::nn {

/// The fraction of elements whose class, y >= 0.5, is that of the target, t >= 0.5; NaN is never
/// right. For any two xtensor expressions of one shape: `accuracy(y.value(), batch.targets)`.
/// @throws ShapeError unless the shapes are equal, with at least one element.
template <XtensorExpression Y, XtensorExpression Target>
double accuracy(const Y& y, const Target& t) {
  const Shape left(y.shape()), right(t.shape());
  if (left != right)
    throw ShapeError("accuracy: y " + to_string(left) + " and t " + to_string(right) +
                     ": shapes have to be equal");
  if (left.size() == 0) throw ShapeError("accuracy: y " + to_string(left) + ": no elements");
  auto target = t.template begin<xt::layout_type::row_major>();
  std::size_t right_ones = 0;
  for (auto at = y.template begin<xt::layout_type::row_major>(),
            end = y.template end<xt::layout_type::row_major>();
       at != end; ++at, ++target)
    right_ones += (*at >= 0.5) == (*target >= 0.5) && *at == *at ? 1 : 0;
  return static_cast<double>(right_ones) / static_cast<double>(left.size());
}

}  // namespace xtape::nn
