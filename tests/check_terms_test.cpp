// A loss that is a sum, as of a mean and a penalty: what is wrong in one of its terms alone.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <xtape/autodiff/check/compare_module.hpp>

#include "check_sheet.hpp"
#include "told.hpp"

using namespace xtape;
using xtape_tests::told;
using xtape_tests::Told;

namespace {

constexpr std::size_t networks = 50;
constexpr double lambda = 0.03;

sheet::Problem network(std::size_t i) {
  return {100 + i, i == 0 ? 2 : 2 + 198 * i / (networks - 1), 2 + i % 3, 2 + i / 3 % 4};
}

/// half_mse + λ/2 ΣW² + λ/2 Σw².
struct Decayed {
  const sheet::Problem& problem;
  Tape tape;
  Variable data, hidden, output, J;

  explicit Decayed(const sheet::Problem& p) : problem(p) {
    const auto y = p.net(tape.constant(p.x, "x"));
    data = nn::half_mse(y, tape.constant(p.t, "t")).named("data");
    hidden = penalty(0);
    output = penalty(1);
    J = data + (hidden + output);
  }
  Variable penalty(std::size_t layer) {
    const Variable W = tape.parameter(problem.net.layers[layer].map.weight);
    return lambda / 2 * sum(W * W);
  }
  [[nodiscard]] const Parameter& weight(bool first) const {
    return problem.net.layers[first ? 0 : 1].map.weight;
  }
  [[nodiscard]] Comparison compared(bool first, const Array<double>& by_hand) const {
    return compare("dJ/dW", gradients(J)[weight(first)], by_hand, {J, weight(first)});
  }
};

Array<double> weights_by_hand(const Decayed& d, bool first, double data, double decay) {
  const auto right = d.problem.by_hand();
  const Array<double> part = right.at(first ? "hidden.weight" : "output.weight");
  return data * part + decay * lambda * d.weight(first).value();
}

std::string of(std::string mistake, const Variable& term) {
  return mistake.append(" of ").append(std::to_string(term.index()));
}
std::string factor_of(std::string factor, const Variable& term) {
  return of(factor.insert(0, "factor of a term "), term);
}

}  // namespace

TEST_CASE("a mistake in one term of a sum is found, and none is claimed on a right derivation") {
  for (std::size_t i = 0; i < networks; ++i) {
    const auto p = network(i);
    const Decayed d(p);
    const auto N = static_cast<double>(p.N);
    for (const bool first : {true, false}) {
      const Variable& penalty = first ? d.hidden : d.output;
      const auto check = [&](double data, double decay, Told expected) {
        const Comparison c = d.compared(first, weights_by_hand(d, first, data, decay));
        CAPTURE(p.N);
        CAPTURE(c.text());
        CHECK(c.verdict() == Verdict::fail);
        Told found = told(c);
        std::ranges::sort(found);
        std::ranges::sort(expected);
        CHECK(found == expected);
      };
      // 2 is N too, and 1/2 is 1/N, of two samples.
      const auto both = [&](const char* factor, const char* other, const Variable& term) {
        Told all = {factor_of(factor, term)};
        if (p.N == 2) all.push_back(factor_of(other, term));
        return all;
      };
      const Comparison right = d.compared(first, weights_by_hand(d, first, 1, 1));
      CHECK_MESSAGE(right.passed(), right.text());
      CHECK(right.diagnoses.empty());
      check(N, 1, both("N", "2", d.data));
      check(1 / N, 1, both("1/N", "1/2", d.data));
      check(-1, 1, {of("factor of a term -1", d.data)});
      check(1, 2, both("2", "N", penalty));
      check(1, 0.5, both("1/2", "1/N", penalty));
      check(1, 1 / N, both("1/N", "1/2", penalty));
      check(1, -1, {of("factor of a term -1", penalty)});
      check(1, 0, {of("missing term", penalty)});
      check(0, 1, {of("missing term", d.data)});
      check(-1, -1, {"factor -1"});
    }
  }
}

