#include <xtape/autodiff/operations/structural.hpp>

#include <algorithm>

#include <xtape/autodiff/engine.hpp>

namespace xtape {

Strides contiguous_strides(const Shape& shape) {
  Strides strides{};
  std::ptrdiff_t stride = 1;
  for (std::size_t i = shape.rank(); i-- > 0;) {
    strides[i] = stride;
    stride *= static_cast<std::ptrdiff_t>(shape[i]);
  }
  return strides;
}

namespace detail {

void require_matrices(const Shape& a, const Shape& b, bool vectors) {
  const std::size_t least = vectors ? 1 : 2;
  if (a.rank() < least || b.rank() < least || a.rank() > 2 || b.rank() > 2)
    throw ShapeError(vectors ? "both have to be matrices or vectors (1 or 2 axes)"
                             : "both have to be matrices (2 axes)");
}

void require_inner(std::size_t left, std::size_t right) {
  if (left != right)
    throw ShapeError("inner dimensions " + std::to_string(left) + " and " + std::to_string(right) +
                     " differ");
}

}  // namespace detail

Shape MatMul::output_shape(const Shape& a, const Shape& b) {
  detail::require_matrices(a, b, true);
  detail::require_inner(a[a.rank() - 1], b[0]);
  Shape shape;
  if (a.rank() == 2) shape.push_back(a[0]);
  if (b.rank() == 2) shape.push_back(b[1]);
  return shape;
}

Shape MatMulNT::output_shape(const Shape& a, const Shape& b) {
  detail::require_matrices(a, b, false);
  detail::require_inner(a[1], b[1]);
  return {a[0], b[0]};
}

Shape MatMulTN::output_shape(const Shape& a, const Shape& b) {
  detail::require_matrices(a, b, false);
  detail::require_inner(a[0], b[0]);
  return {a[1], b[1]};
}

Shape LinearMap::output_shape(const Shape& x, const Shape& w, const Shape& b) {
  if (x.rank() != 2 || w.rank() != 2 || b.rank() != 1)
    throw ShapeError("x and w have to be matrices (2 axes) and b a vector (1 axis)");
  detail::require_inner(x[1], w[0]);
  if (w[1] != b[0])
    throw ShapeError("w has " + std::to_string(w[1]) + " columns and b " + std::to_string(b[0]) +
                     " elements");
  return {x[0], w[1]};
}

Shape BroadcastTo::output_shape(const Shape& x) const {
  if (!stretches(x, shape)) throw ShapeError("does not stretch to " + to_string(shape));
  return shape;
}

Strides BroadcastTo::stretched(const Shape& x) const { return broadcast_strides(x, shape); }

Shape SumTo::output_shape(const Shape& x) const {
  if (!stretches(shape, x))
    throw ShapeError(to_string(shape) + " does not stretch to " + to_string(x));
  return shape;
}

std::uint32_t SumTo::mask(const Shape& x) const {
  const Strides strides = broadcast_strides(shape, x);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (strides[i] == 0) bits |= std::uint32_t{1} << i;
  return bits;
}

Shape Reshape::output_shape(const Shape& x) const {
  if (x.size() != shape.size())
    throw ShapeError("has " + std::to_string(x.size()) + " elements and " + to_string(shape) +
                     " has " + std::to_string(shape.size()));
  return shape;
}

Shape Transpose::output_shape(const Shape& x) const {
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < x.rank(); ++i) seen |= std::uint32_t{1} << order[i];
  if (seen != (std::uint32_t{1} << x.rank()) - 1)
    throw ShapeError("the order has to name each axis once");
  Shape shape;
  for (std::size_t i = 0; i < x.rank(); ++i) shape.push_back(x[order[i]]);
  return shape;
}

Transpose Transpose::inverse(std::size_t rank) const {
  Transpose result;
  for (std::size_t i = 0; i < rank; ++i) result.order[order[i]] = static_cast<std::uint8_t>(i);
  return result;
}

Shape Slice::output_shape(const Shape& x) const {
  if (x.rank() != shape.rank())
    throw ShapeError("a part of " + std::to_string(shape.rank()) + " axes does not lie in " +
                     to_string(x));
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (shape[i] == 0) continue;
    const auto extent = static_cast<std::ptrdiff_t>(x[i]);
    const std::ptrdiff_t last = first[i] + static_cast<std::ptrdiff_t>(shape[i] - 1) * step[i];
    if (std::min(first[i], last) < 0 || std::max(first[i], last) >= extent)
      throw ShapeError("elements " + std::to_string(first[i]) + " to " + std::to_string(last) +
                       " of axis " + std::to_string(i) + " do not lie in " + to_string(x));
  }
  return shape;
}

Shape Embed::output_shape(const Shape& x) const {
  if (x != part.shape) throw ShapeError("does not fill a part of shape " + to_string(part.shape));
  static_cast<void>(part.output_shape(shape));  // throws where it does not lie in it
  return shape;
}

std::ptrdiff_t Slice::start(const Shape& whole) const {
  const Strides from = contiguous_strides(whole);
  std::ptrdiff_t start = 0;
  for (std::size_t i = 0; i < whole.rank(); ++i) start += first[i] * from[i];
  return start;
}

Strides Slice::strides(const Shape& whole) const {
  Strides result = contiguous_strides(whole);
  for (std::size_t i = 0; i < whole.rank(); ++i) result[i] *= step[i];
  return result;
}

std::size_t Concatenate::index(const Shape& x) const {
  const int rank = static_cast<int>(x.rank());
  const int at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank)
    throw ShapeError("axis " + std::to_string(axis) + " is out of range for " +
                     std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
  return static_cast<std::size_t>(at);
}

Slice Concatenate::part_at(std::ptrdiff_t at, const Shape& part) const {
  Slice slice{.shape = part};
  slice.step.fill(1);
  slice.first[index(part)] = at;
  return slice;
}

Shape Concatenate::output_shape(std::span<const Shape* const> x) const {
  if (x.empty()) throw ShapeError("nothing to concatenate");
  const Shape& head = *x.front();
  const std::size_t along = index(head);
  std::size_t extent = 0;
  for (const Shape* const part : x) {
    if (part->rank() != head.rank() || part->with(along, head[along]) != head)
      throw ShapeError("all extents but that of axis " + std::to_string(along) + " have to agree");
    extent += (*part)[along];
  }
  return head.with(along, extent);
}

}  // namespace xtape
