#pragma once
// A reader in a process of its own, for libraries that a damaged file can crash.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace xtape::nn::detail {

/// Numbers and texts as bytes.
class Sender {
 public:
  void number(std::uint64_t n) { append(&n, sizeof n); }
  void text(const std::string& text) {
    number(text.size());
    append(text.data(), text.size());
  }
  void numbers(const std::vector<double>& values) {
    number(values.size());
    append(values.data(), values.size() * sizeof(double));
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void append(const void* data, std::size_t size) {
    if (size != 0) bytes_.append(static_cast<const char*>(data), size);
  }
  std::string bytes_;
};

/// What a Sender sent, in the same order. Throws std::out_of_range where there is no more.
class Receiver {
 public:
  explicit Receiver(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t number();
  std::string text();
  std::vector<double> numbers();

 private:
  const char* take(std::uint64_t count, std::size_t size);
  std::string bytes_;
  std::size_t at_ = 0;
};

/// Runs `work` in a forked process, which sends what it read, and then `result` with it here. Where
/// there are no processes, `work` runs here.
///
/// The process may take 1 GiB more of memory than it has, and 64 times the file; 5 seconds of
/// processor time, and one more for each 8 MB of the file. What it writes to its standard streams
/// is lost. Throws FileError with what a FileError of `work` said, or where the process ended
/// otherwise.
void isolated(const std::filesystem::path& path, const std::function<void(Sender&)>& work,
              const std::function<void(Receiver&)>& result);

}  // namespace xtape::nn::detail
