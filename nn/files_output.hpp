#pragma once
// Files that are written: all of it or nothing.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace xtape::nn {

/// A file to be written. What stands there stays as it is until the new content is complete: it is
/// written to a file beside it, which then takes its place. Without `write` nothing is left.
class OutputFile {
 public:
  /// Makes the file beside it, so that it is known before any work that it can be written; with an
  /// empty path there is no file. Throws FileError, naming the path, when it cannot.
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  [[nodiscard]] bool wanted() const { return !path_.empty(); }
  /// Writes the content and puts the file in its place. Throws FileError, naming the path, when it
  /// cannot.
  void write(std::string_view content);

 private:
  [[noreturn]] void fail();

  std::filesystem::path path_, beside_;
  std::ofstream stream_;
};

}  // namespace xtape::nn
