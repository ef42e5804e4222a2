#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>
#include <xtape/autodiff/check/extrapolation.hpp>
#include <xtape/autodiff/check/noise.hpp>

namespace xtape {
namespace {

using detail::deviation;
using detail::extrapolate;
using detail::find_jump;
using detail::Jump;
using detail::neighbours;
using detail::Neighbours;
using detail::orders;
using detail::Quotient;
using detail::Wave;
using detail::wave_of;
using std::fabs;

constexpr int first_levels = 8;        // of steps
constexpr int more_levels = 4;         // at once
constexpr long double deviations = 4;  // of the noise, in a bar
constexpr long double much = 16;       // more noise than is expected

// The values at displacement ±h.
struct Level {
  Sample plus, minus;
  bool usable[2];  // finite, and no larger step is needed to get there
};

enum Side : std::size_t { right, left };

class Search {
 public:
  Search(const Probe& probe, const NumericOptions& options) : probe_(probe), options_(options) {
    origin_ = sample(0);
    spacing_ = std::max(options.spacing, options.scale * 1e-30L);
    noise_[right] = noise_[left] = options.noise;
  }

  NumericDerivative run() {
    first_ = exponent_of(options_.scale) - 2;
    add(first_, first_ - first_levels);
    if (options_.noise == 0) measure_noise();
    estimate();
    while (!good_enough()) {
      const bool was_flat = flat();
      if (!extend()) break;
      if (options_.noise == 0 && was_flat && !flat()) measure_noise();
      estimate();
    }
    if (looks_like_kink()) {
      while (!resolved() && extend_down()) estimate();
      result_.kink = looks_like_kink();
    }
    look_for_stairs();
    if (!result_.kink) ask_again();
    conclude();
    return result_;
  }

 private:
  static int exponent_of(long double x) {
    int exponent = 0;
    static_cast<void>(std::frexp(x, &exponent));
    return exponent;
  }
  Sample sample(long double displacement) {
    ++result_.evaluations;
    return probe_(displacement);
  }
  [[nodiscard]] static long double sign(Side side) { return side == right ? 1 : -1; }

  // ---- Levels, from the largest step to the smallest; exponents from top_ down.
  [[nodiscard]] bool too_small(int exponent) const {
    return std::ldexp(1.0L, exponent) < 8 * spacing_;
  }
  Level level(int exponent) {
    const long double h = std::ldexp(1.0L, exponent);
    Level result{sample(h), sample(-h), {true, true}};
    result.usable[right] = std::isfinite(result.plus.value) && result.plus.at > 0;
    result.usable[left] = std::isfinite(result.minus.value) && result.minus.at < 0;
    return result;
  }
  bool add(int from, int to) {
    bool any = false;
    if (levels_.empty()) top_ = from;
    for (int e = from; e > to && !too_small(e); --e, any = true) levels_.push_back(level(e));
    return any;
  }
  bool extend_down() {
    if (full()) return false;
    const int next = top_ - static_cast<int>(levels_.size());
    return add(next, next - more_levels);
  }
  bool extend_up() {
    const int limit = std::max(exponent_of(options_.scale), 0) + 24;
    if (full() || top_ >= limit) return false;
    std::vector<Level> larger;
    for (int e = top_ + more_levels; e > top_; --e) larger.push_back(level(e));
    const bool finite = larger.back().usable[right] || larger.back().usable[left];
    top_ += more_levels;
    levels_.insert(levels_.begin(), larger.begin(), larger.end());
    return finite;
  }
  [[nodiscard]] bool full() const {
    return levels_.size() >= static_cast<std::size_t>(options_.most_levels);
  }
  // Where the best quotient's steps are the largest of all, rounding rules, and truncation where
  // they are the smallest; else whatever is left to try.
  bool extend() {
    const long double noise = noise_of(right, origin_.value) + noise_of(left, origin_.value);
    const bool up =
        result_.best.known && up_open_ && 4 * noise > result_.best.bar * result_.best.step;
    if (flat() && flat_rounds_++ >= 4) return false;
    if (up || flat()) {
      up_open_ = extend_up();
      if (up_open_) return true;
      return !flat() && extend_down();
    }
    if (extend_down()) return true;
    if (!up_open_) return false;
    up_open_ = extend_up();
    return up_open_;
  }
  [[nodiscard]] bool flat() const {
    return std::ranges::all_of(levels_, [&](const Level& l) {
      return l.plus.value == origin_.value && l.minus.value == origin_.value;
    });
  }

