#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>
#include <xtape/autodiff/check/extrapolation.hpp>
#include <xtape/autodiff/check/noise.hpp>
#include <xtape/autodiff/check/samples.hpp>

namespace xtape {
namespace {

using detail::extrapolate;
using detail::left;
using detail::Level;
using detail::Noise;
using detail::orders;
using detail::Quotient;
using detail::right;
using detail::Samples;
using detail::Side;
using std::fabs;

class Search {
 public:
  Search(const Probe& probe, const NumericOptions& options)
      : options_(options), samples_(probe, options), noise_(samples_, options) {}

  NumericDerivative run() {
    samples_.begin(detail::exponent_of(options_.scale) - 2);
    const bool still = samples_.flat();
    if (options_.noise == 0 && !still) noise_.measure();
    estimate();
    result_.coarse = result_.best;
    search();
    if (look_closer()) {
      result_.coarse = result_.best;
      search();
    }
    if (options_.noise == 0 && still && !samples_.flat()) {
      noise_.measure_hidden();
      estimate();
    }
    if (looks_like_kink()) {
      while (!resolved() && samples_.extend_down()) estimate();
      result_.kink = looks_like_kink();
    }
    look_for_stairs();
    if (!result_.kink) ask_again();
    conclude();
    return result_;
  }

 private:
  void search() {
    while (!good_enough()) {
      if (!extend()) break;
      estimate();
    }
  }

  // Where the best quotient's steps are the largest of all, rounding rules, and truncation where
  // they are the smallest; else whatever is left to try.
  bool extend() {
    const long double noise = noise_.at_point();
    const bool up =
        result_.best.known && up_open_ && 4 * noise > result_.best.bar * result_.best.step;
    if (samples_.flat() && flat_rounds_++ >= 4) return false;
    if (up || samples_.flat()) {
      up_open_ = samples_.extend_up();
      if (up_open_) return true;
      return !samples_.flat() && samples_.extend_down();
    }
    if (samples_.extend_down()) return true;
    if (!up_open_) return false;
    up_open_ = samples_.extend_up();
    return up_open_;
  }

  // Where only fine steps were believed, or where the claim is another number, the function may be
  // one that rounds.
  void look_for_stairs() {
    const Estimate& best = result_.best;
    if (!best.known || samples_.flat() || options_.noise != 0) return;
    const bool doubted =
        fabs(options_.claimed - best.value) > 2 * best.bar || !std::isnan(suspected_);
    const bool fine = best.step * 1024 < options_.scale;
    if (!result_.kink && !doubted && !fine) return;
    long double size = 0;
    for (const Side side : {right, left}) {
      const Estimate& from = !result_.kink ? best : side == right ? result_.right : result_.left;
      if (size == 0) size = noise_.stairs(side, from.value);
    }
    if (size == 0) return;
    result_.near = best;
    noise_.take_for_noise(size);
    result_.kink = false;
    estimate();
  }

