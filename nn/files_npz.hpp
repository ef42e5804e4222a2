#pragma once
// Archives of NumPy's arrays as bytes.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace xtape::nn::detail {

/// An archive that numpy.savez or numpy.savez_compressed wrote. Throws FileError where the file is
/// none, a name is there twice, or this library was built without libzip.
class Npz {
 public:
  explicit Npz(const std::filesystem::path& path);
  Npz(const Npz&) = delete;
  Npz& operator=(const Npz&) = delete;
  ~Npz();

  /// The names of the arrays, without ".npy". Other members are passed over.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// What numpy.save would write for the array of one of these names.
  [[nodiscard]] std::string member(const std::string& name) const;

 private:
  struct Archive;

  std::vector<std::string> names_;
  std::unique_ptr<Archive> archive_;
};

/// Such an archive of members with their contents, not compressed. It bears no time, so that it is
/// the same whenever it is made. Throws FileError as above.
std::string npz_bytes(const std::filesystem::path& path,
                      const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace xtape::nn::detail
