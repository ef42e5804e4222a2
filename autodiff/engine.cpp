#include <xtape/autodiff/engine.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>

namespace xtape {
namespace {

// Whether an input is the innermost part of the shape, unstretched, so that it repeats with period
// `size`. What is stretched has the stride 0, so an axis that passes has the input's own extent.
bool is_row(const std::array<std::ptrdiff_t, Shape::max_rank>& strides, const Shape& shape,
            std::size_t size) {
  std::size_t seen = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0 && seen < size;) {
    if (shape[axis] != 1 && strides[axis] != static_cast<std::ptrdiff_t>(seen)) return false;
    seen *= shape[axis];
  }
  return true;
}

}  // namespace

std::array<std::ptrdiff_t, Shape::max_rank> broadcast_strides(const Shape& from, const Shape& to) {
  std::array<std::ptrdiff_t, Shape::max_rank> strides{};
  std::ptrdiff_t stride = 1;
  for (std::size_t i = from.rank(); i-- > 0;) {
    const std::size_t axis = i + to.rank() - from.rank();
    strides[axis] = from[i] == 1 ? 0 : stride;
    stride *= static_cast<std::ptrdiff_t>(from[i]);
  }
  return strides;
}

template <class T>
Engine<T>::Engine()
    : set_(static_cast<std::size_t>(instruction_set())),
      width_((std::size_t{16} << set_) / sizeof(T)) {
#if !XTAPE_X86
  width_ = 16 / sizeof(T);
#endif
}

template <class T>
KernelArguments<T> Engine<T>::arrange(const void* operation, In in, View<T> out, T* stored) const {
  KernelArguments<T> a;
  const std::size_t n = out.size();
  a.operation = operation;
  a.count = whole_vectors(n);
  a.out = out.data;
  a.stored = stored;
  a.staged = false;
  for (std::size_t k = 0; k < in.size(); ++k) {
    a.in[k] = in[k].data;
    const std::size_t size = in[k].size();
    a.step[k] = size != 1;
    a.staged |= size != 1 && (size != n || (!in[k].padded() && a.count != n));
  }
  return a;
}

// Brings the inputs that do not have the output's layout into it, chunk by chunk, and calls
// `run(arguments, first)` for each. (No partial is stored then: that is for one active input, and
// what is active is padded.)
template <class T>
template <class Run>
void Engine<T>::stage(KernelArguments<T> arguments, In in, const Shape& shape, Run&& run) const {
  constexpr std::size_t buffer_size = 512;
  constexpr std::size_t most = KernelArguments<T>::most_inputs;
  alignas(Arena::alignment) T buffers[most][buffer_size];
  const std::size_t n = shape.size();

  // A row that repeats fills its buffer once when the chunks start at its beginning.
  std::size_t period = width_;
  std::array<std::size_t, most> mode{};  // 0: in place, 1: row, 2: gathered anew for each chunk
  std::array<std::array<std::ptrdiff_t, Shape::max_rank>, most> strides;
  for (std::size_t k = 0; k < in.size(); ++k) {
    const std::size_t size = in[k].size();
    if (size == 1 || size == n) continue;
    strides[k] = broadcast_strides(in[k].shape(), shape);
    const std::size_t joined = std::lcm(period, size);
    const bool periodic = joined <= buffer_size && is_row(strides[k], shape, size);
    mode[k] = periodic ? 1 : 2;
    if (periodic) period = joined;
  }
  const std::size_t chunk = buffer_size / period * period;
  const auto gather = [&](std::size_t k, std::size_t first, std::size_t count) {
    kernels::copy_strided_range<T>(in[k].data, std::span(strides[k]).first(shape.rank()),
                                   std::span(shape.begin(), shape.end()), first, count, buffers[k]);
    arguments.in[k] = buffers[k];
  };
  T* const out = arguments.out;
  for (std::size_t first = 0; first < n; first += chunk) {
    const std::size_t count = std::min(chunk, n - first);
    arguments.count = whole_vectors(count);
    for (std::size_t k = 0; k < in.size(); ++k) {
      if (in[k].size() == 1) continue;
      if (mode[k] == 2) gather(k, first, count);
      if (mode[k] == 1 && first == 0) gather(k, 0, std::min(chunk, n));
      if (mode[k] != 0) continue;
      arguments.in[k] = in[k].data + first;
      if (!in[k].padded() && arguments.count != count) {
        std::copy_n(in[k].data + first, count, buffers[k]);
        arguments.in[k] = buffers[k];
      }
    }
    arguments.out = out + first;
    run(std::as_const(arguments), first);
  }
}

template <class T>
void Engine<T>::forward_staged(ForwardKernel<T> kernel, const KernelArguments<T>& arguments, In in,
                               const Shape& shape) const {
  stage(arguments, in, shape, [&](const KernelArguments<T>& part, std::size_t) { kernel(part); });
}

template <class T>
void Engine<T>::backward_staged(BackwardKernel<T> kernel, const KernelArguments<T>& arguments,
                                In in, const Shape& shape, const T* g, T* to,
                                bool accumulate) const {
  stage(arguments, in, shape, [&](const KernelArguments<T>& part, std::size_t first) {
    kernel(part, g + first, to + first, accumulate);
  });
}

template <class T>
void Engine<T>::compute(const Rule<T>& rule, const void* operation, In in, const View<T>* out) {
  if (!rule.elementwise()) return compute_structural(rule, operation, in, out);
  forward(chosen(*rule.forward), arrange(operation, in, *out, nullptr), in, out->shape());
}

template <class T>
void Engine<T>::sum_to(View<const T> from, View<T> to) {
  const auto strides = broadcast_strides(to.shape(), from.shape());
  std::uint32_t reduced = 0;
  for (std::size_t axis = 0; axis < from.shape().rank(); ++axis)
    if (strides[axis] == 0) reduced |= std::uint32_t{1} << axis;
  kernels::reduce_sum<T>(from.data, to.data, std::span(from.shape().begin(), from.shape().end()),
                         reduced);
  repeat_single(to);
}

template <class T>
void Engine<T>::add(View<const T> from, View<T> to) {
  kernels::add<T>(to.data, from.data, to.size());
  repeat_single(to);
}

template <class T>
void Engine<T>::copy(View<const T> from, View<T> to) {
  std::copy_n(from.data, to.size(), to.data);
  repeat_single(to);
}

template class Engine<double>;
template class Engine<float>;

}  // namespace xtape
