// Two gradients side by side: elements, verdicts, shapes, what is said.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/compare_module.hpp>

#include "check_sheet.hpp"

using namespace xtape;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
double after(double x, int steps) {
  for (; steps > 0; --steps) x = std::nextafter(x, inf);
  return x;
}
std::vector<Mistake> mistakes(const Comparison& c) {
  return c.diagnoses.size() == 1 ? c.diagnoses[0].mistakes : std::vector<Mistake>{};
}
using Mistakes = std::vector<Mistake>;

// x·sigmoid(x), an operation of a user's.
struct Swish {
  static constexpr auto name = "swish";
  static auto value(auto x) { return x * sigmoid(x); }
  static auto partial(auto x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
};

}  // namespace

TEST_CASE("an element has its index, both values, the ulps between them and the relative error") {
  const Array<double> a = {{1, 2, -0.5}, {1, 4, 0}};
  const Array<double> b = {{after(1, 3), 1, -0.5}, {-1, 4, 0}};
  const Comparison c = compare("W", a, b);
  REQUIRE(c.elements.size() == 6);
  CHECK(c.elements[1].index == std::vector<std::size_t>{0, 1});
  CHECK(c.elements[3].index == std::vector<std::size_t>{1, 0});
  CHECK(c.elements[0].ulps == 3);
  CHECK(c.elements[0].verdict == Verdict::pass);
  CHECK(c.elements[1].ulps == std::ldexp(1, 52));
  CHECK(c.elements[1].relative == 0.5);
  CHECK(c.elements[1].autodiff == 2);
  CHECK(c.elements[1].by_hand == 1);
  CHECK(c.elements[1].verdict == Verdict::fail);
  CHECK(c.elements[3].ulps == 2 * 1023 * std::ldexp(1, 52));
  CHECK(c.elements[3].relative == 2);
  CHECK(c.verdict() == Verdict::fail);
  // In the steps of float where one of them is float.
  const xt::xarray<float> f = {1.0F};
  const Array<double> g = {1 + std::ldexp(1, -22)};
  CHECK(compare("f", f, g).elements[0].ulps == 2);
  CHECK(compare("f", f, g).verdict() == Verdict::pass);
  CHECK(compare("d", Array<double>(f), g).verdict() == Verdict::fail);
  // Any expression, and integers by hand.
  const Array<int> whole = {{1, 2, 3}};
  CHECK(compare("e", xt::ones<double>({1, 3}) * xt::xarray<double>{1, 2, 3}, whole).verdict() ==
        Verdict::pass);
}

TEST_CASE("the table has the worst elements first, or all in order with the wrong ones marked") {
  const Array<double> a = {1, 2, 4, 8}, b = {1, 2.5, 4, 16};
  const Comparison c = compare("∂J/∂w", a, b);
  CHECK(c.text() ==
        "∂J/∂w: FAIL, 2 of 4 elements differ\n"
        "  element  autodiff  by hand       ulp  relative\n"
        "  [3]             8       16   4.5e+15       0.5  differs\n"
        "  [1]             2      2.5  1.13e+15       0.2  differs\n"
        "  [0]             1        1         0         0\n"
        "  [2]             4        4         0         0\n"
        "  nothing in the catalogue of mistakes fits: only elements 1 and 3 differ (counted from "
        "0); by "
        "hand they are 1.25 to 2 times autodiff's.\n");
  const std::string in_order = compare("∂J/∂w", a, b, CompareContext().as_on_paper())
                                   .text({.rows = 2, .worst_first = false});
  CHECK(has(in_order,
            "  [1]             1        1         0         0\n"
            "  [2]             2      2.5  1.13e+15       0.2  differs\n"
            "  … and 2 more\n"));
  const Comparison right = compare("∂J/∂w", a, a);
  CHECK(right.text().starts_with("∂J/∂w: PASS, all 4 elements agree\n"));
  const Comparison one = compare("∂J/∂b", Array<double>(1.0), Array<double>(-1.0));
  CHECK(one.text() ==
        "∂J/∂b: FAIL, the number differs\n"
        "  element  autodiff  by hand       ulp  relative\n"
        "  []              1       -1  9.21e+18         2  differs\n"
        "  diagnosis: the number has the wrong sign: t - y in the place of y - t?\n");
}

