// The parts of the lab's programs: files that are written whole or not at all, names of elements,
// a training that diverges.

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "lab/outputs.hpp"
#include "lab/program.hpp"
#include "temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using xtape::Array;
using xtape::Parameter;
using xtape::Tape;

std::string content(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}
std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// log(x · p): not finite as soon as p is not positive.
struct Logarithm {
  Parameter p{0.5, "p"};
  xtape::Variable operator()(const xtape::Variable& x) const { return log(x * p); }
  void parameters(auto& each) { each("p", p); }
};

}  // namespace

TEST_CASE("a file is replaced when its new text is complete, and not before") {
  const xtape_tests::TemporaryFolder folder;
  const fs::path path = folder.path("results.json");
  std::ofstream(path) << "old";
  {
    lab::OutputFile file(path.string());
    CHECK(content(path) == "old");
  }
  CHECK(content(path) == "old");
  CHECK(files_in(path.parent_path()) == 1);  // nothing beside it is left
  {
    lab::OutputFile file(path.string());
    file.write("new");
    CHECK(content(path) == "new");
  }
  CHECK(content(path) == "new");
  CHECK(files_in(path.parent_path()) == 1);
  const std::string nowhere = folder.path("none/file").string();
  CHECK_THROWS_WITH(lab::OutputFile{nowhere},
                    (nowhere + ": cannot be written: no file can be made in " +
                     folder.path("none").string() + ": No such file or directory")
                        .c_str());
  const std::string itself = path.parent_path().string();
  CHECK_THROWS_WITH(lab::OutputFile{itself}, (itself + ": is a folder").c_str());
  CHECK_FALSE(lab::OutputFile("").wanted());
}

TEST_CASE("elements are named as in C++") {
  const auto whole = lab::parse_element("output.bias");
  CHECK(whole.parameter == "output.bias");
  CHECK(whole.index.empty());
  const auto one = lab::parse_element("hidden.weight[0,12]");
  CHECK(one.parameter == "hidden.weight");
  CHECK(one.index == std::vector<std::size_t>{0, 12});
  for (const char* text : {"w[0", "w[a]", "w[-1]", "w[0,]x", "w[99999999999]"})
    CHECK_THROWS_WITH(lab::parse_element(text), (std::string("--explain ") + text +
                                                 ": an element is named as in hidden.weight[0,1]")
                                                    .c_str());
}

TEST_CASE("a loss that is not finite stops the training, which keeps the last finite parameters") {
  const Array<double> x = xt::ones<double>({8, 1}), t = -9 * xt::ones<double>({8, 1});
  const xtape::nn::DataSet set(x, t);
  lab::Data data{set, set, set};
  lab::Options options;
  options.batch_size = 4;
  options.learning_rate = 0.2;
  options.n_epochs = 50;
  options.quiet = true;
  Logarithm model;
  const auto results = lab::train(model, data, options, xtape::Random(1));
  CAPTURE(results.stopped);
  CHECK(results.stopped.starts_with("epoch 1, batch 2: the loss is "));
  CHECK(results.stopped.find("; the first value that is not finite is that of log, record 1 "
                             "(lab_program_test.cpp:") != std::string::npos);
  CHECK(model.p.value()() == 0.5);
  CHECK(results.parameters.at("p") == 0.5);
  CHECK(nlohmann::json::parse(lab::to_json({}, options, results)).at("stopped") == results.stopped);
}

TEST_CASE("data that is not finite is named as such") {
  Tape tape;
  const auto t = tape.constant(Array<double>{1, std::nan("")}, "t");
  square(t);
  CHECK(lab::first_non_finite(tape) == "t (2) is not finite");
  tape.record();
  tape.constant(1.0);
  CHECK(lab::first_non_finite(tape) == "all values before it are finite");
}
