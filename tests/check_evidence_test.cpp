// What speaks for a mistake, and what does not: digits, zeros, order, functions, samples.

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <xtape/autodiff/check/compare_module.hpp>

#include "check_sheet.hpp"
#include "told.hpp"

using namespace xtape;
using xtape_tests::told;
using xtape_tests::Told;

TEST_CASE("numbers that are met to the last digit are evidence, however small; zeros are none") {
  Tape tape;
  const auto v = tape.variable(Array<double>{0.5, -0.25}, "v");
  const auto J = sum(square(v) * v);
  // A gradient that was nearly zero in the step before, far below the rounding of this one.
  const Array<double> before = {1e-13, -2e-13}, zeros = {0, 0};
  const auto stale = [&](const Array<double>& earlier, const Array<double>& by_hand) {
    return told(compare("v", gradients(J)[v], by_hand,
                        CompareContext(J, v).earlier(earlier, "of the step before")));
  };
  CHECK(stale(before, before) == Told{"stale"});
  CHECK(stale(before, before * 1.01).empty());
  CHECK(stale(zeros, zeros).empty());
  // Without a recording an earlier gradient has the rounding of its own size.
  const auto without = [&](const Array<double>& by_hand) {
    return told(compare("v", Array<double>{1, 2}, by_hand,
                        CompareContext().earlier(Array<double>{1e-9, 2e-9})));
  };
  CHECK(without({1e-9, 2e-9}) == Told{"stale"});
  CHECK(without({5e-9, 2e-9}).empty());
}

TEST_CASE("numbers that are rounding, or right already, do not speak for another order") {
  // Beside 1, what a sum leaves of 1e-13 may be anything, so that its order says nothing.
  const Array<double> a = {1, 0, 1.5e-13}, b = {1, 1.3e-13, 0.05e-13};
  const Comparison c = compare("w", a, b);
  CHECK(c.verdict() == Verdict::fail);
  CHECK_MESSAGE(c.diagnoses.empty(), c.text());
  const Array<double> A = {{1, 0}, {1.5e-13, 1}}, B = {{1, 1.3e-13}, {0.05e-13, 1}};
  const Comparison C = compare("W", A, B);
  CHECK(C.verdict() == Verdict::fail);
  CHECK_MESSAGE(C.diagnoses.empty(), C.text());
}

TEST_CASE("a mistake in several functions is found, and what was right beside it is not accused") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    const std::size_t N = 3 + seed;
    auto X = Array<double>::from_shape({N, 2}), t = Array<double>::from_shape({N, 1}),
         W = Array<double>::from_shape({2, 3}), w = Array<double>::from_shape({3, 1});
    for (Array<double>* const each : {&X, &t, &W, &w})
      random.fill_normal(each->data(), each->size(), 0, 1);
    Tape tape;
    const auto V = tape.variable(W, "W");
    const auto h = tanh(matmul(tape.constant(X, "x"), V)).named("h");
    const auto y = sigmoid(matmul(h, tape.constant(w, "w"))).named("y");
    const auto J = mean(square(y - tape.constant(t, "t"))) / 2;
    const auto by_hand = [&](double (*hidden)(double), double (*out)(double), double factor) {
      Array<double> g = xt::zeros<double>({2, 3});
      for (std::size_t i = 0; i < N; ++i) {
        double a = 0, ah[3] = {};
        for (std::size_t k = 0; k < 3; ++k) {
          for (std::size_t j = 0; j < 2; ++j) ah[k] += X(i, j) * W(j, k);
          a += std::tanh(ah[k]) * w(k, 0);
        }
        for (std::size_t k = 0; k < 3; ++k)
          for (std::size_t j = 0; j < 2; ++j)
            g(j, k) += factor * (sheet::sigma(a) - t(i, 0)) * out(a) * w(k, 0) * hidden(ah[k]) *
                       X(i, j) / static_cast<double>(N);
      }
      return compare("W", gradients(J)[V], g, {J, V});
    };
    const auto one = [](double) { return 1.0; };
    const auto slope = [](double a) { return 1 / std::cosh(a) / std::cosh(a); };
    const auto slope_of_y = [](double a) { return 1 / std::pow(std::cosh(std::tanh(a)), 2); };
    const auto sigma_of_y = [](double a) { return sheet::sigma_prime(sheet::sigma(a)); };
    const auto right = by_hand(slope, sheet::sigma_prime, 1);
    CHECK_MESSAGE(right.passed(), right.text());
    CHECK(right.diagnoses.empty());
    CHECK(told(by_hand(one, sheet::sigma_prime, 1)) == Told{"missing slope 1"});
    CHECK(told(by_hand(slope, one, 1)) == Told{"missing slope 3"});
    const Comparison both = by_hand(one, one, 1);
    CAPTURE(both.text());
    CHECK(told(both) == Told{"missing slope 1 3"});
    CHECK(both.diagnoses[0].text == "the factors tanh′ and σ′ of the layers (h, y) are missing");
    CHECK(told(by_hand(one, one, -1)) == Told{"missing slope 1 3 & factor -1"});
    const Comparison of_y = by_hand(slope_of_y, sigma_of_y, 1);
    CHECK(told(of_y) == Told{"slope of the output 1 3"});
    CHECK(of_y.diagnoses[0].text ==
          "tanh′ and σ′ of the layers (h, y) were taken of the output: y stands where a belongs");
  }
}

