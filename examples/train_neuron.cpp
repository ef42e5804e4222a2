// A single neuron learns to tell two classes of points of the plane apart.

#include "lab/program.hpp"

int main(int argc, char** argv) {
  return lab::run(
      {.name = "train_neuron",
       .description = "Trains a single neuron, y = sigmoid(X w + b), on the lab's data.",
       .linearly_separable = true},
      argc, argv, [](std::size_t inputs, const lab::Options& /*options*/, xtape::Random& random) {
        return xtape::nn::Neuron(inputs, random);
      });
}
