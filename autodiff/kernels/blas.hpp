#pragma once
// The one door to BLAS. Internal to the kernels.

#include <cstddef>

namespace xtape::kernels {

/// c = op(a) op(b) with row-major contiguous operands, op(a) (m, k), op(b) (k, n), by BLAS on one
/// thread; plus what c holds before if `accumulate`. m, k, n >= 1.
template <class T>
void blas_gemm(bool transpose_a, bool transpose_b, const T* a, const T* b, T* c, std::size_t m,
               std::size_t k, std::size_t n, bool accumulate);

}  // namespace xtape::kernels
