#pragma once
// How far a training has come: one line that is drawn anew on a terminal, else a line an epoch.

#include <chrono>
#include <cstddef>
#include <string>

namespace lab {

/// What the line on a terminal says.
struct ProgressState {
  std::size_t epoch, epochs;
  double loss;     // of the validation samples
  double seconds;  // since the first epoch began
};
/// The line, at most so many columns wide: what does not fit is left out, the bar first.
std::string progress_line(const ProgressState& state, std::size_t width);

/// Reports to the standard output.
class Progress {
 public:
  /// Asks whether the output is a terminal that can go back to the beginning of a line.
  Progress(std::size_t epochs, bool quiet);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends the line of the terminal.
  ~Progress();

  /// To be called after each epoch. A terminal is written to at most twenty times a second.
  void epoch(std::size_t epoch, double loss);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const ProgressState& state);

  std::size_t epochs_;
  bool quiet_, terminal_;
  Clock::time_point start_ = Clock::now(), drawn_ = start_ - std::chrono::hours(1);
  ProgressState last_{};
  bool pending_ = false, drawn_any_ = false;
};

}  // namespace lab
