#include "plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "axis.hpp"
#include "svg.hpp"

namespace lab {
namespace {

constexpr double width = 960, height = 600;
constexpr Box plane = {70, 70, 480, 480}, legend = {600, 92, 330, 150},
              curve = {660, 300, 270, 250};
constexpr std::size_t crossings = 241;  // of the grid, along each axis: two units apart
constexpr const char* grid_style = "stroke=\"#ddd\"";
constexpr const char* boundary_style =
    "fill=\"none\" stroke=\"#000\" stroke-width=\"2\" stroke-linejoin=\"round\"";
constexpr const char* validation_style =
    "fill=\"none\" stroke=\"#000\" stroke-width=\"1.8\" stroke-linejoin=\"round\"";
constexpr const char* training_style =
    "fill=\"none\" stroke=\"#d55e00\" stroke-width=\"1.2\" stroke-dasharray=\"5 3\" "
    "stroke-linejoin=\"round\"";

// A kind of point: [class][right].
struct Kind {
  const char *id, *style, *label;
  double size;
};
constexpr std::array<std::array<Kind, 2>, 2> kinds = {{
    {{{"wrong-0", "fill=\"#00406b\" stroke=\"#000\" stroke-width=\"0.8\"", "class 0, taken for 1",
       4.2},
      {"right-0", "fill=\"none\" stroke=\"#0072b2\" stroke-width=\"0.8\"", "class 0, right", 2}}},
    {{{"wrong-1", "fill=\"#f5a05a\" stroke=\"#000\" stroke-width=\"1.1\"", "class 1, taken for 0",
       5.4},
      {"right-1", "fill=\"none\" stroke=\"#d55e00\" stroke-width=\"0.8\"", "class 1, right", 2.8}}},
}};

std::string numbered(std::size_t n) { return std::to_string(n); }

// A circle, or a triangle with its centre there, as a part of a path.
std::string mark(bool triangle, Point p, double r) {
  if (triangle) {
    const double half = 0.866 * r;
    return "M" + units(p.x) + " " + units(p.y - r) + "l" + units(half) + " " + units(1.5 * r) +
           "h" + units(-2 * half) + "z";
  }
  const std::string radius = units(r) + " " + units(r), across = units(2 * r);
  return "M" + units(p.x - r) + " " + units(p.y) + "a" + radius + " 0 1 1 " + across + " 0 " +
         radius + " 0 1 1-" + across + " 0z";
}

Point placed(const Box& box, const Axis& x, const Axis& y, Point p) {
  return {box.x + box.width * x.at(p.x), box.bottom() - box.height * y.at(p.y)};
}

void draw_axes(Svg& out, const Box& box, const Axis& x, const Axis& y) {
  std::string lines;
  for (const auto& [value, label] : x.ticks) {
    const double at = box.x + box.width * x.at(value);
    lines += "M" + units(at) + " " + units(box.y) + "v" + units(box.height);
    out.text(at, box.bottom() + 18, label, "text-anchor=\"middle\"");
  }
  for (const auto& [value, label] : y.ticks) {
    const double at = box.bottom() - box.height * y.at(value);
    lines += "M" + units(box.x) + " " + units(at) + "h" + units(box.width);
    out.text(box.x - 7, at + 4.5, label, "text-anchor=\"end\"");
  }
  out.path(lines, grid_style);
}

void draw_frame(Svg& out, const Box& box) {
  out.raw("<rect x=\"" + units(box.x) + "\" y=\"" + units(box.y) + "\" width=\"" +
          units(box.width) + "\" height=\"" + units(box.height) +
          "\" fill=\"none\" stroke=\"#444\"/>");
}

std::string indexed_x(const char* index) {
  return "<tspan font-style=\"italic\">x</tspan><tspan dy=\"3\" font-size=\"10\">" +
         std::string(index) + "</tspan>";
}

// Few points have room for larger marks.
double enlargement(std::size_t points, bool right) {
  const double factor = points <= 100 ? 1.75 : points <= 500 ? 1.4 : 1;
  return right ? factor : std::sqrt(factor);
}

void draw_marks(Svg& out, const Picture& picture, const Axis& x, const Axis& y, bool right) {
  for (const std::size_t kind : {std::size_t{0}, std::size_t{1}}) {
    const Kind& drawn = kinds[kind][right ? 1 : 0];
    const double size = drawn.size * enlargement(picture.points.size(), right);
    std::string marks;
    for (std::size_t i = 0; i < picture.points.size(); ++i)
      if (picture.classes[i] == (kind == 1) && (picture.predicted[i] == (kind == 1)) == right)
        marks += mark(kind == 1, placed(plane, x, y, picture.points[i]), size);
    if (!marks.empty()) out.path(marks, "id=\"" + std::string(drawn.id) + "\" " + drawn.style);
  }
}

bool draw_plane(Svg& out, const Picture& picture) {
  const Grid& grid = picture.boundary;
  const Axis x = linear_axis(grid.left, grid.right, 8), y = linear_axis(grid.bottom, grid.top, 8);
  draw_axes(out, plane, x, y);
  out.text(plane.x + plane.width / 2, plane.bottom() + 38, indexed_x("1"),
           "text-anchor=\"middle\" font-size=\"15\"");
  out.text(22, plane.y + plane.height / 2 + 4, indexed_x("2"),
           "text-anchor=\"middle\" font-size=\"15\"");
  draw_marks(out, picture, x, y, true);
  const auto pieces = contours(grid, 0);
  for (const Contour& piece : pieces) {
    std::vector<Point> line;
    for (const Point& p : piece.points) line.push_back(placed(plane, x, y, p));
    out.polyline(line, piece.closed, "class=\"boundary\" " + std::string(boundary_style));
  }
  draw_marks(out, picture, x, y, false);
  draw_frame(out, plane);
  return !pieces.empty();
}

void draw_legend(Svg& out, const Picture& picture, bool has_boundary) {
  const Confusion found = confusion(picture);
  out.text(legend.x, legend.y + 4, "test points", "font-weight=\"bold\"");
  double y = legend.y + 28;
  for (const std::size_t right : {std::size_t{1}, std::size_t{0}})
    for (const std::size_t kind : {std::size_t{0}, std::size_t{1}}) {
      const Kind& shown = kinds[kind][right];
      out.path(mark(kind == 1, {legend.x + 12, y - 4.5},
                    shown.size * enlargement(picture.points.size(), right == 1)),
               shown.style);
      out.text(legend.x + 34, y, shown.label);
      out.text(legend.x + 240, y, numbered(found.counts[kind][right]), "text-anchor=\"end\"");
      y += 24;
    }
  if (has_boundary) {
    out.path("M" + units(legend.x) + " " + units(y - 4.5) + "h24", boundary_style);
    out.text(legend.x + 34, y, "boundary, <tspan font-style=\"italic\">y</tspan> = 0.5");
  } else {
    const bool one = !picture.boundary.values.empty() && picture.boundary.values.front() >= 0;
    out.text(legend.x + 34, y,
             std::string("no boundary here: class ") + (one ? "1" : "0") + " everywhere");
  }
}

// What a curve is drawn with: the first, smallest, largest and last of each stretch of epochs, so
// that a long run takes no more room than a short one.
std::vector<Point> thinned(const std::vector<double>& losses) {
  std::vector<Point> points;
  const std::size_t stretch = 1 + losses.size() / 300;
  for (std::size_t begin = 0; begin < losses.size(); begin += stretch) {
    const std::size_t end = std::min(begin + stretch, losses.size());
    const auto from = losses.begin() + static_cast<std::ptrdiff_t>(begin),
               to = losses.begin() + static_cast<std::ptrdiff_t>(end);
    const auto [least, most] = std::minmax_element(from, to);
    std::vector<std::size_t> kept = {begin, static_cast<std::size_t>(least - losses.begin()),
                                     static_cast<std::size_t>(most - losses.begin()), end - 1};
    std::ranges::sort(kept);
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    for (const std::size_t i : kept) points.push_back({static_cast<double>(i + 1), losses[i]});
  }
  return points;
}

void draw_curve(Svg& out, const Picture& picture) {
  const double left = legend.x;
  out.text(left, curve.y - 40, "loss", "font-weight=\"bold\"");
  std::vector<double> all = picture.validation_loss;
  all.insert(all.end(), picture.training_loss.begin(), picture.training_loss.end());
  std::erase_if(all, [](double loss) { return !std::isfinite(loss); });
  if (all.empty()) {
    out.text(left, curve.y - 14, "no epoch was trained");
    return;
  }
  out.path("M" + units(left) + " " + units(curve.y - 18.5) + "h24", validation_style);
  out.text(left + 34, curve.y - 14, "validation");
  out.path("M" + units(left + 130) + " " + units(curve.y - 18.5) + "h24", training_style);
  out.text(left + 164, curve.y - 14, "training, as it went");
  const auto epochs =
      static_cast<double>(std::max(picture.validation_loss.size(), picture.training_loss.size()));
  Axis x = epochs > 1 ? counting_axis(1, epochs, 5) : counting_axis(0.5, 1.5, 1);
  Axis y = fitting_axis(all);
  draw_axes(out, curve, x, y);
  out.text(curve.x + curve.width / 2, curve.bottom() + 38, "epoch", "text-anchor=\"middle\"");
  const auto draw = [&](const std::vector<double>& losses, const char* style, const char* dot) {
    std::vector<Point> line;
    for (const Point& p : thinned(losses))
      if (std::isfinite(p.y)) line.push_back(placed(curve, x, y, p));
    if (line.size() > 1) out.polyline(line, false, style);
    if (line.size() == 1) out.path(mark(false, line[0], 3), dot);  // one epoch is no line
  };
  draw(picture.validation_loss, validation_style, "fill=\"#000\"");
  draw(picture.training_loss, training_style, "fill=\"none\" stroke=\"#d55e00\"");
  draw_frame(out, curve);
}

}  // namespace

std::size_t Confusion::all() const {
  return counts[0][0] + counts[0][1] + counts[1][0] + counts[1][1];
}

Confusion confusion(const Picture& picture) {
  Confusion result;
  for (std::size_t i = 0; i < picture.points.size(); ++i)
    ++result.counts[picture.classes[i] ? 1 : 0][picture.classes[i] == picture.predicted[i] ? 1 : 0];
  return result;
}

Grid frame_of(const std::vector<Point>& points) {
  struct Span {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    [[nodiscard]] double length() const { return high - low; }
    void add(double v) { low = std::min(low, v), high = std::max(high, v); }
    void grow_to(double length) {
      const double middle = low / 2 + high / 2;
      low = middle - length / 2;
      high = middle + length / 2;
    }
  } x, y;
  for (const Point& p : points) x.add(p.x), y.add(p.y);
  for (Span* span : {&x, &y})  // one point, or points in a line
    if (!(span->length() > 1e-9 * std::abs(span->high)))
      span->grow_to(std::max(1.0, 1e-6 * std::abs(span->high)));
  const double larger = std::max(x.length(), y.length());
  if (std::min(x.length(), y.length()) > 0.8 * larger) x.grow_to(larger), y.grow_to(larger);
  x.grow_to(1.05 * x.length()), y.grow_to(1.05 * y.length());
  return {x.low, x.high, y.low, y.high, crossings, crossings};
}

std::string svg(const Picture& picture) {
  Svg out(width, height);
  out.raw("<title>" + xml_text(picture.title) + "</title>");
  out.text(plane.x, 32, xml_text(picture.title), "font-size=\"19\" font-weight=\"bold\"");
  out.text(plane.x, 54, xml_text(picture.subtitle), "fill=\"#555\"");
  const bool has_boundary = draw_plane(out, picture);
  draw_legend(out, picture, has_boundary);
  draw_curve(out, picture);
  return out.finished();
}

}  // namespace lab
