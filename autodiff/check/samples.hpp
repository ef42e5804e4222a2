#pragma once
// The values of a function around a point, at steps that halve.

#include <vector>

#include <xtape/autodiff/check/numeric_derivative.hpp>

namespace xtape::detail {

enum Side : std::size_t { right, left };

constexpr long double sign(Side side) { return side == right ? 1 : -1; }

/// The values at displacement ±h.
struct Level {
  Sample plus, minus;
  bool usable[2];  // finite, and on its side of the point

  [[nodiscard]] const Sample& at(Side side) const { return side == right ? plus : minus; }
};

/// The values at the point and at levels, from the largest step to the smallest. Counts what was
/// evaluated.
class Samples {
 public:
  /// Evaluates the function at the point.
  Samples(const Probe& probe, const NumericOptions& options);

  Sample sample(long double displacement);

  /// The first levels: steps of 2^largest and below.
  void begin(int largest);
  /// Smaller and larger steps; whether there were any, of which one at least is of use.
  bool extend_down();
  bool extend_up();
  [[nodiscard]] bool full() const;
  /// Steps at which the point's neighbours can't be told apart any more.
  [[nodiscard]] bool too_small(int exponent) const;
  /// Nothing changes at any step.
  [[nodiscard]] bool flat() const;

  /// How far the function goes within the largest steps.
  [[nodiscard]] long double range() const;

  [[nodiscard]] const Sample& origin() const { return origin_; }
  [[nodiscard]] const std::vector<Level>& levels() const { return levels_; }
  [[nodiscard]] long double step(std::size_t level) const;
  [[nodiscard]] long double finest() const { return step(levels_.size() - 1); }
  [[nodiscard]] bool finest_of_all() const { return too_small(exponent(levels_.size())); }
  /// The distance of the numbers at the point.
  [[nodiscard]] long double spacing() const { return spacing_; }
  [[nodiscard]] int evaluations() const { return evaluations_; }

 private:
  [[nodiscard]] int exponent(std::size_t level) const { return top_ - static_cast<int>(level); }
  Level level(int exponent);
  bool add(int from, int to);

  const Probe& probe_;
  const NumericOptions& options_;
  int evaluations_ = 0;
  long double spacing_ = 0;
  Sample origin_{};
  std::vector<Level> levels_;
  int top_ = 0;  // the exponent of the largest step
};

/// e such that 2^(e-1) ≤ |x| < 2^e.
int exponent_of(long double x);

}  // namespace xtape::detail
