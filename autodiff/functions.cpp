#include <xtape/autodiff/functions.hpp>

#include <algorithm>
#include <vector>

#include <xtape/autodiff/apply.hpp>

namespace xtape {

#define XTAPE_COMPILED_ONCE(Operation, inputs)                         \
  template const Rule<double> RuleOf<Operation, double, inputs>::rule; \
  template const Rule<float> RuleOf<Operation, float, inputs>::rule;
#include <xtape/autodiff/operations/compiled_once.inc>

namespace detail {

template <class T>
const Shape& shape_of_operand(const char* name, const BasicOperand<T>& x) {
  static const Shape number;
  if (x.kind == BasicOperand<T>::Kind::parameter) return (*x.parameter)->shape();
  if (x.kind == BasicOperand<T>::Kind::number) return number;
  if (x.kind == BasicOperand<T>::Kind::array) BasicTape<T>::throw_without_tape(name, x.place);
  const BasicVariable<T> variable = x.variable();
  const BasicTape<T>& tape = BasicTape<T>::of(variable, name, x.place);
  return tape.slot(tape.check(variable, name, x.place)).shape();
}

template const Shape& shape_of_operand(const char*, const BasicOperand<double>&);
template const Shape& shape_of_operand(const char*, const BasicOperand<float>&);

Variable where(const Operand& mask, const Operand& a, const Operand& b) {
  return apply(Where{}, mask, a, b);
}
VariableF where(const OperandF& mask, const OperandF& a, const OperandF& b) {
  return apply(Where{}, mask, a, b);
}

}  // namespace detail

namespace {

using detail::shape_of_operand;

template <class T>
bool is_number(const BasicOperand<T>& x) {
  return x.kind == BasicOperand<T>::Kind::number;
}

// A function that gives its input back where there is nothing to do needs it as a variable.
template <class T>
BasicVariable<T> itself(const BasicOperand<T>& x) {
  return x.variable();
}
template <class T>
bool has_shape(const char* name, const BasicOperand<T>& x, const Shape& shape) {
  return x.kind == BasicOperand<T>::Kind::variable && shape_of_operand(name, x) == shape;
}

template <class T>
BasicVariable<T> maximum_of(const BasicOperand<T>& a, const BasicOperand<T>& b) {
  if (is_number(b)) return apply(LowerBound{static_cast<double>(b.number)}, a);
  if (is_number(a)) return apply(LowerBound{static_cast<double>(a.number)}, b);
  return apply(Maximum{}, a, b);
}
template <class T>
BasicVariable<T> minimum_of(const BasicOperand<T>& a, const BasicOperand<T>& b) {
  if (is_number(b)) return apply(UpperBound{static_cast<double>(b.number)}, a);
  if (is_number(a)) return apply(UpperBound{static_cast<double>(a.number)}, b);
  return apply(Minimum{}, a, b);
}
template <class T>
BasicVariable<T> pow_of(const BasicOperand<T>& a, const BasicOperand<T>& b) {
  if (is_number(b)) return apply(PowerOf{static_cast<double>(b.number)}, a);
  return apply(Power{}, a, b);
}

template <class T>
[[noreturn]] void throw_for(const char* name, const BasicOperand<T>& x,
                            const std::string& problem) {
  const std::string input = x.kind == BasicOperand<T>::Kind::parameter
                                ? (*x.parameter)->name() + " " + to_string((*x.parameter)->shape())
                            : x.tape != nullptr ? x.tape->describe(x.index, 0)
                                                : "input 1 ()";
  throw ShapeError(std::string(name) + ": " + input + ": " + problem + to_string(x.place));
}

template <class T>
BasicVariable<T> transpose_of(const BasicOperand<T>& x, const std::vector<int>& order) {
  const int rank = static_cast<int>(shape_of_operand("transpose", x).rank());
  Transpose operation;
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < order.size() && i < Shape::max_rank; ++i) {
    const int axis = order[i] < 0 ? order[i] + rank : order[i];
    if (axis < 0 || axis >= rank)
      throw_for("transpose", x,
                "axis " + std::to_string(order[i]) + " is out of range for " +
                    std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
    seen |= std::uint32_t{1} << axis;
    operation.order[i] = static_cast<std::uint8_t>(axis);
  }
  if (order.size() != static_cast<std::size_t>(rank) || seen != (std::uint32_t{1} << rank) - 1)
    throw_for("transpose", x, "the order has to name each axis once");
  return apply(operation, x);
}

// One axis's range, resolved: its first element and how many.
std::pair<std::ptrdiff_t, std::size_t> resolve(const Range& range, std::ptrdiff_t n) {
  const bool down = range.step < 0;
  const auto end = [&](std::ptrdiff_t i) { return i < 0 ? i + n : i; };
  const std::ptrdiff_t begin = range.first == Range::open ? (down ? n - 1 : 0) : end(range.first);
  const std::ptrdiff_t first = std::clamp<std::ptrdiff_t>(begin, down ? -1 : 0, down ? n - 1 : n);
  const std::ptrdiff_t last = range.last == Range::open
                                  ? (down ? -1 : n)
                                  : std::clamp<std::ptrdiff_t>(end(range.last), down ? -1 : 0, n);
  const std::ptrdiff_t span = down ? first - last : last - first;
  const std::ptrdiff_t size = down ? -range.step : range.step;
  return {first, span <= 0 ? 0 : static_cast<std::size_t>((span + size - 1) / size)};
}

template <class T>
BasicVariable<T> slice_of(const BasicOperand<T>& x, std::initializer_list<Range> ranges) {
  const Shape& shape = shape_of_operand("slice", x);
  if (ranges.size() > shape.rank())
    throw_for("slice", x,
              std::to_string(ranges.size()) + " ranges for " + std::to_string(shape.rank()) +
                  (shape.rank() == 1 ? " axis" : " axes"));
  Slice part;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const Range range = axis < ranges.size() ? ranges.begin()[axis] : Range{};
    if (range.step == 0)
      throw_for("slice", x, "the step of axis " + std::to_string(axis) + " is 0");
    const auto [first, count] = resolve(range, static_cast<std::ptrdiff_t>(shape[axis]));
    part.first[axis] = count == 0 ? 0 : first;
    part.step[axis] = range.step;
    part.shape.push_back(count);
  }
  return apply(part, x);
}

template <class T>
BasicVariable<T> concatenate_of(std::initializer_list<BasicOperand<T>> parts, int axis) {
  const Concatenate operation{axis};
  std::vector<const BasicOperand<T>*> in;
  for (const BasicOperand<T>& part : parts) in.push_back(&part);
  return BasicTape<T>::append(RuleOf<Concatenate, T, 0>::rule, &operation, sizeof operation, in);
}

}  // namespace

