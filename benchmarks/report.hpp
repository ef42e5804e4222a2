#pragma once
// Medians, ratios, and the table of them.

#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace bench {

/// Gathers the times of all repetitions; says nothing until the table.
class RatioReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  /// The table of what was measured: benchmarks are named "side/model/N".
  void Finalize() override;

 private:
  [[nodiscard]] double median(const std::string& name) const;
  [[nodiscard]] std::string time(const std::string& name) const;
  void print_training();
  void print_functions();
  void print_custom();
  void print_checks();

  std::map<std::string, std::vector<double>> nanoseconds_;
};

}  // namespace bench
