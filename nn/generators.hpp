#pragma once
// Data sets that are drawn: points of the plane in classes that no line, or only just one, can
// separate.

#include <cstddef>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/data_set.hpp>

namespace xtape::nn {

// Each of these draws n points: inputs (N, 2), x and y, and targets (N, 1), the class: 0 or 1, or
// 0, 1, …, classes - 1 as numbers where there are more. Classes are equally large (the first ones
// have one more where the number does not divide), and in random order. `noise` is the standard
// deviation of the normal numbers that are added to x and to y; the same seed with another noise
// moves the same points. Each takes four draws of the generator.
//
// xtape::Error is thrown where there are fewer points than classes, where there is only one class,
// and where the noise is negative or not finite.

/// Two half circles that reach into each other. Class 0: (cos θ, sin θ); class 1: (1 - cos θ,
/// 1/2 - sin θ); θ is uniform in [0, π).
DataSet moons(Random& random, std::size_t n, double noise = 0.1);

/// Two circles around the origin, one within the other. Class 0: radius 1; class 1: radius
/// `factor`, between 0 and 1; the angle is uniform. Throws xtape::Error for another factor.
DataSet circles(Random& random, std::size_t n, double noise = 0.05, double factor = 0.5);

/// Arms of a spiral, one for each class c: the points r (cos θ, sin θ) with θ = 2π (turns r +
/// c / classes) and r uniform in [0.1, 1). Throws xtape::Error where `turns` is not finite.
DataSet spirals(Random& random, std::size_t n, double noise = 0.02, std::size_t classes = 2,
                double turns = 1.0);

/// The four quadrants of a square: |x| and |y| are uniform in (0, 1]; class 0 where x and y have
/// the same sign, class 1 where they have not. Noise comes after the class.
DataSet exclusive_or(Random& random, std::size_t n, double noise = 0.0);

/// Normal clouds around points on the circle of radius 3: class c around the angle 2π c / classes.
/// The deviation of a cloud is its noise.
DataSet blobs(Random& random, std::size_t n, double noise = 1.0, std::size_t classes = 2);

}  // namespace xtape::nn
