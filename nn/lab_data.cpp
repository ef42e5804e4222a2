#include <algorithm>
#include <array>
#include <cmath>
#include <locale>
#include <sstream>
#include <string>
#include <utility>
#include <vector>
#include <xtape/autodiff/error.hpp>
#include <xtape/nn/lab_data.hpp>

namespace xtape::nn {
namespace {

// Half of the points where `is_one` says no, then half where it says yes, by rejection: uniform
// in each region, whatever its area.
template <class Region>
DataSet draw(Random& random, std::size_t n, const Region& is_one) {
  auto inputs = Array<double>::from_shape({n, 2});
  auto targets = Array<double>::from_shape({n, 1});
  std::vector<std::size_t> places(n);
  for (std::size_t i = 0; i < n; ++i) places[i] = i;
  random.shuffle(places);
  for (std::size_t i = 0; i < n; ++i) {
    const bool one = i >= n - n / 2;
    std::array<double, 2> point;
    do random.fill_uniform(point.data(), point.size(), -lab_square, lab_square);
    while (is_one(point[0], point[1]) != one);
    inputs.data()[2 * places[i]] = point[0];
    inputs.data()[2 * places[i] + 1] = point[1];
    targets.data()[places[i]] = one ? 1.0 : 0.0;
  }
  return DataSet(std::move(inputs), std::move(targets));
}

template <class Region>
LabData draw_both(Random& random, const LabOptions& options, const Region& is_one) {
  if (options.train == 0 || options.test == 0)
    throw Error("LabData: " + std::to_string(options.train) + " samples to train on and " +
                std::to_string(options.test) + " to test with: each needs at least one");
  auto train = draw(random, options.train, is_one);  // in this order, whatever the compiler
  auto test = draw(random, options.test, is_one);
  return {.train = std::move(train), .test = std::move(test)};
}

}  // namespace

LabData train_test_split(const DataSet& data, Random& random, double test_fraction) {
  if (!(test_fraction > 0.0 && test_fraction < 1.0)) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << "train_test_split: test fraction " << test_fraction << " is not between 0 and 1";
    throw Error(text.str());
  }
  const std::size_t n = data.size();
  if (n < 2) throw Error("train_test_split: 1 sample cannot be split");
  const auto wished = std::round(static_cast<double>(n) * test_fraction);
  const auto count = std::clamp(static_cast<std::size_t>(wished), std::size_t{1}, n - 1);
  auto parts = data.split(count, random);
  return {.train = std::move(parts.rest), .test = std::move(parts.drawn)};
}

LabData linearly_separable(Random& random, const LabOptions& options) {
  return draw_both(random, options, [](double x, double y) { return LabLine{}.below(x, y); });
}

LabData not_linearly_separable(Random& random, const LabOptions& options) {
  return draw_both(random, options, [](double x, double y) { return !LabCircle{}.inside(x, y); });
}

}  // namespace xtape::nn
