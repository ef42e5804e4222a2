// Gradients against the values of the function: what must pass, what must not.

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <span>
#include <stdexcept>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/check.hpp>
#include <xtape/autodiff/check/doctest.hpp>
#include <xtape/nn.hpp>

using namespace xtape;

namespace {

using Point = std::span<const double>;
using Points = std::vector<double>;

// The verdict on a claimed derivative of a function of one number.
template <class F>
GradientReport judge(const F& f, double x, double claimed,
                     const GradientCheckOptions& options = {}) {
  return check_gradient([&](Point at) { return f(at[0]); }, Points{claimed}, Points{x}, options);
}
template <class F>
GradientReport judge_float(const F& f, float x, float claimed) {
  return check_gradient([&](std::span<const float> at) { return f(at[0]); },
                        std::vector<float>{claimed}, std::vector<float>{x});
}

// exp with a derivative that is 0.09 % too large.
struct WrongExp {
  static constexpr auto name = "wrong_exp";
  static auto value(auto x) { return exp(x); }
  static auto partial(auto, auto y) { return 1.0009 * y; }
};
// A cube whose first derivative is right and whose second is not: the partial of its partial.
struct WrongSlope {
  static constexpr auto name = "wrong_slope";
  static auto value(auto x) { return 3 * (x * x); }
  static auto partial(auto x) { return 5 * x; }
};
struct WrongTwice {
  static constexpr auto name = "wrong_twice";
  static auto value(auto x) { return x * x * x; }
  static auto partial(auto x) { return apply_slope(x); }
  static auto apply_slope(auto x) { return 3 * (x * x); }
  static auto apply_slope(Variable x) { return apply(WrongSlope{}, x); }
};
// The gradient of a broadcast operand is right only where it is not broadcast.
struct FirstRow {
  static constexpr auto name = "first_row";
  static Shape output_shape(const Shape& x, const Shape&) { return x; }
  template <class E>
  static void value(View<E> y, View<const E> x, View<const E> b) {
    const std::size_t n = b.size();
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[i] + b[i % n];
  }
  template <class G>
  static auto vjp(wrt<0>, const G& g, const G&, const G&) {
    return g;
  }
  template <class G>
  static auto vjp(wrt<1>, const G& g, const G&, const G& b) {
    return sum_to(g, shape_of(b)) * 0.5;
  }
};

struct Nothing {
  void parameters(auto&) {}
};

}  // namespace

TEST_CASE("a gradient of a network passes, and a report of it is one line") {
  Random random(3);
  nn::Network net({2, 3, 1}, tanh, random);
  Array<double> X = Array<double>::from_shape({20, 2}), T = Array<double>::from_shape({20, 1});
  random.fill_normal(X.data(), X.size(), 0, 1);
  random.fill_uniform(T.data(), T.size(), 0, 1);
  const nn::Network before = net;
  const auto report = check_gradients(
      net, [&](Tape& tape) { return nn::half_mse(net(tape.constant(X)), tape.constant(T)); },
      {.order = 2});
  INFO(report.text());
  CHECK(report.passed());
  CHECK(report.inputs.size() == 8);  // four parameters, two orders
  CHECK(report.inputs[0].name == "hidden.weight");
  CHECK(report.text().find('\n') == report.text().find("\n  (order 2"));
  for (std::size_t l = 0; l < 2; ++l)
    CHECK(net.layers[l].map.weight.value() == before.layers[l].map.weight.value());
}

TEST_CASE("an all-zero gradient of a small function fails") {
  for (const double x : {1.0, 0.3, -20.0}) {
    const auto f = [](double a) { return 1e-6 * a * a; };
    CHECK(judge(f, x, 0).verdict() == Verdict::fail);
    CHECK(judge(f, x, 2e-6 * x).verdict() == Verdict::pass);
  }
  CHECK(judge([](double a) { return 1e-12 * std::sin(a); }, 0.7, 0).verdict() == Verdict::fail);
  CHECK(judge([](double a) { return 1e-12 * std::sin(a); }, 0.7, 1e-12 * std::cos(0.7)).passed());
}