  // From the steps that begin with a level.
  void estimate(std::size_t from = 0) {
    std::vector<Quotient> central, sides[2];
    std::size_t first[2] = {0, 0};  // behind the last value that is not finite
    for (std::size_t i = 0; i < samples_.levels().size(); ++i)
      for (const Side side : {right, left})
        if (!samples_.levels()[i].usable[side]) first[side] = i + 1;
    for (std::size_t i = from; i < samples_.levels().size(); ++i) {
      const Level& l = samples_.levels()[i];
      const long double noise[2] = {noise_.of(right, l.plus.value), noise_.of(left, l.minus.value)};
      const long double at_origin[2] = {noise_.of(right, samples_.origin().value),
                                        noise_.of(left, samples_.origin().value)};
      for (const Side side : {right, left}) {
        if (i < first[side]) continue;
        const Sample& s = l.at(side);
        sides[side].push_back({(s.value - samples_.origin().value) / s.at,
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
    result_.variation = noise_.secants(options_.scale);
    result_.bend = noise_.secants(options_.scale / 16);
    // Nothing moves up to there: what it does farther out is a measure, too.
    if (result_.variation == 0) result_.variation = noise_.secants(samples_.step(0));
  }

  // Next to the point the function may be another one. Each time at a step that is far finer: does
  // its secant say what the quotients say, as far as the noise lets it?
  bool look_closer() {
    constexpr int apart = 5;  // exponents
    const Estimate& best = result_.best;
    if (!best.known || samples_.flat()) return false;
    long double bend = noise_.secants(samples_.finest() * 2) + fabs(best.value);
    for (long double h = std::ldexp(samples_.finest(), -apart);
         h >= 8 * samples_.spacing() && 8 * noise_.at_point() < fabs(best.value) * h;
         h = std::ldexp(h, -apart)) {
      const Sample plus = samples_.sample(h), minus = samples_.sample(-h);
      if (!std::isfinite(plus.value) || !std::isfinite(minus.value)) return false;
      const long double width = plus.at - minus.at, slope = (plus.value - minus.value) / width;
      const long double off = fabs(slope - best.value);
      if (off > 4 * (best.bar + noise_.at_point() / width) + bend * h / samples_.finest()) {
        suspected_ = slope;
        return true;
      }
    }
    return false;
  }
  // Where the claim, or what was seen closer by, is another number, finer steps have to say so,
  // too, as long as they can: coarse ones may stride over periods.
  [[nodiscard]] bool confirmed() const {
    const auto off = [&](long double other) {  // 0 where nothing is claimed
      const long double apart = fabs(other - result_.best.value);
      return apart > 2 * result_.best.bar ? apart : 0;
    };
    const long double apart = std::max(off(options_.claimed), off(suspected_));
    if (apart == 0) return true;
    return samples_.finest_of_all() || samples_.full() ||
           8 * noise_.at_point() > apart * samples_.finest();
  }

  [[nodiscard]] bool good_enough() const {
    if (!result_.best.known || samples_.flat() || !confirmed()) return false;
    const long double size = std::max(fabs(result_.best.value), fabs(options_.expected));
    return result_.best.bar <= options_.precision * size ||
           (result_.best.bar <= options_.precision / 16 * result_.variation &&
            fabs(result_.best.value) <= result_.best.bar);
  }

  // The same with other steps: what neither truncation nor the measured noise explains, such as a
  // noise that comes in long waves, is in the difference.
  void ask_again() {
    if (!result_.best.known || samples_.flat()) return;
    std::vector<Quotient> central, sides[2];
    long double h = result_.best.step * 0.77L;
    for (std::size_t i = 0; i < orders && h >= 8 * samples_.spacing(); ++i, h /= 2) {
      const Sample plus = samples_.sample(h), minus = samples_.sample(-h);
      sides[right].push_back({(plus.value - samples_.origin().value) / plus.at, 0, 0});
      sides[left].push_back({(minus.value - samples_.origin().value) / minus.at, 0, 0});
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

  [[nodiscard]] bool looks_like_kink() const {
    const Estimate &l = result_.left, &r = result_.right;
    if (!l.known || !r.known || fabs(l.value - r.value) <= 2 * (l.bar + r.bar)) return false;
    // A kink is seen from near by, if only there are no steps.
    if (noise_.stairs() && std::max(l.step, r.step) > options_.scale) return false;
    // The second difference over h tends to the kink; of a smooth function it goes with h.
    long double first = 0, last = 0;
    int counted = 0;
    for (const Level& v : samples_.levels()) {
      if (!v.usable[right] || !v.usable[left]) continue;
      const long double h = v.plus.at,
                        noise = noise_.of(right, v.plus.value) + noise_.of(left, v.minus.value);
      const long double bend = (v.plus.value + v.minus.value - 2 * samples_.origin().value) / h;
      if (fabs(bend) * h < 8 * noise) break;
      if (counted++ == 0) first = bend;
      last = bend;
    }
    return counted < 4 || fabs(last) > fabs(first) / 4 || fabs(last) > fabs(l.value - r.value) / 2;
  }

  // Whether finer steps would tell the slopes apart no more.
  [[nodiscard]] bool resolved() const {
    return 8 * noise_.at_point() / samples_.finest() >
           fabs(result_.left.value - result_.right.value);
  }

  void conclude() {
    result_.value = samples_.origin().value;
    result_.noise = std::max(noise_.of(right, samples_.origin().value),
                             noise_.of(left, samples_.origin().value));
    result_.evaluations = samples_.evaluations();
    const long double apart = fabs(result_.coarse.value - result_.best.value);
    if ((!result_.kink && apart <= result_.coarse.bar + result_.best.bar) ||
        result_.coarse.bar > 1e-3L * fabs(result_.coarse.value))
      result_.coarse.known = false;
    result_.flat = samples_.flat();
    result_.bounded = samples_.step(0) * 2 > options_.farthest;
    result_.stairs = noise_.stairs();
    result_.range = samples_.range();
    if (result_.best.known && result_.best.step > options_.scale) {
      const NumericDerivative all = result_;
      std::size_t from = 0;
      while (from < samples_.levels().size() && samples_.step(from) > options_.scale) ++from;
      estimate(from);
      const Estimate natural = result_.best;
      result_ = all;
      result_.natural = natural;
    }
    if (samples_.levels().size() < 4) return;
    const auto change = [&](const Level& l, Side side) {
      return fabs(l.at(side).value - samples_.origin().value);
    };
    for (const Side side : {right, left}) {
      const Level &fine = samples_.levels().back(),
                  &coarse = samples_.levels()[samples_.levels().size() - 4];
      if (fine.usable[side] && coarse.usable[side] &&
          change(fine, side) > 100 * noise_.of(side, samples_.origin().value) &&
          change(fine, side) > 0.9L * change(coarse, side) &&
          result_.best.bar * samples_.finest() > change(fine, side) / 10)
        result_.jump = true;
    }
  }

  const NumericOptions& options_;
  Samples samples_;
  Noise noise_;
  NumericDerivative result_;
  const Estimate* best_from_ = nullptr;
  long double suspected_ = std::numeric_limits<long double>::quiet_NaN();
  int flat_rounds_ = 0;
  bool up_open_ = true;
};

}  // namespace

NumericDerivative numeric_derivative(const Probe& probe, const NumericOptions& options) {
  return Search(probe, options).run();
}

}  // namespace xtape
