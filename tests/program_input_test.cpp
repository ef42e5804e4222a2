// What a user can get wrong with the lab's programs: the whole message, the status, and that
// nothing is left or overwritten.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using xtape_tests::TemporaryFolder;

struct Outcome {
  int status;
  std::string output, errors;
};

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// In the folder, so that messages have short paths; what it prints goes to a folder of its own.
Outcome run(const std::string& arguments, const TemporaryFolder& folder) {
  const TemporaryFolder printed;
  const std::string command = "cd '" + folder.path("").string() + "' && '" XTAPE_EXAMPLES_DIR "'/" +
                              arguments + " > '" + printed.path("out").string() + "' 2> '" +
                              printed.path("err").string() + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(printed.path("out")),
          content(printed.path("err"))};
}

std::map<std::string, std::string> files_of(const TemporaryFolder& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder.path("")))
    files[entry.path().filename().string()] = content(entry.path());
  return files;
}

void put(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  REQUIRE(content(folder.write(name, text)) == text);
}

// Points on both sides of a line, `features` numbers each.
std::string points(int count, int features = 2) {
  std::ostringstream text;
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < features; ++j) text << (i * (7 + 4 * j)) % 23 - 11 << ',';
    text << ((i * 7) % 23 > 11 ? 1 : 0) << '\n';
  }
  return text.str();
}

// The whole message, status 2, and every file as it was.
void check(const TemporaryFolder& folder, const std::string& arguments,
           const std::string& message) {
  CAPTURE(arguments);
  const auto before = files_of(folder);
  const Outcome outcome = run(arguments, folder);
  CHECK(outcome.errors == message + "\n");
  CHECK(outcome.status == 2);
  CHECK(files_of(folder) == before);
}

const std::string help = "\nRun with --help for more information.";

}  // namespace

TEST_CASE("options that are out of range") {
  const TemporaryFolder folder;
  const auto neuron = [&](const std::string& arguments, const std::string& message) {
    check(folder, "train_neuron --json r.json --save p.json --plot p.svg --tex t.tex " + arguments,
          message);
  };
  neuron("--batch-size 0", "--batch-size: '0' is not a whole number of at least 1" + help);
  neuron("--learning-rate -1", "--learning-rate: '-1' is not a positive, finite number" + help);
  neuron("--learning-rate nan", "--learning-rate: 'nan' is not a positive, finite number" + help);
  neuron("--learning-rate 1e999",
         "--learning-rate: '1e999' is not a positive, finite number" + help);
  neuron("--n-epochs -1", "--n-epochs: '-1' is not a whole number that is not negative" + help);
  neuron("--n-epochs 1.5", "--n-epochs: '1.5' is not a whole number that is not negative" + help);
  neuron("--seed -3", "--seed: '-3' is not a whole number that is not negative" + help);
  neuron("--optimizer best", "--optimizer: best not in {sgd,momentum,adam}" + help);
  neuron("--linearly-separable maybe", "Could not convert: --linearly-separable = maybe" + help);
  neuron("--unknown", "The following argument was not expected: --unknown" + help);
  neuron("--batch-size 99999",
         "train_neuron: --batch-size 99999: the generated set has 11000 samples to train on beside "
         "those for validation");
  check(folder, "train_network --hidden 0",
        "--hidden: '0' is not a whole number of at least 1" + help);
  check(folder, "train_network --activation step",
        "--activation: step not in {sigmoid,tanh,relu,softplus}" + help);
  neuron("--explain hidden",
         "train_neuron: --explain hidden: no parameter hidden; there are weight (2, 1), bias (1)");
  neuron("--explain 'weight[2,0]'",
         "train_neuron: --explain weight[2,0]: weight has the shape (2, 1), its last element is "
         "weight[1,0]");
  neuron("--explain 'weight[x]'",
         "train_neuron: --explain weight[x]: an element is named as in hidden.weight[0,1]");
}

