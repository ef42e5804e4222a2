#include "program.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "axis.hpp"
#include "plot.hpp"

namespace lab {

ElementName parse_element(const std::string& text) {
  ElementName result;
  const std::size_t bracket = text.find('[');
  result.parameter = text.substr(0, bracket);
  if (bracket == std::string::npos) return result;
  const auto wrong = [&]() -> std::runtime_error {
    return std::runtime_error("--explain " + text +
                              ": an element is named as in hidden.weight[0,1]");
  };
  if (text.back() != ']' || text[text.size() - 2] == ',' || bracket == 0) throw wrong();
  std::istringstream numbers(text.substr(bracket + 1, text.size() - bracket - 2));
  if (text.size() - bracket == 2) throw wrong();
  for (std::string number; std::getline(numbers, number, ',');) {
    if (number.empty() || number.size() > 9 ||
        number.find_first_not_of("0123456789") != std::string::npos)
      throw wrong();
    result.index.push_back(std::stoul(number));
  }
  return result;
}

void check_index(const std::string& text, const xtape::Parameter& parameter,
                 const std::vector<std::size_t>& index) {
  if (index.empty() && parameter.size() == 1) return;
  const xtape::Shape& shape = parameter.shape();
  bool inside = index.size() == shape.rank();
  for (std::size_t axis = 0; inside && axis < index.size(); ++axis)
    inside = index[axis] < shape[axis];
  if (inside) return;
  std::string last;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    last += (axis == 0 ? "" : ",") + std::to_string(shape[axis] - 1);
  throw std::runtime_error("--explain " + text + ": " + (index.empty() ? "which element? " : "") +
                           parameter.name() + " has the shape " + to_string(shape) +
                           ", its last element is " + parameter.name() + "[" + last + "]");
}

Kind kind_of(const Program& program, const Options& options) {
  if (!program.has_hidden_layer) return {};
  return {"network", options.hidden, options.activation};
}

void take_hidden_layer(const Saved& saved, const Program& program, Options& options) {
  const Kind found = saved.kind();
  // Where it is the other program's, loading says so.
  if (!program.has_hidden_layer || found.model != "network") return;
  if (!options.hidden_given) options.hidden = found.hidden;
  if (!options.activation_given) options.activation = found.activation;
}

std::string first_non_finite(const xtape::Tape& tape) {
  for (std::uint32_t i = 0; i < tape.slots(); ++i) {
    const auto& slot = tape.slot(i);
    const double* const data = slot.view.data;
    if (std::all_of(data, data + slot.view.size(), [](double x) { return std::isfinite(x); }))
      continue;
    if (slot.record == xtape::no_index)
      return tape.describe(i, "the data") + " is not finite" +
             (tape.parameter_of(i) != nullptr ? ": the step before it overflowed; a smaller "
                                                "--learning-rate takes smaller steps"
                                              : "");
    const auto& record = tape.record_at(slot.record);
    return std::string("the first value that is not finite is that of ") + record.rule->name +
           ", record " + std::to_string(slot.record) + to_string(record.place());
  }
  return "all values before it are finite";
}

std::string draw(const Program& program, const Data& data, const Options& options,
                 const Results& results, const Predict& predictions) {
  Picture picture;
  const auto& x = data.test.inputs();
  const auto y = predictions(x);
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    picture.points.push_back({x(i, 0), x(i, 1)});
    picture.classes.push_back(data.test.targets().data()[i] >= 0.5);
    picture.predicted.push_back(y[i] >= 0.5);
  }
  Grid& grid = picture.boundary = frame_of(picture.points);
  auto crossings = xtape::Array<double>::from_shape({grid.rows * grid.columns, 2});
  for (std::size_t row = 0; row < grid.rows; ++row)
    for (std::size_t column = 0; column < grid.columns; ++column) {
      crossings(row * grid.columns + column, 0) = grid.x(column);
      crossings(row * grid.columns + column, 1) = grid.y(row);
    }
  // log(y / (1 - y)) passes 0 where y passes 0.5, and does not bend there as y does.
  for (const double at : predictions(crossings))
    grid.values.push_back(std::clamp(std::log(at) - std::log1p(-at), -700.0, 700.0));
  picture.validation_loss = results.validation_loss;
  picture.training_loss = results.training_loss;
  const Confusion found = confusion(picture);
  picture.title = program.name + ": test accuracy " + fixed_text(100 * results.test_accuracy, 2) +
                  " % (" + std::to_string(found.right()) + " of " + std::to_string(found.all()) +
                  ")";
  picture.subtitle = described(program, data, options, results);
  return svg(picture);
}

std::string described(const Program& program, const Data& data, const Options& options,
                      const Results& results) {
  std::string text = program.has_hidden_layer
                         ? std::to_string(options.hidden) + " hidden " + options.activation +
                               (options.hidden == 1 ? " neuron, " : " neurons, ")
                         : "";
  const std::size_t epochs = results.validation_loss.size();
  text += std::to_string(epochs) + (epochs == 1 ? " epoch" : " epochs") + " of " +
          options.optimizer + ", batches of " + std::to_string(options.batch_size) + " of " +
          std::to_string(data.train.size()) + " samples, learning rate ";
  std::ostringstream number;
  number.imbue(std::locale::classic());
  number << options.learning_rate;
  return text + number.str();
}

}  // namespace lab
