#include <xtape/autodiff/tape/tape.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <xtape/autodiff/gradients.hpp>
#include <xtape/autodiff/readings/vocabulary.hpp>

namespace xtape {

template <class T>
BasicTape<T>::BasicTape()
    : anchor_(TapeAnchor<T>::take(*this)),
      pool_(std::make_shared<GradientPool<T>>()),
      stamp_(anchor_.first) {}

template <class T>
BasicTape<T>::~BasicTape() {
  pool_->forget_tape();
  anchor_.leave(turn_ != 0 ? std::numeric_limits<std::uint64_t>::max() : std::uint64_t{stamp_} + 1);
}

// A training of a small neuron comes to 2³² recordings in less than half an hour. Then the stamps
// begin anew above those that are in use, and a handle of just 2³² recordings ago is no longer seen
// to be old. (Where the highest is in use itself, they wait with it for the next recording.)
template <class T>
void BasicTape<T>::count_stamp() {
  if (++stamp_ != 0) return;
  const std::uint32_t in_use = slots() == 0 ? anchor_.first - 1 : slots_[slots() - 1].stamp;
  if (in_use + 1 == 0) {
    stamp_ = in_use;
    return;
  }
  stamp_ = in_use + 1;
  oldest_ = std::min(oldest_, in_use);
  ++turn_;
}

template <class T>
typename BasicTape<T>::Recording BasicTape<T>::record(const Options& options) {
  rewind();
  options_ = options;
  return Recording(*this);
}

template <class T>
void BasicTape<T>::rewind() {
  cut(Mark{});
  count_stamp();
  ++recording_;
}

template <class T>
bool BasicTape<T>::stands(const Mark& mark) const {
  return mark.tape == this && mark.records <= records() && mark.slots <= slots() &&
         mark.inputs <= inputs_.size() && mark.scopes <= scopes_.size() &&
         mark.notes <= notes_.size() && mark.parameters <= parameter_slots_.size() &&
         mark.taken <= taken_.size() &&
         (mark.slots == 0 || slots_[mark.slots - 1].stamp == mark.stamp);
}

template <class T>
void BasicTape<T>::rewind(const Mark& mark) {
  if (mark.tape != this) throw HandleError("rewind: a mark of another tape, or of none");
  if (!stands(mark)) throw HandleError("rewind: a mark of a recording that is gone; take another");
  cut(mark);
  count_stamp();
}

template <class T>
void BasicTape<T>::cut(const Mark& mark) {
  records_.shrink(mark.records);
  slots_.shrink(mark.slots);
  inputs_.shrink(mark.inputs);
  while (scope_ != no_index && scope_ >= mark.scopes) scope_ = scopes_[scope_].parent;
  scopes_.shrink(mark.scopes);
  if (notes_.size() > mark.notes)
    for (std::uint32_t i = 0; i < slots(); ++i)
      while (slots_[i].note != no_index && slots_[i].note >= mark.notes)
        slots_[i].note = notes_[slots_[i].note].before;
  notes_.shrink(mark.notes);
  parameter_slots_.shrink(mark.parameters);
  arena_.rewind(mark.arena);
  text_.rewind(mark.text);
  taken_.resize(mark.taken);
}

template <class T>
void BasicTape<T>::throw_no_slot(std::uint32_t slot) const {
  throw HandleError("handle: slot " + std::to_string(slot) + " of " + std::to_string(slots()));
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
  slot.note = no_index;
  if (!known || slot.view.data != view.data || slot.view.tagged != view.tagged ||
      slot.record != no_index || slot.active != active) {
    slot.view.data = view.data;
    slot.view.tagged = view.tagged;
    slot.record = no_index;
    slot.active = active;
    differs();
  }
  if (!name.empty()) this->name(index, name);
  return {&anchor_, index, stamp_};
}

template <class T>
void BasicTape<T>::name(std::uint32_t slot, std::string_view name) {
  // A note of its own for each name: rewind(mark) comes back to the one before.
  const std::string_view kept = keep(name);
  const std::uint32_t before = slots_[slot].note;
  SlotNote<T> note{nullptr, 0, nullptr, 0, before};
  if (before != no_index) note = notes_[before];
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
  return leaf != nullptr && is_leaf(leaf->slot, parameter) ? leaf->slot : no_index;
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
  note.before = no_index;
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
      slots_[here].view.tagged == view.tagged && slots_[here].record == no_index &&
      slots_[here].active) {
    slots_.extend(1);
    slots_[here].stamp = stamp_;
    note_parameter(here, storage);
    return {&anchor_, here, stamp_};
  }
  Leaf* entry = leaves_.find(&storage);
  if (entry == nullptr) {
    if (leaves_.full()) {
      leaves_.sweep([&](const Leaf& l) { return is_leaf(l.slot, l.parameter.get()); });
      differs();  // another parameter may come to be where one was that is gone
    }
    entry = leaves_.insert({parameter, no_index});
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
    : tape_(tape), outer_(tape.scope_), recording_(tape.recording_) {
  const Place outermost = outer_ == no_index ? place : tape.scopes_[outer_].place;
  tape.scopes_.push({tape.keep(name), outer_, outermost});
  tape.scope_ = tape.scopes_.size() - 1;
}

template <class T>
BasicTape<T>::Derivation::Derivation(BasicTape& tape, std::uint32_t record, std::uint32_t input)
    : tape_(tape), outer_(tape.derivation_) {
  tape.derivation_ = {record, input};
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
