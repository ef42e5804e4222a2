// Mistakes that are planted into formulas derived by hand are found, and none where there is none.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <xtape/autodiff/check/compare.hpp>

#include "check_sheet.hpp"
#include "told.hpp"

using namespace xtape;
using xtape_tests::told;
using xtape_tests::Told;

namespace {

const std::vector<std::string> names = {"hidden.weight", "hidden.bias", "output.weight",
                                        "output.bias"};

// Fifty networks, N from 2 to 200.
constexpr std::size_t networks = 50;
sheet::Problem network(std::size_t i) {
  return {100 + i, i == 0 ? 2 : 2 + 198 * i / (networks - 1), 2 + i % 3, 2 + i / 3 % 4};
}

struct Compared {
  const sheet::Problem& problem;
  sheet::Recorded recorded;
  Gradients grad;
  explicit Compared(const sheet::Problem& p)
      : problem(p), recorded(p), grad(gradients(recorded.J)) {}

  [[nodiscard]] const Parameter& parameter(const std::string& name) const {
    return *recorded.parameters.at(name);
  }
  Comparison operator()(const std::string& name, const Array<double>& by_hand) const {
    return compare(name, grad[parameter(name)], by_hand, {recorded.J, parameter(name)});
  }
};

// Records of the network: linear, sigmoid, linear, sigmoid, loss.
constexpr int hidden = 1, output = 3;
std::string at(const char* mistake, int record) {
  return std::string(mistake) + " " + std::to_string(record);
}

}  // namespace

TEST_CASE("nothing is claimed on a right derivation") {
  for (std::size_t i = 0; i < networks; ++i) {
    const auto p = network(i);
    const Compared compared(p);
    for (const auto& [name, array] : p.by_hand()) {
      CAPTURE(p.N);
      const Comparison with = compared(name, array),
                       without = compare(name, compared.grad[compared.parameter(name)], array);
      CHECK_MESSAGE(with.verdict() == Verdict::pass, with.text());
      CHECK(with.diagnoses.empty());
      CHECK(with.finding.empty());
      CHECK(without.verdict() != Verdict::fail);
      CHECK(without.diagnoses.empty());
    }
  }
}

TEST_CASE("constant factors are found, and what cannot be told from them at this N is said too") {
  for (std::size_t i = 0; i < networks; ++i) {
    const auto p = network(i);
    const Compared compared(p);
    const auto N = static_cast<double>(p.N);
    const std::map<std::string, double> all = {
        {"N", N},      {"1/N", 1 / N},     {"2", 2},       {"1/2", 0.5},     {"-1", -1},
        {"-2", -2},    {"-1/2", -0.5},     {"2/N", 2 / N}, {"-N", -N},       {"1/(2N)", 0.5 / N},
        {"2N", 2 * N}, {"N/2", N / 2},     {"4", 4},       {"-1/N", -1 / N}, {"1/4", 0.25},
        {"N²", N * N}, {"1/N²", 1 / N / N}};
    const auto single = [](const std::string& f) {
      return f == "N" || f == "1/N" || f == "2" || f == "1/2" || f == "-1";
    };
    for (const auto& each : all)
      for (const std::string& name : names) {
        const std::string& factor = each.first;  // clang 14 captures no structured binding
        const double value = each.second;
        const Array<double> wrong = p.by_hand()[name] * value;
        const Comparison c = compared(name, wrong);
        CAPTURE(factor);
        CAPTURE(p.N);
        CAPTURE(c.text());
        if (value == 1) {  // 2/N and N/2 at N = 2
          CHECK(c.verdict() == Verdict::pass);
          continue;
        }
        // All of the catalogue that is this number: the single factors, or else the products.
        const auto same = [&](double number) { return std::abs(number / value - 1) < 1e-12; };
        const bool simple = std::ranges::any_of(
            all, [&](const auto& f) { return single(f.first) && same(f.second); });
        Told expected;
        for (const auto& [other, number] : all)
          if (same(number) && single(other) == simple) expected.push_back("factor " + other);
        if (simple && name.ends_with("bias")) {
          if (same(N)) expected.emplace_back("bias summed");
          if (same(1 / N)) expected.emplace_back("bias averaged");
        }
        if (value >= 2 && value == std::floor(value) && value <= (simple ? 16 : 1000))
          expected.push_back("accumulated " + std::to_string(std::lround(value)));
        Told found = told(c);
        std::ranges::sort(found);
        std::ranges::sort(expected);
        CHECK(found == expected);
        CHECK(c.tells_apart.empty() == (expected.size() == 1));
      }
  }
}

