#pragma once
// Functions as values: what a layer applies to its sums.

#include <concepts>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <xtape/autodiff/functions.hpp>

namespace xtape::nn {

/// The activation that records nothing.
struct Identity {};
inline constexpr Identity identity{};

/// What is called with a recorded array and gives one.
template <class F, class T>
concept MapsVariables = std::is_invocable_r_v < BasicVariable<T>,
const F&, const BasicVariable<T>& > ;

/// A function from a recorded array to one: `sigmoid`, `tanh`, `identity` or any callable. A value:
/// a copy copies the callable. A call allocates nothing of its own.
template <class T>
class BasicActivation {
 public:
  using Function = BasicVariable<T> (*)(const BasicOperand<T>&);

  /// A function of the library by its name: the parameter's type chooses between double and float.
  /// @throws std::invalid_argument for a null pointer.
  BasicActivation(Function function) : function_(function) {
    if (function_ == nullptr) throw_empty();
  }
  BasicActivation(Identity /*unused*/) {}
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, BasicActivation> &&
           !std::same_as<std::remove_cvref_t<F>, Identity> && MapsVariables<F, T>)
      BasicActivation(F&& callable)
      : callable_(std::forward<F>(callable)) {
    if (!callable_) throw_empty();  // an empty std::function
  }

  BasicVariable<T> operator()(const BasicVariable<T>& x, const Place& place) const {
    if (function_ != nullptr) return function_(BasicOperand<T>(x, place.file, place.line));
    return callable_ ? callable_(x) : x;
  }
  BasicVariable<T> operator()(const BasicVariable<T>& x, const char* file = __builtin_FILE(),
                              unsigned line = __builtin_LINE()) const {
    return (*this)(x, Place{file, line});
  }

 private:
  [[noreturn]] static void throw_empty() {
    throw std::invalid_argument("Activation: an empty function; for none, give nn::identity");
  }

  Function function_ = nullptr;
  std::function<BasicVariable<T>(const BasicVariable<T>&)> callable_;
};

using Activation = BasicActivation<double>;
using ActivationF = BasicActivation<float>;

}  // namespace xtape::nn