#define XTAPE_DEFINE_1(function, Operation)                             \
  Variable function(const Operand& x) { return apply(Operation{}, x); } \
  VariableF function(const OperandF& x) { return apply(Operation{}, x); }
#define XTAPE_DEFINE_2(function, Operation)                                                  \
  Variable function(const Operand& a, const Operand& b) { return apply(Operation{}, a, b); } \
  VariableF function(const OperandF& a, const OperandF& b) { return apply(Operation{}, a, b); }
XTAPE_DEFINE_1(sqrt, Sqrt)
XTAPE_DEFINE_1(exp, Exp)
XTAPE_DEFINE_1(expm1, Expm1)
XTAPE_DEFINE_1(log, Log)
XTAPE_DEFINE_1(log1p, Log1p)
XTAPE_DEFINE_1(sin, Sin)
XTAPE_DEFINE_1(cos, Cos)
XTAPE_DEFINE_1(tanh, Tanh)
XTAPE_DEFINE_1(abs, Abs)
XTAPE_DEFINE_1(square, Square)
XTAPE_DEFINE_1(sigmoid, Sigmoid)
XTAPE_DEFINE_1(softplus, Softplus)
XTAPE_DEFINE_1(relu, Relu)
XTAPE_DEFINE_1(operator-, Negate)
XTAPE_DEFINE_2(operator+, Add)
XTAPE_DEFINE_2(operator-, Subtract)
XTAPE_DEFINE_2(operator*, Multiply)
XTAPE_DEFINE_2(operator/, Divide)
XTAPE_DEFINE_2(absorb, Absorb)
XTAPE_DEFINE_2(matmul_nt, MatMulNT)
XTAPE_DEFINE_2(matmul_tn, MatMulTN)
XTAPE_DEFINE_2(matmul, MatMul)
#undef XTAPE_DEFINE_1
#undef XTAPE_DEFINE_2

