#pragma once
// The structural operations: a value for any element type, and one formula per input that carries a
// cotangent back. BLAS and vector kernels stand in for float and double.

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/products.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/kernels/sums.hpp>
#include <xtape/autodiff/operations/axes.hpp>
#include <xtape/autodiff/operations/elementwise.hpp>
#include <xtape/autodiff/view.hpp>

namespace xtape {

using Strides = std::array<std::ptrdiff_t, Shape::max_rank>;

/// Row-major strides.
Strides contiguous_strides(const Shape& shape);

namespace detail {

/// Calls `visit(flat, offset)` for each element in row-major order, `offset` under the strides.
template <class Visit>
void each_element(const Shape& shape, const Strides& strides, Visit&& visit) {
  std::array<std::size_t, Shape::max_rank> at{};
  std::ptrdiff_t offset = 0;
  for (std::size_t flat = 0; flat < shape.size(); ++flat) {
    visit(flat, offset);
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      offset += strides[axis];
      if (++at[axis] < shape[axis]) break;
      offset -= strides[axis] * static_cast<std::ptrdiff_t>(shape[axis]);
      at[axis] = 0;
    }
  }
}

/// y = the elements of x under the strides.
template <class E>
void gather(View<E> y, View<const E> x, std::ptrdiff_t start, const Strides& strides) {
  if constexpr (KernelElement<E>) {
    kernels::copy_strided<E>(x.data + start, std::span(strides).first(y.shape().rank()),
                             std::span(y.shape().begin(), y.shape().end()), y.data);
  } else {
    each_element(y.shape(), strides,
                 [&](std::size_t i, std::ptrdiff_t at) { y.data[i] = x.data[start + at]; });
  }
}

/// The elements of y under the strides = x.
template <class E>
void scatter(View<E> y, View<const E> x, std::ptrdiff_t start, const Strides& strides) {
  if constexpr (KernelElement<E>) {
    kernels::scatter_strided<E>(x.data, std::span(x.shape().begin(), x.shape().end()),
                                y.data + start, std::span(strides).first(x.shape().rank()));
  } else {
    each_element(x.shape(), strides,
                 [&](std::size_t i, std::ptrdiff_t at) { y.data[start + at] = x.data[i]; });
  }
}

/// y = the sums of x over the axes of the mask.
template <class E>
void reduce(View<E> y, View<const E> x, std::uint32_t mask) {
  if constexpr (KernelElement<E>) {
    if (y.size() == 1) {
      y.data[0] = kernels::sum(x.data, x.size());
      return;
    }
    kernels::reduce_sum<E>(x.data, y.data, std::span(x.shape().begin(), x.shape().end()), mask);
  } else {
    const Strides kept = contiguous_strides(reduced_shape(x.shape(), mask, true));
    Strides strides{};
    for (std::size_t i = 0; i < x.shape().rank(); ++i)
      strides[i] = (mask >> i & 1) != 0 ? 0 : kept[i];
    for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = E(0);
    each_element(x.shape(), strides,
                 [&](std::size_t i, std::ptrdiff_t at) { y.data[at] = y.data[at] + x.data[i]; });
  }
}

/// y (m, n) = Σ a[i, p] · b[p, j] with the given strides: the product for any element type.
template <class E>
void product(View<E> y, const E* a, std::size_t a_row, std::size_t a_column, const E* b,
             std::size_t b_row, std::size_t b_column, std::size_t m, std::size_t k, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      E sum(0);
      for (std::size_t p = 0; p < k; ++p)
        sum = sum + a[i * a_row + p * a_column] * b[p * b_row + j * b_column];
      y.data[i * n + j] = sum;
    }
}

/// As a matrix: a vector on the left of a product is a row, on the right a column.
inline Shape left_matrix(const Shape& s) { return s.rank() == 1 ? Shape{1, s[0]} : s; }
inline Shape right_matrix(const Shape& s) { return s.rank() == 1 ? Shape{s[0], 1} : s; }
void require_matrices(const Shape& a, const Shape& b, bool vectors);
void require_inner(std::size_t left, std::size_t right);

}  // namespace detail

