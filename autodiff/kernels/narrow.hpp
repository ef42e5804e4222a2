#pragma once
// Products of many short rows. Internal to the kernels; see narrow.cpp.

#include <cstddef>

namespace xtape::kernels {

inline constexpr std::size_t narrow_inputs = 7;   // of narrow_linear
inline constexpr std::size_t narrow_outputs = 3;  // of narrow_linear; the shorter side of narrow_tn
inline constexpr std::size_t narrow_longer = 8;   // the longer side of narrow_tn

/// y = x w + bias, with x (rows, in), y (rows, out), and w (in, out), or (out, in) if it is to be
/// read transposed; without bias when it is null.
/// 1 <= in <= narrow_inputs, 1 <= out <= narrow_outputs, rows >= 1.
template <class T>
void narrow_linear(const T* x, const T* w, bool transposed, const T* bias, T* y, std::size_t rows,
                   std::size_t in, std::size_t out);

/// c = aᵀ b, with a (rows, m), b (rows, n), c (m, n), all contiguous.
/// 1 <= min(m, n) <= narrow_outputs, max(m, n) <= narrow_longer.
template <class T>
void narrow_tn(const T* a, const T* b, T* c, std::size_t rows, std::size_t m, std::size_t n);

}  // namespace xtape::kernels
