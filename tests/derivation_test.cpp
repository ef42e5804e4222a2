// check_my_derivation: formulas are read as they are written, judged, diagnosed; what cannot be
// read is said with its place.

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "derivation/formula.hpp"
#include "derivation/program.hpp"
#include "temporary_folder.hpp"

namespace {

using derivation::FormulaError;
using derivation::Gradients;
using derivation::Known;
using derivation::Wanted;
using xtape::Array;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Outcome {
  int status;
  std::string out, err;
};
Outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "check_my_derivation");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  std::ostringstream out, err;
  const int status = derivation::run(static_cast<int>(argv.size()), argv.data(), out, err);
  return {status, out.str(), err.str()};
}
Outcome judged(const std::string& text, const derivation::Options& options = {}) {
  std::ostringstream out;
  const int status = derivation::judge({"mine.txt", text}, options, out);
  return {status, out.str(), ""};
}

// What formulas may name here: numbers for which everything can be added in the head.
const std::map<std::string, Known> known = {
    {"N", {Array<double>(2.0), {}}},
    {"x", {Array<double>{{1, 2, 3}, {4, 5, 6}}, {"samples", "inputs"}}},
    {"y", {Array<double>{10, 20}, {"samples"}}},
    {"a~", {Array<double>{0, 1}, {"samples"}}},
    {"b", {Array<double>(3.0), {}}}};
const std::vector<Wanted> wanted = {{"db", {}, "db"}};

double value_of(const std::string& formula) {
  return derivation::gradients_of({"mine.txt", "db = " + formula}, known, wanted).at("db")();
}
Gradients weights(const std::string& text) {
  return derivation::gradients_of({"mine.txt", text}, known, {{"dw", {3}, "dw[k]"}});
}

const std::string neuron =
    "dw[k] = 1/N * sum_i (y[i] - t[i]) * s'(a[i]) * x[i,k]\n"
    "db    = 1/N * sum_i (y[i] - t[i]) * s'(a[i])\n";

}  // namespace

TEST_CASE("formulas are evaluated as they are meant on paper") {
  const std::vector<std::pair<std::string, double>> all = {
      {"1 + 2*3", 7},
      {"2 - 3 - 4", -5},
      {"12/2/3", 2},
      {"-b^2", -9},
      {"b²", 9},
      {"2 b", 6},
      {"2b", 6},
      {"½ b", 1.5},
      {"1/(2*N)", 0.25},
      {"1/N (b + 1)", 2},
      {"(1 + b)(2 + b)", 20},
      {"−b · 2", -6},
      {"1.5e1", 15},
      {"sum_i y[i]", 30},
      {"sum_i y[i] / N", 15},
      {"sum_i y[i] * 2 + 1", 61},
      {"1/N * sum_i y[i] x[i,2]", 60},
      {"Σᵢ yᵢ", 30},
      {"Σ_i y_i", 30},
      {"Σ_{i} y_{i} x_{i,3}", 150},
      {"sum_i sum_k x[i,k]", 21},
      {"sum_{i,k} x[i,k]", 21},
      {"(sum_i y[i]) * (sum_i y[i])", 900},
      {"y[2] − y₁", 10},
      {"x_2_3", 6},
      {"sum_i ã[i]", 1},
      {"sum_i a~[i]", 1},
      {"sum_i a\xCC\x83[i]", 1},
      {"exp(0) + log(1) + sqrt(16) + abs(-2) + tanh(0)", 7},
      {"s(0)", 0.5},
      {"sigma(0) + σ(0) + sigmoid(0)", 1.5},
      {"s'(0)", 0.25},
      {"σ′(0)", 0.25},
      {"σ’(a~[1])", 0.25},
      {"sum_i (\n  y[i]\n  + 1 # a line goes on in brackets\n)", 32},
      {"1 +\n  2\n  * 3", 7}};
  for (const auto& each : all) {
    CAPTURE(each.first);
    CHECK(value_of(each.first) == each.second);
  }
}

