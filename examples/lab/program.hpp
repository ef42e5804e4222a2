#pragma once
// The lab's training program, for any model: the neuron's and the network's differ in one line.

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <variant>
#include <vector>
#include <xtape/autodiff/inspect/dot.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/explain.hpp>
#include <xtape/autodiff/inspect/table.hpp>
#include <xtape/nn.hpp>
#include <xtape/nn/files_common.hpp>
#include <xtensor/xview.hpp>

#include "data.hpp"
#include "derivation.hpp"
#include "gradient_check.hpp"
#include "options.hpp"
#include "outputs.hpp"
#include "progress.hpp"
#include "results.hpp"
#include "saved.hpp"

namespace lab {

/// A parameter's element that is asked for by text.
struct ElementName {
  std::string parameter;
  std::vector<std::size_t> index;
};
/// Reads "hidden.weight[0,1]", or "output.bias" where there is one element.
/// @throws std::runtime_error for anything else.
ElementName parse_element(const std::string& text);

/// @throws std::runtime_error, which names what was asked for, where there is no such element.
void check_index(const std::string& text, const xtape::Parameter& parameter,
                 const std::vector<std::size_t>& index);

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

/// What kind of model a file of parameters is for.
Kind kind_of(const Program& program, const Options& options);

/// The hidden layer becomes that of a file of parameters, as far as the command line does not say.
void take_hidden_layer(const Saved& saved, const Program& program, Options& options);

/// The symbols of the exercise sheet.
inline xtape::Notation sheet_notation() {
  return {{"hidden.weight", "W̃"},   {"hidden.bias", "b̃"},   {"hidden.linear", "ã"},
          {"hidden.sigmoid", "h"},  {"hidden.tanh", "h"},   {"hidden.relu", "h"},
          {"hidden.softplus", "h"}, {"output.weight", "w"}, {"output.bias", "b"},
          {"output.linear", "a"},   {"weight", "w"},        {"bias", "b"},
          {"linear", "a"}};
}

/// The parameter and the element that --explain names.
/// @throws std::runtime_error, which lists the names, where the model has no such parameter.
template <class Model>
std::pair<const xtape::Parameter*, std::vector<std::size_t>> explained(Model& model,
                                                                       const std::string& text) {
  const ElementName wanted = parse_element(text);
  const xtape::Parameter* found = nullptr;
  std::string names;
  xtape::nn::for_each_parameter(
      model, [&](const std::string& name, const xtape::Parameter& parameter) {
        names += (names.empty() ? "" : ", ") + name + " " + to_string(parameter.shape());
        if (name == wanted.parameter) found = &parameter;
      });
  if (found == nullptr)
    throw std::runtime_error("--explain " + text + ": no parameter " + wanted.parameter +
                             "; there are " + names);
  check_index(text, *found, wanted.index);
  return {found, wanted.index};
}

/// The predictions of a trained model for samples, one each.
using Predict = std::function<std::vector<double>(const xtape::Array<double>& inputs)>;

/// The picture of a run: see plot.hpp.
std::string draw(const Program& program, const Data& data, const Options& options,
                 const Results& results, const Predict& predictions);
/// What was trained and how, as a line.
std::string described(const Program& program, const Data& data, const Options& options,
                      const Results& results);

/// Records the loss of the first batch under the sheet's names and looks at it: look(tape, batch,
/// J).
template <class Model, class Look>
auto with_first_batch(Model& model, Data& data, const Options& options, xtape::Random shuffles,
                      Look&& look) {
  using namespace xtape;
  auto batches = data.train.batches(options.batch_size, shuffles);
  const auto& batch = *batches.begin();
  Tape tape;
  const auto x = tape.constant(borrow(batch.inputs), "x"),
             t = tape.constant(borrow(batch.targets), "t");
  const auto J = nn::half_mse(model(x).named("y"), t).named("J");
  return look(tape, batch, J);
}

/// Prints what was asked for about the first batch; false where the gradients differ.
template <class Model>
bool inspect_first_batch(Model& model, Data& data, const Options& options, xtape::Random shuffles,
                         OutputFile& dot) {
  using namespace xtape;
  return with_first_batch(
      model, data, options, shuffles, [&](Tape& tape, const auto& batch, const Variable& J) {
        if (options.print_tape) std::cout << table(tape, gradients(J)) << "\n";
        if (dot.wanted()) dot.write(to_dot(tape, gradients(J)));
        if (!options.explain.empty()) {
          const auto [parameter, index] = explained(model, options.explain);
          const auto paths = explain(J, *parameter, index, {.notation = sheet_notation()});
          std::cout << paths.text() << "\n";
        }
        if (!options.check_gradients) return true;
        const Samples<double> samples{batch.inputs.data(), batch.targets.data(), options.batch_size,
                                      batch.inputs.shape()[1]};
        const auto comparisons = compare(
            gradients(J, model), by_hand(model, samples, formulas_of<double>(options.activation)));
        std::cout << report(comparisons) << "\n";
        return largest_difference(comparisons) <= ulp_limit;
      });
}

template <class Model>
xtape::Variable predict(xtape::Tape& tape, const Model& model, const xtape::nn::DataSet& data) {
  tape.record({.training = false});
  return model(tape.constant(xtape::borrow(data.inputs())));
}

template <class Model>
bool all_finite(const Model& model) {
  bool finite = true;
  xtape::nn::for_each_parameter(model, [&](const std::string&, const xtape::Parameter& parameter) {
    const double* const numbers = parameter.value().data();
    finite = finite && std::all_of(numbers, numbers + parameter.size(),
                                   [](double x) { return std::isfinite(x); });
  });
  return finite;
}

/// What a model gives for samples, no more than `at_once` of them in one recording: many samples at
/// once take memory that training did not.
template <class Model>
std::vector<double> outputs_of(const Model& model, const xtape::Array<double>& inputs,
                               std::size_t at_once) {
  std::vector<double> result;
  xtape::Tape tape;
  const std::size_t all = inputs.shape()[0];
  for (std::size_t i = 0; i < all; i += at_once) {
    const xtape::Array<double> some =
        xt::view(inputs, xt::range(i, std::min(i + at_once, all)), xt::all());
    tape.record({.training = false});
    const auto y = model(tape.constant(xtape::borrow(some))).value();
    result.insert(result.end(), y.data(), y.data() + y.size());
  }
  return result;
}

/// Trains the model. A loss or a parameter that is not finite ends it, with the parameters of the
/// last finite loss. The accuracies are left to `test`.
template <class Model>
Results train(Model& model, Data& data, const Options& options, xtape::Random shuffles) {
  using namespace xtape;
  Results results;
  Tape tape;
  Optimizer optimizer = make_optimizer(model, options);
  Progress progress(options.n_epochs, options.quiet, options.log_every);
  Model last = model;  // with a finite loss
  const auto stop = [&](std::size_t epoch, const std::string& where, double loss) {
    std::ostringstream text;
    text << "epoch " << epoch << ", " << where << ": the loss is ";
    if (std::isnan(loss))
      text << "nan";  // whatever its sign
    else
      text << loss;
    text << "; " << first_non_finite(tape);
    results.stopped = text.str();
    model = last;
  };
  for (std::size_t epoch = 1; epoch <= options.n_epochs && results.stopped.empty(); ++epoch) {
    double sum = 0, batches = 0;
    for (const auto& batch : data.train.batches(options.batch_size, shuffles)) {
      tape.record();
      const auto y = model(tape.constant(borrow(batch.inputs)));
      const auto J = nn::half_mse(y, tape.constant(borrow(batch.targets)));
      if (!std::isfinite(J.item()) || !all_finite(model)) {
        stop(epoch, "batch " + std::to_string(batch.index + 1), J.item());
        break;
      }
      sum += J.item();
      ++batches;
      last = model;
      std::visit([&](auto& chosen) { chosen.step(gradients(J, model)); }, optimizer);
    }
    if (!results.stopped.empty()) break;
    const auto y = predict(tape, model, data.validation);
    const auto loss = nn::half_mse(y, tape.constant(borrow(data.validation.targets())));
    if (!std::isfinite(loss.item()) || !all_finite(model)) {
      stop(epoch, "validation samples", loss.item());
      break;
    }
    results.training_loss.push_back(sum / batches);
    results.validation_loss.push_back(loss.item());
    progress.epoch(epoch, loss.item());
  }
  nn::for_each_parameter(std::as_const(model),
                         [&](const std::string& name, const Parameter& parameter) {
                           results.parameters[name] = to_json(parameter);
                         });
  return results;
}

/// The accuracies of a trained model.
template <class Model>
void test(const Model& model, const Data& data, Results& results) {
  const auto accuracy_on = [&](const xtape::nn::DataSet& set) {
    const auto y = outputs_of(model, set.inputs(), data.validation.size());
    return xtape::nn::accuracy(xt::adapt(y, set.targets().shape()), set.targets());
  };
  results.train_accuracy = accuracy_on(data.train);
  results.validation_accuracy = accuracy_on(data.validation);
  results.test_accuracy = accuracy_on(data.test);
}

/// Explains the numbers of a model over the first batch, each parameter's first ones.
template <class Model>
Derivation derive(Model& model, Data& data, const Options& options, xtape::Random shuffles) {
  using namespace xtape;
  return with_first_batch(
      model, data, options, shuffles, [&](Tape&, const auto& batch, const Variable& J) {
        Derivation result{{}, options.batch_size, batch.inputs.shape()[1], 0, {}};
        nn::for_each_parameter(model, [&](const std::string&, const Parameter& parameter) {
          for (std::size_t i = 0; i < std::min(parameter.size(), most_derived); ++i)
            result.elements.push_back({parameter.value().data()[i],
                                       explain(J, parameter, indices_of(parameter.shape(), i),
                                               {.paths = 1, .notation = sheet_notation()})});
          result.left_out += parameter.size() - std::min(parameter.size(), most_derived);
        });
        return result;
      });
}

/// Tests a trained model, draws and writes what was asked for: first what cannot be had again, the
/// parameters. What fails keeps nothing else from being done.
/// @throws std::runtime_error in the end, which says all that failed.
template <class Model>
void finish(const Program& program, Model& model, Data& data, const Options& options,
            Results& results, const xtape::Random& shuffles, Outputs& outputs) {
  std::string failed;
  const auto attempt = [&](const std::string& what, const auto& act) {
    std::string why;
    try {
      act();
    } catch (const std::bad_alloc&) {
      why = what + ": not enough memory";
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (!why.empty()) failed += (failed.empty() ? "" : "; ") + why;
  };
  const auto write = [&](const char* option, const std::string& name, OutputFile& file,
                         const auto& text) {
    if (file.wanted()) attempt(option + name, [&] { file.write(text()); });
  };
  write("--save ", options.save, outputs.save,
        [&] { return saved_text(kind_of(program, options), named_parameters(model)); });
  attempt("the test", [&] {
    test(model, data, results);
    std::cout << accuracy_text(results) << std::flush;
  });
  write("--json ", options.json, outputs.json, [&] { return to_json(program, options, results); });
  write("--tex ", options.tex, outputs.tex, [&] {
    Derivation derivation = derive(model, data, options, shuffles);
    derivation.described = described(program, data, options, results);
    return derivation_latex(program, options, results, derivation);
  });
  write("--plot ", options.plot, outputs.plot, [&] {
    return draw(program, data, options, results, [&](const xtape::Array<double>& inputs) {
      return outputs_of(model, inputs, data.validation.size());
    });
  });
  if (!failed.empty()) throw std::runtime_error(failed);
}

/// The whole program: `make(inputs, options, random)` gives the model. Returns the exit status.
template <class Make>
int run(const Program& program, int argc, char** argv, const Make& make) {
  Options options;
  if (const auto status = parse(program, argc, argv, options)) return *status;
  try {
    // Streams of their own: the model's first numbers are the same for every source of data.
    const xtape::Random random(options.seed);
    xtape::Random weights = random.split(1);
    const xtape::Random shuffles = random.split(2);
    Outputs outputs(options);
    std::optional<Saved> saved;
    if (!options.load.empty()) take_hidden_layer(saved.emplace(options.load), program, options);
    Data data = load_data(options, random.split(0));
    auto model = make(data.train.inputs().shape()[1], options, weights);
    if (saved) saved->load(kind_of(program, options), named_parameters(model));
    if (!options.explain.empty()) static_cast<void>(explained(model, options.explain));
    if (!options.quiet) std::cout << sizes_text(data, options) << "\n" << note_on(data);
    const bool looks = options.print_tape || options.check_gradients || outputs.dot.wanted() ||
                       !options.explain.empty();
    if (looks && !inspect_first_batch(model, data, options, shuffles, outputs.dot))
      return gradients_differ;
    Results results = train(model, data, options, shuffles);
    finish(program, model, data, options, results, shuffles, outputs);
    if (!std::cout) throw std::runtime_error("the standard output cannot be written");
    if (results.stopped.empty()) return success;
    std::cerr << program.name << ": " << results.stopped << "\n";
    return diverged;
  } catch (const std::bad_alloc&) {
    std::cerr << program.name << ": not enough memory; "
              << (program.has_hidden_layer ? "fewer --hidden neurons or " : "")
              << "a smaller --batch-size needs less\n";
    return bad_input;
  } catch (const std::exception& error) {
    std::cerr << program.name << ": "
              << xtape::nn::detail::printable(error.what(), std::string::npos) << "\n";
    return bad_input;
  }
}

}  // namespace lab
