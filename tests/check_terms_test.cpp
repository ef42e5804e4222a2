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

std::string of(const char* mistake, const Variable& term) {
  return std::string(mistake) + " of " + std::to_string(term.index());
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
        Told all = {of((std::string("factor of a term ") + factor).c_str(), term)};
        if (p.N == 2) all.push_back(of((std::string("factor of a term ") + other).c_str(), term));
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
