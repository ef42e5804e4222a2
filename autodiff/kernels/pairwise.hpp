#pragma once
// Long sums: what blocks of a few hundred terms add up to is added in pairs, pairs of pairs, …

#include <cstddef>

#include <xtape/autodiff/readings/lanes.hpp>

namespace xtape::kernels {

/// The terms that are added in sequence, in every lane, before sums are added pairwise.
inline constexpr std::size_t block_terms = 256;

/// Sums of `count` vectors, to which the vectors of one block after the other are added so that the
/// sums form a balanced tree: the rounding error grows with the logarithm of the number of blocks.
/// Like a binary counter: level i holds the sum of 2^i blocks if bit i of the number of blocks is set.
template <class L, int count>
class PairwiseSum {
 public:
  XTAPE_INLINE PairwiseSum() {}

  XTAPE_INLINE void add(const L* block) {
    L carry[count];
    for (int i = 0; i < count; ++i) carry[i] = block[i];
    int level = 0;
    for (std::size_t bits = blocks_; bits & 1 && level < top; bits >>= 1) join(level++, carry);
    if (level == top && blocks_ >> top != 0) join(top, carry);
    for (int i = 0; i < count; ++i) carry[i].store(level_[level][i]);
    ++blocks_;
  }

  /// The sums, after at least one block.
  XTAPE_INLINE void total(L* result) const {
    bool first = true;
    for (int level = 0; level <= top; ++level) {
      if (level < top ? !(blocks_ >> level & 1) : blocks_ >> top == 0) continue;
      if (first)
        for (int i = 0; i < count; ++i) result[i] = L::load(level_[level][i]);
      else
        join(level, result);
      first = false;
    }
  }

 private:
  static constexpr int top = 12;  // from here on in sequence: a million terms are one block of it

  XTAPE_INLINE void join(int level, L* carry) const {
    _Pragma("GCC unroll 1")
    for (int i = 0; i < count; ++i)
      carry[i].vector = L::load(level_[level][i]).vector + carry[i].vector;
  }

  // Not initialised: a level is written before it is read.
  typename L::Scalar level_[top + 1][count][L::width];
  std::size_t blocks_ = 0;
};

}  // namespace xtape::kernels
