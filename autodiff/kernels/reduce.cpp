#include <array>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/narrow.hpp>
#include <xtape/autodiff/kernels/pairwise.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>

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
      for (size_t s = 0; s < chains; ++s)
        sum[s].vector += L::load(x + i + s * L::width).vector;
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
        for (size_t v = 0; v < V; ++v) sum[v].vector += L::load(x + r * stride + v * L::width).vector;
      if (block < rows) pairwise.add(sum);
    }
    if (block < rows) pairwise.total(sum);
    for (size_t v = 0; v < V; ++v) sum[v].store(out + v * L::width);
  }
};

/// The same for rows shorter than a vector: m vectors hold whole rows, and each of the m sums over
/// every m-th vector keeps its columns in place; no shuffle is needed before the end.
struct ShortRowsBody {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, T* out, size_t rows, size_t m) {
    unroll<8>([&](auto i) XTAPE_UNROLLED {
      if (m == i + 1) rows_of<L, i + 1>(x, out, rows);
    });
  }

  template <class L, int M, class T>
  XTAPE_INLINE static void rows_of(const T* x, T* out, size_t rows) {
    constexpr size_t N = L::width;
    T lane[M * N] = {};
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
      for (size_t v = 0; v < M; ++v) sum[v].store(lane + v * N);
    }
    T total[M] = {};
    if (whole > 0)
      for (size_t i = 0; i < M * N; i += M)
        for (size_t j = 0; j < M; ++j) total[j] += lane[i + j];
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

template <class T>
void sum_rows(const T* x, T* out, size_t rows, size_t m, size_t stride) {
  using Short = Compiled<ShortRowsBody, T, const T*, T*, size_t, size_t>;
  using Long = Compiled<RowsBody, T, const T*, T*, size_t, size_t, size_t>;
  if (m <= 8 && m == stride) return Short::table[isa()](x, out, rows, m);
  Long::table[isa()](x, out, rows, m, stride);
}

template <class T>
void sum_each_row(const T* x, T* out, size_t rows, size_t m) {
  static constexpr std::array<T, narrow_inputs> ones = {1, 1, 1, 1, 1, 1, 1};
  if (m <= narrow_inputs) return narrow_linear<T>(x, ones.data(), false, nullptr, out, rows, m, 1);
  if (m <= block_terms)
    return Compiled<EachRowBody, T, const T*, T*, size_t, size_t>::table[isa()](x, out, rows, m);
  for (size_t r = 0; r < rows; ++r) out[r] = sum(x + r * m, m);
}

/// The shape with its empty decisions taken out: axes of length 1 dropped, neighbours of one kind
/// merged, so that kept and reduced axes alternate.
struct Merged {
  std::array<size_t, 8> length{};
  size_t rank = 0;
  bool first_reduced = false;

  Merged(std::span<const size_t> shape, std::uint32_t reduced) {
    for (size_t d = 0; d < shape.size(); ++d) {
      const bool sums = (reduced >> d & 1) != 0;
      if (shape[d] == 1) continue;
      if (rank == 0) first_reduced = sums;
      if (rank > 0 && is_reduced(rank - 1) == sums)
        length[rank - 1] *= shape[d];
      else
        length[rank++] = shape[d];
    }
  }
  bool is_reduced(size_t axis) const { return (axis % 2 == 0) == first_reduced; }
  size_t size(size_t from) const {
    size_t n = 1;
    for (size_t d = from; d < rank; ++d) n *= length[d];
    return n;
  }
  size_t kept(size_t from) const {
    size_t n = 1;
    for (size_t d = from; d < rank; ++d) n *= is_reduced(d) ? 1 : length[d];
    return n;
  }
};

/// Sums over two reduced axes or more with kept ones in between: at most `chunk` neighbours of the
/// output at a time, the innermost sums by the kernels above, these added pairwise.
template <class T>
class ScatteredSum {
 public:
  ScatteredSum(const Merged& shape, size_t axis) : shape_(shape), axis_(axis) {
    const size_t last = shape.rank - 1;
    run_ = shape.length[last];
    rows_ = shape.is_reduced(last) ? 0 : shape.length[last - 1];
    inner_ = rows_ == 0 ? last : last - 1;
  }

