#include <xtape/autodiff/tape/tape.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include <xtape/autodiff/gradients.hpp>

namespace xtape {

namespace {

// For the few bytes of an operation's parameters, which are rarely worth a call.
bool equal_bytes(const void* a, const void* b, std::size_t bytes) {
  const auto *left = static_cast<const std::byte*>(a), *right = static_cast<const std::byte*>(b);
  std::uint64_t differences = 0;
  for (; bytes >= sizeof(std::uint64_t); bytes -= sizeof(std::uint64_t)) {
    std::uint64_t word[2];
    std::memcpy(&word[0], left, sizeof(word[0]));
    std::memcpy(&word[1], right, sizeof(word[1]));
    differences |= word[0] ^ word[1];
    left += sizeof(word[0]);
    right += sizeof(word[1]);
  }
  for (std::size_t i = 0; i < bytes; ++i)
    differences |= std::to_integer<unsigned>(left[i] ^ right[i]);
  return differences == 0;
}

}  // namespace

template <class T>
BasicTape<T>::BasicTape() : pool_(std::make_shared<GradientPool<T>>()) {}

template <class T>
BasicTape<T>::~BasicTape() = default;

template <class T>
typename BasicTape<T>::Recording BasicTape<T>::record(const Options& options) {
  rewind();
  options_ = options;
  return Recording(*this);
}

template <class T>
typename BasicTape<T>::Mark BasicTape<T>::mark() const {
  return {records(),      slots(),       inputs_.size(),
          scopes_.size(), notes_.size(), parameter_slots_.size(),
          arena_.mark(),  text_.mark()};
}

template <class T>
void BasicTape<T>::rewind(const Mark& mark) {
  records_.shrink(mark.records);
  slots_.shrink(mark.slots);
  inputs_.shrink(mark.inputs);
  while (scope_ != none && scope_ >= mark.scopes) scope_ = scopes_[scope_].parent;
  scopes_.shrink(mark.scopes);
  if (notes_.size() > mark.notes)
    for (std::uint32_t i = 0; i < slots(); ++i)
      while (slots_[i].note != none && slots_[i].note >= mark.notes)
        slots_[i].note = notes_[slots_[i].note].before;
  notes_.shrink(mark.notes);
  parameter_slots_.shrink(mark.parameters);
  arena_.rewind(mark.arena);
  text_.rewind(mark.text);
  if (mark.slots == 0) taken_.clear();
  ++stamp_;
}

template <class T>
Random& BasicTape<T>::random() const {
  if (options_.random.generator == nullptr)
    throw Error("Tape: the recording has no generator: tape.record({.random = generator})");
  return *options_.random.generator;
}

template <class T>
void BasicTape<T>::throw_integers(std::string_view name, const Shape& shape, const Place& place) {
  throw Error("variable: " + (name.empty() ? std::string() : std::string(name) + " ") +
              to_string(shape) + ": an array of integers has no derivative; give it as " +
              "floating-point numbers" + to_string(place));
}

// ---- Leaves

template <class T>
View<const T> BasicTape<T>::single(T number) {
  static const Shape shape;
  const View<T> view = Engine<T>::allocate(arena_, shape);
  std::fill_n(view.data, Engine<T>::vector_size, number);
  return {view.data, view.extents()};
}

// The shape of the next leaf, in the tape's memory.
template <class T>
const Shape* BasicTape<T>::shape_of_leaf(const Shape& shape) {
  Shape* const own = arena_.allocate<Shape>(1);
  const bool known =
      slot_is_known(slots()) && slots_[slots()].view.extents() == own && *own == shape;
  if (known) return own;
  differs();
  return new (own) Shape(shape);
}

template <class T>
View<const T> BasicTape<T>::in_place(const T* data, const Shape& shape) {
  const Shape* const own = shape_of_leaf(shape);
  // A small array is cheaper to copy, once, than to read without padding, often.
  constexpr std::size_t small = 64 * Engine<T>::vector_size;
  if (shape.size() > small) return {data, own, false};
  const View<T> view = Engine<T>::allocate(arena_, *own);
  std::copy_n(data, shape.size(), view.data);
  Engine<T>::repeat_single(view);
  return {view.data, own};
}

template <class T>
std::string_view BasicTape<T>::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const copy = text_.allocate<char>(text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

template <class T>
BasicVariable<T> BasicTape<T>::leaf(View<const T> view, bool active, std::string_view name) {
  const std::uint32_t index = slots();
  const bool known = slot_is_known(index);
  Slot<T>& slot = slots_.push();
  slot.stamp = stamp_;
  slot.note = none;
  if (!known || slot.view.data != view.data || slot.view.tagged != view.tagged ||
      slot.record != none || slot.active != active) {
    slot.view.data = view.data;
    slot.view.tagged = view.tagged;
    slot.record = none;
    slot.active = active;
    differs();
  }
  if (!name.empty()) this->name(index, name);
  return {this, index, stamp_};
}

template <class T>
void BasicTape<T>::name(std::uint32_t slot, std::string_view name) {
  // A note of its own for each name: rewind(mark) comes back to the one before.
  const std::string_view kept = keep(name);
  const std::uint32_t before = slots_[slot].note;
  SlotNote<T> note{nullptr, 0, nullptr, 0, before};
  if (before != none) note = notes_[before];
  note.name = kept.data();
  note.name_size = kept.size();
  note.before = before;
  slots_[slot].note = notes_.size();
  notes_.push(note);
}

template <class T>
std::uint32_t BasicTape<T>::find_leaf(const ParameterStorage<T>* parameter) const {
  // An entry of an earlier recording points to a slot that is gone or belongs to another array.
  const Leaf* const leaf = leaves_.find(parameter);
  return leaf != nullptr && is_leaf(leaf->slot, parameter) ? leaf->slot : none;
}

template <class T>
XTAPE_INLINE void BasicTape<T>::note_parameter(std::uint32_t slot,
                                               const ParameterStorage<T>& parameter) {
  slots_[slot].note = notes_.size();
  SlotNote<T>& note = notes_.push();
  note.name = nullptr;
  note.name_size = 0;
  note.parameter = &parameter;
  note.version = parameter.version();
  note.before = none;
  parameter_slots_.push() = slot;
}

template <class T>
BasicVariable<T> BasicTape<T>::leaf_of(const std::shared_ptr<ParameterStorage<T>>& parameter,
                                       const char* who, const Place& place) {
  const ParameterStorage<T>& storage = *parameter;
  const View<const T> view(parameter->data(), &storage.shape());
  // Where its leaf still stands in its place, all before it is as it was, so the parameter has not
  // been asked for yet in this recording.
  const std::uint32_t here = slots();
  if (slot_is_known(here) && slots_[here].view.data == view.data &&
      slots_[here].view.tagged == view.tagged && slots_[here].record == none &&
      slots_[here].active) {
    slots_.extend(1);
    slots_[here].stamp = stamp_;
    note_parameter(here, storage);
    return {this, here, stamp_};
  }
  Leaf* entry = leaves_.find(&storage);
  if (entry == nullptr) {
    if (leaves_.full()) {
      leaves_.sweep([&](const Leaf& l) { return is_leaf(l.slot, l.parameter.get()); });
      differs();  // another parameter may come to be where one was that is gone
    }
    entry = leaves_.insert({parameter, none});
  } else if (is_leaf(entry->slot, &storage)) {
    if (notes_[slots_[entry->slot].note].version != storage.version()) check_parameters(who, place);
    return handle(entry->slot);
  }
  entry->slot = here;
  const Variable result = leaf(view, true, {});
  note_parameter(here, storage);
  return result;
}

// ---- Scopes and derivations

template <class T>
BasicTape<T>::Scope::Scope(BasicTape& tape, std::string_view name, const Place& place)
    : tape_(tape), outer_(tape.scope_) {
  const Place outermost = outer_ == none ? place : tape.scopes_[outer_].place;
  tape.scopes_.push({tape.keep(name), outer_, outermost});
  tape.scope_ = tape.scopes_.size() - 1;
}

template <class T>
BasicTape<T>::Derivation::Derivation(BasicTape& tape, std::uint32_t record, std::uint32_t input)
    : tape_(tape), outer_(tape.derivation_) {
  tape.derivation_ = {record, input};
}

// ---- Recording an operation

template <class T>
std::uint32_t BasicTape<T>::check(const Variable& variable, const char* who,
                                  const Place& place) const {
  if (!variable.valid()) throw_empty(who, place);
  if (variable.tape() != this)
    throw HandleError(std::string(who) + ": a variable of another tape" + to_string(place));
  const std::uint32_t index = variable.index();
  if (index >= slots_.size() || slots_[index].stamp != variable.stamp())
    throw HandleError(
        std::string(who) +
        ": a variable of an earlier recording; what was recorded before tape.record() "
        "or tape.rewind() is gone" +
        to_string(place));
  return index;
}

template <class T>
std::uint32_t BasicTape<T>::resolve_other(const Operand& operand, const Rule<T>& rule) {
  switch (operand.kind) {
    case Operand::Kind::number:
      return leaf(single(operand.number), false, {}).index();
    case Operand::Kind::parameter:
      return leaf_of(*operand.parameter, rule.name, operand.place).index();
    case Operand::Kind::variable:
      break;
  }
  return check({operand.tape, operand.index, operand.stamp}, rule.name, operand.place);
}

template <class T>
std::string BasicTape<T>::describe(std::uint32_t index, std::size_t position) const {
  return describe(index, "input " + std::to_string(position + 1));
}

template <class T>
std::string BasicTape<T>::describe(std::uint32_t index, std::string_view unnamed) const {
  const std::string_view given = name_of(index);
  return std::string(given.empty() ? unnamed : given) + " " + to_string(slots_[index].shape());
}

template <class T>
void BasicTape<T>::throw_shapes(const Rule<T>& rule, std::span<const std::uint32_t> slots,
                                const std::string& problem, const Place& place) const {
  std::string text = std::string(rule.name) + ": ";
  const std::string between = rule.infix != nullptr ? " " + std::string(rule.infix) + " " : ", ";
  for (std::size_t i = 0; i < slots.size(); ++i)
    text += (i == 0 ? "" : between) + describe(slots[i], i);
  throw ShapeError(text + ": " + problem + to_string(place));
}

template <class T>
void BasicTape<T>::throw_in_vjp(const Record<T>& record, std::uint32_t k,
                                const std::string& problem) const {
  throw ShapeError(std::string(record.rule->name) + ": the vjp for " +
                   describe(inputs_of(record)[k], k) + ": " + problem + to_string(record.place()));
}

template <class T>
const Shape* BasicTape<T>::shape_for(const Rule<T>& rule, const void* operation,
                                     std::span<const View<const T>> in,
                                     std::span<const std::uint32_t> slots, const Place& place) {
  if (rule.elementwise()) {
    const Shape* common = in[0].extents();
    for (std::size_t i = 1; i < in.size(); ++i) {
      const Shape* const next = in[i].extents();
      if (next == common || next->rank() == 0 || *next == *common) continue;
      if (common->rank() == 0) {
        common = next;
        continue;
      }
      const auto both = broadcast(*common, *next);
      if (!both) throw_shapes(rule, slots, "the shapes do not broadcast", place);
      common = *both == *common ? common : new (arena_.allocate<Shape>(1)) Shape(*both);
    }
    return common;
  }
  auto* const shapes = arena_.allocate<const Shape*>(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) shapes[i] = in[i].extents();
  auto* const result = arena_.allocate<Shape>(rule.outputs);
  try {
    rule.shapes(operation, {shapes, in.size()}, result);
  } catch (const ShapeError& error) {
    throw_shapes(rule, slots, error.what(), place);
  }
  return result;
}

template <class T>
BasicVariable<T> BasicTape<T>::append(const Rule<T>& rule, const void* operation, std::size_t bytes,
                                      std::span<const Operand* const> in) {
  BasicTape* tape = nullptr;
  for (const Operand* operand : in)
    if (operand->tape != nullptr) {
      tape = operand->tape;
      break;
    }
  for (const Operand* operand : in)
    if (tape == nullptr && operand->kind == Operand::Kind::variable)
      throw_empty(rule.name, operand->place);
  if (tape == nullptr)
    throw HandleError(std::string(rule.name) +
                      ": none of the inputs is a variable, so there is no tape to record on; "
                      "begin with tape.parameter(p), tape.variable(x) or tape.constant(x)" +
                      to_string(in.empty() ? Place{} : in.front()->place));
  return tape->record_operation(rule, operation, bytes, in);
}

template <class T>
XTAPE_INLINE void BasicTape<T>::run(const Record<T>& record) {
  if (record.kernel != nullptr) {
    engine_.forward(record.kernel, record.arguments, record.in(), *record.shape);
  } else {
    Engine<T>::compute_structural(*record.rule, record.operation(), record.in(), record.out);
  }
}

template <class T>
XTAPE_INLINE void BasicTape<T>::place_record(Record<T>& record, const Place& caller) {
  const Place place = derivation_[0] != none ? records_[derivation_[0]].place()
                      : scope_ != none       ? scopes_[scope_].place
                                             : caller;
  record.file = place.file;
  record.line = place.line;
  record.scope = scope_;
  record.derives_record = derivation_[0];
  record.derives_input = derivation_[1];
}

// A record that still stands in its place, with all that it made, becomes part of the recording.
template <class T>
XTAPE_INLINE void BasicTape<T>::count_in(const Record<T>& record) {
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    Slot<T>& slot = slots_[record.first_output + i];
    slot.stamp = stamp_;
    slot.note = none;
  }
  records_.extend(1);
  inputs_.extend(record.inputs);
  slots_.extend(record.outputs);
  arena_.rewind(record.after);
}

template <class T>
BasicVariable<T> BasicTape<T>::record_operation(const Rule<T>& rule, const void* operation,
                                                std::size_t bytes,
                                                std::span<const Operand* const> in) {
  const Mark before{
      records(), slots(), inputs_.size(), scopes_.size(), notes_.size(), parameter_slots_.size(),
      {},        {}};
  const auto count = static_cast<std::uint32_t>(in.size());
  std::uint32_t* const inputs = inputs_.reserve(count);
  // Whether the record that is to be made still stands in its place.
  bool stands = false;
  if (before.records < known_records_) {
    const Record<T>& record = records_[before.records];
    stands = record.rule == &rule && record.first_input == before.inputs && record.inputs == count;
  }
  try {
    bool active = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t index = resolve(*in[i], rule);
      stands = stands && inputs[i] == index;
      inputs[i] = index;
      active |= slots_[index].active;
    }
    if (stands && before.records < known_records_) {  // resolving may have found a difference
      Record<T>& record = records_[before.records];
      if (record.first_output == slots() && record.before.next == arena_.mark().next &&
          equal_bytes(record.operation(), operation, bytes)) {
        place_record(record, in.front()->place);
        run(record);  // which may throw: nothing was counted in yet
        count_in(record);
        return {this, record.first_output, stamp_};
      }
    }
    inputs_.extend(count);
    Record<T>& record = records_.push();
    place_record(record, in.front()->place);
    record.first_input = before.inputs;
    record.inputs = count;
    write_record(record, rule, operation, bytes, active && !rule.piecewise_constant);
    differs();
    run(record);
    return {this, record.first_output, stamp_};
  } catch (...) {
    records_.shrink(before.records);
    slots_.shrink(before.slots);
    inputs_.shrink(before.inputs);
    notes_.shrink(before.notes);
    parameter_slots_.shrink(before.parameters);
    differs();
    throw;
  }
}

