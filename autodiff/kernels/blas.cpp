// The only file that meets BLAS, through the wrappers that come with xtensor-blas.

#include <complex>  // which the wrappers need and do not include
#include <limits>
#include <stdexcept>

// NOLINTBEGIN(readability-identifier-naming,bugprone-suspicious-include): their names and file
#ifndef HAVE_CBLAS
#define HAVE_CBLAS 1
#endif
#ifdef XTAPE_BLAS_SONAME  // loaded, not linked: the wrappers' calls go through functions of ours
#define cblas_sgemm xtape_loaded_sgemm
#define cblas_dgemm xtape_loaded_dgemm
#endif
#include <xflens/cxxblas/cxxblas.cxx>
// NOLINTEND(readability-identifier-naming,bugprone-suspicious-include)

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/kernels/blas_library.hpp>

// OpenBLAS splits sums differently for different numbers of threads, and its threads cost more than
// they save on small products: the whole process is set to one. Other libraries lack the symbol.
#ifdef XTAPE_BLAS_SONAME
#define XTAPE_LOADED_GEMM(name, T)                                                                \
  void xtape_loaded_##name(CBLAS_ORDER order, CBLAS_TRANSPOSE transpose_a,                        \
                           CBLAS_TRANSPOSE transpose_b, int m, int n, int k, T alpha, const T* a, \
                           int lda, const T* b, int ldb, T beta, T* c, int ldc) {                 \
    static const auto gemm = reinterpret_cast<decltype(&xtape_loaded_##name)>(                    \
        xtape::kernels::blas_function("cblas_" #name));                                           \
    gemm(order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);          \
  }
XTAPE_LOADED_GEMM(sgemm, float)
XTAPE_LOADED_GEMM(dgemm, double)
#undef XTAPE_LOADED_GEMM
#else
extern "C" __attribute__((weak)) void openblas_set_num_threads(int);
#endif

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
#ifndef XTAPE_BLAS_SONAME
  [[maybe_unused]] static const bool single = [] {
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    return true;
  }();
#endif
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