  // ---- Noise
  long double floor_of(long double value) const { return fabs(value) * options_.epsilon / 2; }
  // The least displacement, up to a factor, to which the function answers on that side.
  long double smallest_answer(Side side) {
    const long double most = std::ldexp(1.0L, top_);
    for (long double delta = 4 * spacing_; delta < most; delta *= 64) {
      const Sample s = sample(sign(side) * delta * neighbours);
      if (!std::isfinite(s.value)) return -1;
      if (s.value != origin_.value) return delta;
    }
    return 0;
  }
  void measure_noise() {
    for (const Side side : {right, left}) noise_[side] = noise_on(side);
    for (const Side side : {right, left})  // where nothing is finite
      if (noise_[side] < 0) noise_[side] = std::max(noise_[1 - side], 0.0L);
    // Waves are no matter of sides.
    const long double near = noise_of(right, origin_.value);
    const long double waves = deviations * noise_in_waves(right, near / deviations);
    for (const Side side : {right, left}) noise_[side] = std::max(noise_[side], waves);
  }
  long double noise_on(Side side) {
    long double delta = smallest_answer(side), quantum = 0, most = 0;
    if (delta <= 0) return delta;
    bool stood = delta > 4 * spacing_;  // still, at smaller displacements
    int lines = 0;
    for (int attempt = 0; attempt < 6; ++attempt, delta *= 8) {
      Neighbours values{origin_.value};
      for (std::size_t i = 1; i < neighbours; ++i)
        values[i] = sample(sign(side) * delta * static_cast<long double>(i)).value;
      if (!std::ranges::all_of(values, [](long double v) { return std::isfinite(v); })) return -1;
      std::size_t equal = 0;
      long double least = 0;
      for (std::size_t i = 1; i < neighbours; ++i) {
        const long double change = fabs(values[i] - values[i - 1]);
        if (change == 0) ++equal;
        if (change != 0 && (least == 0 || change < least)) least = change;
      }
      quantum = fabs(values.back() - values.front());
      stood = stood || 2 * equal > neighbours;
      if (2 * equal > neighbours) continue;
      long double largest = 0;
      const long double found = deviation(values, largest);
      most = std::max(most, deviations * found);
      // What stood still moves by steps, if it does not just begin to move.
      if (stood &&
          (least <= much * noise_of(side, origin_.value) ||
           jump(side, {0, 0, 7 * sign(side) * delta, values.front(), values.back(), 0}, 0)))
        most = std::max(most, least);
      // Steps that are nearly all alike look like a line: others are asked, too.
      if (1000 * found >= largest || ++lines == 3) return most;
      delta *= 1.37L / 8;
    }
    return lines > 0 ? most : quantum;
  }
  // Rounding may look smooth from near by: in exp(x) - 1 - x the exponential stands still while x
  // goes on. So the noise is looked for at several distances, too, by fourth differences. Those of
  // a smooth function grow with the fourth power of the distance; noise stays the same from one
  // distance to the next, or is as large as all that the function does. So are those of a fine
  // structure that is smooth: noise is what jumps, however near one looks.
  long double noise_in_waves(Side side, long double near) {
    constexpr int first = -6, last = -41, apart = 7;  // exponents of the distance, for scale 1
    constexpr long double alike = 1024;               // much less than a growth by 2²⁸
    const long double range = secants_range();
    std::vector<Wave> waves;
    long double before = 0, slope = 0;
    for (int exponent = first; exponent >= last; exponent -= apart) {
      const long double delta = sign(side) * std::ldexp(options_.scale, exponent);
      if (fabs(delta) < 4 * spacing_) break;
      Neighbours values{origin_.value};
      for (std::size_t i = 1; i < neighbours; ++i)
        values[i] = sample(delta * static_cast<long double>(i)).value;
      Wave wave = wave_of(values);
      if (!std::isfinite(wave.size)) break;
      const long double found = wave.size;
      slope = wave.usual / delta;  // that of the nearest in the end
      wave.from *= delta;
      wave.to *= delta;
      if (found <= alike * before && before <= alike * found) {
        wave.size = std::min(found, before);
        waves.push_back(wave);
      } else if (found > range / 10000) {
        waves.push_back(wave);
      }
      before = found;
    }
    std::ranges::stable_sort(waves, [](const Wave& a, const Wave& b) { return a.size > b.size; });
    int looked = 0;
    for (const Wave& wave : waves) {
      if (wave.size <= much * near) return wave.size;
      if (looked++ < 3 && jump(side, wave, slope)) return wave.size;
    }
    return 0;
  }
  std::optional<Jump> jump(Side side, const Wave& wave, long double slope) {
    return find_jump(
        wave, slope, [&](long double at) { return sample(at).value; },
        [&](long double value) { return much * noise_of(side, value); },
        [&](long double at) {
          return std::max<long double>(spacing_, fabs(at) * options_.epsilon);
        });
  }
  // Whether the noise is more than the rounding of the values.
  [[nodiscard]] bool stairs() const {
    const long double size = fabs(origin_.value) + secants(options_.scale) * options_.scale;
    return std::max(noise_[right], noise_[left]) > 4 * much * floor_of(size);
  }
  // The size of the steps that the values move in, where these are many, up to next to the point,
  // and far more than the noise there. Between them the function may stand still, or go another
  // way than they take it. 0 where there are none; a single one is the function's own.
  long double stairs(Side side, long double slope) {
    long double most = 0, size = 0;
    for (const Level& l : levels_) {
      const Sample& s = side == right ? l.plus : l.minus;
      if (!l.usable[side] || fabs(s.at) > options_.scale) continue;
      most = s.at;
      break;
    }
    int found = 0, missed = 0;
    while (found < 3 && missed < 5 && fabs(most) >= 64 * spacing_) {
      if (const auto next = jump(side, {0, 0, most, origin_.value, sample(most).value, 0}, slope)) {
        ++found;
        size = std::max(size, next->size);
        most = next->at * 0.77L;
      } else {
        ++missed;
        most /= 2;
      }
    }
    return found > 1 ? size : 0;
  }
  // Where only fine steps were believed, or where the claim is another number, the function may be
  // one that rounds.
  void look_for_stairs() {
    const Estimate& best = result_.best;
    if (!best.known || flat() || options_.noise != 0) return;
    const bool doubted = fabs(options_.claimed - best.value) > 2 * best.bar;
    const bool fine = best.step * 1024 < options_.scale;
    if (!result_.kink && !doubted && !fine) return;
    long double size = 0;
    for (const Side side : {right, left}) {
      const Estimate& from = !result_.kink ? best : side == right ? result_.right : result_.left;
      if (size == 0) size = stairs(side, from.value);
    }
    if (size == 0) return;
    result_.near = best;
    for (const Side side : {right, left}) noise_[side] = std::max(noise_[side], deviations * size);
    result_.kink = false;
    estimate();
  }
  // How far the function goes within the largest steps.
  [[nodiscard]] long double secants_range() const {
    long double most = 0;
    for (const Level& l : levels_)
      for (const Sample* s : {&l.plus, &l.minus})
        if (std::isfinite(s->value)) most = std::max(most, fabs(s->value - origin_.value));
    return most;
  }
  // Of one value: what was measured, and its share of a value that is larger than that at the
  // point.
  long double noise_of(Side side, long double value) const {
    const long double beyond = std::max(fabs(value) - fabs(origin_.value), 0.0L);
    return std::max(noise_[side], floor_of(origin_.value)) + 4 * floor_of(beyond);
  }