  void operator()(const T* x, T* out) {
    const size_t width = rows_ == 0 ? 1 : run_;
    each_output(axis_, x, out, width);
  }

 private:
  static constexpr size_t chunk = 64, levels = 40;

  /// The kept axes, but for the one inside the innermost reduced axis.
  void each_output(size_t axis, const T* x, T* out, size_t width) {
    if (axis >= inner_) {
      for (size_t j = 0; j < width; j += chunk) {
        const size_t some = width < chunk ? width : chunk, from = width - j < some ? width - some : j;
        blocks_ = 0;
        each_block(axis_, x + from, some);
        total(out + from, some);
      }
      return;
    }
    if (shape_.is_reduced(axis)) return each_output(axis + 1, x, out, width);
    const size_t step = shape_.size(axis + 1), kept = shape_.kept(axis + 1);
    for (size_t i = 0; i < shape_.length[axis]; ++i)
      each_output(axis + 1, x + i * step, out + i * kept, width);
  }

  /// The reduced axes around the innermost one.
  void each_block(size_t axis, const T* x, size_t width) {
    if (axis < inner_) {
      if (!shape_.is_reduced(axis)) return each_block(axis + 1, x, width);
      for (size_t i = 0, step = shape_.size(axis + 1); i < shape_.length[axis]; ++i)
        each_block(axis + 1, x + i * step, width);
      return;
    }
    T carry[chunk];
    if (rows_ == 0)
      carry[0] = sum(x, run_);
    else
      sum_rows(x, carry, rows_, width, run_);
    size_t level = 0;
    for (size_t bits = blocks_++; bits & 1; bits >>= 1, ++level)
      for (size_t j = 0; j < width; ++j) carry[j] += sums_[level][j];
    for (size_t j = 0; j < width; ++j) sums_[level][j] = carry[j];
  }

  void total(T* out, size_t width) const {
    for (size_t j = 0; j < width; ++j) out[j] = 0;
    for (size_t level = 0; blocks_ >> level != 0; ++level)
      if (blocks_ >> level & 1)
        for (size_t j = 0; j < width; ++j) out[j] += sums_[level][j];
  }

  const Merged& shape_;
  size_t axis_, run_, rows_, inner_, blocks_ = 0;
  T sums_[levels][chunk];
};

template <class T>
void reduce_from(const Merged& shape, size_t axis, const T* x, T* out) {
  const size_t left = shape.rank - axis;
  if (left == 0) {
    *out = *x;
  } else if (shape.is_reduced(axis)) {
    if (left == 1)
      *out = sum(x, shape.length[axis]);
    else if (left == 2)
      sum_rows(x, out, shape.length[axis], shape.length[axis + 1], shape.length[axis + 1]);
    else
      ScatteredSum<T>(shape, axis)(x, out);
  } else if (left == 1) {
    for (size_t i = 0; i < shape.length[axis]; ++i) out[i] = x[i];
  } else if (left == 2) {
    sum_each_row(x, out, shape.length[axis], shape.length[axis + 1]);
  } else {
    for (size_t i = 0, step = shape.size(axis + 1), kept = shape.kept(axis + 1);
         i < shape.length[axis]; ++i)
      reduce_from(shape, axis + 1, x + i * step, out + i * kept);
  }
}

}  // namespace

template <class T>
T sum(const T* x, size_t n) {
  T result;
  Compiled<SumBody, T, const T*, size_t, T*>::table[isa()](x, n, &result);
  return result;
}

template <class T>
void reduce_sum(const T* x, T* out, std::span<const size_t> shape, std::uint32_t reduced) {
  const Merged merged(shape, reduced);
  if (merged.size(0) != 0) return reduce_from(merged, 0, x, out);
  for (size_t i = 0, n = merged.kept(0); i < n; ++i) out[i] = 0;
}

#define XTAPE_INSTANTIATE(T)         \
  template T sum(const T*, size_t);  \
  template void reduce_sum(const T*, T*, std::span<const size_t>, std::uint32_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
