#pragma once
// Files that are written: all of it or nothing.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace xtape::nn {

/// A file to be written. What stands there stays as it is until the new content is complete: it is
/// written to a file beside it, which then takes its place, with its permissions. A symbolic link
/// stays one: what it names is written. A device or a pipe is written to as it is. Without `write`
/// nothing is left.
class OutputFile {
 public:
  /// Tries whether it can be written, so that this is known before any work; with an empty path
  /// there is no file. Throws FileError, naming the path and the reason, when it cannot.
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  [[nodiscard]] bool wanted() const { return !path_.empty(); }
  /// Writes the content and puts the file in its place. Throws FileError, naming the path and the
  /// reason, when it cannot.
  void write(std::string_view content);

 private:
  [[noreturn]] void fail(const std::string& what = {});

  std::filesystem::path path_, target_, beside_;
};

}  // namespace xtape::nn
