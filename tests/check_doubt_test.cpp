// Where it is autodiff that is wrong, no mistake is claimed of the derivation by hand.

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/compare.hpp>
#include <xtape/autodiff/check/compare_module.hpp>
#include <xtape/nn.hpp>

#include "check_sheet.hpp"

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
}

TEST_CASE("where a rule is wrong nothing is told by its numbers, whatever stands by hand") {
  Tape tape;
  const Array<double> at = {1, 2, -3};
  const auto x = tape.variable(at, "x");
  const auto a = (2 * x).named("a");
  const auto J = mean(apply(WrongSquare{}, a));
  const auto g = gradients(J);
  // Times N, 1/4, -1 of the right one: other factors of autodiff's.
  for (const double factor : {3.0, 0.25, -1.0, 7.0}) {
    CAPTURE(factor);
    for (const bool leaf : {true, false}) {
      const Comparison c = leaf
                               ? compare("dJ/dx", g[x], Array<double>(factor * 8 * at / 3), {J, x})
                               : compare("dJ/da", g[a], Array<double>(factor * 4 * at / 3), {J, a});
      INFO(c.text());
      CHECK(c.verdict() == Verdict::fail);
      CHECK(c.diagnoses.empty());
      CHECK(c.finding.empty());
      CHECK(has(c.doubt,
                "autodiff's numbers are wrong here, and say nothing of those by hand: the rule "
                "of record 1, wrong_square"));
    }
  }
}

TEST_CASE("a wrong rule that is not between J and x has no part in its gradient") {
  Tape tape;
  const auto x = tape.variable(Array<double>{1, 2, -3}, "x"), v = tape.variable(2.0, "v");
  const auto J = mean(square(x)) + apply(WrongSquare{}, v);
  const auto g = gradients(J);
  const Comparison c = compare("dJ/dx", g[x], Array<double>(-1.0 * g[x]), {J, x});
  INFO(c.text());
  CHECK(c.doubt.empty());
  REQUIRE(c.diagnoses.size() == 1);
  CHECK(c.diagnoses[0].factor == "-1");

  // Nor in the digits that are lost here.
  const auto w = tape.variable(36.0, "w");
  const auto K = log(1 - sigmoid(w)) + apply(WrongSquare{}, v);
  const Comparison lost =
      compare("dK/dw", gradients(K)[w], Array<double>(-1 / (1 + std::exp(-36.0))), {K, w});
  INFO(lost.text());
  CHECK(lost.diagnoses.empty());
  CHECK(has(lost.doubt, "digits_lost says where"));
  CHECK_FALSE(has(lost.doubt, "wrong_square"));
}

