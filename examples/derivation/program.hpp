#pragma once
// The program check_my_derivation.

#include <cstdint>
#include <iosfwd>
#include <string>

#include "text.hpp"

namespace derivation {

inline constexpr int right = 0;
inline constexpr int wrong = 1;
inline constexpr int bad_input = 2;

struct Options {
  std::string file;
  std::string model = "neuron";  // or "network"
  std::size_t n = 20;            // samples
  std::uint64_t seed = 1;
  bool all = false;  // every element of the tables
};

/// Judges the formulas of a source and writes the report.
/// @throws FormulaError for what cannot be read.
int judge(const Source& source, const Options& options, std::ostream& out);

/// The whole program. Returns the exit status.
int run(int argc, char** argv, std::ostream& out, std::ostream& err);

}  // namespace derivation