TEST_CASE("terms are called by their name, or by their operation and line") {
  const auto p = network(7);
  const Decayed d(p);
  const auto text = [&](double data, double decay) {
    return d.compared(true, weights_by_hand(d, true, data, decay)).text();
  };
  CHECK(text(-1, 1).find("diagnosis: in what comes of the term data of J, each element has the "
                         "wrong sign") != std::string::npos);
  CHECK(text(1, 0).find("diagnosis: what comes of the term %" + std::to_string(d.hidden.index())) !=
        std::string::npos);
  CHECK(text(1, 0).find("(multiply, check_terms_test.cpp:") != std::string::npos);
}

TEST_CASE("terms that are subtracted, and terms that cannot be told apart, are all named") {
  Tape tape;
  const auto w = tape.variable(Array<double>{0.5, -1.5, 2.0}, "w");
  const Variable fit = sum(sin(w)), gain = sum(square(w)) * 0.3;
  const Variable J = fit - gain;
  const Array<double> W = w.value();
  const auto found = [&](double sine, double square) {
    return told(
        compare("w", gradients(J)[w], Array<double>(sine * xt::cos(W) + square * W), {J, w}));
  };
  CHECK(found(1, -0.6).empty());
  CHECK(found(1, 0.6) == Told{of("factor of a term -1", gain)});
  CHECK(found(1, 0) == Told{of("missing term", gain)});
  CHECK(found(2, -0.6) == Told{of("factor of a term 2", fit)});
  CHECK(found(-1, 0.6) == Told{"factor -1"});
  CHECK(found(1.7, -0.6).empty());
  // One that is used inside of the other as well is changed as a term alone: d(u + u²)/dw.
  const Variable u = sum(sin(w)), K = u + square(u);
  const Comparison inside =
      compare("w", gradients(K)[w], Array<double>((-1 + 2 * u.value()()) * xt::cos(W)), {K, w});
  const Told told_inside = told(inside);
  CHECK(std::ranges::find(told_inside, of("factor of a term -1", u)) != told_inside.end());
  // Two alike: half of the gradient may be either, or a factor of both.
  const Variable a = sum(square(w)), b = sum(square(w)), L = a + b;
  const Comparison c = compare("w", gradients(L)[w], Array<double>(2.0 * W), {L, w});
  Told halves = told(c), expected = {"factor 1/2", of("missing term", a), of("missing term", b)};
  std::ranges::sort(halves);
  std::ranges::sort(expected);
  CHECK(halves == expected);
  CHECK(c.tells_apart.find("each term of J alone") != std::string::npos);
}

TEST_CASE(
    "a term that is there twice counts twice, and where there are very many they are samples") {
  Tape tape;
  const auto w = tape.variable(Array<double>{0.5, -1.5, 2.0}, "w");
  const Array<double> W = w.value();
  const Variable u = sum(sin(w)), v = sum(square(w)), J = u + v + u;
  const auto found = [&](double sine, double square) {
    return told(
        compare("w", gradients(J)[w], Array<double>(sine * xt::cos(W) + square * W), {J, w}));
  };
  CHECK(found(2, 2).empty());
  CHECK(found(2, -2) == Told{of("factor of a term -1", v)});
  CHECK(found(-2, 2) == Told{of("factor of a term -1", u)});
  CHECK(found(1, 2) == Told{of("factor of a term 1/2", u)});

  const auto of_terms = [&](std::size_t n) {
    Variable L = sum(sin(w));
    for (std::size_t i = 1; i < n; ++i) L = L + sum(sin(w * (1 + 0.3 * static_cast<double>(i))));
    const Array<double> without_first = gradients(L)[w] - xt::cos(W);
    return told(compare("w", gradients(L)[w], without_first, {L, w})).size();
  };
  CHECK(of_terms(8) == 1);
  CHECK(of_terms(9) == 0);

  tape.record();
  const auto x = tape.variable(0.5, "x");
  Variable many = square(x);
  for (int i = 1; i < 100000; ++i) many = many + x;
  const auto g = gradients(many)[x];
  CHECK(compare("x", g, g, {many, x}).passed());
  const Comparison c = compare("x", g, Array<double>(g * 1.37), {many, x});
  CHECK(c.text().find("J has more terms than are looked at one by one") != std::string::npos);
  const Variable few = square(x) + 3.0 * x;
  CHECK(compare("x", gradients(few)[x], Array<double>(1.37), {few, x}).text().find("more terms") ==
        std::string::npos);
}

