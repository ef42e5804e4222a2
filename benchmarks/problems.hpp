#pragma once
// What is measured: the models, their batches, and what every side has to offer.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace bench {

/// Some samples, row by row. A side makes its own arrays of them beforehand.
struct Batch {
  std::size_t size, inputs;
  std::vector<double> x, t;
};

/// A model that is trained, and the batches that are used in turn, so that every step sees other
/// numbers.
struct Problem {
  std::string name;
  std::vector<std::size_t> sizes;  // inputs, then neurons of each layer
  std::size_t batch_size;
  std::vector<double> theta;  // layer by layer: weights (inputs, outputs) row by row, then biases
  std::vector<Batch> batches;

  /// Floating-point operations of one training step, the same for every side: those of the
  /// formulas as on paper. Weights: a multiplication and an addition forward, two more for their
  /// gradient, two more for the gradient of the layer's inputs, which the first layer does
  /// without. An activation with its derivative counts 16, σ and tanh alike: 8 for the exponential
  /// and 4 for the division (the weights of the Livermore loops), 4 for the rest; then 1 for the
  /// product with the cotangent and 1 for the sum that is the bias's gradient. The loss counts 4 a
  /// sample, the update 2 a parameter.
  [[nodiscard]] double operations() const;
};

inline constexpr double learning_rate = 0.1;
inline constexpr std::size_t batch_sizes[] = {1, 10, 100, 10000};

/// "neuron" (2-1, σ), "network" (2-2-1, σ), "tanh network" (3-5-2-1, tanh).
Problem make_problem(const std::string& name, std::size_t batch_size);

/// The points of the chain, one set of four for each pass, and of the expression.
std::vector<std::vector<double>> chain_points();
std::vector<double> expression_points(std::size_t count);

/// One side's training of a problem.
class Trainee {
 public:
  Trainee() = default;
  Trainee(const Trainee&) = delete;
  Trainee& operator=(const Trainee&) = delete;
  virtual ~Trainee() = default;

  /// A whole step: forward, gradients, update. Returns the loss before the update.
  virtual double step(std::size_t batch) = 0;
  [[nodiscard]] virtual std::vector<double> gradients(std::size_t batch) = 0;
  [[nodiscard]] virtual std::vector<double> parameters() const = 0;
  /// Steps for as long as the benchmark wants, without a virtual call for each.
  virtual void measure(benchmark::State& state) = 0;
};

/// The loop of `measure`, for a final class.
template <class Side>
void measure_steps(Side& side, std::size_t batches, benchmark::State& state) {
  std::size_t batch = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(side.step(batch));
    if (++batch == batches) batch = 0;
  }
}

/// A function of some numbers whose gradient is measured: the chain or the expression.
struct Differentiation {
  double value = 0;
  std::vector<double> gradient;
};
class Differentiator {
 public:
  Differentiator() = default;
  Differentiator(const Differentiator&) = delete;
  Differentiator& operator=(const Differentiator&) = delete;
  virtual ~Differentiator() = default;
  [[nodiscard]] virtual Differentiation at(std::size_t point) = 0;
  virtual void measure(benchmark::State& state) = 0;
};

/// One of the sides that are compared.
struct Side {
  const char* name;
  std::unique_ptr<Trainee> (*trainee)(const Problem& problem);
  std::unique_ptr<Differentiator> (*chain)(const std::vector<std::vector<double>>& points);
  std::unique_ptr<Differentiator> (*expression)(const std::vector<double>& points);
};
extern const Side hand_side, xtape_side, torch_side;

/// Operations of the library and the same formulas written in a user's file: pairs of benchmarks
/// named "built-in/..." and "custom/...". Returns an empty text, or what was found to differ.
std::string register_custom_operations();
/// The checks of gradients; a message where one that is measured does not pass.
std::string register_checks();

}  // namespace bench