TEST_CASE("slopes that are missing, of the output, or of the wrong argument are found") {
  struct Case {
    const char* mistake;
    double (*slope)(double, double);
  };
  for (std::size_t i = 0; i < networks; ++i) {
    const auto p = network(i);
    const Compared compared(p);
    for (const Case& each :
         {Case{"missing slope", sheet::nothing}, Case{"slope of the output", sheet::of_output},
          Case{"textbook's formula of the input", sheet::textbook_of_input}})
      for (const std::string& name : names)
        for (const double factor : {1.0, static_cast<double>(p.N)}) {
          const bool first = name.starts_with("hidden");
          const std::string behind = factor == 1 ? "" : " & factor N";
          const auto check = [&](sheet::Mistakes mistakes, Told expected) {
            mistakes.factor = factor;
            const Comparison c = compared(name, p.by_hand(mistakes)[name]);
            CAPTURE(name);
            CAPTURE(p.N);
            CAPTURE(c.text());
            Told found = told(c);
            if (p.N == 2 && factor != 1)
              expected.push_back(expected[0].substr(0, expected[0].size() - 1) + "2");
            std::ranges::sort(found);
            std::ranges::sort(expected);
            CHECK(found == expected);
          };
          check({.slope_out = each.slope}, {at(each.mistake, output) + behind});
          if (!first) continue;
          check({.slope_hidden = each.slope}, {at(each.mistake, hidden) + behind});
          check({.slope_out = each.slope, .slope_hidden = each.slope},
                {std::string(each.mistake) + " 1 3" + behind});
        }
  }
}

TEST_CASE("transposed and permuted arrays are found") {
  for (std::size_t i = 0; i < networks; ++i) {
    const auto p = network(i);
    const Compared compared(p);
    const auto right = p.by_hand();
    const Array<double> W = right.at("hidden.weight");
    const Array<double> turned = xt::transpose(W);
    const Comparison c = compared("hidden.weight", turned);
    CAPTURE(c.text());
    CHECK(c.verdict() == Verdict::fail);
    CHECK(told(c) == Told{"transposed"});
    const Told scaled = told(compared("hidden.weight", Array<double>(turned * -2.0)));
    CHECK(std::ranges::find(scaled, "transposed & factor -2") != scaled.end());
    CHECK(scaled.size() == (p.N == 2 ? 2 : 1));  // -N

    for (const std::size_t axis : {0U, 1U}) {
      const std::size_t n = W.shape()[axis];
      Array<double> other = W;  // slice s takes the place of slice s + 1
      for (std::size_t j = 0; j < p.inputs; ++j)
        for (std::size_t k = 0; k < p.hidden; ++k)
          other(axis == 0 ? (j + 1) % n : j, axis == 1 ? (k + 1) % n : k) = W(j, k);
      const Comparison permuted = compared("hidden.weight", other);
      CAPTURE(permuted.text());
      REQUIRE(told(permuted) == Told{"permuted"});
      CHECK(permuted.diagnoses[0].axis == axis);
      std::vector<std::size_t> order(n);
      for (std::size_t s = 0; s < n; ++s) order[(s + 1) % n] = s;
      CHECK(permuted.diagnoses[0].permutation == order);
      CHECK(told(compared("hidden.weight", Array<double>(other * -1.0))) ==
            Told{"permuted & factor -1"});
    }
  }
}

