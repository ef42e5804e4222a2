// Handwritten digits, 8 × 8 pixels: a network with one hidden layer, in batches, which keeps the
// parameters that did best on samples set aside for that. Usage: digits [FILE.csv]

#include <cmath>
#include <iostream>
#include <limits>

#include "classes.hpp"

namespace {

namespace nn = xtape::nn;

/// The picture of a sample, for a terminal.
void draw(const xtape::Array<double>& pixels, std::size_t sample) {
  for (std::size_t i = 0; i < 8; ++i) {
    std::cout << "    ";
    for (std::size_t j = 0; j < 8; ++j) {
      const auto shade = static_cast<std::size_t>(pixels(sample, 8 * i + j) * 4.99);
      std::cout << " .:+#"[shade] << " .:+#"[shade];
    }
    std::cout << '\n';
  }
}

int run(const char* path) {
  xtape::Random random(1);
  auto all = classes::read(path, 64, 10);
  if (all.size() < 400)
    throw nn::FileError(std::string(path) + ": " + std::to_string(all.size()) +
                        " samples, where 400 are needed: 200 to test with, 150 to validate with, "
                        "and a batch of 50");
  nn::DataSet data(all.inputs() / 16, all.targets());  // pixels from 0 to 1
  auto [rest, test] = data.split(200, random);
  auto [train, validation] = rest.split(150, random);
  draw(test.inputs(), 0);

  nn::Network net({64, 32, 10}, xtape::tanh, nn::identity, random, nn::xavier_normal());
  nn::Network best = net;
  double best_loss = std::numeric_limits<double>::infinity();
  nn::Adam adam(net, {.learning_rate = 0.005});
  xtape::Tape tape;
  for (int epoch = 1; epoch <= 40; ++epoch) {
    for (const auto& batch : train.batches(50, random)) {
      const auto recording = tape.record();
      const auto loss = classes::cross_entropy(net(tape.constant(xtape::borrow(batch.inputs))),
                                               tape.constant(xtape::borrow(batch.targets)));
      adam.step(gradients(loss, net));
    }
    tape.record();
    const auto z = net(tape.constant(xtape::borrow(validation.inputs())));
    const auto loss = classes::cross_entropy(z, tape.constant(xtape::borrow(validation.targets())));
    if (loss.item() < best_loss) {
      best_loss = loss.item();
      best = net;  // a deep copy
    }
    if (epoch % 10 == 0)
      std::cout << "epoch " << epoch << ": validation loss " << loss.item() << ", best "
                << best_loss << '\n';
  }

  tape.record();
  const auto z = best(tape.constant(xtape::borrow(test.inputs())));
  const double right = xtape::nn::categorical_accuracy(z.value(), test.targets());
  std::cout << right << " of the " << test.size() << " held out are right\n";
  return right >= 0.93 && std::isfinite(best_loss) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : EXAMPLES_DATA "/digits.csv");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
