#pragma once
// What a check of gradients found: number by number, as text, JSON and JUnit XML.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <xtape/autodiff/check/verdict.hpp>
#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// One number of a gradient, or its part along one direction, beside what the function's values
/// say.
struct CheckedNumber {
  std::string label;    // "w[1, 0]"; in fast mode "w along direction 1"
  double analytic = 0;  // what is checked
  double numeric = 0;   // what the values say …
  double bar = 0;       // … give or take
  Verdict verdict = Verdict::inconclusive;
  bool kink = false;           // the slopes at both sides differ: numeric is their middle
  double left = 0, right = 0;  // these slopes
  std::string cause;           // in words, where it is no plain pass
  std::string operation;       // that the cause is in, with its place, where known
  std::string advice;          // what would make an inconclusive one a pass or a failure

  /// How many bars the two are apart; inf where there is no bar at all.
  [[nodiscard]] double ratio() const;
};

/// All numbers of one input at one order of differentiation.
struct CheckedInput {
  std::string name;
  Shape shape;
  int order = 1;
  bool directions = false;  // checked along random directions only
  /// The smallest error of a single element that would have been found; the largest over all
  /// numbers that passed.
  double sensitivity = 0;
  std::string failure;  // of the input as a whole: a check that would be empty
  std::string cause;    // what the wrong numbers have in common
  std::string suspect;  // the operation that may be at fault, with its place
  std::vector<CheckedNumber> numbers;
  std::size_t without_effect = 0;  // elements of which the function does not depend

  [[nodiscard]] Verdict verdict() const;
};

/// The result of a check.
class GradientReport {
 public:
  std::vector<CheckedInput> inputs;
  std::vector<std::string> failures;  // of the check as a whole
  std::vector<std::string> notes;     // what was done that is not obvious
  std::uint64_t evaluations = 0;

  /// FAIL where anything failed, else INCONCLUSIVE where anything is, else PASS. Of nothing at all
  /// it is FAIL: nothing was checked.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool passed() const { return verdict() == Verdict::pass; }
  /// One line where everything passed; else the worst numbers first, with causes and advice. At
  /// most so many numbers of an input are written.
  [[nodiscard]] std::string text(std::size_t most = 10) const;
};

/// The report as a JSON object: verdict, counts, inputs with every number. What is no finite number
/// is the string "nan", "inf" or "-inf", since JSON has none.
std::string to_json(const GradientReport& report);
/// The report as JUnit's XML: a test case for each input and order. A failure is a failure; so is
/// what is inconclusive, with the type INCONCLUSIVE, since a test that saw nothing must not look
/// green.
std::string to_junit(const GradientReport& report, std::string_view suite = "gradients");

}  // namespace xtape
