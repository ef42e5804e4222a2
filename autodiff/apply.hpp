#pragma once
// Records an operation: the library's or a user's.

#include <array>
#include <type_traits>
#include <utility>

#include <xtape/autodiff/functions.hpp>
#include <xtape/autodiff/operations/structural_direct.hpp>
#include <xtape/autodiff/readings/numbers.hpp>
#include <xtape/autodiff/rule_of.hpp>
#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

// The tables of the library's own operations are compiled once, in functions.cpp.
#define XTAPE_COMPILED_ONCE(Operation, inputs)                                \
  extern template const Rule<double> RuleOf<Operation, double, inputs>::rule; \
  extern template const Rule<float> RuleOf<Operation, float, inputs>::rule;
#include <xtape/autodiff/operations/compiled_once.inc>

namespace detail {

// Whether the formulas of an elementwise operation can be called with N inputs.
template <class Operation, std::size_t N>
constexpr bool has_value() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return requires(const Operation& operation, const std::array<Symbol, N>& x) {
      operation.value(x[I]...);
    };
  }
  (std::make_index_sequence<N>{});
}
template <class Operation, std::size_t N, std::size_t K>
constexpr bool has_slope() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    using Inputs = std::array<Symbol, N>;
    constexpr bool pulls = requires(const Operation& operation, const Inputs& x, const Symbol& g) {
      operation.pullback(wrt<K>{}, g, x[I]...);
    };
    constexpr bool of_each = requires(const Operation& operation, const Inputs& x) {
      operation.partial(wrt<K>{}, x[I]...);
    }
    || requires(const Operation& operation, const Inputs& x, const Symbol& y) {
      operation.partial(wrt<K>{}, x[I]..., y);
    };
    constexpr bool of_one = requires(const Operation& operation, const Inputs& x) {
      operation.partial(x[I]...);
    }
    || requires(const Operation& operation, const Inputs& x, const Symbol& y) {
      operation.partial(x[I]..., y);
    };
    return pulls || (N == 1 ? of_one : of_each);
  }
  (std::make_index_sequence<N>{});
}
template <class Operation, std::size_t N>
constexpr bool has_slopes() {
  return []<std::size_t... K>(std::index_sequence<K...>) {
    return (has_slope<Operation, N, K>() && ...);
  }
  (std::make_index_sequence<N>{});
}

// Says what an operation lacks in one sentence, where a use of it would take pages.
template <class Operation, std::size_t N>
constexpr bool is_complete() {
  constexpr bool named = [] {
    if constexpr (requires { Operation::name; })
      return std::is_convertible_v<decltype(Operation::name), const char*>;
    return false;
  }();
  static_assert(named, "xtape: an operation has a static constexpr auto name, a const char*");
  constexpr bool structural = Structural<Operation>;
  constexpr bool valued = [] {
    if constexpr (named && !structural) return has_value<Operation, N>();
    return true;
  }();
  static_assert(valued,
                "xtape: an elementwise operation has value(x...), static or const, for as many "
                "inputs as apply is given; one on whole arrays has output_shape too");
  constexpr bool sloped = [] {
    if constexpr (named && valued && !structural && !is_piecewise_constant<Operation>())
      return has_slopes<Operation, N>();
    return true;
  }();
  static_assert(sloped,
                "xtape: an elementwise operation has partial(x) or partial(x, y), and of several "
                "inputs partial(wrt<K>, a, b) or partial(wrt<K>, a, b, y) for each K");
  return named && valued && sloped;
}

template <class T, class Operation, std::size_t N>
BasicVariable<T> record(const Operation& operation,
                        const std::array<const BasicOperand<T>*, N>& in) {
  if constexpr (is_complete<Operation, N>()) {
    return BasicTape<T>::append(RuleOf<Operation, T, N>::rule, &operation,
                                std::is_empty_v<Operation> ? 0 : sizeof(Operation), in);
  } else {
    return {};
  }
}

}  // namespace detail

/// Records `operation` on variables, numbers and parameters, of which at least one is a variable.
///
/// An elementwise operation is a struct with a name, `value(x...)` and `partial(x)`, `partial(x,
/// y)` or one `partial(wrt<K>, a, b[, y])` for each input; its inputs broadcast. A structural one
/// has `output_shape(shapes...)`, `value(View<E> y, View<const E> x...)` and `vjp(wrt<K>, g, x...[,
/// y])`. Parameters of an operation are its data members.
/// @throws ShapeError when the shapes do not fit, HandleError for a variable that is not valid.
template <class Operation>
Variable apply(const Operation& operation, const Operand& x) {
  return detail::record<double, Operation, 1>(operation, {&x});
}
template <class Operation>
Variable apply(const Operation& operation, const Operand& a, const Operand& b) {
  return detail::record<double, Operation, 2>(operation, {&a, &b});
}
template <class Operation>
Variable apply(const Operation& operation, const Operand& a, const Operand& b, const Operand& c) {
  return detail::record<double, Operation, 3>(operation, {&a, &b, &c});
}
template <class Operation>
VariableF apply(const Operation& operation, const OperandF& x) {
  return detail::record<float, Operation, 1>(operation, {&x});
}
template <class Operation>
VariableF apply(const Operation& operation, const OperandF& a, const OperandF& b) {
  return detail::record<float, Operation, 2>(operation, {&a, &b});
}
template <class Operation>
VariableF apply(const Operation& operation, const OperandF& a, const OperandF& b,
                const OperandF& c) {
  return detail::record<float, Operation, 3>(operation, {&a, &b, &c});
}

// What the rules of structural operations call beside the functions of functions.hpp.
inline Variable transpose(const Operand& x, const Transpose& order) { return apply(order, x); }
inline VariableF transpose(const OperandF& x, const Transpose& order) { return apply(order, x); }
inline Variable slice(const Operand& x, const Slice& part) { return apply(part, x); }
inline VariableF slice(const OperandF& x, const Slice& part) { return apply(part, x); }
/// Zeros of a shape, with x in a part of it: the opposite of slice.
inline Variable embed(const Operand& x, const Slice& part, const Shape& shape) {
  return apply(Embed{part, shape}, x);
}
inline VariableF embed(const OperandF& x, const Slice& part, const Shape& shape) {
  return apply(Embed{part, shape}, x);
}

}  // namespace xtape
