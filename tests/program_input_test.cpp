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
#include <vector>

#include "data_files.hpp"
#include "program_runs.hpp"
#include "sanitized.hpp"
#include "temporary_folder.hpp"

using namespace program_runs;

TEST_CASE("options that are out of range") {
  const TemporaryFolder folder;
  const auto neuron = [&](const std::string& arguments, const std::string& message) {
    check(folder, "train_neuron --json r.json --save p.json --plot p.svg --tex t.tex " + arguments,
          message);
  };
  neuron("--batch-size 0",
         "train_neuron: --batch-size: '0' is not a whole number of at least 1" + help);
  neuron("--learning-rate -1",
         "train_neuron: --learning-rate: '-1' is not a positive, finite number" + help);
  neuron("--learning-rate nan",
         "train_neuron: --learning-rate: 'nan' is not a positive, finite number" + help);
  neuron("--learning-rate 1e999",
         "train_neuron: --learning-rate: '1e999' is not a positive, finite number" + help);
  neuron("--n-epochs -1",
         "train_neuron: --n-epochs: '-1' is not a whole number of at least 0" + help);
  neuron("--n-epochs 1.5",
         "train_neuron: --n-epochs: '1.5' is not a whole number of at least 0" + help);
  neuron("--seed -3", "train_neuron: --seed: '-3' is not a whole number of at least 0" + help);
  neuron("--optimizer best", "train_neuron: --optimizer: best not in {sgd,momentum,adam}" + help);
  neuron("--linearly-separable maybe",
         "train_neuron: --linearly-separable: 'maybe' is neither true nor false" + help);
  neuron("--n-epochs 99999999999999999999",
         "train_neuron: --n-epochs: '99999999999999999999' is too large" + help);
  neuron("--unknown", "train_neuron: --unknown: there is no such option" + help);
  neuron("--epochs 3",
         "train_neuron: --epochs: there is no such option; is --n-epochs meant?" + help);
  neuron("--optimiser=adam",
         "train_neuron: --optimiser: there is no such option; is --optimizer meant?" + help);
  neuron("points.csv", "train_neuron: 'points.csv' belongs to no option" + help);
  neuron("--batch-size 99999",
         "train_neuron: --batch-size 99999: the generated set has 11000 samples to train on beside "
         "those for validation");
  check(folder, "train_network --hidden 0",
        "train_network: --hidden: '0' is not a whole number of at least 1" + help);
#ifndef XTAPE_SANITIZED  // which stops the program instead
  check(folder, "train_network --hidden 99999999999999 --n-epochs 0",
        "train_network: not enough memory; fewer --hidden neurons or a smaller --batch-size needs "
        "less");
#endif
  check(folder, "train_network --activation step",
        "train_network: --activation: step not in {sigmoid,tanh,relu,softplus}" + help);
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
          "train_neuron: none/file: cannot be written: no file can be made in none: No such file "
          "or directory");
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
  check(folder, "train_neuron --load none.json", "train_neuron: none.json: there is no such file");
  check(folder, "train_neuron --load .", "train_neuron: .: this is a folder, not a file");
  check(
      folder, "train_network --load good.json",
      "train_network: good.json: these are the parameters of a neuron, and the model is a network "
      "with 2 hidden sigmoid neurons");
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
    CHECK(outcome.errors.starts_with(
        length == 0 ? "train_neuron: p.json: this file is empty"
                    : "train_neuron: p.json: this is no JSON: parse error at line"));
  }
  put(folder, "p.json", with("0.0", "1e999"));
  const Outcome outcome = run("train_neuron --quiet --load p.json", folder);
  CHECK(outcome.status == 2);
  CHECK(outcome.errors.starts_with("train_neuron: p.json: this is no JSON: number overflow"));
}

// Where in the source the model was called; the line is no part of the contract.
std::string without_line(const std::string& message) {
  const std::string before = "(program.hpp:";
  const std::size_t at = message.find(before);
  if (at == std::string::npos) return message;
  const std::size_t begin = at + before.size(),
                    end = message.find_first_not_of("0123456789", begin);
  return message.substr(0, begin) + "LINE" + message.substr(end);
}

