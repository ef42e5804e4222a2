#pragma once
// The Taylor remainder test: how fast what the gradient leaves unexplained goes to zero.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/gradient_check.hpp>
#include <xtape/autodiff/check/verdict.hpp>
#include <xtape/autodiff/gradients.hpp>

namespace xtape {

struct TaylorOptions {
  std::uint64_t seed = 1;      ///< of the random directions
  std::size_t directions = 2;  ///< how many of them
  int order = 2;               ///< 1: the gradient; 2: the Hessian along v too
  double first_step = 0.125;   ///< the largest h; v has the size of each array
};

/// The remainders at one step: R0 = |f(x + hv) - f(x)|, R1 = |... - h⟨g, v⟩|, R2 = |... - h²/2⟨v,
/// Hv⟩|, and below what size each is nothing but rounding.
struct TaylorStep {
  long double h = 0;
  long double remainder[3] = {};
  long double floor[3] = {};
};

/// One direction: the remainders and the rates at which they go to zero: 1, 2 and 3 are right.
struct TaylorDirection {
  long double along = 0;       ///< ⟨g, v⟩
  long double resolution = 0;  ///< the error of ⟨g, v⟩ that would be seen; 0 where R1 is rounding
  std::vector<TaylorStep> steps;
  std::optional<long double> rate[3];  ///< none where the remainder is all rounding
  Verdict verdict[3] = {Verdict::pass, Verdict::pass, Verdict::pass};
  std::string note[3];
};

struct TaylorReport {
  int order = 2;
  std::vector<TaylorDirection> directions;

  /// FAIL if any direction is, else INCONCLUSIVE if one is.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool passed() const { return verdict() == Verdict::pass; }
  /// A table of the worst direction, with what is said of each order.
  [[nodiscard]] std::string text() const;
};

/// Tests the gradient of J with respect to all variables and parameters of its recording together,
/// and with order 2 the Hessian, along random directions v: R1 has to fall as h², R2 as h³. A wrong
/// gradient leaves h, a wrong Hessian h².
///
/// f(x + hv) is the recording evaluated again in extended precision; what the program decided by
/// numbers when it recorded stays decided. A rate is taken where h is smallest and the remainder
/// stands above the rounding of f, which is measured, and of the gradient. A remainder that does so
/// nowhere, or only beyond a kink, below which it is gone at once, is that of a function which is
/// linear (or quadratic) along v next to x: it passes, and the report says so. A gradient that is
/// no finite number fails where f has a slope. INCONCLUSIVE where f does not change along v, where
/// x lies on a kink and ⟨g, v⟩ between its slopes, and where an error of a thousandth of ⟨g, v⟩
/// would not be seen for the rounding of f.
///
/// @throws ShapeError when J has more than one element, Error for an order, number of directions or
/// step that is no such thing, a J that depends on no variable, or a variable without elements;
/// HandleError and StaleParameterError as `gradients`. Source: e.g. P. E. Farrell, D. A. Ham, S. W.
/// Funke, M. E. Rognes, "Automated derivation of the adjoint of high-level transient finite element
/// programs", SIAM J. Sci. Comput. 35, 2013.
template <class T>
TaylorReport check_taylor(const BasicVariable<T>& J, const TaylorOptions& options = {});

namespace detail {
// (Clang 14 takes a braced list of other types for an array only where the type of the elements is
// no parameter of the template.)
template <class T, class F, std::size_t N>
TaylorReport check_taylor_of(F& f, const BasicCheckInput<T> (&inputs)[N],
                             const TaylorOptions& options) {
  BasicTape<T> tape;
  std::vector<BasicVariable<T>> x;
  for (const BasicCheckInput<T>& input : inputs)
    x.push_back(tape.variable(adapt(input.values.data(), input.shape)));
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return check_taylor(BasicVariable<T>(f(x[I]...)), options);
  }
  (std::make_index_sequence<N>{});
}
}  // namespace detail

/// The same for f(x₁, …, xₙ), which takes tape variables and gives one of a single element, as
/// `check_gradients` has it: check_taylor(f, {w0, b0}). It is recorded once. Functions of float:
/// check_taylor<float>(f, {…}).
template <class T = double, class F, std::size_t N>
requires(std::is_same_v<T, double> && !requires(F & J) { J.tape(); }) TaylorReport
    check_taylor(F&& f, const BasicCheckInput<double> (&inputs)[N],
                 const TaylorOptions& options = {}) {
  return detail::check_taylor_of<double>(f, inputs, options);
}
template <class T, class F, std::size_t N>
requires(std::is_same_v<T, float> && !requires(F & J) { J.tape(); }) TaylorReport
    check_taylor(F&& f, const BasicCheckInput<float> (&inputs)[N],
                 const TaylorOptions& options = {}) {
  return detail::check_taylor_of<float>(f, inputs, options);
}

/// The same, of order 1, for a function that is not recorded and a gradient that is claimed for it.
/// `rounding` is the relative error of a value of f.
TaylorReport check_taylor(const std::function<double(const Array<double>&)>& f,
                          const Array<double>& x, const Array<double>& gradient,
                          const TaylorOptions& options = {.order = 1}, double rounding = 0x1p-50);

extern template TaylorReport check_taylor(const BasicVariable<double>&, const TaylorOptions&);
extern template TaylorReport check_taylor(const BasicVariable<float>&, const TaylorOptions&);

}  // namespace xtape