/// The matrix product A·B of (m, k) and (k, n); a vector on the left is a row, on the right a
/// column. Ā = Ȳ·Bᵀ, B̄ = Aᵀ·Ȳ.
struct MatMul {
  static constexpr auto name = "matmul";
  static constexpr auto infix = "·";
  static Shape output_shape(const Shape& a, const Shape& b);
  template <class E>
  static void value(View<E> y, View<const E> a, View<const E> b) {
    const Shape left = detail::left_matrix(a.shape()), right = detail::right_matrix(b.shape());
    const std::size_t m = left[0], k = left[1], n = right[1];
    if constexpr (KernelElement<E>) {
      kernels::matmul<E>(a.data, b.data, y.data, m, k, n);
    } else {
      detail::product(y, a.data, k, 1, b.data, n, 1, m, k, n);
    }
  }
  static auto vjp(wrt<0>, auto g, auto a, auto b) {
    return reshape(matmul_nt(as_product(g, shape_of(a), shape_of(b)), as_right(b)), shape_of(a));
  }
  static auto vjp(wrt<1>, auto g, auto a, auto b) {
    return reshape(matmul_tn(as_left(a), as_product(g, shape_of(a), shape_of(b))), shape_of(b));
  }

 private:
  static auto as_left(auto a) { return reshape(a, detail::left_matrix(shape_of(a))); }
  static auto as_right(auto b) { return reshape(b, detail::right_matrix(shape_of(b))); }
  static auto as_product(auto g, const Shape& a, const Shape& b) {
    return reshape(g, Shape{detail::left_matrix(a)[0], detail::right_matrix(b)[1]});
  }
};

/// A·Bᵀ of (m, k) and (n, k). Ā = Ȳ·B, B̄ = Ȳᵀ·A.
struct MatMulNT {
  static constexpr auto name = "matmul_nt";
  static constexpr auto infix = "·";
  static Shape output_shape(const Shape& a, const Shape& b);
  template <class E>
  static void value(View<E> y, View<const E> a, View<const E> b) {
    const std::size_t m = a.shape()[0], k = a.shape()[1], n = b.shape()[0];
    if constexpr (KernelElement<E>) {
      kernels::matmul_nt<E>(a.data, b.data, y.data, m, k, n);
    } else {
      detail::product(y, a.data, k, 1, b.data, 1, k, m, k, n);
    }
  }
  static auto vjp(wrt<0>, auto g, auto, auto b) { return matmul(g, b); }
  static auto vjp(wrt<1>, auto g, auto a, auto) { return matmul_tn(g, a); }
};

/// Aᵀ·B of (k, m) and (k, n). Ā = B·Ȳᵀ, B̄ = A·Ȳ.
struct MatMulTN {
  static constexpr auto name = "matmul_tn";
  static constexpr auto infix = "·";
  static Shape output_shape(const Shape& a, const Shape& b);
  template <class E>
  static void value(View<E> y, View<const E> a, View<const E> b) {
    const std::size_t k = a.shape()[0], m = a.shape()[1], n = b.shape()[1];
    if constexpr (KernelElement<E>) {
      kernels::matmul_tn<E>(a.data, b.data, y.data, m, k, n);
    } else {
      detail::product(y, a.data, 1, m, b.data, n, 1, m, k, n);
    }
  }
  static auto vjp(wrt<0>, auto g, auto, auto b) { return matmul_nt(b, g); }
  static auto vjp(wrt<1>, auto g, auto a, auto) { return matmul(a, g); }
};

/// X·W + b of (N, in), (in, out) and (out). X̄ = Ȳ·Wᵀ, W̄ = Xᵀ·Ȳ, b̄ = the sum of Ȳ's rows.
struct LinearMap {
  static constexpr auto name = "linear";
  static Shape output_shape(const Shape& x, const Shape& w, const Shape& b);
  template <class E>
  static void value(View<E> y, View<const E> x, View<const E> w, View<const E> b) {
    const std::size_t rows = x.shape()[0], in = x.shape()[1], out = w.shape()[1];
    if constexpr (KernelElement<E>) {
      kernels::linear<E>(x.data, w.data, b.data, y.data, rows, in, out);
    } else {
      detail::product(y, x.data, in, 1, w.data, out, 1, rows, in, out);
      for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = y.data[i] + b.data[i % out];
    }
  }
  static auto vjp(wrt<0>, auto g, auto, auto w, auto) { return matmul_nt(g, w); }
  static auto vjp(wrt<1>, auto g, auto x, auto, auto) { return matmul_tn(x, g); }
  static auto vjp(wrt<2>, auto g, auto, auto, auto b) { return sum_to(g, shape_of(b)); }
};

