// Which kernel multiplies: by shape alone, so that a shape's numbers are always the same bits.

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/kernels/blocked.hpp>
#include <xtape/autodiff/kernels/narrow.hpp>
#include <xtape/autodiff/kernels/products.hpp>

namespace xtape::kernels {
namespace {

using std::size_t;

// The largest matrix that is transposed on the stack.
constexpr size_t packed = 4096;

// Measured (double and float, AVX-512 and AVX2, OpenBLAS 0.3.21): below this many multiply-adds the
// register blocks win against BLAS, whose packing costs more than it saves.
constexpr size_t blas_work = 16384;

bool is_narrow(size_t in, size_t out) { return in <= narrow_inputs && out <= narrow_outputs; }

/// Where one factor stays in the nearest cache however many rows the other has, packing does not pay.
bool is_large(size_t rows, size_t in, size_t out) {
  return rows * in * out > blas_work && in * out > 1024;
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

template <class T>
void affine(const T* a, const T* b, const T* bias, T* c, size_t m, size_t k, size_t n) {
  if (m == 0 || n == 0) return;
  if (k == 0) return start_rows(bias, c, m, n);
  if (is_narrow(k, n)) return narrow_linear(a, b, false, bias, c, m, k, n);
  if (n == 1) return dots(a, b, bias, c, m, k, n);
  if (n <= narrow_outputs && m >= 4 && k * n <= packed) {
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
  if (n <= narrow_outputs && k <= packed) return dots<T>(a, b, nullptr, c, m, k, n);
  if (is_large(m, k, n)) return blas_gemm(false, true, a, b, c, m, k, n, false);
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
  if (less <= narrow_outputs && more <= narrow_longer) return narrow_tn(a, b, c, k, m, n);
  if (n == 1) return blocked<T>({b, 1, n}, a, nullptr, c, n, k, m);
  if (n <= narrow_outputs && n * m <= packed) {
    T turned[packed];
    blocked<T>({b, 1, n}, a, nullptr, turned, n, k, m);
    return transpose(turned, c, n, m);
  }
  if (!is_large(k, m, n)) return blocked<T>({a, 1, m}, b, nullptr, c, m, k, n);
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
