#pragma once
// Products of many short rows at vector speed, though a row is shorter than a vector: the lanes run
// along the contiguous elements of several rows of the output, and the inputs are spread over them
// by shuffles (gather.hpp). A tile is as many rows as a vector has lanes.
//
// For two files only, narrow_float.cpp and narrow_double.cpp, that compile side by side.

#include <array>
#include <numeric>
#include <utility>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/narrow.hpp>

namespace xtape::kernels::narrow_rows {

using std::size_t;

/// a b + c in one rounding where the instruction set that L is for has it. For vectors the
/// compilers contract the sum; the products of scalars may be vectorised before, and then are
/// rounded.
template <class L, class T>
XTAPE_INLINE T fused(T a, T b, T c) {
#if XTAPE_X86
  if constexpr (sizeof(typename L::Vector) > 16) {
    if constexpr (sizeof(T) == 4)
      return __builtin_fmaf(a, b, c);
    else
      return __builtin_fma(a, b, c);
  }
#endif
  return a * b + c;
}

/// A row alone, without any setup. Each element is the same chain of fused multiply-adds as in a
/// tile, so a sample's numbers do not depend on the batch that it is in.
template <int In, int Out>
struct RowBody {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, const T* w, bool transposed, const T* bias, T* y) {
    const size_t down = transposed ? 1 : Out, right = transposed ? In : 1;
    T sum[Out];
    unroll<Out>([&](auto j) XTAPE_UNROLLED {
      sum[j] = bias == nullptr ? T(0) : bias[j];
      unroll<In>([&](auto p)
                     XTAPE_UNROLLED { sum[j] = fused<L>(x[p], w[p * down + j * right], sum[j]); });
    });
    unroll<Out>([&](auto j) XTAPE_UNROLLED { y[j] = sum[j]; });
  }
};

/// Lane l holds element (First + l) % Period of x. Put together in registers: a vector load of
/// lanes that were just stored one by one would wait for them.
template <int Period, int First, class T, int N>
XTAPE_INLINE void repeat(const T* x, size_t stride, Lanes<T, N>& to) {
  T element[Period];
  unroll<Period>([&](auto j) XTAPE_UNROLLED { element[j] = x[j * stride]; });
  [&]<int... l>(std::integer_sequence<int, l...>) XTAPE_UNROLLED {
    to.vector = typename Lanes<T, N>::Vector{element[(First + l) % Period]...};
  }
  (std::make_integer_sequence<int, N>());
}

template <int In, int Out>
struct LinearBody {
  template <class Widest, class L = Widest, class T>
  XTAPE_INLINE static void run(const T* x, const T* w, bool transposed, const T* bias, T* y,
                               size_t rows) {
    if (rows >= L::width) {
      tiles<L>(x, w, transposed, bias, y, rows);
    } else if constexpr (L::width >= 8) {
      run<Widest, Lanes<T, L::width / 4>>(x, w, transposed, bias, y, rows);
    } else {
      for (size_t r = 0; r < rows; ++r)
        RowBody<In, Out>::template run<Widest>(x + r * In, w, transposed, bias, y + r * Out);
    }
  }

  /// The last tile may overlap the one before: it writes the same bits again, and so nothing is
  /// read or written outside the arrays.
  template <class L, class T>
  XTAPE_INLINE static void tiles(const T* x, const T* w, bool transposed, const T* bias, T* y,
                                 size_t rows) {
    constexpr int phases = Out / std::gcd(Out, L::width);
    constexpr size_t N = L::width;
    const size_t down = transposed ? 1 : Out, right = transposed ? In : 1;
    L weight[phases * In], start[phases];
    unroll<phases>([&](auto v) XTAPE_UNROLLED {
      unroll<In>([&](auto p) XTAPE_UNROLLED {
        repeat<Out, v * L::width>(w + p * down, right, weight[v * In + p]);
      });
      if (bias != nullptr) repeat<Out, v * L::width>(bias, 1, start[v]);
    });
    for (size_t r = 0;;) {
      L out[Out];
      unroll<Out>([&](auto v) XTAPE_UNROLLED {
        out[v] = start[v % phases];
        unroll<In>([&](auto p) XTAPE_UNROLLED {
          typename L::Vector in;
          spread<In, Out, v, p, L>(x + r * In, in);
          out[v].vector = in * weight[v % phases * In + p].vector + out[v].vector;
        });
      });
      for (size_t v = 0; v < Out; ++v) out[v].store(y + r * Out + v * N);
      if (r + N == rows) return;
      r = r + 2 * N <= rows ? r + N : rows - N;
    }
  }
};

template <class T>
struct LinearTable {
  using Row = void (*)(const T*, const T*, bool, const T*, T*);
  using Rows = void (*)(const T*, const T*, bool, const T*, T*, size_t);
  struct Entry {
    std::array<Row, 3> row{};
    std::array<Rows, 3> rows{};
  };
  std::array<std::array<Entry, narrow_longer>, narrow_longer> entry{};
  constexpr LinearTable() {
    unroll<narrow_longer>([&](auto i) {
      unroll<narrow_longer>([&](auto o) {
        if constexpr (is_narrow(i + 1, o + 1))
          entry[i][o] = {
              Compiled<RowBody<i + 1, o + 1>, T, const T*, const T*, bool, const T*, T*>::table,
              Compiled<LinearBody<i + 1, o + 1>, T, const T*, const T*, bool, const T*, T*,
                       size_t>::table};
      });
    });
  }
};

}  // namespace xtape::kernels::narrow_rows

namespace xtape::kernels {

template <class T>
void narrow_linear(const T* x, const T* w, bool transposed, const T* bias, T* y, std::size_t rows,
                   std::size_t in, std::size_t out) {
  static constexpr narrow_rows::LinearTable<T> table;
  static const auto isa = static_cast<unsigned>(instruction_set());
  const auto& entry = table.entry[in - 1][out - 1];
  if (rows == 1) return entry.row[isa](x, w, transposed, bias, y);
  entry.rows[isa](x, w, transposed, bias, y, rows);
}

}  // namespace xtape::kernels
