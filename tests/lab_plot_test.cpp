// The picture of a run: boundaries by marching squares, axes, marks, and whether it is XML.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lab/axis.hpp"
#include "lab/plot.hpp"
#include "lab/svg.hpp"
#include "xml.hpp"

namespace {

using lab::Grid;
using lab::Point;

Grid grid_of(std::size_t columns, std::size_t rows,
             const std::function<double(double, double)>& f) {
  Grid grid{-3, 3, -2, 2, columns, rows};
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      grid.values.push_back(f(grid.x(column), grid.y(row)));
  return grid;
}

double length(const lab::Contour& contour) {
  double sum = 0;
  const auto& p = contour.points;
  for (std::size_t i = contour.closed ? 0 : 1; i < p.size(); ++i) {
    const Point& before = p[i == 0 ? p.size() - 1 : i - 1];
    sum += std::hypot(p[i].x - before.x, p[i].y - before.y);
  }
  return sum;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

// The drawing of the path with this id; empty where there is none.
std::string path_of(const std::string& svg, const std::string& id) {
  const std::size_t at = svg.find("<path id=\"" + id + "\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = svg.find(" d=\"", at) + 4;
  return svg.substr(begin, svg.find('"', begin) - begin);
}

lab::Picture picture_of(const std::vector<Point>& points) {
  lab::Picture picture;
  picture.title = "a <title> & more";
  picture.points = points;
  picture.classes.assign(points.size(), false);
  picture.predicted.assign(points.size(), false);
  picture.boundary = lab::frame_of(points);
  picture.boundary.values.assign(picture.boundary.columns * picture.boundary.rows, -1.0);
  return picture;
}

}  // namespace

TEST_CASE("the contour of a plane is its line, exactly") {
  const auto found =
      lab::contours(grid_of(31, 23, [](double x, double y) { return 0.7 * x - y + 0.4; }), 0);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].closed);
  for (const Point& p : found[0].points) CHECK(std::abs(0.7 * p.x - p.y + 0.4) < 1e-12);
  // From where it leaves the rectangle to where it enters it: y = ±2.
  const double from = (-2 - 0.4) / 0.7 < -3 ? -3 : (-2 - 0.4) / 0.7, to = (2 - 0.4) / 0.7;
  CHECK(length(found[0]) == doctest::Approx(std::hypot(to - from, 0.7 * (to - from))));
}

TEST_CASE("the contour of a circle is closed and has its length") {
  const auto f = [](double x, double y) { return 1.5 - std::hypot(x - 0.3, y + 0.1); };
  for (const std::size_t n : {41U, 241U}) {
    const auto found = lab::contours(grid_of(n, n, f), 0);
    REQUIRE(found.size() == 1);
    CHECK(found[0].closed);
    const double cell = 6.0 / static_cast<double>(n - 1);
    for (const Point& p : found[0].points) CHECK(std::abs(f(p.x, p.y)) < cell * cell);
    CHECK(length(found[0]) == doctest::Approx(2 * 3.14159265358979 * 1.5).epsilon(cell * cell));
  }
}

TEST_CASE("a contour has as many pieces as there are, or none") {
  const auto three = grid_of(121, 121, [](double x, double y) {
    return std::max({0.5 - std::hypot(x + 2, y), 0.6 - std::hypot(x - 1, y - 1), y - 1.8});
  });
  const auto found = lab::contours(three, 0);
  REQUIRE(found.size() == 3);
  CHECK(std::ranges::count(found, true, &lab::Contour::closed) == 2);
  const auto constant = [](double value) {
    return grid_of(9, 9, [=](double, double) { return value; });
  };
  CHECK(lab::contours(constant(1), 0).empty());
  CHECK(lab::contours(constant(-1), 0).empty());
  CHECK(lab::contours(constant(0), 0).empty());  // all corners are inside
}

TEST_CASE("in a saddle the mean decides which corners are joined") {
  // Inner corners at the lower left and the upper right.
  const Grid low{0, 1, 0, 1, 2, 2, {1, -2, -2, 1}}, high{0, 1, 0, 1, 2, 2, {2, -1, -1, 2}};
  const auto apart = lab::contours(low, 0), joined = lab::contours(high, 0);
  REQUIRE(apart.size() == 2);
  REQUIRE(joined.size() == 2);
  // Each line cuts off one corner: an inner one where they are apart, else an outer one.
  for (const auto& line : apart) {
    REQUIRE(line.points.size() == 2);
    const double sum = line.points[0].x + line.points[1].x + line.points[0].y + line.points[1].y;
    CHECK((sum < 1 || sum > 3));
  }
  for (const auto& line : joined) {
    REQUIRE(line.points.size() == 2);
    CHECK((line.points[0].x - line.points[0].y) * (line.points[1].x - line.points[1].y) > 0);
  }
}

