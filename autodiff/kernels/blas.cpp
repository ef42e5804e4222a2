// The only file that meets BLAS, through the wrappers that come with xtensor-blas.

#include <complex>  // which the wrappers need and do not include
#include <limits>
#include <stdexcept>

#ifndef HAVE_CBLAS
#define HAVE_CBLAS 1
#endif
#include <xflens/cxxblas/cxxblas.cxx>

#include <xtape/autodiff/kernels/blas.hpp>

// OpenBLAS splits sums differently for different numbers of threads, and its threads cost more than
// they save on small products: the whole process is set to one. Other libraries lack the symbol.
extern "C" __attribute__((weak)) void openblas_set_num_threads(int);

namespace xtape::kernels {
namespace {

int as_blas_index(std::size_t n) {
  if (n > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw std::length_error("matrix product: more rows or columns than BLAS can count");
  return static_cast<int>(n);
}

}  // namespace

template <class T>
void blas_gemm(bool transpose_a, bool transpose_b, const T* a, const T* b, T* c, std::size_t m,
               std::size_t k, std::size_t n, bool accumulate) {
  [[maybe_unused]] static const bool single = [] {
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    return true;
  }();
  const int rows = as_blas_index(m), inner = as_blas_index(k), columns = as_blas_index(n);
  cxxblas::gemm<int>(cxxblas::RowMajor, transpose_a ? cxxblas::Trans : cxxblas::NoTrans,
                     transpose_b ? cxxblas::Trans : cxxblas::NoTrans, rows, columns, inner, T(1), a,
                     transpose_a ? rows : inner, b, transpose_b ? inner : columns,
                     accumulate ? T(1) : T(0), c, columns);
}

template void blas_gemm(bool, bool, const float*, const float*, float*, std::size_t, std::size_t,
                        std::size_t, bool);
template void blas_gemm(bool, bool, const double*, const double*, double*, std::size_t, std::size_t,
                        std::size_t, bool);

}  // namespace xtape::kernels
