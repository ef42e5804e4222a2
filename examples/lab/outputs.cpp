#include "outputs.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lab {
namespace {

namespace fs = std::filesystem;

// A path that is the same for all names of a file; a device may be written to by several.
fs::path resolved(const std::string& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) return {};
  fs::path result = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::path() : result;
}

const Options& checked(const Options& options) {
  std::vector<std::pair<std::string, std::string>> files = {
      {"--load", options.load}, {"--data", options.data}, {"--json", options.json},
      {"--dot", options.dot},   {"--plot", options.plot}, {"--save", options.save},
      {"--tex", options.tex}};
  std::erase_if(files, [](const auto& file) { return file.second.empty(); });
  for (std::size_t i = 0; i < files.size(); ++i)
    for (std::size_t j = i + 1; j < files.size(); ++j)
      // What is loaded may be replaced by what is saved: it has been read by then.
      if (const fs::path one = resolved(files[i].second);
          !one.empty() && one == resolved(files[j].second) &&
          !(files[i].first == "--load" && files[j].first == "--save"))
        throw std::runtime_error(files[i].first + " " + files[i].second + " and " + files[j].first +
                                 " " + files[j].second + " are the same file");
  return options;
}

}  // namespace

Outputs::Outputs(const Options& options)
    : json(checked(options).json),
      dot(options.dot),
      plot(options.plot),
      save(options.save),
      tex(options.tex) {}

}  // namespace lab
