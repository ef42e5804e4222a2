#pragma once
// What a tape keeps of each operation and of each array.

#include <cstdint>
#include <string_view>

#include <xtape/autodiff/rule.hpp>
#include <xtape/autodiff/tape/variable.hpp>

namespace xtape {

inline constexpr std::uint32_t none = 0xFFFFFFFF;

/// One operation: which arrays it read and which it made. If it was recorded by a recorded sweep,
/// it says which record's contribution to which input it belongs to.
template <class T>
struct Record {
  const Rule<T>* rule = nullptr;
  const void* operation = nullptr;  // its parameters, in the tape's memory
  T* stored = nullptr;              // its partial, where the forward pass kept it
  Place place;
  std::uint32_t first_input = 0;  // into the tape's list of inputs
  std::uint32_t inputs = 0;
  std::uint32_t first_output = 0;  // the slots of the outputs are consecutive
  std::uint32_t outputs = 1;
  std::uint32_t scope = none;
  std::uint32_t derives_record = none;
  std::uint32_t derives_input = 0;
};

/// One array. `record` is the operation that made it, or none for a leaf.
template <class T>
struct Slot {
  View<const T> view;
  std::string_view name;
  const ParameterStorage<T>* parameter = nullptr;
  std::uint64_t version = 0;  // of the parameter when it was recorded
  std::uint32_t record = none;
  std::uint32_t stamp = 0;  // of the handles that are valid for it
  bool active = false;
};

/// A named stretch of a recording; the outermost one's place is the user's line.
struct ScopeRecord {
  std::string_view name;
  std::uint32_t parent = none;
  Place place;
};

}  // namespace xtape
