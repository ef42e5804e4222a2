#pragma once
// The lab's training program, for any model: the neuron's and the network's differ in one line.

#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <variant>
#include <vector>
#include <xtape/autodiff/inspect/dot.hpp>
#include <xtape/autodiff/inspect/explain.hpp>
#include <xtape/autodiff/inspect/table.hpp>
#include <xtape/nn.hpp>
#include <xtape/nn/files.hpp>

#include "gradient_check.hpp"
#include "options.hpp"
#include "output_file.hpp"
#include "results.hpp"

namespace lab {

inline constexpr std::size_t validation_samples = 1000;

/// The data of a run: to train on, to watch while training, to test with.
struct Data {
  xtape::nn::DataSet train, validation, test;
};

/// Reads or generates the data and sets the validation samples aside.
/// @throws std::exception with a message for the user.
Data load(const Options& options, xtape::Random random);

/// A parameter's element that is asked for by text.
struct ElementName {
  std::string parameter;
  std::vector<std::size_t> index;
};
/// Reads "hidden.weight[0,1]", or "output.bias" where there is one element.
/// @throws std::runtime_error for anything else.
ElementName parse_element(const std::string& text);

/// The first operation of the recording whose value is not finite although its inputs are, or the
/// first leaf, with its place.
std::string first_non_finite(const xtape::Tape& tape);

/// What changes the parameters.
using Optimizer = std::variant<xtape::nn::Sgd, xtape::nn::Adam>;
template <class Model>
Optimizer make_optimizer(Model& model, const Options& options) {
  if (options.optimizer == "adam")
    return xtape::nn::Adam(model, {.learning_rate = options.learning_rate});
  return xtape::nn::Sgd(model, {.learning_rate = options.learning_rate,
                                .momentum = options.optimizer == "momentum" ? 0.9 : 0.0});
}

/// The symbols of the exercise sheet.
inline xtape::Notation sheet_notation() {
  return {{"hidden.weight", "W̃"},  {"hidden.bias", "b̃"},   {"hidden.linear", "ã"},
          {"hidden.sigmoid", "h"}, {"output.weight", "w"}, {"output.bias", "b"},
          {"output.linear", "a"},  {"weight", "w"},        {"bias", "b"},
          {"linear", "a"}};
}

/// @throws std::runtime_error, which lists the names, where the model has no such parameter.
template <class Model>
std::string explanation(Model& model, const xtape::Variable& J, const std::string& text) {
  const ElementName wanted = parse_element(text);
  std::string result, names;
  xtape::nn::for_each_parameter(model, [&](const std::string& name,
                                           const xtape::Parameter& parameter) {
    names += (names.empty() ? "" : ", ") + name + " " + to_string(parameter.shape());
    if (name == wanted.parameter)
      result = xtape::explain(J, parameter, wanted.index, {.notation = sheet_notation()}).text();
  });
  if (result.empty())
    throw std::runtime_error("--explain " + text + ": no parameter " + wanted.parameter +
                             "; there are " + names);
  return result;
}

/// Prints what was asked for about the first batch; false where the gradients differ.
template <class Model>
bool inspect_first_batch(Model& model, Data& data, const Options& options, xtape::Random shuffles,
                         OutputFile& dot) {
  using namespace xtape;
  auto batches = data.train.batches(options.batch_size, shuffles);
  const auto& batch = *batches.begin();
  Tape tape;
  const auto x = tape.constant(borrow(batch.inputs), "x"),
             t = tape.constant(borrow(batch.targets), "t");
  const auto y = model(x).named("y");
  const auto J = nn::half_mse(y, t).named("J");
  if (options.print_tape) std::cout << table(tape, gradients(J)) << "\n";
  if (dot.wanted()) dot.write(to_dot(tape, gradients(J)));
  if (!options.explain.empty()) std::cout << explanation(model, J, options.explain) << "\n";
  if (!options.check_gradients) return true;
  const Samples<double> samples{batch.inputs.data(), batch.targets.data(), options.batch_size,
                                batch.inputs.shape()[1]};
  const auto comparisons = compare(gradients(J, model), by_hand(model, samples));
  std::cout << report(comparisons) << "\n";
  return largest_difference(comparisons) <= ulp_limit;
}

template <class Model>
xtape::Variable predict(xtape::Tape& tape, const Model& model, const xtape::nn::DataSet& data) {
  tape.record({.training = false});
  return model(tape.constant(xtape::borrow(data.inputs())));
}

template <class Model>
Results train(Model& model, Data& data, const Options& options, xtape::Random shuffles) {
  using namespace xtape;
  Results results;
  Tape tape;
  Optimizer optimizer = make_optimizer(model, options);
  Model last = model;  // with a finite loss
  for (std::size_t epoch = 1; epoch <= options.n_epochs && results.stopped.empty(); ++epoch) {
    for (const auto& batch : data.train.batches(options.batch_size, shuffles)) {
      tape.record();
      const auto y = model(tape.constant(borrow(batch.inputs)));
      const auto J = nn::half_mse(y, tape.constant(borrow(batch.targets)));
      if (!std::isfinite(J.item())) {
        std::ostringstream text;
        text << "epoch " << epoch << ", batch " << batch.index + 1 << ": the loss is " << J.item()
             << "; " << first_non_finite(tape);
        results.stopped = text.str();
        model = last;
        break;
      }
      last = model;
      std::visit([&](auto& chosen) { chosen.step(gradients(J, model)); }, optimizer);
    }
    if (!results.stopped.empty()) break;
    const auto y = predict(tape, model, data.validation);
    const auto loss = nn::half_mse(y, tape.constant(borrow(data.validation.targets())));
    results.validation_loss.push_back(loss.item());
    if (!options.quiet)
      std::cout << "epoch " << epoch << ": validation loss " << loss.item() << "\n";
  }
  const auto accuracy_on = [&](const nn::DataSet& set) {
    return nn::accuracy(predict(tape, model, set).value(), set.targets());
  };
  results.train_accuracy = accuracy_on(data.train);
  results.validation_accuracy = accuracy_on(data.validation);
  results.test_accuracy = accuracy_on(data.test);
  nn::for_each_parameter(std::as_const(model),
                         [&](const std::string& name, const Parameter& parameter) {
                           results.parameters[name] = to_json(parameter);
                         });
  return results;
}

/// The whole program: `make(inputs, random)` gives the model. Returns the exit status.
template <class Make>
int run(const Program& program, int argc, char** argv, const Make& make) {
  Options options;
  if (const auto status = parse(program, argc, argv, options)) return *status;
  try {
    // Streams of their own: the model's first numbers are the same for every source of data.
    const xtape::Random random(options.seed);
    xtape::Random weights = random.split(1);
    const xtape::Random shuffles = random.split(2);
    OutputFile json(options.json), dot(options.dot);
    Data data = load(options, random.split(0));
    auto model = make(data.train.inputs().shape()[1], weights);
    const bool looks =
        options.print_tape || options.check_gradients || dot.wanted() || !options.explain.empty();
    if (looks && !inspect_first_batch(model, data, options, shuffles, dot)) return gradients_differ;
    const Results results = train(model, data, options, shuffles);
    std::cout << std::fixed << std::setprecision(2)                                 //
              << "training accuracy    " << 100 * results.train_accuracy << " %\n"  //
              << "validation accuracy  " << 100 * results.validation_accuracy << " %\n"
              << "test accuracy        " << 100 * results.test_accuracy << " %\n";
    if (json.wanted()) json.write(to_json(program, options, results));
    if (results.stopped.empty()) return success;
    std::cerr << program.name << ": " << results.stopped << "\n";
    return diverged;
  } catch (const std::exception& error) {
    std::cerr << program.name << ": " << error.what() << "\n";
    return bad_input;
  }
}

}  // namespace lab