/// The sum over some axes. X̄ = Ȳ stretched over them.
struct Sum {
  Axes axes = Axes::every();
  std::uint32_t keep = 0;  // not a bool: without padding, see Axes
  static constexpr auto name = "sum";
  [[nodiscard]] Shape output_shape(const Shape& x) const {
    return reduced_shape(x, axes.mask(x.rank()), keep != 0);
  }
  template <class E>
  void value(View<E> y, View<const E> x) const {
    detail::reduce(y, x, axes.mask(x.shape().rank()));
  }
  auto vjp(wrt<0>, auto g, auto x) const {
    return broadcast_to(reshape(g, kept(shape_of(x))), shape_of(x));
  }

 private:
  // The shape from which the result stretches to x again; a single number does so as it is.
  [[nodiscard]] Shape kept(const Shape& x) const {
    return axes.all() && keep == 0 ? Shape() : reduced_shape(x, axes.mask(x.rank()), true);
  }
};

/// The mean over some axes: the sum divided by the number n of elements; NaN where n is 0.
/// X̄ = Ȳ/n stretched over them.
struct Mean {
  Axes axes = Axes::every();
  std::uint32_t keep = 0;  // not a bool: without padding, see Axes
  static constexpr auto name = "mean";
  [[nodiscard]] Shape output_shape(const Shape& x) const {
    return reduced_shape(x, axes.mask(x.rank()), keep != 0);
  }
  template <class E>
  void value(View<E> y, View<const E> x) const {
    detail::reduce(y, x, axes.mask(x.shape().rank()));
    const auto n = static_cast<E>(count(x.shape()));
    for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = y.data[i] / n;
  }
  auto vjp(wrt<0>, auto g, auto x) const {
    return broadcast_to(reshape(g / count(shape_of(x)), kept(shape_of(x))), shape_of(x));
  }

 private:
  [[nodiscard]] double count(const Shape& x) const {
    if (axes.all()) return static_cast<double>(x.size());
    double n = 1;
    for (std::size_t i = 0, mask = axes.mask(x.rank()); i < x.rank(); ++i)
      if ((mask >> i & 1) != 0) n *= static_cast<double>(x[i]);
    return n;
  }
  // The shape from which the result stretches to x again; a single number does so as it is.
  [[nodiscard]] Shape kept(const Shape& x) const {
    return axes.all() && keep == 0 ? Shape() : reduced_shape(x, axes.mask(x.rank()), true);
  }
};

static_assert(std::has_unique_object_representations_v<Sum> &&
              std::has_unique_object_representations_v<Mean>);

/// x stretched to a shape by NumPy's broadcasting. X̄ = the sums of Ȳ over the stretched axes.
struct BroadcastTo {
  Shape shape;
  static constexpr auto name = "broadcast_to";
  [[nodiscard]] Shape output_shape(const Shape& x) const;
  template <class E>
  void value(View<E> y, View<const E> x) const {
    if constexpr (KernelElement<E>)
      if (x.size() == 1) return kernels::fill(y.data, y.size(), x.data[0]);
    detail::gather(y, x, 0, stretched(x.shape()));
  }
  static auto vjp(wrt<0>, auto g, auto x) { return sum_to(g, shape_of(x)); }

 private:
  [[nodiscard]] Strides stretched(const Shape& x) const;
};

/// x summed over the axes along which `shape` would have to be stretched to x: the opposite of
/// broadcast_to. X̄ = Ȳ stretched.
struct SumTo {
  Shape shape;
  static constexpr auto name = "sum_to";
  [[nodiscard]] Shape output_shape(const Shape& x) const;
  template <class E>
  void value(View<E> y, View<const E> x) const {
    detail::reduce(y, x, mask(x.shape()));
  }
  static auto vjp(wrt<0>, auto g, auto x) { return broadcast_to(g, shape_of(x)); }

