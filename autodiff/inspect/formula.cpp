#include <algorithm>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/formula.hpp>
#include <xtape/autodiff/inspect/symbol_factors.hpp>

namespace xtape::detail {

AxisIndices unraveled(const Shape& shape, std::size_t element) {
  AxisIndices at;
  for (const std::size_t index : indices_of(shape, element)) at.push_back(AxisIndex::number(index));
  return at;
}

template <class T>
FormulaWriter<T>::FormulaWriter(const BasicTape<T>& tape, const BasicWalk<T>& walk,
                                const Notation& notation, std::uint32_t J)
    : tape_(tape), walk_(walk), names_(walk.slots().size()), has_symbol_(walk.slots().size()) {
  name_arrays(notation, J);
}

// The symbol given for the name, for "scope.operation" or for the label; else the name itself.
template <class T>
void FormulaWriter<T>::name_arrays(const Notation& notation, std::uint32_t J) {
  std::map<std::string, int> made;
  const auto way_made = [&](const BasicSlotView<T>& slot) {
    return walk_[slot.record].prefix().append(walk_[slot.record].operation);
  };
  for (const auto& slot : walk_.slots())
    if (slot.record != no_index && slot.name.empty()) ++made[way_made(slot)];
  for (const auto& slot : walk_.slots()) {
    auto symbol = notation.find(slot.name.empty() ? slot.label : slot.name);
    if (symbol == notation.end()) symbol = notation.find(slot.label);
    if (symbol == notation.end() && slot.record != no_index && slot.name.empty())
      if (const std::string way = way_made(slot); made[way] == 1) symbol = notation.find(way);
    has_symbol_[slot.index] = symbol != notation.end() || !slot.name.empty();
    if (symbol != notation.end()) {
      names_[slot.index] = symbol->second;
    } else if (!slot.name.empty()) {
      names_[slot.index] = Symbolic(slot.label);
    } else {
      names_[slot.index] = slot.index == J
                               ? Symbolic("J")
                               : Symbolic(slot.label, "v^{(" + std::to_string(slot.index) + ")}");
    }
  }
}

// ---- Along the records

template <class T>
typename FormulaWriter<T>::Way FormulaWriter<T>::follow(const std::vector<PathStep>& steps) {
  Way way;
  AxisIndices at;
  if (!steps.empty()) at = unraveled(tape_.slot(steps[0].out_slot).shape(), 0);
  for (const PathStep& step : steps) {
    const SymbolicEntry entry = entry_of(way, step, at);
    way.factors.push_back(factors_of(entry.factor, way.entries));
    at = entry.in;
    way.in.push_back(at);
  }
  return way;
}

template <class T>
SymbolicEntry FormulaWriter<T>::entry_of(Way& way, const PathStep& step, const AxisIndices& at) {
  const Record<T>& record = tape_.record_at(step.record);
  std::vector<const Shape*> shapes;
  std::vector<std::size_t> slots;
  for (const std::uint32_t slot : tape_.inputs_of(record)) {
    shapes.push_back(&tape_.slot(slot).shape());
    slots.push_back(slot);
  }
  // (Which output is meant is not asked of operations with several.)
  slots.push_back(step.out_slot);
  way.entries.begin(shapes, tape_.slot(step.out_slot).shape(), slots, at);
  if (record.rule->elementwise())
    return {way.entries.stretched(step.input), partial_of(way, record, step.input)};
  if (record.rule->entry != nullptr && record.outputs == 1)
    if (auto entry = record.rule->entry(record.operation(), step.input, way.entries)) return *entry;
  AxisIndices in = way.entries.each_of(*shapes[step.input]);
  const Symbol factor = Symbol::call("derivative", {way.entries.element_of(step.out_slot, at),
                                                    way.entries.element_of(step.in_slot, in)});
  return {std::move(in), factor};
}

// The partial over the elements of the inputs: as f′(x) where its formula is long or a textbook has
// a name for it, else as it is.
template <class T>
Symbol FormulaWriter<T>::partial_of(Way& way, const Record<T>& record, std::uint32_t k) {
  const Rule<T>& rule = *record.rule;
  const auto inputs = tape_.inputs_of(record);
  const Symbol partial = rule.partial_symbol(record.operation(), k);
  if (rule.inputs == 1 && (rule.textbook_symbol != nullptr || calls_in(partial) > 2)) {
    const std::string name = std::string(rule.name) + "'";
    const Symbol u(std::string("u"));  // x is what inputs are called
    const Symbol definition = replaced(
        rule.textbook_symbol != nullptr ? rule.textbook_symbol(record.operation()) : partial,
        {{"x", u}, {"y", Symbol::call(rule.name, {u})}});
    const auto [known, is_new] = functions_.try_emplace(name, Symbol::call(name, {u}), definition);
    if (is_new) function_order_.push_back(name);
    // (The same name with other parameters is written out.)
    if (to_text(known->second.second) == to_text(definition))
      return Symbol::call(name, {operand(way, inputs[0], way.entries.stretched(0), 1)});
  }
  std::map<std::string, Symbol> elements;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    const std::string name = inputs.size() == 1 ? "x" : std::string(1, static_cast<char>('a' + i));
    elements.emplace(name, operand(way, inputs[i], way.entries.stretched(i), 1));
  }
  AxisIndices at;
  for (std::size_t axis = 0; axis < way.entries.out().rank(); ++axis)
    at.push_back(way.entries[axis]);
  elements.emplace("y", operand(way, record.first_output, at, 1));
  return replaced(partial, elements);
}

