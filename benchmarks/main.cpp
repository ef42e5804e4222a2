// Training steps, a long chain and an expression, by hand, by the library and by libtorch: compared
// first, then timed, with a table of ratios at the end.
//
// All options of Google Benchmark are understood: --benchmark_filter=network,
// --benchmark_repetitions=31, --benchmark_out=FILE ...

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "problems.hpp"
#include "report.hpp"

namespace bench {
namespace {

std::vector<const Side*> all_sides() {
#ifdef XTAPE_BENCH_TORCH
  return {&hand_side, &xtape_side, &torch_side};
#else
  return {&hand_side, &xtape_side};
#endif
}

void stop_if(const std::string& problem) {
  if (problem.empty()) return;
  std::fprintf(stderr, "Nothing is timed, for the sides do not agree: %s\n", problem.c_str());
  std::exit(EXIT_FAILURE);
}

// Each repetition goes on with the same object, as a long training would.
template <class Measured>
void add(const std::string& name, std::unique_ptr<Measured> measured) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [kept = std::shared_ptr<Measured>(std::move(measured))](
                                   benchmark::State& state) { kept->measure(state); });
}

void register_training() {
  for (const char* const model : {"neuron", "network", "tanh network"})
    for (const std::size_t n : batch_sizes) {
      const Problem problem = make_problem(model, n);
      for (const Side* side : all_sides()) {
        stop_if(compare_training(problem, *side));
        add(std::string(side->name) + "/" + model + "/" + std::to_string(n),
            side->trainee(problem));
      }
    }
}

void register_functions() {
  const auto by_hand = hand_side.chain(chain_points());
  for (const Side* side : all_sides()) {
    auto chain = side->chain(chain_points());
    stop_if(compare_function("chain", *side, *by_hand, *chain));
    add(std::string(side->name) + "/chain", std::move(chain));
  }
  for (const std::size_t size : {1000U, 1000000U}) {
    const auto expected = hand_side.expression(expression_points(size));
    for (const Side* side : all_sides()) {
      auto expression = side->expression(expression_points(size));
      stop_if(compare_function("expression", *side, *expected, *expression));
      add(std::string(side->name) + "/expression/" + std::to_string(size), std::move(expression));
    }
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  // Ahead of the user's options, which then count.
  std::vector<std::string> options = {argv[0], "--benchmark_enable_random_interleaving=true",
                                      "--benchmark_repetitions=21", "--benchmark_min_time=0.02"};
  options.insert(options.end(), argv + 1, argv + argc);
  std::vector<char*> arguments;
  for (std::string& option : options) arguments.push_back(option.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return EXIT_FAILURE;

  bench::register_training();
  bench::register_functions();
  bench::stop_if(bench::register_custom_operations());
  bench::stop_if(bench::register_checks());
  std::printf("The sides agree. Timing, interleaved at random; the table comes at the end.\n");
  std::fflush(stdout);
  bench::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
}
