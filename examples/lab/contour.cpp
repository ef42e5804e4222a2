#include "contour.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lab {
namespace {

constexpr std::size_t nothing = std::numeric_limits<std::size_t>::max();

// The edges of the grid, each with the point where the line crosses it and the one or two edges
// that the line goes on to.
class Edges {
 public:
  Edges(const Grid& grid, double level)
      : grid_(grid),
        level_(level),
        horizontal_((grid.columns - 1) * grid.rows),
        next_(horizontal_ + grid.columns * (grid.rows - 1), {nothing, nothing}),
        points_(next_.size()) {
    for (std::size_t row = 0; row + 1 < grid.rows; ++row)
      for (std::size_t column = 0; column + 1 < grid.columns; ++column) cross(column, row);
  }

  std::vector<Contour> chains() {
    std::vector<Contour> result;
    for (const bool closed : {false, true})  // the open ones from their ends, then what is left
      for (std::size_t edge = 0; edge < next_.size(); ++edge)
        if (next_[edge][0] != nothing && (closed || next_[edge][1] == nothing))
          result.push_back({chain(edge), closed});
    return result;
  }

 private:
  void cross(std::size_t column, std::size_t row) {
    // Corners and edges counter-clockwise, from the lower left and from below.
    const std::array<std::array<std::size_t, 2>, 4> corners = {
        {{column, row}, {column + 1, row}, {column + 1, row + 1}, {column, row + 1}}};
    const std::size_t width = grid_.columns;
    const std::array<std::size_t, 4> edges = {
        row * (width - 1) + column, horizontal_ + row * width + column + 1,
        (row + 1) * (width - 1) + column, horizontal_ + row * width + column};
    std::array<bool, 4> inside{};
    double mean = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const double value = grid_.at(corners[k][0], corners[k][1]);
      inside[k] = value >= level_;
      mean += value / 4;
    }
    std::array<std::size_t, 4> crossed{};  // which of the four, in their order
    std::size_t count = 0;
    for (std::size_t k = 0; k < 4; ++k)
      if (inside[k] != inside[(k + 1) % 4]) {
        crossed[count++] = k;
        points_[edges[k]] = between(corners[k], corners[(k + 1) % 4]);
      }
    const auto join = [&](std::size_t a, std::size_t b) {
      link(edges[crossed[a]], edges[crossed[b]]);
      link(edges[crossed[b]], edges[crossed[a]]);
    };
    if (count == 2) join(0, 1);
    if (count < 4) return;
    // The lines cut off the corners that are unlike the middle: 1 and 3, or 0 and 2.
    const bool first_unlike = inside[0] != (mean >= level_);
    join(0, first_unlike ? 3 : 1);
    join(2, first_unlike ? 1 : 3);
  }

  [[nodiscard]] Point between(const std::array<std::size_t, 2>& a,
                              const std::array<std::size_t, 2>& b) const {
    const double from = grid_.at(a[0], a[1]), to = grid_.at(b[0], b[1]);
    const double share = (level_ - from) / (to - from);
    const double t = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.5;
    const auto mix = [t](double p, double q) { return p + t * (q - p); };
    return {mix(grid_.x(a[0]), grid_.x(b[0])), mix(grid_.y(a[1]), grid_.y(b[1]))};
  }

  void link(std::size_t from, std::size_t to) {
    next_[from][next_[from][0] == nothing ? 0 : 1] = to;
  }

  // Goes along the line and takes it out.
  std::vector<Point> chain(std::size_t edge) {
    std::vector<Point> points;
    for (std::size_t last = nothing; edge != nothing;) {
      points.push_back(points_[edge]);
      const auto ways = next_[edge];
      next_[edge] = {nothing, nothing};
      const std::size_t on = ways[0] == last || ways[0] == nothing ? ways[1] : ways[0];
      last = edge;
      edge = on != nothing && next_[on][0] != nothing ? on : nothing;
    }
    return points;
  }

  const Grid& grid_;
  double level_;
  std::size_t horizontal_;  // edges along rows come first
  std::vector<std::array<std::size_t, 2>> next_;
  std::vector<Point> points_;
};

}  // namespace

double Grid::x(std::size_t column) const {
  return left + (right - left) * static_cast<double>(column) / static_cast<double>(columns - 1);
}
double Grid::y(std::size_t row) const {
  return bottom + (top - bottom) * static_cast<double>(row) / static_cast<double>(rows - 1);
}

std::vector<Contour> contours(const Grid& grid, double level) {
  return Edges(grid, level).chains();
}

}  // namespace lab
