#pragma once
// Gives the lanes their elementary functions.

#include <xtape/autodiff/readings/elementary.hpp>
#include <xtape/autodiff/readings/lanes.hpp>

namespace xtape {

template <class T, int N>
struct Computed<Lanes<T, N>> {
#define XTAPE_ELEMENTARY_1(function, Operation) \
  XTAPE_INLINE static Lanes<T, N> function(const Lanes<T, N>& x) { return elementary::function(x); }
#define XTAPE_ELEMENTARY_2(function, Operation)                                          \
  XTAPE_INLINE static Lanes<T, N> function(const Lanes<T, N>& a, const Lanes<T, N>& b) { \
    return elementary::function(a, b);                                                   \
  }
#define XTAPE_COMPOSED_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
};

}  // namespace xtape
