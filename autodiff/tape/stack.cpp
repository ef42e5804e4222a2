#include <algorithm>
#include <cstring>
#include <new>
#include <xtape/autodiff/tape/stack.hpp>

namespace xtape::detail {

StackMemory::~StackMemory() { ::operator delete(memory_); }

void StackMemory::grow(std::uint32_t count, std::size_t bytes) {
  const std::uint32_t capacity = std::max<std::uint32_t>({64, 2 * capacity_, size_ + count});
  void* const larger = ::operator new(capacity* bytes);
  if (capacity_ != 0) std::memcpy(larger, memory_, capacity_ * bytes);
  ::operator delete(memory_);
  memory_ = larger;
  capacity_ = capacity;
}

}  // namespace xtape::detail
