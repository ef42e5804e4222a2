// The same by libtorch, one thread, autograd anew in each step.

#include <torch/torch.h>

#include <utility>

#include "../hand_written.hpp"
#include "../problems.hpp"

namespace bench {
namespace {

// Once, before the first tensor.
void use_one_thread() {
  static const bool once = [] {
    at::set_num_threads(1);
    at::set_num_interop_threads(1);
    return true;
  }();
  static_cast<void>(once);
}

torch::Tensor tensor_of(const std::vector<double>& numbers, at::IntArrayRef shape) {
  return torch::tensor(numbers, torch::kFloat64).reshape(shape);
}

void append(std::vector<double>& to, const torch::Tensor& from) {
  const auto flat = from.detach().reshape({-1}).contiguous();
  to.insert(to.end(), flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel());
}

class TorchTrainee final : public Trainee {
 public:
  explicit TorchTrainee(const Problem& problem) : tanh_(problem.name == "tanh network") {
    use_one_thread();
    for (const Batch& batch : problem.batches) {
      const auto n = static_cast<std::int64_t>(batch.size);
      x_.push_back(tensor_of(batch.x, {n, static_cast<std::int64_t>(batch.inputs)}));
      t_.push_back(tensor_of(batch.t, {n, 1}));
    }
    auto next = problem.theta.begin();
    for (std::size_t i = 1; i < problem.sizes.size(); ++i) {
      const auto in = static_cast<std::int64_t>(problem.sizes[i - 1]);
      const auto out = static_cast<std::int64_t>(problem.sizes[i]);
      for (const auto& shape : {std::vector<std::int64_t>{in, out}, {out}}) {
        const auto count = shape.size() == 2 ? in * out : out;
        theta_.push_back(tensor_of({next, next + count}, shape).set_requires_grad(true));
        next += count;
      }
    }
  }

  double step(std::size_t batch) override {
    const torch::Tensor loss = loss_of(batch);
    const auto gradients = torch::autograd::grad({loss}, theta_);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < theta_.size(); ++i) theta_[i].sub_(gradients[i], learning_rate);
    return loss.item<double>();
  }
  std::vector<double> gradients(std::size_t batch) override {
    std::vector<double> result;
    for (const auto& gradient : torch::autograd::grad({loss_of(batch)}, theta_))
      append(result, gradient);
    return result;
  }
  [[nodiscard]] std::vector<double> parameters() const override {
    std::vector<double> result;
    for (const auto& parameter : theta_) append(result, parameter);
    return result;
  }
  void measure(benchmark::State& state) override { measure_steps(*this, x_.size(), state); }

 private:
  [[nodiscard]] torch::Tensor loss_of(std::size_t batch) const {
    torch::Tensor h = x_[batch];
    for (std::size_t i = 0; i < theta_.size(); i += 2) {
      const auto a = torch::addmm(theta_[i + 1], h, theta_[i]);
      h = tanh_ ? torch::tanh(a) : torch::sigmoid(a);
    }
    return torch::mse_loss(h, t_[batch]) / 2;
  }

  bool tanh_;
  std::vector<torch::Tensor> x_, t_, theta_;
};

template <class Function>
class TorchFunction final : public Differentiator {
 public:
  explicit TorchFunction(const std::vector<std::vector<double>>& points) {
    use_one_thread();
    for (const auto& point : points)
      points_.push_back(
          tensor_of(point, {static_cast<std::int64_t>(point.size())}).set_requires_grad(true));
  }
  Differentiation at(std::size_t point) override {
    const auto sum = Function::of(points_[point]).sum();
    Differentiation result{sum.template item<double>(), {}};
    append(result.gradient, torch::autograd::grad({sum}, {points_[point]})[0]);
    return result;
  }
  void measure(benchmark::State& state) override {
    std::size_t point = 0;
    for (auto _ : state) {
      const auto sum = Function::of(points_[point]).sum();
      benchmark::DoNotOptimize(torch::autograd::grad({sum}, {points_[point]})[0]);
      benchmark::DoNotOptimize(sum.template item<double>());
      if (++point == points_.size()) point = 0;
    }
  }

 private:
  std::vector<torch::Tensor> points_;
};

struct Chain {
  static torch::Tensor of(const torch::Tensor& x) {
    torch::Tensor y = x;
    for (std::size_t i = 0; i < hand_written::chain_operations; i += 4)
      y = torch::tanh(torch::sin(y) + x) * x;
    return y;
  }
};
struct Expression {
  static torch::Tensor of(const torch::Tensor& x) {
    return torch::tanh(x) * torch::exp(-torch::square(x)) + torch::sigmoid(3 * x) * torch::sin(x);
  }
};

}  // namespace

const Side torch_side = {
    "torch",
    [](const Problem& problem) -> std::unique_ptr<Trainee> {
      return std::make_unique<TorchTrainee>(problem);
    },
    [](const std::vector<std::vector<double>>& points) -> std::unique_ptr<Differentiator> {
      return std::make_unique<TorchFunction<Chain>>(points);
    },
    [](const std::vector<double>& points) -> std::unique_ptr<Differentiator> {
      return std::make_unique<TorchFunction<Expression>>(std::vector<std::vector<double>>{points});
    }};

}  // namespace bench