TEST_CASE("a single sample has no N, and its features are none") {
  Tape tape;
  const auto x = tape.constant(Array<double>{{0.5, -1.0, 0.25}}, "x");
  const auto w = tape.variable(Array<double>{0.3, -0.2, 0.9}, "w");
  const auto y = sigmoid(matmul(x, w));
  const std::vector<Variable> losses = {mean(square(y - 1.0)), sum(square(y - 1.0)) / 2,
                                        reshape(square(y - 1.0), {})};
  for (const auto& J : losses) {
    const Array<double> right = gradients(J)[w];
    CHECK(told(compare("w", right, Array<double>(3.0 * right), {J, w})) == Told{"accumulated 3"});
    CHECK(told(compare("w", right, Array<double>(right / 3.0), {J, w})).empty());
  }
  // A sum of squares as a product has its N.
  tape.record();
  const auto X = tape.constant(Array<double>{{0.5, -1.0}, {2.0, 0.3}, {-1.5, 0.8}}, "x");
  const auto v = tape.variable(Array<double>{0.3, -0.2}, "v");
  const auto e = tanh(matmul(X, v)) - 0.5;
  const auto K = matmul(e, e) / 3;
  const Array<double> third = gradients(K)[v] / 3.0;
  CHECK(told(compare("v", gradients(K)[v], third, {K, v})) == Told{"factor 1/N"});
}

namespace {

// A small network whose recording goes sample by sample, as loops on paper do, and ∂J/∂w₁.
struct SampleBySample {
  std::vector<double> x, t;
  Tape tape;
  Variable w1 = tape.variable(0.3, "w1"), w2 = tape.variable(-0.7, "w2"), J = tape.constant(0.0);