TEST_CASE("ticks are round numbers") {
  const auto texts = [](const lab::Axis& axis) {
    std::string all;
    for (const auto& tick : axis.ticks) all += (all.empty() ? "" : " ") + tick.second;
    return all;
  };
  CHECK(texts(lab::linear_axis(-5.2, 5.2, 8)) == "−4 −2 0 2 4");
  CHECK(texts(lab::linear_axis(0.101, 0.149, 5)) == "0.11 0.12 0.13 0.14");
  CHECK(texts(lab::linear_axis(-1e9, 1e9, 4)) == "−1e+09 −5e+08 0 5e+08 1e+09");
  CHECK(texts(lab::counting_axis(1, 3, 5)) == "1 2 3");
  CHECK(texts(lab::counting_axis(1, 1000, 5)) == "200 400 600 800 1000");
  CHECK(texts(lab::fitting_axis({0.013, 0.12})) == "0.00 0.05 0.10 0.15");
  CHECK(texts(lab::fitting_axis({0.013, 0.13})) == "0.01 0.02 0.05 0.1 0.2");
  CHECK(texts(lab::fitting_axis({1e-9, 0.1})) == "1e-09 1e-07 1e-05 0.001 0.1");
  CHECK(texts(lab::fitting_axis({0, 0})) == "0.0 0.2");
  for (const auto& values :
       {std::vector{0.013, 0.12}, std::vector{3e-7, 0.1}, std::vector{0.5, 0.5},
        std::vector{1e-12, 1e-12}, std::vector{0.0, 0.3}}) {
    const lab::Axis axis = lab::fitting_axis(values);
    CHECK(axis.ticks.size() >= 2);
    for (const double v : values) CHECK((axis.at(v) >= -1e-9 && axis.at(v) <= 1 + 1e-9));
  }
}

TEST_CASE("there is a mark for each point, right and wrong ones of each class apart") {
  lab::Picture picture = picture_of({{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}, {0, 2}});
  picture.classes = {false, false, false, true, true, true, true};
  picture.predicted = {false, true, true, true, true, true, false};
  const auto found = lab::confusion(picture);
  CHECK(found.counts[0][1] == 1);
  CHECK(found.counts[0][0] == 2);
  CHECK(found.counts[1][1] == 3);
  CHECK(found.counts[1][0] == 1);
  const std::string svg = lab::svg(picture);
  CHECK(count(path_of(svg, "right-0"), "M") == 1);
  CHECK(count(path_of(svg, "wrong-0"), "M") == 2);
  CHECK(count(path_of(svg, "right-1"), "M") == 3);
  CHECK(count(path_of(svg, "wrong-1"), "M") == 1);
  CHECK(svg.find("id=\"right-0\" fill=\"none\"") != std::string::npos);
  CHECK(svg.find("id=\"wrong-0\" fill=\"#") != std::string::npos);
  CHECK(count(path_of(svg, "right-0"), "a") > 0);   // circles
  CHECK(count(path_of(svg, "right-1"), "a") == 0);  // triangles
  for (const char* number : {">1</text>", ">2</text>", ">3</text>"})
    CHECK(svg.find(number) != std::string::npos);
}

TEST_CASE("a picture is well-formed, whatever it shows") {
  std::vector<lab::Picture> pictures = {picture_of({{0, 0}, {1, 2}}), picture_of({{3, 3}}),
                                        picture_of({{1e6, 1e-6}, {1e6, 1e-6}}),
                                        picture_of({{-1e5, 0}, {1e5, 0.001}})};
  pictures.push_back(pictures[0]);
  pictures.back().validation_loss = {0.1};
  pictures.back().training_loss = {0.2};
  pictures.push_back(pictures[0]);
  pictures.back().validation_loss.assign(5000, 0.25);
  pictures.push_back(pictures[0]);
  pictures.back().subtitle = "\x01 \xFF \"'&<>] \xED\xA0\x80 ünïcode";
  for (std::size_t i = 0; i < pictures.back().boundary.values.size(); ++i)
    pictures.back().boundary.values[i] = i % 7 == 0 ? 1 : -1;
  for (const auto& picture : pictures) {
    const std::string svg = lab::svg(picture);
    CHECK(xml::problem(svg) == "");
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
    CHECK(svg.find("script") == std::string::npos);
  }
  CHECK(lab::svg(pictures[0]).find("no boundary here: class 0 everywhere") != std::string::npos);
  CHECK(lab::svg(pictures[0]).find("no epoch was trained") != std::string::npos);
  CHECK(lab::svg(pictures[5]).size() < 20000);  // long runs are thinned
  CHECK(lab::xml_text("a<b>&\"\x02\xC3\xA9\xC3") == "a&lt;b&gt;&amp;&quot;?é?");
  CHECK(xml::problem("<a><b></a></b>") != "");  // it can tell
  CHECK(xml::problem("<a>&</a>") != "");
  CHECK(xml::problem("<a b=\"<\"/>") != "");
}
