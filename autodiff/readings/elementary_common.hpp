#pragma once
// What the elementary functions of the lanes have in common: the layout of the formats,
// polynomials, halves of lanes.
//
// All work is done on the compilers' raw vectors, where a product may or may not be contracted with
// the sum that consumes it: wherever an error term is computed, the products in it are exact, so
// that both give a correct one. Vectors never cross a function's border by value (see Lanes).

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <xtape/autodiff/readings/elementary_coefficients.hpp>
#include <xtape/autodiff/readings/lanes.hpp>

namespace xtape::elementary::detail {

/// The layout of an IEEE format, as unsigned integers: vectors of these have logical shifts, which
/// every instruction set has for 64 bits too, and wrap round.
template <class T>
struct Format {
  using Unsigned = std::make_unsigned_t<typename Lanes<T, 2>::Integer>;
  static constexpr int fraction_bits = std::numeric_limits<T>::digits - 1;
  static constexpr int bias = std::numeric_limits<T>::max_exponent - 1;
  static constexpr Unsigned one = Unsigned{bias} << fraction_bits;
  static constexpr Unsigned sign = Unsigned{1} << (8 * sizeof(T) - 1);
  static constexpr Unsigned fraction = (Unsigned{1} << fraction_bits) - 1;
  static constexpr Unsigned exponent = ~(sign | fraction);
  static constexpr T power(int n) {
    T result = 1;
    for (; n > 0; --n) result *= 2;
    for (; n < 0; ++n) result /= 2;
    return result;
  }
  /// From here on all numbers are integers.
  static constexpr T integers = power(fraction_bits);
  /// Added to a small number, leaves the nearest integer in the lowest bits of the sum.
  static constexpr T shifter = 3 * power(fraction_bits - 1);
  static constexpr T infinity = std::numeric_limits<T>::infinity();
  static constexpr T nan = std::numeric_limits<T>::quiet_NaN();
};

template <class T, int N>
struct Types {
  using Vector = typename Lanes<T, N>::Vector;
  using Bits = typename VectorOf<typename Format<T>::Unsigned, N>::type;
};

template <class T, int N>
XTAPE_INLINE Lanes<T, N> magnitude(const Lanes<T, N>& x) {
  using Bits = typename Types<T, N>::Bits;
  using Vector = typename Types<T, N>::Vector;
  const Bits bits = reinterpret_cast<Bits>(x.vector) & ~Format<T>::sign;
  return Lanes<T, N>::of(reinterpret_cast<Vector>(bits));
}

/// The number y, whose sign is plus, with the sign of x.
template <class T, int N>
XTAPE_INLINE Lanes<T, N> with_sign_of(const Lanes<T, N>& x, const Lanes<T, N>& y) {
  using Bits = typename Types<T, N>::Bits;
  using Vector = typename Types<T, N>::Vector;
  const Bits bits =
      (reinterpret_cast<Bits>(x.vector) & Format<T>::sign) | reinterpret_cast<Bits>(y.vector);
  return Lanes<T, N>::of(reinterpret_cast<Vector>(bits));
}

/// The powers of x that Estrin's scheme takes; the compiler drops those that are not used.
template <class T, int N>
struct Powers {
  Lanes<T, N> x, x2, x4, x8, x16;
  XTAPE_INLINE explicit Powers(const Lanes<T, N>& base) : x(base) {
    x2.vector = x.vector * x.vector;
    x4.vector = x2.vector * x2.vector;
    x8.vector = x4.vector * x4.vector;
    x16.vector = x8.vector * x8.vector;
  }
};

/// c[First] + c[First + 1] x + ... (Count terms) by halves (Estrin): its depth is the logarithm of
/// Count, where Horner's is Count.
template <int First, int Count, class T, int N, std::size_t M>
XTAPE_INLINE Lanes<T, N> polynomial(const T (&c)[M], const Powers<T, N>& p) {
  using L = Lanes<T, N>;
  static_assert(First + Count <= static_cast<int>(M) && Count <= 32);
  if constexpr (Count == 1) {
    return L(c[First]);
  } else if constexpr (Count == 2) {
    return L::of(c[First + 1] * p.x.vector + c[First]);
  } else {
    constexpr int half = Count > 16 ? 16 : Count > 8 ? 8 : Count > 4 ? 4 : 2;
    const L lower = polynomial<First, half>(c, p);
    const L upper = polynomial<First + half, Count - half>(c, p);
    const L& power = half == 16 ? p.x16 : half == 8 ? p.x8 : half == 4 ? p.x4 : p.x2;
    return L::of(upper.vector * power.vector + lower.vector);
  }
}

template <class T, int N, std::size_t M>
XTAPE_INLINE Lanes<T, N> polynomial(const T (&c)[M], const Powers<T, N>& p) {
  return polynomial<0, static_cast<int>(M)>(c, p);
}

/// Half of the lanes, the first half for From = 0, the second for From = N / 2.
template <int From, class T, int N, int... I>
XTAPE_INLINE Lanes<T, N / 2> half(const Lanes<T, N>& x, std::integer_sequence<int, I...>) {
  return Lanes<T, N / 2>::of(__builtin_shufflevector(x.vector, x.vector, (From + I)...));
}
template <class T, int N>
XTAPE_INLINE Lanes<T, N / 2> first_half(const Lanes<T, N>& x) {
  return half<0>(x, std::make_integer_sequence<int, N / 2>{});
}
template <class T, int N>
XTAPE_INLINE Lanes<T, N / 2> second_half(const Lanes<T, N>& x) {
  return half<N / 2>(x, std::make_integer_sequence<int, N / 2>{});
}
template <class T, int N, int... I>
XTAPE_INLINE Lanes<T, 2 * N> joined(const Lanes<T, N>& a, const Lanes<T, N>& b,
                                    std::integer_sequence<int, I...>) {
  return Lanes<T, 2 * N>::of(__builtin_shufflevector(a.vector, b.vector, I...));
}
template <class T, int N>
XTAPE_INLINE Lanes<T, 2 * N> joined(const Lanes<T, N>& a, const Lanes<T, N>& b) {
  return joined(a, b, std::make_integer_sequence<int, 2 * N>{});
}

/// Whether a mask, given as lanes of 64-bit integers, has any bit.
template <int N>
XTAPE_INLINE bool any(const Lanes<std::int64_t, N>& mask) {
  if constexpr (N == 1) {
    return mask.vector[0] != 0;
  } else if constexpr (N == 2) {
    return (mask.vector[0] | mask.vector[1]) != 0;
  } else {
    return any(Lanes<std::int64_t, N / 2>::of(first_half(mask).vector | second_half(mask).vector));
  }
}

}  // namespace xtape::elementary::detail
