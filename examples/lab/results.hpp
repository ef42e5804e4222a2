#pragma once
// What a run gives, and how it is written.

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>
#include <xtape/nn.hpp>

#include "options.hpp"

namespace lab {

struct Results {
  std::vector<double> validation_loss;  // after each epoch
  std::vector<double> training_loss;    // the mean over the batches of each epoch, as it went
  // No numbers until the model is tested.
  double train_accuracy = std::nan(""), validation_accuracy = std::nan(""),
         test_accuracy = std::nan("");
  nlohmann::ordered_json parameters = nlohmann::ordered_json::object();  // by name
  std::string stopped;  // why training ended early; empty: it did not
};

/// Configuration and results as JSON.
std::string to_json(const Program& program, const Options& options, const Results& results);

/// The accuracies, a line each.
std::string accuracy_text(const Results& results);

}  // namespace lab
