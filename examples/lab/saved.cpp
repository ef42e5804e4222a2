#include "saved.hpp"

#include <algorithm>
#include <stdexcept>
#include <xtape/nn/files_common.hpp>

#include "options.hpp"

namespace lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format = "xtape parameters, version 1";

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

// A value of the file in a message: short, and on one line.
std::string shown(const Json& value) {
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 60) + "…";
}

Json parsed(const std::string& path) {
  try {
    return Json::parse(xtape::nn::detail::read_bytes(path));
  } catch (const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 1: …": without its number.
    const std::string text = error.what();
    const std::size_t begin = text.find("] ");
    fail(path, "this is no JSON: " + (begin == std::string::npos ? text : text.substr(begin + 2)));
  }
}

const Json& member(const std::string& path, const Json& object, const char* name,
                   const std::string& where) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  if (!object.is_object() || at == object.end())
    fail(path, where + "there is no \"" + name + "\"; is this a file that --save wrote?");
  return *at;
}

std::vector<std::size_t> shape_of(const std::string& path, const std::string& where,
                                  const Json& shape) {
  if (!shape.is_array()) fail(path, where + "shape " + shown(shape) + ": an array is expected");
  std::vector<std::size_t> extents;
  for (const Json& extent : shape) {
    if (!extent.is_number_unsigned())
      fail(path, where + "shape " + shown(shape) + ": whole numbers are expected");
    extents.push_back(extent.get<std::size_t>());
  }
  return extents;
}

std::vector<double> numbers(const std::string& path, const Json& saved,
                            const NamedParameter& parameter) {
  const std::string where = parameter.name + ": ";
  const Json& values = member(path, saved, "values", where);
  check_shape(path, parameter, shape_of(path, where, member(path, saved, "shape", where)));
  const std::size_t count = parameter.shape().size();
  if (!values.is_array() || values.size() != count)
    fail(path, where +
                   (values.is_array() ? std::to_string(values.size()) + " values" : shown(values)) +
                   " where an array of " + std::to_string(count) + " is expected");
  std::vector<double> result;
  for (const Json& value : values) {
    if (!value.is_number())
      fail(path, where + "value " + std::to_string(result.size() + 1) + ": " + shown(value) +
                     " is not a finite number");
    result.push_back(value.get<double>());
  }
  return result;
}

}  // namespace

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

std::string to_string(const Kind& kind) {
  if (kind.model == "neuron") return "a neuron";
  return "a network with " + std::to_string(kind.hidden) + " hidden " + kind.activation +
         (kind.hidden == 1 ? " neuron" : " neurons");
}

std::string saved_text(const Kind& kind, const std::vector<NamedParameter>& parameters) {
  Json json;
  json["format"] = format;
  json["model"] = kind.model;
  if (kind.model == "network") {
    json["hidden"] = kind.hidden;
    json["activation"] = kind.activation;
  }
  json["parameters"] = Json::object();
  for (const NamedParameter& parameter : parameters) {
    Json& saved = json["parameters"][parameter.name];
    saved["shape"] = std::vector<std::size_t>(parameter.shape().begin(), parameter.shape().end());
    saved["values"] = parameter.values();
  }
  return json.dump(2) + "\n";
}

Saved::Saved(const std::string& path) : path_(path), json_(parsed(path)) {
  if (const Json& found = member(path_, json_, "format", ""); found != format)
    fail(path_, "format " + shown(found) + " where \"" + format + "\" is expected");
}

Kind Saved::kind() const {
  const Json& model = member(path_, json_, "model", "");
  if (model == "neuron") return {};
  if (model != "network")
    fail(path_, "model " + shown(model) + " where \"neuron\" or \"network\" is expected");
  const Json &hidden = member(path_, json_, "hidden", ""),
             &activation = member(path_, json_, "activation", "");
  if (!hidden.is_number_unsigned() || hidden == 0)
    fail(path_, "hidden " + shown(hidden) +
                    ": how many neurons, a whole number of at least 1, is expected");
  if (std::ranges::none_of(activations, [&](const char* name) { return activation == name; }))
    fail(path_, "activation " + shown(activation) + ": " + listed_activations() + " is expected");
  const auto neurons = hidden.get<std::size_t>();
  // Before a model of that size is made.
  const auto at = Json::json_pointer() / "parameters" / "hidden.bias" / "values";
  if (const std::size_t found = json_.contains(at) ? json_.at(at).size() : 0; found != neurons)
    fail(path_, "hidden is " + std::to_string(neurons) + ", and hidden.bias has " +
                    xtape::nn::detail::counted(found, "value"));
  return {"network", neurons, activation.get<std::string>()};
}

void Saved::load(const Kind& kind, const std::vector<NamedParameter>& parameters) const {
  if (const Kind found = this->kind(); found != kind)
    fail(path_, "these are the parameters of " + to_string(found) + ", and the model is " +
                    to_string(kind));
  const Json& all = member(path_, json_, "parameters", "");
  if (!all.is_object()) fail(path_, "parameters: names with shapes and values are expected");
  std::vector<std::string> names;
  for (const auto& [name, unused] : all.items()) names.push_back(name);
  assign_parameters(path_, parameters, names, [&](const NamedParameter& parameter) {
    return numbers(path_, all.at(parameter.name), parameter);
  });
}

}  // namespace lab
