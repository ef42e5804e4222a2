#pragma once
// The picture of a run as SVG: the test points with the boundary, and the loss over the epochs.

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "contour.hpp"

namespace lab {

/// What the picture shows. Points, their classes (0 or 1) and the predicted ones lie side by side.
struct Picture {
  std::string title, subtitle;
  std::vector<Point> points;
  std::vector<bool> classes, predicted;
  Grid boundary;  // predictions as numbers that pass 0 where the class changes
  std::vector<double> validation_loss, training_loss;  // after each epoch, and in each
};

/// How many points of each class are right and wrong: [class][right].
struct Confusion {
  std::array<std::array<std::size_t, 2>, 2> counts{};
  [[nodiscard]] std::size_t all() const;
  [[nodiscard]] std::size_t right() const { return counts[0][1] + counts[1][1]; }
};
Confusion confusion(const Picture& picture);

/// The part of the plane that is shown: the points with a margin; both axes to one scale where the
/// points spread about as far in both. The grid, without values, that predictions are wanted for.
Grid frame_of(const std::vector<Point>& points);

/// The whole picture, a file of its own without scripts. Class 0 is circles, class 1 triangles;
/// right ones are small and hollow, wrong ones large and filled, so that colour is not needed.
std::string svg(const Picture& picture);

}  // namespace lab
