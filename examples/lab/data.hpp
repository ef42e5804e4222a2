#pragma once
// The data of a run.

#include <cstddef>
#include <string>
#include <xtape/nn.hpp>

#include "options.hpp"

namespace lab {

/// So many samples are set aside to watch the training with, but not more than a tenth.
inline constexpr std::size_t most_validation_samples = 1000;
/// How many of the samples that there are to train on are set aside; at least one.
std::size_t validation_samples(std::size_t samples);

/// To train on, to watch while training, to test with.
struct Data {
  xtape::nn::DataSet train, validation, test;
};

/// Reads or generates the data and sets the validation samples aside. A batch size that was not
/// asked for becomes the number of samples to train on where there are fewer.
/// @throws std::exception with a message for the user.
Data load_data(Options& options, xtape::Random random);

/// How many samples there are of each kind, and in a batch: a line for the user.
std::string sizes_text(const Data& data, const Options& options);
/// A line for the user where the features to train on differ so much in size, by more than a factor
/// of 100, that one learning rate hardly suits the weights of all; else nothing.
std::string note_on(const Data& data);

}  // namespace lab
