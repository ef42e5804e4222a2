#pragma once
// The vocabulary of the formulas for plain numbers: what the `value` of a structural operation
// calls where its elements are double or float. A using-declaration there, `using xtape::maximum;`,
// finds it, and the readings' own are found beside it.

#include <concepts>

#include <xtape/autodiff/readings/real.hpp>

namespace xtape {

#define XTAPE_NUMBERS_1(function, Operation) \
  template <std::floating_point E>           \
  E function(E x) {                          \
    return function(Real<E>(x)).value;       \
  }
#define XTAPE_NUMBERS_2(function, Operation)       \
  template <std::floating_point E>                 \
  E function(E a, E b) {                           \
    return function(Real<E>(a), Real<E>(b)).value; \
  }
#define XTAPE_ELEMENTARY_1 XTAPE_NUMBERS_1
#define XTAPE_ELEMENTARY_2 XTAPE_NUMBERS_2
#define XTAPE_COMPOSED_1 XTAPE_NUMBERS_1
#define XTAPE_COMPOSED_2 XTAPE_NUMBERS_2
#include <xtape/autodiff/operations/vocabulary.inc>
#undef XTAPE_NUMBERS_1
#undef XTAPE_NUMBERS_2

/// a where the condition holds, b elsewhere.
template <std::floating_point E>
E select(bool where, E a, E b) {
  return where ? a : b;
}

}  // namespace xtape
