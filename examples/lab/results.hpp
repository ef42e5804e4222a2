#pragma once
// What a run gives, and how it is written.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>
#include <xtape/nn.hpp>

#include "options.hpp"

namespace lab {

struct Results {
  std::vector<double> validation_loss;  // after each epoch
  double train_accuracy = 0, validation_accuracy = 0, test_accuracy = 0;
  nlohmann::ordered_json parameters = nlohmann::ordered_json::object();  // by name
  std::string stopped;  // why training ended early; empty: it did not
};

/// The numbers of a parameter in the brackets of their axes.
nlohmann::ordered_json to_json(const xtape::Parameter& parameter);

/// Configuration and results as JSON.
std::string to_json(const Program& program, const Options& options, const Results& results);

}  // namespace lab