// Each output weight has a sign of its own, and both hidden values grow until that of the largest
// sample is infinite: their sum is then no number, on every instruction set.
TEST_CASE("a loss that is not finite: the whole message, and the parameters before it are saved") {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 90; ++i) text += i % 2 == 0 ? "1,0,1\n" : "0,1,0\n";
  for (int i = 0; i < 10; ++i) text += "1e308,1e308,1\n";
  put(folder, "far.csv", text);
  put(folder, "start.json",
      R"({"format": "xtape parameters, version 1",
          "model": "network", "hidden": 2, "activation": "relu", "parameters": {
          "hidden.weight": {"shape": [2, 2], "values": [1.7, 0, 0, 1.7]},
          "hidden.bias": {"shape": [2], "values": [0, 0]},
          "output.weight": {"shape": [2, 1], "values": [0.5, -0.25]},
          "output.bias": {"shape": [1], "values": [0]}}})");
  const std::string data = "train_network --quiet --data far.csv ";
  // The epoch in which it stops.
  const auto check_stopped = [&](const std::string& options, const std::string& where) {
    CAPTURE(options);
    const std::string start = data + "--load start.json " + options;
    const Outcome stopped = run(start + " --save p.json --json r.json", folder);
    CHECK(stopped.status == 3);
    const std::string before = "train_network: epoch ";
    REQUIRE(stopped.errors.starts_with(before));
    const int epoch = std::stoi(stopped.errors.substr(before.size()));
    CHECK(without_line(stopped.errors) ==
          before + std::to_string(epoch) + ", " + where +
              ": the loss is nan; the first value that is not finite is that of linear, record 0 "
              "(program.hpp:LINE)\n");
    CHECK(content(folder.path("r.json")).find("\"stopped\": \"epoch ") != std::string::npos);
    // What is printed ends with the last epoch that was whole, though others are left out.
    if (epoch > 1) {
      const std::string log =
          run("train_network --data far.csv --load start.json " + options, folder).output;
      const std::size_t at = log.rfind("epoch ");
      REQUIRE(at != std::string::npos);
      CHECK(log.substr(at).starts_with("epoch " + std::to_string(epoch - 1) + ": "));
    }
    // The very numbers of a run that ends in time, with a finite loss.
    const Outcome shorter =
        run(start + " --save q.json --n-epochs " + std::to_string(epoch - 1), folder);
    CHECK(shorter.status == 0);
    CHECK(content(folder.path("p.json")) == content(folder.path("q.json")));
    const Outcome loaded = run(data + "--load p.json --n-epochs 0", folder);
    CHECK_MESSAGE(loaded.status == 0, loaded.errors);
    CHECK(loaded.output == shorter.output);
    return epoch;
  };
  CHECK(check_stopped("--learning-rate 0.5", "validation samples") > 10);
  CHECK(check_stopped("--learning-rate 100 --batch-size 30", "batch 2") == 1);
}

TEST_CASE("a parameter that is not finite stops the training, though the loss is") {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += std::to_string(10000 + i) + ",10000," + (i % 10 == 0 ? "0\n" : "1\n");
  put(folder, "far.csv", text);
  const std::string zeros =
      R"({"format": "xtape parameters, version 1", "model": "neuron", "parameters": )"
      R"({"weight": {"shape": [2, 1], "values": [0, 0]}, "bias": {"shape": [1], "values": [0]}}})";
  put(folder, "zeros.json", zeros);
  const Outcome outcome = run(
      "train_neuron --data far.csv --learning-rate 1e308 --load zeros.json --save p.json --quiet",
      folder);
  CHECK(outcome.errors.starts_with("train_neuron: epoch 1, validation samples: the loss is 0.0"));
  CHECK(
      outcome.errors.ends_with("; weight (2, 1) is not finite: the step before it "
                               "overflowed; a smaller --learning-rate takes smaller steps\n"));
  CHECK(outcome.status == 3);
  const Outcome same =
      run("train_neuron --data far.csv --load p.json --save q.json --n-epochs 0 --quiet", folder);
  CHECK_MESSAGE(same.status == 0, same.errors);
  CHECK(content(folder.path("q.json")).find("null") == std::string::npos);
}

