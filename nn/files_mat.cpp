#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <xtape/nn/files_common.hpp>

#ifdef XTAPE_HAVE_MATIO
#include <matio.h>

#include <xtape/nn/files_isolated.hpp>
#endif

namespace xtape::nn {

bool has_matio() noexcept {
#ifdef XTAPE_HAVE_MATIO
  return true;
#else
  return false;
#endif
}

namespace {

#ifdef XTAPE_HAVE_MATIO
using detail::fail;
using detail::Matrix;
using MatFile = std::unique_ptr<mat_t, decltype([](mat_t* file) { Mat_Close(file); })>;
using MatVariable = std::unique_ptr<matvar_t, decltype([](matvar_t* v) { Mat_VarFree(v); })>;

// MATLAB stores a matrix by columns.
template <class T>
void copy_as(const void* data, Matrix& m) {
  for (std::size_t i = 0; i < m.rows; ++i)
    for (std::size_t j = 0; j < m.columns; ++j)
      m.values[i * m.columns + j] =
          static_cast<double>(static_cast<const T*>(data)[i + j * m.rows]);
}

bool copy_values(const matvar_t& variable, Matrix& m) {
  const void* data = variable.data;
  switch (variable.class_type) {
    case MAT_C_DOUBLE:
      return copy_as<double>(data, m), true;
    case MAT_C_SINGLE:
      return copy_as<float>(data, m), true;
    case MAT_C_INT8:
      return copy_as<std::int8_t>(data, m), true;
    case MAT_C_UINT8:
      return copy_as<std::uint8_t>(data, m), true;
    case MAT_C_INT16:
      return copy_as<std::int16_t>(data, m), true;
    case MAT_C_UINT16:
      return copy_as<std::uint16_t>(data, m), true;
    case MAT_C_INT32:
      return copy_as<std::int32_t>(data, m), true;
    case MAT_C_UINT32:
      return copy_as<std::uint32_t>(data, m), true;
    case MAT_C_INT64:
      return copy_as<std::int64_t>(data, m), true;
    case MAT_C_UINT64:
      return copy_as<std::uint64_t>(data, m), true;
    default:
      return false;
  }
}

Matrix read_matrix(const std::filesystem::path& path, mat_t* file, const std::string& name) {
  const MatVariable variable(Mat_VarRead(file, name.c_str()));
  if (!variable) fail(path, name + " cannot be read: the file is damaged");
  if (variable->rank != 2 || variable->isComplex || variable->dims == nullptr)
    fail(path, name + " is not a real matrix, with two axes");
  Matrix m{.rows = variable->dims[0], .columns = variable->dims[1], .values = {}};
  if (m.rows == 0 || m.columns == 0) fail(path, name + " is empty");
  if (Mat_SizeOfClass(variable->class_type) == 0 || variable->class_type < MAT_C_DOUBLE)
    fail(path, name + " is not an array of numbers");
  const std::size_t held = variable->nbytes / Mat_SizeOfClass(variable->class_type);
  if (variable->data == nullptr || held / m.rows < m.columns)
    fail(path, name + " is " + to_string(m) + ", and has fewer numbers: the file is damaged");
  m.values.resize(m.rows * m.columns);
  if (!copy_values(*variable, m)) fail(path, name + " is not an array of numbers");
  return m;
}

// What a file has: all its names, and each array that matters or why it cannot be read.
struct Contents {
  std::vector<std::string> names;
  std::map<std::string, Matrix> arrays;
  std::map<std::string, std::string> errors;
};

Contents read_contents(const std::filesystem::path& path) {
  detail::check_mat5(path, detail::read_bytes(path));
  const MatFile file(Mat_Open(path.string().c_str(), MAT_ACC_RDONLY));
  if (!file) fail(path, "this is not a MATLAB file that can be read");
  Contents contents;
  std::size_t count = 0;
  char* const* names = Mat_GetDir(file.get(), &count);
  for (std::size_t i = 0; names != nullptr && i < count; ++i)
    if (names[i] != nullptr) contents.names.emplace_back(names[i]);
  for (const auto& name : contents.names) {
    if (!detail::is_expected(name)) continue;
    try {
      contents.arrays[name] = read_matrix(path, file.get(), name);
    } catch (const FileError& error) {
      contents.errors[name] = error.what();
    }
  }
  return contents;
}

LabData read(const std::filesystem::path& path, Random* random, double test_fraction) {
  Contents contents;
  detail::isolated(
      path,
      [&](detail::Sender& out) {
        const auto found = read_contents(path);
        out.number(found.names.size());
        for (const auto& name : found.names) out.text(name);
        out.number(found.arrays.size());
        for (const auto& [name, m] : found.arrays) {
          out.text(name);
          out.number(m.rows);
          out.number(m.columns);
          out.numbers(m.values);
        }
        out.number(found.errors.size());
        for (const auto& [name, error] : found.errors) {
          out.text(name);
          out.text(error);
        }
      },
      [&](detail::Receiver& in) {
        for (auto n = in.number(); n > 0; --n) contents.names.push_back(in.text());
        for (auto n = in.number(); n > 0; --n) {
          const auto name = in.text();
          Matrix m{.rows = in.number(), .columns = in.number(), .values = in.numbers()};
          contents.arrays[name] = std::move(m);
        }
        for (auto n = in.number(); n > 0; --n) {
          const auto name = in.text();
          contents.errors[name] = in.text();
        }
      });
  const auto find = [&](const std::string& name) -> Matrix {
    if (const auto error = contents.errors.find(name); error != contents.errors.end())
      throw FileError(error->second);
    return std::move(contents.arrays.at(name));
  };
  return detail::lab_of(path, {.kind = "variable", .names = contents.names, .read = find}, random,
                        test_fraction);
}
#endif

LabData read_checked(const std::filesystem::path& path, [[maybe_unused]] Random* random,
                     [[maybe_unused]] double test_fraction) {
  (void)detail::open_file(path);
#ifdef XTAPE_HAVE_MATIO
  return read(path, random, test_fraction);
#else
  detail::fail(path,
               "MATLAB files cannot be read: xtape was built without libmatio (Debian: "
               "libmatio-dev)");
#endif
}

}  // namespace

LabData read_mat(const std::filesystem::path& path, Random& random, double test_fraction) {
  return read_checked(path, &random, test_fraction);
}

LabData read_mat(const std::filesystem::path& path) {
  return read_checked(path, nullptr, default_test_fraction);
}

}  // namespace xtape::nn
