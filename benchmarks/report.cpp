#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

#include "hand_written.hpp"
#include "problems.hpp"

namespace bench {
namespace {

enum class Wanted { at_most, at_least };

struct Verdict {
  std::string text;
  bool missed;
};

// "5.31 (<= 6)", with a mark where it isn't. A target of 0 is none.
Verdict judge(double value, Wanted wanted, double target) {
  if (std::isnan(value)) return {"-", false};
  char text[64];
  if (target == 0) {
    std::snprintf(text, sizeof text, "%.3g", value);
    return {text, false};
  }
  const bool missed = wanted == Wanted::at_most ? value > target : value < target;
  std::snprintf(text, sizeof text, "%.3g (%s %g)%s", value,
                wanted == Wanted::at_most ? "<=" : ">=", target, missed ? " !" : "");
  return {text, missed};
}

std::string duration(double nanoseconds) {
  if (std::isnan(nanoseconds)) return "-";
  const char* const units[] = {"ns", "us", "ms", "s"};
  std::size_t unit = 0;
  for (; nanoseconds >= 1000 && unit + 1 < std::size(units); ++unit) nanoseconds /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %s", nanoseconds, units[unit]);
  return text;
}

// Ratios to the hand-written step that a model's N = 1, 10, 100, 10000 are to keep to.
struct Targets {
  const char* model;
  double to_hand[4];
};
constexpr Targets training[] = {{"neuron", {8, 3, 0.6, 0.4}},
                                {"network", {6, 1.4, 0.35, 0.28}},
                                {"tanh network", {0, 0, 0, 0}}};
constexpr double torch_to_xtape[] = {100, 100, 50, 3};
constexpr double deeper_to_network = 1.15;
constexpr double chain_nanoseconds = 25;
constexpr double custom_to_built_in = 1.1;
constexpr std::pair<const char*, double> checks[] = {
    {"2-2-1, N = 100, order 1", 2},
    {"2-2-1, N = 100, orders 1 and 2, adjoints, Taylor", 10},
    {"MLP of 100000 parameters, batch 32, directions", 500}};

}  // namespace

bool RatioReporter::ReportContext(const Context&) { return true; }

void RatioReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.error_occurred) {
      std::fprintf(stderr, "%s: %s\n", run.benchmark_name().c_str(), run.error_message.c_str());
    } else if (run.run_type == Run::RT_Iteration) {
      nanoseconds_[run.run_name.function_name].push_back(run.cpu_accumulated_time * 1e9 /
                                                         static_cast<double>(run.iterations));
    }
  }
}

double RatioReporter::median(const std::string& name) const {
  const auto found = nanoseconds_.find(name);
  if (found == nanoseconds_.end()) return NAN;
  std::vector<double> all = found->second;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

std::string RatioReporter::time(const std::string& name) const { return duration(median(name)); }

void RatioReporter::print_training() {
  std::printf("\nOne training step: record, forward, gradients, update, the loss read\n");
  std::printf("%-14s%6s%10s%10s  %-18s%10s  %-16s%s\n", "model", "N", "hand", "xtape", "xtape/hand",
              "torch", "torch/xtape", "ns/operation");
  for (const Targets& targets : training)
    for (std::size_t i = 0; i < std::size(batch_sizes); ++i) {
      const std::string name =
          std::string("/") + targets.model + "/" + std::to_string(batch_sizes[i]);
      const double hand = median("hand" + name), ours = median("xtape" + name),
                   torch = median("torch" + name);
      if (std::isnan(ours)) continue;
      const Verdict to_hand = judge(ours / hand, Wanted::at_most, targets.to_hand[i]);
      const Verdict to_torch = judge(torch / ours, Wanted::at_least, torch_to_xtape[i]);
      const double operations = make_problem(targets.model, batch_sizes[i]).operations();
      std::string per_operation = judge(ours / operations, Wanted::at_most, 0).text;
      if (targets.to_hand[0] == 0) {
        const double network = median("xtape/network/" + std::to_string(batch_sizes[i])) /
                               make_problem("network", batch_sizes[i]).operations();
        const Verdict deeper =
            judge(ours / operations / network, Wanted::at_most, deeper_to_network);
        per_operation += ", to network's: " + deeper.text;
      }
      std::printf("%-14s%6zu%10s%10s  %-18s%10s  %-16s%s\n", targets.model, batch_sizes[i],
                  duration(hand).c_str(), duration(ours).c_str(), to_hand.text.c_str(),
                  duration(torch).c_str(), to_torch.text.c_str(), per_operation.c_str());
    }
}

void RatioReporter::print_functions() {
  std::printf("\nForward and backward\n");
  const double chain = median("xtape/chain");
  if (!std::isnan(chain)) {
    const auto per_operation = [](double time) {
      return duration(time / static_cast<double>(hand_written::chain_operations));
    };
    const double ours = chain / static_cast<double>(hand_written::chain_operations);
    const Verdict verdict = judge(ours, Wanted::at_most, chain_nanoseconds);
    std::printf("chain of 1000 operations on 4 elements, each: hand %s, xtape %s ns, torch %s\n",
                per_operation(median("hand/chain")).c_str(), verdict.text.c_str(),
                per_operation(median("torch/chain")).c_str());
  }
  for (const char* const size : {"1000", "1000000"}) {
    const std::string name = std::string("/expression/") + size;
    if (std::isnan(median("xtape" + name))) continue;
    std::printf(
        "tanh(x) exp(-x^2) + sigmoid(3x) sin(x), %s elements: hand %s, xtape %s, torch %s; "
        "xtape/hand %.3g\n",
        size, time("hand" + name).c_str(), time("xtape" + name).c_str(),
        time("torch" + name).c_str(), median("xtape" + name) / median("hand" + name));
  }
}

void RatioReporter::print_custom() {
  std::printf("\nA custom operation and the library's own of the same formula\n");
  const std::string custom = "custom";
  for (auto entry = nanoseconds_.lower_bound(custom + "/"); entry != nanoseconds_.end(); ++entry) {
    if (!entry->first.starts_with(custom + "/")) break;
    const std::string name = entry->first.substr(custom.size());
    const Verdict verdict = judge(median(custom + name) / median("built-in" + name),
                                  Wanted::at_most, custom_to_built_in);
    std::printf("%-24s built-in %8s, custom %8s, custom/built-in %s\n", name.c_str() + 1,
                time("built-in" + name).c_str(), time(custom + name).c_str(), verdict.text.c_str());
  }
}

void RatioReporter::print_checks() {
  std::printf("\nTo check gradients\n");
  for (const auto& [name, milliseconds] : checks) {
    const Verdict verdict =
        judge(median(std::string("check/") + name) / 1e6, Wanted::at_most, milliseconds);
    std::printf("%-52s%s ms\n", name, verdict.text.c_str());
  }
}

void RatioReporter::Finalize() {
  print_training();
  print_functions();
  print_custom();
  print_checks();
  std::printf(
      "\nMedians of the repetitions' processor time. Targets stand in brackets; ! marks "
      "what misses one.\n");
}

}  // namespace bench
