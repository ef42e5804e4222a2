#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <locale>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <xtape/autodiff/error.hpp>
#include <xtape/nn/files_common.hpp>

namespace xtape::nn {
namespace detail {

void fail(const std::filesystem::path& path, const std::string& what) {
  throw FileError(printable(path.string(), std::string::npos) + ": " + what);
}

std::string number_text(double x) {
  if (std::isnan(x)) return "nan";  // whatever its sign
  std::ostringstream text;
  text.imbue(std::locale::classic());
  for (const int digits : {6, 15, 17}) {  // the fewest that say it
    text.str({});
    text.precision(digits);
    text << x;
    std::istringstream again(text.str());
    again.imbue(std::locale::classic());
    double read = 0.0;
    if (again >> read && read == x) break;
  }
  return text.str();
}

std::string printable(std::string_view text, std::size_t longest) {
  std::string out(text.substr(0, longest));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text.size() > longest ? out + "…" : out;
}

std::string counted(std::size_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::string to_string(const Matrix& m) {
  return "(" + std::to_string(m.rows) + "," + (m.one_axis ? "" : " " + std::to_string(m.columns)) +
         ")";
}

void check_is_file(const std::filesystem::path& path) {
  using std::filesystem::file_type;
  std::error_code error;
  switch (std::filesystem::status(path, error).type()) {
    case file_type::regular:
      return;
    case file_type::not_found:
      fail(path, "there is no such file");
    case file_type::directory:
      fail(path, "this is a folder, not a file");
    case file_type::none:
      fail(path, "this file cannot be opened: " + error.message());
    default:
      fail(path, "this is no regular file, but a device or the like");
  }
}

namespace {

// ": " and what the system says.
std::string reason() {
  return errno != 0 ? ": " + std::error_code(errno, std::generic_category()).message() : "";
}

}  // namespace

std::ifstream open_file(const std::filesystem::path& path) {
  check_is_file(path);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path, "this file cannot be opened" + reason());
  const auto first = file.peek();
  if (file.bad()) fail(path, "this file cannot be read" + reason());
  if (first == std::ifstream::traits_type::eof()) fail(path, "this file is empty");
  return file;
}

std::string read_bytes(const std::filesystem::path& path) {
  auto file = open_file(path);
  std::string bytes;
  std::array<char, 1 << 16> block;
  // Not by the size of the file, which may change while it is read.
  while (file.read(block.data(), block.size()), file.gcount() > 0)
    bytes.append(block.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) fail(path, "this file cannot be read" + reason());
  return bytes;
}

DataSet labelled_rows(const std::filesystem::path& path, const Matrix& table,
                      const std::function<std::string(std::size_t, std::size_t)>& where) {
  const std::size_t n = table.rows, features = table.columns - 1;
  auto inputs = Array<double>::from_shape({n, features});
  auto targets = Array<double>::from_shape({n, 1});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < table.columns; ++j) {
      const double value = table.values[i * table.columns + j];
      const auto at = [&] { return where(i, j); };
      check_finite(path, value, at);
      if (j == features) check_label(path, value, at);
      (j < features ? inputs.data()[i * features + j] : targets.data()[i]) = value;
    }
  return DataSet(std::move(inputs), std::move(targets));
}

namespace {

constexpr std::array<std::string_view, 6> expected_names = {
    "inputsTrain", "labelsTrain", "inputsTest", "labelsTest", "inputs", "labels"};

std::string listed(const std::vector<std::string>& names) {
  if (names.empty()) return "nothing that can be read";
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

// The data set of inputs<part> and labels<part>.
DataSet part_of(const std::filesystem::path& path, const NamedArrays& arrays,
                const std::string& part) {
  const std::string inputs_name = "inputs" + part, labels_name = "labels" + part;
  for (const auto& name : {inputs_name, labels_name})
    if (std::ranges::find(arrays.names, name) == arrays.names.end())
      fail(path,
           "there is no " + arrays.kind + " " + name + "; the file has " + listed(arrays.names));
  const auto x = arrays.read(inputs_name), t = arrays.read(labels_name);
  if (t.rows != 1 && t.columns != 1)
    fail(path, labels_name + " is " + to_string(t) + ": a row or a column is expected");
  const std::size_t n = t.values.size();
  const bool by_rows = x.rows == n;
  if (!by_rows && x.columns != n)
    fail(path, inputs_name + " is " + to_string(x) + ": neither axis is as long as the " +
                   counted(n, "label"));
  const std::size_t features = by_rows ? x.columns : x.rows;
  auto inputs = Array<double>::from_shape({n, features});
  auto targets = Array<double>::from_shape({n, 1});
  for (std::size_t i = 0; i < n; ++i) {
    const auto sample = [&](const std::string& name) {
      return name + ", sample " + std::to_string(i + 1);
    };
    for (std::size_t j = 0; j < features; ++j) {
      const double value = by_rows ? x.values[i * features + j] : x.values[i + j * n];
      check_finite(path, value, [&] {
        return sample(inputs_name) + ", feature " + std::to_string(j + 1) + ": ";
      });
      inputs.data()[i * features + j] = value;
    }
    check_label(path, t.values[i], [&] { return sample(labels_name) + ": "; });
    targets.data()[i] = t.values[i];
  }
  return DataSet(std::move(inputs), std::move(targets));
}

}  // namespace

bool is_expected(std::string_view name) {
  return std::ranges::find(expected_names, name) != expected_names.end();
}

LabData lab_of(const std::filesystem::path& path, const NamedArrays& arrays, Random* random,
               double test_fraction) {
  const auto has = [&](auto... names) {
    return ((std::ranges::find(arrays.names, names) != arrays.names.end()) || ...);
  };
  const bool both = has("inputsTrain", "labelsTrain", "inputsTest", "labelsTest");
  if (!both && random != nullptr && has("inputs", "labels"))
    return split_file(path, part_of(path, arrays, ""), *random, test_fraction, "read_lab");
  if (!both)
    fail(path, "inputsTrain, labelsTrain, inputsTest and labelsTest are expected" +
                   std::string(random != nullptr ? ", or inputs and labels" : "") +
                   "; the file has " + listed(arrays.names));
  auto train = part_of(path, arrays, "Train");
  auto test = part_of(path, arrays, "Test");
  const auto features = train.inputs().shape()[1], test_features = test.inputs().shape()[1];
  if (features != test_features)
    fail(path, "inputsTrain has " + counted(features, "feature") + ", inputsTest has " +
                   std::to_string(test_features));
  return {.train = std::move(train), .test = std::move(test)};
}

LabData split_file(const std::filesystem::path& path, const DataSet& data, Random& random,
                   double test_fraction, const char* reader) {
  if (!(test_fraction > 0.0 && test_fraction < 1.0))
    throw Error(std::string(reader) + ": test fraction " + number_text(test_fraction) +
                " is not between 0 and 1");
  if (data.size() < 2) fail(path, "1 sample cannot be split into a training and a test set");
  return train_test_split(data, random, test_fraction);
}

}  // namespace detail

LabData read_lab(const std::filesystem::path& path, Random& random) {
  const auto ends_in = [extension = path.extension().string()](std::string_view lower) {
    return std::ranges::equal(extension, lower, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  };
  if (ends_in(".csv")) return read_csv_lab(path, random);
  if (ends_in(".npy"))
    return detail::split_file(path, read_npy(path), random, default_test_fraction, "read_lab");
  if (ends_in(".npz")) return read_npz(path, random);
  if (ends_in(".mat")) return read_mat(path, random);
  detail::fail(path, "a file name that ends in .csv, .npy, .npz or .mat is expected");
}

}  // namespace xtape::nn
