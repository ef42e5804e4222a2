#pragma once
// The lab's network with its gradients as a student writes them, number by number in double, with
// every mistake that a student makes.

#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <xtape/nn.hpp>

namespace sheet {

using xtape::Array;

/// What is wrong. As it is, nothing.
struct Mistakes {
  double (*slope_out)(double a, double y) = nullptr;     // σ′(a), the accurate one where null
  double (*slope_hidden)(double a, double y) = nullptr;  // σ′(ã)
  double factor = 1;
};

inline double sigma(double a) { return 1 / (1 + std::exp(-a)); }
inline double sigma_prime(double a) {
  const double e = std::exp(-std::abs(a));
  return e / ((1 + e) * (1 + e));
}
inline double nothing(double, double) { return 1; }
inline double of_output(double, double y) { return sigma_prime(y); }
inline double textbook(double, double y) { return y * (1 - y); }
inline double textbook_of_input(double a, double) { return a * (1 - a); }

/// A network of one hidden layer, its samples, and everything in between.
struct Problem {
  std::size_t N, inputs, hidden;
  xtape::Random random;
  xtape::nn::Network net;
  Array<double> x, t;

  Problem(std::uint64_t seed, std::size_t samples, std::size_t in, std::size_t between,
          double spread = 1)
      : N(samples),
        inputs(in),
        hidden(between),
        random(seed),
        net({in, between, 1}, xtape::sigmoid, random, xtape::nn::normal(spread)),
        x(Array<double>::from_shape({samples, in})),
        t(Array<double>::from_shape({samples, 1})) {
    random.fill_uniform(x.data(), x.size(), -2, 2);
    random.fill_uniform(t.data(), t.size(), 0, 1);
    for (auto& layer : net.layers) draw(layer.map.bias);
  }
  void draw(xtape::Parameter& parameter) {
    parameter.update([&](double* values, std::size_t n) { random.fill_normal(values, n, 0, 0.5); });
  }

  struct Activations {
    Array<double> a_hidden, h;  // (N, hidden)
    std::vector<double> a, y;   // N
  };
  [[nodiscard]] Activations forward(const xtape::nn::Network& with) const {
    const auto W = with.layers[0].map.weight.value(), b1 = with.layers[0].map.bias.value(),
               w = with.layers[1].map.weight.value(), b = with.layers[1].map.bias.value();
    Activations r{Array<double>::from_shape({N, hidden}), Array<double>::from_shape({N, hidden}),
                  std::vector<double>(N), std::vector<double>(N)};
    for (std::size_t i = 0; i < N; ++i) {
      r.a[i] = b(0);
      for (std::size_t k = 0; k < hidden; ++k) {
        double& a = r.a_hidden(i, k) = b1(k);
        for (std::size_t j = 0; j < inputs; ++j) a += W(j, k) * x(i, j);
        r.h(i, k) = sigma(a);
        r.a[i] += w(k, 0) * r.h(i, k);
      }
      r.y[i] = sigma(r.a[i]);
    }
    return r;
  }

  /// The gradients by their dotted names, sums in the order of the samples. `h` may be another
  /// activation than the one that a was made of, `w` another weight.
  [[nodiscard]] std::map<std::string, Array<double>> by_hand(const Mistakes& m,
                                                             const Array<double>& h,
                                                             const Array<double>& w) const {
    const Activations r = forward(net);
    std::map<std::string, Array<double>> g = {
        {"hidden.weight", xt::zeros<double>({inputs, hidden})},
        {"hidden.bias", xt::zeros<double>({hidden})},
        {"output.weight", xt::zeros<double>({hidden, std::size_t{1}})},
        {"output.bias", xt::zeros<double>({std::size_t{1}})}};
    for (std::size_t i = 0; i < N; ++i) {
      const double out = m.slope_out == nullptr ? sigma_prime(r.a[i]) : m.slope_out(r.a[i], r.y[i]);
      const double da = (r.y[i] - t(i, 0)) * out;
      g["output.bias"](0) += da;
      for (std::size_t k = 0; k < hidden; ++k) {
        const double a = r.a_hidden(i, k);
        const double slope =
            m.slope_hidden == nullptr ? sigma_prime(a) : m.slope_hidden(a, r.h(i, k));
        g["output.weight"](k, 0) += da * h(i, k);
        g["hidden.bias"](k) += da * w(k, 0) * slope;
        for (std::size_t j = 0; j < inputs; ++j)
          g["hidden.weight"](j, k) += da * w(k, 0) * slope * x(i, j);
      }
    }
    for (auto& [name, array] : g) array *= m.factor / static_cast<double>(N);
    return g;
  }
  [[nodiscard]] std::map<std::string, Array<double>> by_hand(const Mistakes& m = {}) const {
    return by_hand(m, forward(net).h, net.layers[1].map.weight.value());
  }
};

/// The network's recording, and a parameter by its name.
struct Recorded {
  xtape::Tape tape;
  xtape::Variable J;
  std::map<std::string, const xtape::Parameter*> parameters;

  explicit Recorded(const Problem& p) {
    const auto y = p.net(tape.constant(p.x, "x")).named("y");
    J = xtape::nn::half_mse(y, tape.constant(p.t, "t")).named("J");
    parameters = {{"hidden.weight", &p.net.layers[0].map.weight},
                  {"hidden.bias", &p.net.layers[0].map.bias},
                  {"output.weight", &p.net.layers[1].map.weight},
                  {"output.bias", &p.net.layers[1].map.bias}};
  }
};

}  // namespace sheet
