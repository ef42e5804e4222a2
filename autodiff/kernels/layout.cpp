#include <xtape/autodiff/kernels/layout.hpp>

namespace xtape::kernels {

namespace {
std::ptrdiff_t offset(std::size_t i, std::span<const std::ptrdiff_t> strides,
                      std::span<const std::size_t> shape) {
  std::ptrdiff_t result = 0;
  for (std::size_t d = shape.size(); d-- > 0;) {
    result += static_cast<std::ptrdiff_t>(i % shape[d]) * strides[d];
    i /= shape[d];
  }
  return result;
}
std::size_t size_of(std::span<const std::size_t> shape) {
  std::size_t n = 1;
  for (auto s : shape) n *= s;
  return n;
}
}  // namespace

template <class T>
void copy_strided(const T* x, std::span<const std::ptrdiff_t> strides,
                  std::span<const std::size_t> shape, T* out) {
  copy_strided_range(x, strides, shape, 0, size_of(shape), out);
}
template <class T>
void copy_strided_range(const T* x, std::span<const std::ptrdiff_t> strides,
                        std::span<const std::size_t> shape, std::size_t first, std::size_t count,
                        T* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = x[offset(first + i, strides, shape)];
}
template <class T>
void scatter_strided(const T* x, std::span<const std::size_t> shape, T* out,
                     std::span<const std::ptrdiff_t> strides) {
  for (std::size_t i = 0, n = size_of(shape); i < n; ++i) out[offset(i, strides, shape)] = x[i];
}
template <class T>
void fill(T* out, std::size_t n, T value) {
  for (std::size_t i = 0; i < n; ++i) out[i] = value;
}
template <class T>
void add(T* acc, const T* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) acc[i] += x[i];
}

#define XTAPE_INSTANTIATE(T)                                                                  \
  template void copy_strided(const T*, std::span<const std::ptrdiff_t>,                       \
                             std::span<const std::size_t>, T*);                               \
  template void copy_strided_range(const T*, std::span<const std::ptrdiff_t>,                 \
                                   std::span<const std::size_t>, std::size_t, std::size_t, T*); \
  template void scatter_strided(const T*, std::span<const std::size_t>, T*,                   \
                                std::span<const std::ptrdiff_t>);                             \
  template void fill(T*, std::size_t, T);                                                     \
  template void add(T*, const T*, std::size_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
