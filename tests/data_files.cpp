#include "data_files.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#ifdef XTAPE_HAVE_MATIO
#include <matio.h>
#endif
#ifdef XTAPE_HAVE_LIBZIP
#include <zip.h>
#endif

namespace xtape_tests {

std::string npy_with_header(std::string dictionary, std::string_view data, int version) {
  const std::size_t prefix = version == 1 ? 10 : 12;
  while ((prefix + dictionary.size() + 1) % 64 != 0) dictionary += ' ';
  dictionary += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i)
    bytes += static_cast<char>(dictionary.size() >> (8 * i) & 0xFF);
  return (bytes += dictionary) += data;
}

std::string npy_dictionary(const std::string& type, const std::string& shape, bool fortran_order) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran_order ? "True" : "False") +
         ", 'shape': " + shape + ", }";
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

#ifdef XTAPE_HAVE_LIBZIP
std::filesystem::path write_zip(const std::filesystem::path& path,
                                const std::vector<std::pair<std::string, std::string>>& members,
                                bool compressed) {
  std::filesystem::remove(path);
  zip_t* archive = zip_open(path.string().c_str(), ZIP_CREATE | ZIP_EXCL, nullptr);
  if (archive == nullptr) throw std::runtime_error("no archive can be written");
  for (const auto& [name, content] : members) {
    const auto index = zip_file_add(archive, name.c_str(),
                                    zip_source_buffer(archive, content.data(), content.size(), 0),
                                    ZIP_FL_ENC_UTF_8);
    if (index < 0) throw std::runtime_error("no member can be written");
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    zip_file_set_mtime(archive, static_cast<zip_uint64_t>(index), 0, 0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("the archive cannot be written");
  return path;
}
#endif

std::string mat4(const std::vector<MatlabMatrix>& matrices) {
  std::string bytes;
  for (const auto& m : matrices) {
    const std::vector<std::int32_t> header = {0, static_cast<std::int32_t>(m.rows),
                                              static_cast<std::int32_t>(m.columns), 0,
                                              static_cast<std::int32_t>(m.name.size() + 1)};
    bytes += bytes_of(header) + m.name + '\0' + bytes_of(m.values);
  }
  return bytes;
}

#ifdef XTAPE_HAVE_MATIO
std::filesystem::path write_mat(const std::filesystem::path& path, MatVersion version,
                                std::vector<MatlabMatrix> matrices) {
  std::filesystem::remove(path);
  mat_t* file = Mat_CreateVer(path.string().c_str(), "MATLAB MAT-file, written by a test",
                              version == MatVersion::v73 ? MAT_FT_MAT73 : MAT_FT_MAT5);
  if (file == nullptr) throw std::runtime_error("no MATLAB file can be written");
  for (auto& m : matrices) {
    std::size_t dimensions[] = {m.rows, m.columns};
    matvar_t* variable = Mat_VarCreate(m.name.c_str(), MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dimensions,
                                       m.values.data(), MAT_F_DONT_COPY_DATA);
    Mat_VarWrite(file, variable,
                 version == MatVersion::v7 ? MAT_COMPRESSION_ZLIB : MAT_COMPRESSION_NONE);
    Mat_VarFree(variable);
  }
  Mat_Close(file);
  return path;
}
#endif

}  // namespace xtape_tests
