#pragma once
// The rows of a narrow matrix spread over lanes, by shuffles that are worked out at compile time.

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include <xtape/autodiff/readings/lanes.hpp>

/// On a lambda that must become part of the function that it stands in.
#define XTAPE_UNROLLED __attribute__((always_inline))

namespace xtape::kernels {

/// How the elements of a tile of N rows of `In` elements meet vector number `v` of the same N rows
/// of `Out` elements, for the term `p`: lane l belongs to row (v N + l) / Out and wants its element
/// p.
///
/// They are read by as few loads ("windows") as reach them, preferably at whole vectors, and merged
/// one window at a time. No window leaves the tile.
template <int In, int Out, int N, int v, int p>
struct SpreadPlan {
  std::array<int, N> element{};  // wanted by each lane, counted from the tile's start
  std::array<int, N> window{};   // that has it
  std::array<int, N> start{};    // of each window
  int windows = 0;

  constexpr SpreadPlan() {
    for (int l = 0; l < N; ++l) element[at(l)] = (v * N + l) / Out * In + p;
    const int fewest = cover(false);
    if (cover(true) > fewest) cover(false);
  }

  /// Lane l when window w joins what was gathered before: an index into both, -1 for any.
  constexpr int lane(int w, int l) const {
    const int inside = element[at(l)] - start[at(window[at(l)])];
    if (window[at(l)] == w) return (w == 0 ? 0 : N) + inside;
    if (window[at(l)] > w) return -1;
    return w == 1 ? inside : l;
  }

  constexpr bool contiguous() const {
    for (int l = 0; l < N; ++l)
      if (element[at(l)] != element[0] + l) return false;
    return true;
  }

  static constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

 private:
  constexpr int cover(bool whole) {
    windows = 0;
    for (int l = 0; l < N; ++l) {
      if (windows == 0 || element[at(l)] >= start[at(windows - 1)] + N) {
        const int from = whole ? element[at(l)] / N * N : element[at(l)];
        start[at(windows++)] = from < N * In - N ? from : N * In - N;
      }
      window[at(l)] = windows - 1;
    }
    return windows;
  }
};

template <class Plan, int w, class L, int... l>
XTAPE_INLINE void merge_windows(const typename L::Scalar* x, typename L::Vector& result,
                                std::integer_sequence<int, l...> lanes) {
  constexpr Plan plan;
  typename L::Vector next;
  std::memcpy(&next, x + plan.start[Plan::at(w)], sizeof next);
  if constexpr (w > 0) {
    merge_windows<Plan, w - 1, L>(x, result, lanes);
    result = __builtin_shufflevector(result, next, plan.lane(w, l)...);
  } else if constexpr (plan.windows == 1 && !plan.contiguous()) {
    result = __builtin_shufflevector(next, next, plan.lane(0, l)...);
  } else {
    result = next;
  }
}

/// The lanes that SpreadPlan<In, Out, L::width, v, p> describes, from the tile that begins at x.
template <int In, int Out, int v, int p, class L>
XTAPE_INLINE void spread(const typename L::Scalar* x, typename L::Vector& result) {
  using Plan = SpreadPlan<In, Out, L::width, v, p>;
  constexpr Plan plan;
  merge_windows<Plan, plan.windows - 1, L>(x, result, std::make_integer_sequence<int, L::width>());
}

template <class T, int N, int... l>
XTAPE_INLINE Lanes<T, N / 2> join_halves(const Lanes<T, N>& lanes,
                                         std::integer_sequence<int, l...>) {
  using Half = Lanes<T, N / 2>;
  const Half low = Half::of(__builtin_shufflevector(lanes.vector, lanes.vector, l...));
  return low + Half::of(__builtin_shufflevector(lanes.vector, lanes.vector, (N / 2 + l)...));
}

/// The sum of the lower and the upper half of the lanes.
template <class T, int N>
XTAPE_INLINE Lanes<T, N / 2> join_halves(const Lanes<T, N>& lanes) {
  return join_halves(lanes, std::make_integer_sequence<int, N / 2>());
}

template <class F, int... i>
XTAPE_INLINE constexpr void unroll_over(const F& f, std::integer_sequence<int, i...>) {
  (f(std::integral_constant<int, i>()), ...);
}

/// f(integral_constant<int, 0>()) ... f(integral_constant<int, n - 1>()), unrolled.
template <int n, class F>
XTAPE_INLINE constexpr void unroll(const F& f) {
  unroll_over(f, std::make_integer_sequence<int, n>());
}

}  // namespace xtape::kernels
