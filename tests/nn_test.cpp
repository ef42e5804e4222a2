// Modules, losses, optimizers.

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>
#include <xtape/nn.hpp>

using namespace xtape;

namespace {

struct Gate {
  nn::Linear value, gate;
  Variable operator()(const Variable& x) const { return value(x) * sigmoid(gate(x)); }
  void parameters(auto& each) {
    each("value", value);
    each("gate", gate);
  }
};

// One parameter θ, and the loss c·θ, whose gradient is c.
struct Single {
  Parameter theta{Array<double>{1.0, -2.0, 0.5}, "theta"};
  void parameters(auto& each) { each("theta", theta); }
};

template <class Module>
std::vector<std::string> names(const Module& module) {
  std::vector<std::string> result;
  nn::for_each_parameter(module, [&](std::string name, const Parameter& p) {
    CHECK(p.name() == name);
    result.push_back(std::move(name));
  });
  return result;
}

std::string message(auto&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}
std::string here(int line) {
  return std::string(" (nn_test.cpp:").append(std::to_string(line)).append(")");
}

Array<double> zeros(std::vector<std::size_t> shape) {
  Array<double> result = Array<double>::from_shape(shape);
  std::fill(result.begin(), result.end(), 0.0);
  return result;
}

struct SingleF {
  xtape::ParameterF theta{xt::xarray<float>{1, 2}};
  void parameters(auto& each) { each("theta", theta); }
};

}  // namespace

TEST_CASE("parameters have dotted names, and a copy is a deep copy") {
  using Names = std::vector<std::string>;
  Random random(1);
  nn::Network net({2, 2, 1}, sigmoid, random);
  CHECK(names(net) == Names{"hidden.weight", "hidden.bias", "output.weight", "output.bias"});
  CHECK(names(nn::Network({2, 3, 3, 1}, tanh, nn::identity, random))[2] == "hidden2.weight");
  nn::Sequential all(nn::Linear(2, 3, random), tanh, nn::Network({3, 2, 2}, relu, random),
                     Gate{nn::Linear(2, 1, random), nn::Linear(2, 1, random)},
                     [](auto x) { return x * sigmoid(x); });
  CHECK(names(all) == Names{"0.weight", "0.bias", "2.hidden.weight", "2.hidden.bias",
                            "2.output.weight", "2.output.bias", "3.value.weight", "3.value.bias",
                            "3.gate.weight", "3.gate.bias"});
  CHECK(nn::count_parameters(net) == 9);

  const nn::Sequential copy = all;
  Tape tape;
  const auto x = tape.constant(Array<double>{{1, 2}, {3, -4}});
  CHECK(copy(x).value() == all(x).value());
  const double before = copy(x).value()(0, 0);
  nn::for_each_parameter(all, [](const std::string&, Parameter& p) {
    p.update([](double* values, std::size_t n) { std::fill_n(values, n, 0.25); });
  });
  tape.record();
  const auto again = tape.constant(Array<double>{{1, 2}, {3, -4}});
  CHECK(copy(again).value()(0, 0) == before);
  CHECK(all(again).value()(0, 0) != before);
}

TEST_CASE("a module that is used twice gets the sum of both gradients") {
  Random random(1);
  nn::Linear layer(2, 2, random);
  Tape tape;
  const auto x = tape.variable(Array<double>{{1, 2}});
  const auto h = layer(x);
  const auto grad = gradients(sum(layer(h)), layer);
  // y = (xW + b)W + b with cotangent 1: W̄ = hᵀ1 + xᵀ(1Wᵀ), b̄ = 1 + 1Wᵀ
  const auto W = layer.weight.value();
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(grad[layer.bias](j) == doctest::Approx(1 + W(j, 0) + W(j, 1)));
    for (std::size_t k = 0; k < 2; ++k)
      CHECK(grad[layer.weight](j, k) ==
            doctest::Approx(h.value()(0, j) + x.value()(0, j) * (W(k, 0) + W(k, 1))));
  }
}

