#pragma once
// Lines of equal value through a grid of numbers: the boundary between two classes.

#include <cstddef>
#include <vector>

namespace lab {

struct Point {
  double x, y;
};

/// Values at the crossings of evenly spaced lines: row by row from the bottom, each from the left.
struct Grid {
  double left, right, bottom, top;
  std::size_t columns, rows;  // at least two of each
  std::vector<double> values = {};

  [[nodiscard]] double x(std::size_t column) const;
  [[nodiscard]] double y(std::size_t row) const;
  [[nodiscard]] double at(std::size_t column, std::size_t row) const {
    return values[row * columns + column];
  }
};

/// A piece of a boundary; where it is closed the first point follows the last.
struct Contour {
  std::vector<Point> points;
  bool closed;
};

/// Where the values pass `level`, by marching squares: a corner is inside where its value is at
/// least the level, and between an inner and an outer corner the line passes where a straight line
/// between their values does. In a cell whose inner corners lie crosswise the mean of its corners
/// decides whether they are joined. Pieces end at the edge of the grid or are closed.
///
/// W. E. Lorensen, H. E. Cline: Marching Cubes, 1987, in two dimensions.
std::vector<Contour> contours(const Grid& grid, double level);

}  // namespace lab
