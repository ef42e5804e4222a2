#pragma once
// What the readers of files share: errors, bytes, and named arrays that become data sets.

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>
#include <xtape/nn/files.hpp>

namespace xtape::nn::detail {

/// Throws FileError: the file, then what is wrong.
[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what);

/// A number as text, always with a decimal point, with as many digits as tell it from a neighbour.
std::string number_text(double x);
/// A part of a damaged file in a message, or a file's name: control characters, which a terminal
/// would obey, become question marks, and what is too long is left out.
std::string printable(std::string_view text, std::size_t longest = 40);

/// Throws FileError unless this is a file, no folder or device.
void check_is_file(const std::filesystem::path& path);
/// The file, opened. Throws FileError where it is no file, cannot be read, or is empty.
std::ifstream open_file(const std::filesystem::path& path);
/// The whole content of a file. Errors as `open_file`.
std::string read_bytes(const std::filesystem::path& path);

/// Throws FileError unless the number is finite, or the label 0 or 1; `where()` is the place.
void check_finite(const std::filesystem::path& path, double value, const auto& where) {
  if (!(value - value == 0.0)) fail(path, where() + number_text(value) + " is not a finite number");
}
void check_label(const std::filesystem::path& path, double label, const auto& where) {
  if (label != 0.0 && label != 1.0)
    fail(path, where() + "label " + number_text(label) + " is neither 0 nor 1");
}

/// A table of numbers, row by row.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;
  bool one_axis = false;  ///< it is a column here, and was an array of one axis
};
/// Its shape: "(5, 2)", "(5,)".
std::string to_string(const Matrix& m);

/// The last column is the label. `where(i, j)` is the place of an element.
DataSet labelled_rows(const std::filesystem::path& path, const Matrix& table,
                      const std::function<std::string(std::size_t, std::size_t)>& where);

/// The arrays of a file.
struct NamedArrays {
  std::string kind;                ///< "array" or "variable", for messages
  std::vector<std::string> names;  ///< all that the file has
  /// The array of one of these names. Throws FileError where it is no matrix of numbers.
  std::function<Matrix(const std::string&)> read;
};

/// Whether an array of this name is one that `lab_of` asks for.
bool is_expected(std::string_view name);

/// The data sets that inputsTrain, labelsTrain, inputsTest and labelsTest make, or inputs and
/// labels. Without `random`, inputs and labels are an error.
LabData lab_of(const std::filesystem::path& path, const NamedArrays& arrays, Random* random,
               double test_fraction);

/// Splits the samples of a file; `train_test_split` with errors that name the file.
LabData split_file(const std::filesystem::path& path, const DataSet& data, Random& random,
                   double test_fraction, const char* reader);

/// An array of NumPy's: its extents, and its elements row by row.
struct NumpyArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};
/// Reads what numpy.save wrote, once `check_shape` has not thrown. `name` stands before what is
/// wrong: "" or "inputs: ".
NumpyArray parse_npy_array(
    const std::filesystem::path& path, std::string_view bytes, const std::string& name,
    const std::function<void(const std::vector<std::size_t>&)>& check_shape = {});
/// What numpy.save writes, of doubles or floats.
template <class T>
std::string npy_bytes(const std::vector<std::size_t>& shape, const T* values);

/// Reads a table that numpy.save wrote: one or two axes, and at least one element.
Matrix parse_npy(const std::filesystem::path& path, std::string_view bytes,
                 const std::string& name);

/// Throws FileError where a MATLAB file of level 5 (MATLAB 5 to 7) is cut short, or its arrays have
/// other numbers than their dimensions say. Other files pass.
void check_mat5(const std::filesystem::path& path, std::string_view bytes);

/// "1 column", "2 columns".
std::string counted(std::size_t n, std::string_view noun);

}  // namespace xtape::nn::detail
