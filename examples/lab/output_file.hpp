#pragma once
// Files that a program writes: all of it or nothing.

#include <filesystem>
#include <fstream>
#include <string>

namespace lab {

/// A file to be written. What stands there stays as it is until the new text is complete: it is
/// written to a file beside it, which then takes its place. Without `write` nothing is left.
class OutputFile {
 public:
  /// Makes the file beside it, so that it is known before any work that it can be written; with an
  /// empty path there is no file. @throws std::runtime_error, naming the path, when it cannot.
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  [[nodiscard]] bool wanted() const { return !path_.empty(); }
  /// Writes the text and puts the file in its place.
  /// @throws std::runtime_error, naming the path, when it cannot.
  void write(const std::string& text);

 private:
  [[noreturn]] void fail();

  std::filesystem::path path_, beside_;
  std::ofstream stream_;
};

}  // namespace lab