TEST_CASE("what nothing explains is described") {
  const Array<double> a = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9.5}};
  const auto finding = [&](const Array<double>& b) {
    const Comparison c = compare("W", a, b);
    CHECK(c.diagnoses.empty());
    CHECK(c.verdict() == Verdict::fail);
    return c.finding;
  };
  CHECK(has(finding(a * 3.7),
            ": all elements differ; by hand they are 3.7 times autodiff's, all the "
            "same"));
  CHECK(has(finding(xt::zeros<double>({3, 3})), ": by hand all numbers are 0"));
  Array<double> b = a;
  xt::view(b, 1) *= 1.5;
  CHECK(has(finding(b), ": only row 1 differs (counted from 0); by hand they are 1.5 times"));
  b = a;
  xt::view(b, xt::all(), 2) += 1.0;
  CHECK(has(finding(b), ": only column 2 differs"));
  b = a;
  b(1, 1) = 5.00001;
  CHECK(has(finding(b),
            ": only element [1, 1] differs (counted from 0); by hand it is off by "
            "0.0002 %"));
  CHECK(has(finding(a * 1.0005), ": all elements differ; by hand they are off by up to 0.05 %"));
  b(1, 1) = not_a_number;
  CHECK(has(finding(b),
            ": only element [1, 1] differs (counted from 0); by hand there are numbers "
            "that are not finite"));
}

TEST_CASE("a verdict is given only where a mistake could have been seen") {
  const Array<double> zeros = xt::zeros<double>({3}), empty = xt::zeros<double>({0});
  CHECK(compare("w", zeros, zeros).verdict() == Verdict::inconclusive);
  CHECK(has(compare("w", zeros, zeros).text(), "nothing but zeros"));
  CHECK(compare("w", empty, empty).verdict() == Verdict::inconclusive);
  CHECK(has(compare("w", empty, empty).text(), "no elements"));
  const auto verdict = [](const Array<double>& a, const Array<double>& b) {
    return compare("w", a, b).verdict();
  };
  CHECK(verdict({1, not_a_number}, {1, 2}) == Verdict::fail);
  CHECK(verdict({1, 2}, {1, not_a_number}) == Verdict::fail);
  CHECK(verdict({1, not_a_number}, {1, not_a_number}) == Verdict::inconclusive);
  CHECK(verdict({1, inf}, {1, inf}) == Verdict::pass);
  CHECK(verdict({1, inf}, {1, -inf}) == Verdict::fail);
  CHECK(verdict({1, 0}, {1, 0}) == Verdict::pass);
  const double tiny = std::numeric_limits<double>::denorm_min();
  CHECK(verdict({1, 500 * tiny}, {1, 501 * tiny}) == Verdict::pass);
  CHECK(verdict({1, 50 * tiny}, {1, 51 * tiny}) == Verdict::inconclusive);
  CHECK(verdict({1, 50 * tiny}, {1, 50 * tiny}) == Verdict::inconclusive);
  const auto small = static_cast<double>(std::numeric_limits<float>::denorm_min());
  CHECK(verdict({1, 50 * small}, {1, 50 * small}) == Verdict::pass);
  CHECK(compare("w", 50 * std::numeric_limits<float>::denorm_min(), 50 * small).verdict() ==
        Verdict::inconclusive);
  // A difference of a small number beside a large one may be what is left of a sum.
  CHECK(verdict({1, 1e-17}, {1, 2e-17}) == Verdict::inconclusive);
  CHECK(verdict({1, 1e-5}, {1, 1.0001e-5}) == Verdict::fail);
  CHECK(verdict({1, 1e-2}, {1, 1.0000001e-2}) == Verdict::fail);
  // Half of its digits may have been lost in y - t, and no more.
  CHECK(verdict({1, 1e-2}, {1, 1.000000001e-2}) == Verdict::inconclusive);
  CHECK(
      has(compare("w", Array<double>{1.0}, Array<double>{1 + 1e-10}).text(),
          "some differences may be rounding, of sums that cancel or of y - t where both are near, "
          "or may be none: with the recording, {J, x}, that is known"));
}

