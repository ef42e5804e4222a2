#pragma once
// log and log1p of the lanes.
//
// x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and log(1 + f) = f - f^2 / 2 + f^3 P(f). The
// usual variable f / (2 + f) would halve P, but costs a division, which takes longer than the terms
// that it saves.

#include <xtape/autodiff/readings/elementary_common.hpp>

namespace xtape::elementary {

namespace detail {

/// A positive normal number as 2^k m with sqrt(1/2) <= m < sqrt(2).
template <class T, int N>
struct ExponentAndFraction {
  Lanes<T, N> biased;  // the bits 2^fraction_bits + bias + k, as a number
  Lanes<T, N> m;
  Lanes<T, N> exponent;  // the exponent's bits alone, at their place
  XTAPE_INLINE explicit ExponentAndFraction(const Lanes<T, N>& x) {
    using F = Format<T>;
    using Bits = typename Types<T, N>::Bits;
    using Vector = typename Types<T, N>::Vector;
    using U = typename F::Unsigned;
    constexpr U root = sizeof(T) == 8 ? U(0x3fe6a09e667f3bcd) : U(0x3f3504f3);  // sqrt(1/2)
    constexpr U integers = U(F::bias + F::fraction_bits) << F::fraction_bits;
    const Bits bits = reinterpret_cast<Bits>(x.vector) + (F::one - root);
    biased.vector = reinterpret_cast<Vector>((bits >> F::fraction_bits) | integers);
    m.vector = reinterpret_cast<Vector>((bits & F::fraction) + root);
    exponent.vector = reinterpret_cast<Vector>(bits & ~F::fraction);
  }
};

/// k ln 2 + log(1 + f) + small.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> log_of_parts(const Lanes<T, N>& k, const Lanes<T, N>& f,
                                      const Lanes<T, N>& small) {
  using C = Coefficients<T>;
  using Vector = typename Types<T, N>::Vector;
  const Powers<T, N> p(f);
  const Vector cube = p.x2.vector * f.vector;
  // The two large terms are summed without error (Dekker), as the first is the larger or zero.
  const Vector a = k.vector * C::ln2_upper;
  const Vector sum = a + f.vector, error = f.vector - (sum - a);
  const Vector rest = (k.vector * C::ln2_lower + (error + small.vector)) - T(0.5) * p.x2.vector;
  return Lanes<T, N>::of(sum + (cube * polynomial(C::log, p).vector + rest));
}

}  // namespace detail

/// The natural logarithm; log(0) is -inf, of a negative number NaN.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> log(const Lanes<T, N>& x) {
  using namespace detail;
  using L = Lanes<T, N>;
  using F = Format<T>;
  using Vector = typename Types<T, N>::Vector;
  // Subnormal numbers are made normal.
  constexpr int up = F::fraction_bits + 2;
  constexpr T offset = F::integers + F::bias;
  const auto subnormal = x.vector < std::numeric_limits<T>::min();
  const L normal = L::of(subnormal ? x.vector * F::power(up) : x.vector);
  const Vector less = subnormal ? (offset + up) - Vector{} : offset - Vector{};
  const ExponentAndFraction<T, N> e(normal);
  Vector y = log_of_parts(L::of(e.biased.vector - less), L::of(e.m.vector - 1), L()).vector;
  y = x.vector < F::infinity ? y : x.vector;
  y = x.vector < 0 ? F::nan - Vector{} : y;
  y = x.vector == 0 ? -F::infinity - Vector{} : y;
  return L::of(y);
}

/// log(1 + x): the logarithm of the rounded sum, with what the rounding lost kept beside f.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> log1p(const Lanes<T, N>& x) {
  using namespace detail;
  using L = Lanes<T, N>;
  using F = Format<T>;
  using Bits = typename Types<T, N>::Bits;
  using Vector = typename Types<T, N>::Vector;
  const Vector u = 1 + x.vector, v = u - 1;
  const Vector lost = (1 - (u - v)) + (x.vector - v);  // Knuth's two-sum
  const ExponentAndFraction<T, N> e(L::of(u));
  // f = m - 1 + 2^-k lost, as a sum of two. Where 2^-k has no bits of its own, nothing is lost.
  const Bits scale = 2 * F::one - reinterpret_cast<Bits>(e.exponent.vector);
  Vector low = lost * reinterpret_cast<Vector>(scale);
  low = x.vector < F::power(F::fraction_bits + 4) ? low : Vector{};
  const Vector high = e.m.vector - 1, f = high + low;
  const Vector beside = low - (f - high);
  // log(1 + f + beside) = log(1 + f) + beside / (1 + f), and 1 / (1 + f) is 1 - f closely enough.
  const Vector k = e.biased.vector - (F::integers + F::bias);
  Vector y = log_of_parts(L::of(k), L::of(f), L::of(beside - beside * f)).vector;
  y = x.vector < F::infinity ? y : x.vector;
  y = x.vector < -1 ? F::nan - Vector{} : y;
  y = x.vector == -1 ? -F::infinity - Vector{} : y;
  return with_sign_of(x, L::of(y));  // the sign of -0
}

}  // namespace xtape::elementary
