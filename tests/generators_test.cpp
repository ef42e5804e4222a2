#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/generators.hpp>

using xtape::Random;
using xtape::nn::DataSet;
namespace nn = xtape::nn;

namespace {

using Generator = std::function<DataSet(Random&, std::size_t n, double noise)>;

struct Named {
  const char* name;
  Generator draw;
};

std::vector<Named> two_class_generators() {
  return {{"moons", [](auto& r, auto n, auto s) { return nn::moons(r, n, s); }},
          {"circles", [](auto& r, auto n, auto s) { return nn::circles(r, n, s); }},
          {"spirals", [](auto& r, auto n, auto s) { return nn::spirals(r, n, s); }},
          {"exclusive_or", [](auto& r, auto n, auto s) { return nn::exclusive_or(r, n, s); }},
          {"blobs", [](auto& r, auto n, auto s) { return nn::blobs(r, n, s); }}};
}

std::size_t count_of(const DataSet& data, double label) {
  return static_cast<std::size_t>(
      std::count(data.targets().data(), data.targets().data() + data.size(), label));
}

// point(x, y, label) for each point.
void each_point(const DataSet& data, const auto& point) {
  REQUIRE(data.inputs().dimension() == 2);
  REQUIRE(data.inputs().shape()[1] == 2);
  REQUIRE(data.targets().dimension() == 2);
  REQUIRE(data.targets().shape()[1] == 1);
  for (std::size_t i = 0; i < data.size(); ++i)
    point(data.inputs().data()[2 * i], data.inputs().data()[2 * i + 1], data.targets().data()[i]);
}

// The number lies where it should, within rounding.
void check_near(double found, double expected) {
  CHECK(std::abs(found - expected) <= 1e-15 * 8 * std::max(1.0, std::abs(expected)));
}

// Values that should be uniform in [lo, hi): each tenth has about a tenth of them.
void check_uniform(const std::vector<double>& values, double lo, double hi) {
  std::vector<double> counts(10);
  for (const double value : values) {
    REQUIRE(value >= lo - 1e-12);
    REQUIRE(value <= hi + 1e-12);
    const auto cell = static_cast<std::size_t>(std::clamp((value - lo) / (hi - lo) * 10, 0.0, 9.0));
    counts[cell] += 1;
  }
  const double expected = static_cast<double>(values.size()) / 10;
  for (const double count : counts) CHECK(std::abs(count - expected) < 5 * std::sqrt(expected));
}

}  // namespace

TEST_CASE("moons without noise lie on their half circles") {
  Random random(1);
  std::vector<double> angles[2];
  each_point(nn::moons(random, 2001, 0.0), [&](double x, double y, double label) {
    const double u = label == 0 ? x : 1 - x, v = label == 0 ? y : 0.5 - y;
    check_near(std::hypot(u, v), 1.0);
    REQUIRE(v >= -1e-15);
    angles[label == 0 ? 0 : 1].push_back(std::atan2(v, u));
  });
  for (const auto& of_class : angles) check_uniform(of_class, 0, std::numbers::pi);
}

TEST_CASE("circles without noise lie on their circles") {
  Random random(2);
  std::vector<double> angles[2];
  each_point(nn::circles(random, 2001, 0.0, 0.3), [&](double x, double y, double label) {
    check_near(std::hypot(x, y), label == 0 ? 1.0 : 0.3);
    angles[label == 0 ? 0 : 1].push_back(std::atan2(y, x));
  });
  for (const auto& of_class : angles) check_uniform(of_class, -std::numbers::pi, std::numbers::pi);
}

TEST_CASE("spirals without noise lie on their arms") {
  Random random(3);
  std::vector<double> radii[3];
  each_point(nn::spirals(random, 3000, 0.0, 3, 1.75), [&](double x, double y, double label) {
    const double r = std::hypot(x, y);
    const double angle = 2 * std::numbers::pi * (1.75 * r + label / 3);
    check_near(x, r * std::cos(angle));
    check_near(y, r * std::sin(angle));
    radii[static_cast<std::size_t>(label)].push_back(r);
  });
  for (const auto& of_class : radii) check_uniform(of_class, 0.1, 1.0);
}

