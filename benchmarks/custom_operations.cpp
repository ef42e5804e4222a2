// Operations in a user's file and namespace, compiled like any user's, with the formulas of
// operations of the library: they have to be as fast.

#include <algorithm>
#include <random>

#include <xtape/autodiff.hpp>

#include "problems.hpp"

namespace someone {

struct Sigmoid {
  static constexpr auto name = "my sigmoid";
  static constexpr bool store_partial = true;
  static auto value(auto x) {
    auto e = exp(select(x < 0, x, -x)), r = 1 / (1 + e);
    return select(x < 0, e * r, r);
  }
  static auto partial(auto x) {
    auto e = exp(select(x < 0, x, -x)), r = 1 / (1 + e);
    return e * r * r;
  }
};

struct Divide {
  static constexpr auto name = "my divide";
  static auto value(auto a, auto b) { return a / b; }
  static auto partial(xtape::wrt<0>, auto, auto b) { return 1 / b; }
  static auto partial(xtape::wrt<1>, auto, auto b, auto y) { return -(y / b); }
};

struct PowerOf {
  double exponent;
  static constexpr auto name = "my power";
  auto value(auto x) const { return pow(x, exponent); }
  auto partial(auto x) const { return exponent * pow(x, exponent == 0 ? 0 : exponent - 1); }
};

struct Relu {
  static constexpr auto name = "my relu";
  static auto value(auto x) { return select(x <= 0, 0, x); }
  static auto partial(auto x) { return select(x > 0, 1, select(x < 0, 0, 0 * x)); }
};

}  // namespace someone

namespace bench {
namespace {

using xtape::Variable;

struct Input {
  xt::xarray<double> x, column;
};

// Forward and backward of one operation. All share a tape, so that none begins with fresh memory.
template <class Function>
void measure(benchmark::State& state, const Input& input, Function function) {
  static xtape::Tape tape;
  for (auto _ : state) {
    [[maybe_unused]] auto recording = tape.record();
    const Variable x = tape.variable(input.x), column = tape.variable(input.column);
    const auto grad = gradients(sum(function(x, column)));
    benchmark::DoNotOptimize(grad[x](0));
    benchmark::DoNotOptimize(grad[column](0));
  }
}

template <class Function>
std::pair<xt::xarray<double>, xt::xarray<double>> gradients_of(const Input& input,
                                                               Function function) {
  xtape::Tape tape;
  const Variable x = tape.variable(input.x), column = tape.variable(input.column);
  const auto grad = gradients(sum(function(x, column)));
  return {grad[x], grad[column]};
}

template <class BuiltIn, class Custom>
std::string register_pair(const std::string& name, const Input& input, BuiltIn built_in,
                          Custom custom) {
  if (gradients_of(input, built_in) != gradients_of(input, custom))
    return "the custom operation " + name + " differs from the library's";
  const std::string size = "/" + std::to_string(input.x.size());
  const auto add = [&](const std::string& side, auto function) {
    benchmark::RegisterBenchmark(
        (side + "/" + name + size).c_str(),
        [&input, function](benchmark::State& state) { measure(state, input, function); });
  };
  add("built-in", built_in);
  add("custom", custom);
  return {};
}

}  // namespace

std::string register_custom_operations() {
  static const auto inputs = [] {
    std::vector<Input> result;
    std::mt19937_64 random(3);
    for (const std::size_t rows : {10U, 1000U}) {
      Input input{xt::xarray<double>::from_shape({rows, 100}),
                  xt::xarray<double>::from_shape({rows, 1})};
      const auto draw = [&] { return -2 + 0x1p-51 * static_cast<double>(random() >> 11); };
      std::generate(input.x.begin(), input.x.end(), draw);
      std::generate(input.column.begin(), input.column.end(), [&] { return 3 + draw(); });
      result.push_back(std::move(input));
    }
    return result;
  }();
  for (const Input& input : inputs) {
    std::string problem = register_pair(
        "sigmoid", input, [](auto x, auto) { return sigmoid(x); },
        [](auto x, auto) { return apply(someone::Sigmoid{}, x); });
    if (problem.empty())
      problem = register_pair(
          "array / column", input, [](auto x, auto column) { return x / column; },
          [](auto x, auto column) { return apply(someone::Divide{}, x, column); });
    if (problem.empty())
      problem = register_pair(
          "power 3", input, [](auto x, auto) { return pow(x, 3); },
          [](auto x, auto) { return apply(someone::PowerOf{3}, x); });
    if (problem.empty())
      problem = register_pair(
          "relu", input, [](auto x, auto) { return relu(x); },
          [](auto x, auto) { return apply(someone::Relu{}, x); });
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace bench
