#pragma once
// Bases that give a reading the functions of the vocabulary, as hidden friends: so a formula in any
// namespace finds them without a using-directive, and numbers convert.

#include <concepts>
#include <type_traits>

#include <xtape/autodiff/operations/elementwise.hpp>

#define XTAPE_INLINE __attribute__((always_inline)) inline

namespace xtape {

template <class A>
concept PlainNumber = std::is_arithmetic_v<A>;

/// The elementary functions that a reading computes itself: specialised for each such reading.
template <class Self>
struct Computed;

/// The functions that are read from their operation's value, and the operators that assign.
template <class Self>
struct Compositions {
  friend XTAPE_INLINE Self& operator+=(Self& a, Self b) { return a = a + b; }
  friend XTAPE_INLINE Self& operator-=(Self& a, Self b) { return a = a - b; }
  friend XTAPE_INLINE Self& operator*=(Self& a, Self b) { return a = a * b; }
  friend XTAPE_INLINE Self& operator/=(Self& a, Self b) { return a = a / b; }

#define XTAPE_ELEMENTARY_1(function, Operation)
#define XTAPE_ELEMENTARY_2(function, Operation)
#define XTAPE_COMPOSED_1(function, Operation) \
  friend XTAPE_INLINE Self function(Self x) { return Self::compose(Operation{}, x); }
#define XTAPE_COMPOSED_2(function, Operation) \
  friend XTAPE_INLINE Self function(Self a, Self b) { return Self::compose(Operation{}, a, b); }
#include <xtape/autodiff/operations/vocabulary.inc>
};

/// The whole vocabulary of a reading that computes the elementary functions.
template <class Self>
struct ComputingVocabulary : Compositions<Self> {
#define XTAPE_ELEMENTARY_1(function, Operation) \
  friend XTAPE_INLINE Self function(Self x) { return Computed<Self>::function(x); }
#define XTAPE_ELEMENTARY_2(function, Operation) \
  friend XTAPE_INLINE Self function(Self a, Self b) { return Computed<Self>::function(a, b); }
#define XTAPE_COMPOSED_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
};

/// The whole vocabulary of a reading that lifts each operation: operators and elementary functions
/// become `Self::lift(Operation{}, x...)`.
template <class Self>
struct LiftingVocabulary : Compositions<Self> {
#define XTAPE_ELEMENTARY_1(function, Operation) \
  friend Self function(Self x) { return Self::lift(Operation{}, x); }
#define XTAPE_ELEMENTARY_2(function, Operation) \
  friend Self function(Self a, Self b) { return Self::lift(Operation{}, a, b); }
#define XTAPE_COMPOSED_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>

  friend Self operator+(Self a, Self b) { return Self::lift(Add{}, a, b); }
  friend Self operator-(Self a, Self b) { return Self::lift(Subtract{}, a, b); }
  friend Self operator*(Self a, Self b) { return Self::lift(Multiply{}, a, b); }
  friend Self operator/(Self a, Self b) { return Self::lift(Divide{}, a, b); }
  friend Self operator-(Self a) { return Self::lift(Negate{}, a); }
};

/// The value of an operation, read with R.
template <class Operation, class R, class... X>
XTAPE_INLINE R value_of(const Operation& operation, const R& first, const X&... rest) {
  return R(operation.value(first, rest...));
}

/// The partial of an operation for input K as its author wrote it: from the inputs, or from the
/// inputs and the value y. It is a plain number where the author returned one.
template <std::size_t K, class Operation, class R, class... X>
XTAPE_INLINE auto partial_of(const Operation& operation, const R& y, const X&... x) {
  if constexpr (sizeof...(X) == 1) {
    if constexpr (requires { operation.partial(x...); }) {
      return operation.partial(x...);
    } else {
      return operation.partial(x..., y);
    }
  } else {
    if constexpr (requires { operation.partial(wrt<K>{}, x...); }) {
      return operation.partial(wrt<K>{}, x...);
    } else {
      return operation.partial(wrt<K>{}, x..., y);
    }
  }
}

}  // namespace xtape
