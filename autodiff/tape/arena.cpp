#include <xtape/autodiff/tape/arena.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace xtape {

void Arena::Release::operator()(std::byte* memory) const {
  ::operator delete[](memory, std::align_val_t{alignment});
}

void Arena::enter(std::size_t block) {
  block_ = block;
  next_ = blocks_[block].memory.get();
  end_ = next_ + blocks_[block].size;
}

std::byte* Arena::allocate_elsewhere(std::size_t bytes) {
  // A block that is too small for this piece is left alone; the same pieces in the same order find
  // the same blocks again after a rewind.
  for (std::size_t i = blocks_.empty() ? 0 : block_ + 1; i < blocks_.size(); ++i) {
    if (blocks_[i].size < bytes) continue;
    enter(i);
    return allocate(bytes);
  }
  const std::size_t grown = blocks_.empty() ? std::size_t{1} << 16 : capacity();
  const std::size_t size = std::max(bytes, grown);
  auto* const memory = static_cast<std::byte*>(::operator new[](size, std::align_val_t{alignment}));
  std::memset(memory, 0, size);
  blocks_.push_back({std::unique_ptr<std::byte[], Release>(memory), size});
  enter(blocks_.size() - 1);
  return allocate(bytes);
}

void Arena::rewind_elsewhere(const Mark& mark) {
  if (blocks_.empty()) return;
  enter(mark.block);
  if (mark.next != nullptr) next_ = mark.next;
}

std::size_t Arena::capacity() const {
  std::size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  return total;
}

}  // namespace xtape
