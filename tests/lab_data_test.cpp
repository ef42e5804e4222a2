#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/lab_data.hpp>

using xtape::Random;
using xtape::nn::DataSet;
using xtape::nn::LabData;

namespace {

// What the lab says, written down here again: a slip in the library's constants must show.
bool below_line(double x, double y) { return y < -0.505 * x - 3.13; }
bool outside_circle(double x, double y) { return std::hypot(x - 1.504, y - 2.155) >= 4.741; }

template <class Region>
void check_set(const DataSet& set, std::size_t n, const Region& is_one) {
  REQUIRE(set.inputs().dimension() == 2);
  REQUIRE(set.inputs().shape()[0] == n);
  REQUIRE(set.inputs().shape()[1] == 2);
  REQUIRE(set.targets().dimension() == 2);
  REQUIRE(set.targets().shape()[0] == n);
  REQUIRE(set.targets().shape()[1] == 1);
  const double* points = set.inputs().data();
  const double* labels = set.targets().data();
  std::size_t ones = 0, in_first_half = 0;
  double smallest = 0, largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = points[2 * i], y = points[2 * i + 1];
    REQUIRE((x >= -5 && x < 5 && y >= -5 && y < 5));
    smallest = std::min({smallest, x, y});
    largest = std::max({largest, x, y});
    REQUIRE(labels[i] == (is_one(x, y) ? 1.0 : 0.0));
    if (labels[i] == 1.0) {
      ++ones;
      if (i < n / 2) ++in_first_half;
    }
  }
  CHECK(ones == n / 2);
  if (n >= 2000) CHECK((smallest < -4.95 && largest > 4.95));
  // Shuffled: of the n / 2 ones about half lie in the first half; the deviation is sqrt(n) / 4.
  const auto count = static_cast<double>(n);
  CHECK(std::abs(static_cast<double>(in_first_half) - count / 4) < 5 * std::sqrt(count) / 4 + 1);
}

// Uniform in its region: of a class's points as many lie in each part as the part has of the area.
// The areas are counted on a fine grid.
template <class Region>
void check_uniform(const DataSet& set, double label, const Region& is_one) {
  constexpr std::size_t cells = 5, grid = 1000;
  const auto cell = [](double x, double y) {
    const auto column = static_cast<std::size_t>((x + 5) / 2),
               row = static_cast<std::size_t>((y + 5) / 2);
    return row * cells + column;
  };
  std::vector<double> area(cells * cells), count(cells * cells);
  double total_area = 0, total = 0;
  for (std::size_t i = 0; i < grid * grid; ++i) {
    const double x = -5 + (static_cast<double>(i % grid) + 0.5) / 100;
    const double y = -5 + (static_cast<double>(i / grid) + 0.5) / 100;
    if (is_one(x, y) != (label == 1.0)) continue;
    area[cell(x, y)] += 1;
    total_area += 1;
  }
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set.targets().data()[i] != label) continue;
    count[cell(set.inputs().data()[2 * i], set.inputs().data()[2 * i + 1])] += 1;
    total += 1;
  }
  for (std::size_t i = 0; i < cells * cells; ++i) {
    const double expected = total * area[i] / total_area;
    CAPTURE(i);
    CHECK(std::abs(count[i] - expected) <= 5 * std::sqrt(expected + 1));
  }
}

}  // namespace

TEST_CASE("the linearly separable set: square, sizes, line, balance, uniform") {
  Random random(1);
  const auto lab = xtape::nn::linearly_separable(random);
  check_set(lab.train, 12000, below_line);
  check_set(lab.test, 2000, below_line);
  check_uniform(lab.train, 0.0, below_line);
  check_uniform(lab.train, 1.0, below_line);
}

TEST_CASE("the other set: square, sizes, circle, balance, uniform") {
  Random random(2);
  const auto lab = xtape::nn::not_linearly_separable(random);
  check_set(lab.train, 12000, outside_circle);
  check_set(lab.test, 2000, outside_circle);
  check_uniform(lab.train, 0.0, outside_circle);
  check_uniform(lab.train, 1.0, outside_circle);
}

TEST_CASE("other sizes, odd ones too, and the same seed gives the same points") {
  Random random(3);
  auto copy = random;
  const auto lab = xtape::nn::linearly_separable(random, {.train = 101, .test = 1});
  check_set(lab.train, 101, below_line);
  check_set(lab.test, 1, below_line);
  const auto same = xtape::nn::linearly_separable(copy, {.train = 101, .test = 1});
  CHECK(same.train.inputs() == lab.train.inputs());
  CHECK(same.test.inputs() == lab.test.inputs());
  const auto next = xtape::nn::linearly_separable(copy, {.train = 101, .test = 1});
  CHECK(next.train.inputs() != lab.train.inputs());
}

TEST_CASE("a set without samples is refused") {
  Random random(4);
  CHECK_THROWS_WITH_AS(xtape::nn::not_linearly_separable(random, {.train = 0, .test = 5}),
                       "LabData: 0 samples to train on and 5 to test with: each needs at least one",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(xtape::nn::linearly_separable(random, {.train = 5, .test = 0}),
                       "LabData: 5 samples to train on and 0 to test with: each needs at least one",
                       std::invalid_argument);
}