  // ---- Estimates
  // From the steps that begin with a level.
  void estimate(std::size_t from = 0) {
    std::vector<Quotient> central, sides[2];
    std::size_t first[2] = {0, 0};  // behind the last value that is not finite
    for (std::size_t i = 0; i < levels_.size(); ++i)
      for (const Side side : {right, left})
        if (!levels_[i].usable[side]) first[side] = i + 1;
    for (std::size_t i = from; i < levels_.size(); ++i) {
      const Level& l = levels_[i];
      const long double noise[2] = {noise_of(right, l.plus.value), noise_of(left, l.minus.value)};
      const long double at_origin[2] = {noise_of(right, origin_.value),
                                        noise_of(left, origin_.value)};
      for (const Side side : {right, left}) {
        if (i < first[side]) continue;
        const Sample& s = side == right ? l.plus : l.minus;
        sides[side].push_back({(s.value - origin_.value) / s.at,
                               (noise[side] + at_origin[side]) / fabs(s.at), fabs(s.at)});
      }
      const long double width = l.plus.at - l.minus.at;
      if (i >= std::max(first[right], first[left]))
        central.push_back({(l.plus.value - l.minus.value) / width,
                           (noise[right] + noise[left]) / width, width / 2});
    }
    result_.central = extrapolate(central, 4, options_.scale);
    result_.right = extrapolate(sides[right], 2, options_.scale);
    result_.left = extrapolate(sides[left], 2, options_.scale);
    result_.best = {};
    for (const Estimate* e : {&result_.central, &result_.right, &result_.left})
      if (e->known && (!result_.best.known || e->bar < result_.best.bar)) {
        result_.best = *e;
        best_from_ = e;
      }
    for (const Estimate* e : {&result_.central, &result_.right, &result_.left}) {
      const long double apart = fabs(e->value - result_.best.value);
      if (e->known && apart > e->bar + result_.best.bar)
        result_.best.bar = std::max(result_.best.bar, apart);
    }
    result_.variation = secants(options_.scale);
    // Nothing moves up to there: what it does farther out is a measure, too.
    if (result_.variation == 0) result_.variation = secants(std::ldexp(1.0L, top_));
  }
  // The largest slope of a secant up to a displacement.
  [[nodiscard]] long double secants(long double reach) const {
    long double most = 0;
    for (const Level& l : levels_)
      for (const Side side : {right, left}) {
        const Sample& s = side == right ? l.plus : l.minus;
        if (!std::isfinite(s.value) || s.at == 0 || fabs(s.at) > reach) continue;
        const long double change = fabs(s.value - origin_.value) - noise_of(side, s.value);
        most = std::max(most, change / fabs(s.at));
      }
    return most;
  }
  // Where the claim is another number, finer steps have to say so, too, as long as they can: coarse
  // ones may stride over periods.
  [[nodiscard]] bool confirmed() const {
    const long double apart = fabs(options_.claimed - result_.best.value);
    if (!(apart > 2 * result_.best.bar)) return true;  // also where nothing is claimed
    const int finest = top_ - static_cast<int>(levels_.size()) + 1;
    const long double noise = noise_of(right, origin_.value) + noise_of(left, origin_.value);
    return too_small(finest - 1) || full() || 8 * noise > apart * std::ldexp(1.0L, finest);
  }
  [[nodiscard]] bool good_enough() const {
    if (!result_.best.known || flat() || !confirmed()) return false;
    const long double size = std::max(fabs(result_.best.value), fabs(options_.expected));
    return result_.best.bar <= options_.precision * size ||
           (result_.best.bar <= options_.precision / 16 * result_.variation &&
            fabs(result_.best.value) <= result_.best.bar);
  }

