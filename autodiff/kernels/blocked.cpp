// Products of medium size. A block of c is held in registers, its lanes along the columns, while k
// runs: for every k one row piece of b is multiplied with the elements of a column piece of a.

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/blocked.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/pairwise.hpp>

namespace xtape::kernels {
namespace {

using std::size_t;

struct BlockedBody {
  /// Columns that are fewer than the lanes are left to narrower lanes, in the end to scalars.
  template <class L, class T>
  XTAPE_INLINE static void run(const Strided<T>& a, const T* b, const T* bias, T* c, size_t m,
                               size_t k, size_t n) {
    if (n >= L::width) {
      columns<L>(a, b, bias, c, m, k, n);
    } else if constexpr (L::width > 2) {
      run<Lanes<T, L::width / 2>>(a, b, bias, c, m, k, n);
    } else {
      for (size_t i = 0; i < m; ++i) c[i] = scalar(a.data + i * a.row, a.column, b, bias, k);
    }
  }

  /// The last columns may be computed twice, with the same bits, when n is no multiple of the
  /// width.
  template <class L, class T>
  XTAPE_INLINE static void columns(const Strided<T>& a, const T* b, const T* bias, T* c, size_t m,
                                   size_t k, size_t n) {
    constexpr size_t N = L::width;
    for (size_t j = 0; j < n;) {
      if (n - j > N) {
        const size_t second = n - j >= 2 * N ? j + N : n - N;
        rows<L, 4, 2>(a, b, bias, c, m, k, n, {j, second});
        j = second + N;
      } else {
        rows<L, 8, 1>(a, b, bias, c, m, k, n, {n - N});
        return;
      }
    }
  }

  template <size_t V>
  struct Places {
    size_t column[V];
  };

  template <class L, size_t R, size_t V, class T>
  XTAPE_INLINE static void rows(const Strided<T>& a, const T* b, const T* bias, T* c, size_t m,
                                size_t k, size_t n, Places<V> at) {
    size_t i = 0;
    for (; m - i >= R; i += R) tile<L, R, V>(a, b, bias, c, i, k, n, at);
    for (; m - i >= 2; i += 2) tile<L, 2, V>(a, b, bias, c, i, k, n, at);
    if (i < m) tile<L, 1, V>(a, b, bias, c, i, k, n, at);
  }

  template <class L, size_t R, size_t V, class T>
  XTAPE_INLINE static void tile(const Strided<T>& a, const T* b, const T* bias, T* c, size_t i,
                                size_t k, size_t n, Places<V> at) {
    L sum[R * V];
    for (size_t r = 0; r < R; ++r)
      for (size_t v = 0; v < V; ++v)
        sum[r * V + v] = bias == nullptr ? L() : L::load(bias + at.column[v]);
    const T* const left = a.data + i * a.row;
    const size_t block = k <= 2 * block_terms ? k : block_terms;
    PairwiseSum<L, static_cast<int>(R * V)> pairwise;
    for (size_t p = 0; p < k; p += block) {
      multiply<L, R, V>(left, a, b, n, p, k - p < block ? k : p + block, at, sum);
      if (block == k) break;
      pairwise.add(sum);
      for (L& s : sum) s = L();
    }
    if (block < k) pairwise.total(sum);
    for (size_t r = 0; r < R; ++r)
      for (size_t v = 0; v < V; ++v) sum[r * V + v].store(c + (i + r) * n + at.column[v]);
  }

  template <class L, size_t R, size_t V, class T>
  XTAPE_INLINE static void multiply(const T* left, const Strided<T>& a, const T* b, size_t n,
                                    size_t from, size_t to, const Places<V>& at, L* sum) {
    L local[R * V];  // a copy, so that the sums stay in registers
    for (size_t i = 0; i < R * V; ++i) local[i] = sum[i];
    for (size_t p = from; p < to; ++p) {
      L right[V];
      for (size_t v = 0; v < V; ++v) right[v] = L::load(b + p * n + at.column[v]);
      for (size_t r = 0; r < R; ++r) {
        const L factor(left[r * a.row + p * a.column]);
        for (size_t v = 0; v < V; ++v)
          local[r * V + v].vector = factor.vector * right[v].vector + local[r * V + v].vector;
      }
    }
    for (size_t i = 0; i < R * V; ++i) sum[i] = local[i];
  }

