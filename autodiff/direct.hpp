#pragma once
// The reading of structural rules by the direct sweep: arrays that are computed at once, except the
// outermost call of a rule, which is computed straight into the place where the gradient is wanted.

#include <array>
#include <cstring>
#include <new>
#include <type_traits>

#include <xtape/autodiff/engine.hpp>
#include <xtape/autodiff/error.hpp>

namespace xtape {

template <class Operation, class T, std::size_t N>
struct RuleOf;

template <class T>
class Direct : public LiftingVocabulary<Direct<T>> {
 public:
  static constexpr std::size_t most_inputs = 4;

  Direct(Engine<T>& engine, View<const T> view) : engine_(&engine), view_(view) {}
  template <PlainNumber A>
  Direct(A number) : number_(static_cast<T>(number)) {}

  [[nodiscard]] const Shape& shape() const { return view_.shape(); }
  [[nodiscard]] Engine<T>& engine() const { return *engine_; }

  /// The values; computed now if they were not yet.
  [[nodiscard]] View<const T> view() const {
    if (call_ == nullptr) return view_;
    const View<T> result = Engine<T>::allocate(engine_->scratch(), call_->shape);
    engine_->compute(*call_->rule, call_->operation, {call_->in.data(), call_->inputs}, &result);
    return {result.data, view_.extents()};
  }
  /// Computes or copies the values to `to`.
  void write(View<T> to) const {
    if (call_ == nullptr) {
      engine_->copy(view_, to);
    } else if (!call_->rule->elementwise()) {
      const View<T> result{to.data, &call_->shape};
      call_->rule->compute(call_->operation, {call_->in.data(), call_->inputs}, &result);
    } else {
      const View<T> result{to.data, &call_->shape};
      engine_->compute(*call_->rule, call_->operation, {call_->in.data(), call_->inputs}, &result);
    }
  }
  /// The same elements in another shape of the same size.
  [[nodiscard]] Direct reshaped(const Shape& shape) const {
    Direct result = *this;
    result.view_ = {view_.data, new (engine_->scratch().template allocate<Shape>(1)) Shape(shape),
                    view_.padded()};
    return result;
  }

  template <class Operation, class... X>
  static Direct lift(const Operation& operation, const X&... x) {
    static_assert(sizeof...(X) <= most_inputs && std::is_trivially_copyable_v<Operation>);
    Engine<T>* engine = nullptr;
    ((engine = engine == nullptr ? x.engine_ : engine), ...);
    Arena& scratch = engine->scratch();
    auto* const call = new (scratch.allocate<Call>(1)) Call;
    call->rule = &RuleOf<Operation, T, sizeof...(X)>::rule;
    if constexpr (!std::is_empty_v<Operation>)
      call->operation = new (scratch.allocate<Operation>(1)) Operation(operation);
    call->inputs = sizeof...(X);
    std::size_t i = 0;
    ((call->in[i++] = x.on(*engine).view()), ...);
    // Made in place: copying what was just written would stall.
    new (&call->shape)
        Shape(output_shape(operation, *call, std::make_index_sequence<sizeof...(X)>{}));
    Direct result(*engine, {nullptr, &call->shape});
    result.call_ = call;
    return result;
  }
  template <class Operation, class... X>
  static Direct compose(const Operation& operation, const X&... x) {
    return lift(operation, x...);
  }

 private:
  struct Call {
    const Rule<T>* rule;
    const void* operation;
    std::size_t inputs;
    std::array<View<const T>, most_inputs> in;
    union {
      Shape shape;
    };
    Call() {}
  };

  /// This array, or this number as an array of one element.
  [[nodiscard]] Direct on(Engine<T>& engine) const {
    if (engine_ != nullptr) return *this;
    Arena& scratch = engine.scratch();
    const View<T> single = Engine<T>::allocate(scratch, *new (scratch.allocate<Shape>(1)) Shape);
    single.data[0] = number_;
    Engine<T>::repeat_single(single);
    return Direct(engine, {single.data, single.extents()});
  }
  static Shape broadcast_all(const Call& call) {
    Shape shape;
    for (std::size_t i = 0; i < call.inputs; ++i) {
      const auto both = broadcast(shape, call.in[i].shape());
      if (!both)
        throw ShapeError(to_string(shape) + " and " + to_string(call.in[i].shape()) +
                         " do not broadcast");
      shape = *both;
    }
    return shape;
  }
  template <class Operation, std::size_t... I>
  static Shape output_shape(const Operation& operation, const Call& call,
                            std::index_sequence<I...>) {
    if constexpr (requires { operation.output_shape(call.in[I].shape()...); }) {
      return operation.output_shape(call.in[I].shape()...);
    } else {
      const Shape* common = nullptr;
      for (const View<const T>& in : {call.in[I]...})
        if (common == nullptr || in.shape().rank() != 0) {
          if (common != nullptr && common->rank() != 0 && in.shape() != *common)
            return broadcast_all(call);
          common = in.extents();
        }
      return *common;
    }
  }

  Engine<T>* engine_ = nullptr;
  View<const T> view_{nullptr, nullptr};
  const Call* call_ = nullptr;
  T number_ = 0;
};

template <class T>
const Shape& shape_of(const Direct<T>& x) {
  return x.shape();
}
}  // namespace xtape
