// pow of arrays: the choice of the instruction set, and the C library's pow where SLEEF is missing.

#include <cmath>
#include <limits>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/readings/elementary.hpp>
#include <xtape/autodiff/readings/elementary_pow.hpp>

namespace xtape::elementary::detail {
namespace {

template <class T>
using Function = void (*)(const T*, const T*, T*, int) noexcept;

template <class T>
Function<T> choose() noexcept {
#if defined(XTAPE_HAVE_SLEEF) && defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::avx512:
      return pow_avx512;
    case InstructionSet::avx2:
      return pow_avx2;
    default:
      return pow_baseline;
  }
#else
  return [](const T* a, const T* b, T* out, int n) noexcept {
    for (int i = 0; i < n; ++i) out[i] = std::pow(a[i], b[i]);
  };
#endif
}

/// SLEEF overflows a little too soon (from 0.999998 of the largest number on): infinite results are
/// computed anew.
template <class T>
void pow_of(const T* a, const T* b, T* out, int n) noexcept {
  static const Function<T> chosen = choose<T>();
  chosen(a, b, out, n);
  bool infinite = false;
  for (int i = 0; i < n; ++i) infinite |= std::abs(out[i]) > std::numeric_limits<T>::max();
  if (!infinite) return;
  for (int i = 0; i < n; ++i) {
    if (std::isinf(out[i])) out[i] = std::pow(a[i], b[i]);
  }
}

}  // namespace

void pow_of_arrays(const double* a, const double* b, double* out, int n) noexcept {
  pow_of(a, b, out, n);
}

void pow_of_arrays(const float* a, const float* b, float* out, int n) noexcept {
  pow_of(a, b, out, n);
}

}  // namespace xtape::elementary::detail
