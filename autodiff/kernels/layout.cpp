// Strided copies. Axes are merged where the strides allow it, axes of length 1 dropped; what
// remains is walked axis by axis, and the innermost one or two are copied by a loop that suits
// them.

#include <array>
#include <cstring>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/layout.hpp>

namespace xtape::kernels {
namespace {

using std::ptrdiff_t;
using std::size_t;

struct Axes {
  std::array<size_t, 8> length{};
  std::array<ptrdiff_t, 8> stride{};
  size_t rank = 0;
  size_t size = 1;

  Axes(std::span<const ptrdiff_t> strides, std::span<const size_t> shape) {
    for (size_t d = 0; d < shape.size(); ++d) {
      size *= shape[d];
      if (shape[d] == 1) continue;
      if (rank > 0 && stride[rank - 1] == strides[d] * static_cast<ptrdiff_t>(shape[d])) {
        length[rank - 1] *= shape[d];
        stride[rank - 1] = strides[d];
      } else {
        length[rank] = shape[d];
        stride[rank++] = strides[d];
      }
    }
    if (rank == 0) length[rank++] = 1;
  }

  size_t inner_size(size_t axis) const {
    size_t n = 1;
    for (size_t d = axis + 1; d < rank; ++d) n *= length[d];
    return n;
  }
};

struct FillBody {
  template <class L, class T>
  XTAPE_INLINE static void run(T* out, size_t n, T value) {
    const L lanes(value);
    size_t i = 0;
    for (; i + L::width <= n; i += L::width) lanes.store(out + i);
    for (; i < n; ++i) out[i] = value;
  }
};

struct AddBody {
  template <class L, class T>
  XTAPE_INLINE static void run(T* acc, const T* x, size_t n) {
    size_t i = 0;
    for (; i + 4 * L::width <= n; i += 4 * L::width) {
      L sum[4];
      for (size_t s = 0; s < 4; ++s)
        sum[s] = L::load(acc + i + s * L::width) + L::load(x + i + s * L::width);
      for (size_t s = 0; s < 4; ++s) sum[s].store(acc + i + s * L::width);
    }
    for (; i + L::width <= n; i += L::width) (L::load(acc + i) + L::load(x + i)).store(acc + i);
    for (; i < n; ++i) acc[i] += x[i];
  }
};

/// `rows` times the same n elements in sequence, n < 64: lengths that divide a buffer of repeats.
template <class T>
void repeat(const T* x, size_t n, size_t rows, T* out) {
  size_t done = n < rows * n ? n : rows * n;
  for (size_t i = 0; i < done; ++i) out[i] = x[i];
  const size_t all = rows * n;
  while (done < all) {  // doubling what is there, up to pieces that stay in the nearest cache
    const size_t most = done < 1024 ? done : done / n * n;
    const size_t piece = most < 2048 ? most : 2048 / n * n;
    const size_t some = all - done < piece ? all - done : piece;
    std::memcpy(out + done, out, some * sizeof(T));
    done += some;
  }
}

template <class T>
void line(const T* x, ptrdiff_t stride, size_t n, T* out) {
  if (stride == 1) {
    if (n < 16)
      for (size_t i = 0; i < n; ++i) out[i] = x[i];
    else
      std::memcpy(out, x, n * sizeof(T));
  } else if (stride == 0) {
    fill(out, n, *x);
  } else {
    for (size_t i = 0; i < n; ++i) out[i] = x[static_cast<ptrdiff_t>(i) * stride];
  }
}

/// out (rows, columns), where neighbours in a column of out are neighbours in x: by tiles, so that
/// what is read along a column is used before it leaves the cache.
template <class T>
void transpose(const T* x, size_t rows, size_t columns, ptrdiff_t stride, T* out) {
  constexpr size_t side = 8;
  for (size_t i = 0; i < rows; i += side) {
    const size_t high = rows - i < side ? rows - i : side;
    for (size_t j = 0; j < columns; j += side) {
      const size_t wide = columns - j < side ? columns - j : side;
      const T* const from = x + static_cast<ptrdiff_t>(j) * stride + static_cast<ptrdiff_t>(i);
      T* const to = out + i * columns + j;
      if (high == side && wide == side) {
        T tile[side][side];
        for (size_t b = 0; b < side; ++b)
          for (size_t a = 0; a < side; ++a)
            tile[a][b] = from[static_cast<ptrdiff_t>(b) * stride + static_cast<ptrdiff_t>(a)];
        for (size_t a = 0; a < side; ++a)
          for (size_t b = 0; b < side; ++b) to[a * columns + b] = tile[a][b];
      } else {
        for (size_t a = 0; a < high; ++a)
          for (size_t b = 0; b < wide; ++b)
            to[a * columns + b] =
                from[static_cast<ptrdiff_t>(b) * stride + static_cast<ptrdiff_t>(a)];
      }
    }
  }
}

template <class T>
void plane(const T* x, const Axes& axes, size_t axis, size_t rows, T* out) {
  const size_t n = axes.length[axis + 1];
  const ptrdiff_t down = axes.stride[axis], right = axes.stride[axis + 1];
  if (down == 0 && right == 1 && n < 256 && rows * n >= 64) return repeat(x, n, rows, out);
  if (down == 1 && right != 0 && rows >= 8 && n >= 8) return transpose(x, rows, n, right, out);
  if (n > 4) {
    for (size_t i = 0; i < rows; ++i)
      line(x + static_cast<ptrdiff_t>(i) * down, right, n, out + i * n);
  } else {
    for (size_t i = 0; i < rows; ++i)
      for (size_t j = 0; j < n; ++j)
        out[i * n + j] = x[static_cast<ptrdiff_t>(i) * down + static_cast<ptrdiff_t>(j) * right];
  }
}

/// All of the axes from `axis` on.
template <class T>
void copy_axes(const T* x, const Axes& axes, size_t axis, T* out) {
  const size_t n = axes.length[axis];
  if (axis + 1 == axes.rank) return line(x, axes.stride[axis], n, out);
  if (axis + 2 == axes.rank) return plane(x, axes, axis, n, out);
  for (size_t i = 0, inner = axes.inner_size(axis); i < n; ++i)
    copy_axes(x + static_cast<ptrdiff_t>(i) * axes.stride[axis], axes, axis + 1, out + i * inner);
}

/// A part of them: a piece of the first line or block, whole ones, a piece of the last.
template <class T>
void copy_part(const T* x, const Axes& axes, size_t axis, size_t first, size_t count, T* out) {
  const ptrdiff_t stride = axes.stride[axis];
  if (axis + 1 == axes.rank)
    return line(x + static_cast<ptrdiff_t>(first) * stride, stride, count, out);
  const size_t inner = axes.inner_size(axis);
  size_t i = first / inner, skip = first % inner;
  while (count > 0) {
    const T* const from = x + static_cast<ptrdiff_t>(i) * stride;
    if (skip == 0 && count >= inner && axis + 2 == axes.rank) {
      const size_t rows = count / inner;
      plane(from, axes, axis, rows, out);
      i += rows, out += rows * inner, count -= rows * inner;
      continue;
    }
    const size_t some = inner - skip < count ? inner - skip : count;
    if (some == inner)
      copy_axes(from, axes, axis + 1, out);
    else
      copy_part(from, axes, axis + 1, skip, some, out);
    ++i, out += some, count -= some, skip = 0;
  }
}

template <class T>
void scatter_axes(const T* x, const Axes& axes, size_t axis, T* out) {
  const ptrdiff_t stride = axes.stride[axis];
  const size_t n = axes.length[axis];
  if (axis + 1 == axes.rank) {
    if (stride == 1)
      std::memcpy(out, x, n * sizeof(T));
    else
      for (size_t i = 0; i < n; ++i) out[static_cast<ptrdiff_t>(i) * stride] = x[i];
    return;
  }
  const size_t inner = axes.inner_size(axis);
  if (axis + 2 == axes.rank && stride == 1 && inner >= 8 && n >= 8) {
    // A transpose: lines of out are read from the columns of x.
    for (size_t j = 0; j < inner; j += 8)
      for (size_t i = 0; i < n; ++i)
        for (size_t b = j; b < inner && b < j + 8; ++b)
          out[static_cast<ptrdiff_t>(b) * axes.stride[axis + 1] + static_cast<ptrdiff_t>(i)] =
              x[i * inner + b];
    return;
  }
  for (size_t i = 0; i < n; ++i)
    scatter_axes(x + i * inner, axes, axis + 1, out + static_cast<ptrdiff_t>(i) * stride);
}

unsigned isa() {
  static const auto chosen = static_cast<unsigned>(instruction_set());
  return chosen;
}

}  // namespace

template <class T>
void copy_strided(const T* x, std::span<const ptrdiff_t> strides, std::span<const size_t> shape,
                  T* out) {
  const Axes axes(strides, shape);
  if (axes.size > 0) copy_axes(x, axes, 0, out);
}

template <class T>
void copy_strided_range(const T* x, std::span<const ptrdiff_t> strides,
                        std::span<const size_t> shape, size_t first, size_t count, T* out) {
  const Axes axes(strides, shape);
  if (axes.size > 0 && count > 0) copy_part(x, axes, 0, first, count, out);
}

template <class T>
void scatter_strided(const T* x, std::span<const size_t> shape, T* out,
                     std::span<const ptrdiff_t> strides) {
  const Axes axes(strides, shape);
  if (axes.size > 0) scatter_axes(x, axes, 0, out);
}

template <class T>
void fill(T* out, size_t n, T value) {
  Compiled<FillBody, T, T*, size_t, T>::table[isa()](out, n, value);
}

template <class T>
void add(T* acc, const T* x, size_t n) {
  Compiled<AddBody, T, T*, const T*, size_t>::table[isa()](acc, x, n);
}

#define XTAPE_INSTANTIATE(T)                                                                      \
  template void copy_strided(const T*, std::span<const ptrdiff_t>, std::span<const size_t>, T*);  \
  template void copy_strided_range(const T*, std::span<const ptrdiff_t>, std::span<const size_t>, \
                                   size_t, size_t, T*);                                           \
  template void scatter_strided(const T*, std::span<const size_t>, T*,                            \
                                std::span<const ptrdiff_t>);                                      \
  template void fill(T*, size_t, T);                                                              \
  template void add(T*, const T*, size_t);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)

}  // namespace xtape::kernels
