#include "program.hpp"

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

void check_writable(const std::string& file) {
  if (!file.empty() && !std::ofstream(file, std::ios::app))
    throw std::runtime_error(file + ": cannot be written");
}

}  // namespace lab
