#include <xtape/autodiff/tape/tape.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include <xtape/autodiff/gradients.hpp>

namespace xtape {

template <class T>
BasicTape<T>::BasicTape() : pool_(std::make_shared<GradientPool<T>>()) {
  leaves_.resize(16);
}

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
          arena_.mark()};
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
View<T> BasicTape<T>::room(const Shape& shape) {
  return Engine<T>::allocate(arena_, *new (arena_.allocate<Shape>(1)) Shape(shape));
}

template <class T>
View<const T> BasicTape<T>::single(T number) {
  static const Shape shape;
  const View<T> view = Engine<T>::allocate(arena_, shape);
  std::fill_n(view.data, Engine<T>::vector_size, number);
  return {view.data, view.extents()};
}

template <class T>
View<const T> BasicTape<T>::in_place(const T* data, const Shape& shape) {
  // A small array is cheaper to copy, once, than to read without padding, often.
  constexpr std::size_t small = 8 * Engine<T>::vector_size;
  if (shape.size() <= small) {
    const View<T> view = room(shape);
    std::copy_n(data, shape.size(), view.data);
    Engine<T>::repeat_single(view);
    return {view.data, view.extents()};
  }
  return {data, new (arena_.allocate<Shape>(1)) Shape(shape), false};
}

template <class T>
std::string_view BasicTape<T>::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const copy = arena_.allocate<char>(text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

template <class T>
BasicVariable<T> BasicTape<T>::leaf(View<const T> view, bool active, std::string_view name) {
  new_slot(view, active);
  const std::uint32_t index = slots() - 1;
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
std::size_t BasicTape<T>::bucket(const ParameterStorage<T>* parameter, std::size_t size) {
  const auto bits = reinterpret_cast<std::uintptr_t>(parameter) >> 4;
  return (bits * 0x9E3779B97F4A7C15U >> 20) & (size - 1);
}

template <class T>
const typename BasicTape<T>::Leaf* BasicTape<T>::find(const ParameterStorage<T>* parameter) const {
  for (std::size_t i = bucket(parameter, leaves_.size());; i = (i + 1) & (leaves_.size() - 1)) {
    if (leaves_[i].parameter.get() == parameter) return &leaves_[i];
    if (leaves_[i].parameter == nullptr) return nullptr;
  }
}

template <class T>
std::uint32_t BasicTape<T>::find_leaf(const ParameterStorage<T>* parameter) const {
  // An entry of an earlier recording points to a slot that is gone or belongs to another array.
  const Leaf* const leaf = find(parameter);
  return leaf != nullptr && is_leaf(leaf->slot, parameter) ? leaf->slot : none;
}

template <class T>
void BasicTape<T>::grow_leaves() {
  // Parameters that nobody else holds any more are let go, unless this recording has them.
  std::vector<Leaf> kept;
  for (Leaf& leaf : leaves_)
    if (leaf.parameter != nullptr &&
        (leaf.parameter.use_count() > 1 || is_leaf(leaf.slot, leaf.parameter.get())))
      kept.push_back(std::move(leaf));
  leaves_.clear();
  leaves_.resize(std::bit_ceil(4 * (kept.size() + 4)));
  leaves_used_ = kept.size();
  for (Leaf& leaf : kept) {
    std::size_t i = bucket(leaf.parameter.get(), leaves_.size());
    while (leaves_[i].parameter != nullptr) i = (i + 1) & (leaves_.size() - 1);
    leaves_[i] = std::move(leaf);
  }
}

template <class T>
BasicVariable<T> BasicTape<T>::leaf_of(const std::shared_ptr<ParameterStorage<T>>& parameter,
                                       const char* who, const Place& place) {
  auto* leaf = const_cast<Leaf*>(find(parameter.get()));
  if (leaf == nullptr) {
    if (2 * ++leaves_used_ > leaves_.size()) grow_leaves();
    std::size_t i = bucket(parameter.get(), leaves_.size());
    while (leaves_[i].parameter != nullptr) i = (i + 1) & (leaves_.size() - 1);
    leaf = &leaves_[i];
    leaf->parameter = parameter;
  } else if (is_leaf(leaf->slot, parameter.get())) {
    if (notes_[slots_[leaf->slot].note].version != parameter->version())
      check_parameters(who, place);
    return handle(leaf->slot);
  }
  leaf->slot = slots();
  new_slot({parameter->data(), &parameter->shape(), true}, true).note = notes_.size();
  notes_.push({nullptr, 0, parameter.get(), parameter->version(), none});
  parameter_slots_.push(leaf->slot);
  return {this, leaf->slot, stamp_};
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
      new_slot(single(operand.number), false);
      return slots() - 1;
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
  auto* const shapes = engine_.scratch().template allocate<const Shape*>(in.size());
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
BasicVariable<T> BasicTape<T>::record_operation(const Rule<T>& rule, const void* operation,
                                                std::size_t bytes,
                                                std::span<const Operand* const> in) {
  // Written behind the end and counted in only when everything went well.
  const Mark before{
      records(), slots(), inputs_.size(), scopes_.size(), notes_.size(), parameter_slots_.size(),
      {}};
  const std::uint32_t first_input = inputs_.size();
  bool active = false;
  try {
    for (const Operand* const operand : in) {
      const std::uint32_t index = resolve(*operand, rule);
      inputs_.push(index);
      active |= slots_[index].active;
    }
    Record<T>& record = records_.push();
    const Place place = derivation_[0] != none ? records_[derivation_[0]].place()
                        : scope_ != none       ? scopes_[scope_].place
                                               : in.front()->place;
    record.rule = &rule;
    record.operation = nullptr;
    record.stored = nullptr;
    record.file = place.file;
    record.line = place.line;
    record.first_input = first_input;
    record.inputs = static_cast<std::uint32_t>(in.size());
    record.first_output = slots();
    record.outputs = static_cast<std::uint32_t>(rule.outputs);
    record.scope = scope_;
    record.derives_record = derivation_[0];
    record.derives_input = derivation_[1];
    if (bytes != 0) {
      std::byte* const kept = arena_.allocate(bytes);
      std::memcpy(kept, operation, bytes);
      record.operation = kept;
    }
    active &= !rule.piecewise_constant;
    if (!rule.elementwise() || !record_in_place(record, active)) record_general(record, active);
    return {this, record.first_output, stamp_};
  } catch (...) {
    records_.shrink(before.records);
    slots_.shrink(before.slots);
    inputs_.shrink(before.inputs);
    notes_.shrink(before.notes);
    parameter_slots_.shrink(before.parameters);
    throw;
  }
}

// The common case: every input has the layout of the output or is a single number.
template <class T>
bool BasicTape<T>::record_in_place(Record<T>& record, bool active) {
  KernelArguments<T> arguments;
  const Shape* shape = nullptr;
  bool whole = true;
  for (std::uint32_t i = 0; i < record.inputs; ++i) {
    const Slot<T>& slot = slots_[inputs_[record.first_input + i]];
    arguments.in[i] = slot.view.data;
    arguments.step[i] = slot.shape().rank() != 0;
    whole &= slot.view.padded();
    if (slot.shape().rank() == 0) continue;
    if (shape == nullptr) shape = slot.view.extents();
    if (slot.view.extents() != shape && slot.shape() != *shape) return false;
  }
  if (shape == nullptr) shape = slots_[inputs_[record.first_input]].view.extents();
  if (!whole) return false;
  const View<T> out = Engine<T>::allocate(arena_, *shape);
  arguments.operation = record.operation;
  arguments.out = out.data;
  arguments.accumulate = false;
  arguments.count = engine_.whole_vectors(shape->size());
  arguments.stored = nullptr;
  const bool storing = active && record.rule->forward_storing != nullptr;
  if (storing) arguments.stored = record.stored = Engine<T>::allocate(arena_, *shape).data;
  new_slot({out.data, shape, true}, active).record = records() - 1;
  engine_.kernel(storing ? *record.rule->forward_storing : *record.rule->forward)(arguments);
  return true;
}

template <class T>
void BasicTape<T>::record_general(Record<T>& record, bool active) {
  const ScratchScope scope(engine_.scratch());
  auto* const views = engine_.scratch().template allocate<View<const T>>(record.inputs);
  for (std::uint32_t i = 0; i < record.inputs; ++i)
    views[i] = slots_[inputs_[record.first_input + i]].view;
  const std::span<const View<const T>> in(views, record.inputs);
  const Shape* const shape =
      shape_for(*record.rule, record.operation, in, inputs_of(record), record.place());
  std::array<View<T>, most_outputs> out;
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    out[i] = Engine<T>::allocate(arena_, shape[i]);
    new_slot({out[i].data, out[i].extents()}, active).record = records() - 1;
  }
  if (active && record.rule->forward_storing != nullptr)
    record.stored = Engine<T>::allocate(arena_, *shape).data;
  engine_.compute(*record.rule, record.operation, in, out.data(), record.stored);
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

// ---- Variables

template <class T>
ArrayView<T> BasicVariable<T>::value() const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("value");
  const Slot<T>& slot = tape_->slot(tape_->check(*this, "value"));
  if (tape_->parameter_of(index_) != nullptr) tape_->check_parameters("value");
  return adapt(slot.view.data, slot.shape());
}

template <class T>
T BasicVariable<T>::item() const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("item");
  const Slot<T>& slot = tape_->slot(tape_->check(*this, "item"));
  if (slot.shape().size() != 1)
    throw ShapeError("item: " + tape_->describe(index_, "an array") + " has " +
                     std::to_string(slot.shape().size()) + " elements, not one");
  if (tape_->parameter_of(index_) != nullptr) tape_->check_parameters("item");
  return slot.view.data[0];
}

template <class T>
const Shape& BasicVariable<T>::shape() const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("shape");
  return tape_->slot(tape_->check(*this, "shape")).shape();
}

template <class T>
bool BasicVariable<T>::active() const {
  return tape_ != nullptr && tape_->slot(tape_->check(*this, "active")).active;
}

template <class T>
std::string_view BasicVariable<T>::name() const {
  return tape_ == nullptr ? std::string_view() : tape_->name_of(tape_->check(*this, "name"));
}

template <class T>
const BasicVariable<T>& BasicVariable<T>::named(std::string_view name) const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("named");
  tape_->name(tape_->check(*this, "named"), name);
  return *this;
}

template class BasicVariable<double>;
template class BasicVariable<float>;

}  // namespace xtape
