#pragma once
// All files that a run writes.

#include <xtape/nn/files_output.hpp>

#include "options.hpp"

namespace lab {

using xtape::nn::OutputFile;

/// Where the files of a run go. They are opened before any work is done.
struct Outputs {
  OutputFile json, dot, plot, save, tex;
  /// @throws std::runtime_error where one cannot be written, where two are the same file, or where
  /// one is the data that is read.
  explicit Outputs(const Options& options);
};

}  // namespace lab