TEST_CASE("an exponential that is off by 0.09 % fails, on the tape too") {
  CHECK(judge([](double a) { return std::exp(a); }, 1, 1.0009 * std::exp(1)).verdict() ==
        Verdict::fail);
  CHECK(judge([](double a) { return std::exp(a); }, 1, 1.0005 * std::exp(1)).verdict() ==
        Verdict::fail);
  const auto report = check_gradients([](const Variable& x) { return sum(apply(WrongExp{}, x)); },
                                      {Array<double>{0.1, 1.0, -2.0}});
  CHECK(report.verdict() == Verdict::fail);
  CHECK(report.inputs[0].numbers[1].verdict == Verdict::fail);
}

TEST_CASE("right gradients at large and small points and of all sizes pass") {
  for (int e = -12; e <= 12; ++e) {
    const double s = std::pow(10.0, e);
    INFO("scale ", s);
    CHECK(judge([&](double a) { return std::sin(a / s); }, 0.8 * s, std::cos(0.8) / s).passed());
    CHECK(judge([&](double a) { return s * std::exp(a); }, 0.8, s * std::exp(0.8)).passed());
    CHECK(judge([&](double a) { return a * a; }, s, 2 * s).passed());
    CHECK(judge([&](double a) { return std::log(a); }, s, 1 / s).passed());
    CHECK(judge([&](double a) { return std::log(a); }, s, 1.0005 / s).verdict() == Verdict::fail);
    CHECK(judge([&](double a) { return std::sin(a / s); }, 0.8 * s, 0).verdict() == Verdict::fail);
  }
  CHECK(judge([](double a) { return std::sin(a); }, 1e8, std::cos(1e8)).passed());
  CHECK(judge([](double a) { return std::cos(a); }, -3e8, -std::sin(-3e8)).passed());
  CHECK(judge([](double a) { return std::sin(a); }, 1e8, 1.001 * std::cos(1e8)).verdict() ==
        Verdict::fail);
  CHECK(judge([](double a) { return std::tanh(a); }, 18, 1 / std::pow(std::cosh(18.0), 2))
            .verdict() != Verdict::fail);
  CHECK(judge([](double a) { return 5 + std::sin(a); }, 1e-12, 1).passed());
}

TEST_CASE("what the values cannot show is inconclusive, and the advice leads to a verdict") {
  const auto f = [](double a) { return 1e13 + std::sin(a); };
  const auto report = judge(f, 1, std::cos(1));
  CHECK(report.verdict() == Verdict::inconclusive);
  CHECK(report.inputs[0].numbers[0].advice.find("long double") != std::string::npos);
  CHECK(report.text().find("what helps: ") != std::string::npos);
  const auto wide = [](double claimed) {
    return check_gradient([](std::span<const long double> x) { return 1e13L + std::sin(x[0]); },
                          std::vector<long double>{claimed}, std::vector<long double>{1});
  };
  CHECK(wide(std::cos(1)).passed());
  CHECK(wide(1.002 * std::cos(1)).verdict() == Verdict::fail);
}

TEST_CASE(
    "zeros: stationary points and elements without an effect pass, a missing slope does not") {
  CHECK(check_gradient([](Point x) { return x[0] * x[0] + x[1]; }, Points{0, 1}, Points{0, 2})
            .passed());
  CHECK(check_gradient([](Point x) { return 1 + std::pow(x[0], 4) + x[1]; }, Points{0, 1},
                       Points{0, 2})
            .passed());
  CHECK(check_gradient([](Point x) { return std::cos(x[0]) + x[1]; }, Points{0, 1}, Points{0, 2})
            .passed());
  const auto dead = check_gradient([](Point x) { return std::fmax(x[0], 0) + x[1]; }, Points{0, 1},
                                   Points{-0.01, 2});
  INFO(dead.text());
  CHECK(dead.passed());
  CHECK(check_gradient([](Point x) { return std::sin(x[0]) + x[1]; }, Points{0, 1}, Points{0, 2})
            .verdict() == Verdict::fail);
}

