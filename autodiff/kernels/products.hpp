#pragma once
// Matrix products on raw row-major arrays. The three products are a closed set: the derivative of
// each with respect to either factor is one of them again, so no transposed copy is ever made.

#include <cstddef>

namespace xtape::kernels {

/// c = a b, with a (m, k), b (k, n), c (m, n), all row-major and contiguous.
///
/// The output is assigned and must not overlap the inputs. With k = 0 it is zero. For one shape,
/// one instruction set and one processor the numbers are the same bits in every run. NaN and
/// infinity propagate: no term is skipped because a factor is zero.
template <class T>
void matmul(const T* a, const T* b, T* c, std::size_t m, std::size_t k, std::size_t n);

/// c = a bᵀ, with a (m, k), b (n, k), c (m, n). Otherwise as `matmul`.
template <class T>
void matmul_nt(const T* a, const T* b, T* c, std::size_t m, std::size_t k, std::size_t n);

/// c = aᵀ b, with a (k, m), b (k, n), c (m, n). Otherwise as `matmul`.
///
/// The sums run over the rows k. When the rows are many they are taken in blocks whose sums are
/// added pairwise, so that a gradient over 1e5 samples is off by a few units in the last place of
/// its largest partial sum.
template <class T>
void matmul_tn(const T* a, const T* b, T* c, std::size_t m, std::size_t k, std::size_t n);

/// y = x w + bias, with x (rows, in), w (in, out), bias (out), which is added to every row, and
/// y (rows, out). With in = 0 every row is the bias. Otherwise as `matmul`.
template <class T>
void linear(const T* x, const T* w, const T* bias, T* y, std::size_t rows, std::size_t in,
            std::size_t out);

}  // namespace xtape::kernels
