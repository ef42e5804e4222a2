#pragma once
// Diagnoses in a word.

#include <cmath>
#include <string>
#include <vector>

#include <xtape/autodiff/check/compare.hpp>

namespace xtape_tests {

// A diagnosis as "missing slope 1 * 1/N".
inline std::string told(const xtape::Diagnosis& d) {
  std::string text;
  for (const xtape::Mistake mistake : d.mistakes) {
    if (!text.empty()) text += " & ";
    text += to_string(mistake);
    if (mistake == xtape::Mistake::factor || mistake == xtape::Mistake::term_factor)
      text += " " + d.factor;
    if (d.term != xtape::no_index) text += " of " + std::to_string(d.term);
    if (mistake == xtape::Mistake::accumulated) text += " " + std::to_string(std::lround(d.ratio));
    for (const auto r : d.records)
      if (mistake != xtape::Mistake::factor) text.append(" ").append(std::to_string(r));
  }
  return text;
}
using Told = std::vector<std::string>;
inline Told told(const xtape::Comparison& c) {
  Told result;
  for (const xtape::Diagnosis& d : c.diagnoses) result.push_back(told(d));
  return result;
}

}  // namespace xtape_tests
