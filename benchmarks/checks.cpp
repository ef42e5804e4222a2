// What it costs to verify gradients: the lab's network by every check, and a larger one along
// random directions.

#include <xtape/autodiff/check/check.hpp>
#include <xtape/nn.hpp>

#include "problems.hpp"

namespace bench {
namespace {

using xtape::Variable;
using xtape::Verdict;

struct Checked {
  xtape::Random random{3};
  xtape::nn::Network net;
  xt::xarray<double> inputs, targets;
  xtape::Tape tape;

  Checked(const std::vector<std::size_t>& sizes, std::size_t samples)
      : net(sizes, xtape::sigmoid, random, xtape::nn::xavier_normal()),
        inputs(xt::xarray<double>::from_shape({samples, sizes.front()})),
        targets(xt::xarray<double>::from_shape({samples, sizes.back()})) {
    random.fill_uniform(inputs.data(), inputs.size(), -1, 1);
    random.fill_uniform(targets.data(), targets.size(), 0, 1);
  }
  Variable loss(xtape::Tape& on) const {
    return xtape::nn::half_mse(net(on.constant(xtape::borrow(inputs))),
                               on.constant(xtape::borrow(targets)));
  }
  bool by_values(int order) {
    return xtape::check_gradients(net, [&](xtape::Tape& on) { return loss(on); }, {.order = order})
        .passed();
  }
  bool by_everything() {
    if (!by_values(2)) return false;
    tape.record();
    const Variable J = loss(tape);
    return check_adjoints(tape).verdict() == Verdict::pass &&
           check_taylor(J, {.order = 2}).verdict() == Verdict::pass;
  }
};

template <class Check>
std::string add(const std::string& name, const std::vector<std::size_t>& sizes, std::size_t samples,
                Check check) {
  const auto checked = std::make_shared<Checked>(sizes, samples);
  if (!check(*checked)) return "the check " + name + " does not pass";
  benchmark::RegisterBenchmark(("check/" + name).c_str(), [=](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(check(*checked));
  });
  return {};
}

}  // namespace

std::string register_checks() {
  for (const std::string& problem :
       {add("2-2-1, N = 100, order 1", {2, 2, 1}, 100,
            [](Checked& checked) { return checked.by_values(1); }),
        add("2-2-1, N = 100, orders 1 and 2, adjoints, Taylor", {2, 2, 1}, 100,
            [](Checked& checked) { return checked.by_everything(); }),
        add("MLP of 100000 parameters, batch 32, directions", {250, 300, 80, 10}, 32,
            [](Checked& checked) { return checked.by_values(1); })})
    if (!problem.empty()) return problem;
  return {};
}

}  // namespace bench
