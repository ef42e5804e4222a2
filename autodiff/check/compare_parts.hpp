#pragma once
// What comparisons of one array and of a module share.

#include <string>
#include <vector>

#include <xtape/autodiff/check/compare.hpp>

namespace xtape::detail {

/// How many steps from one number to the next of the type with that many digits lead from a to b;
/// infinite where one is NaN.
double ulp_distance(double a, double b, int digits);

/// Whether each number is within its bar, or as far from finite as the predicted one.
bool agree(const std::vector<double>& numbers, const Predicted& predicted);

/// Why autodiff's numbers may be the wrong ones.
struct Doubt {
  std::string certain;   // then nothing is told of the derivation
  std::string possible;  // counts where no mistake fits to rounding
};
/// A rule between x and J that disagrees with its operation's value; or, at the element that
/// differs most, a derivative in extended precision, made without any rule, that autodiff's is
/// farther from than the one by hand, or as far as the difference is large.
Doubt doubt_of(const Comparison& comparison, Recorded& recorded);

/// What would tell the diagnoses apart, in one sentence; "" where there is one or none.
std::string what_tells_apart(const std::vector<Diagnosis>& diagnoses);

/// The lines of a verdict's reasons, each begun with blanks.
std::string reasons(const std::vector<Diagnosis>& diagnoses, const std::string& tells_apart);

}  // namespace xtape::detail
