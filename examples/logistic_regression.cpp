// Logistic regression: is a tumour benign? 569 samples of 30 measures of cell nuclei; see
// data/README.md. Usage: logistic_regression [FILE.csv]

#include <algorithm>
#include <cmath>
#include <iostream>

#include <xtape/nn.hpp>
#include <xtape/nn/files.hpp>

namespace {

namespace nn = xtape::nn;

/// The largest difference between the gradient of the weights and 1/N Xᵀ(σ(z) − t), by loops.
double largest_difference(const xtape::ArrayView<double>& gradient, const xtape::Array<double>& x,
                          const xtape::ArrayView<double>& z, const xtape::Array<double>& t) {
  const std::size_t n = x.shape()[0], features = x.shape()[1];
  double largest = 0;
  for (std::size_t k = 0; k < features; ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += (1 / (1 + std::exp(-z(i, 0))) - t(i, 0)) * x(i, k);
    largest = std::max(largest, std::abs(gradient(k, 0) - sum / static_cast<double>(n)));
  }
  return largest;
}

int run(const char* path) {
  xtape::Random random(1);
  auto data = nn::read_csv_lab(path, random, 0.2);  // a fifth is held out
  data = nn::Standardiser(data.train)(data);        // by the mean and deviation of the others
  const xtape::Array<double>&x = data.train.inputs(), &t = data.train.targets();

  nn::Linear model(x.shape()[1], 1, random, nn::normal(0, 0.01));  // z = x·w + b
  nn::Sgd sgd(model, {.learning_rate = 0.5});
  xtape::Tape tape;
  for (int step = 0; step <= 200; ++step) {
    const auto recording = tape.record();
    const auto z = model(tape.constant(xtape::borrow(x)));
    const auto loss = nn::bce_with_logits(z, tape.constant(xtape::borrow(t)));
    const auto grad = gradients(loss, model);
    if (step % 50 == 0) {
      const double difference = largest_difference(grad[model.weight], x, z.value(), t);
      std::cout << "step " << step << ": loss " << loss.item() << ", the formula is within "
                << difference << '\n';
      if (!(difference < 1e-15)) return 1;
    }
    sgd.step(grad);
  }

  tape.record();
  const auto y = sigmoid(model(tape.constant(xtape::borrow(data.test.inputs()))));
  const double right = nn::accuracy(y.value(), data.test.targets());
  std::cout << right << " of the " << data.test.size() << " held out are right\n";
  return right >= 0.95 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : EXAMPLES_DATA "/breast_cancer.csv");
  } catch (const nn::FileError& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
