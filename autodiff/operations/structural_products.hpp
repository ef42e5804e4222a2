#pragma once
// The operations that are products of matrices; see structural.hpp.

#include <cstddef>
#include <vector>

#include <xtape/autodiff/kernels/products.hpp>
#include <xtape/autodiff/operations/elementwise.hpp>
#include <xtape/autodiff/view.hpp>

namespace xtape {

namespace detail {

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
  // ∂y_{i,j}/∂a_{i,k} = b_{k,j}, ∂y_{i,j}/∂b_{k,j} = a_{i,k}
  static auto entry(wrt<0>, auto& at) {
    const auto k = at.each(at.in(1)[0]);
    return at.entry(row(at, k), at.element(1, column(at, k)));
  }
  static auto entry(wrt<1>, auto& at) {
    const auto k = at.each(at.in(1)[0]);
    return at.entry(column(at, k), at.element(0, row(at, k)));
  }

 private:
  // The element of a, and that of b, which meet in an element of the product.
  template <class Index>
  static std::vector<Index> row(auto& at, const Index& k) {
    if (at.in(0).rank() == 1) return {k};
    return {at[0], k};
  }
  template <class Index>
  static std::vector<Index> column(auto& at, const Index& k) {
    if (at.in(1).rank() == 1) return {k};
    return {k, at[at.in(0).rank() - 1]};
  }
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
  static auto entry(wrt<0>, auto& at) {
    const auto k = at.each(at.in(0)[1]);
    return at.entry({at[0], k}, at.element(1, {at[1], k}));
  }
  static auto entry(wrt<1>, auto& at) {
    const auto k = at.each(at.in(0)[1]);
    return at.entry({at[1], k}, at.element(0, {at[0], k}));
  }
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
  static auto entry(wrt<0>, auto& at) {
    const auto k = at.each(at.in(0)[0]);
    return at.entry({k, at[0]}, at.element(1, {k, at[1]}));
  }
  static auto entry(wrt<1>, auto& at) {
    const auto k = at.each(at.in(0)[0]);
    return at.entry({k, at[1]}, at.element(0, {k, at[0]}));
  }
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
  // ∂y_{i,j}/∂x_{i,k} = w_{k,j}, ∂y_{i,j}/∂w_{k,j} = x_{i,k}, ∂y_{i,j}/∂b_j = 1
  static auto entry(wrt<0>, auto& at) {
    const auto k = at.each(at.in(0)[1]);
    return at.entry({at[0], k}, at.element(1, {k, at[1]}));
  }
  static auto entry(wrt<1>, auto& at) {
    const auto k = at.each(at.in(0)[1]);
    return at.entry({k, at[1]}, at.element(0, {at[0], k}));
  }
  static auto entry(wrt<2>, auto& at) { return at.entry({at[1]}); }
};

}  // namespace xtape
