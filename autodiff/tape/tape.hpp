#pragma once
// The tape: everything that was computed, in order, ready to be swept backwards.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <xtape/autodiff/engine.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/tape/leaf_table.hpp>
#include <xtape/autodiff/tape/record.hpp>
#include <xtape/autodiff/tape/stack.hpp>

namespace xtape {

template <class T>
class GradientPool;

/// The generator a recording draws from, by reference.
struct RandomSource {
  Random* generator = nullptr;
  RandomSource() = default;
  RandomSource(Random& random) : generator(&random) {}
};

/// How a recording runs: whether modules behave as in training, and where randomness comes from.
struct RecordOptions {
  bool training = true;
  RandomSource random = {};
};

/// Records operations on arrays of T. A tape belongs to one thread.
template <class T>
class BasicTape {
 public:
  using Variable = BasicVariable<T>;
  using Operand = BasicOperand<T>;
  using Options = RecordOptions;

  BasicTape();
  BasicTape(const BasicTape&) = delete;
  BasicTape& operator=(const BasicTape&) = delete;
  ~BasicTape();

  /// A recording under way.
  class Recording {
   public:
    explicit Recording(BasicTape& tape) : tape_(&tape) {}
    Recording(const Recording&) = default;
    Recording& operator=(const Recording&) = default;
    // Not trivial, or compilers call a recording that is not asked anything unused.
    ~Recording() {}  // NOLINT(modernize-use-equals-default)
    [[nodiscard]] BasicTape& tape() const { return *tape_; }

   private:
    BasicTape* tape_;
  };
  /// Begins anew over the old storage: every variable of the tape becomes invalid.
  Recording record(const Options& options = {});
  /// Forgets everything recorded.
  void rewind();
  /// A point to come back to.
  struct Mark {
    const BasicTape* tape = nullptr;
    std::uint32_t stamp = 0;  // of the last slot before it
    std::uint32_t records = 0, slots = 0, inputs = 0, scopes = 0, notes = 0, parameters = 0;
    std::size_t taken = 0;
    Arena::Mark arena, text;
  };
  [[nodiscard]] Mark mark() const {
    return {.tape = this,
            .stamp = slots() == 0 ? 0 : slots_[slots() - 1].stamp,
            .records = records(),
            .slots = slots(),
            .inputs = inputs_.size(),
            .scopes = scopes_.size(),
            .notes = notes_.size(),
            .parameters = parameter_slots_.size(),
            .taken = taken_.size(),
            .arena = arena_.mark(),
            .text = text_.mark()};
  }
  /// Whether a mark is of this tape, and what was recorded before it is still there.
  [[nodiscard]] bool stands(const Mark& mark) const;
  /// Forgets what was recorded after the mark; earlier variables stay valid.
  /// @throws HandleError for a mark of another tape, or one whose recording is gone.
  void rewind(const Mark& mark);

  [[nodiscard]] bool training() const { return options_.training; }
  /// @throws Error when the recording was not given a generator.
  [[nodiscard]] Random& random() const;

