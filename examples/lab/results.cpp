#include "results.hpp"

namespace lab {

using Json = nlohmann::ordered_json;

Json to_json(const xtape::Parameter& parameter) {
  const auto values = parameter.value();
  std::vector<Json> level(values.data(), values.data() + parameter.size());
  const auto& extents = values.shape();
  // From the innermost axis outwards: as many arrays as the axes before have elements.
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    std::vector<Json> outer;
    for (std::size_t i = 0; i < level.size(); i += extents[axis])
      outer.emplace_back(
          std::vector<Json>(level.begin() + static_cast<std::ptrdiff_t>(i),
                            level.begin() + static_cast<std::ptrdiff_t>(i + extents[axis])));
    level = std::move(outer);
  }
  return level.front();
}

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
  json["validation_loss"] = results.validation_loss;
  json["train_accuracy"] = results.train_accuracy;
  json["validation_accuracy"] = results.validation_accuracy;
  json["test_accuracy"] = results.test_accuracy;
  json["parameters"] = results.parameters;
  if (!results.stopped.empty()) json["stopped"] = results.stopped;
  return json.dump(2) + "\n";
}

}  // namespace lab
