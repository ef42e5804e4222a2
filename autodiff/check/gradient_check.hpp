#pragma once
// Verification of gradients against the values of the function.

#include <concepts>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/report.hpp>
#include <xtape/autodiff/gradients.hpp>
#include <xtape/autodiff/named_parameters.hpp>
#include <xtape/autodiff/readings/vocabulary.hpp>

namespace xtape {

/// Which numbers of a gradient are checked.
enum class CheckMode : std::uint8_t {
  automatic,  // every element up to a thousand, directions beyond
  every_element,
  directions,  // the fast mode: a few random directions for each input
};

/// How gradients are checked. The defaults are right for most functions.
struct GradientCheckOptions {
  std::vector<std::string> names = {};  // of the inputs; "input 1" … where none is given
  /// 2: the gradient of the gradient's part along a random direction is checked as well.
  int order = 1;
  CheckMode mode = CheckMode::automatic;
  /// The relative error that has to be visible for a PASS; 0: 1e-4, and 2e-4 for float. Below 0.1.
  double tolerance = 0;
  /// Inputs ("w") or elements ("w[1, 0]") whose gradient is zero on purpose. That is checked.
  std::vector<std::string> expect_zero = {};
  /// Inputs or elements that are not looked at.
  std::vector<std::string> skip = {};
  /// How far an element may be moved, and never farther; 0: by its own size, or where it is 0 by
  /// that of its neighbours, and farther where nothing is seen.
  double scale = 0;
  std::uint64_t seed = 1;      // of directions and cotangents
  std::size_t directions = 2;  // for each input, in fast mode
  RecordOptions record = {};   // a generator begins anew with each recording
};

/// An input of a function under check: any xtensor expression of floating-point numbers, or a
/// number.
template <class T>
class BasicCheckInput {
 public:
  template <XtensorExpression E>
  BasicCheckInput(const E& expression) : shape(expression.shape()), values(shape.size()) {
    if constexpr (!std::is_floating_point_v<typename E::value_type>) throw_integers(shape);
    copy_elements(expression, values.data());
  }
  template <PlainNumber A>
  BasicCheckInput(A number) : values(1, static_cast<T>(number)) {}

  Shape shape;
  std::vector<T> values;

 private:
  [[noreturn]] static void throw_integers(const Shape& shape);
};
using CheckInput = BasicCheckInput<double>;
using CheckInputF = BasicCheckInput<float>;

namespace detail {

/// One leaf that is moved: an array of its own, or a parameter.
template <class T>
struct CheckLeaf {
  std::string name;
  Shape shape;
  std::vector<T> values;
  BasicParameter<T>* parameter = nullptr;
};
template <class T>
using CheckedFunction =
    std::function<BasicVariable<T>(BasicTape<T>&, std::span<const BasicVariable<T>>)>;

template <class T>
GradientReport check_recorded(std::vector<CheckLeaf<T>> leaves, const CheckedFunction<T>& function,
                              const GradientCheckOptions& options);
template <class T>
GradientReport check_values(const std::function<T(std::span<const T>)>& value,
                            std::span<const T> gradient, std::span<const T> x,
                            const GradientCheckOptions& options);
[[noreturn]] void throw_no_parameters();

template <class T>
std::vector<CheckLeaf<T>> leaves_of(std::span<const BasicCheckInput<T>> inputs) {
  std::vector<CheckLeaf<T>> leaves;
  for (const auto& input : inputs) leaves.push_back({{}, input.shape, input.values, nullptr});
  return leaves;
}

// The elements of a list are the arguments of the function.
template <class T, class F, std::size_t N>
GradientReport check_listed(F& f, const BasicCheckInput<T> (&inputs)[N],
                            const GradientCheckOptions& options) {
  const CheckedFunction<T> function =
      [&f](BasicTape<T>&, std::span<const BasicVariable<T>> x) -> BasicVariable<T> {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(x[I]...); }
    (std::make_index_sequence<N>{});
  };
  return check_recorded<T>(leaves_of<T>(inputs), function, options);
}

}  // namespace detail

