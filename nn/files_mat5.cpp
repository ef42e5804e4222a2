#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>
#include <xtape/nn/files_common.hpp>

#ifdef XTAPE_HAVE_MATIO
#include <zlib.h>

// The format is that of MathWorks' "MAT-File Format", level 5: a header of 128 bytes, then
// elements, each a tag (type, size) and its data. libmatio does not notice that a file is cut
// short, and takes what happens to be in memory for its numbers; nor does it look at zlib's check
// sums.

namespace xtape::nn::detail {
namespace {

constexpr std::uint32_t type_matrix = 14, type_compressed = 15;

struct Element {
  std::uint32_t type;
  std::string_view data;
};

// The elements of some bytes, one after the other. Throws FileError where one is cut short.
class Elements {
 public:
  Elements(const std::filesystem::path& path, std::string_view bytes, bool big_endian)
      : path_(path), bytes_(bytes), big_endian_(big_endian) {}

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] bool big_endian() const { return big_endian_; }

  Element next() {
    if (bytes_.size() < 8) cut_short();
    const std::uint32_t first = number(bytes_, 0);
    if (first >> 16 != 0) {  // a small element: size and type in one word, data in the next
      if (first >> 16 > 4) cut_short();
      const Element small{first & 0xFFFF, bytes_.substr(4, first >> 16)};
      bytes_.remove_prefix(8);
      return small;
    }
    const std::uint32_t size = number(bytes_, 4);
    if (size > bytes_.size() - 8) cut_short();
    const Element element{first, bytes_.substr(8, size)};
    // To a multiple of 8, but for compressed ones.
    const std::size_t padding = first == type_compressed ? 0 : (8 - size % 8) % 8;
    bytes_.remove_prefix(std::min(8 + size + padding, bytes_.size()));
    return element;
  }

  [[nodiscard]] std::uint32_t number(std::string_view data, std::size_t at) const {
    if (data.size() < at + 4) cut_short();
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(data[at + (big_endian_ ? i : 3 - i)]);
    return value;
  }

  [[noreturn]] void cut_short() const { fail(path_, "this MATLAB file is damaged or cut short"); }

 private:
  const std::filesystem::path& path_;
  std::string_view bytes_;
  bool big_endian_;
};

// What zlib packed; none where it is damaged.
std::string inflated(std::string_view packed, const Elements& elements) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) elements.cut_short();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  std::array<char, 1 << 16> block;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    bytes.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || stream.avail_in != 0) elements.cut_short();
  return bytes;
}

// Bytes of a number of this type; 0 for a type that is none.
std::size_t width_of(std::uint32_t type) {
  constexpr std::array<std::size_t, 14> widths = {0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8};
  return type < widths.size() ? widths[type] : 0;
}

// Array flags, dimensions, name, numbers: as many numbers as the dimensions say.
void check_matrix(const std::filesystem::path& path, std::string_view bytes, bool big_endian) {
  Elements parts(path, bytes, big_endian);
  const auto flags = parts.next();
  const std::uint32_t matlab_class = parts.number(flags.data, 0) & 0xFF;
  if (matlab_class < 6 || matlab_class > 15) return;  // no numbers
  const auto dimensions = parts.next();
  (void)parts.next();  // the name
  std::size_t count = 1;
  for (std::size_t at = 0; at < dimensions.data.size(); at += 4) {
    const std::size_t extent = parts.number(dimensions.data, at);
    if (extent != 0 && count > std::numeric_limits<std::size_t>::max() / 16 / extent)
      parts.cut_short();
    count *= extent;
  }
  if (count == 0) return;
  const auto numbers = parts.next();
  const std::size_t width = width_of(numbers.type);
  if (width == 0 || numbers.data.size() != count * width) parts.cut_short();
}

}  // namespace

void check_mat5(const std::filesystem::path& path, std::string_view bytes) {
  constexpr std::size_t header = 128;
  if (bytes.size() < header) return;  // level 4, or nothing that libmatio reads
  const auto order = bytes.substr(126, 2);
  const bool big_endian = order == "MI";
  const char version = bytes[big_endian ? 124 : 125];
  if ((order != "IM" && !big_endian) || version != 1) return;  // HDF5, which has checks of its own
  Elements elements(path, bytes.substr(header), big_endian);
  while (!elements.empty()) {
    const auto element = elements.next();
    if (element.type == type_matrix) {
      check_matrix(path, element.data, big_endian);
    } else if (element.type == type_compressed) {
      const auto unpacked = inflated(element.data, elements);
      Elements inside(path, unpacked, big_endian);
      const auto matrix = inside.next();
      if (matrix.type != type_matrix) elements.cut_short();
      check_matrix(path, matrix.data, big_endian);
    } else {
      elements.cut_short();
    }
  }
}

}  // namespace xtape::nn::detail
#endif
