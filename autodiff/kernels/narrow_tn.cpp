// aᵀ b for many short rows. The lanes run along the contiguous elements of the matrix with the
// longer rows, the "wide" one; the elements of the other are spread over them by shuffles
// (gather.hpp).

#include <numeric>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/narrow.hpp>
#include <xtape/autodiff/kernels/pairwise.hpp>

namespace xtape::kernels {
namespace {

using std::size_t;

template <int Narrow, int Wide>
struct TransposedBody {
  /// total (Narrow, Wide) = narrow (rows, Narrow)ᵀ wide (rows, Wide), stored transposed if
  /// `swapped`.
  template <class L, class T>
  XTAPE_INLINE static void run(const T* narrow, const T* wide, T* c, size_t rows, bool swapped) {
    T total[Narrow * Wide] = {};
    size_t r = 0;
    // Where columns change lanes from vector to vector the lanes are costly to join in the end.
    if (Plan<L>::period == 1 || rows >= 3 * L::width) {
      r = add_tiles<L, true>(narrow, wide, rows, total);
    }
    if constexpr (L::width >= 8 && Narrow * Wide <= 4 && Plan<L>::period == 1)
      r += add_tiles<Lanes<T, L::width / 4>, false>(narrow + r * Narrow, wide + r * Wide, rows - r,
                                                    total);
    T rest[Narrow * Wide] = {};
    for (; r < rows; ++r)
      unroll<Narrow * Wide>([&](auto i) XTAPE_UNROLLED {
        rest[i] = narrow[r * Narrow + i / Wide] * wide[r * Wide + i % Wide] + rest[i];
      });
    unroll<Narrow * Wide>([&](auto i) XTAPE_UNROLLED {
      c[swapped ? i % Wide * Narrow + i / Wide : +i] = total[i] + rest[i];
    });
  }

  template <class L>
  struct Plan {
    /// Vector v and vector v + period hold the same columns of the wide matrix, lane by lane.
    static constexpr int period = Wide / std::gcd(Wide, L::width);
    static constexpr int groups = [] {
      int g = period;  // more than one sum for a column where there are too few to hide the latency
      while (g * Narrow < 8 && g < Wide) g += period;
      while (Wide % g != 0) g += period;
      return g;
    }();
    static constexpr int sums = groups * Narrow;
  };

  /// Adds what as many rows as fill whole tiles contribute; returns how many they were.
  template <class L, bool many, class T>
  XTAPE_INLINE static size_t add_tiles(const T* narrow, const T* wide, size_t rows, T* total) {
    constexpr size_t N = L::width;
    const size_t whole = rows / N * N;
    if (whole == 0) return 0;
    constexpr int groups = Plan<L>::groups;
    L sum[Plan<L>::sums];
    if constexpr (many) {
      PairwiseSum<L, Plan<L>::sums> pairwise;
      for (size_t r = 0; r < whole; r += block_terms) {
        for (L& s : sum) s = L();
        const size_t some = whole - r < block_terms ? whole - r : block_terms;
        add_block<L>(narrow + r * Narrow, wide + r * Wide, some, sum);
        if (whole > block_terms) pairwise.add(sum);
      }
      if (whole > block_terms) pairwise.total(sum);
    } else {
      add_block<L>(narrow, wide, whole, sum);
    }
    T lane[Narrow][groups * N];
    unroll<Narrow>([&](auto p) XTAPE_UNROLLED {
      if constexpr (Plan<L>::period == 1) {
        L all = sum[p];
        for (int g = 1; g < groups; ++g) all.vector += sum[g * Narrow + p].vector;
        fold(all, total + p * Wide);
      } else {
        for (int g = 0; g < groups; ++g) sum[g * Narrow + p].store(lane[p] + g * L::width);
      }
    });
    if constexpr (Plan<L>::period != 1)
      for (int p = 0; p < Narrow; ++p)
        for (int i = 0; i < groups * L::width; i += Wide)
          for (int j = 0; j < Wide; ++j) total[p * Wide + j] += lane[p][i + j];
    return whole;
  }

  template <class L, class T>
  XTAPE_INLINE static void add_block(const T* narrow, const T* wide, size_t rows, L* sum) {
    for (size_t r = 0; r < rows; r += L::width)
      unroll<Wide>([&](auto v) XTAPE_UNROLLED {
        const L w = L::load(wide + r * Wide + v * L::width);
        unroll<Narrow>([&](auto p) XTAPE_UNROLLED {
          constexpr int i = v % Plan<L>::groups * Narrow + p;
          typename L::Vector n;
          spread<Narrow, Wide, v, p, L>(narrow + r * Narrow, n);
          sum[i].vector = n * w.vector + sum[i].vector;
        });
      });
  }

  /// Adds the lanes of one column each to total[0 .. Wide), halving the vector.
  template <class T, int N>
  XTAPE_INLINE static void fold(const Lanes<T, N>& lanes, T* total) {
    if constexpr (N == Wide || N == 2) {
      for (int l = 0; l < N; ++l) total[l % Wide] += lanes.vector[l];
    } else {
      fold(join_halves(lanes), total);
    }
  }
};

template <class T>
struct TransposedTable {
  using Function = void (*)(const T*, const T*, T*, size_t, bool);
  std::array<std::array<std::array<Function, 3>, narrow_longer>, narrow_shorter> entry{};
  constexpr TransposedTable() {
    unroll<narrow_shorter>([&](auto n) {
      unroll<narrow_longer>([&](auto w) {
        if constexpr (w >= n)
          entry[n][w] = Compiled<TransposedBody<n + 1, w + 1>, T, const T*, const T*, T*, size_t,
                                 bool>::table;
      });
    });
  }
};

}  // namespace

template <class T>
void narrow_tn(const T* a, const T* b, T* c, size_t rows, size_t m, size_t n) {
  static constexpr TransposedTable<T> table;
  static const auto isa = static_cast<unsigned>(instruction_set());
  if (m <= n) return table.entry[m - 1][n - 1][isa](a, b, c, rows, false);
  table.entry[n - 1][m - 1][isa](b, a, c, rows, true);
}

template void narrow_tn(const float*, const float*, float*, size_t, size_t, size_t);
template void narrow_tn(const double*, const double*, double*, size_t, size_t, size_t);

}  // namespace xtape::kernels