TEST_CASE("exclusive or: the class is the sign, uniform in each quadrant") {
  Random random(4);
  std::vector<double> xs[4], ys[4];
  each_point(nn::exclusive_or(random, 8000), [&](double x, double y, double label) {
    REQUIRE(x != 0);
    REQUIRE(y != 0);
    REQUIRE(((x > 0) != (y > 0)) == (label == 1));
    const std::size_t quadrant = (x > 0 ? 0U : 1U) + (y > 0 ? 0U : 2U);
    xs[quadrant].push_back(std::abs(x));
    ys[quadrant].push_back(std::abs(y));
  });
  for (std::size_t q = 0; q < 4; ++q) {
    CHECK(std::abs(static_cast<double>(xs[q].size()) - 2000.0) < 5 * std::sqrt(1000.0));
    check_uniform(xs[q], 0, 1);
    check_uniform(ys[q], 0, 1);
  }
}

TEST_CASE("blobs: centres on a circle, deviation as asked for") {
  Random random(5);
  double sum_x[5] = {}, sum_y[5] = {}, squares = 0;
  const std::size_t n = 20000;
  each_point(nn::blobs(random, n, 0.5, 5), [&](double x, double y, double label) {
    const auto c = static_cast<std::size_t>(label);
    const double angle = 2 * std::numbers::pi * label / 5;
    const double dx = x - 3 * std::cos(angle), dy = y - 3 * std::sin(angle);
    sum_x[c] += dx;
    sum_y[c] += dy;
    squares += dx * dx + dy * dy;
  });
  for (std::size_t c = 0; c < 5; ++c) {
    CHECK(std::abs(sum_x[c]) < 5 * 0.5 * std::sqrt(4000.0));
    CHECK(std::abs(sum_y[c]) < 5 * 0.5 * std::sqrt(4000.0));
  }
  CHECK(std::sqrt(squares / (2 * n)) == doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("noise moves the points of the same seed, normally and by its deviation") {
  for (const auto& generator : two_class_generators()) {
    const auto& draw = generator.draw;
    CAPTURE(generator.name);
    Random random(6), copy(6);
    const auto quiet = draw(random, 5000, 0.0), noisy = draw(copy, 5000, 0.25);
    CHECK(quiet.targets() == noisy.targets());
    double sum = 0, squares = 0, mixed = 0;
    std::size_t beyond = 0;
    for (std::size_t i = 0; i < 5000; ++i) {
      const double dx = noisy.inputs().data()[2 * i] - quiet.inputs().data()[2 * i];
      const double dy = noisy.inputs().data()[2 * i + 1] - quiet.inputs().data()[2 * i + 1];
      sum += dx + dy;
      squares += dx * dx + dy * dy;
      mixed += dx * dy;
      beyond += (std::abs(dx) > 0.25) + (std::abs(dy) > 0.25);
    }
    CHECK(std::abs(sum / 10000) < 5 * 0.25 / 100);
    CHECK(std::sqrt(squares / 10000) == doctest::Approx(0.25).epsilon(0.04));
    CHECK(std::abs(mixed / 5000) < 5 * 0.0625 / std::sqrt(5000.0));  // x and y apart
    CHECK(std::abs(static_cast<double>(beyond) / 10000 - 0.3173) < 0.025);
    CHECK(random == copy);  // as many draws
  }
}

TEST_CASE("classes are balanced and in random order, and a seed gives one set") {
  for (const auto& generator : two_class_generators()) {
    const auto& draw = generator.draw;
    CAPTURE(generator.name);
    Random random(7);
    for (const std::size_t n : {2U, 3U, 1000U, 1001U}) {
      auto copy = random;
      const auto data = draw(random, n, 0.1);
      CHECK(data.size() == n);
      CHECK(count_of(data, 1.0) == n / 2);
      CHECK(count_of(data, 0.0) == n - n / 2);
      const auto same = draw(copy, n, 0.1);
      CHECK(same.inputs() == data.inputs());
      CHECK(same.targets() == data.targets());
      CHECK(draw(copy, n, 0.1).inputs() != data.inputs());
      if (n < 1000) continue;
      const auto half = static_cast<double>(
          std::count(data.targets().data(), data.targets().data() + n / 2, 1.0));
      CHECK(std::abs(half - static_cast<double>(n) / 4) < 5 * std::sqrt(1000.0) / 4);
    }
  }
  Random random(8);
  for (const auto& data : {nn::spirals(random, 101, 0.1, 7), nn::blobs(random, 101, 1.0, 7)})
    for (std::size_t c = 0; c < 7; ++c)
      CHECK(count_of(data, static_cast<double>(c)) == (c < 101 % 7 ? 15U : 14U));
}

// The first point of each set with seed 42 and n = 4, to 12 digits: cos and sin are libm's.
TEST_CASE("generated sets stay what they are") {
  struct Golden {
    double x, y, label;
  };
  const std::vector<Golden> golden = {{1.81364339857444, -0.431231087255619, 1},
                                      {0.077309602840077, -0.629718235924439, 1},
                                      {0.241137760984397, 0.594927726560572, 1},
                                      {-0.380033667583878, 0.163945837806334, 1},
                                      {-2.80325914316713, -0.144191536792754, 1}};
  const auto generators = two_class_generators();
  for (std::size_t i = 0; i < generators.size(); ++i) {
    CAPTURE(generators[i].name);
    Random random(42);
    const auto data = generators[i].draw(random, 4, 0.125);
    CHECK(std::abs(data.inputs()(0, 0) - golden[i].x) < 1e-12);
    CHECK(std::abs(data.inputs()(0, 1) - golden[i].y) < 1e-12);
    CHECK(data.targets()(0, 0) == golden[i].label);
  }
}

TEST_CASE("generators refuse what makes no set") {
  Random random(9);
  const double infinity = std::numeric_limits<double>::infinity();
  const auto refuses = [](const std::string& text, const auto& call) {
    CHECK_THROWS_WITH_AS((void)call(), text.c_str(), std::invalid_argument);
  };
  for (const auto& generator : two_class_generators()) {
    const std::string name = generator.name;
    for (const std::string n : {"0", "1"})
      refuses(name + ": n = " + n + " for 2 classes: each needs at least one point",
              [&] { return generator.draw(random, n == "0" ? 0 : 1, 0.1); });
    for (const auto& [noise, text] : {std::pair{-0.5, "-0.5"}, {infinity, "inf"}})
      refuses(name + ": noise = " + text + ": a finite number that is not negative is expected",
              [&, amount = noise] { return generator.draw(random, 10, amount); });
    CHECK_THROWS_AS((void)generator.draw(random, 10, std::nan("")), std::invalid_argument);
  }
  refuses("circles: factor = 1: a number between 0 and 1 is expected",
          [&] { return nn::circles(random, 10, 0.1, 1.0); });
  refuses("circles: factor = 0: a number between 0 and 1 is expected",
          [&] { return nn::circles(random, 10, 0.1, 0.0); });
  refuses("spirals: classes = 1: at least 2 are expected",
          [&] { return nn::spirals(random, 10, 0.1, 1); });
  refuses("blobs: classes = 0: at least 2 are expected",
          [&] { return nn::blobs(random, 10, 0.1, 0); });
  refuses("blobs: n = 2 for 3 classes: each needs at least one point",
          [&] { return nn::blobs(random, 2, 0.1, 3); });
  refuses("spirals: turns = inf: a finite number is expected",
          [&] { return nn::spirals(random, 10, 0.1, 2, infinity); });
}
