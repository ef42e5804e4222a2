#include "output_file.hpp"

#include <random>
#include <stdexcept>

namespace lab {
namespace fs = std::filesystem;

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (!wanted()) return;
  std::error_code error;
  if (fs::is_directory(path_, error)) throw std::runtime_error(path + ": is a folder");
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

void OutputFile::write(const std::string& text) {
  stream_ << text << std::flush;
  const bool written = stream_.good();
  stream_.close();
  if (!written || !stream_) fail();
  if (beside_ == path_) return;
  std::error_code error;
  fs::rename(beside_, path_, error);
  if (error) fail();
  beside_.clear();
}

void OutputFile::fail() { throw std::runtime_error(path_.string() + ": cannot be written"); }

}  // namespace lab
