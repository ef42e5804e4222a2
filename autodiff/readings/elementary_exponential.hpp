#pragma once
// exp, expm1 and tanh of the lanes.
//
// x = n ln 2 + r with |r| <= ln(2) / 2, the product subtracted in two parts (Cody & Waite, Software
// Manual for the Elementary Functions, 1980), exp(r) by a polynomial, and 2^n put together from
// bits. No table: a gather is slower than the ten coefficients that it would save.

#include <xtape/autodiff/readings/elementary_common.hpp>

namespace xtape::elementary {

namespace detail {

/// x = n ln 2 + r, with n also as an integer in the lowest bits of `shifted`, increased by Offset.
template <int Offset, class T, int N>
struct ExponentAndRest {
  Lanes<T, N> n, shifted, r;
  XTAPE_INLINE explicit ExponentAndRest(const Lanes<T, N>& x) {
    using C = Coefficients<T>;
    constexpr T shifter = Format<T>::shifter + Offset;
    shifted.vector = x.vector * C::log2_e + shifter;
    n.vector = shifted.vector - shifter;
    r.vector = (x.vector - n.vector * C::ln2_upper) - n.vector * C::ln2_lower;
  }
  /// The integer at the place of a number's exponent (what lies above it has been shifted out).
  XTAPE_INLINE Lanes<T, N> exponent() const {
    using Bits = typename Types<T, N>::Bits;
    const Bits bits = reinterpret_cast<Bits>(shifted.vector) << Format<T>::fraction_bits;
    return Lanes<T, N>::of(reinterpret_cast<typename Types<T, N>::Vector>(bits));
  }
};

/// exp(r) - 1 where only its absolute error counts, with the shortest chain.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> short_expm1(const Lanes<T, N>& r) {
  using L = Lanes<T, N>;
  constexpr auto& c = Coefficients<T>::exp;
  constexpr int terms = sizeof(c) / sizeof(T), first = terms > 6 ? 4 : 2;
  const Powers<T, N> p(r);
  const L lower = polynomial<0, first>(c, p);
  const L upper = polynomial<first, terms - first>(c, p);
  const L power = L::of(p.x2.vector * (first == 4 ? p.x4.vector : p.x2.vector));
  return L::of(power.vector * upper.vector + (p.x2.vector * lower.vector + r.vector));
}

}  // namespace detail

/// e^x.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> exp(const Lanes<T, N>& x) {
  using namespace detail;
  using F = Format<T>;
  using Bits = typename Types<T, N>::Bits;
  using Vector = typename Types<T, N>::Vector;
  constexpr T highest = sizeof(T) == 8 ? T(710) : T(89),
              lowest = sizeof(T) == 8 ? T(-746) : T(-105);
  const ExponentAndRest<2 * F::bias, T, N> e(x);
  const Lanes<T, N> t = short_expm1(e.r);
  // 2^n as the product of two powers of about half the exponent: the result may be subnormal (one
  // rounding, in the last product) or overflow, while its factors do neither.
  const Bits both = reinterpret_cast<Bits>(e.exponent().vector);
  const Bits first = (both >> 1) & F::exponent, second = both - first;
  const Vector a = reinterpret_cast<Vector>(first), b = reinterpret_cast<Vector>(second);
  Vector y = (a * t.vector + a) * b;
  y = x.vector > highest ? F::infinity - Vector{} : y;
  y = x.vector < lowest ? Vector{} : y;
  return Lanes<T, N>::of(y);
}

/// e^x - 1.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> expm1(const Lanes<T, N>& x) {
  using namespace detail;
  using F = Format<T>;
  using C = Coefficients<T>;
  using Vector = typename Types<T, N>::Vector;
  constexpr T highest = sizeof(T) == 8 ? T(710) : T(89), lowest = sizeof(T) == 8 ? T(-40) : T(-20);
  const ExponentAndRest<F::bias - 1, T, N> e(x);
  const Vector r = e.r.vector;
  // What rounding took from r; it would show where e^r - 1 and 2^n - 1 cancel.
  const Vector lost = ((x.vector - e.n.vector * C::ln2_upper) - r) - e.n.vector * C::ln2_lower;
  const Powers<T, N> p(e.r);
  const Vector rest = p.x2.vector * polynomial(C::expm1, p).vector + lost;
  // 2^(n-1) - 1/2 + 2^(n-1) (r + rest), then doubled: 2^n alone would overflow too soon. The first
  // two terms are summed without error (Dekker), as the first is the larger or zero.
  const Vector power = e.exponent().vector;
  const Vector a = power - T(0.5), b = power * r;
  const Vector sum = a + b, error = b - (sum - a);
  Vector y = 2 * (sum + (power * rest + error));
  y = magnitude(x).vector < F::power(-F::fraction_bits - 1) ? x.vector : y;
  y = x.vector > highest ? F::infinity - Vector{} : y;
  y = x.vector < lowest ? T(-1) - Vector{} : y;
  return Lanes<T, N>::of(y);
}

/// The hyperbolic tangent: a polynomial for small arguments, else 1 - 2 e/(1 + e) with e =
/// exp(-2|x|), whose fraction is then below 1/2, so that its error counts less than half. e and
/// 1/(1 + e) are spelled as in the operation's partial: a kernel that computes both finds them
/// once.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> tanh(const Lanes<T, N>& x) {
  using namespace detail;
  using L = Lanes<T, N>;
  using Vector = typename Types<T, N>::Vector;
  const L size = magnitude(x);
  const Vector a = size.vector;
  const Powers<T, N> square(L::of(a * a));
  const Vector small = (a * square.x.vector) * polynomial(Coefficients<T>::tanh, square).vector + a;
  const L minus = select(x < 0, x, -x), e = elementary::exp(minus + minus), r = 1 / (1 + e);
  const L half = e * r;
  Vector y = 1 - 2 * half.vector;
  y = a < T(0.55) ? small : y;
  return with_sign_of(x, L::of(y));
}

}  // namespace xtape::elementary
