#pragma once
// Memory that is handed out in order and taken back all at once.

#include <cstddef>
#include <memory>
#include <vector>

namespace xtape {

/// Blocks of zeroed memory from which pieces are taken in order. `rewind` makes the same memory
/// available again without returning it: from the second pass on nothing is allocated.
class Arena {
 public:
  /// Pieces start at multiples of this, and values are padded to it: whole vectors of every
  /// instruction set can be loaded and stored.
  static constexpr std::size_t alignment = 64;

  struct Mark {
    std::size_t block = 0;
    std::byte* next = nullptr;
  };

  /// `bytes` of memory, which holds whatever was there before.
  std::byte* allocate(std::size_t bytes) {
    bytes = (bytes + alignment - 1) & ~(alignment - 1);
    if (bytes <= static_cast<std::size_t>(end_ - next_)) {
      std::byte* const piece = next_;
      next_ += bytes;
      return piece;
    }
    return allocate_elsewhere(bytes);
  }
  /// Room for `count` elements of T.
  template <class T>
  T* allocate(std::size_t count) {
    return reinterpret_cast<T*>(allocate(count * sizeof(T)));
  }

  [[nodiscard]] Mark mark() const { return {block_, next_}; }
  void rewind(const Mark& mark) {
    if (mark.block == block_ && mark.next != nullptr) {
      next_ = mark.next;
    } else {
      rewind_elsewhere(mark);
    }
  }
  void rewind() { rewind(Mark{}); }
  /// The memory held, used or not.
  [[nodiscard]] std::size_t capacity() const;

 private:
  struct Release {
    void operator()(std::byte* memory) const;
  };
  struct Block {
    std::unique_ptr<std::byte[], Release> memory;
    std::size_t size;
  };

  std::byte* allocate_elsewhere(std::size_t bytes);
  void rewind_elsewhere(const Mark& mark);
  void enter(std::size_t block);

  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace xtape
