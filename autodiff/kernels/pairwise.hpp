#pragma once
// Long sums: what blocks of a few hundred terms add up to is added in pairs, pairs of pairs, …

#include <cstddef>

#include <xtape/autodiff/readings/lanes.hpp>

namespace xtape::kernels {

/// The terms that are added in sequence, in every lane, before sums are added pairwise.
inline constexpr std::size_t block_terms = 256;

/// Sums of `count` vectors, to which the vectors of one block after the other are added so that the
/// sums form a balanced tree: the rounding error grows with the logarithm of the number of blocks.
/// Like a binary counter: level i holds the sum of 2^i blocks if bit i of the number of blocks is
/// set.
template <class L, int count>
class PairwiseSum {
 public:
  XTAPE_INLINE PairwiseSum() {}  // NOLINT(modernize-use-equals-default): it has to be inlined

  XTAPE_INLINE void add(const L* block) {
    int level = 0;
    while (level < top && blocks_ >> level & 1) ++level;
    const int joined = level == top && blocks_ >> top != 0 ? top + 1 : level;
    _Pragma("GCC unroll 1") for (int i = 0; i < count; ++i) {
      L carry = block[i];
      _Pragma("GCC unroll 1") for (int j = 0; j < joined; ++j) carry.vector =
          L::load(level_[j][i]).vector + carry.vector;
      carry.store(level_[level][i]);
    }
    ++blocks_;
  }

  /// The sums, after at least one block.
  XTAPE_INLINE void total(L* result) const {
    _Pragma("GCC unroll 1") for (int i = 0; i < count; ++i) {
      L sum;
      _Pragma("GCC unroll 1") for (int level = 0; level <= top;
                                   ++level) if (level < top ? blocks_ >> level & 1 : blocks_ >> top)
          sum.vector = L::load(level_[level][i]).vector + sum.vector;
      result[i] = sum;
    }
  }

 private:
  static constexpr int top = 12;  // from here on in sequence: a million terms are one block of it

  // Not initialised: a level is written before it is read.
  typename L::Scalar level_[top + 1][count][L::width];
  std::size_t blocks_ = 0;
};

}  // namespace xtape::kernels
