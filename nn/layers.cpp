#include <stdexcept>
#include <xtape/nn/layers.hpp>

namespace xtape::nn {
namespace {

Shape weight_shape(std::size_t inputs, std::size_t outputs) {
  if (inputs == 0 || outputs == 0)
    throw std::invalid_argument("Linear: " + std::to_string(inputs) + " inputs and " +
                                std::to_string(outputs) + " outputs: at least one of each");
  return {inputs, outputs};
}

}  // namespace

template <class T>
BasicLinear<T>::BasicLinear(std::size_t inputs, std::size_t outputs, std::string group)
    : weight(weight_shape(inputs, outputs), "weight"),
      bias(Shape{outputs}, "bias"),
      name(std::move(group)) {}

template struct BasicLinear<double>;
template struct BasicLinear<float>;
template struct BasicNeuron<double>;
template struct BasicNeuron<float>;

}  // namespace xtape::nn
