// The side that is written by hand; the formulas are in hand_written.cpp.

#include <utility>

#include "hand_written.hpp"
#include "problems.hpp"

namespace bench {
namespace {

template <hand_written::Gradients gradients_of, hand_written::Step step_of>
class HandTrainee final : public Trainee {
 public:
  explicit HandTrainee(const Problem& problem) : batches_(problem.batches), theta_(problem.theta) {}

  double step(std::size_t batch) override {
    const Batch& b = batches_[batch];
    return step_of(theta_.data(), b.x.data(), b.t.data(), b.size, learning_rate);
  }
  std::vector<double> gradients(std::size_t batch) override {
    const Batch& b = batches_[batch];
    std::vector<double> result(theta_.size());
    gradients_of(theta_.data(), b.x.data(), b.t.data(), b.size, result.data());
    return result;
  }
  [[nodiscard]] std::vector<double> parameters() const override { return theta_; }
  void measure(benchmark::State& state) override { measure_steps(*this, batches_.size(), state); }

 private:
  std::vector<Batch> batches_;
  std::vector<double> theta_;
};

std::unique_ptr<Trainee> hand_trainee(const Problem& problem) {
  using namespace hand_written;
  if (problem.name == "neuron")
    return std::make_unique<HandTrainee<neuron_gradients, neuron_step>>(problem);
  if (problem.name == "network")
    return std::make_unique<HandTrainee<network_gradients, network_step>>(problem);
  return std::make_unique<HandTrainee<tanh_network_gradients, tanh_network_step>>(problem);
}

class HandChain final : public Differentiator {
 public:
  explicit HandChain(std::vector<std::vector<double>> points) : points_(std::move(points)) {}
  Differentiation at(std::size_t point) override {
    Differentiation result{0, std::vector<double>(hand_written::chain_elements)};
    result.value = hand_written::chain(points_[point].data(), result.gradient.data());
    return result;
  }
  void measure(benchmark::State& state) override {
    double gradient[hand_written::chain_elements];
    std::size_t point = 0;
    for (auto _ : state) {
      benchmark::DoNotOptimize(hand_written::chain(points_[point].data(), gradient));
      benchmark::DoNotOptimize(gradient);
      if (++point == points_.size()) point = 0;
    }
  }

 private:
  std::vector<std::vector<double>> points_;
};

class HandExpression final : public Differentiator {
 public:
  explicit HandExpression(std::vector<double> points)
      : points_(std::move(points)), gradient_(points_.size()) {}
  Differentiation at(std::size_t) override {
    const double value = hand_written::expression(points_.data(), points_.size(), gradient_.data());
    return {value, gradient_};
  }
  void measure(benchmark::State& state) override {
    for (auto _ : state) {
      benchmark::DoNotOptimize(
          hand_written::expression(points_.data(), points_.size(), gradient_.data()));
      benchmark::ClobberMemory();
    }
  }

 private:
  std::vector<double> points_, gradient_;
};

}  // namespace

const Side hand_side = {
    "hand", hand_trainee,
    [](const std::vector<std::vector<double>>& points) -> std::unique_ptr<Differentiator> {
      return std::make_unique<HandChain>(points);
    },
    [](const std::vector<double>& points) -> std::unique_ptr<Differentiator> {
      return std::make_unique<HandExpression>(points);
    }};

}  // namespace bench
