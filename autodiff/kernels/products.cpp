// Which kernel multiplies: by shape alone, so that a shape's numbers are always the same bits.

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/kernels/blocked.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/narrow.hpp>
#include <xtape/autodiff/kernels/products.hpp>

namespace xtape::kernels {
namespace {

using std::size_t;

// The largest matrix that is transposed on the stack, and what stays in the nearest cache.
constexpr size_t packed = 4096, small = 1024;

// From this many multiply-adds on BLAS multiplies, except where one factor is small. Measured with
// AVX-512 and OpenBLAS 0.3.21: its kernels for AVX-512 win from 16 x 16 x 16 on, but by no more
// than a third below 100 x 100 x 100; those for AVX2, which it takes on processors that it does not
// know, need twice as long as the register blocks for the small and catch up at 128 x 128 x 128.
constexpr size_t blas_work = 524288;

// What dot products along a long axis have to be, to be left to BLAS.
constexpr size_t blas_dots = 16384;

/// Where one factor stays in the nearest cache however many rows the other has, packing does not
/// pay.
bool is_large(size_t rows, size_t in, size_t out) {
  return rows * in * out > blas_work && in * out > small;
}

template <class T>
void start_rows(const T* bias, T* c, size_t m, size_t n) {
  for (size_t i = 0; i < m; ++i)
    for (size_t j = 0; j < n; ++j) c[i * n + j] = bias == nullptr ? T(0) : bias[j];
}

/// to (columns, rows) = fromᵀ
template <class T>
void transpose(const T* from, T* to, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
}

/// c (m, n) = a (rows, m)ᵀ b (rows, n), where c is small and the rows are so many that they do not
/// stay in the cache while the register blocks of c pass over them one by one: half by half.
template <class T>
void tall_tn(const T* a, const T* b, T* c, size_t rows, size_t m, size_t n) {
  if (m * n > small || rows * (m + n) <= 65536)
    return blocked<T>({a, 1, m}, b, nullptr, c, m, rows, n);
  const size_t half = rows / 2;
  T second[small];
  tall_tn(a, b, c, half, m, n);
  tall_tn(a + half * m, b + half * n, second, rows - half, m, n);
  add(c, second, m * n);
}

template <class T>
void affine(const T* a, const T* b, const T* bias, T* c, size_t m, size_t k, size_t n) {
  if (m == 0 || n == 0) return;
  if (k == 0) return start_rows(bias, c, m, n);
  if (is_narrow(k, n)) return narrow_linear(a, b, false, bias, c, m, k, n);
  if (n == 1) return dots(a, b, bias, c, m, k, n);
  if (n <= narrow_shorter && m >= 4 && k * n <= packed) {
    T columns[packed];
    transpose(b, columns, k, n);
    return dots(a, columns, bias, c, m, k, n);
  }
  if (!is_large(m, k, n)) return blocked({a, k, 1}, b, bias, c, m, k, n);
  if (bias != nullptr) start_rows(bias, c, m, n);
  blas_gemm(false, false, a, b, c, m, k, n, bias != nullptr);
}

}  // namespace

template <class T>
void matmul(const T* a, const T* b, T* c, size_t m, size_t k, size_t n) {
  affine<T>(a, b, nullptr, c, m, k, n);
}

template <class T>
void linear(const T* x, const T* w, const T* bias, T* y, size_t rows, size_t in, size_t out) {
  affine<T>(x, w, bias, y, rows, in, out);
}

template <class T>
void matmul_nt(const T* a, const T* b, T* c, size_t m, size_t k, size_t n) {
  if (m == 0 || n == 0) return;
  if (k == 0) return start_rows<T>(nullptr, c, m, n);
  if (is_narrow(k, n)) return narrow_linear<T>(a, b, true, nullptr, c, m, k, n);
  if (n <= narrow_shorter && k <= packed) return dots<T>(a, b, nullptr, c, m, k, n);
  if (is_large(m, k, n) || (m >= 4 && n * k > packed && m * k * n > blas_dots))
    return blas_gemm(false, true, a, b, c, m, k, n, false);
  if (m < 4 || n * k > packed) return dots<T>(a, b, nullptr, c, m, k, n);
  T rows[packed];
  transpose(b, rows, n, k);
  blocked<T>({a, k, 1}, rows, nullptr, c, m, k, n);
}

template <class T>
void matmul_tn(const T* a, const T* b, T* c, size_t m, size_t k, size_t n) {
  if (m == 0 || n == 0) return;
  if (k == 0) return start_rows<T>(nullptr, c, m, n);
  if (k == 1) {
    for (size_t i = 0; i < m; ++i)
      for (size_t j = 0; j < n; ++j) c[i * n + j] = a[i] * b[j];
    return;
  }
  const size_t less = m < n ? m : n, more = m < n ? n : m;
  if (less <= narrow_shorter && more <= narrow_longer) return narrow_tn(a, b, c, k, m, n);
  if (n == 1) return tall_tn(b, a, c, k, n, m);
  if (n <= narrow_shorter && n * m <= packed) {
    T turned[packed];
    tall_tn(b, a, turned, k, n, m);
    return transpose(turned, c, n, m);
  }
  if (!is_large(k, m, n)) return tall_tn(a, b, c, k, m, n);
  blas_gemm(true, false, a, b, c, m, k, n, false);
}

#define XTAPE_INSTANTIATE(T)                                               \
  template void matmul(const T*, const T*, T*, size_t, size_t, size_t);    \
  template void matmul_nt(const T*, const T*, T*, size_t, size_t, size_t); \
  template void matmul_tn(const T*, const T*, T*, size_t, size_t, size_t); \
  template void linear(const T*, const T*, const T*, T*, size_t, size_t, size_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