TEST_CASE("errors of layers name the line of the caller") {
  Random random(1);
  const nn::Network net({2, 2, 1}, sigmoid, random);
  const nn::Neuron neuron(2, random);
  const nn::Sequential all(nn::Linear(2, 1, random), sigmoid);
  Tape tape;
  const auto x = tape.constant(zeros({5, 3}), "x");
  int line = 0;
  std::string text;
  const std::string wrong = ": inner dimensions 3 and 2 differ";
  // The line of the call, wherever a compiler counts a check of two lines.
  line = __LINE__ + 1;
  text = message([&] { net(x); });
  CHECK(text == "linear: x (5, 3), hidden.weight (2, 2), hidden.bias (2)" + wrong + here(line));
  line = __LINE__ + 1;
  text = message([&] { neuron(x); });
  CHECK(text == "linear: x (5, 3), weight (2, 1), bias (1)" + wrong + here(line));
  line = __LINE__ + 1;
  text = message([&] { all(x); });
  CHECK(text == "linear: x (5, 3), 0.weight (2, 1), 0.bias (1)" + wrong + here(line));
  CHECK(message([&] { nn::Linear(0, 1, random); }) ==
        "Linear: 0 inputs and 1 outputs: at least one of each");
  CHECK(message([&] { nn::Network({2}, sigmoid, random); }) ==
        "Network: 1 sizes: the inputs and at least one layer's outputs are needed");
}

TEST_CASE("losses have their values and gradients") {
  const Array<double> Y{{0.2, -1.5}, {40.0, -40.0}}, T{{1.0, 0.25}, {1.0, 0.0}};
  Tape tape;
  const auto y = tape.variable(Y), t = tape.variable(T);
  const auto half = nn::half_mse(y, t), whole = nn::mse(y, t), cross = nn::bce_with_logits(y, t);
  const auto dh = gradients(half), dw = gradients(whole), dc = gradients(cross);
  long double squares = 0, entropy = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const long double z = Y(i / 2, i % 2), target = T(i / 2, i % 2), d = z - target;
    const long double s = 1 / (1 + std::exp(-z)), rest = 1 / (1 + std::exp(z));
    squares += d * d;
    entropy += -target * std::log(s) - (1 - target) * std::log(rest);
    const auto near = [](long double value) {
      return doctest::Approx(static_cast<double>(value)).epsilon(1e-14).scale(0);
    };
    CHECK(dh[y](i / 2, i % 2) == near(d / 4));
    CHECK(dh[t](i / 2, i % 2) == near(-d / 4));
    CHECK(dw[y](i / 2, i % 2) == near(d / 2));
    CHECK(dc[y](i / 2, i % 2) ==
          near(((1 - target) * s - target * rest) / 4));  // the tails keep digits
    CHECK(dc[t](i / 2, i % 2) == near(-z / 4));
  }
  CHECK(half.item() == doctest::Approx(static_cast<double>(squares / 8)).epsilon(1e-14));
  CHECK(whole.item() == doctest::Approx(static_cast<double>(squares / 4)).epsilon(1e-14));
  CHECK(cross.item() == doctest::Approx(static_cast<double>(entropy / 4)).epsilon(1e-14));
}

TEST_CASE("losses are strict") {
  Tape tape;
  const auto y = tape.variable(zeros({5, 1})), t = tape.constant(zeros({5}));
  const auto empty = tape.variable(zeros({0, 1}));
  int line = 0;
  std::string text;
  const std::string strict = ": shapes have to be equal, a loss does not broadcast";
  // The line of the call, wherever a compiler counts a check of two lines.
  line = __LINE__ + 1;
  text = message([&] { nn::half_mse(y, t); });
  CHECK(text == "half_mse: y (5, 1) and t (5)" + strict + here(line));
  CHECK(message([&] { nn::mse(y, 1); }) == "mse: y (5, 1) and t ()" + strict + here(__LINE__));
  line = __LINE__ + 1;
  text = message([&] { nn::bce_with_logits(y, t); });
  CHECK(text == "bce_with_logits: z (5, 1) and t (5)" + strict + here(line));
  line = __LINE__ + 1;
  text = message([&] { nn::mse(empty, empty); });
  CHECK(text == "mse: y (0, 1) and t (0, 1): no elements, so there is no mean" + here(line));
  CHECK(nn::accuracy(Array<double>{0.5, 0.4, 0.9}, Array<double>{1, 1, 1}) == 2.0 / 3);
  CHECK(message([&] {
          nn::accuracy(zeros({5, 1}), zeros({5}));
        }) == "accuracy: y (5, 1) and t (5): shapes have to be equal");
}

