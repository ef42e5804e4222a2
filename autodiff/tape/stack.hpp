#pragma once
// A growing array of plain values for the tape: pushing does not initialise, clearing is free.

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace xtape {
namespace detail {

// The memory of a stack, whatever its values are: compiled once.
class StackMemory {
 public:
  StackMemory() = default;
  StackMemory(const StackMemory&) = delete;
  StackMemory& operator=(const StackMemory&) = delete;
  ~StackMemory();

 protected:
  // Room for `count` more values of `bytes` each. What stands behind the end is kept too: it may be
  // counted in again.
  void grow(std::uint32_t count, std::size_t bytes);

  void* memory_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace detail

template <class V>
class Stack : private detail::StackMemory {
  static_assert(std::is_trivially_copyable_v<V> && std::is_trivially_destructible_v<V>);
  static_assert(alignof(V) <= alignof(std::max_align_t));

 public:
  [[nodiscard]] std::uint32_t size() const { return size_; }
  V& operator[](std::uint32_t i) { return values()[i]; }
  const V& operator[](std::uint32_t i) const { return values()[i]; }
  [[nodiscard]] const V* data() const { return values(); }
  [[nodiscard]] const V* begin() const { return values(); }
  [[nodiscard]] const V* end() const { return values() + size_; }

  /// One more value, with whatever was there before: to be written in full.
  V& push() {
    if (size_ == capacity_) grow(1, sizeof(V));
    return values()[size_++];
  }
  void push(const V& value) { push() = value; }
  /// Room for some more values behind the end, which are not counted in.
  V* reserve(std::uint32_t count) {
    if (capacity_ - size_ < count) grow(count, sizeof(V));
    return values() + size_;
  }
  /// Counts in values that still stand behind the end.
  void extend(std::uint32_t count) { size_ += count; }
  /// Forgets the values from `size` on.
  void shrink(std::uint32_t size) { size_ = size; }

 private:
  [[nodiscard]] V* values() const { return static_cast<V*>(memory_); }
};

}  // namespace xtape
