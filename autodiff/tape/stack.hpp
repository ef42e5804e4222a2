#pragma once
// A growing array of plain values for the tape: pushing does not initialise, clearing is free.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

namespace xtape {

template <class V>
class Stack {
  static_assert(std::is_trivially_copyable_v<V> && std::is_trivially_destructible_v<V>);

 public:
  [[nodiscard]] std::uint32_t size() const { return size_; }
  V& operator[](std::uint32_t i) { return values_[i]; }
  const V& operator[](std::uint32_t i) const { return values_[i]; }
  [[nodiscard]] const V* data() const { return values_.get(); }
  [[nodiscard]] const V* begin() const { return values_.get(); }
  [[nodiscard]] const V* end() const { return values_.get() + size_; }

  /// One more value, with whatever was there before: to be written in full.
  V& push() {
    if (size_ == capacity_) grow(1);
    return values_[size_++];
  }
  void push(const V& value) { push() = value; }
  /// Room for some more values behind the end, which are not counted in.
  V* reserve(std::uint32_t count) {
    if (capacity_ - size_ < count) grow(count);
    return values_.get() + size_;
  }
  /// Counts in values that still stand behind the end.
  void extend(std::uint32_t count) { size_ += count; }
  /// Forgets the values from `size` on.
  void shrink(std::uint32_t size) { size_ = size; }

 private:
  // What stands behind the end is kept too: it may be counted in again.
  void grow(std::uint32_t count) {
    const std::uint32_t capacity = std::max<std::uint32_t>({64, 2 * capacity_, size_ + count});
    auto larger = std::make_unique_for_overwrite<V[]>(capacity);
    if (capacity_ != 0)
      std::memcpy(static_cast<void*>(larger.get()), values_.get(), capacity_ * sizeof(V));
    values_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<V[]> values_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace xtape
