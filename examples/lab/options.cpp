#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <numeric>
#include <utility>
#include <vector>
#include <xtape/nn/files_common.hpp>

namespace lab {
namespace {

// CLI11 reads "-3" into an unsigned number, one that is too large into the largest and "1e999" into
// an infinite one; all are told here.
std::string whole_number(const std::string& text, std::uint64_t least) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) return "'" + text + "' is too large";
  if (error != std::errc{} || stop != end || number < least)
    return "'" + text + "' is not a whole number of at least " + std::to_string(least);
  return {};
}

CLI::Validator whole_number_from(std::uint64_t least) {
  return {[least](const std::string& text) { return whole_number(text, least); }, ""};
}

CLI::Validator true_or_false() {
  return {[](const std::string& text) -> std::string {
            bool value = false;
            if (CLI::detail::lexical_cast(text, value)) return {};
            return "'" + text + "' is neither true nor false";
          },
          ""};
}

CLI::Validator not_empty() {
  return {[](const std::string& text) -> std::string { return text.empty() ? "it is empty" : ""; },
          ""};
}

// A terminal obeys control characters.
std::string shown(const std::string& text) {
  return xtape::nn::detail::printable(text, std::string::npos);
}

// What CLI11 says, in our words where its own are about itself.
std::string message_of(const CLI::App& app, const CLI::Error& error) {
  std::string text = error.what();
  if (const auto at = text.find(": At Most 1 required"); at != std::string::npos)
    text = text.substr(0, at) + ": it is given twice";
  if (const auto at = text.find(": 1 required"); at != std::string::npos)
    text = text.substr(0, at) + ": a value is expected";
  return app.get_name() + ": " + shown(text) + "\nRun with --help for more information.\n";
}

CLI::Validator positive_number() {
  return {[](const std::string& text) -> std::string {
            double number = 0;
            if (CLI::detail::lexical_cast(text, number) && number > 0 && std::isfinite(number))
              return {};
            return "'" + text + "' is not a positive, finite number";
          },
          ""};
}

// How many letters have to be put in, left out or exchanged to make one name of the other.
std::size_t letters_apart(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t exchanged = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, exchanged}));
    }
  }
  return row.back();
}

// What is said of arguments that no option takes.
std::string unexpected(const CLI::App& app) {
  const auto arguments = app.remaining();
  const auto is_option = [](const std::string& a) { return a.starts_with("-"); };
  const auto first = std::ranges::find_if(arguments, is_option);
  if (first == arguments.end()) return "'" + arguments.front() + "' belongs to no option";
  const std::string given = first->substr(0, first->find('='));
  std::string nearest;
  std::size_t least = 3;  // letters that a name may be off
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    const bool part = given.size() > 4 && name.ends_with(given.substr(2));
    const std::size_t apart = part ? 0 : letters_apart(name, given);
    if (apart < least) {
      least = apart;
      nearest = name;
    }
  }
  return given + ": there is no such option" +
         (nearest.empty() ? "" : "; is " + nearest + " meant?");
}

}  // namespace

std::string listed_activations() {
  std::string text = activations.front();
  for (std::size_t i = 1; i < activations.size(); ++i)
    text += (i + 1 < activations.size() ? ", " : " or ") + std::string(activations[i]);
  return text;
}

