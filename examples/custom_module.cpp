// A module of your own, and modules in modules: a gated layer, twice, learns to tell two spirals
// apart. Modules are plain structs; a copy is a deep copy.

#include <iostream>

#include <xtape/nn.hpp>

namespace {

namespace nn = xtape::nn;
using xtape::Random;
using xtape::Variable;

/// A layer whose outputs are let through by a second one: tanh(value(x)) ⊙ σ(gate(x)).
struct Gate {
  nn::Linear value, gate;
  Gate(std::size_t inputs, std::size_t outputs, Random& random)
      : value(inputs, outputs, random, nn::xavier_normal()),
        gate(inputs, outputs, random, nn::xavier_normal()) {}

  Variable operator()(const Variable& x) const { return tanh(value(x)) * sigmoid(gate(x)); }
  void parameters(auto& each) {  // this is all that a module has to say
    each("value", value);
    each("gate", gate);
  }
};

struct Model {
  Gate first, second;
  nn::Linear output;
  explicit Model(Random& random)
      : first(2, 16, random), second(16, 16, random), output(16, 1, random, nn::xavier_normal()) {
    nn::name_parameters(*this);  // messages then say "first.gate.weight"
  }

  /// Logits: σ of them is the probability of class 1.
  Variable operator()(const Variable& x) const { return output(second(first(x))); }
  void parameters(auto& each) {
    each("first", first);
    each("second", second);
    each("output", output);
  }
};

double accuracy_of(const Model& model, const nn::DataSet& data) {
  xtape::Tape tape;
  const auto y = sigmoid(model(tape.constant(xtape::borrow(data.inputs()))));
  return nn::accuracy(y.value(), data.targets());
}

}  // namespace

int main() {
  Random random(1);
  auto data = nn::train_test_split(nn::spirals(random, 1000, 0.02), random, 0.2);
  Model model(random);
  std::cout << nn::summary(model);

  const Model untrained = model;  // a deep copy: training `model` leaves it as it is
  nn::Adam adam(model, {.learning_rate = 0.01});
  xtape::Tape tape;
  for (int epoch = 0; epoch < 150; ++epoch)
    for (const auto& batch : data.train.batches(50, random)) {
      const auto recording = tape.record();
      const auto loss = nn::bce_with_logits(model(tape.constant(xtape::borrow(batch.inputs))),
                                            tape.constant(xtape::borrow(batch.targets)));
      adam.step(gradients(loss, model));
    }

  const double before = accuracy_of(untrained, data.test), after = accuracy_of(model, data.test);
  std::cout << "right before training " << before << ", after it " << after << '\n';

  // The second gate's value layer is 16 · 16 + 16 numbers, and so on.
  const std::size_t expected = 2 * (2 * 16 + 16) + 2 * (16 * 16 + 16) + 16 + 1;
  return before < 0.7 && after >= 0.97 && nn::count_parameters(model) == expected ? 0 : 1;
}
