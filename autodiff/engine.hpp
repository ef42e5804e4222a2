#pragma once
// Runs operations on arrays: broadcasting, padding, un-broadcasting and accumulation, here and
// nowhere else. Knows neither the tape nor any operation.

#include <cstddef>
#include <span>

#include <xtape/autodiff/dispatch.hpp>
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

  /// The values of an operation; for one that stores its partial, that too where `stored` is given.
  void compute(const Rule<T>& rule, const void* operation, In in, const View<T>* out,
               T* stored = nullptr);
  /// The contribution of one record to its input k, assigned or added to `to`.
  void pull(const Rule<T>& rule, const void* operation, std::size_t k, const View<const T>* g,
            In in, const View<const T>* out, const T* stored, View<T> to, bool accumulate);
  /// Sums `from` over the axes along which `to` was stretched.
  void sum_to(View<const T> from, View<T> to);
  void add(View<const T> from, View<T> to);
  void copy(View<const T> from, View<T> to);
  /// A single number is kept repeated over a whole vector, as the kernels read it.
  static void repeat_single(View<T> view) {
    if (view.size() == 1)
      for (std::size_t i = 1; i < vector_size; ++i) view.data[i] = view.data[0];
  }

  /// Uninitialised memory for an array, padded.
  static View<T> allocate(Arena& arena, const Shape& shape) {
    return {arena.allocate<T>(std::max(shape.size(), vector_size)), &shape};
  }
  /// A count of elements rounded up to whole vectors of this processor.
  [[nodiscard]] std::size_t whole_vectors(std::size_t n) const {
    return (n + width_ - 1) & ~(width_ - 1);
  }
  /// The kernel for this processor.
  [[nodiscard]] Kernel<T> kernel(const Kernels<T>& kernels) const { return kernels[set_]; }
  /// Cotangent times stored partial.
  [[nodiscard]] static const Kernels<T>& from_stored();
  /// Short-lived memory: take a ScratchScope first.
  [[nodiscard]] Arena& scratch() { return scratch_; }

 private:
  void run(const Kernels<T>& kernels, KernelArguments<T>& arguments,
           std::span<const View<const T>> in, const Shape& shape);
  void run_staged(Kernel<T> run_kernel, KernelArguments<T>& arguments,
                  std::span<const View<const T>> in, const Shape& shape);
  void pull_elementwise(const Rule<T>& rule, const void* operation, std::size_t k, View<const T> g,
                        In in, View<const T> out, const T* stored, View<T> to, bool accumulate);

  Arena scratch_;
  std::size_t set_;    // index of the kernels for this processor
  std::size_t width_;  // elements of their vectors
};

extern template class Engine<double>;
extern template class Engine<float>;

}  // namespace xtape
