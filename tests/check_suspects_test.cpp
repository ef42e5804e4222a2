// Where a gradient is wrong: what the wrong numbers have in common, and which operation it is.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/gradient_check.hpp>

using namespace xtape;

namespace {

using Point = std::span<const double>;
using Points = std::vector<double>;

struct HalfSine {
  static constexpr auto name = "half_sine";
  static auto value(auto x) { return sin(x) / 2; }
  static auto partial(auto x) { return cos(x); }
};
struct WrongReverse {
  static constexpr auto name = "wrong_reverse";
  static Shape output_shape(const Shape& x) { return x; }
  template <class E>
  static void value(View<E> y, View<const E> x) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[y.size() - 1 - i];
  }
  template <class G>
  static auto vjp(wrt<0>, const G& g, const G&) {
    return g;
  }
};
// Twice too large a gradient of a value that no other type of number has.
struct OfDoubles {
  static constexpr auto name = "of_doubles";
  static Shape output_shape(const Shape& x) { return x; }
  template <class E>
  static void value(View<E> y, View<const E> x) {
    if (!std::is_same_v<E, double>) throw std::domain_error("doubles alone");
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[i];
  }
  template <class G>
  static auto vjp(wrt<0>, const G& g, const G&) {
    return g + g;
  }
};

std::string cause(const Points& wrong) {
  const auto f = [](Point x) { return x[0] * x[0] + 3 * x[1] + std::sin(x[2]); };
  return check_gradient(f, wrong, Points{0.5, 2, 1}).inputs[0].cause;
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what the wrong numbers of an input have in common") {
  const double c = std::cos(1.0);
  CHECK(cause({1, 3, c}).empty());
  CHECK(cause({-1, -3, -c}) == "all of them have the wrong sign");
  CHECK(cause({7, 21, 7 * c}) == "all of them are 7 times what they should be");
  CHECK(cause({1.0007, 3 * 1.0007, c * 1.0007}) == "3 of 3 are off by 0.07 %");
  CHECK(cause({1.0007, 3 * 1.0007, c}) == "2 of 3 are off by 0.07 %, the others are right");
  CHECK(cause({1 / 7.0, 3 / 7.0, c / 7}) == "all of them are 1/7 of what they should be");
  CHECK(cause({1, 0, 0}) == "2 of 3 are zero where the function changes: a path is missing");
  CHECK(cause({1, 5, c}) == "only x[1] is wrong, of 3");
  CHECK(cause({1, 3.5, c + 0.5}) ==
        "2 of 3 are off by the same number, 0.5: a term is missing, or one too many");
  CHECK(cause({2, 6, c}) == "2 of 3 are 2 times what they should be, the others are right");
  CHECK(cause({2, 7, c}) == "2 of 3 are wrong, by different factors");
  CHECK(cause({1, std::nan(""), c}) == "1 of 3 are no finite numbers");
}

TEST_CASE("the operation whose rule disagrees with its value is named with its line") {
  const auto f = [](const Variable& x, const Variable& y) {
    return sum(apply(HalfSine{}, x * 2)) + sum(exp(y));
  };
  const auto report =
      check_gradients(f, {Array<double>{0.3, 1.0}, Array<double>{0.1}}, {.names = {"x", "y"}});
  INFO(report.text());
  REQUIRE(report.verdict() == Verdict::fail);
  const auto& x = report.inputs[0];
  CHECK(x.cause == "all of them are 2 times what they should be");
  CHECK(has(x.suspect, "half_sine ("));
  CHECK(has(x.suspect, "check_suspects_test.cpp:"));
  CHECK(has(x.suspect, "(ratio 2)"));
  CHECK(report.inputs[1].suspect.empty());
  CHECK(has(report.text(), "suspected operation: record "));
}

TEST_CASE("a structural operation is named, and only to the inputs behind it") {
  const auto f = [](const Variable& x, const Variable& w) {
    return sum(apply(WrongReverse{}, x) * w);
  };
  const auto report =
      check_gradients(f, {Array<double>{1, 2, 4}, Array<double>{3, 5, 8}}, {.names = {"x", "w"}});
  INFO(report.text());
  CHECK(has(report.inputs[0].suspect, "wrong_reverse"));
  CHECK(report.inputs[1].verdict() == Verdict::pass);
}

TEST_CASE("of two wrong operations each input is told its own") {
  const auto f = [](const Variable& x, const Variable& w) {
    return sum(apply(HalfSine{}, x)) + sum(apply(WrongReverse{}, w) * Array<double>{1, 2, 4});
  };
  const auto report =
      check_gradients(f, {Array<double>{1, 2}, Array<double>{3, 5, 8}}, {.names = {"x", "w"}});
  INFO(report.text());
  CHECK(has(report.inputs[0].suspect, "half_sine"));
  CHECK(has(report.inputs[1].suspect, "wrong_reverse"));
}

TEST_CASE("a constant that is made of an input outside of the tape is found") {
  const auto f = [](const Variable& x) {
    const Variable half = x.tape()->constant(x.value()(0) / 2, "half");
    return sum(square(x)) * half;
  };
  const auto report = check_gradients(f, {Array<double>{1, 2}}, {.names = {"x"}});
  INFO(report.text());
  REQUIRE(report.verdict() == Verdict::fail);
  CHECK(has(report.text(), "the constant half () changes with this input"));
}