#define XTAPE_DEFINE(V, O, M)                                                                  \
  V linear(const O& x, const O& w, const O& b) { return apply(LinearMap{}, x, w, b); }         \
  V where(const M& mask, const O& a, const O& b) {                                             \
    return apply(Where{}, {mask.variable(), a.place.file, a.place.line}, a, b);                \
  }                                                                                            \
  V select(const M& mask, const O& a, const O& b) { return where(mask, a, b); }                \
  M operator<(const O& a, const O& b) { return {apply(Less{}, a, b), a.place}; }               \
  M operator>(const O& a, const O& b) { return {apply(Less{}, b, a), a.place}; }               \
  M operator<=(const O& a, const O& b) { return {apply(LessEqual{}, a, b), a.place}; }         \
  M operator>=(const O& a, const O& b) { return {apply(LessEqual{}, b, a), a.place}; }         \
  M operator==(const O& a, const O& b) { return {apply(Equal{}, a, b), a.place}; }             \
  M operator!(const M& a) { return {apply(Not{}, a.operand()), a.operand().place}; }           \
  M operator!=(const O& a, const O& b) { return !(a == b); }                                   \
  M operator&&(const M& a, const M& b) {                                                       \
    return {apply(Both{}, a.operand(), b.operand()), a.operand().place};                       \
  }                                                                                            \
  M operator||(const M& a, const M& b) {                                                       \
    return {apply(Either{}, a.operand(), b.operand()), a.operand().place};                     \
  }                                                                                            \
  V sum(const O& x, const Axes& axes, bool keep) { return apply(Sum{axes, keep}, x); }         \
  V mean(const O& x, const Axes& axes, bool keep) { return apply(Mean{axes, keep}, x); }       \
  V maximum(const O& a, const O& b) { return maximum_of(a, b); }                               \
  V minimum(const O& a, const O& b) { return minimum_of(a, b); }                               \
  V pow(const O& a, const O& b) { return pow_of(a, b); }                                       \
  V broadcast_to(const O& x, const Shape& shape) {                                             \
    return has_shape("broadcast_to", x, shape) ? itself(x) : apply(BroadcastTo{shape}, x);     \
  }                                                                                            \
  V sum_to(const O& x, const Shape& shape) {                                                   \
    return has_shape("sum_to", x, shape) ? itself(x) : apply(SumTo{shape}, x);                 \
  }                                                                                            \
  V reshape(const O& x, const Shape& shape) {                                                  \
    return has_shape("reshape", x, shape) ? itself(x) : apply(Reshape{shape}, x);              \
  }                                                                                            \
  V transpose(const O& x) {                                                                    \
    std::vector<int> order;                                                                    \
    for (int i = static_cast<int>(shape_of_operand("transpose", x).rank()); i-- > 0;)          \
      order.push_back(i);                                                                      \
    return transpose_of(x, order);                                                             \
  }                                                                                            \
  V transpose(const O& x, std::initializer_list<int> order) { return transpose_of(x, order); } \
  V slice(const O& x, std::initializer_list<Range> ranges) { return slice_of(x, ranges); }     \
  V concatenate(std::initializer_list<O> parts, int axis) { return concatenate_of(parts, axis); }
XTAPE_DEFINE(Variable, Operand, Mask)
XTAPE_DEFINE(VariableF, OperandF, MaskF)
#undef XTAPE_DEFINE

}  // namespace xtape
