#include <xtape/autodiff/engine.hpp>

#include <algorithm>
#include <array>
#include <numeric>

#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/rule_of.hpp>

namespace xtape {
namespace {

// The contribution of a record that stored its partial.
struct StoredBody {
  template <class L>
  XTAPE_INLINE static void run(const KernelArguments<typename L::Scalar>& a) {
    using T = typename L::Scalar;
    const T* const g = a.in[0];
    const T* const partial = a.in[1];
    T* const out = a.out;
    for (std::size_t i = 0; i < a.count; i += L::width) {
      L c = Absorb::value(L::load(g + i), L::load(partial + i));
      if (a.accumulate) c = L::load(out + i) + c;
      c.store(out + i);
    }
  }
};

// Whether an input is the innermost part of the shape, unstretched, so that it repeats with period
// `size`.
bool is_row(const std::array<std::ptrdiff_t, Shape::max_rank>& strides, const Shape& shape,
            std::size_t size) {
  std::size_t seen = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0 && seen < size;) {
    if (shape[axis] != 1 && strides[axis] != static_cast<std::ptrdiff_t>(seen)) return false;
    seen *= shape[axis];
  }
  return seen == size;
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
const Kernels<T>& Engine<T>::from_stored() {
  static constexpr Kernels<T> kernels = Compiled<StoredBody, T, const KernelArguments<T>&>::table;
  return kernels;
}

// Runs a kernel over arrays that have the output's layout already, or are single numbers, or have
// to be staged chunk by chunk.
template <class T>
void Engine<T>::run(const Kernels<T>& kernels, KernelArguments<T>& arguments,
                    std::span<const View<const T>> in, const Shape& shape) {
  const std::size_t n = shape.size();
  const std::size_t whole = whole_vectors(n);
  bool staged = false;
  for (std::size_t k = 0; k < in.size(); ++k) {
    arguments.in[k] = in[k].data;
    const std::size_t size = in[k].size();
    arguments.step[k] = size != 1;
    staged |= size != 1 && (size != n || (!in[k].padded() && whole != n));
  }
  if (!staged) {
    arguments.count = whole;
    kernels[set_](arguments);
  } else if (n != 0) {
    run_staged(kernels[set_], arguments, in, shape);
  }
}

template <class T>
void Engine<T>::run_staged(Kernel<T> run_kernel, KernelArguments<T>& arguments,
                           std::span<const View<const T>> in, const Shape& shape) {
  constexpr std::size_t buffer_size = 512;
  constexpr std::size_t most = KernelArguments<T>::most_inputs + 2;
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
  T* const stored = arguments.stored;
  for (std::size_t first = 0; first < n; first += chunk) {
    const std::size_t count = std::min(chunk, n - first);
    arguments.count = (count + width_ - 1) / width_ * width_;
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
    if (stored != nullptr) arguments.stored = stored + first;
    run_kernel(arguments);
  }
}

template <class T>
void Engine<T>::compute(const Rule<T>& rule, const void* operation, In in, const View<T>* out,
                        T* stored) {
  if (rule.elementwise()) {
    KernelArguments<T> arguments;
    arguments.operation = operation;
    arguments.out = out->data;
    arguments.stored = stored;
    arguments.accumulate = false;
    run(stored != nullptr ? *rule.forward_storing : *rule.forward, arguments, in, out->shape());
  } else {
    rule.compute(operation, in, out);
    for (std::size_t i = 0; i < rule.outputs; ++i) repeat_single(out[i]);
  }
}

template <class T>
void Engine<T>::pull(const Rule<T>& rule, const void* operation, std::size_t k,
                     const View<const T>* g, In in, const View<const T>* out, const T* stored,
                     View<T> to, bool accumulate) {
  if (rule.elementwise() && to.size() == out->size()) {
    pull_elementwise(rule, operation, k, *g, in, *out, stored, to, accumulate);
    return;
  }
  const ScratchScope scope(scratch_);
  // Computed first and added then, so that contributions sum to the gradient bit by bit.
  const View<T> result = accumulate ? allocate(scratch_, to.shape()) : to;
  if (rule.elementwise()) {
    const View<T> stretched = allocate(scratch_, out->shape());
    pull_elementwise(rule, operation, k, *g, in, *out, stored, stretched, false);
    sum_to({stretched.data, stretched.extents()}, result);
  } else {
    rule.pull[rule.inputs == 0 ? 0 : k](*this, operation, k, g, in, out, result);
    repeat_single(result);
  }
  if (accumulate) add({result.data, result.extents()}, to);
}

template <class T>
void Engine<T>::pull_elementwise(const Rule<T>& rule, const void* operation, std::size_t k,
                                 View<const T> g, In in, View<const T> out, const T* stored,
                                 View<T> to, bool accumulate) {
  KernelArguments<T> arguments;
  arguments.operation = operation;
  arguments.out = to.data;
  arguments.stored = nullptr;
  arguments.accumulate = accumulate;
  if (stored != nullptr) {
    arguments.in[0] = g.data;
    arguments.in[1] = stored;
    arguments.count = (out.size() + width_ - 1) / width_ * width_;
    from_stored()[set_](arguments);
    return;
  }
  std::array<View<const T>, KernelArguments<T>::most_inputs + 2> all;
  std::copy(in.begin(), in.end(), all.begin());
  all[in.size()] = out;
  all[in.size() + 1] = g;
  run(rule.backward[k], arguments, std::span(all).first(in.size() + 2), out.shape());
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