std::optional<int> parse(const Program& program, int argc, char** argv, Options& options) {
  options.linearly_separable = program.linearly_separable;
  CLI::App app(program.description, program.name);
  app.option_defaults()->always_capture_default();
  app.add_option("--linearly-separable", options.linearly_separable,
                 "Which of the lab's two sets is generated; no meaning with --data")
      ->type_name("BOOL")
      ->check(true_or_false())
      ->default_str(program.linearly_separable ? "true" : "false");
  const CLI::Option *hidden = nullptr, *activation = nullptr;
  if (program.has_hidden_layer) {
    hidden = app.add_option("--hidden", options.hidden, "Neurons of the hidden layer")
                 ->check(whole_number_from(1));
    activation =
        app.add_option("--activation", options.activation,
                       "Of the hidden layer: " + listed_activations() + "; the output's is sigmoid")
            ->check(
                CLI::IsMember(std::vector<std::string>(activations.begin(), activations.end())));
  }
  const auto* const batch_size =
      app.add_option("--batch-size", options.batch_size,
                     "Samples in a batch; where it is not given and there are fewer, they are one")
          ->check(whole_number_from(1));
  app.add_option("--learning-rate", options.learning_rate, "Step size of the gradient descent")
      ->check(positive_number());
  app.add_option("--optimizer", options.optimizer,
                 "sgd, momentum (sgd with 0.9 of the last step) or adam, which wants a smaller "
                 "--learning-rate such as 0.01")
      ->check(CLI::IsMember({"sgd", "momentum", "adam"}));
  app.add_option("--n-epochs", options.n_epochs, "Passes over the training set")
      ->check(whole_number_from(0));
  app.add_option("--seed", options.seed, "Of all random numbers: the same seed, the same run")
      ->check(whole_number_from(0));
  app.add_option(
         "--data", options.data,
         "A file to take the place of the generated set: .csv or .npy (x1, ..., xk, label), "
         ".npz or .mat (inputsTrain, labelsTrain, inputsTest, labelsTest)")
      ->capture_default_str()
      ->type_name("FILE")
      ->check(not_empty());
  const auto file = [&](const char* name, std::string& path, const std::string& about) {
    app.add_option(name, path, about)->type_name("FILE")->check(not_empty());
  };
  file("--load", options.load,
       "Begins with the parameters in this file, written by --save, and not with random "
       "ones; with --n-epochs 0 they are only tested" +
           std::string(program.has_hidden_layer
                           ? ". It says how many neurons the hidden layer has, and their "
                             "activation"
                           : ""));
  file("--save", options.save, "Writes the parameters to this file, as JSON");
  file("--json", options.json, "Writes configuration and results to this file");
  file("--plot", options.plot,
       "Draws the test points, the boundary between the classes and the loss in this "
       "file, as SVG; for samples with two features");
  file("--dot", options.dot,
       "Draws the recording of the first batch with its gradients in this file, in the "
       "language of Graphviz: dot -Tsvg FILE; best with a small --batch-size");
  app.add_option("--explain", options.explain,
                 "Shows the chain rule of one number of the first batch's gradient, along every "
                 "path, in symbols and in numbers: --explain 'PARAMETER[i,j]', counted from 0")
      ->type_name("ELEMENT")
      ->check(not_empty());
  file("--tex", options.tex,
       "Writes the derivation of the trained model's gradients to this file, a LaTeX "
       "document: formulas, and the numbers of one batch");
  app.add_flag("--print-tape", options.print_tape,
               "Shows the recording of the first batch with its gradients, before training");
  app.add_flag("--check-gradients", options.check_gradients,
               "Compares the first batch's gradients with the formulas derived by hand, before "
               "training; exit status 1 if they differ");
  app.add_flag("--quiet", options.quiet,
               "Prints the accuracies only, and what is asked for by name");
  app.add_option("--log-every", options.log_every,
                 "Where the output is no terminal: a line every so many epochs; some twenty lines "
                 "in all where it is not given")
      ->default_str("")
      ->check(whole_number_from(1));
  app.set_version_flag("--version", program.name + " (xtape " XTAPE_VERSION ")");
  app.footer(
      "Exit status: 0, 1 where gradients differ, 2 for bad input, 3 where the loss became\n"
      "infinite or no number: the parameters are then those of the last finite loss.\n\n"
      "Examples:\n"
      "  " +
      program.name +
      " --plot result.svg                    # the picture of a run\n"
      "  " +
      program.name +
      " --n-epochs 200 --seed 7 --json results.json\n"
      "  " +
      program.name +
      " --batch-size 4 --n-epochs 1 --print-tape --dot tape.dot\n"
      "  " +
      program.name +
      " --optimizer adam --learning-rate 0.01 --data points.csv\n"
      "  " +
      program.name + " --save trained.json\n" + "  " + program.name +
      " --load trained.json --n-epochs 0 --data more.csv" +
      (program.has_hidden_layer ? "\n  " + program.name + " --hidden 8 --activation tanh" : ""));
  app.allow_extras();
  app.failure_message(
      [](const CLI::App* parsed, const CLI::Error& error) { return message_of(*parsed, error); });
  try {
    app.parse(argc, argv);
    if (app.remaining_size() > 0) {
      std::cerr << program.name << ": " << shown(unexpected(app))
                << "\nRun with --help for more information.\n";
      return bad_input;
    }
    options.batch_size_given = batch_size->count() > 0;
    options.hidden_given = hidden != nullptr && hidden->count() > 0;
    options.activation_given = activation != nullptr && activation->count() > 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? success : bad_input;
  }
  return std::nullopt;
}

}  // namespace lab
