#include "gradient_check.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace lab {

double largest_difference(const std::vector<Comparison>& comparisons) {
  double largest = comparisons.empty() ? std::numeric_limits<double>::infinity() : 0;
  for (const Comparison& comparison : comparisons)
    largest = std::max(largest, comparison.difference);
  return largest;
}

std::string report(const std::vector<Comparison>& comparisons) {
  std::ostringstream text;
  text << std::left << std::setw(20) << "parameter" << std::right << std::setw(26) << "autodiff"
       << std::setw(26) << "by hand"
       << "  ulp of all summands  of the largest\n";
  for (const Comparison& comparison : comparisons)
    text << std::left << std::setw(20) << comparison.name << std::right << std::scientific
         << std::setprecision(16) << std::setw(26) << comparison.by_autodiff << std::setw(26)
         << comparison.by_hand << std::fixed << std::setprecision(2) << std::setw(21)
         << comparison.difference << std::setw(16) << comparison.of_summand << "\n";
  const double largest = largest_difference(comparisons);
  text << "gradients " << (largest <= ulp_limit ? "agree" : "DIFFER") << ": at most "
       << std::setprecision(2) << largest << " ulp of the sum of the summands' magnitudes, limit "
       << std::setprecision(0) << ulp_limit << "\n";
  return text.str();
}

}  // namespace lab