TEST_CASE("a sum that has a name is a term, beside those that it is made of") {
  auto p = network(20);
  Tape tape;
  const auto y = p.net(tape.constant(p.x, "x"));
  const auto data = nn::half_mse(y, tape.constant(p.t, "t")).named("data");
  const auto norm = [&](std::size_t layer) {
    return sum(square(tape.parameter(p.net.layers[layer].map.weight)));
  };
  const Variable hidden = norm(0), output = norm(1);
  for (const bool inside : {false, true}) {
    const Variable penalty = inside ? 0.01 * (hidden + output).named("norms")
                                    : (0.01 * (hidden + output)).named("penalty");
    const Variable J = data + penalty;
    const auto by_hand = [&](double of_data, double of_hidden, double of_output) {
      ByHand all = p.by_hand();
      for (auto& [name, array] : all) array *= of_data;
      all["hidden.weight"] += of_hidden * 0.02 * p.net.layers[0].map.weight.value();
      all["output.weight"] += of_output * 0.02 * p.net.layers[1].map.weight.value();
      return all;
    };
    const std::string told_of = inside ? "the term norms of J" : "the term penalty of J";
    CHECK(compare(J, p.net, by_hand(1, 1, 1)).verdict() == Verdict::pass);
    for (const double factor : {2.0, 0.5, -1.0, 0.0}) {
      const ModuleComparison all = compare(J, p.net, by_hand(1, factor, factor));
      CAPTURE(all.text());
      REQUIRE(all.joint.size() == 1);
      CHECK(all.joint[0].text.find(told_of) != std::string::npos);
      CHECK(all.joint[0].text.find("t - y") == std::string::npos);
      const ModuleComparison one = compare(J, p.net, by_hand(1, factor, 1));
      CHECK(one.joint.empty());
      CHECK(one.parameters[0].diagnoses.size() == 1);
      for (const Comparison& c : one.parameters)
        CHECK((c.verdict() == Verdict::fail) == c.name.ends_with("hidden.weight"));
    }
    // What biases have is of the data alone: by hand nothing is left.
    const ModuleComparison no_data = compare(J, p.net, by_hand(0, 1, 1));
    CAPTURE(no_data.text());
    REQUIRE(no_data.joint.size() == 1);
    CHECK(no_data.joint[0].text == "what comes of the term data of J is missing");
  }
  // Where the parts have the same parameter, they and their sum are terms.
  const auto w = tape.variable(Array<double>{0.5, -1.5, 2.0}, "w");
  const Array<double> W = w.value();
  const Variable a = sum(square(w)), b = sum(sin(w)), both = (2.0 * (a + b)).named("both");
  const Variable K = sum(cos(w)) + both;
  const auto found = [&](double of_a, double of_b) {
    return told(compare("w", gradients(K)[w],
                        Array<double>(-xt::sin(W) + of_a * 4 * W + of_b * 2 * xt::cos(W)), {K, w}));
  };
  CHECK(found(1, 1).empty());
  CHECK(found(2, 1) == Told{of("factor of a term 2", a)});
  CHECK(found(1, 0) == Told{of("missing term", b)});
  CHECK(found(-1, -1) == Told{of("factor of a term -1", both)});
  CHECK(found(0, 0) == Told{of("missing term", both)});
}

