#pragma once
// A folder for the files of a test, and what reading them throws.

#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>

namespace xtape_tests {

// A folder that is there as long as this lives, with files of given contents.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::random_device device;
    path_ =
        std::filesystem::temp_directory_path() / ("xtape_files_test_" + std::to_string(device()));
    std::filesystem::create_directory(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::filesystem::path write(const std::string& name,
                                            const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

// What is thrown, with the file's name in the place of its whole path.
inline std::string error_of(const std::filesystem::path& path, auto&& call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    std::string text = error.what();
    if (text.starts_with(path.string())) text.replace(0, path.string().size(), "F");
    return text;
  }
  return "no error";
}

}  // namespace xtape_tests
