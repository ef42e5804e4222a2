#pragma once
// The parameters of a model in a file that a person can read too.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <xtape/nn/files_parameters.hpp>

namespace lab {

using xtape::nn::named_parameters;
using xtape::nn::NamedParameter;

/// The numbers of a parameter in the brackets of their axes.
nlohmann::ordered_json to_json(const xtape::Parameter& parameter);

/// What kind of model parameters are of.
struct Kind {
  std::string model = "neuron";  ///< or "network"
  std::size_t hidden = 0;        ///< a network's hidden neurons
  std::string activation = {};   ///< and what they do
  bool operator==(const Kind&) const = default;
};
/// "a neuron", "a network with 2 hidden tanh neurons".
std::string to_string(const Kind& kind);

/// The parameters as JSON: what kind of model it is, then for each name the shape and the numbers
/// row by row, with as many digits as bring the very same number back.
std::string saved_text(const Kind& kind, const std::vector<NamedParameter>& parameters);

/// Such a file. What is wrong with it throws std::runtime_error, which names file, parameter, what
/// was found and what is expected.
class Saved {
 public:
  /// Reads the file, once.
  explicit Saved(const std::string& path);

  /// What kind of model it is for, as the file says.
  [[nodiscard]] Kind kind() const;
  /// Puts the numbers into the parameters. Everything is checked before any is changed: the kind of
  /// the model, and what `xtape::nn::load_parameters` checks.
  void load(const Kind& kind, const std::vector<NamedParameter>& parameters) const;

 private:
  std::string path_;
  nlohmann::ordered_json json_;
};

}  // namespace lab
