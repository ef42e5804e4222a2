#pragma once
// Constant factors that are got wrong.

#include <string>
#include <vector>

namespace xtape::detail {

/// A factor of the catalogue; `cost` is 1 for a single mistake, 2 for two of them.
struct Factor {
  std::string name;  // "N", "-1/2"
  double value;
  std::size_t cost;
  /// What is said of numbers that are this many times the right ones, all or those of a term of J,
  /// which need not be of the data.
  [[nodiscard]] std::string text(bool one_number, bool of_term = false) const;
};

/// The catalogue for N samples, and where a mean may run over more elements than that, for those
/// too. A product of two that is a single one already, or 1, is left out.
std::vector<Factor> factors(std::size_t samples, std::size_t elements);

/// A number as a sentence has it: "100", "0.01", "3.7".
std::string short_number(double number);

}  // namespace xtape::detail
