// A network of two hidden neurons learns what a single one cannot: a boundary that is no line.

#include "lab/program.hpp"

int main(int argc, char** argv) {
  return lab::run(
      {.name = "train_network",
       .description = "Trains a network, two hidden neurons and an output neuron, on the "
                      "lab's data.",
       .linearly_separable = false},
      argc, argv, [](std::size_t inputs, xtape::Random& random) {
        return xtape::nn::Network({inputs, 2, 1}, xtape::sigmoid, random);
      });
}
