#include "progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <locale>
#include <sstream>
#include <string_view>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace lab {
namespace {

constexpr std::chrono::milliseconds between_drawings(50);

bool output_is_terminal() {
#if defined(__unix__) || defined(__APPLE__)
  const char* const kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
#else
  return false;
#endif
}

std::size_t terminal_width() {
#if defined(__unix__) || defined(__APPLE__)
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
#endif
  return 80;
}

std::string time_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(std::ceil(seconds), 0.0, 3.6e8));
  std::ostringstream text;
  if (whole >= 3600) text << whole / 3600 << ':' << std::setw(2) << std::setfill('0');
  text << whole / 60 % 60 << ':' << std::setw(2) << std::setfill('0') << whole % 60;
  return text.str();
}

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t width) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  const std::string all = std::to_string(state.epochs);
  text << "epoch " << std::setw(static_cast<int>(all.size())) << state.epoch << '/' << all;
  const std::string count = text.str();
  text.str("");
  text << "  validation loss " << std::setprecision(4) << std::showpoint << state.loss;
  const std::string loss = text.str();
  text.str("");
  const auto done = static_cast<double>(state.epoch), whole = static_cast<double>(state.epochs);
  const double rate = done / std::max(state.seconds, 1e-9);
  text << std::noshowpoint << "  " << std::setprecision(3) << std::defaultfloat
       << (rate >= 100 ? std::round(rate) : rate) << " epochs/s";
  const std::string speed =
      rate >= 100 ? "  " + std::to_string(std::llround(std::min(rate, 1e15))) + " epochs/s"
                  : text.str();
  const std::string end = state.epoch < state.epochs
                              ? ", " + time_text((whole - done) / rate) + " left"
                              : ", took " + time_text(state.seconds);
  std::string line = count;
  for (const std::string& part : {loss, speed, end})
    if (line.size() + part.size() <= width)
      line += part;
    else
      break;
  constexpr std::size_t least_bar = 14;  // with its brackets and blanks
  if (line.size() == count.size() + loss.size() + speed.size() + end.size() &&
      line.size() + least_bar <= width) {
    const std::size_t inside = std::min<std::size_t>(width - line.size() - 4, 40);
    const auto filled = static_cast<std::size_t>(static_cast<double>(inside) * done / whole);
    line.insert(count.size(),
                "  [" + std::string(filled, '=') + std::string(inside - filled, ' ') + "]");
  }
  return line.substr(0, width);
}

bool has_line(std::size_t epoch, std::size_t epochs, std::size_t every) {
  constexpr std::size_t lines = 20;
  if (every == 0) {
    every = 1;
    for (std::size_t power = 1; epochs / every > lines; power *= 10)
      for (const std::size_t digit : {1U, 2U, 5U})
        if (epochs / every > lines) every = digit * power;
  }
  return epoch == 1 || epoch == epochs || epoch % every == 0;
}

Progress::Progress(std::size_t epochs, bool quiet, std::size_t every)
    : epochs_(epochs), every_(every), quiet_(quiet), terminal_(!quiet && output_is_terminal()) {}

Progress::~Progress() {
  if (pending_ && terminal_) draw(last_);
  if (pending_ && !terminal_) write(last_);
  if (drawn_any_) std::cout << std::endl;
}

void Progress::epoch(std::size_t epoch, double loss) {
  if (quiet_) return;
  const auto now = Clock::now();
  last_ = {epoch, epochs_, loss, std::chrono::duration<double>(now - start_).count()};
  pending_ = true;
  if (!terminal_) {
    if (has_line(epoch, epochs_, every_)) write(last_);
    return;
  }
  if (now - drawn_ < between_drawings) return;
  drawn_ = now;
  draw(last_);
}

void Progress::write(const ProgressState& state) {
  // Flushed, for whoever looks at the file or through the pipe meanwhile.
  std::cout << "epoch " << state.epoch << ": validation loss " << state.loss << std::endl;
  pending_ = false;
}

void Progress::draw(const ProgressState& state) {
  const std::size_t width = terminal_width();
  // Not in the last column, where some terminals begin a new line.
  std::cout << '\r' << progress_line(state, width > 1 ? width - 1 : width) << "\x1b[K"
            << std::flush;
  pending_ = false;
  drawn_any_ = true;
}

}  // namespace lab
