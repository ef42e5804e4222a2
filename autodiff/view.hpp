#pragma once
// Arrays as the engine hands them to operations.

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// Elements in row-major order with a shape; owns nothing. Two words, so that it travels in
/// registers: a larger one is written by words and read by vectors at once, which stalls.
template <class E>
struct View {
  View() = default;
  View(E* elements, const Shape* shape, bool is_padded = true)
      : data(elements), tagged(reinterpret_cast<std::uintptr_t>(shape) | (is_padded ? 0 : 1)) {}

  [[nodiscard]] const Shape* extents() const {
    return reinterpret_cast<const Shape*>(tagged & ~std::uintptr_t{1});
  }
  /// Whether whole vectors may be read past the end; not so in a user's own memory.
  [[nodiscard]] bool padded() const { return (tagged & 1) == 0; }
  [[nodiscard]] const Shape& shape() const { return *extents(); }
  [[nodiscard]] std::size_t size() const { return extents()->size(); }
  E& operator[](std::size_t i) const { return data[i]; }

  E* data;
  std::uintptr_t tagged;  // the address of the shape; its last bit says "not padded"
};

/// The element types that have kernels of their own.
template <class E>
concept KernelElement = std::same_as<E, float> || std::same_as<E, double>;

}  // namespace xtape
