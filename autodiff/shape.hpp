#pragma once
// Shapes of arrays: a small value without a heap allocation.

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>

namespace xtape {

/// What can be gone through and gives extents. (Less than std::ranges::input_range asks for: its
/// header is as long as all of ours.)
template <class Range>
concept RangeOfExtents = requires(const Range& range) {
  { *std::begin(range) } -> std::convertible_to<std::size_t>;
  std::end(range);
};

/// The extents of an array's axes, outermost first (row-major); rank 0 is a single number.
class Shape {
 public:
  static constexpr std::size_t max_rank = 8;
  static constexpr std::size_t max_size = std::size_t{1} << (sizeof(std::size_t) > 4 ? 48 : 28);

  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<std::size_t> extents) { assign(extents); }
  /// @throws ShapeError when the range has more than max_rank extents, or their product is above
  /// max_size.
  template <RangeOfExtents Range>
  explicit constexpr Shape(const Range& extents) {
    assign(extents);
  }

  [[nodiscard]] constexpr std::size_t rank() const { return rank_; }
  /// The number of elements: the product of the extents, 1 for rank 0.
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr std::size_t operator[](std::size_t axis) const { return extents_[axis]; }
  [[nodiscard]] constexpr const std::size_t* begin() const { return extents_.data(); }
  [[nodiscard]] constexpr const std::size_t* end() const { return extents_.data() + rank_; }

  /// Appends an innermost axis.
  constexpr void push_back(std::size_t extent) {
    if (rank_ == max_rank) throw_rank();
    if (extent != 0 && size_ > max_size / extent) throw_size(extent);
    extents_[rank_++] = extent;
    size_ *= extent;
  }
  /// This shape with one axis changed.
  [[nodiscard]] constexpr Shape with(std::size_t axis, std::size_t extent) const {
    Shape result;
    for (std::size_t i = 0; i < rank_; ++i) result.push_back(i == axis ? extent : extents_[i]);
    return result;
  }

  friend constexpr bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_ || a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.rank_; ++i)
      if (a.extents_[i] != b.extents_[i]) return false;
    return true;
  }

 private:
  template <class Range>
  constexpr void assign(const Range& extents) {
    for (const auto extent : extents) push_back(static_cast<std::size_t>(extent));
  }
  [[noreturn]] static void throw_rank();
  [[noreturn]] void throw_size(std::size_t extent) const;

  std::array<std::size_t, max_rank> extents_{};
  std::size_t rank_ = 0;
  std::size_t size_ = 1;
};

/// "(5, 2)", "(3)", "()".
std::string to_string(const Shape& shape);

/// The common shape under NumPy's broadcasting, or nothing where the two do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

/// Whether `from` broadcasts to `to`: what is stretched has extent 1 or is missing.
constexpr bool stretches(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  const std::size_t missing = to.rank() - from.rank();
  for (std::size_t i = 0; i < from.rank(); ++i)
    if (from[i] != 1 && from[i] != to[i + missing]) return false;
  return true;
}

}  // namespace xtape