  /// A leaf that gradients are wanted for: the values of any xtensor expression, or a number.
  /// @throws Error for an array of integers, which has no derivative.
  template <XtensorExpression E>
  Variable variable(const E& values, std::string_view name = {},
                    const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    if constexpr (!std::is_floating_point_v<typename E::value_type>)
      throw_integers(name, Shape(values.shape()), {file, line});
    return leaf(copied(values), true, name);
  }
  Variable variable(T number, std::string_view name = {}) {
    return leaf(single(number), true, name);
  }
  /// A leaf without a gradient: an lvalue is copied, an rvalue container taken over, a borrowed one
  /// read in place.
  template <class E>
  requires XtensorExpression<E> Variable constant(E&& values, std::string_view name = {}) {
    using Plain = std::remove_cvref_t<E>;
    if constexpr (!std::is_lvalue_reference_v<E> && !std::is_const_v<E> &&
                  RowMajorContainer<Plain, T> && owns_elements<Plain>) {
      return leaf(taken(std::make_shared<Plain>(std::forward<E>(values))), false, name);
    } else {
      return leaf(copied(values), false, name);
    }
  }
  template <class E>
  Variable constant(const Borrowed<E>& values, std::string_view name = {}) {
    if constexpr (RowMajorContainer<E, T>)
      return leaf(in_place(values.array.data(), Shape(values.array.shape())), false, name);
    else
      static_assert(
          detail::never<E>,
          "borrow: only a row-major container of the tape's element type is read in place");
  }
  Variable constant(T number, std::string_view name = {}) {
    return leaf(single(number), false, name);
  }
  /// The leaf of a parameter: the same one however often it is asked for in a recording.
  Variable parameter(const BasicParameter<T>& parameter, const char* file = __builtin_FILE(),
                     unsigned line = __builtin_LINE()) {
    return leaf_of(parameter.storage(), "parameter", {file, line});
  }

  /// Groups what is recorded while it lives: names become "hidden.weight", and messages name the
  /// line where the outermost scope was opened.
  class Scope {
   public:
    Scope(BasicTape& tape, std::string_view name, const Place& place);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      if (recording_ != tape_.recording_) return;  // gone, with its scopes
      tape_.scope_ = outer_ < tape_.scopes_.size() ? outer_ : no_index;
    }

   private:
    BasicTape& tape_;
    std::uint32_t outer_, recording_;
  };
  [[nodiscard]] Scope scope(std::string_view name, const char* file = __builtin_FILE(),
                            unsigned line = __builtin_LINE()) {
    return Scope(*this, name, Place{file, line});
  }
  [[nodiscard]] Scope scope(std::string_view name, const Place& place) {
    return Scope(*this, name, place);
  }

  /// Records an operation and computes its values. Returns the first of its outputs; the others
  /// follow it. For `apply` and the like.
  static Variable append(const Rule<T>& rule, const void* operation, std::size_t bytes,
                         std::span<const Operand* const> in);

