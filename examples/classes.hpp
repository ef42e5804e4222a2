#pragma once
// What iris and digits share: more classes than two.

#include <algorithm>
#include <string>
#include <utility>

#include <xtape/nn.hpp>
#include <xtape/nn/files.hpp>

namespace classes {

using xtape::Array;
using xtape::Variable;

/// A file of numbers whose last column is the class, 0, 1, …, as inputs (N, features) and targets
/// (N, classes): a 1 in the column of the sample's class, 0 elsewhere.
inline xtape::nn::DataSet read(const std::string& path, std::size_t features, std::size_t classes) {
  const Array<double> table = xtape::nn::read_csv_table(path);
  const std::size_t n = table.shape()[0], k = table.shape()[1] - 1;
  if (k != features)
    throw xtape::nn::FileError(path + ": " + std::to_string(k + 1) + " columns, where " +
                               std::to_string(features) + " numbers and a class are expected");
  auto inputs = Array<double>::from_shape({n, k});
  Array<double> targets = xt::zeros<double>({n, classes});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < k; ++j) inputs(i, j) = table(i, j);
    std::size_t c = 0;
    while (c < classes && static_cast<double>(c) != table(i, k)) ++c;
    if (c == classes)
      throw xtape::nn::FileError(path + ": sample " + std::to_string(i + 1) + ": class " +
                                 std::to_string(table(i, k)) + " is none of 0 to " +
                                 std::to_string(classes - 1));
    targets(i, c) = 1;
  }
  return {std::move(inputs), std::move(targets)};
}

/// The largest number of each row, (N, 1).
inline Array<double> row_maxima(const xtape::ArrayView<double>& z) {
  auto m = Array<double>::from_shape({z.shape()[0], 1});
  for (std::size_t i = 0; i < z.shape()[0]; ++i) {
    m(i, 0) = z(i, 0);
    for (std::size_t j = 1; j < z.shape()[1]; ++j) m(i, 0) = std::max(m(i, 0), z(i, j));
  }
  return m;
}

/// 1/N Σᵢ (log Σ_j exp z_{i,j} − Σ_j t_{i,j} z_{i,j}): the cross-entropy of softmax(z) and the
/// targets, whose rows sum to 1. Without a shift exp overflows at 710. With s = z − m, m the
/// largest of the row, the value is the same for any m, so m may be a constant: nothing has to flow
/// through it. Composed of operations that are there, it needs no rule of its own: ∂J/∂z =
/// (softmax(z) − t)/N.
inline Variable cross_entropy(const Variable& z, const Variable& t) {
  if (z.shape() != t.shape())
    throw xtape::ShapeError("cross_entropy: z " + to_string(z.shape()) + " and t " +
                            to_string(t.shape()) + " have to have one shape");
  const Variable s = z - z.tape()->constant(row_maxima(z.value()));
  return mean(log(sum(exp(s), 1)) - sum(t * s, 1));
}

}  // namespace classes
