// The parts of the lab's programs: activations derived by hand, parameters in files, the sizes of
// the sets, the line of the progress.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "lab/program.hpp"
#include "temporary_folder.hpp"

namespace {

using xtape::Array;
using xtape::Parameter;

struct Two {
  Parameter a{Array<double>{{1.0 / 3, -0.0}, {5e-324, 1.7976931348623157e308}}, "a"};
  Parameter b{0.1, "b"};
  void parameters(auto& each) { each("a", a), each("b", b); }
};

xtape::nn::Activation activation(const std::string& name) {
  if (name == "tanh") return xtape::tanh;
  if (name == "relu") return xtape::relu;
  if (name == "softplus") return xtape::softplus;
  return xtape::sigmoid;
}

// The largest difference between the gradients of a network and the formulas of an activation.
double difference(const std::string& of_network, const std::string& of_formulas) {
  xtape::Random random(3);
  auto data = xtape::nn::not_linearly_separable(random);
  xtape::nn::Network net({2, 5, 1}, activation(of_network), xtape::sigmoid, random);
  auto batches = data.train.batches(500, random);
  const auto& batch = *batches.begin();
  xtape::Tape tape;
  const auto J =
      xtape::nn::half_mse(net(tape.constant(batch.inputs)), tape.constant(batch.targets));
  const lab::Samples<double> samples{batch.inputs.data(), batch.targets.data(), 500, 2};
  return lab::largest_difference(lab::compare(
      xtape::gradients(J, net), lab::by_hand(net, samples, lab::formulas_of<double>(of_formulas))));
}

}  // namespace

TEST_CASE("the gradients of every activation agree with its own formulas, and with no other's") {
  const std::vector<std::string> names = {"sigmoid", "tanh", "relu", "softplus"};
  for (const auto& network : names)
    for (const auto& formulas : names) {
      CAPTURE(network);
      CAPTURE(formulas);
      if (network == formulas)
        CHECK(difference(network, formulas) <= lab::ulp_limit);
      else
        CHECK(difference(network, formulas) > 1e6);
    }
  CHECK_THROWS_AS(lab::formulas_of<double>("step"), std::invalid_argument);
  // σ is the derivative of softplus; tanh' at 0 is 1; relu has 0 at its kink.
  CHECK(lab::formulas_of<double>("softplus").hidden_prime(0.0) == 0.5);
  CHECK(lab::formulas_of<double>("softplus").hidden(0.0) == doctest::Approx(std::log(2.0)));
  CHECK(lab::formulas_of<double>("tanh").hidden_prime(0.0) == 1);
  CHECK(lab::formulas_of<double>("relu").hidden_prime(0.0) == 0);
}

TEST_CASE("every double comes back from a file of parameters") {
  const xtape_tests::TemporaryFolder folder;
  Two saved, loaded;
  loaded.a.update(xt::zeros<double>({2, 2}));
  loaded.b.update([](double* b, std::size_t) { *b = 0; });
  const auto path = folder.write("p.json", lab::saved_text({}, lab::named_parameters(saved)));
  lab::Saved(path.string()).load({}, lab::named_parameters(loaded));
  for (std::size_t i = 0; i < 4; ++i) {
    const double found = loaded.a.value().data()[i], expected = saved.a.value().data()[i];
    CHECK(found == expected);
    CHECK(std::signbit(found) == std::signbit(expected));
  }
  CHECK(loaded.b.value()() == 0.1);
}

TEST_CASE("a file that is wrong in its last parameter changes none") {
  const xtape_tests::TemporaryFolder folder;
  Two model;
  auto json = nlohmann::json::parse(lab::saved_text({}, lab::named_parameters(model)));
  json["parameters"]["b"]["values"][0] = "";
  model.a.update(xt::zeros<double>({2, 2}));
  const auto path = folder.write("p.json", json.dump());
  CHECK_THROWS_WITH(lab::Saved(path.string()).load({}, lab::named_parameters(model)),
                    (path.string() + ": b: value 1: \"\" is not a finite number").c_str());
  CHECK(model.a.value()(0, 0) == 0);
}

TEST_CASE("a thousand samples are for validation, or a tenth") {
  CHECK(lab::validation_samples(12000) == 1000);
  CHECK(lab::validation_samples(10001) == 1000);
  CHECK(lab::validation_samples(9999) == 999);
  CHECK(lab::validation_samples(100) == 10);
  CHECK(lab::validation_samples(2) == 1);
}

TEST_CASE("a log has some twenty lines, with the first epoch and the last") {
  const auto lines = [](std::size_t epochs, std::size_t every) {
    std::vector<std::size_t> result;
    for (std::size_t epoch = 1; epoch <= epochs; ++epoch)
      if (lab::has_line(epoch, epochs, every)) result.push_back(epoch);
    return result;
  };
  using Epochs = std::vector<std::size_t>;
  CHECK(lines(0, 0).empty());
  CHECK(lines(3, 0) == Epochs{1, 2, 3});
  CHECK(lines(123, 0) == Epochs{1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 123});
  CHECK(lines(10, 4) == Epochs{1, 4, 8, 10});
  CHECK(lines(4, 100) == Epochs{1, 4});
  CHECK(lines(1000, 1).size() == 1000);
  for (std::size_t epochs = 1; epochs < 30000; epochs += 1 + epochs / 50) {
    const Epochs all = lines(epochs, 0);
    CAPTURE(epochs);
    CHECK(all.size() >= std::min<std::size_t>(epochs, 9));
    CHECK(all.size() <= 22);
    CHECK(all.front() == 1);
    CHECK(all.back() == epochs);
  }
  CHECK(lab::has_line(std::size_t(-1), std::size_t(-1), 0));
}

TEST_CASE("the line of the progress fits the terminal") {
  const lab::ProgressState half{250, 1000, 0.0123456, 10};
  CHECK(lab::progress_line(half, 100) ==
        "epoch  250/1000  [========                        ]  validation loss 0.01235  25 "
        "epochs/s, 0:30 left");
  CHECK(lab::progress_line(half, 70) ==
        "epoch  250/1000  validation loss 0.01235  25 epochs/s, 0:30 left");
  CHECK(lab::progress_line(half, 60) == "epoch  250/1000  validation loss 0.01235  25 epochs/s");
  CHECK(lab::progress_line(half, 20) == "epoch  250/1000");
  for (std::size_t width = 0; width < 200; ++width)
    for (const auto& state : {half, lab::ProgressState{1000, 1000, 1e-9, 1e7},
                              lab::ProgressState{1, 100000000, 1e300, 0}})
      CHECK(lab::progress_line(state, width).size() <= width);
  CHECK(lab::progress_line({1000, 1000, 0.01, 3725}, 80).ends_with("took 1:02:05"));
}