TEST_CASE("a check that would see nothing fails, and says why") {
  const auto unused = check_gradients([](const Variable& a, const Variable&) { return sum(a * a); },
                                      {Array<double>{1, 2}, 3.0}, {.names = {"a", "unused"}});
  CHECK(unused.verdict() == Verdict::fail);
  CHECK(unused.text().find("unused (): FAIL: there is no path") != std::string::npos);
  CHECK(unused.inputs[0].verdict() == Verdict::pass);
  const auto expected =
      check_gradients([](const Variable& a, const Variable&) { return sum(a * a); },
                      {Array<double>{1, 2}, 3.0}, {.names = {"a", "b"}, .expect_zero = {"b"}});
  CHECK(expected.passed());
  const auto wrongly =
      check_gradients([](const Variable& a, const Variable& b) { return sum(a * b); },
                      {Array<double>{1, 2}, 3.0}, {.names = {"a", "b"}, .expect_zero = {"b"}});
  CHECK(wrongly.verdict() == Verdict::fail);
  // reached, but multiplied by zero
  const auto still =
      check_gradients([](const Variable& a, const Variable& b) { return sum(a * a) + b * 0; },
                      {Array<double>{1, 2}, 3.0}, {.names = {"a", "b"}});
  CHECK(still.text().find("b (): FAIL: moving it changes nothing") != std::string::npos);
  const auto zeros = check_gradients([](const Variable& a) { return sum(a * a); },
                                     {Array<double>{0, 0}}, {.names = {"a"}});
  CHECK(zeros.verdict() == Verdict::fail);
  REQUIRE(zeros.failures.size() == 1);
  CHECK(zeros.failures[0].find("nothing but zeros") != std::string::npos);
  CHECK(check_gradient([](Point) { return 5.0; }, Points{0}, Points{1}).verdict() == Verdict::fail);
}

TEST_CASE("one wrong element of ten thousand fails, and is named") {
  const std::size_t n = 10000;
  Points x(n), right(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = std::sin(1.0 + static_cast<double>(i));
    right[i] = std::cos(x[i]) * (1 + x[i]);
  }
  const auto f = [](Point at) {
    double sum = 0;
    for (const double a : at) sum += std::sin(a);
    for (const double a : at) sum += a * std::sin(a) + std::cos(a);
    return sum;
  };
  for (std::size_t i = 0; i < n; ++i) right[i] = std::cos(x[i]) + x[i] * std::cos(x[i]);
  const auto good = check_gradient(f, right, x);
  INFO(good.text());
  CHECK(good.passed());
  CHECK(good.inputs[0].directions);
  CHECK(good.inputs[0].sensitivity < 1e-6);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Points wrong = right;
    wrong[7321] *= 1.001;
    const auto bad = check_gradient(f, wrong, x, {.seed = seed});
    CHECK(bad.verdict() == Verdict::fail);
    CHECK(bad.inputs[0].numbers.back().label == "x[7321]");
    CHECK(bad.inputs[0].numbers.back().verdict == Verdict::fail);
  }
}

TEST_CASE("wrong only at second order, only under broadcast, only in a branch") {
  const auto twice = [](const Variable& x) { return sum(apply(WrongTwice{}, x)); };
  const Array<double> x = {0.5, -1.5};
  CHECK(check_gradients(twice, {x}).passed());
  const auto second = check_gradients(twice, {x}, {.order = 2});
  CHECK(second.inputs[0].verdict() == Verdict::pass);
  CHECK(second.inputs[1].verdict() == Verdict::fail);
  CHECK(second.inputs[1].order == 2);

  const auto broadcast = check_gradients(
      [](const Variable& a, const Variable& b) { return sum(square(apply(FirstRow{}, a, b))); },
      {Array<double>{{1, 2}, {3, 4}}, Array<double>{0.5, 0.1}}, {.names = {"a", "b"}});
  CHECK(broadcast.inputs[0].verdict() == Verdict::pass);
  CHECK(broadcast.inputs[1].verdict() == Verdict::fail);
  CHECK(broadcast.text().find("0.5 times what it should be") != std::string::npos);

  const auto branch = [](double a) { return a > 1 ? a * a : a; };
  const auto claim = [](double) { return 1.0; };
  CHECK(judge(branch, 0.5, claim(0.5)).passed());
  CHECK(judge(branch, 1.5, claim(1.5)).verdict() == Verdict::fail);
}

