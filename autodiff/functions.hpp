#pragma once
// The functions on recorded arrays: each records one operation and gives a variable.

#include <initializer_list>

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/operations/structural.hpp>

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
}  // namespace detail

// The tables of the library's own operations are compiled once, in functions.cpp.
#define XTAPE_COMPILED_ONCE(Operation, inputs)                                \
  extern template const Rule<double> RuleOf<Operation, double, inputs>::rule; \
  extern template const Rule<float> RuleOf<Operation, float, inputs>::rule;
#include <xtape/autodiff/operations/compiled_once.inc>

// One function of the formulas' vocabulary, for both element types. What each computes and its
// derivative stand with the operation, in operations/elementwise.hpp.
#define XTAPE_FUNCTION_1(function, Operation)                                  \
  inline Variable function(const Operand& x) { return apply(Operation{}, x); } \
  inline VariableF function(const OperandF& x) { return apply(Operation{}, x); }
#define XTAPE_FUNCTION_2(function, Operation)                       \
  inline Variable function(const Operand& a, const Operand& b) {    \
    return apply(Operation{}, a, b);                                \
  }                                                                 \
  inline VariableF function(const OperandF& a, const OperandF& b) { \
    return apply(Operation{}, a, b);                                \
  }                                                                 \
  template <std::same_as<VariableF> B>                              \
  void function(const Variable&, const B&) {                        \
    detail::refuse_mixture<B>();                                    \
  }                                                                 \
  template <std::same_as<Variable> B>                               \
  void function(const VariableF&, const B&) {                       \
    detail::refuse_mixture<B>();                                    \
  }
XTAPE_FUNCTION_1(sqrt, Sqrt)
XTAPE_FUNCTION_1(exp, Exp)
XTAPE_FUNCTION_1(expm1, Expm1)
XTAPE_FUNCTION_1(log, Log)
XTAPE_FUNCTION_1(log1p, Log1p)
XTAPE_FUNCTION_1(sin, Sin)
XTAPE_FUNCTION_1(cos, Cos)
XTAPE_FUNCTION_1(tanh, Tanh)
XTAPE_FUNCTION_1(abs, Abs)
XTAPE_FUNCTION_1(square, Square)
XTAPE_FUNCTION_1(sigmoid, Sigmoid)
XTAPE_FUNCTION_1(softplus, Softplus)
XTAPE_FUNCTION_1(relu, Relu)
XTAPE_FUNCTION_1(operator-, Negate)
XTAPE_FUNCTION_2(operator+, Add)
XTAPE_FUNCTION_2(operator-, Subtract)
XTAPE_FUNCTION_2(operator*, Multiply)
XTAPE_FUNCTION_2(operator/, Divide)
XTAPE_FUNCTION_2(absorb, Absorb)
XTAPE_FUNCTION_2(matmul_nt, MatMulNT)
XTAPE_FUNCTION_2(matmul_tn, MatMulTN)
/// The matrix product; see MatMul.
XTAPE_FUNCTION_2(matmul, MatMul)
#undef XTAPE_FUNCTION_1
#undef XTAPE_FUNCTION_2

/// x·W + b of (N, in), (in, out) and (out); see LinearMap.
inline Variable linear(const Operand& x, const Operand& w, const Operand& b) {
  return apply(LinearMap{}, x, w, b);
}
/// The larger of the two. With a plain number the derivative at a tie is 0, with two arrays each
/// has half.
Variable maximum(const Operand& a, const Operand& b);
/// The smaller of the two; ties as for maximum.
Variable minimum(const Operand& a, const Operand& b);
/// a to the power b. With a plain exponent log a is never evaluated.
Variable pow(const Operand& a, const Operand& b);
/// a where the mask holds, b elsewhere. What is not selected receives an exact zero.
inline Variable where(const Mask& mask, const Operand& a, const Operand& b) {
  return apply(Where{}, {mask.variable(), a.place.file, a.place.line}, a, b);
}
inline Variable select(const Mask& mask, const Operand& a, const Operand& b) {
  return where(mask, a, b);
}
/// The same for a mask that is an array of truth values: where(X > 0, a, b) of an array X.
template <TruthValues E>
Variable where(const E& mask, const Operand& a, const Operand& b) {
  return apply(Where{}, Operand(mask, a.place.file, a.place.line), a, b);
}
inline Mask operator<(const Operand& a, const Operand& b) { return {apply(Less{}, a, b), a.place}; }
inline Mask operator>(const Operand& a, const Operand& b) { return {apply(Less{}, b, a), a.place}; }
inline Mask operator<=(const Operand& a, const Operand& b) {
  return {apply(LessEqual{}, a, b), a.place};
}
inline Mask operator>=(const Operand& a, const Operand& b) {
  return {apply(LessEqual{}, b, a), a.place};
}
inline Mask operator==(const Operand& a, const Operand& b) {
  return {apply(Equal{}, a, b), a.place};
}
inline Mask operator!(const Mask& a) { return {apply(Not{}, a.operand()), a.operand().place}; }
inline Mask operator!=(const Operand& a, const Operand& b) { return !(a == b); }
inline Mask operator&&(const Mask& a, const Mask& b) {
  return {apply(Both{}, a.operand(), b.operand()), a.operand().place};
}
inline Mask operator||(const Mask& a, const Mask& b) {
  return {apply(Either{}, a.operand(), b.operand()), a.operand().place};
}
/// The sum over some axes, all of them by default; `keep` leaves them with extent 1.
inline Variable sum(const Operand& x, const Axes& axes = Axes::every(), bool keep = false) {
  return apply(Sum{axes, keep}, x);
}
/// The mean over some axes, all of them by default; NaN over no elements.
inline Variable mean(const Operand& x, const Axes& axes = Axes::every(), bool keep = false) {
  return apply(Mean{axes, keep}, x);
}
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
inline Variable transpose(const Operand& x, const Transpose& order) { return apply(order, x); }
/// The part of x that lies in a range of each axis; axes without one are whole.
/// slice(x, {{0, 5, 2}, {-3}}) has rows 0, 2, 4 and the last three columns.
Variable slice(const Operand& x, std::initializer_list<Range> ranges);
inline Variable slice(const Operand& x, const Slice& part) { return apply(part, x); }
/// Zeros of a shape, with x in a part of it: the opposite of slice.
inline Variable embed(const Operand& x, const Slice& part, const Shape& shape) {
  return apply(Embed{part, shape}, x);
}
/// The arrays one after the other along an axis.
Variable concatenate(std::initializer_list<Operand> parts, int axis = 0);

