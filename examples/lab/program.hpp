#pragma once
// The lab's training program, for any model: the neuron's and the network's differ in one line.

#include <fstream>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <xtape/autodiff/inspect/table.hpp>
#include <xtape/nn.hpp>
#include <xtape/nn/files.hpp>

#include "gradient_check.hpp"
#include "options.hpp"
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

/// Whether the file for the results can be written, before hours are spent on them.
/// @throws std::runtime_error when it cannot.
void check_writable(const std::string& file);

/// Prints what was asked for about the first batch; false where the gradients differ.
template <class Model>
bool inspect_first_batch(Model& model, Data& data, const Options& options, xtape::Random shuffles) {
  using namespace xtape;
  auto batches = data.train.batches(options.batch_size, shuffles);
  const auto& batch = *batches.begin();
  Tape tape;
  const auto x = tape.constant(borrow(batch.inputs), "x"),
             t = tape.constant(borrow(batch.targets), "t");
  const auto y = model(x).named("y");
  const auto J = nn::half_mse(y, t).named("J");
  if (options.print_tape) std::cout << table(tape, gradients(J)) << "\n";
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
  nn::Sgd sgd(model, {.learning_rate = options.learning_rate});
  for (std::size_t epoch = 1; epoch <= options.n_epochs; ++epoch) {
    for (const auto& batch : data.train.batches(options.batch_size, shuffles)) {
      tape.record();
      const auto y = model(tape.constant(borrow(batch.inputs)));
      const auto J = nn::half_mse(y, tape.constant(borrow(batch.targets)));
      sgd.step(gradients(J, model));
    }
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
    check_writable(options.json);
    Data data = load(options, random.split(0));
    auto model = make(data.train.inputs().shape()[1], weights);
    if ((options.print_tape || options.check_gradients) &&
        !inspect_first_batch(model, data, options, shuffles))
      return gradients_differ;
    const Results results = train(model, data, options, shuffles);
    std::cout << std::fixed << std::setprecision(2)                                 //
              << "training accuracy    " << 100 * results.train_accuracy << " %\n"  //
              << "validation accuracy  " << 100 * results.validation_accuracy << " %\n"
              << "test accuracy        " << 100 * results.test_accuracy << " %\n";
    if (!options.json.empty()) write_json(options.json, program, options, results);
    return success;
  } catch (const std::exception& error) {
    std::cerr << program.name << ": " << error.what() << "\n";
    return bad_input;
  }
}

}  // namespace lab