TEST_CASE("targets of two classes are between 0 and 1") {
  Tape tape;
  const auto z = tape.variable(zeros({3, 1}), "z");
  const std::string why =
      "; a target is the probability of class 1, between 0 and 1 (of more than two classes each "
      "needs a column)";
  const auto with = [&](const Array<double>& t) {
    return message([&] { nn::bce_with_logits(z, t); });
  };
  CHECK(with(nn::column({0, 1, 2}))
            .starts_with("bce_with_logits: t (3, 1) has 2 as element 2" + why));
  CHECK(with(nn::column({0, -0.5, 2}))
            .starts_with("bce_with_logits: t (3, 1) has -0.5 as element 1" + why));
  CHECK(with(nn::column({0, 0.25, 1})) == "no error");
  CHECK(with(nn::column({0, std::nan(""), 1})) == "no error");  // NaN in gives NaN out
  // What was computed may be anything, as a check of gradients moves it.
  CHECK(message([&] { nn::bce_with_logits(z, z - 2); }) == "no error");

  const Array<double> y = {0.1, 0.9, 0.9};
  CHECK(nn::accuracy(y, Array<double>{0, 0.75, 1}) == 1);
  for (const double t : {2.0, -1.0, std::nan("")})
    CHECK(message([&] {
            nn::accuracy(y, Array<double>{0, 1, t});
          }).starts_with("accuracy: t (3) has numbers other than 0 to 1;"));
}

TEST_CASE("numbers one below the other are a column") {
  const Array<double> c = nn::column({1.5, -2});
  CHECK(xtape::Shape(c.shape()) == xtape::Shape{2, 1});
  CHECK(c(0, 0) == 1.5);
  CHECK(c(1, 0) == -2);
  CHECK(nn::column(Array<double>{1.5, -2}) == c);
  CHECK(nn::column(2 * Array<float>{1, 2}) == nn::column<float>({2, 4}));
  CHECK(message([&] { nn::column(c); }) ==
        "column: an array of shape (2, 1): one axis is expected");
}

TEST_CASE("samples of several classes are right by the largest of their scores") {
  const Array<double> t = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 1}};
  const double nan = std::nan("");
  CHECK(nn::categorical_accuracy(t, t) == 1);
  CHECK(nn::categorical_accuracy(Array<double>(-t), t) == 0);
  // Right; wrong; right, none of them above 0.5; right, all of them negative.
  const Array<double> y = {{5, -3, 4}, {2, 1, 0}, {0.1, 0.2, 0.3}, {-3, -2, -1}};
  CHECK(nn::categorical_accuracy(y, t) == 0.75);
  CHECK(nn::categorical_accuracy(y * 0.5, t) == 0.75);
  // A tie and NaN are not right, in whatever order.
  CHECK(nn::categorical_accuracy(Array<double>{{1, 1, 0}, {0, 1, 1}, {nan, 0, 1}, {0, nan, 1}},
                                 t) == 0);
  CHECK(nn::categorical_accuracy(Array<double>{{nan, 1, 0}}, Array<double>{{1, 0, 0}}) == 0);
  CHECK(message([&] {
          nn::categorical_accuracy(Array<double>{1, 2}, Array<double>{0, 1});
        }) ==
        "categorical_accuracy: y (2): a row for each sample and a column for each class are "
        "expected");
  CHECK(message([&] {
          nn::categorical_accuracy(t, y.shape(1) > 0 ? zeros({4, 1}) : y);
        }) == "categorical_accuracy: y (4, 3) and t (4, 1): shapes have to be equal");
}

TEST_CASE("optimizers take the steps of their formulas") {
  const std::vector<Array<double>> slopes{{0.5, -1, 2}, {0.25, 1, -3}, {-2, 0.125, 1}};
  const auto run = [&](auto make, auto reference) {
    Single single;
    auto optimizer = make(single);
    std::vector<double> x{1.0, -2.0, 0.5}, m(3), v(3);
    int n = 0;
    for (const auto& slope : slopes) {
      Tape tape;
      const auto J = sum(tape.parameter(single.theta) * tape.constant(slope));
      optimizer.step(gradients(J, single));
      ++n;
      for (std::size_t i = 0; i < 3; ++i) {
        reference(x[i], m[i], v[i], slope(i), n);
        CHECK(single.theta.value()(i) == doctest::Approx(x[i]).epsilon(1e-14));
      }
    }
  };
  run([](Single& s) { return nn::Sgd(s, {.learning_rate = 0.1}); },
      [](double& x, double&, double&, double g, int) { x -= 0.1 * g; });
  run([](Single& s) { return nn::Sgd(s, {.learning_rate = 0.1, .momentum = 0.9}); },
      [](double& x, double& m, double&, double g, int) {
        m = 0.9 * m + g;
        x -= 0.1 * m;
      });
  run([](Single& s) { return nn::Adam(s, {.learning_rate = 0.01}); },
      [](double& x, double& m, double& v, double g, int n) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        x -= 0.01 * (m / (1 - std::pow(0.9, n))) / (std::sqrt(v / (1 - std::pow(0.999, n))) + 1e-8);
      });
}

