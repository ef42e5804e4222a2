// The side of the library: nothing but its public functions, in a file that is compiled like any
// user's.

#include <utility>

#include <xtape/autodiff.hpp>
#include <xtape/nn.hpp>

#include "hand_written.hpp"
#include "problems.hpp"

namespace bench {
namespace {

using Matrix = xt::xarray<double>;

Matrix matrix_of(const std::vector<double>& numbers, std::size_t rows, std::size_t columns) {
  Matrix result = Matrix::from_shape({rows, columns});
  std::copy(numbers.begin(), numbers.end(), result.begin());
  return result;
}

template <class Module>
class XtapeTrainee final : public Trainee {
 public:
  XtapeTrainee(const Problem& problem, Module module)
      : net_(std::move(module)), sgd_(net_, {.learning_rate = learning_rate}) {
    for (const Batch& batch : problem.batches) {
      x_.push_back(matrix_of(batch.x, batch.size, batch.inputs));
      t_.push_back(matrix_of(batch.t, batch.size, 1));
    }
    auto next = problem.theta.begin();
    for_each_parameter(net_, [&](const std::string&, xtape::Parameter& parameter) {
      parameter.update([&](double* values, std::size_t count) {
        std::copy_n(next, count, values);
        next += static_cast<std::ptrdiff_t>(count);
      });
    });
  }

  double step(std::size_t batch) override {
    [[maybe_unused]] auto recording = tape_.record();
    auto loss = loss_of(batch);
    sgd_.step(xtape::gradients(loss, net_));
    return loss.item();
  }
  std::vector<double> gradients(std::size_t batch) override {
    [[maybe_unused]] auto recording = tape_.record();
    const auto grad = xtape::gradients(loss_of(batch), net_);
    std::vector<double> result;
    for_each_parameter(net_, [&](const std::string&, const xtape::Parameter& parameter) {
      for (const double number : grad[parameter]) result.push_back(number);
    });
    return result;
  }
  [[nodiscard]] std::vector<double> parameters() const override {
    std::vector<double> result;
    for_each_parameter(net_, [&](const std::string&, const xtape::Parameter& parameter) {
      for (const double number : parameter.value()) result.push_back(number);
    });
    return result;
  }
  void measure(benchmark::State& state) override { measure_steps(*this, x_.size(), state); }

 private:
  xtape::Variable loss_of(std::size_t batch) {
    return xtape::nn::half_mse(net_(tape_.constant(xtape::borrow(x_[batch]))),
                               tape_.constant(xtape::borrow(t_[batch])));
  }

  xtape::Tape tape_;
  Module net_;
  xtape::nn::Sgd sgd_;
  std::vector<Matrix> x_, t_;
};

std::unique_ptr<Trainee> xtape_trainee(const Problem& problem) {
  using namespace xtape;
  Random random(1);
  if (problem.name == "neuron") {
    nn::Neuron neuron(2, random);
    return std::make_unique<XtapeTrainee<nn::Neuron>>(problem, std::move(neuron));
  }
  if (problem.name == "network") {
    nn::Network net({2, 2, 1}, sigmoid, random);
    return std::make_unique<XtapeTrainee<nn::Network>>(problem, std::move(net));
  }
  nn::Network net({3, 5, 2, 1}, tanh, random);
  return std::make_unique<XtapeTrainee<nn::Network>>(problem, std::move(net));
}

template <class Function>
class XtapeFunction final : public Differentiator {
 public:
  explicit XtapeFunction(const std::vector<std::vector<double>>& points) {
    for (const auto& point : points) points_.push_back(xt::adapt(point));
  }
  Differentiation at(std::size_t point) override {
    [[maybe_unused]] auto recording = tape_.record();
    const auto x = tape_.variable(points_[point]);
    const auto sum = xtape::sum(Function::of(x));
    const auto grad = gradients(sum);
    const auto gradient = grad[x];
    return {sum.item(), {gradient.begin(), gradient.end()}};
  }
  void measure(benchmark::State& state) override {
    std::size_t point = 0;
    for (auto _ : state) {
      [[maybe_unused]] auto recording = tape_.record();
      const auto x = tape_.variable(points_[point]);
      const auto sum = xtape::sum(Function::of(x));
      const auto grad = gradients(sum);
      benchmark::DoNotOptimize(sum.item());
      benchmark::DoNotOptimize(grad[x](0));
      if (++point == points_.size()) point = 0;
    }
  }

 private:
  xtape::Tape tape_;
  std::vector<xt::xarray<double>> points_;
};

struct Chain {
  static xtape::Variable of(const xtape::Variable& x) {
    xtape::Variable y = x;
    for (std::size_t i = 0; i < hand_written::chain_operations; i += 4) y = tanh(sin(y) + x) * x;
    return y;
  }
};
struct Expression {
  static xtape::Variable of(const xtape::Variable& x) {
    return tanh(x) * exp(-square(x)) + sigmoid(3 * x) * sin(x);
  }
};

}  // namespace

const Side xtape_side = {
    "xtape", xtape_trainee,
    [](const std::vector<std::vector<double>>& points) -> std::unique_ptr<Differentiator> {
      return std::make_unique<XtapeFunction<Chain>>(points);
    },
    [](const std::vector<double>& points) -> std::unique_ptr<Differentiator> {
      return std::make_unique<XtapeFunction<Expression>>(std::vector<std::vector<double>>{points});
    }};

}  // namespace bench
