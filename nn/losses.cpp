#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <type_traits>
#include <xtape/nn/loss_formulas.hpp>
#include <xtape/nn/losses.hpp>

namespace xtape {

XTAPE_ALL_LOSS_RULES()

namespace nn {
namespace {

template <class T>
[[noreturn]] void throw_shapes(const char* loss, const char* input, const Shape& y, const Shape& t,
                               const BasicOperand<T>& at) {
  throw ShapeError(std::string(loss) + ": " + input + " " + to_string(y) + " and t " +
                   to_string(t) +
                   (y == t ? ": no elements, so there is no mean"
                           : ": shapes have to be equal, a loss does not broadcast") +
                   to_string(at.place));
}

// An array becomes a constant here, so that it has a shape to look at.
template <class T>
BasicOperand<T> recorded(const BasicOperand<T>& x, BasicTape<T>* tape) {
  if (x.kind != BasicOperand<T>::Kind::array || tape == nullptr) return x;
  return {tape->handle(x.leaf(*tape, x.array)), x.place.file, x.place.line};
}

// Targets that are data have to be probabilities: for others the loss has no minimum, and training
// goes on without a word. (What was computed may be anything: a check of gradients moves it.)
template <class T>
void check_probabilities(const char* loss, const BasicOperand<T>& t) {
  const BasicVariable<T> targets = t.variable();
  if (!targets.valid() || targets.active()) return;
  const auto outside = [](T p) { return p < 0 || p > 1; };
  const View<const T> values = targets.tape()->slot(targets.index()).view;
  bool any = false;
  for (std::size_t i = 0; i < values.size(); ++i) any |= outside(values[i]);
  if (!any) return;
  const T* const wrong = std::find_if(values.data, values.data + values.size(), outside);
  std::array<char, 32> number{};
  std::to_chars(number.data(), number.data() + number.size() - 1, static_cast<double>(*wrong),
                std::chars_format::general, 6);
  throw Error(std::string(loss) + ": t " + to_string(targets.shape()) + " has " + number.data() +
              " as element " + std::to_string(wrong - values.data) +
              "; a target is the probability of class 1, between 0 and 1 (of more than two " +
              "classes each needs a column)" + to_string(t.place));
}

// The mean of an elementwise loss.
template <class Loss, class T>
BasicVariable<T> mean_of(const char* loss, const char* input, const BasicOperand<T>& given,
                         const BasicOperand<T>& targets) {
  const BasicOperand<T> y = recorded(given, targets.tape), t = recorded(targets, given.tape);
  if (y.tape != nullptr || t.tape != nullptr) {  // else `apply` has the better message
    const Shape &left = xtape::detail::shape_of_operand(loss, y),
                &right = xtape::detail::shape_of_operand(loss, t);
    if (left != right || left.size() == 0) throw_shapes(loss, input, left, right, y);
    if constexpr (std::is_same_v<Loss, LogitCrossEntropy>) check_probabilities(loss, t);
  }
  return apply(MeanOf<Loss>{}, y, t);
}

}  // namespace

Variable half_mse(const Operand& y, const Operand& t) {
  return mean_of<HalfSquaredError>("half_mse", "y", y, t);
}
VariableF half_mse(const OperandF& y, const OperandF& t) {
  return mean_of<HalfSquaredError>("half_mse", "y", y, t);
}
Variable mse(const Operand& y, const Operand& t) { return mean_of<SquaredError>("mse", "y", y, t); }
VariableF mse(const OperandF& y, const OperandF& t) {
  return mean_of<SquaredError>("mse", "y", y, t);
}
Variable bce_with_logits(const Operand& z, const Operand& t) {
  return mean_of<LogitCrossEntropy>("bce_with_logits", "z", z, t);
}
VariableF bce_with_logits(const OperandF& z, const OperandF& t) {
  return mean_of<LogitCrossEntropy>("bce_with_logits", "z", z, t);
}

}  // namespace nn
}  // namespace xtape