/// Checks the gradient of f(x₁, …, xₙ) with respect to each of the inputs:
///
///     auto report = check_gradients(
///         [](const Variable& w, const Variable& b) { return mean(square(w * 3 + b)); },
///         {w0, b0}, {.names = {"w", "b"}});
///
/// `f` takes tape variables and gives one; it is called anew for each value, so that a branch in
/// its text is seen. Where it gives an array, the gradient of Σ u·f is checked with random u.
/// Functions of float: check_gradients<float>(f, {…}).
///
/// **The verdict on a number.** The values of f give n ± bar (numeric_derivative.hpp); a is the
/// gradient. FAIL where |a - n| is above four bars. PASS where a lies within the bar and the bar is
/// at most `tolerance` of the number, or both together are, so that an error that matters would
/// have been seen. Else INCONCLUSIVE, with what would help. A bar is never taken for smaller than
/// 1e-8 of the number (16 roundings of a float). There is no absolute tolerance: zero passes where
/// the function is seen to be stationary or to stand still, which its own variation tells.
///
/// **What cannot pass** unless `expect_zero` says so: an input without a path to the result, one
/// that changes nothing when it is moved, gradients that are nothing but zeros.
///
/// **Kinks.** Where the slopes from the left and from the right differ, a passes if it lies between
/// them; where the operation that bends is known not to be at its kink, only the slope of its side
/// passes.
///
/// **Fast mode.** Along directions of random signs and sizes from 1 to 2: the report says how small
/// an error of a single element would have been seen. At a kink the middle of both slopes is held
/// against the gradient; elements off it are checked one by one and set apart, up to eight. Where
/// there are more, an input of up to 1000 elements is checked element by element after all; the
/// verdict on a larger one is INCONCLUSIVE. Errors of several elements of an input cancel in all d
/// directions with a probability of at most 256⁻ᵈ (float: 16⁻ᵈ). Where a direction fails, the five
/// worst elements are searched by halving.
///
/// **Who did it.** An input that fails says what its wrong numbers have in common, and which
/// operation's rule disagrees with its value (check_adjoints), or what changes with it outside of
/// the tape.
///
/// @throws Error where an input has no elements or no finite value, where f does not give the same
/// value twice or none that is finite, or where an option names nothing. What f throws comes
/// through.
template <class T = double, class F, std::size_t N>
requires std::same_as<T, double> GradientReport
check_gradients(F&& f, const CheckInput (&inputs)[N], const GradientCheckOptions& options = {}) {
  return detail::check_listed<double>(f, inputs, options);
}
/// The same in single precision: check_gradients<float>(f, {…}).
template <class T, class F, std::size_t N>
requires std::same_as<T, float> GradientReport
check_gradients(F&& f, const CheckInputF (&inputs)[N], const GradientCheckOptions& options = {}) {
  return detail::check_listed<float>(f, inputs, options);
}

/// The same for any number of inputs: `f` takes a std::span<const Variable>.
template <class T = double, class F>
GradientReport check_gradients(F&& f,
                               std::span<const std::type_identity_t<BasicCheckInput<T>>> inputs,
                               const GradientCheckOptions& options = {}) {
  const detail::CheckedFunction<T> function =
      [&f](BasicTape<T>&, std::span<const BasicVariable<T>> x) -> BasicVariable<T> { return f(x); };
  return detail::check_recorded<T>(detail::leaves_of<T>(inputs), function, options);
}

/// Checks the gradient of f(tape) with respect to the parameters of a module, which are moved and
/// put back exactly, also when f throws. They are named as the module names them.
template <class T = double, class Module, class F>
requires HasParameters<Module, T> && std::invocable < F&, BasicTape<T>
& > GradientReport check_gradients(Module& module, F&& f,
                                   const GradientCheckOptions& options = {}) {
  std::vector<detail::CheckLeaf<T>> leaves;
  for_each_parameter(module, [&](std::string name, auto& parameter) {
    auto* const moved = const_cast<BasicParameter<T>*>(&parameter);  // and put back
    leaves.push_back({std::move(name), parameter.shape(), {}, moved});
  });
  if (leaves.empty()) detail::throw_no_parameters();
  const detail::CheckedFunction<T> function =
      [&f](BasicTape<T>& tape, std::span<const BasicVariable<T>>) -> BasicVariable<T> {
    return f(tape);
  };
  return detail::check_recorded<T>(std::move(leaves), function, options);
}

namespace detail {

/// The elements of an xtensor expression in row-major order, of a range by its iterators, or of
/// what has only a beginning and a size.
template <class A>
auto elements_of(const A& array) {
  if constexpr (XtensorExpression<A>) {
    using T = std::remove_cvref_t<typename A::value_type>;
    std::vector<T> elements(array.size());
    copy_elements(array, elements.data());
    return elements;
  } else if constexpr (std::ranges::input_range<const A&>) {
    std::vector<std::ranges::range_value_t<const A&>> elements;
    for (const auto& element : array) elements.push_back(element);
    return elements;
  } else {
    using T = std::remove_cvref_t<decltype(*std::data(array))>;
    return std::vector<T>(std::data(array), std::data(array) + std::size(array));
  }
}
// (What xtensor has can be called with anything, so it is no function.)
template <class A>
concept Elements = XtensorExpression<A> || std::ranges::input_range<const A&> ||
    requires(const A& array) {
  std::data(array);
  std::size(array);
};

}  // namespace detail

/// Checks anybody's gradient, without a tape: `value(x)` takes a std::span<const T> and gives a
/// number of type T, which is float, double or long double as the elements of x; `gradient` is an
/// array with as many elements, or a function of the span that gives one. Arrays are xtensor
/// expressions, views too, or ranges such as std::vector.
/// @throws Error where the sizes differ, and as above.
template <class F, class G, class X>
GradientReport check_gradient(F&& value, const G& gradient, const X& x,
                              const GradientCheckOptions& options = {}) {
  const auto point = detail::elements_of(x);
  using T = typename decltype(point)::value_type;
  static_assert(std::floating_point<T>, "check_gradient: integers have no derivative");
  if constexpr (detail::Elements<G>) {
    const auto given = detail::elements_of(gradient);
    const std::vector<T> claimed(given.begin(), given.end());
    return detail::check_values<T>([&value](std::span<const T> at) -> T { return value(at); },
                                   claimed, point, options);
  } else {
    return check_gradient(value, gradient(std::span<const T>(point)), point, options);
  }
}

}  // namespace xtape
