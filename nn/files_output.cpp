#include <cerrno>
#include <random>
#include <system_error>
#include <xtape/nn/files_common.hpp>
#include <xtape/nn/files_output.hpp>

namespace xtape::nn {
namespace fs = std::filesystem;
namespace {

// What a process has open: a file behind such a name is not replaced, for others write to it too.
bool is_open(const fs::path& path) {
  std::error_code error;
  const std::string absolute = fs::absolute(path, error).lexically_normal().string();
  return absolute.starts_with("/proc/") || absolute.starts_with("/dev/fd/");
}

// Where a name leads: a link stays one, and what it names is written, there already or not.
fs::path target_of(const fs::path& path) {
  fs::path target = path;
  std::error_code error;
  for (int links = 0; !is_open(target) && fs::is_symlink(target, error); ++links) {
    if (links == 40)
      detail::fail(path,
                   "cannot be written: " +
                       std::make_error_code(std::errc::too_many_symbolic_link_levels).message());
    const fs::path next = fs::read_symlink(target, error);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target;
}

// Not what a process has open, nor a device or a pipe: these are written to as they are.
bool replaceable(const fs::path& target) {
  std::error_code error;
  return !is_open(target) && (!fs::exists(target, error) || fs::is_regular_file(target, error));
}

}  // namespace

OutputFile::OutputFile(const fs::path& path) : path_(path) {
  if (!wanted()) return;
  std::error_code error;
  if (fs::is_directory(path_, error)) detail::fail(path, "is a folder");
  target_ = beside_ = target_of(path_);
  errno = 0;
  // Who reads a pipe would take it for the end that this one is closed again.
  if (fs::exists(target_, error) && !fs::is_fifo(target_, error) &&
      !std::ofstream(target_, std::ios::app))
    fail();
  if (!replaceable(target_)) return;
  beside_ += "." + std::to_string(std::random_device{}()) + ".part";
  // It is made when there is something to write: an interrupted program leaves nothing.
  if (!std::ofstream(beside_, std::ios::binary)) {
    const fs::path folder = target_.parent_path();
    fail("no file can be made in " + (folder.empty() ? "this folder" : folder.string()));
  }
  fs::remove(beside_, error);
}

OutputFile::~OutputFile() {
  std::error_code error;
  if (beside_ != target_) fs::remove(beside_, error);
}

void OutputFile::write(std::string_view content) {
  const bool replace = beside_ != target_;
  std::ofstream stream(beside_, replace ? std::ios::binary : std::ios::binary | std::ios::app);
  std::error_code error;
  if (replace && fs::exists(target_, error))  // before there is anything to read
    fs::permissions(beside_, fs::status(target_, error).permissions(), error);
  errno = 0;
  stream << content << std::flush;
  const bool written = stream.good();
  stream.close();
  if (!written || !stream) fail();
  if (!replace) return;
  fs::rename(beside_, target_, error);
  if (error) detail::fail(path_, "cannot be written: " + error.message());
}

void OutputFile::fail(const std::string& what) {
  const std::string reason =
      errno == 0 ? "" : ": " + std::error_code(errno, std::generic_category()).message();
  detail::fail(path_, "cannot be written" + (what.empty() ? "" : ": " + what) + reason);
}

}  // namespace xtape::nn