TEST_CASE("the hidden layer is that of the loaded file, unless the command line says otherwise") {
  const TemporaryFolder folder;
  put(folder, "few.csv", points(100));
  const std::string data = "train_network --data few.csv --quiet";
  const Outcome made =
      run(data + " --hidden 3 --activation relu --n-epochs 5 --save net.json", folder);
  REQUIRE_MESSAGE(made.status == 0, made.errors);
  for (const char* given :
       {"", " --hidden 3", " --activation relu", " --hidden 3 --activation relu"}) {
    CAPTURE(given);
    const Outcome loaded = run(data + given +
                                   " --load net.json --n-epochs 0 --plot p.svg --json r.json "
                                   "--save again.json",
                               folder);
    REQUIRE_MESSAGE(loaded.status == 0, loaded.errors);
    CHECK(loaded.output == made.output);
    CHECK(content(folder.path("again.json")) == content(folder.path("net.json")));
    CHECK(content(folder.path("p.svg")).find("3 hidden relu neurons") != std::string::npos);
    const std::string json = content(folder.path("r.json"));
    CHECK(json.find("\"hidden\": 3") != std::string::npos);
    CHECK(json.find("\"activation\": \"relu\"") != std::string::npos);
  }
  const std::string load = "train_network --data few.csv --load net.json --n-epochs 0 ",
                    found =
                        "train_network: net.json: these are the parameters of a network with "
                        "3 hidden relu neurons, and the model is a network with ";
  check(folder, load + "--hidden 2", found + "2 hidden relu neurons");
  check(folder, load + "--activation sigmoid", found + "3 hidden sigmoid neurons");
  check(folder, load + "--hidden 2 --activation tanh", found + "2 hidden tanh neurons");
}

// Four arrays, cut in the middle and before the last byte.
TEST_CASE("archives and MATLAB files that are cut short") {
  using namespace xtape_tests;
  const TemporaryFolder folder, made;
  [[maybe_unused]] const auto cut = [&](const fs::path& whole, const std::string& in_middle,
                                        const std::string& at_end) {
    const std::string bytes = content(whole), name = whole.filename().string();
    put(folder, name, bytes);
    CHECK(run("train_neuron --quiet --n-epochs 1 --data " + name, folder).status == 0);
    for (const bool middle : {false, true}) {
      put(folder, name, bytes.substr(0, middle ? bytes.size() / 2 : bytes.size() - 1));
      check(folder, "train_neuron --json r.json --data " + name,
            "train_neuron: " + name + ": " + (middle ? in_middle : at_end));
    }
  };
#ifdef XTAPE_HAVE_LIBZIP
  const std::string archive = "this archive of NumPy's arrays is damaged or cut short";
  const std::vector<double> features = {1, 2, 3, 4, 5, 6}, labels = {0, 1, 1};
  const std::string inputs_npy = npy("<f8", "(3, 2)", features),
                    labels_npy = npy("<f8", "(3,)", labels);
  cut(write_zip(made.path("data.npz"),
                {{"inputsTrain.npy", inputs_npy},
                 {"labelsTrain.npy", labels_npy},
                 {"inputsTest.npy", inputs_npy},
                 {"labelsTest.npy", labels_npy}},
                true),
      archive, archive);
#else
  MESSAGE("SKIPPED: .npz, there is no libzip");
#endif
#ifdef XTAPE_HAVE_MATIO
  const std::string damaged = "this MATLAB file is damaged or cut short";
  const std::vector<MatlabMatrix> matrices = {{"inputsTrain", 3, 2, {1, 2, 3, 4, 5, 6}},
                                              {"labelsTrain", 3, 1, {0, 1, 1}},
                                              {"inputsTest", 3, 2, {1, 2, 3, 4, 5, 6}},
                                              {"labelsTest", 3, 1, {0, 1, 1}}};
  cut(made.write("v4.mat", mat4(matrices)), "labelsTrain cannot be read: the file is damaged",
      "labelsTest cannot be read: the file is damaged");
  cut(write_mat(made.path("v5.mat"), MatVersion::v5, matrices), damaged, damaged);
  cut(write_mat(made.path("v7.mat"), MatVersion::v7, matrices), damaged, damaged);
  const std::string nothing =
      "inputsTrain, labelsTrain, inputsTest and labelsTest are expected, or inputs and labels; "
      "the file has nothing that can be read";
  cut(write_mat(made.path("v73.mat"), MatVersion::v73, matrices), nothing, nothing);
#else
  MESSAGE("SKIPPED: .mat, there is no libmatio");
#endif
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
