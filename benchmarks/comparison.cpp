#include "comparison.hpp"

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

constexpr double tolerance = 1e-12;

std::string differ(const std::string& where, std::size_t element, double expected, double found) {
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "%.17g by hand, %.17g here", expected, found);
  return where + ", element " + std::to_string(element) + ": " + numbers;
}

std::string compare(const std::string& where, const std::vector<double>& expected,
                    const std::vector<double>& found, const std::vector<double>& scale) {
  if (expected.size() != found.size()) return where + ": not of the same length";
  for (std::size_t k = 0; k < expected.size(); ++k)
    // Not "difference > …", which is false for NaN.
    if (!(std::abs(expected[k] - found[k]) <= tolerance * scale[k]))
      return differ(where, k, expected[k], found[k]);
  return {};
}

// What the rounding errors of a plain sum are measured by. A sample alone gives its summand of the
// gradient, N times.
std::vector<double> summed_magnitudes(const Problem& problem, const Batch& batch) {
  Problem single = problem;
  single.batches.clear();
  for (std::size_t i = 0; i < batch.size; ++i) {
    const auto row = batch.x.begin() + static_cast<std::ptrdiff_t>(i * batch.inputs);
    single.batches.push_back(
        {1, batch.inputs, {row, row + static_cast<std::ptrdiff_t>(batch.inputs)}, {batch.t[i]}});
  }
  const auto hand = hand_side.trainee(single);
  std::vector<double> result(problem.theta.size());
  for (std::size_t i = 0; i < batch.size; ++i) {
    const std::vector<double> summand = hand->gradients(i);
    for (std::size_t k = 0; k < result.size(); ++k)
      result[k] += std::abs(summand[k]) / static_cast<double>(batch.size);
  }
  return result;
}

}  // namespace

std::string compare_training(const Problem& problem, const Side& side) {
  const auto hand = hand_side.trainee(problem), other = side.trainee(problem);
  const std::string where =
      problem.name + ", N = " + std::to_string(problem.batch_size) + ", " + side.name;
  const std::size_t batches = std::min<std::size_t>(problem.batches.size(), 3);
  for (std::size_t i = 0; i < batches; ++i) {
    std::string found = compare(where + ", gradient", hand->gradients(i), other->gradients(i),
                                summed_magnitudes(problem, problem.batches[i]));
    if (!found.empty()) return found;
  }
  // The steps that will be timed. Rounding errors of one step go through the next.
  for (std::size_t i = 0; i < batches; ++i) {
    const double expected = hand->step(i), loss = other->step(i);
    if (!(std::abs(expected - loss) <= tolerance * expected))
      return differ(where + ", loss", i, expected, loss);
  }
  return compare(where + ", parameters after steps", hand->parameters(), other->parameters(),
                 std::vector<double>(problem.theta.size(), 1));
}

std::string compare_function(const char* name, const Side& side, Differentiator& by_hand,
                             Differentiator& by_side) {
  const Differentiation expected = by_hand.at(0), found = by_side.at(0);
  const std::string where = std::string(name) + ", " + side.name;
  double largest = 0;
  for (const double number : expected.gradient) largest = std::max(largest, std::abs(number));
  const auto size = static_cast<double>(expected.gradient.size());
  std::string problem = compare(where + ", value", {expected.value}, {found.value}, {size});
  if (problem.empty())
    problem = compare(where + ", gradient", expected.gradient, found.gradient,
                      std::vector<double>(expected.gradient.size(), largest));
  return problem;
}

}  // namespace bench
