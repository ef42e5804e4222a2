// How an operation is recorded.

#include <algorithm>
#include <array>
#include <cstring>

#include <xtape/autodiff/readings/vocabulary.hpp>
#include <xtape/autodiff/tape/tape.hpp>

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

// "w (3, 1), a variable of another tape", where it has a name.
template <class T>
std::string of_another(const BasicVariable<T>& variable) {
  const BasicTape<T>& tape = *variable.tape();
  const bool named = tape.stands(variable) && !tape.name_of(variable.index()).empty();
  return (named ? tape.describe(variable.index(), "") + ", " : std::string()) +
         "a variable of another tape";
}

template <class T>
bool BasicTape<T>::stands(const Variable& variable) const {
  const std::uint32_t index = variable.index();
  return index < slots() && slots_[index].stamp == variable.stamp();
}

template <class T>
std::uint32_t BasicTape<T>::check(const Variable& variable, const char* who,
                                  const Place& place) const {
  if (&of(variable, who, place) != this)
    throw HandleError(std::string(who) + ": " + of_another(variable) + to_string(place));
  if (!stands(variable))
    throw HandleError(
        std::string(who) +
        ": a variable of an earlier recording; what was recorded before tape.record() "
        "or tape.rewind() is gone" +
        to_string(place));
  return variable.index();
}

template <class T>
std::uint32_t BasicTape<T>::check_active(const Variable& variable, const char* who) const {
  const std::uint32_t index = check(variable, who);
  if (slots_[index].active) return index;
  throw Error(std::string(who) + ": " + describe(index, "an array") +
              " depends on no variable and no parameter, so no gradient is computed for it; " +
              "tape.variable(...) records an array that has one");
}

template <class T>
std::uint32_t BasicTape<T>::resolve_other(const Operand& operand, const Rule<T>& rule) {
  switch (operand.kind) {
    case Operand::Kind::number:
      return leaf(single(operand.number), false, {}).index();
    case Operand::Kind::parameter:
      return leaf_of(*operand.parameter, rule.name, operand.place).index();
    case Operand::Kind::array:
      return operand.leaf(*this, operand.array);
    case Operand::Kind::variable:
      break;
  }
  return check(operand.variable(), rule.name, operand.place);
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
      throw_not_valid(operand->variable(), rule.name, operand->place);
  if (tape == nullptr) throw_without_tape(rule.name, in.empty() ? Place{} : in.front()->place);
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
  const Place place = derivation_[0] != no_index ? records_[derivation_[0]].place()
                      : scope_ != no_index       ? scopes_[scope_].place
                                                 : caller;
  record.file = place.file;
  record.line = place.line;
  record.scope = scope_;
  record.derives_record = derivation_[0];
  record.derives_input = derivation_[1];
}

// Whether the record that is to be made still stands in its place; `input(i)` is the slot of an
// input, or none. All that was recorded before it is known, so its inputs begin where they began.
template <class T>
template <class Input>
XTAPE_INLINE bool BasicTape<T>::stands(const Rule<T>& rule, const void* operation,
                                       std::size_t bytes, std::size_t count,
                                       const Input& input) const {
  if (records() >= known_records_) return false;
  const Record<T>& record = records_[records()];
  if (record.rule != &rule || record.inputs != count || record.first_output != slots() ||
      record.before.next != arena_.mark().next)
    return false;
  const std::uint32_t* const inputs = inputs_.data() + record.first_input;
  for (std::uint32_t i = 0; i < count; ++i)
    if (inputs[i] != input(i)) return false;
  return equal_bytes(record.operation(), operation, bytes);
}

// Runs it, which may throw, and then counts it in, with all that it made.
template <class T>
XTAPE_INLINE BasicVariable<T> BasicTape<T>::run_again(const Place& caller) {
  Record<T>& record = records_[records()];
  place_record(record, caller);
  run(record);
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    Slot<T>& slot = slots_[record.first_output + i];
    slot.stamp = stamp_;
    slot.note = no_index;
  }
  records_.extend(1);
  inputs_.extend(record.inputs);
  slots_.extend(record.outputs);
  arena_.rewind(record.after);
  return {&anchor_, record.first_output, stamp_};
}

template <class T>
BasicVariable<T> BasicTape<T>::record_operation(const Rule<T>& rule, const void* operation,
                                                std::size_t bytes,
                                                std::span<const Operand* const> in) {
  const auto known = [&](std::uint32_t i) { return is_here(*in[i]) ? in[i]->index : no_index; };
  if (stands(rule, operation, bytes, in.size(), known)) return run_again(in.front()->place);
  return record_with_leaves(rule, operation, bytes, in);
}

// Parameters and numbers become leaves first. Where something fails, the tape is as it was.
template <class T>
BasicVariable<T> BasicTape<T>::record_with_leaves(const Rule<T>& rule, const void* operation,
                                                  std::size_t bytes,
                                                  std::span<const Operand* const> in) {
  const Mark before = mark();
  const auto count = static_cast<std::uint32_t>(in.size());
  std::uint32_t* const resolved = resolved_.reserve(count);
  try {
    for (std::uint32_t i = 0; i < count; ++i) resolved[i] = resolve(*in[i], rule);
    if (stands(rule, operation, bytes, count, [&](std::uint32_t i) { return resolved[i]; }))
      return run_again(in.front()->place);
    std::copy_n(resolved, count, inputs_.reserve(count));
    inputs_.extend(count);
    Record<T>& record = records_.push();
    place_record(record, in.front()->place);
    record.first_input = before.inputs;
    record.inputs = count;
    write_record(record, rule, operation, bytes);
    differs();
    run(record);
    return {&anchor_, record.first_output, stamp_};
  } catch (...) {
    cut(before);
    differs();
    throw;
  }
}

template <class T>
void BasicTape<T>::write_record(Record<T>& record, const Rule<T>& rule, const void* operation,
                                std::size_t bytes) {
  record.rule = &rule;
  record.first_output = slots();
  record.outputs = static_cast<std::uint32_t>(rule.outputs);
  record.before = arena_.mark();
  if (bytes != 0) operation = std::memcpy(arena_.allocate(bytes), operation, bytes);
  // An elementwise record needs its arrays one by one only where they have to be staged.
  std::array<View<const T>, KernelArguments<T>::most_inputs> few;
  View<const T>* in =
      rule.elementwise() ? few.data() : arena_.allocate<View<const T>>(record.inputs);
  bool active = false;
  for (std::uint32_t i = 0; i < record.inputs; ++i) {
    const Slot<T>& slot = slots_[inputs_[record.first_input + i]];
    in[i] = slot.view;
    active |= slot.active && !rule.piecewise_constant;
  }
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
    slot.note = no_index;
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
void BasicTape<T>::throw_without_tape(const char* who, const Place& place) {
  throw HandleError(std::string(who) +
                    ": none of the inputs is a variable, so there is no tape to record on; "
                    "begin with tape.parameter(p), tape.variable(x) or tape.constant(x)" +
                    to_string(place));
}

template <class T>
void BasicTape<T>::throw_not_valid(const Variable& variable, const char* who, const Place& place) {
  throw HandleError(std::string(who) +
                    (variable.anchor() == nullptr
                         ? ": an empty variable, which was never recorded"
                         : ": the tape of this variable is gone, with all that it recorded; keep "
                           "the tape as long as its variables are used") +
                    to_string(place));
}

template class BasicTape<double>;
template class BasicTape<float>;

}  // namespace xtape
