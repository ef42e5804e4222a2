#include <algorithm>
#include <stdexcept>
#include <xtape/nn/network.hpp>

namespace xtape::nn {
namespace {

void check(const std::vector<std::size_t>& sizes) {
  if (sizes.size() < 2)
    throw std::invalid_argument("Network: " + std::to_string(sizes.size()) +
                                " sizes: the inputs and at least one layer's outputs are needed");
  const auto zero = std::ranges::find(sizes, std::size_t{0});
  if (zero != sizes.end())
    throw std::invalid_argument("Network: size " + std::to_string(zero - sizes.begin() + 1) +
                                " of " + std::to_string(sizes.size()) +
                                " is 0; each layer needs at least one " +
                                (zero == sizes.begin() ? "input" : "neuron"));
}

std::string layer_name(std::size_t index, std::size_t count) {
  if (index + 1 == count) return "output";
  return count == 2 ? "hidden" : "hidden" + std::to_string(index + 1);
}

}  // namespace

template <class T>
BasicNetwork<T>::BasicNetwork(const std::vector<std::size_t>& sizes,
                              const BasicActivation<T>& hidden, const BasicActivation<T>& output) {
  check(sizes);
  layers.reserve(sizes.size() - 1);
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    layers.push_back({layer_name(i, sizes.size() - 1), BasicLinear<T>(sizes[i], sizes[i + 1], {}),
                      i + 2 == sizes.size() ? output : hidden});
  name_parameters(*this);
}

template <class T>
BasicVariable<T> BasicNetwork<T>::operator()(const BasicOperand<T>& x) const {
  BasicOperand<T> in = x;
  BasicVariable<T> out;
  if (x.tape == nullptr) return linear(x, layers.front().map.weight, layers.front().map.bias);
  for (const Layer& layer : layers) {
    const auto scope = x.tape->scope(layer.name, x.place);
    out = layer.activation(layer.map(in), x.place);
    in = BasicOperand<T>(out, x.place.file, x.place.line);
  }
  return out;
}

template struct BasicNetwork<double>;
template struct BasicNetwork<float>;

}  // namespace xtape::nn
