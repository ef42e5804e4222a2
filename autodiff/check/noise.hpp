#pragma once
// The noise of a function's values, measured near a point.

#include <optional>

#include <xtape/autodiff/check/differences.hpp>
#include <xtape/autodiff/check/samples.hpp>

namespace xtape::detail {

constexpr long double deviations = 4;  // of the noise, in a bar
constexpr long double much = 16;       // more noise than is expected

/// What a value may be off, on either side of the point: at least its rounding.
class Noise {
 public:
  Noise(Samples& samples, const NumericOptions& options);

  /// From values next to each other on either side alone, as near as the function still sees, since
  /// a kink at one side looks like noise; and from waves.
  void measure();
  /// Where the function stands still at all small steps: what it may hide there.
  void measure_hidden();

  /// Of one value: what was measured, and its share of a value that is larger than that at the
  /// point.
  [[nodiscard]] long double of(Side side, long double value) const;
  /// Of the difference of two values at the point.
  [[nodiscard]] long double at_point() const;

  /// The largest slope of a secant up to a displacement, beyond the noise.
  [[nodiscard]] long double secants(long double reach) const;
  /// Whether the noise is more than the rounding of the values.
  [[nodiscard]] bool stairs() const;

  /// The size of the steps that the values move in, where these are many, up to next to the point,
  /// and far more than the noise there. Between them the function may stand still, or go another
  /// way than they take it. 0 where there are none; a single one is the function's own.
  long double stairs(Side side, long double slope);
  /// From now on such steps count as noise.
  void take_for_noise(long double steps);

 private:
  [[nodiscard]] long double rounding(long double value) const;
  long double smallest_answer(Side side);
  long double measured(Side side);
  long double hidden(Side side);
  bool single_jump(Side side, long double at);
  long double in_waves(Side side, long double near);
  std::optional<Jump> jump(Side side, const Wave& wave, long double slope);

  Samples& samples_;
  const NumericOptions& options_;
  long double noise_[2];
};

}  // namespace xtape::detail
