#include "results.hpp"

#include "axis.hpp"

namespace lab {

using Json = nlohmann::ordered_json;

std::string to_json(const Program& program, const Options& options, const Results& results) {
  Json json;
  json["config"] = {{"program", program.name},
                    {"linearly_separable", options.linearly_separable},
                    {"data", options.data},
                    {"batch_size", options.batch_size},
                    {"learning_rate", options.learning_rate},
                    {"optimizer", options.optimizer},
                    {"n_epochs", options.n_epochs},
                    {"seed", options.seed}};
  if (options.data.empty()) {
    json["config"]["data"] = nullptr;
  } else {
    json["config"]["linearly_separable"] = nullptr;  // nobody knows
  }
  if (program.has_hidden_layer) {
    json["config"]["hidden"] = options.hidden;
    json["config"]["activation"] = options.activation;
  }
  json["config"]["load"] = options.load.empty() ? Json() : Json(options.load);
  json["training_loss"] = results.training_loss;
  json["validation_loss"] = results.validation_loss;
  json["train_accuracy"] = results.train_accuracy;
  json["validation_accuracy"] = results.validation_accuracy;
  json["test_accuracy"] = results.test_accuracy;
  json["parameters"] = results.parameters;
  if (!results.stopped.empty()) json["stopped"] = results.stopped;
  return json.dump(2) + "\n";
}

std::string accuracy_text(const Results& results) {
  const auto percent = [](double part) { return fixed_text(100 * part, 2) + " %\n"; };
  return "training accuracy    " + percent(results.train_accuracy) +       //
         "validation accuracy  " + percent(results.validation_accuracy) +  //
         "test accuracy        " + percent(results.test_accuracy);
}

}  // namespace lab
