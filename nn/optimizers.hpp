#pragma once
// Optimizers: what changes a module's parameters along their gradients.

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include <xtape/nn/module.hpp>

namespace xtape::nn {

/// The parameters that an optimizer changes, with its own numbers for each. It holds the arrays, so
/// that the module may be moved; a copy of the module has arrays of its own, which are not changed.
template <class T>
class TrainedParameters {
 public:
  struct Item {
    std::shared_ptr<ParameterStorage<T>> storage;
    std::vector<T> state;   // `states` times the parameter's size
    bool repeated = false;  // the same parameter under another name: changed once
  };

  TrainedParameters(const char* optimizer,
                    std::vector<std::shared_ptr<ParameterStorage<T>>> storages, std::size_t states);
  /// @throws Error unless these are gradients of the same parameters, in their order.
  /// @throws StaleParameterError when a parameter was updated since.
  void check(const BasicParameterGradients<T>& gradients) const;
  [[nodiscard]] std::vector<Item>& items() { return items_; }

 private:
  const char* optimizer_;
  std::vector<Item> items_;
};

struct SgdOptions {
  double learning_rate = 0.5;  ///< ε > 0
  double momentum = 0;         ///< μ in [0, 1)
};

/// Gradient descent, θ ← θ - ε g; with momentum v ← μ v + g, θ ← θ - ε v, v beginning at zero.
template <class T>
class BasicSgd {
 public:
  /// @throws std::invalid_argument, naming the option, where one is out of range.
  template <class Module>
  requires(!std::is_same_v<std::remove_const_t<Module>, BasicSgd>) explicit BasicSgd(
      Module& module, const SgdOptions& options = {})
      : BasicSgd(detail::storages_of<T>(module), options) {}

  /// Changes every parameter once. The gradients are those of `gradients(J, module)`.
  /// @throws Error, and changes nothing, when they are another module's.
  void step(const BasicParameterGradients<T>& gradients);
  [[nodiscard]] const SgdOptions& options() const { return options_; }
  /// For schedules. @throws std::invalid_argument unless it is positive and finite.
  void set_learning_rate(double learning_rate);

 private:
  using Storages = std::vector<std::shared_ptr<ParameterStorage<T>>>;
  BasicSgd(Storages storages, const SgdOptions& options);

  SgdOptions options_;
  TrainedParameters<T> parameters_;
};

struct AdamOptions {
  double learning_rate = 1e-3;  ///< ε > 0
  double beta1 = 0.9;           ///< in [0, 1)
  double beta2 = 0.999;         ///< in [0, 1)
  double epsilon = 1e-8;        ///< > 0, added to the root
};

/// Adam: m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², and in step n
/// θ ← θ - ε m̂ / (√v̂ + epsilon) with m̂ = m/(1 - β₁ⁿ), v̂ = v/(1 - β₂ⁿ).
/// Source: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
template <class T>
class BasicAdam {
 public:
  /// @throws std::invalid_argument, naming the option, where one is out of range.
  template <class Module>
  requires(!std::is_same_v<std::remove_const_t<Module>, BasicAdam>) explicit BasicAdam(
      Module& module, const AdamOptions& options = {})
      : BasicAdam(detail::storages_of<T>(module), options) {}

  /// Changes every parameter once. The gradients are those of `gradients(J, module)`.
  /// @throws Error, and changes nothing, when they are another module's.
  void step(const BasicParameterGradients<T>& gradients);
  [[nodiscard]] const AdamOptions& options() const { return options_; }
  /// For schedules. @throws std::invalid_argument unless it is positive and finite.
  void set_learning_rate(double learning_rate);

 private:
  using Storages = std::vector<std::shared_ptr<ParameterStorage<T>>>;
  BasicAdam(Storages storages, const AdamOptions& options);

  AdamOptions options_;
  TrainedParameters<T> parameters_;
  double beta1_power_ = 1, beta2_power_ = 1;
};

using Sgd = BasicSgd<double>;
using SgdF = BasicSgd<float>;
using Adam = BasicAdam<double>;
using AdamF = BasicAdam<float>;

}  // namespace xtape::nn
