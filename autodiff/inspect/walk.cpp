#include <algorithm>
#include <unordered_map>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape {
namespace {

// A parameter that is first met in a scope, and a plain number, stand with the record that they are
// an input of.
template <class T>
std::vector<std::uint32_t> scopes_of_slots(const BasicTape<T>& tape) {
  std::vector<std::uint32_t> scopes(tape.slots(), no_index);
  for (std::uint32_t slot = tape.slots(); slot-- > 0;) {
    const std::uint32_t record = tape.slot(slot).record;
    const bool follows = tape.parameter_of(slot) != nullptr || tape.name_of(slot).empty();
    if (record != no_index) {
      scopes[slot] = tape.record_at(record).scope;
    } else if (follows && slot + 1 < tape.slots()) {
      scopes[slot] = scopes[slot + 1];
    }
  }
  return scopes;
}

template <class T>
ArrayKind kind_of(const BasicTape<T>& tape, std::uint32_t slot) {
  if (tape.slot(slot).record != no_index) return ArrayKind::result;
  if (tape.parameter_of(slot) != nullptr) return ArrayKind::parameter;
  return tape.slot(slot).active ? ArrayKind::variable : ArrayKind::constant;
}

// A name that several have is told apart by the index.
template <class T>
void label(std::vector<BasicSlotView<T>>& slots) {
  std::unordered_map<std::string_view, std::size_t> uses;
  for (const auto& slot : slots) ++uses[slot.name];
  for (auto& slot : slots) {
    const std::string index = "%" + std::to_string(slot.index);
    slot.label = slot.name.empty()         ? index
                 : uses.at(slot.name) == 1 ? slot.name
                                           : slot.name + " " + index;
  }
}

}  // namespace

const char* to_string(ArrayKind kind) {
  switch (kind) {
    case ArrayKind::constant:
      return "constant";
    case ArrayKind::variable:
      return "variable";
    case ArrayKind::parameter:
      return "parameter";
    default:
      return "result";
  }
}

template <class T>
BasicWalk<T>::BasicWalk(const BasicTape<T>& tape, const GradientSet<T>* set, const char* who) {
  tape.check_parameters(who);
  if (set != nullptr) {
    if (set->tape != &tape)
      throw HandleError(std::string(who) + ": the gradients are of another tape");
    if (set->planned >= tape.slots() || !set->covers(set->planned))
      throw HandleError(std::string(who) + ": the gradients are of an earlier recording");
    swept_ = set->planned;
  }
  read_slots(tape, set);
  read_records(tape);
}

template <class T>
void BasicWalk<T>::read_slots(const BasicTape<T>& tape, const GradientSet<T>* set) {
  const std::vector<std::uint32_t> scopes = scopes_of_slots(tape);
  std::uint32_t scope_count = 0;
  slots_.resize(tape.slots());
  for (std::uint32_t index = 0; index < tape.slots(); ++index) {
    const auto& from = tape.slot(index);
    Slot& slot = slots_[index];
    slot.index = index;
    slot.name = tape.name_of(index);
    slot.kind = kind_of(tape, index);
    slot.active = from.active;
    slot.shape = from.shape();
    slot.value = {from.view.data, slot.shape.size()};
    slot.record = from.record;
    slot.scope = scopes[index];
    if (slot.scope != no_index) scope_count = std::max(scope_count, slot.scope + 1);
    if (set == nullptr || !set->covers(index)) continue;
    const bool arrived = index < set->at.size() && set->at[index].assigned;
    slot.state = !slot.active ? GradientState::inactive
                 : arrived    ? GradientState::arrived
                              : GradientState::zero;
    if (slot.state == GradientState::arrived)
      slot.gradient = {set->at[index].data, slot.shape.size()};
  }
  label(slots_);
  for (std::uint32_t i = 0; i < scope_count; ++i)
    scopes_.push_back({std::string(tape.scope_at(i).name), tape.scope_at(i).parent});
}

template <class T>
void BasicWalk<T>::read_records(const BasicTape<T>& tape) {
  records_.resize(tape.records());
  for (std::uint32_t index = 0; index < tape.records(); ++index) {
    const auto& from = tape.record_at(index);
    Record& record = records_[index];
    record.index = index;
    record.operation = from.rule->name;
    for (const std::uint32_t input : tape.inputs_of(from))
      record.inputs.emplace_back(slots_[input]);
    record.outputs = std::span(slots_).subspan(from.first_output, from.outputs);
    record.scope = from.scope;
    for (const std::uint32_t scope : path(from.scope)) record.path.push_back(scopes_[scope].name);
    record.place = from.place();
    if (from.derives_record != no_index)
      record.derives = Derives{from.derives_record, from.derives_input};
  }
}

template <class T>
std::vector<std::uint32_t> BasicWalk<T>::path(std::uint32_t scope) const {
  std::vector<std::uint32_t> scopes;
  for (; scope != no_index; scope = scopes_[scope].parent) scopes.push_back(scope);
  std::ranges::reverse(scopes);
  return scopes;
}

template class BasicWalk<double>;
template class BasicWalk<float>;

}  // namespace xtape