TEST_CASE("data files that are not as they should be") {
  const TemporaryFolder folder;
  const auto data = [&](const std::string& name, const std::string& text,
                        const std::string& message) {
    put(folder, name, text);
    check(folder, "train_neuron --json r.json --data " + name, "train_neuron: " + name + message);
  };
  check(folder, "train_neuron --data none.csv", "train_neuron: none.csv: there is no such file");
  data("ragged.csv", "x1,x2,label\n1,2,0\n2,3\n", ": line 3 has 2 columns where line 1 has 3");
  data("typed.csv", "1,2,0\n1,two,0\n", ": line 2, column 2: \"two\" is not a finite number");
  data("label.csv", "1,2,0\n2,3,2\n", ": line 2, column 3: label 2 is neither 0 nor 1");
  data("nan.csv", "1,2,0\n2,nan,1\n", ": line 2, column 2: \"nan\" is not a finite number");
  data("two.csv", "1,2,0\n2,3,1\n",
       ": 1 sample to train on: at least 2 are needed, of which one is set aside for validation");
  data("cut.npy", "\x93NUMPY\x01", ": the file is cut short in its header");
  data("points.txt", "1 2 0\n", ": a file name that ends in .csv, .npy, .npz or .mat is expected");
  put(folder, "few.csv", points(100));  // 14 to test with, 8 for validation
  check(folder, "train_neuron --batch-size 79 --data few.csv",
        "train_neuron: --batch-size 79: few.csv has 78 samples to train on beside those for "
        "validation");
  put(folder, "three.csv", points(100, 3));
  check(folder, "train_neuron --plot p.svg --data three.csv",
        "train_neuron: --plot p.svg: three.csv has samples with 3 features: the picture is one of "
        "points with 2");
}

TEST_CASE("outputs that cannot be, or would overwrite each other") {
  const TemporaryFolder folder;
  put(folder, "few.csv", points(100));
  put(folder, "kept.json", "kept");
  for (const char* option : {"json", "plot", "save", "tex", "dot"}) {
    check(folder,
          std::string("train_neuron --json kept.json --") +
              (std::string(option) == "json" ? "dot" : option) + " none/file",
          "train_neuron: none/file: cannot be written");
    check(
        folder, std::string("train_neuron --data few.csv --") + option + " few.csv",
        "train_neuron: --data few.csv and --" + std::string(option) + " few.csv are the same file");
  }
  check(folder, "train_neuron --plot ./new --json new",
        "train_neuron: --json new and --plot ./new are the same file");
}

TEST_CASE("a small file trains in one batch, and the parameters come back bit by bit") {
  const TemporaryFolder folder;
  put(folder, "few.csv", points(100));
  const std::string data = " --data few.csv --n-epochs 20 --hidden 3 --activation tanh";
  const Outcome first = run("train_network" + data + " --save p.json", folder);
  REQUIRE_MESSAGE(first.status == 0, first.errors);
  CHECK(first.output.starts_with(
      "78 samples to train on, 8 for validation, 14 to test with; all of them are one batch\n"));
  const Outcome second =
      run("train_network --data few.csv --hidden 3 --activation tanh --n-epochs 0 "
          "--load p.json --save q.json --quiet",
          folder);
  REQUIRE_MESSAGE(second.status == 0, second.errors);
  CHECK(content(folder.path("q.json")) == content(folder.path("p.json")));
  CHECK(first.output.ends_with(second.output));  // the accuracies
  // Loaded and saved to one file.
  CHECK(run("train_network --data few.csv --hidden 3 --activation tanh --n-epochs 1 --quiet "
            "--load p.json --save p.json",
            folder)
            .status == 0);
  CHECK(content(folder.path("q.json")) != content(folder.path("p.json")));
}

