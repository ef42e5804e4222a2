// Three classes: which iris is it? The loss is composed in classes.hpp, and its gradient compared
// with the formula. Usage: iris [FILE.csv]

#include <algorithm>
#include <cmath>
#include <iostream>

#include "classes.hpp"

namespace {

namespace nn = xtape::nn;

/// The largest difference between ∂J/∂z and (softmax(z) − t)/N, by loops.
double largest_difference(const xtape::Array<double>& gradient, const xtape::ArrayView<double>& z,
                          const xtape::Array<double>& t) {
  double largest = 0;
  for (std::size_t i = 0; i < z.shape()[0]; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 3; ++j) sum += std::exp(z(i, j));
    for (std::size_t j = 0; j < 3; ++j) {
      const double by_hand =
          (std::exp(z(i, j)) / sum - t(i, j)) / static_cast<double>(z.shape()[0]);
      largest = std::max(largest, std::abs(gradient(i, j) - by_hand));
    }
  }
  return largest;
}

int run(const char* path) {
  xtape::Random random(1);
  auto data = nn::train_test_split(classes::read(path, 4, 3), random, 0.3);
  data = nn::Standardiser(data.train)(data);
  const xtape::Array<double>&x = data.train.inputs(), &t = data.train.targets();

  nn::Network net({4, 8, 3}, xtape::tanh, nn::identity, random, nn::xavier_normal());
  nn::Adam adam(net, {.learning_rate = 0.02});
  xtape::Tape tape;
  for (int step = 0; step <= 200; ++step) {
    const auto recording = tape.record();
    const auto z = net(tape.constant(xtape::borrow(x)));
    const auto loss = classes::cross_entropy(z, tape.constant(xtape::borrow(t)));
    if (step % 50 == 0) {
      const double difference = largest_difference(gradients(loss)[z], z.value(), t);
      std::cout << "step " << step << ": loss " << loss.item() << ", the formula is within "
                << difference << '\n';
      if (!(difference < 1e-16)) return 1;  // of numbers up to 1/N
    }
    adam.step(gradients(loss, net));
  }

  tape.record();
  const auto z = net(tape.constant(xtape::borrow(data.test.inputs())));
  const double right = xtape::nn::categorical_accuracy(z.value(), data.test.targets());
  std::cout << right << " of the " << data.test.size() << " held out are right\n";

  // Where exp would overflow: z = (1000, 0, −1000), class 1. The loss is 1000.
  tape.record();
  const auto far = tape.variable(xtape::Array<double>{{1000, 0, -1000}});
  const auto loss = classes::cross_entropy(far, tape.constant(xtape::Array<double>{{0, 1, 0}}));
  const auto grad = gradients(loss);
  const bool stable = loss.item() == 1000 && grad[far](0, 0) == 1 && grad[far](0, 1) == -1;
  std::cout << "far out: loss " << loss.item() << ", gradient " << grad[far](0, 0) << ' '
            << grad[far](0, 1) << ' ' << grad[far](0, 2) << '\n';
  return right > 0.95 && stable ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : EXAMPLES_DATA "/iris.csv");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
