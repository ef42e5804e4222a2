#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <xtape/nn/files_common.hpp>
#include <xtape/nn/files_npz.hpp>

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
namespace detail {
namespace {

// discard, not close: nothing is written.
using Opened = std::unique_ptr<zip_t, decltype([](zip_t* archive) { zip_discard(archive); })>;
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
Opened open_archive(const std::filesystem::path& path, const std::string& bytes) {
  ZipError error;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get());
  zip_t* archive =
      source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, error.get());
  if (archive == nullptr) {
    if (source != nullptr) zip_source_free(source);
    if (bytes.starts_with("PK\x03\x04"))  // its table of contents is at the end
      fail(path, "this archive of NumPy's arrays is damaged or cut short");
    fail(path, "this is no archive of NumPy's arrays that can be read: " + error.text());
  }
  return Opened(archive);
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

struct Npz::Archive {
  std::filesystem::path path;
  std::string bytes;
  Opened opened;
  std::vector<zip_uint64_t> indices;  // of the names
};

Npz::Npz(const std::filesystem::path& path) : archive_(std::make_unique<Archive>()) {
  archive_->path = path;
  archive_->bytes = read_bytes(path);
  archive_->opened = open_archive(path, archive_->bytes);
  zip_t* const opened = archive_->opened.get();
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(opened, 0));
  for (zip_uint64_t i = 0; i < count; ++i) {
    const char* raw = zip_get_name(opened, i, 0);
    std::string name = raw != nullptr ? raw : "";
    if (!name.ends_with(".npy")) continue;
    name.resize(name.size() - 4);
    if (std::ranges::find(names_, name) != names_.end())
      fail(path, "there are two arrays " + printable(name));
    names_.push_back(std::move(name));
    archive_->indices.push_back(i);
  }
}

std::string Npz::member(const std::string& name) const {
  const auto at = static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
  return unpacked(archive_->path, archive_->opened.get(), archive_->indices.at(at), name,
                  archive_->bytes.size());
}

namespace {

// Where libzip writes to; it has the archive once that is closed.
struct Sink {
  zip_source_t* source;
  ~Sink() { zip_source_free(source); }
};

bool add_member(zip_t* archive, const std::string& name, const std::string& content) {
  zip_source_t* const source = zip_source_buffer(archive, content.data(), content.size(), 0);
  if (source == nullptr) return false;
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return false;
  }
  const auto at = static_cast<zip_uint64_t>(index);
  constexpr zip_uint16_t first_of_january_1980 = (1 << 5) | 1;  // as numpy.savez has it
  return zip_set_file_compression(archive, at, ZIP_CM_STORE, 0) == 0 &&
         zip_file_set_dostime(archive, at, 0, first_of_january_1980, 0) == 0;
}

}  // namespace

std::string npz_bytes(const std::filesystem::path& path,
                      const std::vector<std::pair<std::string, std::string>>& members) {
  const auto cannot = [&](const char* why) {
    fail(path, std::string("the archive cannot be written: ") + why);
  };
  ZipError error;
  const Sink sink{zip_source_buffer_create(nullptr, 0, 0, error.get())};
  if (sink.source == nullptr) cannot(error.text().c_str());
  Opened archive(zip_open_from_source(sink.source, ZIP_TRUNCATE, error.get()));
  if (!archive) cannot(error.text().c_str());
  zip_source_keep(sink.source);  // zip_close lets go of it
  for (const auto& [name, content] : members)
    if (!add_member(archive.get(), name, content)) cannot(zip_strerror(archive.get()));
  if (zip_close(archive.get()) != 0) cannot(zip_strerror(archive.get()));
  static_cast<void>(archive.release());
  zip_stat_t size;
  std::string bytes;
  if (zip_source_open(sink.source) != 0 || zip_source_stat(sink.source, &size) != 0)
    cannot(zip_error_strerror(zip_source_error(sink.source)));
  bytes.resize(size.size);
  const zip_int64_t count = zip_source_read(sink.source, bytes.data(), size.size);
  zip_source_close(sink.source);
  if (count != static_cast<zip_int64_t>(bytes.size())) cannot("not all of it was made");
  return bytes;
}

#else

namespace detail {

struct Npz::Archive {};

Npz::Npz(const std::filesystem::path& path) {
  check_is_file(path);
  fail(path,
       "NumPy's archives cannot be read: xtape was built without libzip (Debian: libzip-dev); "
       "numpy.save writes a single array, which can");
}

std::string Npz::member(const std::string&) const { return {}; }

std::string npz_bytes(const std::filesystem::path& path,
                      const std::vector<std::pair<std::string, std::string>>&) {
  fail(path,
       "NumPy's archives cannot be written: xtape was built without libzip (Debian: libzip-dev)");
}

#endif

Npz::~Npz() = default;

}  // namespace detail

LabData read_npz(const std::filesystem::path& path, Random& random, double test_fraction) {
  const detail::Npz archive(path);
  const detail::NamedArrays arrays{
      .kind = "array", .names = archive.names(), .read = [&](const std::string& name) {
        return detail::parse_npy(path, archive.member(name), name + ": ");
      }};
  return detail::lab_of(path, arrays, &random, test_fraction);
}

}  // namespace xtape::nn
