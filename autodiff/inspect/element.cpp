#include <xtape/autodiff/engine.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape {

std::vector<std::size_t> indices_of(const Shape& shape, std::size_t element) {
  std::vector<std::size_t> indices(shape.rank());
  for (std::size_t axis = shape.rank(); axis-- > 0; element /= shape[axis])
    indices[axis] = element % shape[axis];
  return indices;
}

namespace detail {

std::string index_text(const std::vector<std::size_t>& indices, const char* between) {
  std::string text;
  for (const std::size_t i : indices) text += (text.empty() ? "[" : between) + std::to_string(i);
  return indices.empty() ? text : text + "]";
}

std::uint32_t element_of_input(const Shape& in, const Shape& out, std::size_t p) {
  if (in.size() == out.size()) return static_cast<std::uint32_t>(p);
  const auto strides = broadcast_strides(in, out);  // of a stretched axis 0
  std::ptrdiff_t q = 0;
  for (std::size_t axis = out.rank(); axis-- > 0; p /= out[axis])
    q += static_cast<std::ptrdiff_t>(p % out[axis]) * strides[axis];
  return static_cast<std::uint32_t>(q);
}

}  // namespace detail
}  // namespace xtape
