#include "data.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <xtape/nn/files.hpp>

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
  const std::size_t inputs = all.train.inputs().shape()[1],
                    test_inputs = all.test.inputs().shape()[1];
  if (inputs != test_inputs)
    throw std::runtime_error(source + ": " + std::to_string(inputs) +
                             " features to train with and " + std::to_string(test_inputs) +
                             " to test with: the same number is expected");
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
  return std::to_string(train) + " samples to train on, " + std::to_string(data.validation.size()) +
         " for validation, " + std::to_string(data.test.size()) + " to test with; " +
         (size == train ? "all of them are one batch"
                        : "batches of " + std::to_string(size) +
                              (train % size == 0 ? ""
                                                 : ", the last " + std::to_string(train % size) +
                                                       " of an epoch are left out"));
}

}  // namespace lab
