// Where it is autodiff that is wrong, no mistake is claimed of the derivation by hand.

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/compare.hpp>
#include <xtape/autodiff/check/compare_module.hpp>
#include <xtape/nn.hpp>

using namespace xtape;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// x² whose partial is twice what it should be.
struct WrongSquare {
  static constexpr auto name = "wrong_square";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return 4 * x; }
};

}  // namespace

TEST_CASE("a wrong rule is named, and the right derivation is not blamed") {
  Tape tape;
  const Array<double> at = {1, 2, -3};
  const auto x = tape.variable(at, "x");
  const auto J = mean(apply(WrongSquare{}, x));
  const auto g = gradients(J);
  const Comparison right = compare("dJ/dx", g[x], Array<double>(2 * at / 3), {J, x});
  INFO(right.text());
  CHECK(right.verdict() == Verdict::fail);
  CHECK(right.diagnoses.empty());
  CHECK(right.finding.empty());
  CHECK(has(right.text(),
            "autodiff's numbers are wrong here, not those by hand: the rule of record "
            "0, wrong_square"));
  // A wrong derivation is no better for it.
  const Comparison wrong = compare("dJ/dx", g[x], Array<double>(12 * at / 3), {J, x});
  INFO(wrong.text());
  CHECK(wrong.doubt.empty());
  CHECK(wrong.verdict() == Verdict::fail);
}

TEST_CASE("where the recording has lost its digits the derivation is right") {
  const Array<double> X = {{1.0, 0.3}, {0.9, -0.2}, {-1.0, 0.1}}, T = {1, 0, 0};
  for (const double large : {30.0, 36.0, 37.0}) {
    CAPTURE(large);
    Tape tape;
    const Array<double> at = {large, 0.5};
    const auto w = tape.variable(at, "w");
    const auto t = tape.constant(T, "t");
    const auto y = sigmoid(matmul(tape.constant(X, "x"), w));
    const auto J = -mean(t * log(y) + (1 - t) * log(1 - y));
    Array<double> by_hand = {0, 0};
    for (std::size_t i = 0; i < 3; ++i) {
      const double a = X(i, 0) * at(0) + X(i, 1) * at(1);
      const double residual = T(i) == 1 ? -1 / (1 + std::exp(a)) : 1 / (1 + std::exp(-a));
      for (std::size_t j = 0; j < 2; ++j) by_hand(j) += residual * X(i, j) / 3;
    }
    const Comparison c = compare("dJ/dw", gradients(J)[w], by_hand, {J, w});
    INFO(c.text());
    CHECK(c.verdict() == Verdict::fail);
    CHECK(c.diagnoses.empty());
    CHECK(has(c.text(),
              "autodiff's numbers are wrong here, not those by hand: in extended "
              "precision the recording has the slope "));
    CHECK(has(c.text(), "; digits_lost says where digits are lost"));
    const Comparison half = compare("dJ/dw", gradients(J)[w], Array<double>(by_hand / 2), {J, w});
    CHECK(half.doubt.empty());
  }
}

TEST_CASE("numbers that agree in another shape do not pass, and the text says why") {
  const Array<double> a = {{1, 2, 3}, {4, 5, 7}};
  const Comparison c = compare("W", a, Array<double>(xt::transpose(a)));
  CHECK(c.verdict() == Verdict::fail);
  CHECK(has(c.text(), "W: FAIL, the shapes differ; all numbers agree"));
}

TEST_CASE("each array's other values keep their own label") {
  Tape tape;
  const Array<double> at = {1, 2}, by = {3, 5};
  const auto a = tape.variable(at, "a"), b = tape.variable(by, "b");
  const auto J = sum(a * a * b);
  CompareContext context{J, a};
  context.other(a, Array<double>{1.5, 2.5}, "of step 1").other(b, Array<double>{7, 4}, "of step 2");
  const auto told = [&](const Array<double>& by_hand) {
    return compare("dJ/da", gradients(J)[a], by_hand, context).text();
  };
  CHECK(has(told({2 * 1.5 * 3, 2 * 2.5 * 5}),
            "a is stale: the gradient was made with its values "
            "of step 1"));
  CHECK(has(told({2 * 1 * 7, 2 * 2 * 4}),
            "b is stale: the gradient was made with its values of "
            "step 2"));
}

TEST_CASE("weights that are all written from output to input are one mistake") {
  Random random(3);
  nn::Network net({2, 3, 1}, sigmoid, random);
  Tape tape;
  const auto x = tape.constant(Array<double>{{0.5, -1}, {2, 0.25}, {-0.75, 1}}, "x");
  const auto t = tape.constant(xt::ones<double>({3, 1}), "t");
  const auto J = nn::half_mse(net(x), t);
  const auto g = gradients(J, net);
  ByHand by_hand;
  for_each_parameter(net, [&](const std::string& name, const auto& parameter) {
    const Array<double> gradient = g[parameter];
    by_hand[name] = gradient.dimension() == 2 ? Array<double>(xt::transpose(gradient)) : gradient;
  });
  const ModuleComparison all = compare(J, net, by_hand);
  INFO(all.text());
  CHECK(all.verdict() == Verdict::fail);
  REQUIRE(all.joint.size() == 1);
  CHECK(all.joint[0].mistakes == std::vector<Mistake>{Mistake::transposed});
}
