#include <charconv>
#include <string>
#include <utility>
#include <xtape/autodiff/readings/entry.hpp>

namespace xtape {
namespace {

// Names that no user's symbol has: what they stand for is looked up by the number behind.
constexpr char element_mark = '\x01', count_mark = '\x02';

Symbol marked(char mark, std::size_t n) { return Symbol(mark + std::to_string(n)); }

std::optional<std::size_t> number_behind(const Symbol& symbol, char mark) {
  if (symbol.kind() != Symbol::Kind::name || symbol.name().empty() || symbol.name()[0] != mark)
    return {};
  std::size_t n = 0;
  std::from_chars(symbol.name().data() + 1, symbol.name().data() + symbol.name().size(), n);
  return n;
}

}  // namespace

void EntryWriter::begin(std::span<const Shape* const> in, const Shape& out,
                        std::span<const std::size_t> slots, AxisIndices at) {
  in_.assign(in.begin(), in.end());
  out_ = &out;
  slots_.assign(slots.begin(), slots.end());
  at_ = std::move(at);
}

AxisIndex EntryWriter::each(std::size_t extent) {
  if (extent == 1) return AxisIndex::number(0);
  letters_.push_back({extent, {}});
  return {letters_.size() - 1, 1, 0};
}

AxisIndices EntryWriter::each_of(const Shape& shape) {
  AxisIndices at;
  for (const std::size_t extent : shape) at.push_back(each(extent));
  return at;
}

AxisIndex EntryWriter::affine(AxisIndex i, std::ptrdiff_t first, std::ptrdiff_t step) {
  return {i.letter, step * i.scale, first + step * i.offset};
}

std::optional<AxisIndex> EntryWriter::inverse(AxisIndex i, std::ptrdiff_t first,
                                              std::ptrdiff_t step, std::size_t extent) {
  i = resolved(i);
  const std::ptrdiff_t offset = i.offset - first;
  if (i.fixed() || (offset % step == 0 && i.scale % step == 0)) {
    if (i.fixed() && (offset % step != 0 || offset / step < 0 ||
                      offset / step >= static_cast<std::ptrdiff_t>(extent)))
      return {};
    // As many values as before, where it is certain that none falls outside.
    if (i.fixed() || (offset == 0 && i.scale == step && letters_[i.letter].extent <= extent))
      return AxisIndex{i.letter, i.scale / step, offset / step};
  }
  if (i.scale != 1 || i.offset != 0) return {};
  const AxisIndex inside = each(extent);
  letters_[i.letter].bound = affine(inside, first, step);
  return inside;
}

AxisIndices EntryWriter::stretched(std::size_t k) const {
  AxisIndices result;
  const std::size_t missing = out_->rank() - in_[k]->rank();
  for (std::size_t axis = 0; axis < in_[k]->rank(); ++axis)
    result.push_back((*in_[k])[axis] == 1 ? AxisIndex::number(0) : at_[axis + missing]);
  return result;
}

Symbol EntryWriter::element(std::size_t k, AxisIndices at) {
  return element_of(slots_[k], std::move(at));
}

Symbol EntryWriter::element_of(std::size_t slot, AxisIndices at) {
  elements_.push_back({slot, std::move(at)});
  return marked(element_mark, elements_.size() - 1);
}

Symbol EntryWriter::count(std::size_t n) { return n == 1 ? Symbol(1) : marked(count_mark, n); }

AxisIndex EntryWriter::resolved(AxisIndex i) const {
  while (!i.fixed() && letters_[i.letter].bound) {
    const AxisIndex& bound = *letters_[i.letter].bound;
    i = {bound.letter, i.scale * bound.scale, i.offset + i.scale * bound.offset};
  }
  return i;
}

bool EntryWriter::bind(const AxisIndex& index, std::size_t number) {
  const AxisIndex i = resolved(index);
  const std::ptrdiff_t rest = static_cast<std::ptrdiff_t>(number) - i.offset;
  if (i.fixed()) return rest == 0;
  const std::ptrdiff_t value = rest / i.scale;
  if (rest % i.scale != 0 || value < 0 ||
      value >= static_cast<std::ptrdiff_t>(letters_[i.letter].extent))
    return false;
  letters_[i.letter].bound = AxisIndex::number(static_cast<std::size_t>(value));
  return true;
}

const EntryWriter::Element* EntryWriter::as_element(const Symbol& symbol) const {
  const auto n = number_behind(symbol, element_mark);
  return n ? &elements_[*n] : nullptr;
}

std::optional<std::size_t> EntryWriter::as_count(const Symbol& symbol) const {
  return number_behind(symbol, count_mark);
}

}  // namespace xtape
