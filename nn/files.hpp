#pragma once
// Data sets from files: the library xtape::files, which a web page does not link.

#include <filesystem>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/data_set.hpp>
#include <xtape/nn/lab_data.hpp>

namespace xtape::nn {

/// Reads a table of comma-separated numbers, one sample a line: x1, …, xk, label. The label is 0 or
/// 1, every number finite, written with a decimal point whatever the locale. A first line without a
/// single number is a header; empty lines and those that begin with # are passed over.
///
/// Inputs (N, k) and targets (N, 1). Throws std::runtime_error that names the file, the line (the
/// file's own, from 1) and the column (from 1): `data.csv: line 17, column 3: label 2 is neither 0
/// nor 1`.
DataSet read_csv(const std::filesystem::path& path);

/// `read_csv`, with a random part of the samples drawn to test with: N test_fraction of them,
/// rounded, but at least one. Throws xtape::Error where the fraction is not between 0 and 1, and
/// std::runtime_error where there are fewer than two samples.
LabData read_csv_lab(const std::filesystem::path& path, Random& random,
                     double test_fraction = 1.0 / 7);

/// Reads a MATLAB file of any version with the variables inputsTrain, labelsTrain, inputsTest and
/// labelsTest, real arrays of any numeric class. The labels, each 0 or 1, are a row or a column;
/// the inputs have one row or one column for each label (rows, where both would fit).
///
/// Inputs (N, features), targets (N, 1). Throws std::runtime_error that names the file, the
/// variable and what is wrong; also where this library was built without libmatio.
LabData read_mat(const std::filesystem::path& path);

/// Whether the library was built with libmatio, so that `read_mat` can read.
bool has_matio() noexcept;

/// `read_mat` for a file name that ends in .mat, `read_csv_lab` for one that ends in .csv, in upper
/// or lower case. Throws std::runtime_error for any other, and as these do.
LabData read_lab(const std::filesystem::path& path, Random& random);

}  // namespace xtape::nn