// An element in a formula. A plain number is itself; a small sum, difference, product or quotient
// that nobody named is written out.
template <class T>
Symbol FormulaWriter<T>::operand(Way& way, std::uint32_t slot, const AxisIndices& at, int depth) {
  const auto& array = walk_.slots()[slot];
  if (array.kind == ArrayKind::constant && array.name.empty() && array.shape.size() == 1)
    return Symbol(static_cast<double>(array.value[0]));
  if (!has_symbol_[slot] && array.record != no_index && depth > 0) {
    const Record<T>& record = tape_.record_at(array.record);
    if (record.rule->elementwise() && record.rule->infix != nullptr && record.inputs == 2) {
      const Symbol value = record.rule->value_symbol(record.operation());
      std::map<std::string, Symbol> inputs;
      const auto in = tape_.inputs_of(record);
      for (std::uint32_t i = 0; i < 2; ++i) {
        const Shape& shape = tape_.slot(in[i]).shape();
        AxisIndices inner;
        for (std::size_t axis = 0; axis < shape.rank(); ++axis)
          inner.push_back(shape[axis] == 1 ? AxisIndex::number(0)
                                           : at[axis + array.shape.rank() - shape.rank()]);
        inputs.emplace(std::string(1, static_cast<char>('a' + i)),
                       operand(way, in[i], inner, depth - 1));
      }
      if (calls_in(value) == 1) return replaced(value, inputs);
    }
  }
  return way.entries.element_of(slot, at);
}

// ---- Letters

// The letters that the paths run over: those of the elements on the way that are still free.
template <class T>
void FormulaWriter<T>::find_letters(Way& way) const {
  for (const AxisIndices& in : way.in)
    for (const AxisIndex& index : in) {
      const AxisIndex i = way.entries.resolved(index);
      if (!i.fixed() && std::ranges::find(way.letters, i.letter) == way.letters.end())
        way.letters.push_back(i.letter);
    }
}

// What a step comes to is this element.
template <class T>
void FormulaWriter<T>::bind(Way& way, const std::vector<PathStep>& steps, std::size_t step,
                            std::uint32_t element) const {
  const auto at = indices_of(tape_.slot(steps[step].in_slot).shape(), element);
  for (std::size_t axis = 0; axis < at.size(); ++axis)
    way.entries.bind(way.in[step][axis], at[axis]);
}

template <class T>
Formula FormulaWriter<T>::route(const std::vector<PathStep>& steps, std::uint32_t element) {
  Way way = follow(steps);
  if (!steps.empty()) bind(way, steps, steps.size() - 1, element);
  find_letters(way);
  for (const std::size_t letter : way.letters) {
    const std::pair range(letter_name(way.letters, letter), way.entries.letters()[letter].extent);
    if (std::ranges::find(ranges_, range) == ranges_.end()) ranges_.push_back(range);
  }
  return written(way, way.letters);
}

template <class T>
Formula FormulaWriter<T>::path(const std::vector<PathStep>& steps, std::uint32_t element) {
  Way free = follow(steps), way = free;
  if (!steps.empty()) bind(free, steps, steps.size() - 1, element);
  find_letters(free);
  for (std::size_t s = 0; s < steps.size(); ++s) bind(way, steps, s, steps[s].in);
  Formula formula = written(way, {});
  for (const std::size_t letter : free.letters) {
    const std::string name = letter_name(free.letters, letter);
    const std::string value = index_text(way, {letter, 1, 0});
    formula.letters.text += (formula.letters.text.empty() ? "" : ", ") + name + " = " + value;
    formula.letters.latex += (formula.letters.latex.empty() ? "" : ",\\ ") + name + " = " + value;
  }
  return formula;
}

template <class T>
Formula FormulaWriter<T>::written(Way& way, const std::vector<std::size_t>& letters) {
  shown_ = letters;
  Formula formula{product(way, letters), {}, {}};
  for (const auto& factors : way.factors) formula.shows_factor.push_back(!factors.empty());
  return formula;
}

template class FormulaWriter<double>;
template class FormulaWriter<float>;

}  // namespace xtape::detail
