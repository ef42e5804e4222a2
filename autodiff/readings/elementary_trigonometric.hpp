#pragma once
// sin and cos of the lanes.
//
// |x| = n pi/2 + r with |r| <= pi/4, subtracted in parts whose products with n are exact (Cody &
// Waite), then both polynomials, of which the quadrant takes one. This serves |x| up to `largest`,
// 50 000 for double and 6 million for float; a lane above it is computed by the C library, which
// has the hundreds of digits of pi that it takes.

#include <cmath>

#include <xtape/autodiff/readings/elementary_common.hpp>

namespace xtape::elementary {

namespace detail {

enum class Circular { sin, cos };

template <class T>
inline constexpr T largest = sizeof(T) == 8 ? T(50000) : T(6000000);

/// For the lanes beyond `largest`; by pointers, as it is compiled for one instruction set only. In
/// the next wider format: glibc's sine of a double is thousands of units off next to large
/// multiples of pi/2, as it reduces to a fixed number of bits.
template <Circular Function, class T>
__attribute__((noinline, cold)) void circular_of_large(const T* x, T* y, int n) {
  using Wider = std::conditional_t<sizeof(T) == 8, long double, double>;
  for (int i = 0; i < n; ++i) {
    if (!(x[i] > largest<T> || x[i] < -largest<T>)) continue;
    const Wider wide = x[i];
    y[i] = static_cast<T>(Function == Circular::sin ? std::sin(wide) : std::cos(wide));
  }
}

/// The quadrant's choice between the two, and its sign, all with the nearest integer n to 2|x|/pi
/// in the lowest bits of `shifted`. The cosine is the sine one quadrant later.
template <Circular Function, int N>
XTAPE_INLINE Lanes<double, N> in_quadrant(const Lanes<double, N>& shifted,
                                          const Lanes<double, N>& sine,
                                          const Lanes<double, N>& cosine) {
  using Bits = typename Types<double, N>::Bits;
  using Vector = typename Types<double, N>::Vector;
  using U = Format<double>::Unsigned;
  const Bits q = reinterpret_cast<Bits>(shifted.vector) + U{Function == Circular::cos};
  const Vector y = (q & U{1}) != U{0} ? cosine.vector : sine.vector;
  const Bits sign = (q & U{2}) << 62;
  return Lanes<double, N>::of(reinterpret_cast<Vector>(reinterpret_cast<Bits>(y) ^ sign));
}

/// For |x| in double.
template <Circular Function, int N>
XTAPE_INLINE Lanes<double, N> circular(const Lanes<double, N>& size) {
  using L = Lanes<double, N>;
  using C = Coefficients<double>;
  using Vector = typename Types<double, N>::Vector;
  constexpr double shifter = Format<double>::shifter, two_over_pi = 0x1.45f306dc9c883p-1;
  const Vector shifted = size.vector * two_over_pi + shifter, n = shifted - shifter;
  // The first difference is exact, the second is kept with its error (Knuth's two-sum): next to a
  // multiple of pi/2 only the later parts are left.
  const Vector a = size.vector - n * C::half_pi[0], b = n * C::half_pi[1];
  const Vector r = a - b, back = r - a;
  const Vector low = ((a - (r - back)) - (b + back)) - n * C::half_pi[2];
  const Powers<double, N> z(L::of(r * r));
  const Vector half = 0.5 * z.x.vector, w = 1 - half;
  // sin(r + low) = sin(r) + low cos(r) and cos(r + low) = cos(r) - low sin(r).
  const Vector sine = r + ((r * z.x.vector) * polynomial(C::sin, z).vector + low * w);
  const Vector cosine =
      w + (((1 - w) - half) + (z.x2.vector * polynomial(C::cos, z).vector - low * r));
  return in_quadrant<Function>(L::of(shifted), L::of(sine), L::of(cosine));
}

/// For |x| in float, computed in double, where two parts suffice: to reduce and correct in float
/// takes longer. By halves, as one register of floats makes two of doubles.
template <Circular Function, int N>
XTAPE_INLINE Lanes<float, N> circular_in_double(const Lanes<float, N>& size) {
  using L = Lanes<double, N>;
  using C = Coefficients<float>;
  using Vector = typename Types<double, N>::Vector;
  constexpr double shifter = Format<double>::shifter, two_over_pi = 0x1.45f306dc9c883p-1;
  const Vector x = __builtin_convertvector(size.vector, Vector);
  const Vector shifted = x * two_over_pi + shifter, n = shifted - shifter;
  const Vector r = (x - n * C::half_pi[0]) - n * C::half_pi[1];
  const Powers<double, N> z(L::of(r * r));
  const Vector sine = (r * z.x.vector) * polynomial(C::sin, z).vector + r;
  const Vector cosine = z.x2.vector * polynomial(C::cos, z).vector + (1 - 0.5 * z.x.vector);
  const Vector y = in_quadrant<Function>(L::of(shifted), L::of(sine), L::of(cosine)).vector;
  return Lanes<float, N>::of(__builtin_convertvector(y, typename Types<float, N>::Vector));
}
template <Circular Function, int N>
XTAPE_INLINE Lanes<float, N> circular(const Lanes<float, N>& size) {
  if constexpr (N == 2) {
    return circular_in_double<Function>(size);
  } else {
    return joined(circular_in_double<Function>(first_half(size)),
                  circular_in_double<Function>(second_half(size)));
  }
}

template <Circular Function, class T, int N>
XTAPE_INLINE Lanes<T, N> circular_of_any(const Lanes<T, N>& x) {
  using L = Lanes<T, N>;
  using Bits = typename Types<T, N>::Bits;
  using Vector = typename Types<T, N>::Vector;
  const L size = magnitude(x);
  L y = circular<Function>(size);
  if constexpr (Function == Circular::sin) {
    const Bits sign = reinterpret_cast<Bits>(x.vector) & Format<T>::sign;
    y.vector = reinterpret_cast<Vector>(reinterpret_cast<Bits>(y.vector) ^ sign);
  }
  using Mask = Lanes<std::int64_t, static_cast<int>(N * sizeof(T) / 8)>;
  const auto large = size.vector > largest<T>;
  if (__builtin_expect(any(Mask::of(reinterpret_cast<typename Mask::Vector>(large))), 0)) {
    T from[N], to[N];
    x.store(from);
    y.store(to);
    circular_of_large<Function>(from, to, N);
    y = L::load(to);
  }
  return y;
}

}  // namespace detail

template <class T, int N>
XTAPE_INLINE Lanes<T, N> sin(const Lanes<T, N>& x) {
  return detail::circular_of_any<detail::Circular::sin>(x);
}

template <class T, int N>
XTAPE_INLINE Lanes<T, N> cos(const Lanes<T, N>& x) {
  return detail::circular_of_any<detail::Circular::cos>(x);
}

}  // namespace xtape::elementary
