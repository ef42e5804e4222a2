// Differences of a record's value: what decides where its rule and its dual reading differ.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <xtape/autodiff/check/adjoint_record.hpp>
#include <xtape/autodiff/check/diagnosis_symbols.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {

template <class T>
Wides ValueSide<T>::scales() const {
  const auto power = [](long double x) { return std::ldexp(1.0L, std::ilogb(x)); };
  long double squares = 0;
  for (const Wide& x : in_[k_]) squares += x.value.value * x.value.value;
  const long double rms =
      std::sqrt(squares / static_cast<long double>(std::max<std::size_t>(in_size(), 1)));
  const long double usual = std::isfinite(rms) && rms != 0 ? power(rms) : 1;
  Wides result;
  for (const Wide& x : in_[k_]) {
    const long double size = std::fabs(x.value.value);
    result.push_back(size != 0 && std::isfinite(size) ? power(size) : usual);
  }
  return result;
}

template <class T>
typename ValueSide<T>::Slopes ValueSide<T>::slopes(const Wides& w, long double h) {
  constexpr long double rounding = 4 * std::numeric_limits<long double>::epsilon();
  const std::vector<Wides> here = values_at(w, 0);
  Slopes result{values_at(w, h), values_at(w, -h), here};
  for (std::size_t o = 0; o < here.size(); ++o)
    for (std::size_t p = 0; p < here[o].size(); ++p) {
      long double &right = result.right[o][p], &left = result.left[o][p];
      right = (right - here[o][p]) / h;
      left = (here[o][p] - left) / h;
      result.noise[o][p] = rounding * std::fabs(here[o][p]) / h;
    }
  return result;
}

template <class T>
typename ValueSide<T>::Extrapolated ValueSide<T>::extrapolated(const Wides& w) {
  constexpr std::size_t levels = 10;
  constexpr long double rounding = 2 * std::numeric_limits<long double>::epsilon();
  std::array<std::vector<Wides>, levels> row, before;  // of the triangle of Neville and Aitken
  Extrapolated result;
  long double h = 0.125L;
  for (std::size_t level = 0; level < levels; ++level, h /= 2) {
    before.swap(row);
    std::vector<Wides> floor = values_at(w, h);
    row[0] = floor;
    const std::vector<Wides> behind = values_at(w, -h);
    for (std::size_t o = 0; o < floor.size(); ++o)
      for (std::size_t p = 0; p < floor[o].size(); ++p) {
        floor[o][p] = rounding * (std::fabs(row[0][o][p]) + std::fabs(behind[o][p])) / h;
        row[0][o][p] = (row[0][o][p] - behind[o][p]) / (2 * h);
      }
    if (level == 0) {
      result = {row[0], row[0]};
      for (Wides& bar : result.bar)
        std::ranges::fill(bar, std::numeric_limits<long double>::infinity());
    }
    for (std::size_t j = 1; j <= level; ++j) {
      row[j] = row[j - 1];
      const long double factor = std::ldexp(1.0L, 2 * static_cast<int>(j)) - 1;
      for (std::size_t o = 0; o < floor.size(); ++o)
        for (std::size_t p = 0; p < floor[o].size(); ++p) {
          long double& now = row[j][o][p];
          const long double old = before[j - 1][o][p];
          now += (now - old) / factor;
          const long double bar =
              std::max({std::fabs(now - old), std::fabs(now - row[j - 1][o][p]), floor[o][p]});
          if (bar < result.bar[o][p]) {
            result.bar[o][p] = bar;
            result.derivative[o][p] = now;
          }
        }
    }
  }
  return result;
}

// Monte Carlo arithmetic, as `compare` measures the sweep's rounding.
template <class T>
Wides ValueSide<T>::rule_rounding() const {
  constexpr int draws = 8;
  constexpr long double roundings = 16;
  constexpr auto epsilon = static_cast<long double>(std::numeric_limits<T>::epsilon());
  const auto delta = std::sqrt(static_cast<double>(epsilon));
  Wides result(partial_.size(), 0);
  const Symbol formula = record_.rule->partial_symbol(record_.operation(), k_);
  const auto slots = tape_.inputs_of(record_);
  Random noise(1);
  try {
    for (std::size_t p = 0; p < result.size(); ++p) {
      std::map<std::string, long double> values = {{"y", out_[0][p].value.value}};
      for (std::size_t i = 0; i < slots.size(); ++i) {
        const Shape& own = tape_.slot(slots[i]).shape();
        const std::size_t q = element_of_input(own, out_shape(0), p);
        const std::string name =
            slots.size() == 1 ? "x" : std::string(1, static_cast<char>('a' + i));
        values[name] = in_[i][q].value.value;
      }
      const long double undisturbed = disturbed(formula, values, delta, nullptr);
      long double squares = 0;
      for (int draw = 0; draw < draws; ++draw) {
        const long double change =
            (disturbed(formula, values, delta, &noise) - undisturbed) / delta;
        squares += change * change / draws;
      }
      const long double bar = roundings * epsilon * std::sqrt(squares);
      if (std::isfinite(bar)) result[p] = bar;
    }
  } catch (const Error&) {  // it calls what has no value as a number
    std::ranges::fill(result, 0);
  }
  return result;
}

template Wides ValueSide<double>::rule_rounding() const;
template Wides ValueSide<float>::rule_rounding() const;
template Wides ValueSide<double>::scales() const;
template Wides ValueSide<float>::scales() const;
template ValueSide<double>::Slopes ValueSide<double>::slopes(const Wides&, long double);
template ValueSide<float>::Slopes ValueSide<float>::slopes(const Wides&, long double);
template ValueSide<double>::Extrapolated ValueSide<double>::extrapolated(const Wides&);
template ValueSide<float>::Extrapolated ValueSide<float>::extrapolated(const Wides&);

}  // namespace xtape::detail
