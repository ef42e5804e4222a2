#pragma once
// A network of fully connected layers.

#include <string>
#include <utility>
#include <vector>

#include <xtape/nn/activation.hpp>
#include <xtape/nn/layers.hpp>

namespace xtape::nn {

/// Linear layers one after the other, each followed by an activation: `Network({2, 2, 1},
/// xtape::sigmoid, random)` is the lab's. The layers, with what they record, are named "hidden" (or
/// "hidden1", "hidden2", … where there are several) and "output", their parameters "hidden.weight"
/// and so on.
template <class T>
struct BasicNetwork {
  struct Layer {
    std::string name;
    BasicLinear<T> map;
    BasicActivation<T> activation;
  };
  std::vector<Layer> layers;

  /// One activation for all layers, the last one too. `sizes` are the inputs, then each layer's
  /// outputs. @throws std::invalid_argument for fewer than two sizes or where one is 0.
  template <InitializerFor<T> Init = Initializer>
  BasicNetwork(const std::vector<std::size_t>& sizes, const BasicActivation<T>& activation,
               Random& random, const Init& init = normal())
      : BasicNetwork(sizes, activation, activation, random, init) {}
  /// Another activation for the output: `Network({2, 8, 1}, xtape::tanh, nn::identity, random)`.
  template <InitializerFor<T> Init = Initializer>
  BasicNetwork(const std::vector<std::size_t>& sizes, const BasicActivation<T>& hidden,
               const BasicActivation<T>& output, Random& random, const Init& init = normal())
      : BasicNetwork(sizes, hidden, output) {
    for (Layer& layer : layers) init(layer.map.weight, random);
  }

  /// x is (N, inputs), the result (N, outputs of the last layer).
  /// @throws ShapeError, naming the caller's line, unless x fits.
  BasicVariable<T> operator()(const BasicOperand<T>& x) const;

  void parameters(auto& each) {
    for (Layer& layer : layers) each(layer.name, layer.map);
  }

 private:
  // Weights are zero, parameters have their names.
  BasicNetwork(const std::vector<std::size_t>& sizes, const BasicActivation<T>& hidden,
               const BasicActivation<T>& output);
};

using Network = BasicNetwork<double>;
using NetworkF = BasicNetwork<float>;

}  // namespace xtape::nn
