#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/differences.hpp>

namespace xtape::detail {

using std::fabs;

namespace {

// From fourth differences, whose variance is 70 times a value's. The largest may hold a kink.
long double deviation_of_waves(const Neighbours& values) {
  std::array<long double, neighbours - 4> bends{};
  for (std::size_t i = 0; i < bends.size(); ++i)
    bends[i] =
        fabs(values[i] - 4 * values[i + 1] + 6 * values[i + 2] - 4 * values[i + 3] + values[i + 4]);
  std::ranges::sort(bends);
  long double sum = 0;
  for (std::size_t i = 0; i + 1 < bends.size(); ++i) sum += bends[i] * bends[i];
  return std::sqrt(sum / (70 * (bends.size() - 1))) / 0.7L;
}

}  // namespace

long double deviation(const Neighbours& values, long double& largest) {
  std::array<long double, neighbours - 2> bends{};
  for (std::size_t i = 0; i < bends.size(); ++i)
    bends[i] = fabs(values[i + 2] - 2 * values[i + 1] + values[i]);
  std::ranges::sort(bends);
  largest = bends.back();
  long double sum = 0;
  for (std::size_t i = 0; i + 2 < bends.size(); ++i) sum += bends[i] * bends[i];
  // A second difference has 6 times the variance of a value.
  return std::sqrt(sum / (6 * (bends.size() - 2))) / 0.6L;
}

Wave wave_of(const Neighbours& values) {
  constexpr std::size_t n = neighbours - 1;
  std::array<long double, n> steps{}, sorted{};
  for (std::size_t i = 0; i < n; ++i) sorted[i] = steps[i] = values[i + 1] - values[i];
  std::ranges::nth_element(sorted, sorted.begin() + n / 2);
  const long double usual = sorted[n / 2];
  std::size_t most = 0, unusual = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (fabs(steps[i] - usual) > fabs(steps[most] - usual)) most = i;
  for (std::size_t i = 0; i < n; ++i)
    unusual += 8 * fabs(steps[i] - usual) > fabs(steps[most] - usual) ? 1 : 0;
  // A single jump is the function's own.
  return {unusual < 2 ? 0 : deviation_of_waves(values),
          static_cast<long double>(most),
          static_cast<long double>(most + 1),
          values[most],
          values[most + 1],
          usual};
}

std::optional<Jump> find_jump(Wave wave, long double slope,
                              const std::function<long double(long double)>& value_at,
                              const std::function<long double(long double)>& least,
                              const std::function<long double(long double)>& spacing) {
  const auto difference = [&] {
    return fabs(wave.second - wave.first - slope * (wave.to - wave.from));
  };
  const auto narrow = [&](long double spacings) {
    while (difference() > least(wave.second)) {
      if (fabs(wave.to - wave.from) <= spacings * spacing(wave.to)) return true;
      const long double middle = wave.from + (wave.to - wave.from) / 2;
      const long double value = value_at(middle);
      if (!std::isfinite(value)) break;
      const long double half = slope * (middle - wave.from);
      if (fabs(value - wave.first - half) >= fabs(wave.second - value - half)) {
        wave.to = middle;
        wave.second = value;
      } else {
        wave.from = middle;
        wave.first = value;
      }
    }
    return false;
  };
  if (!narrow(256)) return {};
  const long double wider = difference();
  // What is merely steep falls with the distance.
  if (!narrow(4) || 8 * difference() < wider) return {};
  return Jump{wave.to, difference()};
}

}  // namespace xtape::detail
