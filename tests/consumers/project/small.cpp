// Twenty lines that train a network for 100 steps: what scripts/measure measures.
#include <iostream>
#include <xtape/nn.hpp>

int main() {
  xtape::Random rng(1);
  auto data = xtape::nn::not_linearly_separable(rng);
  xtape::nn::Network net({2, 2, 1}, xtape::sigmoid, rng);
  xtape::nn::Sgd sgd(net, {.learning_rate = 0.5});
  xtape::Tape tape;
  double first = 0, last = 0;
  for (int step = 0; step < 100;)
    for (auto& batch : data.train.batches(500, rng)) {
      auto recording = tape.record();
      auto loss = xtape::nn::half_mse(net(tape.constant(xtape::borrow(batch.inputs))),
                                      tape.constant(xtape::borrow(batch.targets)));
      sgd.step(gradients(loss, net));
      last = loss.value()();
      if (step++ == 0) first = last;
    }
  std::cout << first << " -> " << last << '\n';
  return last < first ? 0 : 1;
}
