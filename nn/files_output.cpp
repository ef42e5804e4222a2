#include <cerrno>
#include <random>
#include <system_error>
#include <xtape/nn/files_common.hpp>
#include <xtape/nn/files_output.hpp>

namespace xtape::nn {
namespace fs = std::filesystem;
namespace {

// Where a name leads: a link stays one, and what it names is written, there already or not.
fs::path target_of(fs::path path) {
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(path, error); ++links) {
    const fs::path next = fs::read_symlink(path, error);
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path;
}

// A device, a pipe, and what a process has open, is written to as it is.
bool replaceable(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) return false;
  const std::string absolute = fs::absolute(path, error).lexically_normal().string();
  return !absolute.starts_with("/dev/") && !absolute.starts_with("/proc/");
}

}  // namespace

OutputFile::OutputFile(const fs::path& path) : path_(path) {
  if (!wanted()) return;
  std::error_code error;
  if (fs::is_directory(path_, error)) detail::fail(path, "is a folder");
  target_ = beside_ = replaceable(path_) ? target_of(path_) : path_;
  errno = 0;
  if (fs::exists(target_, error) && !std::ofstream(target_, std::ios::app)) fail();
  if (!replaceable(path_)) return;
  beside_ += "." + std::to_string(std::random_device{}()) + ".part";
  // It is made when there is something to write: an interrupted program leaves nothing.
  if (!std::ofstream(beside_, std::ios::binary)) fail();
  fs::remove(beside_, error);
}

OutputFile::~OutputFile() {
  std::error_code error;
  if (beside_ != target_) fs::remove(beside_, error);
}

void OutputFile::write(std::string_view content) {
  errno = 0;
  const bool replace = beside_ != target_;
  std::ofstream stream(beside_, replace ? std::ios::binary : std::ios::binary | std::ios::app);
  stream << content << std::flush;
  const bool written = stream.good();
  stream.close();
  if (!written || !stream) fail();
  if (!replace) return;
  std::error_code error;
  if (const auto old = fs::status(target_, error); fs::exists(old))
    fs::permissions(beside_, old.permissions(), error);
  fs::rename(beside_, target_, error);
  if (error) detail::fail(path_, "cannot be written: " + error.message());
}

void OutputFile::fail() {
  const std::string reason =
      errno == 0 ? "" : ": " + std::error_code(errno, std::generic_category()).message();
  detail::fail(path_, "cannot be written" + reason);
}

}  // namespace xtape::nn