 private:
  [[nodiscard]] std::uint32_t mask(const Shape& x) const;
};

/// The same elements, row by row, in another shape.
struct Reshape {
  Shape shape;
  static constexpr auto name = "reshape";
  [[nodiscard]] Shape output_shape(const Shape& x) const;
  template <class E>
  static void value(View<E> y, View<const E> x) {
    for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = x.data[i];
  }
  static auto vjp(wrt<0>, auto g, auto x) { return reshape(g, shape_of(x)); }
};

/// Axes in another order: axis i of the result is axis order[i] of x.
struct Transpose {
  std::array<std::uint8_t, Shape::max_rank> order{};
  static constexpr auto name = "transpose";
  [[nodiscard]] Shape output_shape(const Shape& x) const;
  template <class E>
  void value(View<E> y, View<const E> x) const {
    const Strides from = contiguous_strides(x.shape());
    Strides strides{};
    for (std::size_t i = 0; i < x.shape().rank(); ++i) strides[i] = from[order[i]];
    detail::gather(y, x, 0, strides);
  }
  auto vjp(wrt<0>, auto g, auto x) const { return transpose(g, inverse(shape_of(x).rank())); }

 private:
  [[nodiscard]] Transpose inverse(std::size_t rank) const;
};

/// A part of x: a range of each axis, already resolved. X̄ = zeros with Ȳ in that part.
struct Slice {
  Shape shape;  // of the part
  std::array<std::ptrdiff_t, Shape::max_rank> first{};
  std::array<std::ptrdiff_t, Shape::max_rank> step{};
  static constexpr auto name = "slice";
  [[nodiscard]] Shape output_shape(const Shape& x) const;
  template <class E>
  void value(View<E> y, View<const E> x) const {
    detail::gather(y, x, start(x.shape()), strides(x.shape()));
  }
  auto vjp(wrt<0>, auto g, auto x) const { return embed(g, *this, shape_of(x)); }

  /// Where the part begins in an array of that shape, and its strides there.
  [[nodiscard]] std::ptrdiff_t start(const Shape& whole) const;
  [[nodiscard]] Strides strides(const Shape& whole) const;
};

/// Zeros of a shape with x put into a part of it: the opposite of slice. X̄ = that part of Ȳ.
struct Embed {
  Slice part;
  Shape shape;
  static constexpr auto name = "embed";
  [[nodiscard]] Shape output_shape(const Shape& x) const;
  template <class E>
  void value(View<E> y, View<const E> x) const {
    for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = E(0);
    detail::scatter(y, x, part.start(shape), part.strides(shape));
  }
  auto vjp(wrt<0>, auto g, auto) const { return slice(g, part); }
};

/// Any number of arrays one after the other along an axis. The cotangent of each is its slice of Ȳ.
struct Concatenate {
  int axis = 0;
  static constexpr auto name = "concatenate";
  [[nodiscard]] Shape output_shape(std::span<const Shape* const> x) const;
  template <class E>
  void value(View<E> y, std::span<const View<const E>> x) const {
    std::ptrdiff_t at = 0;
    for (const auto& part : x) {
      const Slice slot = part_at(at, part.shape());
      detail::scatter(y, part, slot.start(y.shape()), slot.strides(y.shape()));
      at += static_cast<std::ptrdiff_t>(part.shape()[index(part.shape())]);
    }
  }
  template <class R>
  [[nodiscard]] R vjp(std::size_t k, const R& g, std::span<const R> x) const {
    std::ptrdiff_t at = 0;
    for (std::size_t i = 0; i < k; ++i)
      at += static_cast<std::ptrdiff_t>(shape_of(x[i])[index(shape_of(x[i]))]);
    return slice(g, part_at(at, shape_of(x[k])));
  }

 private:
  [[nodiscard]] std::size_t index(const Shape& x) const;
  [[nodiscard]] Slice part_at(std::ptrdiff_t at, const Shape& part) const;
};

}  // namespace xtape
