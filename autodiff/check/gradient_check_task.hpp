#pragma once
// What the check of a gradient works on, whatever the gradient comes from. Not for users.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xtape/autodiff/check/gradient_check.hpp>
#include <xtape/autodiff/check/kinks.hpp>
#include <xtape/autodiff/check/numeric_derivative.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {

/// So many elements are checked one by one unless told otherwise.
constexpr std::size_t few_elements = 1000;

/// An input in memory that can be moved, with the gradient that is claimed for it.
template <class T>
struct TaskInput {
  std::string name;
  Shape shape;
  T* data = nullptr;
  std::vector<T> base;  // what has to be there in the end
  std::vector<long double> analytic;
  bool reached = true;
};

/// One function and one claimed gradient.
template <class T>
struct CheckTask {
  std::vector<TaskInput<T>> inputs;
  std::function<long double()> evaluate;   // with what lies in the inputs' memory
  std::function<KinkValues()> kinks = {};  // of the last evaluation; empty where there is no tape
  std::function<void()> moved = [] {};     // after memory was written
  int order = 1;

  void put_back() {
    for (auto& input : inputs) std::copy(input.base.begin(), input.base.end(), input.data);
    moved();
  }
};

/// Puts everything back, also when the user's function throws.
template <class T>
struct PutBack {
  CheckTask<T>& task;
  ~PutBack() { task.put_back(); }
};

/// The options with what they leave open.
struct Settings {
  const GradientCheckOptions& options;
  double epsilon;                 // of the arithmetic
  double tolerance;               // as given, or the default
  double resolution;              // of the number: no bar is taken for smaller
  long double smallest, largest;  // positive numbers of the type

  template <class T>
  static Settings of(const GradientCheckOptions& options) {
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    const double tolerance = options.tolerance != 0 ? options.tolerance
                             : epsilon > 1e-9       ? 2e-4
                                                    : 1e-4;
    return {options,
            epsilon,
            tolerance,
            std::max(16 * epsilon, 1e-8),
            static_cast<long double>(std::numeric_limits<T>::denorm_min()),
            static_cast<long double>(std::numeric_limits<T>::max())};
  }
  /// Whether an option that lists inputs or elements has this element of this input.
  static bool lists(const std::vector<std::string>& list, const std::string& input,
                    const std::string& label);
};

/// Judges a claimed number by what the values say. `natural` is the size of natural displacements.
CheckedNumber judge(std::string label, long double analytic, const NumericDerivative& numeric,
                    long double natural, bool expected_zero, const Settings& settings);
/// The same where it is a kink, and which operations have theirs there.
void judge_kink(CheckedNumber& number, const NumericDerivative& numeric,
                const std::vector<KinkSite>& sites, const Settings& settings);

/// Checks the task and adds what was found to the report.
template <class T>
void run_check(CheckTask<T>& task, const Settings& settings, GradientReport& report);
/// One input, element by element or along directions.
template <class T>
CheckedInput check_elements(CheckTask<T>& task, std::size_t input, const Settings& settings,
                            GradientReport& report);
template <class T>
CheckedInput check_directions(CheckTask<T>& task, std::size_t input, const Settings& settings,
                              GradientReport& report);
/// The same for one element alone.
template <class T>
CheckedNumber check_element(CheckTask<T>& task, std::size_t input, std::size_t element,
                            const Settings& settings, GradientReport& report, bool* flat = nullptr);

/// A shorter number for people: three digits.
std::string short_text(long double number);

}  // namespace xtape::detail