TEST_CASE("a factor of a sum belongs to its terms, one of a term to that term") {
  Tape tape;
  const auto w = tape.variable(Array<double>{0.5, -1.5, 2.0}, "w");
  const Array<double> W = w.value();
  const Variable fit = sum(sin(w)), square_sum = sum(square(w)), penalty = 0.6 * square_sum;
  const auto found = [&](const Variable& J, double sine, double square) {
    return told(
        compare("w", gradients(J)[w], Array<double>(sine * xt::cos(W) + square * W), {J, w}));
  };
  const auto N = tape.constant(5.0);
  for (const Variable& J :
       {(fit + penalty) / 2, 0.5 * (fit + penalty), -(fit + penalty) * 2.5 / -N}) {
    CHECK(found(J, 0.5, 0.6).empty());
    CHECK(found(J, 0.5, 1.2) == Told{of("factor of a term 2", penalty)});
    CHECK(found(J, 0.5, 0) == Told{of("missing term", penalty)});
    CHECK(found(J, -0.5, 0.6) == Told{of("factor of a term -1", fit)});
    CHECK(found(J, -0.5, -0.6) == Told{"factor -1"});
  }
  // A number that is divided is no factor.
  const Variable inverse = 3 / (fit + penalty);
  CHECK(found(inverse, 1.0 / 3, 0).empty());
  CHECK(found(inverse, -1.0 / 3, 0.4).empty());
  const Variable whole = fit + (penalty - fit * 3) / 4;
  CHECK(found(whole, 0.25, 0.6).size() == 1);
}

TEST_CASE("the number of samples is that of the term that is made of most data") {
  const auto p = network(9);
  const Decayed d(p);
  for (const Variable& J : {d.data + d.hidden, d.hidden + d.data}) {
    const Array<double> N_times = weights_by_hand(d, true, static_cast<double>(p.N), 1);
    const Comparison c =
        compare("dJ/dW", gradients(J)[d.weight(true)], N_times, {J, d.weight(true)});
    CHECK_MESSAGE(c.text().find("N = " + std::to_string(p.N)) != std::string::npos, c.text());
  }
}

TEST_CASE("one mistake in a term explains the gradients of a module, and spares those without it") {
  auto p = network(20);
  const Decayed d(p);
  const auto N = static_cast<double>(p.N);
  const auto joint = [&](double data, double decay, double biases) {
    auto by_hand = p.by_hand();
    for (auto& [name, array] : by_hand) array *= name.ends_with("bias") ? biases : data;
    by_hand["hidden.weight"] += decay * lambda * d.weight(true).value();
    by_hand["output.weight"] += decay * lambda * d.weight(false).value();
    const ModuleComparison all = compare(d.J, p.net, by_hand);
    Told result;
    for (const Diagnosis& each : all.joint) result.push_back(told(each));
    return result;
  };
  CHECK(joint(1, 1, 1).empty());
  CHECK(joint(N, 1, N) == Told{of("factor of a term N", d.data)});
  CHECK(joint(N, 1, 1).empty());  // the biases are made of the data too
}

TEST_CASE("plain numbers are arrays of shape ()") {
  CHECK(compare("dJ/dw", 0.25, 0.25).passed());
  CHECK(told(compare("dJ/dw", 0.25, -0.25)) == Told{"factor -1"});
  CHECK(compare("dJ/dw", 2, 2.0).by_hand_shape == Shape{});
  CHECK(compare("dJ/dw", 1.0F, 1 + 0x1p-22).passed());  // in the steps of float
  CHECK_FALSE(compare("dJ/dw", 1.0, 1 + 0x1p-22).passed());
  Tape tape;
  const auto w = tape.variable(0.5, "w");
  const auto J = square(w) * 3.0;
  CHECK(compare("dJ/dw", gradients(J)[w], 3.0, {J, w}).passed());
  CompareContext context(J, w);
  context.other(w, 0.25).earlier(1.5);
  CHECK(compare("dJ/dw", gradients(J)[w], 1.5, context).diagnoses.size() >= 2);
}
