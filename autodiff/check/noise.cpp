#include <algorithm>
#include <cmath>
#include <vector>
#include <xtape/autodiff/check/noise.hpp>

namespace xtape::detail {

using std::fabs;

Noise::Noise(Samples& samples, const NumericOptions& options)
    : samples_(samples), options_(options), noise_{options.noise, options.noise} {}

long double Noise::rounding(long double value) const { return fabs(value) * options_.epsilon / 2; }

long double Noise::of(Side side, long double value) const {
  const long double beyond = std::max(fabs(value) - fabs(samples_.origin().value), 0.0L);
  return std::max(noise_[side], rounding(samples_.origin().value)) + 4 * rounding(beyond);
}

long double Noise::at_point() const {
  return of(right, samples_.origin().value) + of(left, samples_.origin().value);
}

// The least displacement, up to a factor, to which the function answers on that side.
long double Noise::smallest_answer(Side side) {
  const long double most = samples_.step(0);
  for (long double delta = 4 * samples_.spacing(); delta < most; delta *= 64) {
    const Sample s = samples_.sample(sign(side) * delta * neighbours);
    if (!std::isfinite(s.value)) return -1;
    if (s.value != samples_.origin().value) return delta;
  }
  return 0;
}

void Noise::measure() {
  for (const Side side : {right, left}) noise_[side] = measured(side);
  for (const Side side : {right, left})  // where nothing is finite
    if (noise_[side] < 0) noise_[side] = std::max(noise_[1 - side], 0.0L);
  // Waves are no matter of sides.
  const long double near = of(right, samples_.origin().value);
  const long double waves = deviations * in_waves(right, near / deviations);
  for (const Side side : {right, left}) noise_[side] = std::max(noise_[side], waves);
}

long double Noise::measured(Side side) {
  long double delta = smallest_answer(side), quantum = 0, most = 0;
  if (delta <= 0) return delta;
  bool stood = delta > 4 * samples_.spacing();  // still, at smaller displacements
  int lines = 0;
  for (int attempt = 0; attempt < 6; ++attempt, delta *= 8) {
    Neighbours values{samples_.origin().value};
    for (std::size_t i = 1; i < neighbours; ++i)
      values[i] = samples_.sample(sign(side) * delta * static_cast<long double>(i)).value;
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
    if (stood && (least <= much * of(side, samples_.origin().value) ||
                  jump(side, {0, 0, 7 * sign(side) * delta, values.front(), values.back(), 0}, 0)))
      most = std::max(most, least);
    // Steps that are nearly all alike look like a line: others are asked, too.
    if (1000 * found >= largest || ++lines == 3) return most;
    delta *= 1.37L / 8;
  }
  return lines > 0 ? most : quantum;
}

// A function that stands still and then moves by q may have had a slope of q over the distance. The
// displacement at which it first moves is narrowed down to its neighbours: a continuous function
// moves by a rounding there, one that rounds by its quantum.
long double Noise::hidden(Side side) {
  const long double origin = samples_.origin().value;
  long double still = 0, moved = 0;  // displacements
  for (const Level& l : samples_.levels()) {
    if (!l.usable[side]) continue;
    if (l.at(side).value == origin) {
      still = l.at(side).at;
      break;
    }
    moved = l.at(side).at;
  }
  if (still == 0 || moved == 0) return 0;
  long double value = origin;
  while (fabs(moved - still) >
         4 * std::max<long double>(samples_.spacing(), fabs(moved) * options_.epsilon)) {
    const Sample middle = samples_.sample(still + (moved - still) / 2);
    if (!std::isfinite(middle.value)) return 0;
    if (middle.at == still || middle.at == moved) break;
    if (middle.value == origin) {
      still = middle.at;
    } else {
      moved = middle.at;
      value = middle.value;
    }
  }
  if (value == origin) value = samples_.sample(moved).value;
  return single_jump(side, moved) ? 0 : fabs(value - origin);
}

// Whether the function jumps there by more than it rounds, and not again, by a whole multiple,
// farther out. One that rounds takes equal steps.
bool Noise::single_jump(Side side, long double at) {
  // Behind the place, where the function may have a value of its own.
  const long double behind =
      sign(side) * 16 * std::max<long double>(samples_.spacing(), fabs(at) * options_.epsilon);
  const Sample from = samples_.sample(at + behind);
  const long double size = fabs(from.value - samples_.origin().value);
  if (!(size > much * of(side, from.value))) return false;
  const long double farthest = std::min(16 * fabs(at), options_.farthest);
  Sample to = samples_.sample(sign(side) * farthest);
  for (int i = 0; i < 4 && fabs(to.at) > 1.01L * fabs(from.at); ++i) {
    if (!std::isfinite(to.value)) return true;
    const auto other = jump(side, {0, from.at, to.at, from.value, to.value, 0}, 0);
    if (!other) return true;
    const long double times = std::max(other->size, size) / std::min(other->size, size);
    if (fabs(times - std::round(times)) < 1e-3L) return false;
    to = samples_.sample(other->at * 0.99L);
  }
  return true;
}

void Noise::measure_hidden() {
  for (const Side side : {right, left})
    noise_[side] = std::max(noise_[side], deviations * hidden(side));
}

// Rounding may look smooth from near by: in exp(x) - 1 - x the exponential stands still while x
// goes on. So the noise is looked for at several distances, too, by fourth differences. Those of
// a smooth function grow with the fourth power of the distance; noise stays the same from one
// distance to the next, or is as large as all that the function does. So are those of a fine
// structure that is smooth: noise is what jumps, however near one looks.
long double Noise::in_waves(Side side, long double near) {
  constexpr int first = -6, last = -41, apart = 7;  // exponents of the distance, for scale 1
  constexpr long double alike = 1024;               // much less than a growth by 2²⁸
  const long double range = samples_.range();
  std::vector<Wave> waves;
  long double before = 0, slope = 0;
  for (int exponent = first; exponent >= last; exponent -= apart) {
    const long double delta = sign(side) * std::ldexp(options_.scale, exponent);
    if (fabs(delta) < 4 * samples_.spacing()) break;
    Neighbours values{samples_.origin().value};
    for (std::size_t i = 1; i < neighbours; ++i)
      values[i] = samples_.sample(delta * static_cast<long double>(i)).value;
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

std::optional<Jump> Noise::jump(Side side, const Wave& wave, long double slope) {
  return find_jump(
      wave, slope, [&](long double at) { return samples_.sample(at).value; },
      [&](long double value) { return much * of(side, value); },
      [&](long double at) {
        return std::max<long double>(samples_.spacing(), fabs(at) * options_.epsilon);
      });
}

bool Noise::stairs() const {
  const long double size = fabs(samples_.origin().value) + secants(options_.scale) * options_.scale;
  return std::max(noise_[right], noise_[left]) > 4 * much * rounding(size);
}

long double Noise::stairs(Side side, long double slope) {
  long double most = 0, size = 0;
  for (const Level& l : samples_.levels()) {
    const Sample& s = l.at(side);
    if (!l.usable[side] || fabs(s.at) > options_.scale) continue;
    most = s.at;
    break;
  }
  int found = 0, missed = 0;
  while (found < 3 && missed < 5 && fabs(most) >= 64 * samples_.spacing()) {
    if (const auto next = jump(
            side, {0, 0, most, samples_.origin().value, samples_.sample(most).value, 0}, slope)) {
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

void Noise::take_for_noise(long double steps) {
  for (const Side side : {right, left}) noise_[side] = std::max(noise_[side], deviations * steps);
}

long double Noise::secants(long double reach) const {
  long double most = 0;
  for (const Level& l : samples_.levels())
    for (const Side side : {right, left}) {
      const Sample& s = l.at(side);
      if (!std::isfinite(s.value) || s.at == 0 || fabs(s.at) > reach) continue;
      const long double change = fabs(s.value - samples_.origin().value) - of(side, s.value);
      most = std::max(most, change / fabs(s.at));
    }
  return most;
}

}  // namespace xtape::detail
