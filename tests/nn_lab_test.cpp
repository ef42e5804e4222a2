// The lab's formulas, derived by hand, against autodiff; and that the comparison finds mistakes.

#include <doctest/doctest.h>

#include <lab/gradient_check.hpp>

using namespace xtape;

namespace {

template <class T>
struct Case {
  Array<T> x, t;
  Case(std::size_t N, Random& random)
      : x(Array<T>::from_shape({N, 2})), t(Array<T>::from_shape({N, 1})) {
    random.fill_uniform(x.data(), x.size(), -5, 5);
    random.fill_uniform(t.data(), t.size(), 0, 1);
  }
};

template <class T, class Model>
double difference(const Model& model, const Case<T>& data, const lab::Formulas<T>& formulas = {}) {
  BasicTape<T> tape;
  const auto y = model(tape.constant(borrow(data.x), "x"));
  const auto J = nn::half_mse(y, tape.constant(borrow(data.t), "t"));
  const lab::Samples<T> samples{data.x.data(), data.t.data(), data.t.size(), 2};
  return lab::largest_difference(
      lab::compare(gradients(J, model), lab::by_hand(model, samples, formulas)));
}

template <class T>
void check_all_sizes() {
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    for (const std::size_t N : std::initializer_list<std::size_t>{1, 2, 7, 64, 65, 500}) {
      CAPTURE(seed);
      CAPTURE(N);
      Random random(seed);
      const Case<T> data(N, random);
      nn::BasicNeuron<T> neuron(2, random);
      nn::BasicNetwork<T> network({2, 2, 1}, sigmoid, random);
      // Biases that are not zero, as they are not after the first step.
      random.fill_normal(neuron.bias.storage()->data(), 1, 0, 0.58);
      neuron.bias.storage()->touched();
      nn::normal()(network.layers[0].map.bias, random);
      nn::normal()(network.layers[1].map.bias, random);
      CHECK(difference<T>(neuron, data) <= lab::ulp_limit);
      CHECK(difference<T>(network, data) <= lab::ulp_limit);
    }
}

}  // namespace

TEST_CASE("autodiff gives the lab's formulas, in double") { check_all_sizes<double>(); }
TEST_CASE("autodiff gives the lab's formulas, in float") { check_all_sizes<float>(); }

TEST_CASE("a planted mistake in the formulas is found") {
  lab::Formulas<double> of_a, no_mean, slightly_off;
  of_a.sigmoid_prime = [](double a) { return a * (1 - a); };  // y (1 - y), taken of a
  no_mean.mean = [](std::size_t) { return 1.0; };             // 1/N forgotten
  slightly_off.sigmoid_prime = [](double a) {
    const double e = std::exp(-std::abs(a));
    return e / ((1 + e) * (1 + e)) * (1 + 1e-12);
  };
  for (const std::size_t N : std::initializer_list<std::size_t>{2, 64, 500}) {
    Random random(3);
    const Case<double> data(N, random);
    const nn::Neuron neuron(2, random);
    const nn::Network network({2, 2, 1}, sigmoid, random);
    for (const auto& wrong : {of_a, no_mean, slightly_off}) {
      CHECK(difference(neuron, data, wrong) > lab::ulp_limit);
      CHECK(difference(network, data, wrong) > lab::ulp_limit);
    }
  }
}

TEST_CASE("a NaN never passes the comparison") {
  Random random(1);
  Case<double> data(3, random);
  data.x(1, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isinf(difference(nn::Neuron(2, random), data)));
}
