// How a formula is put into words.

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <xtape/autodiff/inspect/formula.hpp>
#include <xtape/autodiff/inspect/symbol_factors.hpp>

namespace xtape::detail {

// "1/N Σᵢ (yᵢ − tᵢ) · σ′(aᵢ)": plain numbers and counts, then the sum, then all that may depend on
// its letters.
template <class T>
Phrase FormulaWriter<T>::product(Way& way, const std::vector<std::size_t>& letters) {
  double number = 1;
  Phrase front;
  std::optional<Symbol> rest_text, rest_latex;
  const auto put = [](std::string& to, const std::string& more, const char* between) {
    to += (to.empty() ? "" : between) + more;
  };
  for (const auto& factors : way.factors)
    for (const Symbol& factor : factors) {
      const auto count = inverse_count(factor, way.entries);
      if (factor.kind() == Symbol::Kind::number) {
        number *= factor.number();
      } else if (count) {
        put(front.text, "1/" + count_name(*count), " · ");
        front.latex += "\\frac{1}{" + count_name(*count) + "}";
      } else {
        const Symbol text = named(way, factor, false), latex = named(way, factor, true);
        rest_text = rest_text ? *rest_text * text : text;
        rest_latex = rest_latex ? *rest_latex * latex : latex;
      }
    }
  const bool nothing = front.text.empty() && !rest_text && letters.empty();
  if (number == -1 && !nothing) {
    front = {"−" + front.text, "-" + front.latex};
  } else if (number != 1 || nothing) {
    const Symbol value(number);
    front = {to_unicode(value) + (front.text.empty() ? "" : " · ") + front.text,
             to_latex(value) + (front.latex.empty() ? "" : " \\cdot ") + front.latex};
  }
  if (!letters.empty()) {
    std::vector<std::string> names;
    std::string sums;
    for (const std::size_t letter : letters) {
      names.push_back(letter_name(letters, letter));
      const std::size_t extent = way.entries.letters()[letter].extent;
      const auto count =
          std::ranges::find(counts_, extent, &std::pair<std::size_t, std::string>::first);
      sums += "\\sum_{" + names.back() + "=1}^{" +
              (count == counts_.end() ? std::to_string(extent) : count->second) + "} ";
    }
    put(front.text, sum_sign(names), " ");
    put(front.latex, sums, " ");
    if (!rest_text) rest_text = rest_latex = Symbol(1);
  }
  if (rest_text) {
    const bool follows = letters.empty() && !front.text.empty() && front.text != "−";
    const bool factor = !front.text.empty();
    front.text += (follows ? " · " : letters.empty() ? "" : " ") + to_unicode(*rest_text, factor);
    front.latex += (follows ? " \\cdot " : " ") + to_latex(*rest_latex, factor);
  }
  return front;
}

template <class T>
Symbol FormulaWriter<T>::named(Way& way, const Symbol& symbol, bool latex) {
  if (const auto* const element = way.entries.as_element(symbol)) {
    use(element->slot);
    return Symbol(element_name(way, element->slot, element->at, latex));
  }
  if (const auto n = way.entries.as_count(symbol)) return Symbol(count_name(*n));
  if (symbol.kind() != Symbol::Kind::call) return symbol;
  std::vector<Symbol> inputs;
  for (const Symbol& input : symbol.inputs()) inputs.push_back(named(way, input, latex));
  return Symbol::call(symbol.name(), std::move(inputs));
}

// Axes of one element are not written.
template <class T>
std::string FormulaWriter<T>::element_name(const Way& way, std::size_t slot, const AxisIndices& at,
                                           bool latex) const {
  const Shape& shape = walk_.slots()[slot].shape;
  std::vector<std::string> indices;
  for (std::size_t axis = 0; axis < at.size(); ++axis)
    if (shape[axis] != 1) indices.push_back(index_text(way, at[axis]));
  return latex ? with_latex_indices(names_[slot].latex, indices)
               : with_indices(names_[slot].text, indices);
}

// From 1, as on paper.
template <class T>
std::string FormulaWriter<T>::index_text(const Way& way, const AxisIndex& index) const {
  const AxisIndex i = way.entries.resolved(index);
  if (i.fixed()) return std::to_string(i.offset + 1);
  const std::ptrdiff_t more = i.offset + 1 - i.scale;
  const std::string scale = i.scale == 1 ? "" : i.scale == -1 ? "-" : std::to_string(i.scale);
  return scale + letter_name(shown_, i.letter) +
         (more == 0 ? "" : (more > 0 ? "+" : "-") + std::to_string(std::abs(more)));
}

template <class T>
std::string FormulaWriter<T>::letter_name(const std::vector<std::size_t>& letters,
                                          std::size_t letter) {
  constexpr std::string_view names = "ijklmnprs";
  const auto n = static_cast<std::size_t>(std::ranges::find(letters, letter) - letters.begin());
  return n < names.size() ? std::string(1, names[n]) : "i" + std::to_string(n);
}

template <class T>
std::string FormulaWriter<T>::count_name(std::size_t n) {
  constexpr std::string_view names = "NMKL";
  const auto known = std::ranges::find(counts_, n, &std::pair<std::size_t, std::string>::first);
  if (known != counts_.end()) return known->second;
  const std::size_t next = counts_.size();
  counts_.emplace_back(n, next < names.size() ? std::string(1, names[next]) : std::to_string(n));
  return counts_.back().second;
}

template <class T>
void FormulaWriter<T>::use(std::size_t slot) {
  if (std::ranges::find(used_, slot) == used_.end()) used_.push_back(slot);
}

template <class T>
Phrase FormulaWriter<T>::element(std::uint32_t slot, std::uint32_t element) const {
  const Way way;
  const auto at = unraveled(walk_.slots()[slot].shape, element);
  return {element_name(way, slot, at, false), element_name(way, slot, at, true)};
}

template <class T>
std::vector<Phrase> FormulaWriter<T>::legend() const {
  std::vector<Phrase> lines;
  for (const auto& [n, name] : counts_)
    if (name != std::to_string(n))
      lines.push_back({name + " = " + std::to_string(n), name + " = " + std::to_string(n)});
  for (const auto& [letter, extent] : ranges_) {
    const auto count =
        std::ranges::find(counts_, extent, &std::pair<std::size_t, std::string>::first);
    const std::string last = count == counts_.end() ? std::to_string(extent) : count->second;
    lines.push_back({letter + " = 1 … " + last, letter + " = 1, \\dots, " + last});
  }
  for (const std::string& name : function_order_) {
    const auto& [call, definition] = functions_.at(name);
    lines.push_back({to_unicode(call) + " = " + to_unicode(definition),
                     to_latex(call) + " = " + to_latex(definition)});
  }
  for (const std::size_t slot : used_) {
    const std::uint32_t record = walk_.slots()[slot].record;
    if (record == no_index) continue;
    Phrase line{names_[slot].text + " = " + std::string(walk_[record].operation) + "(",
                names_[slot].latex + " = \\mathrm{" + plain_latex(walk_[record].operation) + "}("};
    bool first = true;
    for (const BasicSlotView<T>& input : walk_[record].inputs) {
      line.text += (first ? "" : ", ") + names_[input.index].text;
      line.latex += (first ? "" : ", ") + names_[input.index].latex;
      first = false;
    }
    lines.push_back({line.text + ")", line.latex + ")"});
  }
  return lines;
}

#define XTAPE_INSTANTIATE(T)                                                                       \
  template Phrase FormulaWriter<T>::product(Way&, const std::vector<std::size_t>&);                \
  template Symbol FormulaWriter<T>::named(Way&, const Symbol&, bool);                              \
  template std::string FormulaWriter<T>::element_name(const Way&, std::size_t, const AxisIndices&, \
                                                      bool) const;                                 \
  template std::string FormulaWriter<T>::index_text(const Way&, const AxisIndex&) const;           \
  template std::string FormulaWriter<T>::letter_name(const std::vector<std::size_t>&,              \
                                                     std::size_t);                                 \
  template std::string FormulaWriter<T>::count_name(std::size_t);                                  \
  template void FormulaWriter<T>::use(std::size_t);                                                \
  template Phrase FormulaWriter<T>::element(std::uint32_t, std::uint32_t) const;                   \
  template std::vector<Phrase> FormulaWriter<T>::legend() const;
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(float)
#undef XTAPE_INSTANTIATE

}  // namespace xtape::detail
