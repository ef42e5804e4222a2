#include "data.hpp"

#include <algorithm>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <xtape/nn/files_common.hpp>

#include "axis.hpp"

namespace lab {

std::size_t validation_samples(std::size_t samples) {
  return std::clamp<std::size_t>(samples / 10, 1, most_validation_samples);
}

Data load_data(Options& options, xtape::Random random) {
  using namespace xtape;
  nn::LabData all = !options.data.empty()        ? nn::read_lab(options.data, random)
                    : options.linearly_separable ? nn::linearly_separable(random)
                                                 : nn::not_linearly_separable(random);
  const std::string source = options.data.empty() ? "the generated set" : options.data;
  if (all.train.size() < 2)
    throw std::runtime_error(source +
                             ": 1 sample to train on: at least 2 are needed, of which one is set "
                             "aside for validation");
  const std::size_t inputs = all.train.inputs().shape()[1];
  if (!options.plot.empty() && inputs != 2)
    throw std::runtime_error("--plot " + options.plot + ": " + source + " has samples with " +
                             std::to_string(inputs) + (inputs == 1 ? " feature" : " features") +
                             ": the picture is one of points with 2");
  const std::size_t validation = validation_samples(all.train.size()),
                    left = all.train.size() - validation;
  if (options.batch_size_given && options.batch_size > left)
    throw std::runtime_error("--batch-size " + std::to_string(options.batch_size) + ": " + source +
                             " has " + std::to_string(left) +
                             " samples to train on beside those for validation");
  options.batch_size = std::min(options.batch_size, left);
  auto split = all.train.split(validation, random);
  return {std::move(split.rest), std::move(split.drawn), std::move(all.test)};
}

std::string sizes_text(const Data& data, const Options& options) {
  const std::size_t train = data.train.size(), size = options.batch_size;
  return xtape::nn::detail::counted(train, "sample") + " to train on, " +
         std::to_string(data.validation.size()) + " for validation, " +
         std::to_string(data.test.size()) + " to test with; " +
         (train == 1      ? "it is one batch"
          : size == train ? "all of them are one batch"
                          : "batches of " + std::to_string(size) +
                                (train % size == 0 ? ""
                                                   : ", the last " + std::to_string(train % size) +
                                                         " of an epoch are left out"));
}

std::string note_on(const Data& data) {
  const xtape::nn::Standardiser scale(data.train);
  const auto& deviation = scale.deviation();
  std::size_t most = 0, least = 0;
  for (std::size_t i = 0; i < deviation.size(); ++i) {
    const double d = deviation.data()[i];
    if (d > deviation.data()[most]) most = i;
    // A feature that never changes has none.
    if (d > 0 && (d < deviation.data()[least] || !(deviation.data()[least] > 0))) least = i;
  }
  const double largest = deviation.data()[most], smallest = deviation.data()[least];
  if (!(largest > 100 * smallest)) return "";
  const auto text = [](double x) {
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream.precision(3);
    stream << x;
    return stream.str();
  };
  return "note: the largest standard deviation of a feature, " + text(largest) + " of feature " +
         std::to_string(most + 1) + ", is " + fixed_text(largest / smallest, 0) +
         " times the smallest, of feature " + std::to_string(least + 1) +
         ": bring the features to like sizes, or training can stand still\n";
}

}  // namespace lab
