// What the programs say: in words that fit the number, that name the cause, and that a terminal
// can show.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "data_files.hpp"
#include "program_runs.hpp"

using namespace program_runs;

TEST_CASE("one sample is one sample") {
  const TemporaryFolder folder;
  put(folder, "three.csv", "0,1,0\n1,0,1\n1,1,1\n");  // one of each
  const Outcome outcome = run("train_neuron --n-epochs 0 --data three.csv", folder);
  CHECK(outcome.output.starts_with(
      "1 sample to train on, 1 for validation, 1 to test with; it is one batch\n"));
  put(folder, "one.csv", "0,1,0\n");
  check(folder, "train_neuron --data one.csv",
        "train_neuron: one.csv: 1 sample cannot be split into a training and a test set");
}

TEST_CASE("a file's name and an argument are shown without what a terminal obeys") {
  const TemporaryFolder folder;
  check(folder, "train_neuron --data \"$(printf 'no\\033[31m\\177.csv')\"",
        "train_neuron: no?[31m?.csv: there is no such file");
  check(folder, "train_neuron --load \"$(printf 'no\\033[31m')\"",
        "train_neuron: no?[31m: there is no such file");
  check(folder, "train_neuron --json \"$(printf 'a\\033')\" --dot \"$(printf './a\\033')\"",
        "train_neuron: --json a? and --dot ./a? are the same file");
  check(folder, "train_neuron \"$(printf 'a\\033')\"",
        "train_neuron: 'a?' belongs to no option" + help);
  check(folder, "train_neuron --optimizer \"$(printf 'a\\033')\"",
        "train_neuron: --optimizer: a? not in {sgd,momentum,adam}" + help);
  check(folder, "train_neuron --explain \"$(printf 'a\\033')\"",
        "train_neuron: --explain a?: no parameter a?; there are weight (2, 1), bias (1)");
  check(folder, "check_my_derivation \"$(printf 'a\\033')\"",
        "check_my_derivation: a?: there is no such file");
  put(folder, "a\033", "dw = 1 +\n");
  CHECK(run("check_my_derivation \"$(printf 'a\\033')\"", folder).errors.starts_with("a?:1:"));
}

TEST_CASE("check_my_derivation names itself where an option is wrong") {
  const TemporaryFolder folder;
  check(folder, "check_my_derivation none.txt --model tree",
        "check_my_derivation: --model: tree not in {neuron,network}" + help);
}

TEST_CASE("a name of forty letters and more is shown in full") {
  const TemporaryFolder folder;
  const std::string name(60, 'n');
  check(folder, "train_neuron --data " + name + ".csv",
        "train_neuron: " + name + ".csv: there is no such file");
}

TEST_CASE("arrays have the shape that the file says") {
  using xtape_tests::npy;
  const TemporaryFolder folder;
  put(folder, "flat.npy", npy("<f8", "(120,)", std::vector<double>(120, 1)));
  check(folder, "train_neuron --data flat.npy",
        "train_neuron: flat.npy: shape (120,): columns x1, …, label are expected");
}

TEST_CASE("features of very different sizes are told before training") {
  const TemporaryFolder folder;
  // The third is a thousand times the first, and ninety times.
  std::string wide, like;
  for (int i = 0; i < 120; ++i) {
    const std::string end = i % 2 == 0 ? ",0\n" : ",1\n";
    const std::string start = std::to_string(i % 3) + ",5,";
    wide += start + std::to_string(1000 * (i % 3)) + end;
    like += start + std::to_string(90 * (i % 3)) + end;
  }
  put(folder, "wide.csv", wide);
  put(folder, "like.csv", like);
  const Outcome told = run("train_neuron --n-epochs 0 --data wide.csv", folder);
  const auto at = told.output.find("\nnote: ");
  REQUIRE(at != std::string::npos);
  const std::string note = told.output.substr(at + 1, told.output.find('\n', at + 1) - at - 1);
  CHECK(note.starts_with("note: the largest standard deviation of a feature, 8"));  // √(2/3) 1000
  CHECK(note.ends_with(
      "of feature 3, is 1000 times the smallest, of feature 1: bring the features to like sizes, "
      "or training can stand still"));
  for (const char* const none :
       {"train_neuron --n-epochs 0 --data like.csv", "train_neuron --n-epochs 0",
        "train_neuron --quiet --n-epochs 0 --data wide.csv"})
    CHECK(run(none, folder).output.find("note") == std::string::npos);
}