  explicit SampleBySample(std::size_t N) : x(N), t(N) {
    Random random(7);
    random.fill_uniform(x.data(), N, -2, 2);
    random.fill_uniform(t.data(), N, 0, 1);
    for (std::size_t i = 0; i < N; ++i) {
      const Variable first = tanh(w1 * x[i]);
      const Variable second = tanh(w2 * x[i]);
      const Variable y = sigmoid(first - second);
      J = J + square(y - t[i]) / 2;
    }
    J = J / static_cast<double>(N);
  }
  /// With σ′ and tanh′ to these powers, which are 0 or 1.
  [[nodiscard]] double by_hand(double sigma_prime, double tanh_prime, double factor = 1,
                               std::size_t forgotten_at = no_index) const {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double h = std::tanh(0.3 * x[i]), y = sheet::sigma(h - std::tanh(-0.7 * x[i]));
      sum += (y - t[i]) * std::pow(y * (1 - y), sigma_prime) *
             std::pow(1 - h * h, i == forgotten_at ? 0 : tanh_prime) * x[i];
    }
    return factor * sum / static_cast<double>(x.size());
  }
  [[nodiscard]] std::string text(double by_hand) const {
    return compare("w1", gradients(J)[w1], by_hand, {J, w1}).text();
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a recording that goes sample by sample: a function in a line, and N") {
  for (const std::size_t N : {9U, 20U, 300U}) {
    const SampleBySample s(N);
    const std::string n = std::to_string(N);
    CHECK_MESSAGE(contains(s.text(s.by_hand(1, 1)), "PASS"), s.text(s.by_hand(1, 1)));
    const std::string sigma = s.text(s.by_hand(0, 1)), tangent = s.text(s.by_hand(1, 0)),
                      whole = s.text(s.by_hand(1, 1, static_cast<double>(N))),
                      other = s.text(s.by_hand(1, 1, 1.37));
    INFO(sigma, tangent, whole, other);
    CHECK(contains(sigma, "the factor σ′ (check_evidence_test.cpp:"));
    CHECK(contains(sigma, ", " + n + " times) is missing"));
    CHECK(contains(tangent, "the factor tanh′ (check_evidence_test.cpp:"));
    CHECK(contains(whole, "the number is N = " + n + " times too large"));
    CHECK(contains(other, "nothing in the catalogue of mistakes fits"));
    if (N == 9) {
      const std::string one = s.text(s.by_hand(1, 1, 1, 2));
      CHECK_MESSAGE(contains(one, ", number 3 of 9) is missing"), one);
    }
    // Of three hundred not each is looked at by itself.
    CHECK(contains(other, N == 300 ? "J has more terms and functions than are looked at one by one"
                                   : "J has more terms than are looked at one by one"));
  }
}

TEST_CASE("a layer that is called for each sample is one layer, and N is the number of calls") {
  const sheet::Problem p(5, 12, 2, 3);
  Tape tape;
  Variable J = tape.constant(0.0);
  for (std::size_t i = 0; i < p.N; ++i) {
    const Array<double> x(xt::view(p.x, xt::range(i, i + 1)));
    const Array<double> t(xt::view(p.t, xt::range(i, i + 1)));
    J = J + nn::half_mse(p.net(tape.constant(x)), tape.constant(t));
  }
  J = J / static_cast<double>(p.N);
  const auto told_of = [&](const ByHand& by_hand) {
    const ModuleComparison all = compare(J, p.net, by_hand);
    CAPTURE(all.text());
    REQUIRE(all.joint.size() < 3);
    return all.joint.empty() ? "" : all.joint[0].text;
  };
  CHECK(told_of(p.by_hand()).empty());
  const std::string hidden = told_of(p.by_hand({.slope_hidden = sheet::nothing})),
                    output = told_of(p.by_hand({.slope_out = sheet::nothing}));
  CHECK_MESSAGE(hidden.starts_with("the factor σ′ of hidden ("), hidden);
  CHECK_MESSAGE(hidden.ends_with(", 12 times) is missing"), hidden);
  CHECK_MESSAGE(output.starts_with("the factor σ′ of output ("), output);
  ByHand N_times = p.by_hand();
  for (auto& [name, array] : N_times) array *= static_cast<double>(p.N);
  CHECK(told_of(N_times).starts_with("each element is N = 12 times too large"));
}

TEST_CASE("terms of different operations are no samples") {
  Tape tape;
  const Variable w = tape.variable(0.4, "w");
  Variable alike = tape.constant(0.0), mixed = tape.constant(0.0);
  for (int i = 0; i < 10; ++i) {
    const Variable x = w * (1.0 + i);
    alike = alike + sin(x);
    mixed = mixed + (i == 5 ? square(x) : sin(x));
  }
  const auto text = [&](const Variable& J) {
    return compare("w", gradients(J)[w], gradients(J)[w] * 10, {J, w}).text();
  };
  CHECK_MESSAGE(contains(text(alike), "N = 10 times too large"), text(alike));
  CHECK_MESSAGE(contains(text(mixed), "added up 10 times"), text(mixed));
  CHECK_FALSE(contains(text(mixed), "N = 10"));
}

TEST_CASE("a line that is run several times is told from another line with the same function") {
  Tape tape;
  const double x[] = {0.5, -1.25, 2.0};
  const Variable w = tape.variable(0.4, "w");
  Variable J = tape.constant(0.0);
  double right = 0, without_first = 0;
  for (const double each : x) {
    const Variable inner = tanh(w * each);
    const Variable outer = tanh(inner + w);
    J = J + outer;
    const double h = std::tanh(0.4 * each), y = std::tanh(h + 0.4);
    right += (1 - y * y) * ((1 - h * h) * each + 1);
    without_first += (1 - y * y) * (each + 1);
  }
  CHECK(compare("w", gradients(J)[w], right, {J, w}).passed());
  const Comparison c = compare("w", gradients(J)[w], without_first, {J, w});
  INFO(c.text());
  REQUIRE(c.diagnoses.size() == 1);
  CHECK(c.diagnoses[0].records.size() == 3);
  CHECK(contains(c.diagnoses[0].text, ", 3 times) is missing"));
}

TEST_CASE("of very many layers the first ones and the last are named") {
  Tape tape;
  const Variable w = tape.variable(0.4, "w");
  Variable y = w;
  for (int i = 0; i < 9; ++i) {
    if (i % 2 == 0)
      y = sigmoid(y).named("h" + std::to_string(i));
    else
      y = sigmoid(y).named("k" + std::to_string(i));
  }
  const Comparison c = compare("w", gradients(y)[w], 1.0, {y, w});
  INFO(c.text());
  REQUIRE(c.diagnoses.size() == 1);
  CHECK(c.diagnoses[0].text == "the factor σ′ of every layer (h0, k1, h2, …, h8) is missing");
}