TEST_CASE("left sides are whole arrays, elements, and names of one's own") {
  const Array<double> right = {50, 70, 90};
  for (const std::string text :
       {"dw[k] = 10 * sum_i x[i,k]", "dJ/dw_k = 10 Σᵢ x_{i,k}", "∂J/∂w_{k} = 10 Σᵢ x_{i,k}",
        "dw[1] = 50\ndw[3] = 90\ndw[2] = 70", "dw₁ = 50\n\n# middle\ndw₂ = 70\r\ndw₃ = 90\r\n",
        "dw[m] = 10 * sum_j x[j,m]", "delta[i] = 10 y[i] / y[i]\ndw[k] = sum_i delta[i] x[i,k]",
        "δ_{i,k} = 5 x_{i,k}\nε_i = 2 y_i / y_i\ndw_k = Σᵢ ε_i δ_{i,k}"}) {
    CAPTURE(text);
    CHECK(weights(text).at("dw") == right);
  }
}

TEST_CASE("the file that is shipped for each model is right, and the other one is diagnosed") {
  const std::string folder = XTAPE_EXAMPLE_SOURCES "/derivations/";
  CHECK(run({folder + "neuron.txt"}).status == derivation::right);
  const Outcome network = run({folder + "network.txt", "--model", "network", "--n", "7"});
  CHECK_MESSAGE(network.status == derivation::right, network.out << network.err);
  const Outcome wrong = run({folder + "network_with_mistakes.txt", "--model", "network"});
  CHECK(wrong.status == derivation::wrong);
  CHECK(has(wrong.out,
            "One mistake explains those that differ, ∂J/∂W̃, ∂J/∂b̃:\n"
            "  diagnosis: the factor σ′(ã) of hidden is missing\n"
            "FAIL: 2 of 4 gradients agree with autodiff\n"));
  CHECK(wrong.err.empty());
}

TEST_CASE("a right neuron passes at every seed and size, and each mistake is named") {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const std::size_t n : {1U, 2U, 20U, 200U}) {
      const Outcome outcome = judged(neuron, {.file = "", .model = "neuron", .n = n, .seed = seed});
      CHECK_MESSAGE(outcome.status == derivation::right, outcome.out);
    }
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = neuron;
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
    REQUIRE(text != neuron);
    const Outcome outcome = judged(text);
    CHECK(outcome.status == derivation::wrong);
    CHECK(has(outcome.out, "One mistake explains all gradients:\n"));
    return outcome.out.substr(outcome.out.find("  diagnosis: "));
  };
  const std::string end = "\nFAIL: 0 of 2 gradients agree with autodiff\n";
  CHECK(changed("1/N * ", "") ==
        "  diagnosis: each element is N = 20 times too large: was the 1/N of the mean forgotten?" +
            end);
  CHECK(changed("y[i] - t[i]", "t[i] - y[i]") ==
        "  diagnosis: each element has the wrong sign: t - y in the place of y - t?" + end);
  CHECK(changed("s'(a[i])", "1") == "  diagnosis: the factor σ′(a) is missing" + end);
  CHECK(changed("s'(a[i])", "s'(y[i])") ==
        "  diagnosis: σ′ was taken of the output: σ′(y) stands where σ′(a) belongs" + end);
  CHECK(
      changed("s'(a[i])", "a[i] (1 - a[i])") ==
      "  diagnosis: a · (1 − a) stands where y · (1 − y) belongs: this formula of σ′ is one of the "
      "output y, and was given the input a" +
          end);
  CHECK(judged("dw[k] = 1/N * sum_i (y[i] - t[i]) y[i] (1 - y[i]) x[i,k]\n"
               "db = 1/N * sum_i (y[i] - t[i]) y[i] (1 - y[i])")
            .status == derivation::right);
}