TEST_CASE("optimizers refuse what they cannot use") {
  Single single, other;
  CHECK(message([&] { nn::Sgd(single, {.learning_rate = -1}); }) ==
        "Sgd: learning_rate = -1: has to be positive and finite");
  CHECK(message([&] { nn::Sgd(single, {.learning_rate = NAN}); }) ==
        "Sgd: learning_rate = nan: has to be positive and finite");
  CHECK(message([&] { nn::Adam(single, {.beta2 = 1}); }) ==
        "Adam: beta2 = 1: has to be at least 0 and less than 1");
  nn::Sgd sgd(single);
  Tape tape;
  const auto J = sum(tape.parameter(other.theta));
  CHECK(message([&] { sgd.step(gradients(J, other)); }) ==
        "Sgd: the gradient of theta (3) is not that of the module's theta (3): the gradients are "
        "another module's, or a copy's");
  CHECK(single.theta.version() == 1);

  Single moved = std::move(single);  // the optimizer follows the arrays
  tape.record();
  sgd.step(gradients(sum(tape.parameter(moved.theta)), moved));
  CHECK(moved.theta.value()(0) == 0.5);
}

TEST_CASE_TEMPLATE("initializers draw numbers of their mean and variance", T, double, float) {
  constexpr double in = 300, out = 500;
  const auto check = [&](const nn::Initializer& init, double mean, double variance, bool uniform) {
    xtape::Random random(7);
    xtape::BasicParameter<T> weight(xtape::Shape{std::size_t(in), std::size_t(out)});
    init(weight, random);
    double sum = 0, squares = 0, largest = 0;
    for (const T w : weight.value()) {
      sum += static_cast<double>(w);
      squares += (static_cast<double>(w) - mean) * (static_cast<double>(w) - mean);
      largest = std::max(largest, std::abs(static_cast<double>(w) - mean));
    }
    const double n = in * out, deviation = std::sqrt(variance);
    CHECK(std::abs(sum / n - mean) < 5 * deviation / std::sqrt(n));
    CHECK(squares / n == doctest::Approx(variance).epsilon(0.02));
    // A uniform number never exceeds √3 deviations, one of 150 000 normal ones does.
    CHECK((largest <= std::sqrt(3.0) * deviation * (1 + 1e-6)) == uniform);
  };
  check(nn::normal(), 0, 0.58 * 0.58, false);
  check(nn::normal(0.25, 0.1), 0.25, 0.01, false);
  check(nn::xavier_normal(), 0, 2 / (in + out), false);
  check(nn::xavier_uniform(), 0, 2 / (in + out), true);
  check(nn::he_normal(), 0, 2 / in, false);
  check(nn::he_uniform(), 0, 2 / in, true);
}

TEST_CASE("a learning rate may change from step to step, in float too") {
  SingleF single;
  nn::SgdF sgd(single, {.learning_rate = 0.5});
  xtape::TapeF tape;
  const auto step = [&](auto& optimizer) {
    tape.record();
    optimizer.step(gradients(sum(tape.parameter(single.theta) * 2.0F), single));
  };
  step(sgd);
  CHECK(single.theta.value()(0) == 0.0F);
  sgd.set_learning_rate(0.25);
  step(sgd);
  CHECK(single.theta.value()(0) == -0.5F);
  nn::AdamF adam(single, {.learning_rate = 0.5});
  step(adam);  // the first step of Adam is the rate, whatever the slope
  CHECK(single.theta.value()(1) == doctest::Approx(0.5 - 0.5).epsilon(1e-6));
}
