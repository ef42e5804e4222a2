#pragma once
// Products of medium size by register blocks. Internal to the kernels; see blocked.cpp.

#include <cstddef>

namespace xtape::kernels {

/// An m by k matrix of which element (i, p) is data[i * row + p * column].
template <class T>
struct Strided {
  const T* data;
  std::size_t row, column;
};

/// c = a b + bias, with a (m, k) strided, b (k, n) and c (m, n) contiguous; bias (n) may be null.
/// n >= 1, m >= 1. Sums over many k are pairwise.
template <class T>
void blocked(const Strided<T>& a, const T* b, const T* bias, T* c, std::size_t m, std::size_t k,
             std::size_t n);

/// c = a bᵀ + bias by dot products along k, with a (m, k), b (n, k) contiguous.
template <class T>
void dots(const T* a, const T* b, const T* bias, T* c, std::size_t m, std::size_t k, std::size_t n);

}  // namespace xtape::kernels
