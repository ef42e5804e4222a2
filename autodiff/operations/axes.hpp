#pragma once
// Which axes an operation works on, and which part of each.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// Some axes of an array; a negative one counts from the end. {} is no axis.
class Axes {
 public:
  Axes() = default;
  Axes(int axis) : Axes({axis}) {}
  template <std::same_as<bool> B>
  Axes(B) = delete;  // sum(x, true): keep is the third argument
  Axes(std::initializer_list<int> axes) {
    if (axes.size() > Shape::max_rank) throw ShapeError("an array has at most 8 axes");
    for (const int axis : axes) axes_[count_++] = axis;
  }
  /// Every axis, whatever the rank.
  static Axes every() {
    Axes axes;
    axes.all_ = 1;
    return axes;
  }
  /// Whether all axes are meant.
  [[nodiscard]] bool all() const { return all_ != 0; }
  /// A bit for each axis of an array of that rank.
  /// @throws ShapeError for an axis out of range or named twice.
  [[nodiscard]] std::uint32_t mask(std::size_t rank) const {
    return all() ? (std::uint32_t{1} << rank) - 1 : named(rank);
  }

 private:
  [[nodiscard]] std::uint32_t named(std::size_t rank) const {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const int n = static_cast<int>(rank);
      const int axis = axes_[i] < 0 ? axes_[i] + n : axes_[i];
      if (axis < 0 || axis >= n)
        throw ShapeError("axis " + std::to_string(axes_[i]) + " is out of range for " +
                         std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
      const std::uint32_t bit = std::uint32_t{1} << axis;
      if ((bits & bit) != 0)
        throw ShapeError("axis " + std::to_string(axes_[i]) + " is named twice");
      bits |= bit;
    }
    return bits;
  }

  std::array<int, Shape::max_rank> axes_{};
  // Without padding, so that equal axes are equal bytes: a tape recognises a record by them.
  std::uint16_t count_ = 0;
  std::uint16_t all_ = 0;
};

/// The elements first, first + step, … before `last` along one axis. Negative ends count from the
/// end of the axis; the default is the whole axis, {.step = -1} the whole axis reversed.
struct Range {
  static constexpr std::ptrdiff_t open = std::numeric_limits<std::ptrdiff_t>::max();
  std::ptrdiff_t first = open;
  std::ptrdiff_t last = open;
  std::ptrdiff_t step = 1;
};

/// The shape after a reduction; with `keep`, reduced axes stay with extent 1.
inline Shape reduced_shape(const Shape& shape, std::uint32_t mask, bool keep) {
  Shape result;
  if (!keep && mask + 1 == std::uint32_t{1} << shape.rank()) return result;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const bool gone = (mask >> i & 1) != 0;
    if (!gone || keep) result.push_back(gone ? 1 : shape[i]);
  }
  return result;
}

}  // namespace xtape
