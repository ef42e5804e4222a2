// Which sums a reduction consists of.

#include <array>

#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/kernels/sums.hpp>

namespace xtape::kernels {
namespace {

using std::size_t;

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
        const size_t some = width < chunk ? width : chunk,
                     from = width - j < some ? width - some : j;
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
void reduce_sum(const T* x, T* out, std::span<const size_t> shape, std::uint32_t reduced) {
  const Merged merged(shape, reduced);
  if (merged.size(0) != 0) return reduce_from(merged, 0, x, out);
  for (size_t i = 0, n = merged.kept(0); i < n; ++i) out[i] = 0;
}

template void reduce_sum(const float*, float*, std::span<const size_t>, std::uint32_t);
template void reduce_sum(const double*, double*, std::span<const size_t>, std::uint32_t);

}  // namespace xtape::kernels
