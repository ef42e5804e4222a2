#pragma once
// The structural operations: a value for any element type, and one formula per input that carries a
// cotangent back. BLAS and vector kernels stand in for float and double.

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/kernels/sums.hpp>
#include <xtape/autodiff/operations/axes.hpp>
#include <xtape/autodiff/operations/elementwise.hpp>
#include <xtape/autodiff/operations/structural_products.hpp>
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

/// The indices of an element that a reduction adds up to the output's element.
auto unreduced(auto& at, std::uint32_t mask, bool keep) {
  auto in = at.each_of(Shape());
  std::size_t axis = 0;
  for (std::size_t i = 0; i < at.in().rank(); ++i) {
    const bool reduced = (mask >> i & 1) != 0;
    in.push_back(reduced ? at.each(at.in()[i]) : at[axis]);
    if (!reduced || keep) ++axis;
  }
  return in;
}

}  // namespace detail

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
  auto entry(wrt<0>, auto& at) const {
    return at.entry(detail::unreduced(at, axes.mask(at.in().rank()), keep != 0));
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
  auto entry(wrt<0>, auto& at) const {
    const auto n = at.count(static_cast<std::size_t>(count(at.in())));
    return at.entry(detail::unreduced(at, axes.mask(at.in().rank()), keep != 0), 1 / n);
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
  static auto entry(wrt<0>, auto& at) { return at.entry(at.stretched(0)); }

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
  static auto entry(wrt<0>, auto& at) {
    auto in = at.each_of(Shape());
    const std::size_t missing = at.in().rank() - at.out().rank();
    for (std::size_t i = 0; i < at.in().rank(); ++i)
      in.push_back(i < missing || at.out()[i - missing] == 1 ? at.each(at.in()[i])
                                                             : at[i - missing]);
    return at.entry(in);
  }

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
  // Known where only axes of one element come or go.
  static auto entry(wrt<0>, auto& at) {
    auto in = at.each_of(Shape());
    std::size_t axis = 0;
    const auto skip = [&] {
      while (axis < at.out().rank() && at.out()[axis] == 1) ++axis;
    };
    for (const std::size_t extent : at.in()) {
      if (extent != 1) skip();
      if (extent != 1 && (axis == at.out().rank() || at.out()[axis] != extent))
        return decltype(at.entry(in))();
      in.push_back(extent == 1 ? at.each(1) : at[axis++]);
    }
    return at.entry(in);
  }
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
  auto entry(wrt<0>, auto& at) const {
    auto in = at.each_of(Shape());
    for (std::size_t i = 0, rank = at.in().rank(); i < rank; ++i)
      in.push_back(at[inverse(rank).order[i]]);
    return at.entry(in);
  }

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
  auto entry(wrt<0>, auto& at) const {
    auto in = at.each_of(Shape());
    for (std::size_t i = 0; i < at.out().rank(); ++i)
      in.push_back(at.affine(at[i], first[i], step[i]));
    return at.entry(in);
  }

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
  auto entry(wrt<0>, auto& at) const { return at.entry_inside(part); }
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
  auto entry(std::size_t k, auto& at) const {
    std::ptrdiff_t first = 0;
    for (std::size_t i = 0; i < k; ++i)
      first += static_cast<std::ptrdiff_t>(at.in(i)[index(at.in(i))]);
    return at.entry_inside(part_at(first, at.in(k)));
  }

 private:
  [[nodiscard]] std::size_t index(const Shape& x) const;
  [[nodiscard]] Slice part_at(std::ptrdiff_t at, const Shape& part) const;
};

}  // namespace xtape
