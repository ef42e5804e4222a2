#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <locale>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <xtape/autodiff/error.hpp>
#include <xtape/nn/files.hpp>

#if __has_include(<xtensor/io/xcsv.hpp>)
#include <xtensor/io/xcsv.hpp>
#else
#include <xtensor/xcsv.hpp>
#endif
#ifdef XTAPE_HAVE_MATIO
#include <matio.h>
#endif

namespace xtape::nn {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error(path.string() + ": " + what);
}

// Always with a decimal point.
std::string number_text(double x) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << x;
  return text.str();
}

void check_is_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::not_found) fail(path, "there is no such file");
  if (type == std::filesystem::file_type::directory) fail(path, "this is a folder, not a file");
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t comma; (comma = line.find(',')) != std::string_view::npos;) {
    cells.push_back(trimmed(line.substr(0, comma)));
    line.remove_prefix(comma + 1);
  }
  cells.push_back(trimmed(line));
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

// The lines of a file that hold numbers, each with its place in the file, cells without blanks.
struct Lines {
  std::string text;
  std::vector<std::size_t> places;
  std::size_t columns = 0;
};

Lines data_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) fail(path, "this file cannot be opened");
  Lines lines;
  std::size_t first = 0;  // the line that sets the number of columns
  std::string raw;
  for (std::size_t place = 1; std::getline(file, raw); ++place) {
    std::string_view line = raw;
    if (place == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // UTF-8's mark
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const auto cells = cells_of(line);
    const std::string at = "line " + std::to_string(place);
    if (first == 0) {
      first = place;
      lines.columns = cells.size();
      if (lines.columns < 2)
        fail(path, at + " has 1 column: commas between x1, …, label are expected");
      if (std::ranges::none_of(cells, [](auto cell) { return number_of(cell).has_value(); }))
        continue;  // a header
    }
    if (cells.size() != lines.columns)
      fail(path, at + " has " + std::to_string(cells.size()) + " columns where line " +
                     std::to_string(first) + " has " + std::to_string(lines.columns));
    for (std::size_t j = 0; j < cells.size(); ++j) {
      if (cells[j].empty())
        fail(path, at + ", column " + std::to_string(j + 1) + " is empty: a number is expected");
      lines.text.append(cells[j]) += j + 1 < cells.size() ? ',' : '\n';
    }
    lines.places.push_back(place);
  }
  if (file.bad()) fail(path, "reading this file failed");
  if (lines.places.empty()) fail(path, "there is no line with numbers in this file");
  return lines;
}

// `where` is called for the place, only where the label is wrong.
void check_label(const std::filesystem::path& path, double label, const auto& where) {
  if (label != 0.0 && label != 1.0)
    fail(path, where() + "label " + number_text(label) + " is neither 0 nor 1");
}

#ifdef XTAPE_HAVE_MATIO
using MatFile = std::unique_ptr<mat_t, decltype([](mat_t* file) { Mat_Close(file); })>;
using MatVariable = std::unique_ptr<matvar_t, decltype([](matvar_t* v) { Mat_VarFree(v); })>;

// A matrix as MATLAB stores it: by columns.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;
};

std::string to_string(const Matrix& m) {
  return "(" + std::to_string(m.rows) + ", " + std::to_string(m.columns) + ")";
}

template <class T>
void copy_as(const void* data, std::vector<double>& values) {
  std::transform(static_cast<const T*>(data), static_cast<const T*>(data) + values.size(),
                 values.begin(), [](T x) { return static_cast<double>(x); });
}

Matrix read_matrix(const std::filesystem::path& path, mat_t* file, const std::string& name) {
  const MatVariable variable(Mat_VarRead(file, name.c_str()));
  if (!variable) fail(path, "there is no variable " + name + " that can be read");
  if (variable->rank != 2 || variable->isComplex)
    fail(path, name + " is not a real matrix, with two axes");
  Matrix m{.rows = variable->dims[0], .columns = variable->dims[1], .values = {}};
  m.values.resize(m.rows * m.columns);
  if (m.values.empty() || variable->data == nullptr) fail(path, name + " is empty");
  const void* data = variable->data;
  switch (variable->class_type) {
    case MAT_C_DOUBLE:
      copy_as<double>(data, m.values);
      break;
    case MAT_C_SINGLE:
      copy_as<float>(data, m.values);
      break;
    case MAT_C_INT8:
      copy_as<std::int8_t>(data, m.values);
      break;
    case MAT_C_UINT8:
      copy_as<std::uint8_t>(data, m.values);
      break;
    case MAT_C_INT16:
      copy_as<std::int16_t>(data, m.values);
      break;
    case MAT_C_UINT16:
      copy_as<std::uint16_t>(data, m.values);
      break;
    case MAT_C_INT32:
      copy_as<std::int32_t>(data, m.values);
      break;
    case MAT_C_UINT32:
      copy_as<std::uint32_t>(data, m.values);
      break;
    case MAT_C_INT64:
      copy_as<std::int64_t>(data, m.values);
      break;
    case MAT_C_UINT64:
      copy_as<std::uint64_t>(data, m.values);
      break;
    default:
      fail(path, name + " is not an array of numbers");
  }
  return m;
}