  // ---- Looking in: records and slots by index, in the order of recording. An index has to be
  // below the number of them.
  [[nodiscard]] std::uint32_t records() const { return records_.size(); }
  [[nodiscard]] const Record<T>& record_at(std::uint32_t index) const { return records_[index]; }
  [[nodiscard]] std::uint32_t slots() const { return slots_.size(); }
  [[nodiscard]] const Slot<T>& slot(std::uint32_t index) const { return slots_[index]; }
  /// The name of a slot, or "".
  [[nodiscard]] std::string_view name_of(std::uint32_t slot) const {
    if (slots_[slot].note == no_index) return {};
    const SlotNote<T>& note = notes_[slots_[slot].note];
    // A parameter's name is read where it is: it may have been renamed since.
    if (note.name == nullptr && note.parameter != nullptr) return note.parameter->name();
    return {note.name, note.name_size};
  }
  /// The parameter that a slot is the leaf of, or nullptr.
  [[nodiscard]] const ParameterStorage<T>* parameter_of(std::uint32_t slot) const {
    const std::uint32_t note = slots_[slot].note;
    return note == no_index ? nullptr : notes_[note].parameter;
  }
  [[nodiscard]] std::span<const std::uint32_t> inputs_of(const Record<T>& record) const {
    return {inputs_.data() + record.first_input, record.inputs};
  }
  [[nodiscard]] const ScopeRecord& scope_at(std::uint32_t index) const { return scopes_[index]; }
  /// The handle on a slot. @throws HandleError when there is none of that index.
  [[nodiscard]] Variable handle(std::uint32_t slot) {
    if (slot >= slots()) throw_no_slot(slot);
    return {&anchor_, slot, slots_[slot].stamp};
  }
  /// A point in time: whether a slot stood then may be asked later.
  struct Moment {
    std::uint32_t slots = 0, stamp = 0, turn = 0;
  };
  [[nodiscard]] Moment now() const { return {slots(), stamp_, turn_}; }
  [[nodiscard]] bool stood(std::uint32_t slot, const Moment& moment) const {
    const std::uint32_t last =
        moment.turn == turn_ ? moment.stamp : std::min(moment.stamp, oldest_);
    return slot < moment.slots && slots_[slot].stamp <= last;
  }
  /// The slot of a parameter in this recording, or none.
  [[nodiscard]] std::uint32_t find_leaf(const ParameterStorage<T>* parameter) const;
  /// "w (3, 1)", or "input 2 (3, 1)" where it has no name.
  [[nodiscard]] std::string describe(std::uint32_t slot, std::size_t position) const;
  [[nodiscard]] std::string describe(std::uint32_t slot, std::string_view unnamed) const;
  /// A rule's mistake, with the operation and the line that recorded it.
  [[noreturn]] void throw_in_vjp(const Record<T>& record, std::uint32_t k,
                                 const std::string& problem) const;
  /// @throws StaleParameterError when a parameter was updated after it was recorded.
  void check_parameters(const char* who, const Place& place = {}) const;
  /// Whether what a handle of this tape is for is still recorded.
  [[nodiscard]] bool stands(const Variable& variable) const;
  /// The slot of a handle. @throws HandleError when it is not of this recording.
  std::uint32_t check(const Variable& variable, const char* who, const Place& place = {}) const;
  /// The tape of a variable. @throws HandleError when it is empty, or the tape gone.
  static BasicTape& of(const Variable& variable, const char* who, const Place& place = {}) {
    BasicTape* const tape = variable.find_tape();
    if (tape == nullptr) throw_not_valid(variable, who, place);
    return *tape;
  }
  /// Says why a variable is not valid.
  [[noreturn]] static void throw_not_valid(const Variable& variable, const char* who,
                                           const Place& place = {});
  /// The same of a handle that gradients are asked for. @throws Error where none flow there.
  std::uint32_t check_active(const Variable& variable, const char* who) const;
  [[noreturn]] static void throw_without_tape(const char* who, const Place& place);
  void name(std::uint32_t slot, std::string_view name);

  /// Changes whenever something else is recorded than what the storage held before: as long as it
  /// is the same, what was planned for a slot of this recording is still right.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] Engine<T>& engine() { return engine_; }
  [[nodiscard]] const std::shared_ptr<GradientPool<T>>& pool() const { return pool_; }
  /// While it lives, what is recorded is marked as the derivative of (record, input).
  class Derivation {
   public:
    Derivation(BasicTape& tape, std::uint32_t record, std::uint32_t input);
    Derivation(const Derivation&) = delete;
    Derivation& operator=(const Derivation&) = delete;
    ~Derivation() { tape_.derivation_ = outer_; }

   private:
    BasicTape& tape_;
    std::array<std::uint32_t, 2> outer_;
  };

 private:
  using Leaf = typename LeafTable<T>::Leaf;

  [[noreturn]] static void throw_integers(std::string_view name, const Shape& shape,
                                          const Place& place);
  [[noreturn]] void throw_no_slot(std::uint32_t slot) const;
  std::string_view keep(std::string_view text);
  // Forgets what was recorded after the mark.
  void cut(const Mark& mark);
  // Whose handles are old from here on.
  void count_stamp();

