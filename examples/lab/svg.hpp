#pragma once
// What is written into a picture.

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "contour.hpp"

namespace lab {

/// Text that XML does not take for markup; what it cannot hold becomes a question mark.
std::string xml_text(std::string_view text);

/// A number of picture units, to a tenth.
std::string units(double x);

/// A rectangle of the picture; y counts downwards.
struct Box {
  double x, y, width, height;
  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
};

/// Collects elements.
class Svg {
 public:
  Svg(double width, double height);
  /// A line of text; `style` are further attributes. The text may hold elements.
  void text(double x, double y, const std::string& content, const std::string& style = {});
  void path(const std::string& d, const std::string& style);
  void polyline(const std::vector<Point>& points, bool closed, const std::string& style);
  void raw(const std::string& element) { out_ << element << '\n'; }
  [[nodiscard]] std::string finished() const { return out_.str() + "</svg>\n"; }

 private:
  std::ostringstream out_;
};

}  // namespace lab
