#pragma once
// Products of many short rows. Internal to the kernels; see narrow_linear.hpp and narrow_tn.cpp.

#include <cstddef>

namespace xtape::kernels {

inline constexpr std::size_t narrow_shorter = 3, narrow_longer = 8;

/// Whether `narrow_linear` has a kernel for rows of `in` elements to rows of `out`.
constexpr bool is_narrow(std::size_t in, std::size_t out) {
  return (out <= narrow_shorter && in < narrow_longer) ||
         (in <= narrow_shorter && out <= narrow_longer);
}

/// y = x w + bias, with x (rows, in), y (rows, out), and w (in, out), or (out, in) if it is to be
/// read transposed; without bias when it is null. is_narrow(in, out), rows >= 1.
template <class T>
void narrow_linear(const T* x, const T* w, bool transposed, const T* bias, T* y, std::size_t rows,
                   std::size_t in, std::size_t out);

/// c = aᵀ b, with a (rows, m), b (rows, n), c (m, n), all contiguous.
/// 1 <= min(m, n) <= narrow_shorter, max(m, n) <= narrow_longer.
template <class T>
void narrow_tn(const T* a, const T* b, T* c, std::size_t rows, std::size_t m, std::size_t n);

}  // namespace xtape::kernels