TEST_CASE("with the recording the rounding of sums that cancel is known") {
  Tape tape;
  const Array<double> X = {1e8, 1, -1e8};
  const auto x = tape.constant(X, "x");
  const auto w = tape.variable(0.1, "w");
  const auto J = sum(x * w * w);
  const auto grad = gradients(J);
  const Array<double> right(0.2);
  // 2w Σx, as somebody gets it who adds products that are rounded.
  const Array<double> rounded(0.2 + 2e-9);
  CHECK(compare("w", grad[w], rounded, {J, w}).verdict() != Verdict::fail);
  CHECK(compare("w", grad[w], Array<double>(0.2002), {J, w}).verdict() == Verdict::fail);
  CHECK(compare("w", grad[w], Array<double>(-0.2), {J, w}).diagnoses.size() == 1);

  // Without cancellation nothing is forgiven.
  tape.record();
  const auto v = tape.variable(Array<double>{0.5, -0.25}, "v");
  const auto K = sum(square(v) * v);
  const Array<double> exact = {0.75, 0.1875}, near = {0.75, 0.1875 * (1 + 1e-12)};
  CHECK(compare("v", gradients(K)[v], exact, {K, v}).verdict() == Verdict::pass);
  CHECK(compare("v", gradients(K)[v], near, {K, v}).verdict() == Verdict::fail);

  // A gradient that is all rounding would have hidden any mistake.
  tape.record();
  const auto u = tape.variable(0.1, "u");
  const auto L = square(u * 3.0 - 0.3);
  const Comparison c = compare("u", gradients(L)[u], gradients(L)[u], {L, u});
  CHECK(c.verdict() == Verdict::inconclusive);
  CHECK(has(c.text(), "rounding may change some elements by more than 1 %"));

  // Of y - t one digit is left: what is wrong by a third cannot be told from what is right.
  tape.record();
  const auto a = tape.variable(1.5, "a");
  const auto y = sigmoid(a);
  const auto E = square(y - (y.value()() - 2e-14));
  const auto e = gradients(E)[a];
  for (const double factor : {1.0, 1.42, 1 / 1.42}) {
    const Comparison few = compare("a", e, Array<double>(factor * e), {E, a});
    CHECK_MESSAGE(few.verdict() == Verdict::inconclusive, few.text());
  }
  // With three of them left it can.
  const auto F = square(y - (y.value()() - 1e-10));
  const auto f = gradients(F)[a];
  CHECK(compare("a", f, f, {F, a}).passed());
  CHECK(compare("a", f, Array<double>(1.42 * f), {F, a}).verdict() == Verdict::fail);
}