TEST_CASE("the mistakes of a bias are found") {
  for (std::size_t i = 0; i < networks; ++i) {
    auto p = network(i);
    if (i % 5 == 0) p = sheet::Problem(100 + i, 2 + i % 4, 2, 2 + i % 4);  // N = hidden
    const Compared compared(p);
    // Each sample's part of ∂J/∂b̃.
    const auto r = p.forward(p.net);
    auto parts = Array<double>::from_shape({p.N, p.hidden});
    for (std::size_t s = 0; s < p.N; ++s)
      for (std::size_t k = 0; k < p.hidden; ++k)
        parts(s, k) = (r.y[s] - p.t(s, 0)) * sheet::sigma_prime(r.a[s]) *
                      p.net.layers[1].map.weight.value()(k, 0) *
                      sheet::sigma_prime(r.a_hidden(s, k)) / static_cast<double>(p.N);
    const Array<double> wrong = xt::sum(parts, {1});
    const Comparison c = compared("hidden.bias", wrong);
    CAPTURE(c.text());
    CHECK(c.verdict() == Verdict::fail);
    CHECK(told(c) == Told{"bias summed over the wrong axis"});
    const Comparison not_summed = compared("hidden.bias", parts);
    CAPTURE(not_summed.text());
    CHECK(told(not_summed) == Told{"shape"});
    CHECK(not_summed.diagnoses[0].text.starts_with("the sum over axis 0 of "));
  }
}

TEST_CASE("stale activations, stale gradients and sums with earlier ones are found") {
  for (std::size_t i = 0; i < networks; ++i) {
    auto p = network(i);
    std::vector<Array<double>> old;
    for (const auto& layer : p.net.layers)
      for (const Parameter* const q : {&layer.map.weight, &layer.map.bias})
        old.emplace_back(q->value());
    const auto before = p.by_hand();
    const auto h_before = p.forward(p.net).h;
    for (auto& layer : p.net.layers) {
      p.draw(layer.map.weight);
      p.draw(layer.map.bias);
    }
    const Compared compared(p);
    const auto& tape = compared.recorded.tape;
    const auto& w = p.net.layers[1].map.weight;
    const auto context = [&](const std::string& name) {
      CompareContext result(compared.recorded.J, compared.parameter(name));
      std::size_t at = 0;
      for (const auto& layer : p.net.layers)
        for (const Parameter* const q : {&layer.map.weight, &layer.map.bias})
          result.other(tape, *q, old[at++]);
      result.earlier(before.at(name), "of the step before");
      return result;
    };
    const auto check = [&](const std::string& name, const Array<double>& by_hand,
                           const std::string& part) {
      const Comparison c =
          compare(name, compared.grad[compared.parameter(name)], by_hand, context(name));
      CAPTURE(c.text());
      REQUIRE(c.diagnoses.size() >= 1);
      CHECK(std::ranges::any_of(
          c.diagnoses, [&](const Diagnosis& d) { return d.text.find(part) != std::string::npos; }));
    };
    check("output.weight", p.by_hand({}, h_before, w.value())["output.weight"],
          "hidden.sigmoid is stale");
    check("hidden.weight", p.by_hand({}, h_before, old[2])["hidden.weight"],
          "output.weight is stale");
    for (const std::string& name : names) {
      check(name, before.at(name), "the one of the step before");
      check(name, before.at(name), "it is that at the parameters from before the update");
      check(name, before.at(name) + p.by_hand()[name],
            "the gradients of the last 2 steps are added up");
      const Comparison thrice = compare(name, compared.grad[compared.parameter(name)],
                                        Array<double>(3.0 * p.by_hand()[name]));
      CHECK(told(thrice) == Told{"accumulated 3"});
      const Comparison right =
          compare(name, compared.grad[compared.parameter(name)], p.by_hand()[name], context(name));
      CHECK(right.diagnoses.empty());
    }
  }
}

TEST_CASE("an explanation has to be the simplest, and to say something") {
  // N/2 at N = 4 is no second name for 2.
  const Array<double> a = {1, 3}, twice = {2, 6};
  CHECK(told(compare("w", a, twice, CompareContext().samples(4))) ==
        Told{"factor 2", "accumulated 2"});
  // A stale gradient that is all rounding would fit anything small.
  Tape tape;
  const auto u = tape.variable(0.5, "u");
  const auto J = square(u * 3.0 - 0.3);
  CompareContext context(J, u);
  context.other(u, Array<double>(0.1));
  const Comparison c = compare("u", gradients(J)[u], Array<double>(1e-17), context);
  CHECK(c.verdict() == Verdict::fail);
  CHECK(c.diagnoses.empty());
  // Nor where the numbers happen to be near it: 3.3e-16, of which no digit is known.
  const double stale = 6 * (0.1 * 3.0 - 0.3);
  const Comparison near = compare("u", gradients(J)[u], Array<double>(1.001 * stale), context);
  CHECK(near.verdict() == Verdict::fail);
  CHECK_MESSAGE(near.diagnoses.empty(), near.text());
}