TEST_CASE("a linear function has a second derivative of zero") {
  CHECK_GRADIENTS([](const Variable& x) { return sum(3 * x); }, {Array<double>{1, 2}},
                  {.order = 2});
  CHECK_GRADIENTS([](const Variable& a, const Variable& b) { return sum(a * b); },
                  {Array<double>{1, 2}, Array<double>{3, 4}}, {.order = 2});
}

TEST_CASE("factors are named") {
  const auto f = [](double a) { return std::exp(a); };
  const auto cause = [&](double factor) {
    return judge(f, 0.5, factor * std::exp(0.5)).inputs[0].numbers[0].cause;
  };
  CHECK(cause(-1) == "the sign is wrong");
  CHECK(cause(2) == "it is 2 times what it should be");
  CHECK(cause(0.5) == "it is 0.5 times what it should be");
  CHECK(cause(17) == "it is 17 times what it should be");
  CHECK(cause(1 / 17.0) == "it is 1/17 of what it should be");
  CHECK(cause(0) == "the gradient is zero, the function changes");
  CHECK(cause(1.0009) == "it is off by 0.0899 %");
  CHECK(cause(std::nan("")).find("no finite number") != std::string::npos);
}

TEST_CASE("functions of float are judged by the noise of a float") {
  for (const float x : {0.7F, 3.0F, 150.0F}) {
    INFO(x);
    CHECK(judge_float([](float a) { return a * a; }, x, 2 * x).verdict() == Verdict::pass);
    CHECK(judge_float([](float a) { return a * a; }, x, 2.02F * x).verdict() == Verdict::fail);
    CHECK(judge_float([](float a) { return std::sin(a); }, x, std::cos(x)).verdict() !=
          Verdict::fail);
    CHECK(judge_float([](float a) { return std::sin(a); }, x, 1.1F * std::cos(x)).verdict() ==
          Verdict::fail);
  }
  const auto report = check_gradients<float>([](const VariableF& w) { return sum(square(w)); },
                                             {Array<float>{0.5F, -1.5F}});
  INFO(report.text());
  CHECK(report.passed());
}

TEST_CASE("an array is contracted with random weights, and the report says so") {
  const auto report =
      check_gradients([](const Variable& x) { return tanh(x); }, {Array<double>{0.1, 0.2, 0.3}});
  CHECK(report.passed());
  REQUIRE(report.notes.size() == 1);
  CHECK(report.notes[0].find("random weights") != std::string::npos);
  CHECK(check_gradients([](const Variable& x) { return apply(WrongExp{}, x); },
                        {Array<double>{0.1, 0.2, 0.3}})
            .verdict() == Verdict::fail);
}

TEST_CASE("any number of inputs come in a span") {
  const std::vector<CheckInput> inputs{Array<double>{1, 2}, 0.5, Array<double>{{2.0, 3.0}}};
  const auto report =
      check_gradients([](std::span<const Variable> x) { return sum(x[0] * x[1] * x[2]); },
                      std::span<const CheckInput>(inputs), {.names = {"a"}});
  CHECK(report.passed());
  CHECK(report.inputs[0].name == "a");
  CHECK(report.inputs[2].name == "input 3");
}

TEST_CASE("randomness of the recording begins anew with each value") {
  Random random(5);
  const auto f = [](const Variable& x) {
    return sum(x * x * x.tape()->random().uniform(0.5, 1.0));
  };
  CHECK(check_gradients(f, {Array<double>{1, 2}}, {.record = {.random = random}}).passed());
  CHECK(random.draws() == 0);
}