DataSet read_part(const std::filesystem::path& path, mat_t* file, const std::string& part) {
  const auto x = read_matrix(path, file, "inputs" + part);
  const auto t = read_matrix(path, file, "labels" + part);
  if (t.rows != 1 && t.columns != 1)
    fail(path, "labels" + part + " is " + to_string(t) + ": a row or a column is expected");
  const std::size_t n = t.values.size();
  const bool by_rows = x.rows == n;
  if (!by_rows && x.columns != n)
    fail(path, "inputs" + part + " is " + to_string(x) + ": neither axis is as long as the " +
                   std::to_string(n) + " labels");
  const std::size_t features = by_rows ? x.columns : x.rows;
  auto inputs = Array<double>::from_shape({n, features});
  auto targets = Array<double>::from_shape({n, 1});
  for (std::size_t i = 0; i < n; ++i) {
    const auto sample = [&](const char* name) {
      return name + part + ", sample " + std::to_string(i + 1);
    };
    for (std::size_t j = 0; j < features; ++j) {
      const double value = by_rows ? x.values[i + j * n] : x.values[i * features + j];
      if (!std::isfinite(value))
        fail(path, sample("inputs") + ", feature " + std::to_string(j + 1) + ": " +
                       number_text(value) + " is not a finite number");
      inputs.data()[i * features + j] = value;
    }
    check_label(path, t.values[i], [&] { return sample("labels") + ": "; });
    targets.data()[i] = t.values[i];
  }
  return DataSet(std::move(inputs), std::move(targets));
}
#endif

}  // namespace

DataSet read_csv(const std::filesystem::path& path) {
  check_is_file(path);
  const auto lines = data_lines(path);
  std::istringstream stream(lines.text);
  // As text: the reader's own numbers depend on the locale, and their errors have no place.
  const auto table = xt::load_csv<std::string>(stream);
  const std::size_t n = lines.places.size(), features = lines.columns - 1;
  auto inputs = Array<double>::from_shape({n, features});
  auto targets = Array<double>::from_shape({n, 1});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < lines.columns; ++j) {
      const std::string& cell = table.data()[i * lines.columns + j];
      const auto where = [&] {
        return "line " + std::to_string(lines.places[i]) + ", column " + std::to_string(j + 1) +
               ": ";
      };
      const auto number = number_of(cell);
      if (!number) fail(path, where() + "\"" + cell + "\" is not a finite number");
      if (j < features) {
        inputs.data()[i * features + j] = *number;
      } else {
        check_label(path, *number, where);
        targets.data()[i] = *number;
      }
    }
  }
  return DataSet(std::move(inputs), std::move(targets));
}

LabData read_csv_lab(const std::filesystem::path& path, Random& random, double test_fraction) {
  if (!(test_fraction > 0.0 && test_fraction < 1.0))
    throw Error("read_csv_lab: test fraction " + number_text(test_fraction) +
                " is not between 0 and 1");
  const auto data = read_csv(path);
  if (data.size() < 2) fail(path, "1 sample cannot be split in a training and a test set");
  const auto wished = std::round(static_cast<double>(data.size()) * test_fraction);
  const auto count = std::clamp(static_cast<std::size_t>(wished), std::size_t{1}, data.size() - 1);
  auto parts = data.split(count, random);
  return {.train = std::move(parts.rest), .test = std::move(parts.drawn)};
}

bool has_matio() noexcept {
#ifdef XTAPE_HAVE_MATIO
  return true;
#else
  return false;
#endif
}

LabData read_mat(const std::filesystem::path& path) {
  check_is_file(path);
#ifdef XTAPE_HAVE_MATIO
  const MatFile file(Mat_Open(path.string().c_str(), MAT_ACC_RDONLY));
  if (!file) fail(path, "this is not a MATLAB file that can be read");
  auto train = read_part(path, file.get(), "Train");
  auto test = read_part(path, file.get(), "Test");
  const auto features = train.inputs().shape()[1], test_features = test.inputs().shape()[1];
  if (features != test_features)
    fail(path, "inputsTrain has " + std::to_string(features) + " features, inputsTest " +
                   std::to_string(test_features));
  return {.train = std::move(train), .test = std::move(test)};
#else
  fail(path,
       "MATLAB files cannot be read: xtape was built without libmatio (Debian: libmatio-dev)");
#endif
}

LabData read_lab(const std::filesystem::path& path, Random& random) {
  const auto ends_in = [extension = path.extension().string()](std::string_view lower) {
    return std::ranges::equal(extension, lower, [](char a, char b) { return (a | 0x20) == b; });
  };
  if (ends_in(".mat")) return read_mat(path);
  if (ends_in(".csv")) return read_csv_lab(path, random);
  fail(path, "a file name that ends in .mat or .csv is expected");
}

}  // namespace xtape::nn