TEST_CASE("by hand any slope of a kink is right") {
  Tape tape;
  const auto w = tape.variable(Array<double>{-1.0, 0, 2.0}, "w");
  const auto verdict = [&](const Variable& J, const Variable& x, const Array<double>& by_hand) {
    return compare("x", gradients(J)[x], by_hand, {J, x});
  };
  const auto check = [&](const Comparison& c, const std::string& kink) {
    CHECK_MESSAGE(c.verdict() == Verdict::inconclusive, c.text());
    CHECK_MESSAGE(has(c.text(), "J has no derivative here: " + kink), c.text());
    CHECK(c.diagnoses.empty());
    CHECK(c.elements[0].verdict == Verdict::pass);
  };
  const auto scaled = 3.0 * w;
  const Variable R = sum(relu(scaled.named("a")));
  check(verdict(R, w, {0, 3, 3}), "relu of a, element [1] (check_compare_test.cpp");
  CHECK(has(verdict(R, w, {0, 3, 3}).text(), "by hand there is the slope above it"));
  CHECK(verdict(R, w, {0, 0, 3}).passed());
  CHECK(verdict(R, w, {0, 7, 3}).verdict() == Verdict::fail);
  CHECK(verdict(R, w, {3, 3, 3}).verdict() == Verdict::fail);  // the others have their slopes
  CHECK(mistakes(verdict(R, w, {3, 3, 3})) == Mistakes{Mistake::missing_slope});
  check(verdict(sum(abs(w)), w, {-1, 1, 1}), "abs of w, element [1]");
  check(verdict(sum(abs(w)), w, {-1, -1, 1}), "abs of w, element [1]");
  check(verdict(sum(relu(relu(w))), w, {0, 1, 1}), "relu of w, element [1]");
  check(verdict(sum(relu(abs(w))), w, {-1, -1, 1}), "abs of w, element [1]");
  const auto zero = tape.variable(0.0, "zero");  // stretched
  for (const double first : {0.0, 1.0}) {
    const Variable M = sum(maximum(zero, w) * 5.0);
    check(verdict(M, w, {0, 5 * first, 5}), "maximum of zero, element [1]");
  }
  tape.record();
  const auto v = tape.variable(Array<double>{-1.0, 0.5, 2.0}, "v");
  const Variable S = sum(relu(v));
  CHECK(verdict(S, v, {1, 1, 1}).verdict() == Verdict::fail);  // none is at its kink
}

TEST_CASE("the rounding of the sweep itself is known, where no value has any part in it") {
  Tape tape;
  const auto x = tape.variable(Array<double>(xt::ones<double>({10}) * 0.3), "x");
  const auto J = sum(x - mean(x));
  // 1 - Σ 1/N, added up: 1.4e-16 in the place of 0.
  Array<double> by_hand = xt::ones<double>({10});
  for (double& g : by_hand)
    for (int j = 0; j < 10; ++j) g -= 0.1;
  REQUIRE(by_hand(0) != 0);
  const Comparison c = compare("x", gradients(J)[x], by_hand, {J, x});
  CHECK_MESSAGE(c.verdict() == Verdict::inconclusive, c.text());
}

TEST_CASE("a context on paper counts from 1 in all that is said") {
  const CompareContext paper = CompareContext().as_on_paper();
  const Array<double> W = {{1, 2, 3}, {4, 5, 7}, {8, 9, 12}};
  const auto said = [&](const Array<double>& right, const Array<double>& wrong) {
    const std::string text = compare("W", right, wrong, paper).text({.rows = 1});
    CHECK_FALSE(has(text, "from 0"));
    return text.substr(text.find("more\n") + 5);
  };
  CHECK(said(W, xt::view(W, xt::keep(1, 0, 2))) ==
        "  diagnosis: rows 1 and 2 are exchanged (counted from 1)\n");
  CHECK(said(W, xt::view(W, xt::all(), xt::keep(1, 2, 0))) ==
        "  diagnosis: columns are in another order: columns 1, 2, … by hand are columns 2, 3, 1 of "
        "autodiff's (counted from 1)\n");
  // A column is a vector on paper.
  const Array<double> w = xt::view(W, xt::all(), xt::range(1, 2));
  CHECK(said(w, xt::view(w, xt::keep(0, 2, 1))) ==
        "  diagnosis: elements 2 and 3 are exchanged (counted from 1)\n");
  Array<double> wrong = w;
  wrong(2, 0) = 1;
  CHECK(has(said(w, wrong), "only element 3 differs (counted from 1)"));
  const Comparison c = compare("w", w, wrong, paper);
  CHECK(has(c.text({.rows = 1}), "\n  [3] "));
  CHECK(
      has(compare("b", Array<double>(xt::sum(W, {0})), W, paper).text(),
          "the sum over axis 1 of (3, 3) is missing: it gives the right numbers (counted from 1)"));
}