  // The same with other steps: what neither truncation nor the measured noise explains, such as a
  // noise that comes in long waves, is in the difference.
  void ask_again() {
    if (!result_.best.known || flat()) return;
    std::vector<Quotient> central, sides[2];
    long double h = result_.best.step * 0.77L;
    for (std::size_t i = 0; i < orders && h >= 8 * spacing_; ++i, h /= 2) {
      const Sample plus = sample(h), minus = sample(-h);
      sides[right].push_back({(plus.value - origin_.value) / plus.at, 0, 0});
      sides[left].push_back({(minus.value - origin_.value) / minus.at, 0, 0});
      central.push_back({(plus.value - minus.value) / (plus.at - minus.at), 0, 0});
    }
    const Estimate again =
        best_from_ == &result_.central
            ? extrapolate(central, 4, 1)
            : extrapolate(sides[best_from_ == &result_.right ? right : left], 2, 1);
    if (!again.known) return;
    const long double apart = fabs(again.value - result_.best.value);
    if (apart > again.bar) result_.best.bar = std::max(result_.best.bar, 2 * apart);
  }

  // ---- Kinks
  [[nodiscard]] bool looks_like_kink() const {
    const Estimate &l = result_.left, &r = result_.right;
    if (!l.known || !r.known || fabs(l.value - r.value) <= 2 * (l.bar + r.bar)) return false;
    // A kink is seen from near by, if only there are no steps.
    if (stairs() && std::max(l.step, r.step) > options_.scale) return false;
    // The second difference over h tends to the kink; of a smooth function it goes with h.
    long double first = 0, last = 0;
    int counted = 0;
    for (const Level& v : levels_) {
      if (!v.usable[right] || !v.usable[left]) continue;
      const long double h = v.plus.at,
                        noise = noise_of(right, v.plus.value) + noise_of(left, v.minus.value);
      const long double bend = (v.plus.value + v.minus.value - 2 * origin_.value) / h;
      if (fabs(bend) * h < 8 * noise) break;
      if (counted++ == 0) first = bend;
      last = bend;
    }
    return counted < 4 || fabs(last) > fabs(first) / 4 || fabs(last) > fabs(l.value - r.value) / 2;
  }
  // Whether finer steps would tell the slopes apart no more.
  [[nodiscard]] bool resolved() const {
    const long double h = std::ldexp(1.0L, top_ - static_cast<int>(levels_.size()) + 1);
    const long double noise = noise_of(right, origin_.value) + noise_of(left, origin_.value);
    return 8 * noise / h > fabs(result_.left.value - result_.right.value);
  }
  void conclude() {
    result_.value = origin_.value;
    result_.noise = std::max(noise_of(right, origin_.value), noise_of(left, origin_.value));
    result_.flat = flat();
    result_.stairs = stairs();
    if (result_.best.known && result_.best.step > options_.scale) {
      const NumericDerivative all = result_;
      std::size_t from = 0;
      while (from < levels_.size() &&
             std::ldexp(1.0L, top_ - static_cast<int>(from)) > options_.scale)
        ++from;
      estimate(from);
      const Estimate natural = result_.best;
      result_ = all;
      result_.natural = natural;
    }
    if (levels_.size() < 4) return;
    const auto change = [&](const Level& l, Side side) {
      return fabs((side == right ? l.plus.value : l.minus.value) - origin_.value);
    };
    for (const Side side : {right, left}) {
      const Level &fine = levels_.back(), &coarse = levels_[levels_.size() - 4];
      if (fine.usable[side] && coarse.usable[side] &&
          change(fine, side) > 100 * noise_of(side, origin_.value) &&
          change(fine, side) > 0.9L * change(coarse, side) &&
          result_.best.bar * std::ldexp(1.0L, top_ - static_cast<int>(levels_.size()) + 1) >
              change(fine, side) / 10)
        result_.jump = true;
    }
  }

  const Probe& probe_;
  const NumericOptions& options_;
  NumericDerivative result_;
  const Estimate* best_from_ = nullptr;
  Sample origin_{};
  std::vector<Level> levels_;
  int top_ = 0, first_ = 0, flat_rounds_ = 0;
  bool up_open_ = true;
  long double spacing_ = 0;
  long double noise_[2] = {0, 0};
};

}  // namespace

NumericDerivative numeric_derivative(const Probe& probe, const NumericOptions& options) {
  return Search(probe, options).run();
}

}  // namespace xtape
