// The chain rule along every path: the lab's formulas, the numbers, the limits, the messages.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <lab/hand_derived.hpp>
#include <xtape/autodiff/inspect/explain.hpp>
#include <xtape/nn.hpp>

#include "recordings.hpp"
#include "temporary_folder.hpp"

using namespace xtape;

namespace {

const Notation lab_notation = {
    {"hidden.weight", "W̃"}, {"hidden.bias", "b̃"},    {"output.weight", "w"}, {"output.bias", "b"},
    {"hidden.linear", "ã"}, {"hidden.sigmoid", "h"}, {"output.linear", "a"}};

// The lab's network, trained for a while, and its last batch recorded.
struct Trained {
  Random random{1};
  nn::Network net{{2, 2, 1}, sigmoid, random};
  Tape tape;
  Variable J;

  explicit Trained(std::size_t N = 500, int epochs = 20) {
    auto data = nn::not_linearly_separable(random);
    nn::Sgd sgd(net, {.learning_rate = 0.5});
    for (int epoch = 0; epoch < epochs; ++epoch)
      for (const auto& each : data.train.batches(500, random)) {
        tape.record();
        const auto y = net(tape.constant(each.inputs));
        sgd.step(gradients(nn::half_mse(y, tape.constant(each.targets)), net));
      }
    for (const auto& each : data.train.batches(N, random)) {
      tape.record();
      inputs = each.inputs;
      targets = each.targets;
      const auto y = net(tape.constant(inputs, "x")).named("y");
      J = nn::half_mse(y, tape.constant(targets, "t")).named("J");
      break;
    }
  }
  Array<double> inputs, targets;
};

struct Asked {
  const Parameter& parameter;
  std::vector<std::size_t> element;
  std::string name, formula;
};

std::vector<Asked> nine_parameters(const nn::Network& net) {
  const auto &hidden = net.layers[0].map, &output = net.layers[1].map;
  const std::string start = "1/N Σᵢ (yᵢ − tᵢ) · σ′(aᵢ)";
  return {
      {hidden.weight, {0, 0}, "∂J/∂W̃_{1,1}", start + " · w₁ · σ′(ã_{i,1}) · x_{i,1}"},
      {hidden.weight, {0, 1}, "∂J/∂W̃_{1,2}", start + " · w₂ · σ′(ã_{i,2}) · x_{i,1}"},
      {hidden.weight, {1, 0}, "∂J/∂W̃_{2,1}", start + " · w₁ · σ′(ã_{i,1}) · x_{i,2}"},
      {hidden.weight, {1, 1}, "∂J/∂W̃_{2,2}", start + " · w₂ · σ′(ã_{i,2}) · x_{i,2}"},
      {hidden.bias, {0}, "∂J/∂b̃₁", start + " · w₁ · σ′(ã_{i,1})"},
      {hidden.bias, {1}, "∂J/∂b̃₂", start + " · w₂ · σ′(ã_{i,2})"},
      {output.weight, {0, 0}, "∂J/∂w₁", start + " · h_{i,1}"},
      {output.weight, {1, 0}, "∂J/∂w₂", start + " · h_{i,2}"},
      {output.bias, {0}, "∂J/∂b", start},
  };
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string formula_of(const Explanation& e) {
  std::string text;
  for (const auto& route : e.routes) text += (text.empty() ? "" : " + ") + route.formula;
  return text;
}

}  // namespace

TEST_CASE("the formulas of the trained network are the sheet's") {
  const Trained lab;
  for (const Asked& asked : nine_parameters(lab.net)) {
    const Explanation e =
        explain(lab.J, asked.parameter, asked.element, {.notation = lab_notation});
    CHECK(e.derivative == asked.name);
    REQUIRE(e.routes.size() == 1);
    CHECK(e.routes[0].formula == asked.formula);
  }
  const Explanation e =
      explain(lab.J, lab.net.layers[0].map.weight, {1, 0}, {.notation = lab_notation});
  CHECK(e.derivative_latex == R"(\frac{\partial J}{\partial \tilde{W}_{2,1}})");
  CHECK(e.routes[0].latex ==
        R"(\frac{1}{N} \sum_{i=1}^{N}  \left(y_{i} - t_{i}\right) \cdot \sigma'\left(a_{i}\right) )"
        R"(\cdot w_{1} \cdot \sigma'\left(\tilde{a}_{i,1}\right) \cdot x_{i,2})");
  CHECK(e.legend == std::vector<std::string>{"N = 500", "i = 1 … N", "σ′(u) = σ(u) · (1 − σ(u))",
                                             "y = sigmoid(a)", "a = linear(h, w, b)",
                                             "ã = linear(x, W̃, b̃)"});
}

// In units of the heaviest path no small limit can hold: hundreds of paths of one sign have a sum
// whose own last digit is worth many of theirs. Measured are up to 110 of those units after the
// first epoch and 19 after a thousand; in units of the sum of the magnitudes never more than 0.8.
TEST_CASE("the paths of each of the nine parameters sum to the gradient") {
  for (const int epochs : {0, 1, 20}) {
    const Trained lab(500, epochs);
    const auto grad = gradients(lab.J);
    const lab::Samples<double> samples{lab.inputs.data(), lab.targets.data(), 500, 2};
    const auto &hidden = lab.net.layers[0].map, &output = lab.net.layers[1].map;
    const auto by_hand = lab::network_gradient<double>(
        samples, 2, hidden.weight.value().data(), hidden.bias.value().data(),
        output.weight.value().data(), output.bias.value()(0));
    std::size_t n = 0;
    for (const Asked& asked : nine_parameters(lab.net)) {
      CAPTURE(asked.name);
      const Explanation e = explain(lab.J, asked.parameter, asked.element);
      CHECK(e.paths == 500);
      REQUIRE(e.enumerated.has_value());
      CHECK(static_cast<double>(std::abs(*e.enumerated - e.sum)) <=
            1e-18 * static_cast<double>(e.magnitudes));
      CHECK(static_cast<double>(e.gradient) ==
            grad[asked.parameter].element(asked.element.begin(), asked.element.end()));
      CHECK(e.ulps_of_magnitudes <= 1);
      // The hand-derived sum, rounded at its own places, from numbers that know no tape.
      CHECK(std::abs(static_cast<double>(e.sum) - by_hand[n].value) <=
            16 * 2.3e-16 * by_hand[n].magnitudes);
      ++n;
    }
  }
}

TEST_CASE("with few samples the paths sum to the gradient within 4 ulp of the heaviest path") {
  for (std::size_t N = 1; N <= 4; ++N) {
    const Trained lab(N, 40);
    for (const Asked& asked : nine_parameters(lab.net)) {
      CAPTURE(asked.name);
      const Explanation e = explain(lab.J, asked.parameter, asked.element);
      CHECK(e.paths == N);
      CHECK(e.magnitudes > 0);
      CHECK(e.ulps_of_largest <= 4);
    }
  }
}

TEST_CASE("the heaviest paths are those of the largest products") {
  const Trained lab(50, 1);
  const Explanation e = explain(lab.J, lab.net.layers[1].map.weight, {1, 0}, {.paths = 50});
  REQUIRE(e.heaviest.size() == 50);
  long double sum = 0;
  for (std::size_t i = 0; i < 50; ++i) {
    const auto& path = e.heaviest[i];
    if (i > 0) CHECK(std::abs(path.product) <= std::abs(e.heaviest[i - 1].product));
    long double product = 1;
    for (const auto& factor : path.factors) product *= static_cast<long double>(factor.value);
    CHECK(static_cast<double>(product) == doctest::Approx(static_cast<double>(path.product)));
    sum += path.product;
  }
  CHECK(static_cast<double>(sum) == doctest::Approx(static_cast<double>(e.sum)));
  const Explanation three = explain(lab.J, lab.net.layers[1].map.weight, {1, 0});
  REQUIRE(three.heaviest.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(three.heaviest[i].formula == e.heaviest[i].formula);
}

TEST_CASE("a single neuron written out with mean and square is the sheet's") {
  Tape tape;
  const auto x = tape.constant(Array<double>{{0.5, -1.0}, {2.0, 0.3}, {-1.5, 0.8}}, "x"),
             t = tape.constant(Array<double>{0.0, 1.0, 1.0}, "t");
  const auto w = tape.variable(Array<double>{0.3, -0.2}, "w"), b = tape.variable(0.0, "b");
  const auto y = sigmoid((matmul(x, w) + b).named("a")).named("y");
  const auto J = mean(square(y - t)) / 2;
  CHECK(explain(J, w, {1}).routes[0].formula == "1/N Σᵢ (yᵢ − tᵢ) · σ′(aᵢ) · x_{i,2}");
  CHECK(explain(J, b).routes[0].formula == "1/N Σᵢ (yᵢ − tᵢ) · σ′(aᵢ)");
  CHECK(explain(J, w, {1}).derivative == "∂J/∂w₂");
  CHECK(explain(J, w, {1}).ulps_of_magnitudes <= 4);
}

TEST_CASE("the whole text") {
  Tape tape;
  const auto x = tape.constant(Array<double>{1, 2}, "x");
  const auto w = tape.variable(3.0, "w");
  const auto J = sum(square((x * w).named("y"))).named("J");
  CHECK(explain(J, w, {}, {.paths = 1}).text() ==
        "∂J/∂w = 2 Σᵢ yᵢ · xᵢ\n"
        "\n"
        "  i = 1 … 2\n"
        "  y = multiply(x, w)\n"
        "\n"
        "the heaviest of 2 paths:\n"
        "  i = 2:  2 · y₂ · x₂\n"
        "      = 12 · 2 = 24\n"
        "\n"
        "the heaviest                                  24\n"
        "the other 1 path                              6\n"
        "all 2 paths                                   30\n"
        "added one by one                              30\n"
        "gradient of the sweep                         30\n"
        "difference, in ulp of the heaviest path       0\n"
        "difference, in ulp of the sum of magnitudes   0\n");
}

TEST_CASE("several routes are several formulas") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, 2, -1}, "x");
  const auto s = sin(x).named("s");
  const auto J = sum(x * s + s / x).named("J");
  const Explanation e = explain(J, x, {1});
  CHECK(e.paths == 4);
  REQUIRE(e.routes.size() == 4);
  CHECK(formula_of(e) == "s₂ + x₂ · cos(x₂) + 1 / x₂ · cos(x₂) + −s₂ / x₂ / x₂");
  CHECK(static_cast<double>(e.sum) ==
        doctest::Approx(std::sin(2.0) + 2 * std::cos(2.0) + std::cos(2.0) / 2 - std::sin(2.0) / 4));
  CHECK(has(e.text(), "∂J/∂x₂ = s₂    (1 path: 0.9093)\n       + x₂ · cos(x₂)    (1 path: "));
  CHECK(has(e.text(), "\n       − s₂ / x₂ / x₂    (1 path: -0.2273)\n"));
  const Explanation fewer = explain(J, x, {1}, {.routes = 1});
  CHECK(fewer.routes.size() == 1);
  CHECK(has(fewer.text(), "+ …    (3 paths by other ways, not listed: "));
  CHECK(fewer.sum == e.sum);
}