TEST_CASE("shapes are compared first") {
  const Array<double> W = {{1, 2, 3}, {4, 5, 7}};
  const Array<double> turned = xt::transpose(W);
  CHECK(mistakes(compare("W", W, turned)) == Mistakes{Mistake::transposed});
  CHECK(mistakes(compare("W", W, Array<double>(-1.0 * turned))) ==
        Mistakes{Mistake::transposed, Mistake::factor});
  const Array<double> flat = {1, 2, 4}, column = xt::view(flat, xt::all(), xt::newaxis());
  Comparison c = compare("w", column, flat);
  CHECK(c.verdict() == Verdict::fail);
  CHECK(mistakes(c) == Mistakes{Mistake::shape});
  CHECK(has(c.text(),
            "  diagnosis: by hand the shape is (3), not (3, 1): the axes of one element differ\n"));
  REQUIRE(c.elements.size() == 3);
  CHECK(c.elements[2].verdict == Verdict::pass);
  CHECK(mistakes(compare("w", column, Array<double>(flat * 2.0))).empty());  // 2, accumulated twice
  CHECK(compare("w", column, Array<double>(flat * 2.0)).diagnoses.size() == 2);

  c = compare("b", Array<double>(xt::sum(W, {0})), W);
  CHECK(has(c.text(),
            "diagnosis: the sum over axis 0 of (2, 3) is missing: it gives the right numbers "
            "(counted from 0)\n"));
  c = compare("W", W, Array<double>(xt::sum(W, {1})));
  CHECK(has(c.text(), "diagnosis: autodiff's (2, 3) was summed over axis 1 as well"));
  c = compare("W", W, Array<double>{1, 2});
  CHECK(c.elements.empty());
  CHECK(
      c.text() ==
      "W: FAIL\n  diagnosis: by hand the shape is (2), not (2, 3): a gradient has the shape of its "
      "parameter\n");
}

TEST_CASE("a context of another gradient, or one that is gone, is told") {
  Tape tape;
  const auto w = tape.variable(Array<double>{1, 2}, "w"),
             v = tape.variable(Array<double>{3, 4}, "v");
  const auto J = sum(square(w) * v);
  const auto grad = gradients(J);
  const Array<double> dw = grad[w];
  CHECK_THROWS_WITH_AS(compare("dv", dw, dw, {J, v}),
                       "compare: dv is not the gradient of J for v (2), which the context names",
                       Error);
  CHECK_THROWS_AS(CompareContext(square(w), w), ShapeError);
  CHECK_THROWS_AS(CompareContext(Variable(), w), HandleError);
  CHECK_THROWS_WITH_AS(CompareContext().other(w, dw),
                       "compare: other values need the recording that they are others of", Error);
  CHECK_THROWS_AS(CompareContext(J, w).other(w, Array<double>{1}), ShapeError);
  CHECK_THROWS_AS(CompareContext(J, w).other(J, Array<double>(1.0)), Error);
  const CompareContext context(J, w);
  CHECK(compare("dw", dw, dw, context).verdict() == Verdict::pass);
  tape.record();
  CHECK_THROWS_AS(compare("dw", dw, dw, context), HandleError);
}

TEST_CASE("slopes of a user's operation, in float too, and in a sum of several ways") {
  const auto check = []<class T>(T) {
    BasicTape<T> tape;
    const auto x = tape.constant(Array<T>{{1, 0.5}, {-0.75, 2}, {0.25, -1}}, "x");
    Array<T> start = {0.5, -0.25};
    start.reshape({2, 1});
    const auto w = tape.variable(start, "w");
    const auto a = matmul(x, w).named("a");
    const auto y = apply(Swish{}, a).named("y");
    const auto J = mean(square(y + a));
    const auto grad = gradients(J);
    // 1/N Σ 2 (y + a)(s + 1) x with s = 1 for the slope that is missing.
    Array<double> wrong = xt::zeros<double>({2, 1});
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t k = 0; k < 2; ++k)
        wrong(k, 0) += 2.0 / 3 * static_cast<double>(y.value()(i, 0) + a.value()(i, 0)) * 2 *
                       static_cast<double>(x.value()(i, k));
    const Comparison c = compare("dw", grad[w], wrong, {J, w});
    CAPTURE(c.text());
    CHECK(mistakes(c) == Mistakes{Mistake::missing_slope});
    CHECK(has(c.text(), "the factor swish′(a) is missing"));
  };
  check(1.0);
  check(1.0F);
}

