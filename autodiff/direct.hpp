#pragma once
// The reading of structural rules by the direct sweep: every call is listed in the sweep's plan,
// the outermost one straight into the place where the gradient is wanted.

#include <array>
#include <type_traits>

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/plan.hpp>
#include <xtape/autodiff/readings/vocabulary.hpp>

namespace xtape {

template <class Operation, class T, std::size_t N>
struct RuleOf;

template <class T>
class Direct : public LiftingVocabulary<Direct<T>> {
 public:
  static constexpr std::size_t most_inputs = 4;

  Direct(Plan<T>& plan, View<const T> view) : plan_(&plan), view_(view) {}
  template <PlainNumber A>
  Direct(A number) : number_(static_cast<T>(number)) {}

  [[nodiscard]] const Shape& shape() const { return view_.shape(); }

  /// Plans the call, if it was not planned yet, and gives the place of its result.
  [[nodiscard]] View<const T> view() const {
    if (call_ == nullptr) return view_;
    if (call_->result == nullptr) {
      const View<T> result = plan_->temporary(call_->shape);
      plan_call(result);
      call_->result = result.data;
    }
    return {call_->result, view_.extents()};
  }
  /// Plans to compute or copy the values to `to`.
  void write(View<T> to) const {
    if (call_ == nullptr || call_->result != nullptr) {
      plan_->copy(view(), to);
    } else {
      plan_call({to.data, &call_->shape});
    }
  }
  /// The same elements in another shape of the same size.
  [[nodiscard]] Direct reshaped(const Shape& shape) const {
    Direct result = *this;
    result.view_ = {view_.data, plan_->keep(shape), view_.padded()};
    return result;
  }

  template <class Operation, class... X>
  static Direct lift(const Operation& operation, const X&... x) {
    static_assert(sizeof...(X) <= most_inputs && std::is_trivially_copyable_v<Operation>);
    Plan<T>* plan = nullptr;
    ((plan = plan == nullptr ? x.plan_ : plan), ...);
    Call* const call = plan->keep(Call{});
    call->rule = &RuleOf<Operation, T, sizeof...(X)>::rule;
    if constexpr (!std::is_empty_v<Operation>) call->operation = plan->keep(operation);
    call->inputs = sizeof...(X);
    std::size_t i = 0;
    ((call->in[i++] = x.on(*plan).view()), ...);
    call->shape = output_shape(operation, *call, std::make_index_sequence<sizeof...(X)>{});
    Direct result(*plan, {nullptr, &call->shape});
    result.call_ = call;
    return result;
  }
  template <class Operation, class... X>
  static Direct compose(const Operation& operation, const X&... x) {
    return lift(operation, x...);
  }

 private:
  struct Call {
    const Rule<T>* rule = nullptr;
    const void* operation = nullptr;
    std::size_t inputs = 0;
    std::array<View<const T>, most_inputs> in;
    Shape shape;
    const T* result = nullptr;  // where it is planned to
  };

  void plan_call(View<T> to) const {
    plan_->compute(*call_->rule, call_->operation, {call_->in.data(), call_->inputs}, to);
  }
  /// This array, or this number as an array of one element.
  [[nodiscard]] Direct on(Plan<T>& plan) const {
    if (plan_ != nullptr) return *this;
    struct alignas(Arena::alignment) Single {
      std::array<T, Engine<T>::vector_size> number;
      Shape shape;
    };
    Single single;
    single.number.fill(number_);
    const Single* const kept = plan.keep(single);
    return Direct(plan, {kept->number.data(), &kept->shape});
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

  Plan<T>* plan_ = nullptr;
  View<const T> view_{nullptr, nullptr};
  Call* call_ = nullptr;
  T number_ = 0;
};

template <class T>
const Shape& shape_of(const Direct<T>& x) {
  return x.shape();
}

/// An operation in a rule, a user's own too: the same `apply` that records it in a recorded sweep.
template <class Operation, class T, class... More>
requires(std::is_convertible_v<const More&, Direct<T>>&&...) Direct<T> apply(
    const Operation& operation, const Direct<T>& x, const More&... more) {
  return Direct<T>::lift(operation, x, Direct<T>(more)...);
}
}  // namespace xtape
