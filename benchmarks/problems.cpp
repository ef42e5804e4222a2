#include "problems.hpp"

#include <random>

namespace bench {
namespace {

double uniform(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * 0x1p-53 * static_cast<double>(random() >> 11);
}

std::vector<double> uniform(std::mt19937_64& random, std::size_t count, double low, double high) {
  std::vector<double> result(count);
  for (double& number : result) number = uniform(random, low, high);
  return result;
}

}  // namespace

Problem make_problem(const std::string& name, std::size_t batch_size) {
  Problem problem{name, {2, 1}, batch_size, {}, {}};
  if (name == "network") problem.sizes = {2, 2, 1};
  if (name == "tanh network") problem.sizes = {3, 5, 2, 1};

  std::mt19937_64 random(batch_size);
  std::size_t parameters = 0;
  for (std::size_t i = 1; i < problem.sizes.size(); ++i)
    parameters += (problem.sizes[i - 1] + 1) * problem.sizes[i];
  problem.theta = uniform(random, parameters, -1, 1);
  const std::size_t inputs = problem.sizes[0];
  const std::size_t batches = batch_size > 1000 ? 4 : 32;  // the large ones would leave the cache
  for (std::size_t i = 0; i < batches; ++i) {
    Batch batch{batch_size, inputs, uniform(random, inputs * batch_size, -2, 2), {}};
    for (std::size_t j = 0; j < batch_size; ++j)
      batch.t.push_back(static_cast<double>(random() >> 63));
    problem.batches.push_back(std::move(batch));
  }
  return problem;
}

double Problem::operations() const {
  double a_sample = 4;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const auto outputs = static_cast<double>(sizes[i]);
    const double weights = static_cast<double>(sizes[i - 1]) * outputs;
    a_sample += (i == 1 ? 4 : 6) * weights + 18 * outputs;
  }
  return a_sample * static_cast<double>(batch_size) + 2 * static_cast<double>(theta.size());
}

std::vector<std::vector<double>> chain_points() {
  std::mt19937_64 random(1);
  std::vector<std::vector<double>> result;
  for (int i = 0; i < 16; ++i) result.push_back(uniform(random, 4, 0.5, 1.5));
  return result;
}

std::vector<double> expression_points(std::size_t count) {
  std::mt19937_64 random(2);
  return uniform(random, count, -2, 2);
}

}  // namespace bench
