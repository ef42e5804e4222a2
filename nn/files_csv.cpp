#include <algorithm>
#include <array>
#include <cmath>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <xtape/nn/files_common.hpp>

namespace xtape::nn {
namespace {

using detail::counted;
using detail::fail;

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The cells of a line without blanks and quotes; none where a quote is not closed. A separator
// within quotes separates nothing.
std::vector<std::string_view> cells_of(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  const std::string_view blanks = separator == '\t' ? " " : " \t";
  bool quoted = false;
  for (std::size_t i = 0, begin = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (quoted || line[i] != separator)) continue;
    if (quoted) return {};
    auto cell = trimmed(line.substr(begin, i - begin), blanks);
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"')
      cell = trimmed(cell.substr(1, cell.size() - 2), blanks);
    cells.push_back(cell);
    begin = i + 1;
  }
  return cells;
}

// The finite number that a cell says, if it does. Not by stod, for which a decimal comma in the
// user's locale makes "1.5" a 1, without a word.
std::optional<double> number_of(std::string_view cell) {
  std::istringstream stream{std::string(cell)};
  stream.imbue(std::locale::classic());
  double value = 0.0;
  stream >> value;
  if (stream.fail() || !stream.eof() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Whether a cell is meant as a number, right or wrong: "1.5x", "1e999", "-.5", "nan".
bool begins_like_a_number(std::string_view cell) {
  if (cell.starts_with('+') || cell.starts_with('-')) cell.remove_prefix(1);
  std::string lower(cell);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower == "nan" || lower == "inf" || lower == "infinity") return true;
  if (cell.starts_with('.')) cell.remove_prefix(1);
  return !cell.empty() && cell.front() >= '0' && cell.front() <= '9';
}

// Where a comma is the decimal one there are semicolons; a tab beside commas is a blank.
char separator_of(std::string_view line) {
  const auto has = [&](char c) { return line.find(c) != std::string_view::npos; };
  return has(';') ? ';' : has('\t') && !has(',') ? '\t' : ',';
}

bool is_header(const std::vector<std::string_view>& cells) {
  return std::ranges::none_of(cells, begins_like_a_number) &&
         std::ranges::any_of(cells, [](auto cell) { return !cell.empty(); });
}

std::string place(std::size_t line, std::size_t column) {
  return "line " + std::to_string(line) + ", column " + std::to_string(column + 1);
}

double number_at(const std::filesystem::path& path, std::string_view cell, std::size_t line,
                 std::size_t column) {
  if (cell.empty()) fail(path, place(line, column) + " is empty: a number is expected");
  const auto number = number_of(cell);
  if (number) return *number;
  std::string with_point(cell);
  std::ranges::replace(with_point, ',', '.');
  fail(path, place(line, column) + ": \"" + detail::printable(cell) + "\" is not a finite number" +
                 (number_of(with_point) ? ": a decimal point is expected" : ""));
}

enum class Expected { labelled, numbers };  // x1, …, xk, label; or any columns

// The table, and for each row the line of the file.
struct Rows {
  detail::Matrix table;
  std::vector<std::size_t> lines;
};

Rows rows_of(const std::filesystem::path& path, std::string_view text, Expected expected) {
  Rows rows;
  std::size_t first = 0;  // the line that sets the number of columns
  char separator = ',';
  const char end = text.find('\n') == std::string_view::npos ? '\r' : '\n';
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto length = std::min(text.find(end), text.size());
    const auto line = trimmed(text.substr(0, length), " \r");
    text.remove_prefix(std::min(length + 1, text.size()));
    const auto content = trimmed(line, " \t\r");
    if (content.empty() || content.front() == '#') continue;
    if (first == 0) separator = separator_of(line);
    const auto cells = cells_of(line, separator);
    const std::string at = "line " + std::to_string(number);
    if (cells.empty()) fail(path, at + ": a quote is opened and not closed");
    if (first == 0) {
      first = number;
      rows.table.columns = cells.size();
      if (cells.size() < 2 && expected == Expected::labelled)
        fail(path, at + " has 1 column: commas, semicolons or tabs between x1, …, label are "
                        "expected");
      if (is_header(cells)) continue;
    }
    if (cells.size() != rows.table.columns)
      fail(path, at + " has " + counted(cells.size(), "column") + " where line " +
                     std::to_string(first) + " has " + std::to_string(rows.table.columns));
    for (std::size_t j = 0; j < cells.size(); ++j)
      rows.table.values.push_back(number_at(path, cells[j], number, j));
    rows.lines.push_back(number);
  }
  rows.table.rows = rows.lines.size();
  if (rows.lines.empty()) fail(path, "there is no line with numbers in this file");
  return rows;
}

Rows rows_of_file(const std::filesystem::path& path, Expected expected) {
  const auto bytes = detail::read_bytes(path);
  std::string_view text = bytes;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    fail(path, "this is text in UTF-16: UTF-8 is expected");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // UTF-8's mark
  return rows_of(path, text, expected);
}

}  // namespace

Array<double> read_csv_table(const std::filesystem::path& path) {
  const auto rows = rows_of_file(path, Expected::numbers);
  auto table = Array<double>::from_shape({rows.table.rows, rows.table.columns});
  std::ranges::copy(rows.table.values, table.data());
  return table;
}

DataSet read_csv(const std::filesystem::path& path) {
  const auto rows = rows_of_file(path, Expected::labelled);
  return detail::labelled_rows(path, rows.table, [&](std::size_t i, std::size_t j) {
    return place(rows.lines[i], j) + ": ";
  });
}

LabData read_csv_lab(const std::filesystem::path& path, Random& random, double test_fraction) {
  return detail::split_file(path, read_csv(path), random, test_fraction, "read_csv_lab");
}

}  // namespace xtape::nn
