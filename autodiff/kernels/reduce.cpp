#include <array>
#include <xtape/autodiff/kernels/reduce.hpp>

namespace xtape::kernels {

template <class T>
T sum(const T* x, std::size_t n) {
  if (n <= 128) {
    T s = 0;
    for (std::size_t i = 0; i < n; ++i) s += x[i];
    return s;
  }
  return sum(x, n / 2) + sum(x + n / 2, n - n / 2);
}

template <class T>
void reduce_sum(const T* x, T* out, std::span<const std::size_t> shape, std::uint32_t reduced) {
  std::size_t total = 1, kept = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    total *= shape[d];
    if (!(reduced >> d & 1)) kept *= shape[d];
  }
  for (std::size_t i = 0; i < kept; ++i) out[i] = 0;
  for (std::size_t i = 0; i < total; ++i) {
    std::size_t rest = i, to = 0, step = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (!(reduced >> d & 1)) {
        to += rest % shape[d] * step;
        step *= shape[d];
      }
      rest /= shape[d];
    }
    out[to] += x[i];
  }
}

#define XTAPE_INSTANTIATE(T)                \
  template T sum(const T*, std::size_t);    \
  template void reduce_sum(const T*, T*, std::span<const std::size_t>, std::uint32_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