TEST_CASE("one mistake is found behind all gradients of a module") {
  const sheet::Problem p(7, 30, 3, 4);
  const sheet::Recorded recorded(p);
  const nn::Network& module = p.net;
  const auto compared = [&](const sheet::Mistakes& m) {
    return compare(recorded.J, module, p.by_hand(m));
  };
  const auto right = compared({});
  CHECK(right.verdict() == Verdict::pass);
  CHECK(right.joint.empty());
  CHECK(has(right.text(), "PASS: 4 of 4 gradients agree with autodiff\n"));

  const auto factor = compared({.factor = 30});
  REQUIRE(factor.joint.size() == 1);  // not: the bias summed
  CHECK(factor.joint[0].factor == "N");
  CHECK(has(factor.text(),
            "One mistake explains all gradients:\n"
            "  diagnosis: each element is N = 30 times too large: was the 1/N of the mean "
            "forgotten?\n"
            "FAIL: 0 of 4 gradients agree with autodiff\n"));

  const auto hidden = compared({.slope_hidden = sheet::nothing});
  REQUIRE(hidden.joint.size() == 1);
  CHECK(hidden.joint[0].records == std::vector<std::uint32_t>{1});
  CHECK(has(hidden.text(),
            "One mistake explains those that differ, ∂J/∂hidden.weight, ∂J/∂hidden.bias:\n"
            "  diagnosis: the factor σ′(hidden.linear) of hidden is missing\n"));
  const auto everywhere =
      compared({.slope_out = sheet::of_output, .slope_hidden = sheet::of_output});
  REQUIRE(everywhere.joint.size() == 1);
  CHECK(everywhere.joint[0].records == std::vector<std::uint32_t>{1, 3});
  CHECK(has(everywhere.text(), "σ′ of every layer (hidden, output) was taken of the output"));

  auto two = p.by_hand({.slope_hidden = sheet::nothing});
  two["output.weight"] *= 2.0;
  two["output.bias"] *= 3.7;
  const auto several = compare(recorded.J, module, two);
  CHECK(several.joint.empty());
  CHECK(has(several.text(), "No single mistake explains all that differ.\n"));

  two = p.by_hand();
  two.erase("hidden.bias");
  const auto incomplete = compare(recorded.J, module, two, {.notation = {{"output.bias", "b"}}});
  CHECK(incomplete.verdict() == Verdict::inconclusive);
  CHECK(incomplete.missing == std::vector<std::string>{"hidden.bias"});
  CHECK(has(incomplete.text(), "hidden.bias: INCONCLUSIVE, there is no gradient by hand\n"));
  CHECK(has(incomplete.text(), "∂J/∂b: PASS"));
  two["bias"] = Array<double>(1.0);
  CHECK_THROWS_WITH_AS(
      compare(recorded.J, module, two),
      "compare: by hand there is bias, which is no parameter of the module; it has "
      "hidden.weight (3, 4), hidden.bias (4), output.weight (4, 1), output.bias (1)",
      Error);
}

TEST_CASE("a comparison has the face of the other reports") {
  const Array<double> w = {1, 2};
  const Comparison right = compare("w", w, w), wrong = compare("w", w, Array<double>{1, 3});
  CHECK(right.passed());
  CHECK(right.verdict() == Verdict::pass);
  CHECK_FALSE(wrong.passed());
  CHECK(wrong.verdict() == Verdict::fail);
  const Array<double> flat = {{1, 2}};
  CHECK(compare("w", w, flat).verdict() == Verdict::fail);
}