TEST_CASE("what cannot be read is said with line, column and what was expected") {
  const auto message = [](const std::string& text) -> std::string {
    try {
      judged(text);
    } catch (const FormulaError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  CHECK(message("dw[k] = sum_i z[i]") ==
        "mine.txt:1:15: the name z is not known here; there are N, a, b, t, w, x, y and the "
        "functions "
        "sigma, sigma', exp, log, sqrt, abs, tanh\n"
        "  dw[k] = sum_i z[i]\n"
        "                ^");
  CHECK(message("# mine\ndb = Σᵢ y[i,k]\n") ==
        "mine.txt:2:9: y has one index (samples), not 2\n"
        "  db = Σᵢ y[i,k]\n"
        "          ^");
  CHECK(message("db = sum_i x[i]") ==
        "mine.txt:1:12: x has 2 indices (samples, then inputs), not 1\n"
        "  db = sum_i x[i]\n"
        "             ^");
  CHECK(message("db = sum_i y[i] - t[i]") ==
        "mine.txt:1:21: the index i is not summed over any more: a sum ends with its product, "
        "before the next + or -. Brackets make it longer: sum_i (...)\n"
        "  db = sum_i y[i] - t[i]\n"
        "                      ^");
  CHECK(message("c = sum_i y[i]\ndb = c + t[i]").find("is a sum_i missing?") != std::string::npos);
  CHECK(message("db = sum_i (y[i] - t[i] * s'(a[i])\ndw[k] = 0\n") ==
        "mine.txt:1:35: ')' is expected for the '(' of column 12, not the end of the line\n"
        "  db = sum_i (y[i] - t[i] * s'(a[i])\n"
        "                                    ^");
  CHECK(message("db = 1 +\ndw[k] = 0") ==
        "mine.txt:1:9: a number, a name or '(' is expected, not the end of the line\n"
        "  db = 1 +\n"
        "          ^");
  CHECK(message("db = (1 + 2") ==
        "mine.txt:1:12: ')' is expected for the '(' of column 6, not the end of the line\n"
        "  db = (1 + 2\n"
        "             ^");
  CHECK(message("db = sum_i y[i] )") ==
        "mine.txt:1:17: ')' without a '(' before it\n"
        "  db = sum_i y[i] )\n"
        "                  ^");
  CHECK(message("db = sum_i y[i") ==
        "mine.txt:1:15: ']' is expected behind the indices, not the end of the line\n"
        "  db = sum_i y[i\n"
        "                ^");
  CHECK(
      message("db = y[i]") ==
      "mine.txt:1:8: the index i is neither on the left side nor summed over: is a sum_i missing?\n"
      "  db = y[i]\n"
      "         ^");
  CHECK(message("") == "mine.txt: there is no formula in the file; wanted are dw[k], db");
  CHECK(message("# nothing yet\n\n") ==
        "mine.txt: there is no formula in the file; wanted are dw[k], db");
  CHECK(message("db = 1\ndw[2] = 1") ==
        "mine.txt: dw[1] is missing, while other elements are given; wanted are dw[k], db");
  CHECK(message("delta[i] = y[i] - t[i]") ==
        "mine.txt:1:1: delta is defined here and never used; wanted are dw[k], db\n"
        "  delta[i] = y[i] - t[i]\n"
        "  ^");
  CHECK(message("db = 1\ndb = 2") ==
        "mine.txt:2:1: db was given in line 1 already\n"
        "  db = 2\n"
        "  ^");
  CHECK(message("dB = 1\ndb = 1\ndw[k] = 1") ==
        "mine.txt:1:1: dB is defined here and never used; wanted are dw[k], db\n"
        "  dB = 1\n"
        "  ^");
  CHECK(message("db = sum_i y[i] \xE4") ==
        "mine.txt:1:17: the byte 0xE4 is no UTF-8: save the file as UTF-8\n"
        "  db = sum_i y[i] ?\n"
        "                  ^");
  CHECK(message("db = y[1] & 2") ==
        "mine.txt:1:11: '&' means nothing in a formula\n"
        "  db = y[1] & 2\n"
        "            ^");
  CHECK(message("db = 1/2N") ==
        "mine.txt:1:9: this can be read in two ways: write a '*' if it is multiplied, and brackets "
        "if "
        "it belongs to the divisor, as in 1/(2*N)\n"
        "  db = 1/2N\n"
        "          ^");
  CHECK(message("db = sum y[i]") ==
        "mine.txt:1:10: sum is followed by its index, as in sum_i, not by 'y'\n"
        "  db = sum y[i]\n"
        "           ^");
  CHECK(message("db = sum_i 1") ==
        "mine.txt:1:6: nothing behind this sum has the index i\n"
        "  db = sum_i 1\n"
        "       ^");
  CHECK(message("db = sum_i y[i] sum_i t[i]") ==
        "mine.txt:1:21: the index i is in use already: another letter is needed for this sum\n"
        "  db = sum_i y[i] sum_i t[i]\n"
        "                      ^");
  CHECK(message("db = w[3]") ==
        "mine.txt:1:8: index 3 of 2 inputs\n"
        "  db = w[3]\n"
        "         ^");
  CHECK(
      message("db = sum_k y[k] w[k]") ==
      "mine.txt:1:19: the index k runs over the 2 inputs here, but over the 20 samples elsewhere\n"
      "  db = sum_k y[k] w[k]\n"
      "                    ^");
  CHECK(message("db = y[0]") ==
        "mine.txt:1:8: an index is expected, a letter or a number counted from 1, not '0'\n"
        "  db = y[0]\n"
        "         ^");
  CHECK(message("db = s y[1]") ==
        "mine.txt:1:8: '(' is expected behind the function sigma, not 'y'\n"
        "  db = s y[1]\n"
        "         ^");
  CHECK(message("db = y'(1)") ==
        "mine.txt:1:6: y is no function, so y' is not known\n"
        "  db = y'(1)\n"
        "       ^");
  CHECK(message("dw = 1") ==
        "mine.txt:1:1: dw is written dw[k], with 1 index, not 0\n"
        "  dw = 1\n"
        "  ^");
  CHECK(message("db 1") ==
        "mine.txt:1:4: '=' is expected behind the left side, not '1'\n"
        "  db 1\n"
        "     ^");
  CHECK(message("= 1") ==
        "mine.txt:1:1: a formula begins with what it gives, as in dw[k] = ..., not with '='\n"
        "  = 1\n"
        "  ^");
  CHECK(message("y[i] = 1") ==
        "mine.txt:1:1: y is given, and cannot be defined anew; wanted are dw[k], db\n"
        "  y[i] = 1\n"
        "  ^");
  CHECK(message("d[i] = 1\ndb = 1\ndw[k] = 1") ==
        "mine.txt:1:3: the right side does not have the index i\n"
        "  d[i] = 1\n"
        "    ^");
  CHECK(has(message("db = " + std::string(100000, '(')), "brackets are nested too deeply"));
  CHECK(has(message("db = " + std::string(100000, '-')), "brackets are nested too deeply"));
}

TEST_CASE("a file for the other model is told") {
  const auto message = [](const std::string& text, const char* model) -> std::string {
    derivation::Options options;
    options.model = model;
    try {
      judged(text, options);
    } catch (const FormulaError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  const std::string network = "\nh is a name of the network: is --model network meant?";
  CHECK(message("db = sum_i h[i,1]", "neuron") ==
        "mine.txt:1:12: the name h is not known here; there are N, a, b, t, w, x, y and the "
        "functions sigma, sigma', exp, log, sqrt, abs, tanh\n"
        "  db = sum_i h[i,1]\n"
        "             ^" +
            network);
  CHECK(message("db = w~[1]", "neuron") ==
        "mine.txt:1:6: the name w~ is not known here; there are N, a, b, t, w, x, y and the "
        "functions sigma, sigma', exp, log, sqrt, abs, tanh\n"
        "  db = w~[1]\n"
        "       ^\n"
        "w~ is a name of the network: is --model network meant?");
  CHECK(message("db = 1\n∂J/∂W̃_{j,k} = 1\n", "neuron") ==
        "mine.txt:2:8: the right side does not have the index j\n"
        "  ∂J/∂W̃_{j,k} = 1\n"
        "         ^\n"
        "dW~ is a name of the network: is --model network meant?");
  CHECK(message("db = z", "network") ==
        "mine.txt:1:6: the name z is not known here; there are N, W~, a, a~, b, b~, h, t, w, x, y "
        "and the functions sigma, sigma', exp, log, sqrt, abs, tanh\n"
        "  db = z\n"
        "       ^\n"
        "no name of the network is in the file: is --model neuron meant?");
  // An index h, and a name of one's own, are none of the network's.
  const std::string missing =
      "mine.txt: dw[1] is missing, while other elements are given; wanted are dw[k], db";
  CHECK(message("dw[2] = sum_h x[h,1] x_{h,2} y_h", "neuron") == missing);
  CHECK(message("h[i] = y[i]\na~[i] = a[i]\ndw[2] = sum_i h[i] a~[i]", "neuron") == missing);
  CHECK(message("db~[2] = x[1,1]", "network") ==
        "mine.txt: db~[1] is missing, while other elements are given; wanted are dW~[j,k], db~[k], "
        "dw[k], db");
  const Outcome outcome = run({XTAPE_EXAMPLE_SOURCES "/derivations/network.txt"});
  CHECK(outcome.status == derivation::bad_input);
  CHECK(outcome.err.ends_with(" is a name of the network: is --model network meant?\n"));
}

TEST_CASE("formulas for some of the gradients are judged, and the others are named") {
  const Outcome right = judged("db = 1/N * sum_i (y[i] - t[i]) * s'(a[i])");
  CAPTURE(right.out);
  CHECK(right.status == derivation::right);
  CHECK(has(right.out, "\n∂J/∂b: PASS"));
  CHECK_FALSE(has(right.out, "∂J/∂w"));
  CHECK(
      right.out.ends_with("\nPASS: 1 of 1 gradients agree with autodiff\n"
                          "Not judged, because the file has no formula for it: dw[k]\n"));

  const derivation::Options network{.file = "", .model = "network"};
  const std::string hidden = "db~[k] = 1/N * sum_i (y[i] - t[i]) * s'(a[i]) * w[k]";
  const Outcome wrong = judged(hidden, network);
  CAPTURE(wrong.out);
  CHECK(wrong.status == derivation::wrong);
  CHECK(has(wrong.out, "diagnosis: the factor σ′(ã) of hidden is missing"));
  CHECK(
      wrong.out.ends_with("\nFAIL: 0 of 1 gradients agree with autodiff\nNot judged, because the "
                          "file has no formula for it: dW~[j,k], dw[k], db\n"));
  const Outcome two = judged(hidden + " s'(a~[i,k])\ndb = 1/N Σᵢ (yᵢ − tᵢ) σ′(aᵢ)", network);
  CHECK(two.status == derivation::right);
  CHECK(
      two.out.ends_with("\nPASS: 2 of 2 gradients agree with autodiff\n"
                        "Not judged, because the file has no formula for it: dW~[j,k], dw[k]\n"));

  // A file for the neuron, judged as one for the network.
  const std::string hint = "no name of the network is in the file: is --model neuron meant?\n";
  const Outcome other = judged(neuron, network);
  CHECK(other.status == derivation::wrong);
  CHECK(other.out.ends_with("for it: dW~[j,k], db~[k]\n" + hint));
  CHECK_FALSE(has(judged("db = 1/N Σᵢ (yᵢ − tᵢ) σ′(aᵢ)", network).out, hint));
  CHECK_FALSE(has(judged(neuron).out, "Not judged"));
}

TEST_CASE("the report counts from 1, as the sheet does, and says so") {
  const Outcome exchanged = judged(
      "dw[1] = 1/N * sum_i (y[i] - t[i]) * s'(a[i]) * x[i,2]\n"
      "dw[2] = 1/N * sum_i (y[i] - t[i]) * s'(a[i]) * x[i,1]\n"
      "db    = 1/N * sum_i (y[i] - t[i]) * s'(a[i])\n");
  CAPTURE(exchanged.out);
  CHECK(
      exchanged.out.starts_with("mine.txt, the neuron on 20 samples, elements counted from 1:\n"));
  CHECK(has(exchanged.out, "  diagnosis: elements 1 and 2 are exchanged (counted from 1)\n"));
  CHECK(has(exchanged.out, "\n  [1]  "));
  CHECK(has(exchanged.out, "\n  [2]  "));
  CHECK_FALSE(has(exchanged.out, "[0"));
  CHECK_FALSE(has(exchanged.out, "from 0"));
  const Outcome one = judged(
      "dw[1] = 1/N * sum_i (y[i] - t[i]) * s'(a[i]) * x[i,1]\n"
      "dw[2] = 0\n"
      "db    = 1/N * sum_i (y[i] - t[i]) * s'(a[i])\n");
  CHECK(has(one.out, "fits: only element 2 differs (counted from 1)"));
}

TEST_CASE("hidden neurons that are numbered otherwise are said to be") {
  const derivation::Options network{.file = "", .model = "network"};
  const Outcome outcome = judged(
      "d[i,k] = 1/N (y[i] - t[i]) s'(a[i]) w[k] s'(a~[i,k])\n"
      "dW~[j,1] = sum_i d[i,2] x[i,j]\n"
      "dW~[j,2] = sum_i d[i,1] x[i,j]\n"
      "db~[1] = sum_i d[i,2]\n"
      "db~[2] = sum_i d[i,1]\n"
      "dw[1] = 1/N sum_i (y[i] - t[i]) s'(a[i]) h[i,2]\n"
      "dw[2] = 1/N sum_i (y[i] - t[i]) s'(a[i]) h[i,1]\n"
      "db = 1/N sum_i (y[i] - t[i]) s'(a[i])\n",
      network);
  CAPTURE(outcome.out);
  CHECK(outcome.status == derivation::wrong);
  CHECK(
      outcome.out.ends_with("One mistake explains those that differ, ∂J/∂W̃, ∂J/∂b̃, ∂J/∂w:\n"
                            "  diagnosis: the units of hidden are numbered otherwise: yours 1 is "
                            "ours 2, yours 2 is ours 1 "
                            "(counted from 1)\n"
                            "FAIL: 1 of 4 gradients agree with autodiff\n"));
}

TEST_CASE("the program says what is wrong with its arguments") {
  const xtape_tests::TemporaryFolder folder;
  const std::string missing = folder.path("none.txt").string();
  Outcome outcome = run({missing});
  CHECK(outcome.status == derivation::bad_input);
  CHECK(outcome.err == "check_my_derivation: " + missing + ": there is no such file\n");
  const std::string itself = folder.path("x").parent_path().string();
  CHECK(run({itself}).err == "check_my_derivation: " + itself + ": this is a folder, not a file\n");
  CHECK(run({}).status == derivation::bad_input);
  CHECK(run({missing, "--model", "tree"}).status == derivation::bad_input);
  CHECK(has(run({missing, "--n", "0"}).err, "'0' is not a whole number from 1 to 100000"));
  CHECK(has(run({missing, "--n", "-3"}).err, "'-3' is not a whole number"));
  outcome = run({"--help"});
  CHECK(outcome.status == 0);
  CHECK(has(outcome.out, "Exit status: 0 if all formulas are right, 1 if not, 2 for bad input."));
  const std::string empty = folder.path("empty.txt").string();
  std::ofstream(empty).close();
  outcome = run({empty});
  CHECK(outcome.status == derivation::bad_input);
  CHECK(outcome.err == "check_my_derivation: " + empty + ": this file is empty\n");
}
