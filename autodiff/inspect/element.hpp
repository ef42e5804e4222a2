#pragma once
// Elements of arrays: their indices, and which of them belong together.

#include <cstdint>
#include <string>
#include <vector>

#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// The indices of an element, from its place row by row: {1, 0} for element 2 of a (3, 2) array.
std::vector<std::size_t> indices_of(const Shape& shape, std::size_t element);

namespace detail {

/// "[1, 0]"; "" for no indices.
std::string index_text(const std::vector<std::size_t>& indices, const char* between = ", ");
inline std::string index_text(const Shape& shape, std::size_t element) {
  return index_text(indices_of(shape, element));
}

/// The element of a stretched input that element p of the output was made from.
std::uint32_t element_of_input(const Shape& in, const Shape& out, std::size_t p);

}  // namespace detail
}  // namespace xtape
