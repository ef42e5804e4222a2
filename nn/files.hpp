#pragma once
// Data sets from files: the library xtape::files, apart for its dependencies.

#include <filesystem>
#include <stdexcept>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/data_set.hpp>
#include <xtape/nn/lab_data.hpp>

namespace xtape::nn {

/// A file that cannot be read, or that does not hold what is expected. The text begins with the
/// file and says where in it (lines, columns, samples and features count from 1), what is there,
/// and what is expected: `data.csv: line 17, column 3: label 2 is neither 0 nor 1`.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The part of the samples that is set aside to test with where a file has no test set of its own.
inline constexpr double default_test_fraction = 1.0 / 7;

/// Reads a table of numbers as text, one sample a line: x1, …, xk, label. The label is 0 or 1,
/// every number finite, written with a decimal point whatever the locale.
///
/// The first line with anything in it decides what is between the columns: semicolons if it has
/// one, else commas if it has one, else tabs. It is a header if none of its cells begins like a
/// number
/// ("x1", "label"). Cells may stand in double quotes, blanks around them are passed over, and so
/// are empty lines and those that begin with #. Lines end as on Unix, Windows or the old Macintosh.
///
/// Inputs (N, k) and targets (N, 1). Throws FileError with line and column.
DataSet read_csv(const std::filesystem::path& path);

/// Reads a table of numbers as text, as `read_csv` does but without a label: (N, columns), which
/// may be one. What the columns are is the caller's business, so this is for targets that are not 0
/// or 1, or more than one: see docs/data.md. Throws FileError with line and column.
Array<double> read_csv_table(const std::filesystem::path& path);

/// `read_csv`, with a random part of the samples drawn to test with: see `train_test_split`. Throws
/// FileError also where there are fewer than two samples.
LabData read_csv_lab(const std::filesystem::path& path, Random& random,
                     double test_fraction = default_test_fraction);

/// Reads one array of NumPy's (numpy.save): a table (N, k + 1) whose last column is the label, as
/// in `read_csv`. Elements are float32, float64, integers or bool of either byte order, in C's or
/// in Fortran's order; integers beyond 2^53 are rounded.
///
/// Inputs (N, k) and targets (N, 1). Throws FileError with row and column; before any memory is
/// taken for it the size that the header promises is held against the file's.
DataSet read_npy(const std::filesystem::path& path);

/// Reads several arrays of NumPy's (numpy.savez, numpy.savez_compressed) or, in `read_mat`, a
/// MATLAB file of any version, real arrays of any numeric class: either inputsTrain, labelsTrain,
/// inputsTest and labelsTest, or inputs and labels, of which a random part is drawn to test with
/// (only then `random` and `test_fraction` are used). Other arrays are passed over.
///
/// The labels, each 0 or 1, have one axis, or are a row or a column; the inputs have one row or one
/// column for each label (rows, where both would fit), and are one feature where they have one
/// axis.
///
/// Inputs (N, features), targets (N, 1). Throws FileError with the array's name and the sample;
/// also where this library was built without libzip, or libmatio.
LabData read_npz(const std::filesystem::path& path, Random& random,
                 double test_fraction = default_test_fraction);
/// See `read_npz`. libmatio and HDF5 are not proof against damaged files, so where there are
/// processes (on Unix) they read in one of their own, with limits of memory and time: what makes
/// them crash is an error here. Do not call it while another thread holds a lock that a forked
/// process could need.
LabData read_mat(const std::filesystem::path& path, Random& random,
                 double test_fraction = default_test_fraction);
/// `read_mat` for a file with a test set of its own; FileError for any other.
LabData read_mat(const std::filesystem::path& path);

/// Whether the library was built with libmatio, so that `read_mat` can read.
bool has_matio() noexcept;
/// Whether the library was built with libzip, so that `read_npz` can read.
bool has_libzip() noexcept;

/// Chooses the reader by the end of the file's name, in upper or lower case: .csv, .npy, .npz or
/// .mat. What has no test set of its own is split at random. Throws FileError for any other name,
/// and as the readers do.
LabData read_lab(const std::filesystem::path& path, Random& random);

}  // namespace xtape::nn
