#pragma once
// The elementary functions of the lanes: branch-free, inlined into the formula's kernel and
// compiled with it for each instruction set. NaN in gives NaN out. Not for -ffast-math.
//
// Largest errors met, in units of the last place, double and float (tests/elementary_test.cpp holds
// them): exp and expm1 1.3, log and log1p 0.9, sin and cos 0.8 and 0.5, tanh 1.6, pow 0.6, the
// others exact. The bits depend on whether the compiler contracts products and sums, so on the
// instruction set; not on the number of lanes, nor on a number's place among them.

#if defined(__SSE2__)
#include <emmintrin.h>
#else
#include <cmath>
#endif

#include <xtape/autodiff/readings/elementary_common.hpp>
#include <xtape/autodiff/readings/elementary_exponential.hpp>
#include <xtape/autodiff/readings/elementary_logarithm.hpp>
#include <xtape/autodiff/readings/elementary_trigonometric.hpp>

namespace xtape::elementary {

namespace detail {

/// out[i] = a[i]^b[i], compiled for each instruction set (elementary_pow.cpp). By pointers, as the
/// library's code cannot be inlined.
void pow_of_arrays(const double* a, const double* b, double* out, int n) noexcept;
void pow_of_arrays(const float* a, const float* b, float* out, int n) noexcept;

}  // namespace detail

template <class T, int N>
XTAPE_INLINE Lanes<T, N> abs(const Lanes<T, N>& x) {
  return detail::magnitude(x);
}

/// The larger one; NaN where either is NaN.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> maximum(const Lanes<T, N>& a, const Lanes<T, N>& b) {
  const auto larger = a.vector > b.vector ? a.vector : b.vector;  // b where one is NaN
  return Lanes<T, N>::of(a.vector != a.vector ? a.vector : larger);
}

/// The smaller one; NaN where either is NaN.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> minimum(const Lanes<T, N>& a, const Lanes<T, N>& b) {
  const auto smaller = a.vector < b.vector ? a.vector : b.vector;
  return Lanes<T, N>::of(a.vector != a.vector ? a.vector : smaller);
}

/// The square root, correctly rounded. By pieces of 16 bytes, for which every x86-64 has an
/// instruction: the compilers have no vector square root without errno, and the processors' wider
/// ones take as long as their pieces.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> sqrt(const Lanes<T, N>& x) {
  using L = Lanes<T, N>;
#if defined(__SSE2__)
  using Vector = typename L::Vector;
  if constexpr (N * sizeof(T) < 16) {
    return detail::first_half(elementary::sqrt(detail::joined(x, x)));
  } else if constexpr (N * sizeof(T) > 16) {
    return detail::joined(elementary::sqrt(detail::first_half(x)),
                          elementary::sqrt(detail::second_half(x)));
  } else if constexpr (sizeof(T) == 8) {
    return L::of(reinterpret_cast<Vector>(_mm_sqrt_pd(reinterpret_cast<__m128d>(x.vector))));
  } else {
    return L::of(reinterpret_cast<Vector>(_mm_sqrt_ps(reinterpret_cast<__m128>(x.vector))));
  }
#else
  L y;
  for (int i = 0; i < N; ++i) y.vector[i] = std::sqrt(x.vector[i]);
  return y;
#endif
}

/// The largest integer not above x.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> floor(const Lanes<T, N>& x) {
  using namespace detail;
  using L = Lanes<T, N>;
  using Vector = typename Types<T, N>::Vector;
  const Vector size = magnitude(x).vector;
  const L nearest = with_sign_of(x, L::of((size + Format<T>::integers) - Format<T>::integers));
  const Vector below = nearest.vector > x.vector ? nearest.vector - 1 : nearest.vector;
  return L::of(size < Format<T>::integers ? below : x.vector);
}

/// The nearest integer, a half away from zero, as std::round.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> round(const Lanes<T, N>& x) {
  using namespace detail;
  using L = Lanes<T, N>;
  using Vector = typename Types<T, N>::Vector;
  const Vector size = magnitude(x).vector;
  const Vector nearest = (size + Format<T>::integers) - Format<T>::integers;  // a half to even
  const Vector up = size - nearest >= T(0.5) ? nearest + 1 : nearest;
  return with_sign_of(x, L::of(size < Format<T>::integers ? up : size));
}

/// a^b, with IEEE 754's special cases.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> pow(const Lanes<T, N>& a, const Lanes<T, N>& b) {
  T base[N], exponent[N], result[N];
  a.store(base);
  b.store(exponent);
  detail::pow_of_arrays(base, exponent, result, N);
  return Lanes<T, N>::load(result);
}

}  // namespace xtape::elementary
