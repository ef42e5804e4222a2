#pragma once
// How far a training has come: one line that is drawn anew on a terminal, else a line now and then.

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

/// Whether an output that is no terminal gets a line after this epoch: after the first, the last
/// and each that `every` divides. 0 stands for the 1, 2 or 5 times a power of ten with which there
/// are some twenty lines, 22 at most.
bool has_line(std::size_t epoch, std::size_t epochs, std::size_t every);

/// Reports to the standard output.
class Progress {
 public:
  /// Asks whether the output is a terminal that can go back to the beginning of a line.
  Progress(std::size_t epochs, bool quiet, std::size_t every = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends the line of the terminal, or writes the line of an epoch that came to be the last.
  ~Progress();

  /// To be called after each epoch. A terminal is written to at most twenty times a second.
  void epoch(std::size_t epoch, double loss);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const ProgressState& state);
  void write(const ProgressState& state);

  std::size_t epochs_, every_;
  bool quiet_, terminal_;
  Clock::time_point start_ = Clock::now(), drawn_ = start_ - std::chrono::hours(1);
  ProgressState last_{};
  bool pending_ = false, drawn_any_ = false;
};

}  // namespace lab