TEST_CASE("fast mode names several wrong elements, the worst first, and what is no number") {
  const std::size_t n = 20000;
  Points x(n), g(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = 0.5 + 0.4 * std::sin(static_cast<double>(i));
    g[i] = std::exp(x[i]);
  }
  const auto f = [](Point at) {
    double sum = 0;
    for (const double a : at) sum += std::exp(a);
    return sum;
  };
  Points wrong = g;
  wrong[17] *= 1.01;
  wrong[9000] *= 1.1;
  wrong[19999] = 0;
  auto report = check_gradient(f, wrong, x);
  INFO(report.text());
  const auto& numbers = report.inputs[0].numbers;
  REQUIRE(numbers.size() == 4);
  CHECK(numbers[1].label == "x[19999]");
  CHECK(numbers[2].label == "x[9000]");
  CHECK(numbers[3].label == "x[17]");
  CHECK(report.evaluations < 6000);
  for (std::size_t i = 100; i < 110; ++i) wrong[i] = 0;
  report = check_gradient(f, wrong, x);
  CHECK(report.inputs[0].numbers.size() == 6);
  CHECK(has(report.text(), "the 5 worst elements of x are named; there are more"));
  wrong = g;
  wrong[123] = std::numeric_limits<double>::quiet_NaN();
  report = check_gradient(f, wrong, x);
  CHECK(report.inputs[0].numbers[0].label == "x[123]");
  CHECK(report.inputs[0].numbers[0].verdict == Verdict::fail);
  CHECK(report.inputs[0].numbers[1].verdict == Verdict::pass);
}

TEST_CASE("fast mode: two elements that are exchanged do not cancel, whatever the seed") {
  const std::size_t n = 2000;
  Points x(n), g(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = 0.5 + 0.4 * std::sin(static_cast<double>(i));
    g[i] = 2 * x[i];
  }
  std::swap(g[3], g[1500]);
  const auto f = [](Point at) {
    double sum = 0;
    for (const double a : at) sum += a * a;
    return sum;
  };
  for (std::uint64_t seed = 1; seed <= 32; ++seed)
    CHECK(check_gradient(f, g, x, {.seed = seed}).verdict() == Verdict::fail);
}

TEST_CASE("fast mode: skipped elements stay out, and those expected to be zero are checked") {
  const std::size_t n = 1500;
  Points x(n, 0.5), g(n, 1.0);
  const auto f = [](Point at) {
    double sum = 0;
    for (std::size_t i = 1; i < at.size(); ++i) sum += at[i] * at[i];
    return sum;
  };
  g[0] = 0;
  CHECK(check_gradient(f, g, x, {.expect_zero = {"x[0]"}}).passed());
  g[7] = 3;
  CHECK(check_gradient(f, g, x).verdict() == Verdict::fail);
  CHECK(check_gradient(f, g, x, {.skip = {"x[7]"}}).passed());
  g[7] = 1;
  CHECK(check_gradient(f, g, x, {.expect_zero = {"x[8]"}}).verdict() == Verdict::fail);
}

TEST_CASE("looking for the cause loses no report") {
  // Defined around 0 only, with a constant made of the input, and a wrong claim for none of it.
  const auto f = [](const Variable& x) {
    const Array<double> at = x.value();
    for (const double each : at)
      if (std::abs(each) > 0.5) throw std::domain_error("out of the domain");
    return sum(x * x.tape()->constant(at));
  };
  const GradientReport report =
      check_gradients(f, {Array<double>{0, 0.01}}, {.names = {"x"}, .scale = 0.02});
  INFO(report.text());
  CHECK(report.verdict() == Verdict::fail);
  CHECK(has(report.text(), "made of it outside of the tape"));
  // Defined at the point and nowhere else, once the check is over.
  int calls = 0;
  const auto until = [&](const Variable& x) {
    if (++calls > 1 && x.value()(0) != 0.01 && x.value()(0) > 0.01 + 9e-6 &&
        x.value()(0) < 0.01 + 1e-5)
      throw std::domain_error("out of the domain");
    return sum(x * x.tape()->constant(x.value()));
  };
  CHECK(check_gradients(until, {Array<double>{0.01}}).verdict() == Verdict::fail);
}

TEST_CASE("looking for the cause moves nothing farther than .scale") {
  double farthest = 0;
  const auto f = [&](const Variable& x) {
    const double at = x.value()(0);
    farthest = std::max(farthest, std::abs(at - 1));
    return sum(x * x.tape()->constant(at, "made"));
  };
  const auto report = check_gradients(f, {Array<double>{1}}, {.names = {"x"}, .scale = 0x1p-20});
  INFO(report.text());
  CHECK(has(report.text(), "the constant made () changes with this input"));
  CHECK(farthest > 0);
  CHECK(farthest <= 0x1p-20);
}

TEST_CASE("an operation that throws in the adjoint test loses no report") {
  const auto f = [](const Variable& x) { return sum(apply(OfDoubles{}, x)); };
  const auto report = check_gradients(f, {Array<double>{1, 2}}, {.names = {"x"}});
  INFO(report.text());
  CHECK(report.verdict() == Verdict::fail);
  CHECK(report.inputs[0].cause == "all of them are 2 times what they should be");
  CHECK(report.inputs[0].suspect.empty());
  CHECK(has(report.text(), "the adjoint test of the operations stopped: doubles alone"));
}

TEST_CASE("two inputs of one name are refused") {
  const auto f = [](const Variable& a, const Variable& b) { return a * b; };
  CHECK_THROWS_WITH_AS(check_gradients(f, {1.0, 2.0}, {.names = {"w", "w"}}),
                       "check_gradients: two inputs have the name w", Error);
}
