// Sums by vectors: several accumulators in a block, blocks added pairwise.

#include <array>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/narrow.hpp>
#include <xtape/autodiff/kernels/pairwise.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/kernels/sums.hpp>

namespace xtape::kernels {
namespace {

using std::size_t;

unsigned isa() {
  static const auto chosen = static_cast<unsigned>(instruction_set());
  return chosen;
}

struct SumBody {
  static constexpr size_t chains = 4;  // sums side by side, to hide the latency of an addition

  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, size_t n, T* result) {
    constexpr size_t step = chains * L::width, block = block_terms / 2 * step;
    L all;
    if (n > block) {
      PairwiseSum<L, 1> pairwise;
      for (; n >= step; n -= n < block ? n / step * step : block) {
        const size_t some = n < block ? n / step * step : block;
        const L sum = add_block<L>(x, some);
        pairwise.add(&sum);
        x += some;
      }
      pairwise.total(&all);
    } else if (n >= step) {
      all = add_block<L>(x, n / step * step);
      x += n / step * step;
      n %= step;
    }
    *result = finish(x, n, all);
  }

  template <class L, class T>
  XTAPE_INLINE static L add_block(const T* x, size_t n) {
    L sum[chains];
    for (size_t i = 0; i < n; i += chains * L::width)
      for (size_t s = 0; s < chains; ++s) sum[s].vector += L::load(x + i + s * L::width).vector;
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }

  template <class T, int N>
  XTAPE_INLINE static T finish(const T* x, size_t n, Lanes<T, N> sum) {
    for (; n >= N; n -= N, x += N) sum.vector += Lanes<T, N>::load(x).vector;
    if constexpr (N > 2) {
      return finish(x, n, join_halves(sum));
    } else {
      const T both = sum.vector[0] + sum.vector[1];
      return n == 0 ? both : both + x[0];
    }
  }
};

/// out (m) = the sum of the rows of x, which begin `stride` elements apart; m >= 2.
struct RowsBody {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, T* out, size_t rows, size_t m, size_t stride) {
    constexpr size_t N = L::width;
    if (m >= N) {
      size_t j = 0;
      for (; j + 4 * N <= m; j += 4 * N) columns<L, 4>(x + j, out + j, rows, stride);
      for (; j + N <= m; j += N) columns<L, 1>(x + j, out + j, rows, stride);
      if (j < m) columns<L, 1>(x + m - N, out + m - N, rows, stride);
    } else if constexpr (L::width > 2) {
      run<Lanes<T, L::width / 2>>(x, out, rows, m, stride);
    }
  }

  template <class L, int V, class T>
  XTAPE_INLINE static void columns(const T* x, T* out, size_t rows, size_t stride) {
    L sum[V];
    const size_t block = rows <= 2 * block_terms ? rows : block_terms;
    PairwiseSum<L, V> pairwise;
    for (size_t r = 0; r < rows;) {
      for (L& s : sum) s = L();
      const size_t to = rows - r < block ? rows : r + block;
      for (; r < to; ++r)
        for (size_t v = 0; v < V; ++v)
          sum[v].vector += L::load(x + r * stride + v * L::width).vector;
      if (block < rows) pairwise.add(sum);
    }
    if (block < rows) pairwise.total(sum);
    for (size_t v = 0; v < V; ++v) sum[v].store(out + v * L::width);
  }
};

/// The same for rows shorter than a vector: m vectors hold whole rows, and each of the m sums over
/// every m-th vector keeps its columns in place; no shuffle is needed before the end.
struct ShortRowsBody {
  /// The lanes of one column each, added by halving the vector.
  template <int M, class T, int N>
  XTAPE_INLINE static void fold(const Lanes<T, N>& lanes, T* total) {
    if constexpr (N == M || N == 2) {
      for (int l = 0; l < N; ++l) total[l % M] += lanes.vector[l];
    } else {
      fold<M>(join_halves(lanes), total);
    }
  }

  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, T* out, size_t rows, size_t m) {
    unroll<8>([&](auto i) XTAPE_UNROLLED {
      if (m == i + 1) rows_of<L, i + 1>(x, out, rows);
    });
  }

  template <class L, int M, class T>
  XTAPE_INLINE static void rows_of(const T* x, T* out, size_t rows) {
    constexpr size_t N = L::width;
    [[maybe_unused]] T lane[M * N];
    T total[M] = {};
    const size_t whole = rows / N * N;
    if (whole > 0) {
      L sum[M];
      PairwiseSum<L, M> pairwise;
      for (size_t r = 0; r < whole;) {
        for (L& s : sum) s = L();
        const size_t to = whole - r < block_terms * N ? whole : r + block_terms * N;
        for (; r < to; r += N)
          for (size_t v = 0; v < M; ++v) sum[v].vector += L::load(x + r * M + v * N).vector;
        if (whole > block_terms * N) pairwise.add(sum);
      }
      if (whole > block_terms * N) pairwise.total(sum);
      if constexpr (N % M == 0) {  // every vector begins with the same column
        L all = sum[0];
        for (size_t v = 1; v < M; ++v) all.vector += sum[v].vector;
        fold<M>(all, total);
      } else {
        for (size_t v = 0; v < M; ++v) sum[v].store(lane + v * N);
        for (size_t i = 0; i < M * N; i += M)
          for (size_t j = 0; j < M; ++j) total[j] += lane[i + j];
      }
    }
    for (size_t r = whole; r < rows; ++r)
      for (size_t j = 0; j < M; ++j) total[j] += x[r * M + j];
    for (size_t j = 0; j < M; ++j) out[j] = total[j];
  }
};

/// out (rows) = the sums of the rows of x (rows, m), for rows that are long enough for vectors.
struct EachRowBody {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, T* out, size_t rows, size_t m) {
    for (size_t r = 0; r < rows; ++r) out[r] = SumBody::finish(x + r * m, m, L());
  }
};

}  // namespace

template <class T>
T sum(const T* x, size_t n) {
  T result;
  Compiled<SumBody, T, const T*, size_t, T*>::table[isa()](x, n, &result);
  return result;
}

template <class T>
void sum_rows(const T* x, T* out, size_t rows, size_t m, size_t stride) {
  using Short = Compiled<ShortRowsBody, T, const T*, T*, size_t, size_t>;
  using Long = Compiled<RowsBody, T, const T*, T*, size_t, size_t, size_t>;
  if (m <= 8 && m == stride) return Short::table[isa()](x, out, rows, m);
  Long::table[isa()](x, out, rows, m, stride);
}

template <class T>
void sum_each_row(const T* x, T* out, size_t rows, size_t m) {
  static constexpr std::array<T, narrow_longer - 1> ones = {1, 1, 1, 1, 1, 1, 1};
  if (m < narrow_longer) return narrow_linear<T>(x, ones.data(), false, nullptr, out, rows, m, 1);
  if (m <= block_terms)
    return Compiled<EachRowBody, T, const T*, T*, size_t, size_t>::table[isa()](x, out, rows, m);
  for (size_t r = 0; r < rows; ++r) out[r] = sum(x + r * m, m);
}

#define XTAPE_INSTANTIATE(T)                                    \
  template T sum(const T*, size_t);                             \
  template void sum_rows(const T*, T*, size_t, size_t, size_t); \
  template void sum_each_row(const T*, T*, size_t, size_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
