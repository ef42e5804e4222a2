#pragma once
// Records an operation: the library's or a user's.

#include <array>
#include <type_traits>

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

template <class T, class Operation, std::size_t N>
BasicVariable<T> record(const Operation& operation,
                        const std::array<const BasicOperand<T>*, N>& in) {
  return BasicTape<T>::append(RuleOf<Operation, T, N>::rule, &operation,
                              std::is_empty_v<Operation> ? 0 : sizeof(Operation), in);
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
