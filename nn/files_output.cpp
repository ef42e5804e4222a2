#include <random>
#include <system_error>
#include <xtape/nn/files_common.hpp>
#include <xtape/nn/files_output.hpp>

namespace xtape::nn {
namespace fs = std::filesystem;

OutputFile::OutputFile(const fs::path& path) : path_(path) {
  if (!wanted()) return;
  std::error_code error;
  if (fs::is_directory(path_, error)) detail::fail(path, "is a folder");
  // A device or a pipe is written to as it is.
  const bool replace = !fs::exists(path_, error) || fs::is_regular_file(path_, error);
  if (replace && fs::exists(path_, error) && !std::ofstream(path_, std::ios::app)) fail();
  beside_ = path_;
  if (replace) beside_ += "." + std::to_string(std::random_device{}()) + ".part";
  stream_.open(beside_, std::ios::binary);
  if (!stream_) fail();
}

OutputFile::~OutputFile() {
  stream_.close();
  std::error_code error;
  if (!beside_.empty() && beside_ != path_) fs::remove(beside_, error);
}

void OutputFile::write(std::string_view content) {
  stream_ << content << std::flush;
  const bool written = stream_.good();
  stream_.close();
  if (!written || !stream_) fail();
  if (beside_ == path_) return;
  std::error_code error;
  fs::rename(beside_, path_, error);
  if (error) fail();
  beside_.clear();
}

void OutputFile::fail() { detail::fail(path_, "cannot be written"); }

}  // namespace xtape::nn