TEST_CASE("a factor that happens to be zero is a path all the same") {
  Tape tape;
  const auto x = tape.constant(Array<double>{{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, "x"),
             t = tape.constant(xt::zeros<double>({4, 1}), "t");
  const auto w = tape.variable(xt::zeros<double>({2, 1}), "w");
  const auto J = nn::half_mse(matmul(x, w).named("y"), t);
  const Explanation e = explain(J, w, {0, 0});
  CHECK(e.paths == 4);
  CHECK(e.routes[0].formula == "1/N Σᵢ (yᵢ − tᵢ) · x_{i,1}");
}

TEST_CASE("letters go through slices, joined arrays and rearrangements") {
  Tape tape;
  const auto x = tape.variable(recordings::some<double>({4, 3}), "x");
  const auto z = tape.constant(recordings::some<double>({2, 3}), "z");
  const auto c = tape.constant(recordings::some<double>({3}), "c");
  const auto v = tape.variable(recordings::some<double>({3}), "v");
  CHECK(formula_of(explain(sum(square(slice(x, {{1, 3}}).named("y"))), x, {2, 0})) ==
        "2 · y_{2,1}");
  CHECK(explain(sum(square(slice(x, {{1, 3}}))), x, {0, 0}).paths == 0);
  const auto joined = concatenate({z, x}, 0).named("k");
  CHECK(formula_of(explain(sum(square(joined)), x, {0, 2})) == "2 · k_{3,3}");
  CHECK(formula_of(explain(sum(square((joined * v).named("p"))), v, {0})) ==
        "2 Σᵢ p_{i,1} · k_{i,1}");
  const auto rows = concatenate({z, (slice(x, {{0, 3}}) * v).named("q")}, 0).named("r");
  CHECK(formula_of(explain(sum(square(rows)), v, {1})) ==
        "2 Σᵢ r_{i+2,2} · %" + std::to_string(rows.index() - 2) + "_{i,2}");
  CHECK(formula_of(explain(sum(matmul(transpose(x).named("X"), matmul(x, v)) * c), v, {0})) ==
        "Σ_{i,j} cᵢ · X_{i,j} · x_{j,1}");
  CHECK(formula_of(explain(sum(broadcast_to(v, {5, 3})), v, {0})) == "Σᵢ 1");
  CHECK(explain(sum(broadcast_to(v, {5, 3})), v, {0}).paths == 5);
  // A general reshape has no letters.
  CHECK(formula_of(explain(sum(square(reshape(x, {2, 6}).named("R"))), x, {2, 1})) ==
        "2 Σ_{i,j} R_{i,j} · ∂R_{i,j}/∂x_{3,2}");
}

TEST_CASE("operations of a user's are explained, with several outputs too") {
  Tape tape;
  const auto x = tape.variable(Array<double>{1, 2, 3}, "x");
  const auto parts = recordings::halves(x);
  const auto J = sum(parts[0]) * 5 + sum(square(parts[1].named("y")));
  const Explanation e = explain(J, x, {2});
  CHECK(e.paths == 1);
  CHECK(e.sum == 6);
  CHECK(formula_of(e) == "2 Σᵢ yᵢ · ∂yᵢ/∂x₃");
  CHECK(explain(J, x, {0}).sum == 5);
}

TEST_CASE("explanations of results, of J itself, in float") {
  TapeF tape;
  const auto x = tape.variable(Array<float>{1, 2, 3}, "x");
  const auto h = exp(x).named("h");
  const auto J = sum(square(h)).named("J");
  CHECK(formula_of(explain(J, h, {1})) == "2 · h₂");
  CHECK(explain(J, x, {1}).ulps_of_largest <= 4);
  const Explanation itself = explain(J, J);
  CHECK(itself.paths == 1);
  CHECK(itself.sum == 1);
  CHECK(formula_of(itself) == "1");
}

TEST_CASE("millions of paths are counted and added, not gone along") {
  Tape tape;
  const auto x = tape.variable(2.0, "x");
  Variable y = x;
  for (int i = 0; i < 70; ++i) y = y + y;
  const Explanation e = explain(y, x);
  CHECK(e.paths == UINT64_MAX);  // 2⁷⁰
  CHECK_FALSE(e.enumerated.has_value());
  CHECK(e.sum == std::ldexp(1.0L, 70));
  CHECK(e.routes.size() == 8);
  CHECK(e.heaviest.size() == 3);
  CHECK(has(e.text(), "more than 18446744073709551615 paths"));
}

TEST_CASE("the LaTeX is ASCII and compiles") {
  Trained lab(500, 1);
  const auto v = lab.tape.variable(Array<double>{0.5, 2, -1}, "a_b %$");
  const auto sums = sum(v * sin(v) + square(v) / v + relu(v));
  std::string text = "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n";
  for (const Asked& asked : nine_parameters(lab.net))
    text += explain(lab.J, asked.parameter, asked.element, {.notation = lab_notation}).latex();
  text += explain(lab.J, lab.net.layers[0].map.weight, {1, 1}).latex();
  text += explain(sums, v, {2}).latex();
  text += "\\end{document}\n";
  CHECK(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; }));
  if (std::system("pdflatex --version > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: pdflatex is not installed, so the LaTeX was not compiled");
    return;
  }
  const xtape_tests::TemporaryFolder folder;
  std::ofstream(folder.path("derivation.tex")) << text;
  const std::string folder_name = folder.path("").string();
  const std::string log = folder.path("log").string();
  CHECK(std::system(("cd " + folder_name + " && pdflatex -halt-on-error -interaction=nonstopmode " +
                     "derivation.tex > " + log + " 2>&1")
                        .c_str()) == 0);
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);)
    CHECK_FALSE_MESSAGE(line.starts_with("Overfull"), line);
}

