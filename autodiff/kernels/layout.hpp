#pragma once
// Moving elements between layouts: broadcasting, transposing, slicing and their opposites.

#include <cstddef>
#include <span>

namespace xtape::kernels {

/// out[i...] = x[sum of i * stride], where out is contiguous row-major of the given shape.
///
/// Strides are counted in elements; 0 repeats (a broadcast), negative ones read backwards, x being
/// the address of element (0, ..., 0). Rank 8 at most. out must not overlap x.
template <class T>
void copy_strided(const T* x, std::span<const std::ptrdiff_t> strides,
                  std::span<const std::size_t> shape, T* out);

/// The elements [first, first + count) of what `copy_strided` would write, to out[0 .. count).
///
/// Serves operands that are broadcast chunk by chunk, without an array of the full shape.
template <class T>
void copy_strided_range(const T* x, std::span<const std::ptrdiff_t> strides,
                        std::span<const std::size_t> shape, std::size_t first, std::size_t count,
                        T* out);

/// out[sum of i * stride] = x[i...], where x is contiguous row-major of the given shape.
///
/// The opposite of `copy_strided`: targets must be distinct (so no stride of 0 on an axis longer
/// than 1); elements of out that are no target keep their values.
template <class T>
void scatter_strided(const T* x, std::span<const std::size_t> shape, T* out,
                     std::span<const std::ptrdiff_t> strides);

/// out[i] = value.
template <class T>
void fill(T* out, std::size_t n, T value);

/// acc[i] += x[i]. acc and x may be the same array, but not overlap otherwise.
template <class T>
void add(T* acc, const T* x, std::size_t n);

}  // namespace xtape::kernels
