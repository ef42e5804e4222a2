#include <algorithm>
#include <array>
#include <cmath>
#include <xtape/autodiff/check/extrapolation.hpp>

namespace xtape::detail {

using std::fabs;

Estimate extrapolate(const std::vector<Quotient>& quotients, long double factor,
                     long double natural) {
  const std::size_t n = quotients.size();
  if (n < 3) return {};
  std::vector<std::array<Quotient, orders>> table(n);  // row k begins at step k
  std::vector<Estimate> finest(n);                     // of each row, before finer ones are heard
  for (std::size_t k = n; k-- > 0;) {
    table[k][0] = quotients[k];
    long double power = 1;
    for (std::size_t j = 1; j < orders && k + j < n; ++j) {
      power *= factor;
      const Quotient &coarse = table[k][j - 1], &fine = table[k + 1][j - 1];
      Quotient& entry = table[k][j];
      entry.value = fine.value + (fine.value - coarse.value) / (power - 1);
      entry.rounding = (power * fine.rounding + coarse.rounding) / (power - 1);
      entry.step = quotients[k].step;
      // The second one guards against an agreement by chance.
      const long double truncation =
          std::max(fabs(entry.value - fine.value), fabs(entry.value - coarse.value));
      const long double bar = truncation + entry.rounding;
      // Beyond the natural scale the function may be another one: only what is seen there counts.
      if (entry.step > natural && fabs(entry.value) < 4 * entry.rounding) continue;
      if (std::isfinite(bar) && (!finest[k].known || bar < finest[k].bar))
        finest[k] = {entry.value, bar, entry.step, true};
    }
  }
  Estimate best;
  for (std::size_t k = 0; k < n; ++k) {
    if (!finest[k].known) continue;
    Estimate candidate = finest[k];
    for (std::size_t f = k + 1; f < n; ++f) {
      if (!finest[f].known) continue;
      const long double apart = fabs(candidate.value - finest[f].value);
      if (apart > finest[k].bar + finest[f].bar)
        candidate.bar = std::max(candidate.bar, apart + finest[f].bar);
    }
    if (!best.known || candidate.bar < best.bar) best = candidate;
  }
  return best;
}

}  // namespace xtape::detail
