#pragma once
// Layers: modules of one weight and one bias.

#include <string>
#include <utility>

#include <xtape/nn/initializers.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

/// x·W + b: x is (N, inputs), W (inputs, outputs), b (outputs), the result (N, outputs).
template <class T>
struct BasicLinear {
  BasicParameter<T> weight, bias;
  /// Where it is not empty, what the layer records is grouped under this name.
  std::string name;

  /// Draws the weight; the bias is zero. @throws std::invalid_argument where a size is 0.
  template <InitializerFor<T> Init = Initializer>
  BasicLinear(std::size_t inputs, std::size_t outputs, Random& random, const Init& init = normal(),
              std::string group = {})
      : BasicLinear(inputs, outputs, std::move(group)) {
    init(weight, random);
  }

  /// @throws ShapeError, naming the caller's line, unless x is (N, inputs).
  BasicVariable<T> operator()(const BasicOperand<T>& x) const {
    // The caller's line for all three, so that messages name it.
    const BasicOperand<T> w(weight, x.place.file, x.place.line),
        b(bias, x.place.file, x.place.line);
    if (name.empty() || x.tape == nullptr) return linear(x, w, b);
    const auto scope = x.tape->scope(name, x.place);
    return linear(x, w, b);
  }

  void parameters(auto& each) {
    each("weight", weight);
    each("bias", bias);
  }

 private:
  template <class>
  friend struct BasicNetwork;
  // The weight is zero.
  BasicLinear(std::size_t inputs, std::size_t outputs, std::string group);
};

/// The lab's neuron, σ(x·w + b): x is (N, inputs), the result (N, 1). The weights w are a column
/// (inputs, 1) and b is an array of one element, so that it is a layer like any other.
template <class T>
struct BasicNeuron {
  BasicParameter<T> weight, bias;

  /// Draws the weight; the bias is zero. @throws std::invalid_argument where there is no input.
  template <InitializerFor<T> Init = Initializer>
  BasicNeuron(std::size_t inputs, Random& random, const Init& init = normal())
      : BasicNeuron(BasicLinear<T>(inputs, 1, random, init)) {}

  /// @throws ShapeError, naming the caller's line, unless x is (N, inputs).
  BasicVariable<T> operator()(const BasicOperand<T>& x) const {
    const BasicOperand<T> w(weight, x.place.file, x.place.line),
        b(bias, x.place.file, x.place.line);
    return sigmoid(BasicOperand<T>(linear(x, w, b), x.place.file, x.place.line));
  }

  void parameters(auto& each) {
    each("weight", weight);
    each("bias", bias);
  }

 private:
  explicit BasicNeuron(BasicLinear<T>&& layer)
      : weight(std::move(layer.weight)), bias(std::move(layer.bias)) {}
};

using Linear = BasicLinear<double>;
using LinearF = BasicLinear<float>;
using Neuron = BasicNeuron<double>;
using NeuronF = BasicNeuron<float>;

}  // namespace xtape::nn