TEST_CASE("elements can be skipped and expected to be zero by name") {
  const auto wrong = [](Point x) { return x[0] * x[0] + x[1]; };
  CHECK(check_gradient(wrong, Points{5, 1}, Points{1, 1}).verdict() == Verdict::fail);
  CHECK(check_gradient(wrong, Points{5, 1}, Points{1, 1}, {.skip = {"x[0]"}}).passed());
  CHECK(check_gradient(wrong, Points{2, 1}, Points{1, 1}, {.expect_zero = {"x[1]"}}).verdict() ==
        Verdict::fail);
}

TEST_CASE("misuse of a check is told by name") {
  const auto f = [](const Variable& x) { return sum(x * x); };
  CHECK_THROWS_WITH_AS(check_gradients(f, {Array<int>{1, 2}}),
                       doctest::Contains("integers, which have no derivative"), Error);
  const Array<double> empty = Array<double>::from_shape({0, 3});
  CHECK_THROWS_WITH_AS(check_gradients(f, {empty}),
                       doctest::Contains("input 1 (0, 3) has no elements"), Error);
  CHECK_THROWS_WITH_AS(check_gradients(f, {Array<double>{1, std::nan("")}}, {.names = {"w"}}),
                       doctest::Contains("w[1] is nan"), Error);
  CHECK_THROWS_WITH_AS(check_gradients([](const Variable& x) { return sum(log(x)); }, {0.0}),
                       doctest::Contains("the function is -inf at the point"), Error);
  int calls = 0;
  CHECK_THROWS_WITH_AS(check_gradients([&](const Variable& x) { return sum(x * ++calls); }, {1.0}),
                       doctest::Contains("two values at one point"), Error);
  calls = 0;  // as dropout that leaves everything in at first
  CHECK_THROWS_WITH_AS(
      check_gradients(
          [&](const Variable& x) { return sum(x * (++calls < 5 ? 1.0 : 1.0 + 1e-3 * calls)); },
          {1.0}),
      doctest::Contains("has to be deterministic"), Error);
  Tape other;
  CHECK_THROWS_WITH_AS(
      check_gradients([&](const Variable&) { return sum(other.variable(1.0) * 2); }, {1.0}),
      doctest::Contains("another tape"), HandleError);
  CHECK_THROWS_WITH_AS(check_gradients([](const Variable&) { return Variable(); }, {1.0}),
                       doctest::Contains("empty variable"), HandleError);
  CHECK_THROWS_WITH_AS(check_gradients(f, {1.0}, {.tolerance = 0.5}),
                       doctest::Contains("has to be below 0.1"), Error);
  CHECK_THROWS_WITH_AS(check_gradients(f, {1.0}, {.order = 3}), doctest::Contains("order 3"),
                       Error);
  CHECK_THROWS_WITH_AS(check_gradients(f, {1.0}, {.expect_zero = {"w"}}),
                       doctest::Contains("\"w\" in the options"), Error);
  CHECK_THROWS_WITH_AS(check_gradients(f, {1.0}, {.names = {"a", "b"}}),
                       doctest::Contains("2 names for 1 inputs"), Error);
  CHECK_THROWS_WITH_AS(check_gradient([](Point x) { return x[0]; }, Points{1, 2}, Points{1}),
                       doctest::Contains("2 elements for 1"), Error);
  Nothing nothing;
  CHECK_THROWS_WITH_AS(check_gradients(nothing, [](Tape& tape) { return tape.constant(1.0); }),
                       doctest::Contains("names no parameters"), Error);
}

TEST_CASE("parameters are put back when the function throws") {
  Random random(1);
  nn::Network net({1, 1}, tanh, random);
  const double before = net.layers[0].map.weight.value()(0, 0);
  const auto x = Array<double>::from_shape({2, 1});
  int calls = 0;
  CHECK_THROWS_AS(check_gradients(net,
                                  [&](Tape& tape) {
                                    if (++calls > 6) throw std::runtime_error("no more");
                                    return sum(net(tape.constant(x * 0 + 2.0)));
                                  }),
                  std::runtime_error);
  CHECK(net.layers[0].map.weight.value()(0, 0) == before);
}
