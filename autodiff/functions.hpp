#pragma once
// The functions on recorded arrays: each records one operation and gives a variable. They are
// compiled once, in functions.cpp: a program that calls them does without the formulas.

#include <concepts>
#include <initializer_list>

#include <xtape/autodiff/operations/axes.hpp>
#include <xtape/autodiff/tape/variable.hpp>

namespace xtape {

namespace detail {
/// The shape that an operand will have on the tape.
/// @throws HandleError, naming the function, for an empty variable or one that is gone.
template <class T>
const Shape& shape_of_operand(const char* function, const BasicOperand<T>& x);

template <class Other>
void refuse_mixture() {
  static_assert(never<Other>,
                "xtape: a variable of a Tape beside one of a TapeF: they record different numbers, "
                "double and float");
}
template <class Array>
void refuse_array() {
  static_assert(never<Array>,
                "xtape: an array by itself is on no tape: sigmoid(tape.constant(x)) is a variable, "
                "its value() an array");
}
Variable where(const Operand& mask, const Operand& a, const Operand& b);
VariableF where(const OperandF& mask, const OperandF& a, const OperandF& b);
}  // namespace detail

// One function of the formulas' vocabulary, for both element types. What each computes and its
// derivative stand with the operation, in operations/elementwise.hpp.
#define XTAPE_FUNCTION_1(function)     \
  Variable function(const Operand& x); \
  VariableF function(const OperandF& x);
#define XTAPE_FUNCTION_2(function)                          \
  Variable function(const Operand& a, const Operand& b);    \
  VariableF function(const OperandF& a, const OperandF& b); \
  template <std::same_as<VariableF> B>                      \
  void function(const Variable&, const B&) {                \
    detail::refuse_mixture<B>();                            \
  }                                                         \
  template <std::same_as<Variable> B>                       \
  void function(const VariableF&, const B&) {               \
    detail::refuse_mixture<B>();                            \
  }
XTAPE_FUNCTION_1(sqrt)
XTAPE_FUNCTION_1(exp)
XTAPE_FUNCTION_1(expm1)
XTAPE_FUNCTION_1(log)
XTAPE_FUNCTION_1(log1p)
XTAPE_FUNCTION_1(sin)
XTAPE_FUNCTION_1(cos)
XTAPE_FUNCTION_1(tanh)
XTAPE_FUNCTION_1(abs)
XTAPE_FUNCTION_1(square)
XTAPE_FUNCTION_1(sigmoid)
XTAPE_FUNCTION_1(softplus)
XTAPE_FUNCTION_1(relu)
XTAPE_FUNCTION_1(operator-)
XTAPE_FUNCTION_2(operator+)
XTAPE_FUNCTION_2(operator-)
XTAPE_FUNCTION_2(operator*)
XTAPE_FUNCTION_2(operator/)
XTAPE_FUNCTION_2(absorb)
XTAPE_FUNCTION_2(matmul_nt)
XTAPE_FUNCTION_2(matmul_tn)
/// The matrix product; see MatMul.
XTAPE_FUNCTION_2(matmul)
#undef XTAPE_FUNCTION_1
#undef XTAPE_FUNCTION_2
// (The others are found for arrays too: they are xtensor's. The pack makes a user's own template
// the better match, whether it takes an expression or anything.)
template <class E, class... None>
void sigmoid(const xt::xexpression<E>&, None...) {
  detail::refuse_array<E>();
}
template <class E, class... None>
void softplus(const xt::xexpression<E>&, None...) {
  detail::refuse_array<E>();
}
template <class E, class... None>
void relu(const xt::xexpression<E>&, None...) {
  detail::refuse_array<E>();
}

/// x·W + b of (N, in), (in, out) and (out); see LinearMap.
Variable linear(const Operand& x, const Operand& w, const Operand& b);
/// The larger of the two. With a plain number the derivative at a tie is 0, with two arrays each
/// has half.
Variable maximum(const Operand& a, const Operand& b);
/// The smaller of the two; ties as for maximum.
Variable minimum(const Operand& a, const Operand& b);
/// a to the power b. With a plain exponent log a is never evaluated.
Variable pow(const Operand& a, const Operand& b);
/// a where the mask holds, b elsewhere. What is not selected receives an exact zero.
Variable where(const Mask& mask, const Operand& a, const Operand& b);
Variable select(const Mask& mask, const Operand& a, const Operand& b);
/// The same for a mask that is an array of truth values: where(X > 0, a, b) of an array X.
template <TruthValues E>
Variable where(const E& mask, const Operand& a, const Operand& b) {
  return detail::where(Operand(mask, a.place.file, a.place.line), a, b);
}
Mask operator<(const Operand& a, const Operand& b);
Mask operator>(const Operand& a, const Operand& b);
Mask operator<=(const Operand& a, const Operand& b);
Mask operator>=(const Operand& a, const Operand& b);
Mask operator==(const Operand& a, const Operand& b);
Mask operator!(const Mask& a);
Mask operator!=(const Operand& a, const Operand& b);
Mask operator&&(const Mask& a, const Mask& b);
Mask operator||(const Mask& a, const Mask& b);
/// The sum over some axes, all of them by default; `keep` leaves them with extent 1.
Variable sum(const Operand& x, const Axes& axes = Axes::every(), bool keep = false);
/// The mean over some axes, all of them by default; NaN over no elements.
Variable mean(const Operand& x, const Axes& axes = Axes::every(), bool keep = false);
/// x stretched to a shape by NumPy's broadcasting.
Variable broadcast_to(const Operand& x, const Shape& shape);
/// x summed over the axes along which `shape` would have to be stretched to x's.
Variable sum_to(const Operand& x, const Shape& shape);
/// The same elements, row by row, in another shape; x itself where it has that shape.
Variable reshape(const Operand& x, const Shape& shape);
/// The axes in reverse order; of a matrix, its transpose.
Variable transpose(const Operand& x);
/// Axis i of the result is axis order[i] of x.
/// @throws ShapeError unless `order` names each axis once.
Variable transpose(const Operand& x, std::initializer_list<int> order);
/// The part of x that lies in a range of each axis; axes without one are whole.
/// slice(x, {{0, 5, 2}, {-3}}) has rows 0, 2, 4 and the last three columns.
Variable slice(const Operand& x, std::initializer_list<Range> ranges);
/// The arrays one after the other along an axis.
Variable concatenate(std::initializer_list<Operand> parts, int axis = 0);

// The same for float.
VariableF linear(const OperandF& x, const OperandF& w, const OperandF& b);
VariableF maximum(const OperandF& a, const OperandF& b);
VariableF minimum(const OperandF& a, const OperandF& b);
VariableF pow(const OperandF& a, const OperandF& b);
VariableF where(const MaskF& mask, const OperandF& a, const OperandF& b);
VariableF select(const MaskF& mask, const OperandF& a, const OperandF& b);
template <TruthValues E>
VariableF where(const E& mask, const OperandF& a, const OperandF& b) {
  return detail::where(OperandF(mask, a.place.file, a.place.line), a, b);
}
MaskF operator<(const OperandF& a, const OperandF& b);
MaskF operator>(const OperandF& a, const OperandF& b);
MaskF operator<=(const OperandF& a, const OperandF& b);
MaskF operator>=(const OperandF& a, const OperandF& b);
MaskF operator==(const OperandF& a, const OperandF& b);
MaskF operator!(const MaskF& a);
MaskF operator!=(const OperandF& a, const OperandF& b);
MaskF operator&&(const MaskF& a, const MaskF& b);
MaskF operator||(const MaskF& a, const MaskF& b);
VariableF sum(const OperandF& x, const Axes& axes = Axes::every(), bool keep = false);
VariableF mean(const OperandF& x, const Axes& axes = Axes::every(), bool keep = false);
VariableF broadcast_to(const OperandF& x, const Shape& shape);
VariableF sum_to(const OperandF& x, const Shape& shape);
VariableF reshape(const OperandF& x, const Shape& shape);
VariableF transpose(const OperandF& x);
VariableF transpose(const OperandF& x, std::initializer_list<int> order);
VariableF slice(const OperandF& x, std::initializer_list<Range> ranges);
VariableF concatenate(std::initializer_list<OperandF> parts, int axis = 0);

}  // namespace xtape
