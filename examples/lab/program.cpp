#include "program.hpp"

#include <algorithm>

namespace lab {

Data load(const Options& options, xtape::Random random) {
  using namespace xtape;
  nn::LabData all = !options.data.empty()        ? nn::read_lab(options.data, random)
                    : options.linearly_separable ? nn::linearly_separable(random)
                                                 : nn::not_linearly_separable(random);
  const std::string source = options.data.empty() ? "the generated set" : options.data;
  if (all.train.size() <= validation_samples)
    throw std::runtime_error(source + ": " + std::to_string(all.train.size()) +
                             " samples to train on, of which " +
                             std::to_string(validation_samples) + " are set aside for validation");
  const std::size_t left = all.train.size() - validation_samples;
  if (options.batch_size > left)
    throw std::runtime_error("--batch-size " + std::to_string(options.batch_size) + ": " + source +
                             " has " + std::to_string(left) +
                             " samples to train on beside those for validation");
  if (all.train.inputs().shape()[1] != all.test.inputs().shape()[1])
    throw std::runtime_error(source + ": different numbers of inputs to train and to test with");
  auto split = all.train.split(validation_samples, random);
  return {std::move(split.rest), std::move(split.drawn), std::move(all.test)};
}

ElementName parse_element(const std::string& text) {
  ElementName result;
  const std::size_t bracket = text.find('[');
  result.parameter = text.substr(0, bracket);
  if (bracket == std::string::npos) return result;
  const auto wrong = [&]() -> std::runtime_error {
    return std::runtime_error("--explain " + text +
                              ": an element is named as in hidden.weight[0,1]");
  };
  if (text.back() != ']') throw wrong();
  std::istringstream numbers(text.substr(bracket + 1, text.size() - bracket - 2));
  for (std::string number; std::getline(numbers, number, ',');) {
    if (number.empty() || number.size() > 9 ||
        number.find_first_not_of("0123456789") != std::string::npos)
      throw wrong();
    result.index.push_back(std::stoul(number));
  }
  return result;
}

std::string first_non_finite(const xtape::Tape& tape) {
  for (std::uint32_t i = 0; i < tape.slots(); ++i) {
    const auto& slot = tape.slot(i);
    const double* const data = slot.view.data;
    if (std::all_of(data, data + slot.view.size(), [](double x) { return std::isfinite(x); }))
      continue;
    if (slot.record == xtape::none) return tape.describe(i, "the data") + " is not finite";
    const auto& record = tape.record_at(slot.record);
    return std::string("the first value that is not finite is that of ") + record.rule->name +
           ", record " + std::to_string(slot.record) + to_string(record.place());
  }
  return "all values before it are finite";
}

}  // namespace lab
