// A module and an operation of one's own, trained: exit status 0 if the loss falls.

#include <cmath>
#include <iostream>

#include <xtape/autodiff.hpp>
#include <xtape/nn.hpp>

namespace nn = xtape::nn;

struct Swish {
  static constexpr auto name = "swish";
  static auto value(auto x) { return x * sigmoid(x); }
  static auto partial(auto x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
};

struct Gate {
  nn::Linear value, gate;
  xtape::Variable operator()(const xtape::Variable& x) const {
    return sigmoid(apply(Swish{}, value(x)) * gate(x));
  }
  void parameters(auto& each) {
    each("value", value);
    each("gate", gate);
  }
};

int main() {
  xtape::Random rng(1);
  auto data = nn::not_linearly_separable(rng);
  Gate net{nn::Linear(2, 1, rng), nn::Linear(2, 1, rng)};
  nn::Sgd sgd(net, {.learning_rate = 0.5});
  xtape::Tape tape;
  double first = 0, last = 0;
  for (int epoch = 0; epoch < 40; ++epoch) {
    for (auto& batch : data.train.batches(500, rng)) {
      auto recording = tape.record();
      auto loss = nn::half_mse(net(tape.constant(xtape::borrow(batch.inputs))),
                               tape.constant(xtape::borrow(batch.targets)));
      sgd.step(gradients(loss, net));
      last = loss.value()();
      if (first == 0) first = last;
    }
  }
  std::cout << "loss " << first << " -> " << last << '\n';
  return std::isfinite(last) && last < 0.9 * first ? 0 : 1;
}
