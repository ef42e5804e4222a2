#pragma once
// Arrays as the engine hands them to operations.

#include <concepts>
#include <cstddef>

#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// Elements in row-major order with a shape; owns nothing. Trivial, so that arrays of views on the
/// hot path are not filled with zeros first.
template <class E>
struct View {
  E* data;
  const Shape* extents;
  bool padded;  // whole vectors may be read past the end; false for a user's own memory

  [[nodiscard]] const Shape& shape() const { return *extents; }
  [[nodiscard]] std::size_t size() const { return extents->size(); }
  E& operator[](std::size_t i) const { return data[i]; }
};

/// The element types that have kernels of their own.
template <class E>
concept KernelElement = std::same_as<E, float> || std::same_as<E, double>;

}  // namespace xtape
