#include <xtape/autodiff/kernels/products.hpp>

namespace xtape::kernels {

template <class T>
void matmul(const T* a, const T* b, T* c, std::size_t m, std::size_t k, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      T s = 0;
      for (std::size_t p = 0; p < k; ++p) s += a[i * k + p] * b[p * n + j];
      c[i * n + j] = s;
    }
}
template <class T>
void matmul_nt(const T* a, const T* b, T* c, std::size_t m, std::size_t k, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      T s = 0;
      for (std::size_t p = 0; p < k; ++p) s += a[i * k + p] * b[j * k + p];
      c[i * n + j] = s;
    }
}
template <class T>
void matmul_tn(const T* a, const T* b, T* c, std::size_t m, std::size_t k, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      T s = 0;
      for (std::size_t p = 0; p < k; ++p) s += a[p * m + i] * b[p * n + j];
      c[i * n + j] = s;
    }
}
template <class T>
void linear(const T* x, const T* w, const T* bias, T* y, std::size_t rows, std::size_t in,
            std::size_t out) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < out; ++j) {
      T s = bias[j];
      for (std::size_t p = 0; p < in; ++p) s += x[i * in + p] * w[p * out + j];
      y[i * out + j] = s;
    }
}

#define XTAPE_INSTANTIATE(T)                                                              \
  template void matmul(const T*, const T*, T*, std::size_t, std::size_t, std::size_t);    \
  template void matmul_nt(const T*, const T*, T*, std::size_t, std::size_t, std::size_t); \
  template void matmul_tn(const T*, const T*, T*, std::size_t, std::size_t, std::size_t); \
  template void linear(const T*, const T*, const T*, T*, std::size_t, std::size_t, std::size_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