  // ---- Leaves
  Variable leaf(View<const T> view, bool active, std::string_view name);
  Variable leaf_of(const std::shared_ptr<ParameterStorage<T>>& parameter, const char* who,
                   const Place& place);
  void note_parameter(std::uint32_t slot, const ParameterStorage<T>& parameter);
  // Whether a slot is the leaf of that parameter in this recording.
  [[nodiscard]] bool is_leaf(std::uint32_t slot, const ParameterStorage<T>* parameter) const {
    return slot < slots() && parameter_of(slot) == parameter;
  }
  View<const T> single(T number);
  View<const T> in_place(const T* data, const Shape& shape);
  const Shape* shape_of_leaf(const Shape& shape);
  template <class E>
  View<const T> copied(const E& values) {
    const View<T> view = Engine<T>::allocate(arena_, *shape_of_leaf(Shape(values.shape())));
    copy_elements(values, view.data);
    Engine<T>::repeat_single(view);
    return {view.data, view.extents()};
  }
  template <class E>
  View<const T> taken(std::shared_ptr<E> values) {
    const View<const T> view = in_place(values->data(), Shape(values->shape()));
    taken_.push_back(std::move(values));
    return view;
  }

  // ---- Operations
  Variable record_operation(const Rule<T>& rule, const void* operation, std::size_t bytes,
                            std::span<const Operand* const> in);
  // Whether an operand is a variable of this recording.
  [[nodiscard]] bool is_here(const Operand& operand) const {
    return operand.tape == this && operand.index < slots() &&
           slots_[operand.index].stamp == operand.stamp;
  }
  std::uint32_t resolve(const Operand& operand, const Rule<T>& rule) {
    return is_here(operand) ? operand.index : resolve_other(operand, rule);
  }
  std::uint32_t resolve_other(const Operand& operand, const Rule<T>& rule);
  template <class Input>
  [[nodiscard]] bool stands(const Rule<T>& rule, const void* operation, std::size_t bytes,
                            std::size_t count, const Input& input) const;
  Variable run_again(const Place& caller);
  Variable record_with_leaves(const Rule<T>& rule, const void* operation, std::size_t bytes,
                              std::span<const Operand* const> in);
  void place_record(Record<T>& record, const Place& caller);
  void write_record(Record<T>& record, const Rule<T>& rule, const void* operation,
                    std::size_t bytes);
  void run(const Record<T>& record);
  const Shape* shape_for(const Rule<T>& rule, const void* operation,
                         std::span<const View<const T>> in, std::span<const std::uint32_t> slots,
                         const Place& place);
  [[noreturn]] void throw_shapes(const Rule<T>& rule, std::span<const std::uint32_t> slots,
                                 const std::string& problem, const Place& place) const;

  // ---- What the storage still holds of the recording before. A training loop records the same
  // operations on arrays of the same shapes at the same addresses, step after step: what is known
  // is not inferred and written again, only computed.
  [[nodiscard]] bool slot_is_known(std::uint32_t slot) const { return slot < known_slots_; }
  void differs() {
    known_slots_ = slots();
    known_records_ = records();
    ++version_;
  }

  TapeAnchor<T>& anchor_;
  Options options_;
  Engine<T> engine_;
  Arena arena_;  // values, shapes and parameters of operations
  Arena text_;   // names
  Stack<Record<T>> records_;
  Stack<Slot<T>> slots_;
  Stack<std::uint32_t> inputs_, resolved_;
  Stack<SlotNote<T>> notes_;
  Stack<ScopeRecord> scopes_;
  Stack<std::uint32_t> parameter_slots_;  // of this recording
  std::vector<std::shared_ptr<void>> taken_;
  LeafTable<T> leaves_;
  std::shared_ptr<GradientPool<T>> pool_;
  std::uint32_t known_slots_ = 0, known_records_ = 0;
  std::uint64_t version_ = 1;
  std::uint32_t scope_ = no_index;
  std::uint32_t stamp_;              // of what is recorded now; that of anything older is smaller
  std::uint32_t turn_ = 0;           // how often the stamps began anew
  std::uint32_t oldest_ = no_index;  // up to this one slots stand since the first turn
  std::uint32_t recording_ = 0;
  std::array<std::uint32_t, 2> derivation_{no_index, 0};
};

using Tape = BasicTape<double>;
using TapeF = BasicTape<float>;

}  // namespace xtape