template <class T>
void BasicTape<T>::write_record(Record<T>& record, const Rule<T>& rule, const void* operation,
                                std::size_t bytes, bool active) {
  record.rule = &rule;
  record.first_output = slots();
  record.outputs = static_cast<std::uint32_t>(rule.outputs);
  record.before = arena_.mark();
  if (bytes != 0) operation = std::memcpy(arena_.allocate(bytes), operation, bytes);
  // An elementwise record needs its arrays one by one only where they have to be staged.
  std::array<View<const T>, KernelArguments<T>::most_inputs> few;
  View<const T>* in =
      rule.elementwise() ? few.data() : arena_.allocate<View<const T>>(record.inputs);
  for (std::uint32_t i = 0; i < record.inputs; ++i)
    in[i] = slots_[inputs_[record.first_input + i]].view;
  const std::span<const View<const T>> all(in, record.inputs);
  const Shape* const shape = shape_for(rule, operation, all, inputs_of(record), record.place());
  std::array<View<T>, most_outputs> out;
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    out[i] = Engine<T>::allocate(arena_, shape[i]);
    Slot<T>& slot = slots_.push();
    slot.view.data = out[i].data;
    slot.view.tagged = out[i].tagged;
    slot.record = records() - 1;
    slot.stamp = stamp_;
    slot.note = none;
    slot.active = active;
  }
  if (rule.elementwise()) {
    const bool storing = active && rule.forward_storing != nullptr;
    record.kernel = engine_.chosen(storing ? *rule.forward_storing : *rule.forward);
    record.arguments = engine_.arrange(
        operation, all, out[0], storing ? Engine<T>::allocate(arena_, *shape).data : nullptr);
    record.shape = shape;
    record.views =
        record.arguments.staged
            ? std::copy(all.begin(), all.end(), arena_.allocate<View<const T>>(record.inputs)) -
                  record.inputs
            : nullptr;
  } else {
    record.kernel = nullptr;
    record.arguments.operation = operation;
    record.views = in;
    record.out =
        std::copy_n(out.begin(), record.outputs, arena_.allocate<View<T>>(record.outputs)) -
        record.outputs;
  }
  record.after = arena_.mark();
}

template <class T>
void BasicTape<T>::throw_empty(const char* who, const Place& place) {
  throw HandleError(std::string(who) + ": an empty variable, which was never recorded" +
                    to_string(place));
}

template <class T>
void BasicTape<T>::check_parameters(const char* who, const Place& place) const {
  for (const std::uint32_t index : parameter_slots_) {
    const SlotNote<T>& note = notes_[slots_[index].note];
    if (note.version == note.parameter->version()) continue;
    throw StaleParameterError(std::string(who) + ": parameter " + note.parameter->name() + " " +
                              to_string(slots_[index].shape()) +
                              " was updated after it was recorded; record again" +
                              to_string(place));
  }
}

template class BasicTape<double>;
template class BasicTape<float>;

}  // namespace xtape
