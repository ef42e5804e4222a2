#pragma once
// Data files that tests write: NumPy's arrays and archives, MATLAB's files of each version.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtape_tests {

// NumPy's header, padded as NumPy does, before any bytes.
std::string npy_with_header(std::string dictionary, std::string_view data, int version = 1);

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.append(raw, sizeof(T));
  }
  return bytes;
}

std::string npy_dictionary(const std::string& type, const std::string& shape,
                           bool fortran_order = false);

// What numpy.save writes on a little-endian machine.
template <class T>
std::string npy(const std::string& type, const std::string& shape, const std::vector<T>& values) {
  return npy_with_header(npy_dictionary(type, shape), bytes_of(values));
}

std::string content_of(const std::filesystem::path& path);

#ifdef XTAPE_HAVE_LIBZIP
// What numpy.savez, or numpy.savez_compressed, writes: members in this order.
std::filesystem::path write_zip(const std::filesystem::path& path,
                                const std::vector<std::pair<std::string, std::string>>& members,
                                bool compressed);
#endif

// A matrix by columns, as MATLAB has it.
struct MatlabMatrix {
  std::string name;
  std::size_t rows, columns;
  std::vector<double> values;
};

// MATLAB's level 4 format, written down from its documentation: little-endian doubles.
std::string mat4(const std::vector<MatlabMatrix>& matrices);

#ifdef XTAPE_HAVE_MATIO
enum class MatVersion { v5, v7, v73 };

// As libmatio writes them; v7 is v5, compressed.
std::filesystem::path write_mat(const std::filesystem::path& path, MatVersion version,
                                std::vector<MatlabMatrix> matrices);
#endif

}  // namespace xtape_tests
