#pragma once
// What a tape keeps of each operation and of each array.

#include <cstdint>
#include <span>
#include <string_view>

#include <xtape/autodiff/rule.hpp>
#include <xtape/autodiff/tape/arena.hpp>
#include <xtape/autodiff/tape/variable.hpp>

namespace xtape {

/// The index of nothing: no record, no scope, no parameter.
inline constexpr std::uint32_t no_index = 0xFFFFFFFF;

/// One operation: which arrays it read and which it made, and all that it takes to run it again. If
/// it was recorded by a recorded sweep, it says which record's contribution to which input it
/// belongs to.
template <class T>
struct Record {
  const Rule<T>* rule;
  ForwardKernel<T> kernel;       // of an elementwise operation
  KernelArguments<T> arguments;  // its parameters, in the tape's memory; the rest is elementwise
  const View<const T>* views;    // of the inputs; nullptr where the arguments say it all
  union {
    const Shape* shape;  // of an elementwise operation's output
    const View<T>* out;  // of a structural one's outputs
  };
  const char* file;  // the place in the user's text
  unsigned line;
  std::uint32_t first_input;  // into the tape's list of inputs
  std::uint32_t inputs;
  std::uint32_t first_output;  // the slots of the outputs are consecutive
  std::uint32_t outputs;
  std::uint32_t scope;
  std::uint32_t derives_record;
  std::uint32_t derives_input;
  Arena::Mark before, after;  // where its memory is

  [[nodiscard]] Place place() const { return {file, line}; }
  [[nodiscard]] const void* operation() const { return arguments.operation; }
  [[nodiscard]] std::span<const View<const T>> in() const {
    return {views, views == nullptr ? 0 : inputs};
  }
};

/// One array. `record` is the operation that made it, or none for a leaf.
template <class T>
struct Slot {
  View<const T> view;
  std::uint32_t record;
  std::uint32_t stamp;  // of the handles that are valid for it
  std::uint32_t note;   // what is known beside: name and parameter; none where there is nothing
  bool active;

  [[nodiscard]] const Shape& shape() const { return view.shape(); }
};

/// What few slots have: a name, and the parameter that a leaf stands for.
template <class T>
struct SlotNote {
  const char* name;  // nullptr for the parameter's own
  std::size_t name_size;
  const ParameterStorage<T>* parameter;
  std::uint64_t version;  // of the parameter when it was recorded
  std::uint32_t before;   // the note that it replaced
};

/// A named stretch of a recording; the outermost one's place is the user's line.
struct ScopeRecord {
  std::string_view name;
  std::uint32_t parent;
  Place place;
};

}  // namespace xtape
