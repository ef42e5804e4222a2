#include "svg.hpp"

#include <cmath>
#include <locale>

namespace lab {
namespace {

// How long the UTF-8 sequence at the beginning is; 0 where there is none that XML may hold.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte(1);
  // Too long, a surrogate, beyond Unicode; U+FFFE and U+FFFF.
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90) ||
      (first == 0xEF && second == 0xBF && byte(2) >= 0xBE))
    return 0;
  return length;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view c = text.substr(0, length);
    if (length == 0)
      result += '?';
    else if (c == "&")
      result += "&amp;";
    else if (c == "<")
      result += "&lt;";
    else if (c == ">")
      result += "&gt;";
    else if (c == "\"")
      result += "&quot;";
    else
      result += c;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string units(double x) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  const double tenth = std::round(x * 10) / 10;
  text << (tenth == 0 ? 0 : tenth);  // no -0
  return text.str();
}

Svg::Svg(double width, double height) {
  out_.imbue(std::locale::classic());
  out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << units(width) << ' '
       << units(height) << "\" width=\"" << units(width) << "\" height=\"" << units(height)
       << "\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\" "
          "font-size=\"13\" fill=\"#222\">\n"
       << "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
}

void Svg::text(double x, double y, const std::string& content, const std::string& style) {
  out_ << "<text x=\"" << units(x) << "\" y=\"" << units(y) << '"' << (style.empty() ? "" : " ")
       << style << '>' << content << "</text>\n";
}

void Svg::path(const std::string& d, const std::string& style) {
  out_ << "<path " << style << " d=\"" << d << "\"/>\n";
}

void Svg::polyline(const std::vector<Point>& points, bool closed, const std::string& style) {
  std::string d;
  for (const Point& p : points) d += (d.empty() ? "M" : "L") + units(p.x) + " " + units(p.y);
  path(d + (closed ? "Z" : ""), style);
}

}  // namespace lab
