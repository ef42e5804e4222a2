#pragma once
// Sums over whole arrays and over some of their axes.

#include <cstddef>
#include <cstdint>
#include <span>

namespace xtape::kernels {

/// The sum of the n elements of x, in an order that depends on n (and the instruction set) only:
/// vector accumulators within blocks, blocks added pairwise. The error is a few units in the last
/// place of the largest partial sum. An empty sum is 0.
template <class T>
T sum(const T* x, std::size_t n);

/// The sums over the axes whose bit is set in `reduced` (bit i for axis i) of the row-major x.
///
/// `out` has the kept axes, row-major, and is assigned. An empty sum is 0. Rank 8 at most. Order
/// and accuracy as for `sum`.
template <class T>
void reduce_sum(const T* x, T* out, std::span<const std::size_t> shape, std::uint32_t reduced);

}  // namespace xtape::kernels
