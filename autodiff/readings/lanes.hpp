#pragma once
// The reading of formulas by the vector kernels: several elements at once, in the compilers' own
// vector types, so that one template serves every instruction set (see dispatch.hpp).

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <xtape/autodiff/readings/vocabulary.hpp>

// A product must not be contracted with the sum that consumes it: direct, recorded and replayed
// numbers have to be the same bits whatever flags the user's file is compiled with. Elementary
// functions work on the raw vectors, where contraction is welcome.
#if defined(__has_builtin)
#if __has_builtin(__builtin_assoc_barrier)
#define XTAPE_ROUNDED(x) __builtin_assoc_barrier(x)
#endif
#endif
#ifndef XTAPE_ROUNDED
#define XTAPE_ROUNDED(x) (x)
#endif

namespace xtape {

template <class T, int N>
struct VectorOf {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};

/// N elements of type T, read as one number by a formula.
///
/// The copy constructor is user-provided so that lanes are passed in memory: passed in registers,
/// functions that were compiled for different instruction sets disagree about which.
template <class T, int N>
class Lanes : public ComputingVocabulary<Lanes<T, N>> {
 public:
  using Scalar = T;
  using Integer = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  using Vector = typename VectorOf<T, N>::type;
  using Bits = typename VectorOf<Integer, N>::type;
  static constexpr int width = N;

  class Mask {
   public:
    Bits bits;
    XTAPE_INLINE explicit Mask(const Bits& b) : bits(b) {}
    XTAPE_INLINE Mask(const Mask& other) : bits(other.bits) {}
    XTAPE_INLINE Mask& operator=(const Mask& other) {
      bits = other.bits;
      return *this;
    }
    friend XTAPE_INLINE Mask operator&&(Mask a, Mask b) { return Mask(a.bits & b.bits); }
    friend XTAPE_INLINE Mask operator||(Mask a, Mask b) { return Mask(a.bits | b.bits); }
    friend XTAPE_INLINE Mask operator!(Mask a) { return Mask(~a.bits); }
  };

  Vector vector;

  XTAPE_INLINE Lanes() : vector{} {}
  XTAPE_INLINE Lanes(const Lanes& other) : ComputingVocabulary<Lanes>(), vector(other.vector) {}
  XTAPE_INLINE Lanes& operator=(const Lanes& other) {
    vector = other.vector;
    return *this;
  }
  template <PlainNumber A>
  XTAPE_INLINE Lanes(A number) : vector(static_cast<T>(number) - Vector{}) {}
  XTAPE_INLINE static Lanes of(const Vector& v) { return Lanes(Raw{}, v); }

  XTAPE_INLINE static Lanes load(const T* from) {
    Lanes result;
    std::memcpy(&result.vector, from, sizeof(Vector));
    return result;
  }
  XTAPE_INLINE void store(T* to) const { std::memcpy(to, &vector, sizeof(Vector)); }

  friend XTAPE_INLINE Lanes operator+(Lanes a, Lanes b) { return of(a.vector + b.vector); }
  friend XTAPE_INLINE Lanes operator-(Lanes a, Lanes b) { return of(a.vector - b.vector); }
  friend XTAPE_INLINE Lanes operator*(Lanes a, Lanes b) {
    return of(XTAPE_ROUNDED(a.vector * b.vector));
  }
  friend XTAPE_INLINE Lanes operator/(Lanes a, Lanes b) { return of(a.vector / b.vector); }
  friend XTAPE_INLINE Lanes operator-(Lanes a) { return of(-a.vector); }

  friend XTAPE_INLINE Mask operator<(Lanes a, Lanes b) { return Mask(a.vector < b.vector); }
  friend XTAPE_INLINE Mask operator>(Lanes a, Lanes b) { return Mask(a.vector > b.vector); }
  friend XTAPE_INLINE Mask operator<=(Lanes a, Lanes b) { return Mask(a.vector <= b.vector); }
  friend XTAPE_INLINE Mask operator>=(Lanes a, Lanes b) { return Mask(a.vector >= b.vector); }
  friend XTAPE_INLINE Mask operator==(Lanes a, Lanes b) { return Mask(a.vector == b.vector); }
  friend XTAPE_INLINE Mask operator!=(Lanes a, Lanes b) { return Mask(a.vector != b.vector); }
  friend XTAPE_INLINE Lanes select(Mask where, Lanes a, Lanes b) {
    return of(where.bits ? a.vector : b.vector);
  }

  template <class Operation, class... X>
  XTAPE_INLINE static Lanes compose(const Operation& operation, const X&... x) {
    return Lanes(operation.value(x...));
  }

 private:
  struct Raw {};
  XTAPE_INLINE Lanes(Raw, const Vector& v) : vector(v) {}
};

}  // namespace xtape
