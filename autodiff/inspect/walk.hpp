#pragma once
// A walk over what a tape has recorded: every record with its inputs and outputs, as plain values
// that a program of one's own can print, check or draw. The table, the picture and the derivation
// are made from it.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xtape/autodiff/gradients.hpp>

namespace xtape {

/// What an array is: a leaf of one of three kinds, or the result of an operation.
enum class ArrayKind : unsigned char { constant, variable, parameter, result };
/// "constant", "variable", "parameter", "result".
const char* to_string(ArrayKind kind);

/// What is known of an array's gradient.
enum class GradientState : unsigned char {
  not_given,  // no sweep was given, or the array was recorded after it
  inactive,   // none can flow there
  zero,       // nothing arrived: J does not depend on it
  arrived,
};

/// One array of a recording.
template <class T>
struct BasicSlotView {
  std::uint32_t index = 0;
  std::string name;   // as given, "hidden.weight", or ""
  std::string label;  // what tells it from all others: the name, "a %3" where several have it, "%7"
  ArrayKind kind = ArrayKind::constant;
  bool active = false;  // whether it depends on a variable or a parameter
  Shape shape;
  std::span<const T> value;
  std::span<const T> gradient;  // empty unless it arrived
  GradientState state = GradientState::not_given;
  std::uint32_t record = no_index;  // that made it; none for a leaf
  std::uint32_t scope = no_index;   // into scopes()
};

/// The contribution that a record of a recorded sweep belongs to.
struct Derives {
  std::uint32_t record, input;
};

/// One operation of a recording.
template <class T>
struct BasicRecordView {
  using Slot = BasicSlotView<T>;
  std::uint32_t index = 0;
  std::string_view operation;
  std::vector<std::reference_wrapper<const Slot>> inputs;
  std::span<const Slot> outputs;
  std::uint32_t scope = no_index;  // into scopes()
  std::vector<std::string> path;   // the names of the scopes around it, the outermost one first
  Place place;                     // the line of the user's text
  std::optional<Derives> derives;  // of a recorded sweep

  /// The scopes around it as they stand before a name: "hidden.".
  [[nodiscard]] std::string prefix() const {
    std::string text;
    for (const std::string& name : path) text += name + ".";
    return text;
  }
};

/// A named stretch of a recording.
struct ScopeView {
  std::string name;
  std::uint32_t parent;  // none for an outermost one
};

/// The records of a tape, in the order of recording; of use while the recording lives.
template <class T>
class BasicWalk {
 public:
  using Slot = BasicSlotView<T>;
  using Record = BasicRecordView<T>;

  /// `who` is named in messages.
  BasicWalk(const BasicTape<T>& tape, const GradientSet<T>* set, const char* who = "records");
  BasicWalk(BasicWalk&&) noexcept = default;
  BasicWalk(const BasicWalk&) = delete;  // records refer to the slots beside them
  BasicWalk& operator=(BasicWalk&&) = delete;
  BasicWalk& operator=(const BasicWalk&) = delete;
  ~BasicWalk() = default;

  [[nodiscard]] auto begin() const { return records_.begin(); }
  [[nodiscard]] auto end() const { return records_.end(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] const Record& operator[](std::size_t record) const { return records_[record]; }
  /// All arrays, leaves too, in the order of recording.
  [[nodiscard]] std::span<const Slot> slots() const { return slots_; }
  [[nodiscard]] std::span<const ScopeView> scopes() const { return scopes_; }
  /// A scope and those around it, the outermost one first.
  [[nodiscard]] std::vector<std::uint32_t> path(std::uint32_t scope) const;
  /// The array whose gradients are shown, or nullptr.
  [[nodiscard]] const Slot* swept() const { return swept_ == no_index ? nullptr : &slots_[swept_]; }

 private:
  void read_slots(const BasicTape<T>& tape, const GradientSet<T>* set);
  void read_records(const BasicTape<T>& tape);

  std::vector<Slot> slots_;
  std::vector<Record> records_;
  std::vector<ScopeView> scopes_;
  std::uint32_t swept_ = no_index;
};

/// Every record of a tape:
///
///     for (const RecordView& record : records(tape, gradients(J)))
///       for (const SlotView& input : record.inputs) …
///
/// @throws StaleParameterError when a parameter was updated after it was recorded.
template <class T>
BasicWalk<T> records(const BasicTape<T>& tape) {
  return BasicWalk<T>(tape, nullptr);
}
/// The same with the gradients of a sweep, which have to live as long as the walk is used.
/// @throws HandleError when they are of another tape or of an earlier recording.
template <class T>
BasicWalk<T> records(const BasicTape<T>& tape, const BasicGradients<T>& gradients) {
  return BasicWalk<T>(tape, &gradients.set());
}

using SlotView = BasicSlotView<double>;
using SlotViewF = BasicSlotView<float>;
using RecordView = BasicRecordView<double>;
using RecordViewF = BasicRecordView<float>;
using Walk = BasicWalk<double>;
using WalkF = BasicWalk<float>;

extern template class BasicWalk<double>;
extern template class BasicWalk<float>;

}  // namespace xtape
