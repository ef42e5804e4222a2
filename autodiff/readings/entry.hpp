#pragma once
// What an operation on arrays says of its derivative in symbols: the entry ∂y[p]/∂x[q], with index
// letters. An operation without such a statement is shown by a plain ∂y/∂x.
//
//     // ∂y_{i,j}/∂x_{i,k} = w_{k,j}
//     static auto entry(wrt<0>, auto& at) {
//       const auto k = at.each(at.in(0)[1]);
//       return at.entry({at[0], k}, at.element(1, {k, at[1]}));
//     }

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <xtape/autodiff/readings/symbol.hpp>
#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// An index along one axis, from 0: scale·letter + offset; a plain number where there is no letter.
struct AxisIndex {
  static constexpr std::size_t no_letter = static_cast<std::size_t>(-1);
  std::size_t letter = no_letter;
  std::ptrdiff_t scale = 0, offset = 0;

  [[nodiscard]] bool fixed() const { return letter == no_letter; }
  static AxisIndex number(std::size_t n) { return {no_letter, 0, static_cast<std::ptrdiff_t>(n)}; }
};
using AxisIndices = std::vector<AxisIndex>;

/// An element of the input that an element of the output depends on, and how.
struct SymbolicEntry {
  AxisIndices in;  // q
  Symbol factor;   // ∂y[p]/∂x[q]
};

/// What an operation's `entry` is given: the indices of the output's element, letters to sum over,
/// and the elements of the inputs as symbols. One writer goes along a whole path of records, so
/// that letters keep their meaning from one to the next.
class EntryWriter {
 public:
  // ---- For `entry`
  [[nodiscard]] const Shape& in(std::size_t k = 0) const { return *in_[k]; }
  [[nodiscard]] const Shape& out() const { return *out_; }
  /// The index of the output's element along an axis.
  [[nodiscard]] const AxisIndex& operator[](std::size_t axis) const { return at_[axis]; }
  /// A letter of its own that is summed over; of one element, its index.
  AxisIndex each(std::size_t extent);
  /// Letters for all axes of a shape.
  AxisIndices each_of(const Shape& shape);
  /// first + step·i.
  [[nodiscard]] static AxisIndex affine(AxisIndex i, std::ptrdiff_t first, std::ptrdiff_t step);
  /// The index that `i` = first + step·(it) comes from, with so many values; nothing where no whole
  /// number does, or where that is not known.
  std::optional<AxisIndex> inverse(AxisIndex i, std::ptrdiff_t first, std::ptrdiff_t step,
                                   std::size_t extent);
  /// The index of the input's element where the input is stretched to the output.
  [[nodiscard]] AxisIndices stretched(std::size_t k) const;
  /// An element of input k.
  Symbol element(std::size_t k, AxisIndices at);
  /// A number of elements, by a letter: N.
  Symbol count(std::size_t n);
  static std::optional<SymbolicEntry> entry(AxisIndices in, Symbol factor = 1) {
    return SymbolicEntry{std::move(in), std::move(factor)};
  }

  /// The entry of an input that lies in a part of the output: `part` says its shape, and the first
  /// index and the step along each axis.
  template <class Part>
  std::optional<SymbolicEntry> entry_inside(const Part& part) {
    AxisIndices in;
    for (std::size_t i = 0; i < part.shape.rank(); ++i) {
      const auto index = inverse(at_[i], part.first[i], part.step[i], part.shape[i]);
      if (!index) return {};
      in.push_back(*index);
    }
    return entry(std::move(in));
  }

  // ---- For who goes along the path
  /// An element that a symbol stands for: of the array `slot`.
  struct Element {
    std::size_t slot;
    AxisIndices at;
  };
  struct Letter {
    std::size_t extent;
    std::optional<AxisIndex> bound;  // what it turned out to be
  };
  /// Goes on to a record: its shapes, the arrays of its inputs, and its output's element.
  void begin(std::span<const Shape* const> in, const Shape& out, std::span<const std::size_t> slots,
             AxisIndices at);
  /// An element of any array.
  Symbol element_of(std::size_t slot, AxisIndices at);
  /// The same index without letters that were bound.
  [[nodiscard]] AxisIndex resolved(AxisIndex i) const;
  /// Makes an index that number; false where it cannot be.
  bool bind(const AxisIndex& i, std::size_t number);
  /// What a symbol stands for, if it is an element or a count.
  [[nodiscard]] const Element* as_element(const Symbol& symbol) const;
  [[nodiscard]] std::optional<std::size_t> as_count(const Symbol& symbol) const;
  [[nodiscard]] const std::vector<Letter>& letters() const { return letters_; }

 private:
  std::vector<const Shape*> in_;
  const Shape* out_ = nullptr;
  std::vector<std::size_t> slots_;
  AxisIndices at_;
  std::vector<Letter> letters_;
  std::vector<Element> elements_;
};

}  // namespace xtape
