#include <xtape/autodiff/shape.hpp>

#include <algorithm>
#include <xtape/autodiff/error.hpp>

namespace xtape {

void Shape::throw_rank() { throw ShapeError("Shape: an array has at most 8 axes"); }

void Shape::throw_size(std::size_t extent) const {
  throw ShapeError("Shape: " + to_string(*this) + " and an axis of extent " +
                   std::to_string(extent) + " are more elements than any memory has");
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.rank(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + ")";
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  Shape result;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t left = i + a.rank() < rank ? 1 : a[i + a.rank() - rank];
    const std::size_t right = i + b.rank() < rank ? 1 : b[i + b.rank() - rank];
    if (left != right && left != 1 && right != 1) return std::nullopt;
    result.push_back(left == 1 ? right : left);
  }
  return result;
}

}  // namespace xtape