TEST_CASE("what cannot be explained is said by name") {
  Tape tape, other;
  const auto x = tape.variable(Array<double>{{1, 2}, {3, 4}}, "x");
  const auto c = tape.constant(Array<double>{1, 2}, "c");
  const auto unused = tape.variable(1.0, "unused");
  const auto y = (x * c).named("y");
  const auto J = sum(y).named("J");
  CHECK_THROWS_WITH(explain(y, x, {0, 0}),
                    "explain: y (2, 2) has 4 elements; reduce it to one (sum, mean), or explain "
                    "one of them by a slice");
  CHECK_THROWS_WITH(explain(J, x, {2, 0}),
                    "explain: x (2, 2) has no element (2, 0); an index for each axis is needed, "
                    "counted from 0");
  CHECK_THROWS_AS(explain(J, x, {0}), ShapeError);
  CHECK_THROWS_AS(explain(J, x), ShapeError);
  CHECK_THROWS_WITH(explain(J, c, {0}),
                    "explain: c (2) is a constant, which no gradient flows to; record it as a "
                    "variable");
  CHECK_THROWS_WITH(explain(J, other.variable(1.0)), "explain: a variable of another tape");
  CHECK_THROWS_AS(explain(Variable(), x, {0, 0}), HandleError);
  const Parameter p(Array<double>{1}, "p");
  CHECK_THROWS_WITH(explain(J, p), "explain: parameter p is not in this recording");
  CHECK(explain(J, unused).text() == "∂J/∂unused = 0: there is no path, J does not depend on it\n");
  CHECK(has(explain(J, unused).latex(), "There is no path"));
  CHECK_THROWS_WITH_AS(explain(J, x, {0, 0}, {.work = 3}),
                       doctest::Contains("more than the limit of 3"), Error);
  tape.record();
  CHECK_THROWS_AS(explain(J, x, {0, 0}), HandleError);
}

TEST_CASE("relu's derivative is explained as on paper") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, -2}, "x");
  const Explanation e = explain(sum(relu(x)).named("J"), x, {0});
  CHECK(e.routes[0].formula == "relu′(x₁)");
  CHECK(e.legend == std::vector<std::string>{"relu′(u) = {1 if u > 0, 0 otherwise}"});
  CHECK(has(e.latex(), R"(\begin{cases}1 & u > 0\\ 0 & \text{otherwise}\end{cases})"));
}
