#pragma once
// Runs operations on arrays: broadcasting, padding, un-broadcasting and accumulation, here and
// nowhere else. Knows neither the tape nor any operation.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include <xtape/autodiff/rule.hpp>
#include <xtape/autodiff/tape/arena.hpp>

namespace xtape {

/// Gives the memory taken from an arena back when it goes.
class ScratchScope {
 public:
  explicit ScratchScope(Arena& arena) : arena_(arena), mark_(arena.mark()) {}
  ScratchScope(const ScratchScope&) = delete;
  ScratchScope& operator=(const ScratchScope&) = delete;
  ~ScratchScope() { arena_.rewind(mark_); }

 private:
  Arena& arena_;
  Arena::Mark mark_;
};

/// The strides that read `from` as an array of shape `to` under broadcasting.
std::array<std::ptrdiff_t, Shape::max_rank> broadcast_strides(const Shape& from, const Shape& to);

template <class T>
class Engine {
 public:
  using In = std::span<const View<const T>>;
  static constexpr std::size_t vector_size = Arena::alignment / sizeof(T);

  Engine();

  /// The values of an operation.
  void compute(const Rule<T>& rule, const void* operation, In in, const View<T>* out);
  /// The same for an operation on whole arrays.
  static void compute_structural(const Rule<T>& rule, const void* operation, In in,
                                 const View<T>* out) {
    rule.compute(operation, in, out);
    for (std::size_t i = 0; i < rule.outputs; ++i) repeat_single(out[i]);
  }

  /// What the kernels of an elementwise operation are given.
  [[nodiscard]] KernelArguments<T> arrange(const void* operation, In in, View<T> out,
                                           T* stored) const;
  /// Runs a kernel; `in` is looked at only where the arguments have to be staged.
  void forward(ForwardKernel<T> kernel, const KernelArguments<T>& arguments, In in,
               const Shape& shape) const {
    if (!arguments.staged) return kernel(arguments);
    forward_staged(kernel, arguments, in, shape);
  }
  void backward(BackwardKernel<T> kernel, const KernelArguments<T>& arguments, In in,
                const Shape& shape, const T* g, T* to, bool accumulate) const {
    if (!arguments.staged) return kernel(arguments, g, to, accumulate);
    backward_staged(kernel, arguments, in, shape, g, to, accumulate);
  }

  /// Sums `from` over the axes along which `to` was stretched.
  static void sum_to(View<const T> from, View<T> to);
  static void add(View<const T> from, View<T> to);
  static void copy(View<const T> from, View<T> to);
  /// A single number is kept repeated over a whole vector, as the kernels read it.
  static void repeat_single(View<T> view) {
    if (view.size() == 1)
      for (std::size_t i = 1; i < vector_size; ++i) view.data[i] = view.data[0];
  }

  /// Uninitialised memory for an array, padded.
  static View<T> allocate(Arena& arena, const Shape& shape) {
    return {arena.allocate<T>(std::max(shape.size(), vector_size)), &shape};
  }
  /// The kernel for this processor.
  template <class Kernel>
  [[nodiscard]] Kernel chosen(const Kernels<Kernel>& kernels) const {
    return kernels[set_];
  }

 private:
  void forward_staged(ForwardKernel<T> kernel, const KernelArguments<T>& arguments, In in,
                      const Shape& shape) const;
  void backward_staged(BackwardKernel<T> kernel, const KernelArguments<T>& arguments, In in,
                       const Shape& shape, const T* g, T* to, bool accumulate) const;
  template <class Run>
  void stage(KernelArguments<T> arguments, In in, const Shape& shape, Run&& run) const;
  // A count of elements rounded up to whole vectors of this processor.
  [[nodiscard]] std::size_t whole_vectors(std::size_t n) const {
    return (n + width_ - 1) & ~(width_ - 1);
  }

  std::size_t set_;    // index of the kernels for this processor
  std::size_t width_;  // elements of their vectors
};

}  // namespace xtape