TEST_CASE("files of parameters that do not fit") {
  const TemporaryFolder folder;
  REQUIRE(run("train_neuron --n-epochs 0 --quiet --save good.json", folder).status == 0);
  const std::string good = content(folder.path("good.json"));
  const auto with = [&](const std::string& part, const std::string& other) {
    const std::size_t at = good.find(part);
    REQUIRE(at != std::string::npos);
    return std::string(good).replace(at, part.size(), other);
  };
  const auto load = [&](const std::string& text, const std::string& message) {
    put(folder, "p.json", text);
    check(folder, "train_neuron --save q.json --load p.json", "train_neuron: p.json: " + message);
  };
  check(folder, "train_neuron --load none.json", "train_neuron: none.json: no such file");
  check(folder, "train_neuron --load .", "train_neuron: .: is a folder");
  check(folder, "train_network --load good.json",
        "train_network: good.json: these are the parameters of \"a neuron\", and the model is \"a "
        "network with 2 hidden sigmoid neurons\"");
  load("{}", "there is no \"format\"; is this a file that --save wrote?");
  load("[1]", "there is no \"format\"; is this a file that --save wrote?");
  load(with("version 1", "version 9"),
       "format \"xtape parameters, version 9\" where \"xtape parameters, version 1\" is expected");
  load(with("\"bias\"", "\"offset\""), "there is no parameter bias");
  load(with("\"bias\"", "\"extra\": {}, \"bias\""),
       "parameter \"extra\" is none of the model's: weight, bias");
  load(with("0.0", "null"), "bias: value 1: null is not a finite number");
  load(with("0.0", "\"0\""), "bias: value 1: \"0\" is not a finite number");
  load(with("0.0", "1, 2"), "bias: 2 values where an array of 1 is expected");
  load(with("\"values\"", "\"numbers\""),
       "weight: there is no \"values\"; is this a file that --save wrote?");
  load(with("2,", "3,"), "weight: shape (3, 1) where the model has (2, 1)");
  load(with("2,", "-2,"), "weight: shape [-2,1]: whole numbers are expected");
  for (std::size_t length = 0; length + 2 < good.size(); length += 7) {  // cut short anywhere
    put(folder, "p.json", good.substr(0, length));
    const Outcome outcome = run("train_neuron --quiet --load p.json", folder);
    CAPTURE(outcome.errors);
    CHECK(outcome.status == 2);
    CHECK(outcome.errors.starts_with("train_neuron: p.json: this is no JSON: parse error at line"));
  }
  put(folder, "p.json", with("0.0", "1e999"));
  const Outcome outcome = run("train_neuron --quiet --load p.json", folder);
  CHECK(outcome.status == 2);
  CHECK(outcome.errors.starts_with("train_neuron: p.json: this is no JSON: number overflow"));
}

TEST_CASE(
    "a loss that is not finite stops with status 3, and the last finite parameters are saved") {
  const TemporaryFolder folder;
  std::string text = points(100);
  text += "1e200,1e200,1\n-1e200,1e200,0\n";
  put(folder, "huge.csv", text);
  const Outcome outcome =
      run("train_network --activation relu --learning-rate 1e200 --n-epochs 50 "
          "--data huge.csv --quiet --save p.json",
          folder);
  CAPTURE(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(outcome.errors.starts_with("train_network: epoch "));
  CHECK(outcome.errors.find(": the loss is ") != std::string::npos);
  CHECK(outcome.errors.find("; the first value that is not finite is that of ") !=
        std::string::npos);
  const std::string saved = content(folder.path("p.json"));
  CHECK(saved.find("null") == std::string::npos);
  CHECK(saved.size() > 100);
}

TEST_CASE("the derivation compiles") {
  if (std::system("pdflatex --version > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: there is no pdflatex");
    return;
  }
  const TemporaryFolder folder;
  for (const char* arguments :
       {"train_neuron", "train_network", "train_network --activation relu --hidden 14",
        "train_network --activation softplus --optimizer adam --learning-rate 0.01",
        "train_network --activation tanh --optimizer momentum --hidden 1"}) {
    CAPTURE(arguments);
    const Outcome made =
        run(std::string(arguments) + " --quiet --n-epochs 3 --batch-size 50 --tex t.tex", folder);
    REQUIRE_MESSAGE(made.status == 0, made.errors);
    const std::string command = "cd '" + folder.path("").string() +
                                "' && pdflatex -interaction=nonstopmode -halt-on-error t.tex > log";
    CHECK(std::system(command.c_str()) == 0);
    const std::string log = content(folder.path("log"));
    CHECK(log.find("Overfull") == std::string::npos);
    CHECK(log.find("Undefined") == std::string::npos);
  }
}