TEST_CASE("what both have lost in their own way is no mistake, and a real one beside it is told") {
  Tape tape;
  const auto w = tape.variable(36.0, "w");
  const auto y = sigmoid(w).named("y");
  const auto J = -log(1 - y);
  const Array<double> lost = gradients(J)[w];
  const double exact = 1 / (1 + std::exp(-36.0));
  REQUIRE(std::abs(lost(0) - exact) > 1e-3);
  for (const double part : {0.4, 0.8, 1.2, 2.0}) {
    CAPTURE(part);
    const Array<double> by_hand(exact + part * (lost(0) - exact));
    const Comparison c = compare("dJ/dw", lost, by_hand, {J, w});
    INFO(c.text());
    CHECK(c.diagnoses.empty());
    CHECK(has(c.doubt,
              "autodiff's gradient has lost its digits here, and a difference of this size says "
              "nothing: in extended precision the recording has the slope 1.000"));
  }
  // What fits to rounding is told, here and where as much is lost as half of the number.
  for (const double at : {36.0, 36.7}) {
    CAPTURE(at);
    tape.record();
    const auto v = tape.variable(at, "v");
    const auto K = -log(1 - sigmoid(v));
    const Array<double> number = gradients(K)[v];
    const Comparison c = compare("dK/dv", number, Array<double>(-1.0 * number), {K, v});
    INFO(c.text());
    CHECK(c.doubt.empty());
    REQUIRE(c.diagnoses.size() == 1);
    CHECK(c.diagnoses[0].factor == "-1");
  }
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

TEST_CASE("what is made of one array has the label of its other values, of two both") {
  Tape tape;
  const auto a = tape.variable(0.5, "a"), b = tape.variable(0.25, "b");
  const auto h = tanh(a).named("h"), k = tanh(b).named("k"), s = (h * k).named("s");
  const auto J = square(s);
  const double H = std::tanh(0.5), K = std::tanh(0.25), old_H = std::tanh(0.75),
               old_K = std::tanh(1.5);
  const auto told = [&](const Variable& x, double by_hand) {
    CompareContext context{J, x};
    context.other(a, Array<double>(0.75), "of step 1").other(b, Array<double>(1.5), "of step 2");
    return compare("dJ", gradients(J)[x], Array<double>(by_hand), context).text();
  };
  const std::string made = " is stale: the gradient was made with its values of step ";
  CHECK(has(told(b, 2 * H * K * old_H * (1 - K * K)), "h" + made + "1\n"));
  CHECK(has(told(a, 2 * H * K * old_K * (1 - H * H)), "k" + made + "2\n"));
  CHECK(has(told(a, 2 * old_H * old_K * K * (1 - H * H)), "s" + made + "1 and of step 2\n"));
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

TEST_CASE("transposed weights of a module with a factor in all are one mistake as well") {
  // A square array, whose shape says nothing, none, and one of a single number.
  for (const auto& size : {std::pair{2U, 2U}, {3U, 2U}, {2U, 1U}})
    for (const double factor : {-1.0, 0.25}) {
      const auto inputs = size.first, hidden = size.second;
      CAPTURE(hidden);
      CAPTURE(factor);
      Random random(3);
      nn::Network net({inputs, hidden, 1}, sigmoid, random);
      auto X = Array<double>::from_shape({std::size_t{4}, std::size_t{inputs}});
      random.fill_normal(X.data(), X.size(), 0, 1);
      Tape tape;
      const auto J = nn::half_mse(net(tape.constant(X, "x")),
                                  tape.constant(Array<double>(xt::ones<double>({4, 1})), "t"));
      const auto g = gradients(J, net);
      ByHand by_hand;
      for_each_parameter(net, [&](const std::string& name, const auto& parameter) {
        const Array<double> gradient = factor * g[parameter];
        by_hand[name] =
            gradient.dimension() == 2 ? Array<double>(xt::transpose(gradient)) : gradient;
      });
      const ModuleComparison all = compare(J, net, by_hand);
      INFO(all.text());
      REQUIRE(all.joint.size() == 1);
      CHECK(all.joint[0].has(Mistake::transposed));
      CHECK(all.joint[0].factor == (factor < 0 ? "-1" : "1/N"));
      CHECK(has(all.text(), "the arrays are transposed: rows stand for columns"));
      CHECK_FALSE(has(all.text(), "by hand the shape is"));
      // A bias with another factor has another mistake.
      by_hand["hidden.bias"] = by_hand["hidden.bias"] * 2.0;
      CHECK(compare(J, net, by_hand).joint.empty());
    }
}

TEST_CASE("a slope that is missing in transposed weights is one mistake, square or not") {
  const sheet::Problem p(11, 6, 2, 2);
  const sheet::Recorded recorded(p);
  const nn::Network& module = p.net;
  ByHand by_hand = p.by_hand({.slope_out = sheet::nothing});
  for (auto& [name, gradient] : by_hand)
    if (gradient.dimension() == 2) gradient = Array<double>(xt::transpose(gradient));
  const ModuleComparison all = compare(recorded.J, module, by_hand);
  INFO(all.text());
  REQUIRE(all.joint.size() == 1);
  CHECK(all.joint[0].has(Mistake::transposed));
  CHECK(all.joint[0].has(Mistake::missing_slope));
  CHECK(all.joint[0].records == std::vector<std::uint32_t>{3});
}

TEST_CASE("a gradient that is infinite agrees with no other number, and explains none") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.0, 4.0}, "x");
  const auto J = sum(sqrt(x));  // ∞ and 1/4
  const Array<double> g = gradients(J)[x];
  REQUIRE(std::isinf(g(0)));
  const double inf = g(0);
  const auto compared = [&](double first, double second) {
    return compare("dJ/dx", g, Array<double>{first, second}, {J, x});
  };
  CHECK(compared(inf, 0.25).passed());
  for (const double other : {-inf, 1.0, 0.0, std::nan("")}) {
    CAPTURE(other);
    const Comparison c = compared(other, 0.25);
    INFO(c.text());
    CHECK(c.verdict() == Verdict::fail);
    CHECK(c.diagnoses.empty());
    // Twice the other number is no factor of both.
    CHECK(compared(other, 0.5).diagnoses.empty());
  }
  CHECK(compared(-inf, -0.25).diagnoses.size() == 1);
  // Nor is an earlier one that was infinite.
  CHECK(compare("dw", Array<double>{1, 2}, Array<double>{5, 3},
                CompareContext().earlier(Array<double>{inf, 3}))
            .diagnoses.empty());
}
