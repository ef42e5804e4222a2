#include <xtape/autodiff/error.hpp>

#include <string_view>

namespace xtape {

std::string to_string(const Place& place) {
  if (place.file == nullptr) return {};
  std::string_view file = place.file;
  if (const auto slash = file.find_last_of("/\\"); slash != std::string_view::npos)
    file.remove_prefix(slash + 1);
  return " (" + std::string(file) + ":" + std::to_string(place.line) + ")";
}

}  // namespace xtape