// The same for float.
inline VariableF linear(const OperandF& x, const OperandF& w, const OperandF& b) {
  return apply(LinearMap{}, x, w, b);
}
VariableF maximum(const OperandF& a, const OperandF& b);
VariableF minimum(const OperandF& a, const OperandF& b);
VariableF pow(const OperandF& a, const OperandF& b);
inline VariableF where(const MaskF& mask, const OperandF& a, const OperandF& b) {
  return apply(Where{}, {mask.variable(), a.place.file, a.place.line}, a, b);
}
inline VariableF select(const MaskF& mask, const OperandF& a, const OperandF& b) {
  return where(mask, a, b);
}
template <TruthValues E>
VariableF where(const E& mask, const OperandF& a, const OperandF& b) {
  return apply(Where{}, OperandF(mask, a.place.file, a.place.line), a, b);
}
inline MaskF operator<(const OperandF& a, const OperandF& b) {
  return {apply(Less{}, a, b), a.place};
}
inline MaskF operator>(const OperandF& a, const OperandF& b) {
  return {apply(Less{}, b, a), a.place};
}
inline MaskF operator<=(const OperandF& a, const OperandF& b) {
  return {apply(LessEqual{}, a, b), a.place};
}
inline MaskF operator>=(const OperandF& a, const OperandF& b) {
  return {apply(LessEqual{}, b, a), a.place};
}
inline MaskF operator==(const OperandF& a, const OperandF& b) {
  return {apply(Equal{}, a, b), a.place};
}
inline MaskF operator!(const MaskF& a) { return {apply(Not{}, a.operand()), a.operand().place}; }
inline MaskF operator!=(const OperandF& a, const OperandF& b) { return !(a == b); }
inline MaskF operator&&(const MaskF& a, const MaskF& b) {
  return {apply(Both{}, a.operand(), b.operand()), a.operand().place};
}
inline MaskF operator||(const MaskF& a, const MaskF& b) {
  return {apply(Either{}, a.operand(), b.operand()), a.operand().place};
}
inline VariableF sum(const OperandF& x, const Axes& axes = Axes::every(), bool keep = false) {
  return apply(Sum{axes, keep}, x);
}
inline VariableF mean(const OperandF& x, const Axes& axes = Axes::every(), bool keep = false) {
  return apply(Mean{axes, keep}, x);
}
VariableF broadcast_to(const OperandF& x, const Shape& shape);
VariableF sum_to(const OperandF& x, const Shape& shape);
VariableF reshape(const OperandF& x, const Shape& shape);
VariableF transpose(const OperandF& x);
VariableF transpose(const OperandF& x, std::initializer_list<int> order);
inline VariableF transpose(const OperandF& x, const Transpose& order) { return apply(order, x); }
VariableF slice(const OperandF& x, std::initializer_list<Range> ranges);
inline VariableF slice(const OperandF& x, const Slice& part) { return apply(part, x); }
inline VariableF embed(const OperandF& x, const Slice& part, const Shape& shape) {
  return apply(Embed{part, shape}, x);
}
VariableF concatenate(std::initializer_list<OperandF> parts, int axis = 0);

}  // namespace xtape