TEST_CASE("slices that may stay where they are stay, and none in another order is none") {
  const Array<double> a = {{1, 2}, {3, 5}, {3, 5}, {7, 11}};
  // Rows 1 and 2 are equal, 0 and 3 exchanged: the equal ones are not said to be.
  const Array<double> b = {{7, 11}, {3, 5}, {3, 5}, {1, 2}};
  const Comparison c = compare("W", a, b);
  REQUIRE(told(c) == Told{"permuted"});
  CHECK(c.diagnoses[0].permutation == std::vector<std::size_t>{3, 1, 2, 0});
  // Twice the array in its own order: a factor, no permutation beside it.
  for (const Diagnosis& d : compare("W", a, Array<double>(-2.0 * a)).diagnoses)
    CHECK_FALSE(d.has(Mistake::permuted));
  for (const Diagnosis& d : compare("W", a, Array<double>(3.7 * a)).diagnoses)
    CHECK_FALSE(d.has(Mistake::permuted));
}

TEST_CASE("the textbook's slope in saturation is called rounding") {
  std::size_t called = 0, unclear = 0;
  for (std::size_t i = 0; i < networks; ++i) {
    auto p = network(i);
    const double far = 10 + static_cast<double>(i) * 0.6;  // to 40
    p.net.layers[1].map.bias.update([&](double* b, std::size_t) { *b = far; });
    const Compared compared(p);
    for (const std::string& name : names) {
      const Comparison c = compared(
          name, p.by_hand({.slope_out = sheet::textbook, .slope_hidden = sheet::textbook})[name]);
      CAPTURE(far);
      CAPTURE(c.text());
      CHECK(c.verdict() != Verdict::fail);
      if (c.diagnoses.empty()) {
        CHECK(c.verdict() == Verdict::pass);  // the rounding is not seen in the sums
        CHECK(far < 12);
        continue;
      }
      CHECK(told(c) ==
            Told{name.starts_with("hidden") ? "formula rounding 1 3" : "formula rounding 3"});
      ++called;
      unclear += c.verdict() == Verdict::inconclusive ? 1 : 0;
      CHECK((c.text().find("a mistake could not be seen") != std::string::npos) ==
            (c.verdict() == Verdict::inconclusive));
      // What a sharper explanation fits to the last digit is that one.
      CHECK(told(compared(name, p.by_hand({.factor = -1})[name])) == Told{"factor -1"});
      // A mistake beside it is still one, where there are digits to see it by.
      if (far > 25) continue;
      const Comparison both =
          compared(name, p.by_hand({.slope_out = sheet::textbook, .factor = -1})[name]);
      CHECK(both.verdict() == Verdict::fail);
    }
  }
  CHECK(called > 150);
  CHECK(unclear > 50);
}

TEST_CASE("relu's textbook formula, which has no y, is no candidate for a mistake with y") {
  Tape tape;
  const auto u = tape.variable(Array<double>{0.5, -0.2, 0.7}, "u");
  const auto y = sigmoid(relu(u) + 20);
  const auto J = sum(y);
  const Array<double> right = gradients(J)[u];
  CHECK(told(compare("u", gradients(J)[u], -right, {J, u})) == Told{"factor -1"});
  // y (1 - y) has few digits left there, and it is sigmoid's.
  Array<double> rounded = right;
  for (std::size_t i = 0; i < 3; ++i) rounded(i) = i == 1 ? 0 : sheet::textbook(0, y.value()(i));
  const Comparison c = compare("u", gradients(J)[u], rounded, {J, u});
  CHECK(told(c) == Told{"formula rounding 2"});
  CHECK(c.text().find("σ′ = ") != std::string::npos);
}
