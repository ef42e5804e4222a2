#pragma once
// What a backward sweep computes, as a flat list of calls: made once from the rules, run as often
// as the same recording comes back.

#include <cstddef>
#include <new>
#include <span>
#include <variant>
#include <vector>

#include <xtape/autodiff/engine.hpp>

namespace xtape {

/// Calls in order, with their memory. The arrays, arguments and lists of inputs that a call is
/// given by address have to live as long as the plan.
template <class T>
class Plan {
 public:
  using In = std::span<const View<const T>>;

  /// Lists what computes the contribution of one record to its input k, assigned or added to `to`:
  /// broadcast axes are summed and contributions added here and nowhere else.
  void pull(const Rule<T>& rule, std::size_t k, const KernelArguments<T>& arguments,
            const View<const T>* g, In in, const View<const T>* out, View<T> to, bool accumulate);

  // ---- For the rules of structural operations, while their contribution is planned.
  /// The value of an operation.
  void compute(const Rule<T>& rule, const void* operation, In in, View<T> out);
  void copy(View<const T> from, View<T> to);
  /// A value that lives as long as the plan.
  template <class V>
  V* keep(const V& value) {
    return new (memory_.allocate<V>(1)) V(value);
  }
  /// An array for results in between, of use until the contribution is complete.
  View<T> temporary(const Shape& shape) { return Engine<T>::allocate(temporaries_, shape); }

  void run() const;
  void clear();

 private:
  struct Backward {
    BackwardKernel<T> kernel;
    const KernelArguments<T>* arguments;
    In in;
    const Shape* shape;  // of the output
    const T* g;
    T* to;
    bool accumulate;
  };
  struct Elementwise {
    ForwardKernel<T> kernel;
    const KernelArguments<T>* arguments;
    In in;
    const Shape* shape;
  };
  struct Structural {
    const Rule<T>* rule;
    const void* operation;
    In in;
    View<T> to;
  };
  struct Move {
    void (*move)(View<const T> from, View<T> to);
    View<const T> from;
    View<T> to;
  };
  using Call = std::variant<Backward, Elementwise, Structural, Move>;

  Engine<T> engine_;
  std::vector<Call> calls_;
  Arena memory_, temporaries_;
};

}  // namespace xtape
