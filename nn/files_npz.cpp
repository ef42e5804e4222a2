#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <xtape/nn/files_common.hpp>

#ifdef XTAPE_HAVE_LIBZIP
#include <zip.h>
#endif

namespace xtape::nn {

bool has_libzip() noexcept {
#ifdef XTAPE_HAVE_LIBZIP
  return true;
#else
  return false;
#endif
}

#ifdef XTAPE_HAVE_LIBZIP
namespace {

using detail::fail;

// discard, not close: nothing is written.
using Archive = std::unique_ptr<zip_t, decltype([](zip_t* archive) { zip_discard(archive); })>;
using Member = std::unique_ptr<zip_file_t, decltype([](zip_file_t* file) { zip_fclose(file); })>;

// An error of libzip's as it words it.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error_); }
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

// libzip reads these bytes as long as the archive lives.
Archive open_archive(const std::filesystem::path& path, const std::string& bytes) {
  ZipError error;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get());
  zip_t* archive =
      source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, error.get());
  if (archive == nullptr) {
    if (source != nullptr) zip_source_free(source);
    fail(path, "this is no archive of NumPy's arrays that can be read: " + error.text());
  }
  return Archive(archive);
}

std::string unpacked(const std::filesystem::path& path, zip_t* archive, zip_uint64_t index,
                     const std::string& name, std::size_t archive_size) {
  const auto cannot = [&](zip_error_t* error) {
    fail(path, name + ": this array cannot be unpacked: " + zip_error_strerror(error));
  };
  const Member member(zip_fopen_index(archive, index, 0));
  if (!member) cannot(zip_get_error(archive));
  std::string bytes;
  std::array<char, 1 << 16> block;
  // A byte of deflate's is at most 1032 of what it packed: more is a damaged file.
  const std::size_t limit = 1032 * archive_size;
  for (;;) {
    const zip_int64_t count = zip_fread(member.get(), block.data(), block.size());
    if (count < 0) cannot(zip_file_get_error(member.get()));  // a wrong check sum too
    if (count == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
    if (bytes.size() > limit)
      fail(path, name + ": this array is larger than an archive of this size can hold");
  }
}

}  // namespace

LabData read_npz(const std::filesystem::path& path, Random& random, double test_fraction) {
  const auto bytes = detail::read_bytes(path);
  const auto archive = open_archive(path, bytes);
  detail::NamedArrays arrays{.kind = "array", .names = {}, .read = {}};
  std::vector<zip_uint64_t> indices;
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  for (zip_uint64_t i = 0; i < count; ++i) {
    const char* raw = zip_get_name(archive.get(), i, 0);
    std::string name = raw != nullptr ? raw : "";
    if (!name.ends_with(".npy")) continue;
    name.resize(name.size() - 4);
    if (std::ranges::find(arrays.names, name) != arrays.names.end())
      fail(path, "there are two arrays " + detail::printable(name));
    arrays.names.push_back(std::move(name));
    indices.push_back(i);
  }
  arrays.read = [&](const std::string& name) {
    const auto at = std::ranges::find(arrays.names, name) - arrays.names.begin();
    const auto member =
        unpacked(path, archive.get(), indices[static_cast<std::size_t>(at)], name, bytes.size());
    return detail::parse_npy(path, member, name + ": ");
  };
  return detail::lab_of(path, arrays, &random, test_fraction);
}

#else

LabData read_npz(const std::filesystem::path& path, Random&, double) {
  detail::check_is_file(path);
  detail::fail(path,
               "NumPy's archives cannot be read: xtape was built without libzip (Debian: "
               "libzip-dev); numpy.save writes a single array, which can");
}

#endif

}  // namespace xtape::nn