TEST_CASE("what a file of parameters says of its model") {
  const TemporaryFolder folder;
  REQUIRE(run("train_network --quiet --n-epochs 0 --hidden 3 --activation tanh --save good.json",
              folder)
              .status == 0);
  const std::string good = content(folder.path("good.json"));
  CHECK(good.find("\n  \"model\": \"network\",\n  \"hidden\": 3,\n  \"activation\": \"tanh\",\n") !=
        std::string::npos);
  CHECK(run("train_network --quiet --n-epochs 0 --load good.json", folder).errors == "");
  check(folder, "train_network --load good.json --hidden 4",
        "train_network: good.json: these are the parameters of a network with 3 hidden tanh "
        "neurons, and the model is a network with 4 hidden tanh neurons");
  check(folder, "train_neuron --load good.json",
        "train_neuron: good.json: these are the parameters of a network with 3 hidden tanh "
        "neurons, and the model is a neuron");
  const auto load = [&](const std::string& part, const std::string& other,
                        const std::string& message) {
    const std::size_t at = good.find(part);
    REQUIRE(at != std::string::npos);
    put(folder, "p.json", std::string(good).replace(at, part.size(), other));
    check(folder, "train_network --load p.json", "train_network: p.json: " + message);
  };
  load("\"network\"", "\"a network\"",
       "model \"a network\" where \"neuron\" or \"network\" is expected");
  load("\"hidden\": 3", "\"hidden\": -3",
       "hidden -3: how many neurons, a whole number of at least 1, is expected");
  load("\"hidden\": 3", "\"hidden\": 0",
       "hidden 0: how many neurons, a whole number of at least 1, is expected");
  load("\"hidden\": 3", "\"hidden\": 99999999999999",
       "hidden is 99999999999999, and hidden.bias has 3 values");
  load("\"tanh\"", "\"step\"", "activation \"step\": sigmoid, tanh, relu or softplus is expected");
  load("\"activation\": \"tanh\",", "",
       "there is no \"activation\"; is this a file that --save wrote?");
}

TEST_CASE("--help says what is expected") {
  const TemporaryFolder folder;
  const std::string text = run("train_network --help", folder).output;
  for (const char* const option :
       {"--data", "--load", "--save", "--json", "--plot", "--dot", "--tex"})
    CHECK(text.find(std::string(option) + " FILE") != std::string::npos);
}

TEST_CASE("the picture's subtitle keeps clear of the legend") {
  const TemporaryFolder folder;
  REQUIRE(run("train_neuron --quiet --n-epochs 0 --plot p.svg", folder).status == 0);
  const std::string svg = content(folder.path("p.svg"));
  const auto y_of = [&](const std::string& text) {
    const std::size_t at = svg.find(text), line = svg.rfind('\n', at);
    REQUIRE(at != std::string::npos);
    return std::stod(svg.substr(svg.find("y=\"", line) + 3));
  };
  CHECK(y_of(">0 epochs of sgd, ") + 36 < y_of(">test points<"));
  CHECK(y_of(">boundary, ") + 36 < y_of(">loss<"));
}

TEST_CASE("no page ends between the path of a parameter and its account") {
  const TemporaryFolder folder;
  REQUIRE(run("train_network --quiet --n-epochs 0 --batch-size 9 --tex t.tex", folder).status == 0);
  std::string tex = content(folder.path("t.tex"));
  std::size_t accounts = 0;
  for (std::size_t at = 0; (at = tex.find("\\begin{tabular}", at)) != std::string::npos; ++at) {
    ++accounts;
    const std::size_t begun = tex.rfind("\\begin{minipage}", at);
    REQUIRE(begun != std::string::npos);
    CHECK(tex.find("\\end{minipage}", begun) > at);
    CHECK(tex.find("\\frac{\\partial J}", begun) < at);
  }
  CHECK(accounts == 9);
}

// What \endhead sets aside is measured apart from the rest, and is right in a second run alone.
TEST_CASE("the headings of the table of parameters are its first row") {
  const TemporaryFolder folder;
  REQUIRE(run("train_neuron --quiet --n-epochs 0 --batch-size 2 --tex t.tex", folder).status == 0);
  const std::string tex = content(folder.path("t.tex"));
  CHECK(tex.find("& paths \\\\ \\hline\n$w_{1}$ & $") != std::string::npos);
  CHECK(tex.find("\n\\endhead") == std::string::npos);
}
