#pragma once
// A data set with one to test with, and the two of the lab, drawn anew: points of a square in two
// classes, with a known boundary.

#include <cstddef>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/data_set.hpp>

namespace xtape::nn {

/// A data set to train on, and one to test with.
struct LabData {
  DataSet train, test;
};

/// Draws a random part of the samples to test with: N test_fraction of them, rounded, but at least
/// one, and at least one is left to train on. Each part keeps the order that the samples had.
/// Throws xtape::Error where the fraction is not between 0 and 1, or where there are fewer than two
/// samples.
LabData train_test_split(const DataSet& data, Random& random, double test_fraction = 1.0 / 7);

/// How many samples are drawn: the lab's numbers, unless others are asked for.
struct LabOptions {
  std::size_t train = 12000;
  std::size_t test = 2000;
};

/// The points lie in [-lab_square, lab_square)^2.
inline constexpr double lab_square = 5.0;

/// The boundary of the linearly separable set: y = slope x + intercept. Class 1 lies below it.
struct LabLine {
  double slope = -0.505, intercept = -3.13;
  [[nodiscard]] bool below(double x, double y) const { return y < slope * x + intercept; }
};

/// The boundary of the other set: a circle. Class 0 lies inside.
struct LabCircle {
  double x = 1.504, y = 2.155, radius = 4.741;
  [[nodiscard]] bool inside(double at_x, double at_y) const {
    const double dx = at_x - x, dy = at_y - y;
    return dx * dx + dy * dy < radius * radius;
  }
};

/// Draws points uniformly in each of the two regions of the square, half of each set in each (class
/// 0 has one more where the number is odd), without a gap and without noise, in random order.
/// Inputs (N, 2): x and y; targets (N, 1): 0 or 1. Throws xtape::Error where a number is 0.
LabData linearly_separable(Random& random, const LabOptions& options = {});
/// The same with the circle as the boundary.
LabData not_linearly_separable(Random& random, const LabOptions& options = {});

}  // namespace xtape::nn