  /// One column.
  template <class T>
  XTAPE_INLINE static T scalar(const T* a, size_t step, const T* b, const T* bias, size_t k) {
    using Pair = Lanes<T, 2>;
    const T start = bias == nullptr ? T(0) : bias[0];
    if (k <= block_terms) {
      T sum = start;
      for (size_t p = 0; p < k; ++p) sum = a[p * step] * b[p] + sum;
      return sum;
    }
    PairwiseSum<Pair, 1> pairwise;
    for (size_t p = 0; p < k;) {
      Pair sum;
      if (p == 0) sum.vector[0] = start;
      const size_t to = k - p < block_terms ? k : p + block_terms;
      for (; p + 2 <= to; p += 2)
        for (size_t l = 0; l < 2; ++l) sum.vector[l] = a[(p + l) * step] * b[p + l] + sum.vector[l];
      if (p < to) {
        sum.vector[0] = a[p * step] * b[p] + sum.vector[0];
        ++p;
      }
      pairwise.add(&sum);
    }
    Pair total;
    pairwise.total(&total);
    return total.vector[0] + total.vector[1];
  }
};

struct DotsBody {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* a, const T* b, const T* bias, T* c, size_t m, size_t k,
                               size_t n) {
    for (size_t i = 0; i < m; ++i) {
      size_t j = 0;
      for (; n - j >= 4; j += 4) dot<L, 4>(a + i * k, b + j * k, bias, c + i * n, j, k);
      for (; j < n; ++j) dot<L, 1>(a + i * k, b + j * k, bias, c + i * n, j, k);
    }
  }

  /// The dot products of one row of a with C rows of b.
  template <class L, size_t C, class T>
  XTAPE_INLINE static void dot(const T* a, const T* b, const T* bias, T* c, size_t j, size_t k) {
    L sum[C];
    T total[C];
    finish<L, C>(a, b, 0, k, sum, total);
    for (size_t q = 0; q < C; ++q) c[j + q] = bias == nullptr ? total[q] : bias[j + q] + total[q];
  }

  /// Goes on from p with what the lanes hold so far; the rest of the row with half as many lanes.
  template <class L, size_t C, class T>
  XTAPE_INLINE static void finish(const T* a, const T* b, size_t p, size_t k, L* sum, T* total) {
    constexpr size_t N = L::width;
    for (; p + N <= k; p += N) {
      const L left = L::load(a + p);
      for (size_t q = 0; q < C; ++q)
        sum[q].vector = left.vector * L::load(b + q * k + p).vector + sum[q].vector;
    }
    if constexpr (N > 2) {
      Lanes<T, L::width / 2> half[C];
      for (size_t q = 0; q < C; ++q) half[q] = join_halves(sum[q]);
      finish<Lanes<T, L::width / 2>, C>(a, b, p, k, half, total);
    } else {
      for (size_t q = 0; q < C; ++q) {
        total[q] = sum[q].vector[0] + sum[q].vector[1];
        if (p < k) total[q] = a[p] * b[q * k + p] + total[q];
      }
    }
  }
};

unsigned isa() {
  static const auto chosen = static_cast<unsigned>(instruction_set());
  return chosen;
}

}  // namespace

template <class T>
void blocked(const Strided<T>& a, const T* b, const T* bias, T* c, size_t m, size_t k, size_t n) {
  Compiled<BlockedBody, T, const Strided<T>&, const T*, const T*, T*, size_t, size_t,
           size_t>::table[isa()](a, b, bias, c, m, k, n);
}

template <class T>
void dots(const T* a, const T* b, const T* bias, T* c, size_t m, size_t k, size_t n) {
  Compiled<DotsBody, T, const T*, const T*, const T*, T*, size_t, size_t, size_t>::table[isa()](
      a, b, bias, c, m, k, n);
}

#define XTAPE_INSTANTIATE(T)                                                                \
  template void blocked(const Strided<T>&, const T*, const T*, T*, size_t, size_t, size_t); \
  template void dots(const T*, const T*, const T*, T*, size_t, size_t, size_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
