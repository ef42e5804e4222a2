// A network of two hidden neurons learns what a single one cannot: a boundary that is no line.

#include "lab/program.hpp"

namespace {

xtape::nn::Activation activation(const std::string& name) {
  if (name == "tanh") return xtape::tanh;
  if (name == "relu") return xtape::relu;
  if (name == "softplus") return xtape::softplus;
  return xtape::sigmoid;
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run(
      {.name = "train_network",
       .description = "Trains a network, a layer of hidden neurons and an output neuron, on the "
                      "lab's data.",
       .linearly_separable = false,
       .has_hidden_layer = true},
      argc, argv, [](std::size_t inputs, const lab::Options& options, xtape::Random& random) {
        return xtape::nn::Network({inputs, options.hidden, 1}, activation(options.activation),
                                  xtape::sigmoid, random);
      });
}
