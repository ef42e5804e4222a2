// The lab's programs, run as a user runs them.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "temporary_folder.hpp"

namespace {

struct Outcome {
  int status;
  std::string text;
};

Outcome run(const std::string& arguments, const xtape_tests::TemporaryFolder& folder) {
  const std::string output = folder.path("output").string();
  const std::string command = "'" XTAPE_EXAMPLES_DIR "'/" + arguments + " > '" + output + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ostringstream text;
  text << std::ifstream(output).rdbuf();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text.str()};
}

}  // namespace

TEST_CASE("the programs train and write what they found") {
  const xtape_tests::TemporaryFolder folder;
  const std::string file = folder.path("results.json").string();
  for (const bool neuron : {true, false}) {
    const std::string program = neuron ? "train_neuron" : "train_network";
    const Outcome outcome = run(
        program + " --n-epochs 200 --check-gradients --print-tape --json '" + file + "'", folder);
    REQUIRE_MESSAGE(outcome.status == 0, outcome.text);
    CHECK(outcome.text.find("gradients agree") != std::string::npos);
    CHECK(outcome.text.find("half_mse") != std::string::npos);
    CHECK(outcome.text.find("epoch 200: validation loss") != std::string::npos);
    std::ifstream stream(file);
    const auto json = nlohmann::json::parse(stream);
    CHECK(json.at("config").at("n_epochs") == 200);
    CHECK(json.at("config").at("linearly_separable") == neuron);
    CHECK(json.at("validation_loss").size() == 200);
    for (const char* key : {"train_accuracy", "validation_accuracy", "test_accuracy"})
      CHECK(json.at(key).get<double>() >= (neuron ? 0.97 : 0.93));
    CHECK(json.at("parameters").size() == (neuron ? 2 : 4));
    const auto& weight = json.at("parameters").at(neuron ? "weight" : "hidden.weight");
    CHECK(weight.size() == 2);
    CHECK(weight.at(0).size() == (neuron ? 1 : 2));
  }
}

TEST_CASE("what is printed elsewhere than on a terminal has few lines, or as many as are wanted") {
  const xtape_tests::TemporaryFolder folder;
  const auto lines = [&](const std::string& arguments) {
    const Outcome outcome = run("train_neuron --batch-size 5000 " + arguments, folder);
    CHECK_MESSAGE(outcome.status == 0, outcome.text);
    std::istringstream text(outcome.text);
    std::string all;
    for (std::string line; std::getline(text, line);)
      if (line.starts_with("epoch ")) all += line.substr(6, line.find(':') - 6) + " ";
    return all;
  };
  CHECK(lines("--n-epochs 100") ==
        "1 5 10 15 20 25 30 35 40 45 50 55 60 65 70 75 80 85 90 95 100 ");
  CHECK(lines("--n-epochs 7 --log-every 3") == "1 3 6 7 ");
  CHECK(lines("--n-epochs 4 --log-every 1") == "1 2 3 4 ");
  CHECK(lines("--n-epochs 4 --quiet") == "");
  const Outcome none = run("train_neuron --log-every 0", folder);
  CHECK(none.status == 2);
  CHECK(none.text.find("--log-every") != std::string::npos);
}

TEST_CASE("quiet prints the accuracies only") {
  const xtape_tests::TemporaryFolder folder;
  const Outcome outcome = run("train_neuron --quiet --n-epochs 2", folder);
  CHECK(outcome.status == 0);
  CHECK(outcome.text.find("epoch") == std::string::npos);
  CHECK(outcome.text.starts_with("training accuracy"));
}

TEST_CASE("the programs' help") {
  const xtape_tests::TemporaryFolder folder;
  const Outcome network = run("train_network --help", folder),
                neuron = run("train_neuron --help", folder);
  CHECK(network.status == 0);
  CHECK(neuron.status == 0);
  for (const char* option : {"--plot", "--save", "--load", "--tex", "Examples:"}) {
    CHECK(network.text.find(option) != std::string::npos);
    CHECK(neuron.text.find(option) != std::string::npos);
  }
  CHECK(network.text.find("--hidden") != std::string::npos);
  CHECK(neuron.text.find("--hidden") == std::string::npos);
}

TEST_CASE("with the course's defaults both learn what they can, whatever the seed") {
  const xtape_tests::TemporaryFolder folder;
  const std::string file = folder.path("results.json").string();
#ifdef NDEBUG
  const int seeds = 5;
#else
  const int seeds = 1;  // without optimisation one takes as long as five
#endif
  for (int seed = 1; seed <= seeds; ++seed)
    for (const bool neuron : {true, false}) {
      CAPTURE(seed);
      const Outcome outcome =
          run((neuron ? "train_neuron" : "train_network") + std::string(" --quiet --seed ") +
                  std::to_string(seed) + " --json '" + file + "'",
              folder);
      REQUIRE_MESSAGE(outcome.status == 0, outcome.text);
      std::ifstream stream(file);
      const auto json = nlohmann::json::parse(stream);
      CHECK(json.at("config").at("n_epochs") == 1000);
      CHECK(json.at("test_accuracy").get<double>() >= (neuron ? 0.98 : 0.95));
    }
}

TEST_CASE("a neuron learns from a file of comma-separated numbers") {
  const xtape_tests::TemporaryFolder folder;
  const std::string data = folder.path("points.csv").string();
  {
    std::ofstream stream(data);
    stream << "x1,x2,label\n";
    for (int i = 0; i < 60; ++i)
      for (int j = 0; j < 60; ++j) {
        const double x = (i - 29.5) / 6, y = (j - 29.5) / 6;
        stream << x << ',' << y << ',' << (y < 0.5 * x - 1 ? 1 : 0) << '\n';
      }
  }
  const std::string file = folder.path("results.json").string();
  const Outcome outcome =
      run("train_neuron --data '" + data + "' --json '" + file + "' --quiet", folder);
  REQUIRE_MESSAGE(outcome.status == 0, outcome.text);
  std::ifstream stream(file);
  CHECK(nlohmann::json::parse(stream).at("test_accuracy").get<double>() >= 0.98);
}

TEST_CASE("check_my_derivation judges its sample files") {
  const xtape_tests::TemporaryFolder folder;
  const auto judged = [&](const std::string& file, const std::string& options = "") {
    return run(
        "check_my_derivation '" XTAPE_EXAMPLE_SOURCES "/derivations/" + file + "' " + options,
        folder);
  };
  const Outcome neuron = judged("neuron.txt"), network = judged("network.txt", "--model network"),
                wrong = judged("network_with_mistakes.txt", "--model network");
  CHECK_MESSAGE(neuron.status == 0, neuron.text);
  CHECK(neuron.text.find("PASS: 2 of 2 gradients agree with autodiff") != std::string::npos);
  CHECK_MESSAGE(network.status == 0, network.text);
  CHECK(network.text.find("PASS: 4 of 4 gradients agree with autodiff") != std::string::npos);
  CHECK_MESSAGE(wrong.status == 1, wrong.text);
  CHECK(wrong.text.find("FAIL: 2 of 4 gradients agree with autodiff") != std::string::npos);
  CHECK(wrong.text.find("is missing") != std::string::npos);
  CHECK(judged("none.txt").status == 2);
}
