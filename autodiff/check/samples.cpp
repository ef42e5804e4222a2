#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/samples.hpp>

namespace xtape::detail {
namespace {

constexpr int first_levels = 8;
constexpr int more_levels = 4;  // at once

}  // namespace

int exponent_of(long double x) {
  int exponent = 0;
  static_cast<void>(std::frexp(x, &exponent));
  return exponent;
}

Samples::Samples(const Probe& probe, const NumericOptions& options)
    : probe_(probe),
      options_(options),
      spacing_(std::max(options.spacing, options.scale * 1e-30L)),
      origin_(sample(0)) {}

Sample Samples::sample(long double displacement) {
  ++evaluations_;
  return probe_(displacement);
}

bool Samples::too_small(int exponent) const { return std::ldexp(1.0L, exponent) < 8 * spacing_; }

bool Samples::full() const {
  return levels_.size() >= static_cast<std::size_t>(options_.most_levels);
}

long double Samples::step(std::size_t level) const { return std::ldexp(1.0L, exponent(level)); }

Level Samples::level(int exponent) {
  const long double h = std::ldexp(1.0L, exponent);
  Level result{sample(h), sample(-h), {true, true}};
  result.usable[right] = std::isfinite(result.plus.value) && result.plus.at > 0;
  result.usable[left] = std::isfinite(result.minus.value) && result.minus.at < 0;
  return result;
}

bool Samples::add(int from, int to) {
  bool any = false;
  for (int e = from; e > to && !too_small(e); --e, any = true) levels_.push_back(level(e));
  return any;
}

void Samples::begin(int largest) {
  top_ = largest;
  add(largest, largest - first_levels);
}

bool Samples::extend_down() {
  if (full()) return false;
  const int next = exponent(levels_.size());
  return add(next, next - more_levels);
}

bool Samples::extend_up() {
  const int limit = std::max(exponent_of(options_.scale), 0) + 24;
  if (full() || top_ >= limit) return false;
  int next = top_ + more_levels;
  while (next > top_ && std::ldexp(1.0L, next) > options_.farthest) --next;
  if (next == top_) return false;
  std::vector<Level> larger;
  for (int e = next; e > top_; --e) larger.push_back(level(e));
  const bool finite = larger.back().usable[right] || larger.back().usable[left];
  top_ = next;
  levels_.insert(levels_.begin(), larger.begin(), larger.end());
  return finite;
}

bool Samples::flat() const {
  return std::ranges::all_of(levels_, [&](const Level& l) {
    return l.plus.value == origin_.value && l.minus.value == origin_.value;
  });
}

long double Samples::range() const {
  long double most = 0;
  for (const Level& l : levels_)
    for (const Sample* s : {&l.plus, &l.minus})
      if (std::isfinite(s->value)) most = std::max(most, std::fabs(s->value - origin_.value));
  return most;
}

}  // namespace xtape::detail
