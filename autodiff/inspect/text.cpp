#include <algorithm>
#include <locale>
#include <sstream>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

// An array is written whole up to here.
constexpr std::size_t few = 6;

// How many elements of each axis are written: so many at its beginning, so many at its end.
struct Ends {
  std::size_t first, last;
};

template <class T>
class Writer {
 public:
  Writer(const T* data, const Shape& shape, int digits)
      : data_(data), shape_(shape), digits_(digits) {
    const bool one_axis = std::ranges::count_if(shape, [](auto n) { return n > 1; }) <= 1;
    ends_ = one_axis ? Ends{2, 1} : Ends{1, 1};
  }
  std::string text() {
    write(0, 0, shape_.size());
    return std::move(text_);
  }

 private:
  // The elements from `first` on, `size` of them, as the axes from `axis` on.
  void write(std::size_t axis, std::size_t first, std::size_t size) {
    if (axis == shape_.rank()) {
      text_ += number_text(static_cast<long double>(data_[first]), digits_);
      return;
    }
    const std::size_t n = shape_[axis], part = size / n;
    const bool whole = shape_.size() <= few || n <= ends_.first + ends_.last;
    text_ += '[';
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0) text_ += ", ";
      if (!whole && i == ends_.first) {
        text_ += "…, ";
        i = n - ends_.last;
      }
      write(axis + 1, first + i * part, part);
    }
    text_ += ']';
  }

  const T* data_;
  const Shape& shape_;
  int digits_;
  Ends ends_{};
  std::string text_;
};

bool continues(unsigned char c) { return (c & 0xC0) == 0x80; }

// U+0300 to U+036F.
bool combines(unsigned char first, unsigned char second) {
  return first == 0xCC || (first == 0xCD && second < 0xB0);
}

}  // namespace

std::string number_text(long double number, int digits) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream.precision(digits);
  stream << number;
  return stream.str();
}

template <class T>
std::string array_text(std::span<const T> values, const Shape& shape, int digits) {
  return shape.size() == 0 ? "[]" : Writer<T>(values.data(), shape, digits).text();
}

std::string place_text(const Place& place) {
  const std::string bracketed = to_string(place);  // " (train.cpp:41)"
  return bracketed.empty() ? bracketed : bracketed.substr(2, bracketed.size() - 3);
}

std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (!continues(c) && !combines(c, static_cast<unsigned char>(next))) ++columns;
  }
  return columns;
}

std::string left_aligned(std::string_view text, std::size_t columns) {
  const std::size_t w = width(text);
  return std::string(text) + std::string(columns > w ? columns - w : 0, ' ');
}
std::string right_aligned(std::string_view text, std::size_t columns) {
  const std::size_t w = width(text);
  return std::string(columns > w ? columns - w : 0, ' ') + std::string(text);
}

std::string columns(const std::vector<std::vector<std::string>>& rows,
                    std::initializer_list<std::size_t> right, const char* before) {
  std::vector<std::size_t> widths(rows.front().size());
  std::vector<bool> used(widths.size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], width(rows[r][c]));
      used[c] = used[c] || (r > 0 && !rows[r][c].empty());
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line = before;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (!used[c]) continue;
      const bool at_end = std::ranges::find(right, c) != right.end();
      line += (at_end ? right_aligned : left_aligned)(row[c], widths[c]) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

template std::string array_text(std::span<const double>, const Shape&, int);
template std::string array_text(std::span<const float>, const Shape&, int);

}  // namespace xtape::detail
