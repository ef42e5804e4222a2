#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>
#include <xtape/nn/files_common.hpp>

#if __has_include(<xtensor/io/xnpy.hpp>)
#include <xtensor/io/xnpy.hpp>
#else
#include <xtensor/xnpy.hpp>
#endif

// The format is that of https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
//
// xtensor's reader trusts its file: it takes the memory that the header promises, does not notice
// that the file is shorter, and reads a header of 128 bytes or more with a wrong length. So the
// header is read here, held against the size of the file, and written anew for it.

namespace xtape::nn {
namespace detail {
namespace {

// What a header says.
struct Header {
  char order = '<', kind = 'f';  // of bytes: '<', '>', '=' or '|'; of elements: 'f', 'i', 'u', 'b'
  std::size_t width = 8;         // of an element, in bytes
  bool fortran_order = false;
  std::vector<std::size_t> shape;

  [[nodiscard]] std::string type() const { return kind + std::to_string(width); }
};

// The header, a Python dictionary, token by token.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const auto& fail_at) : text_(text), fail_(fail_at) {}

  Header read() {
    Header header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const auto key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        read_type(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran_order = boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        read_shape(header);
      } else {
        fail_("the header has the key '" + printable(key) +
              "' where descr, fortran_order and "
              "shape are expected, each once");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!(descr && order && shape))
      fail_("the header does not say all of descr, fortran_order and shape");
    skip();
    if (!text_.empty()) damaged();
    return header;
  }

 private:
  [[noreturn]] void damaged() const {
    fail_("the header cannot be understood at \"" + printable(text_) + "\"");
    std::abort();
  }
  void skip() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }
  bool accept(char c) {
    skip();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) damaged();
  }
  std::string_view quoted() {
    skip();
    const char quote = text_.starts_with('"') ? '"' : '\'';
    expect(quote);
    const auto length = text_.find(quote);
    if (length == std::string_view::npos) damaged();
    const auto content = text_.substr(0, length);
    text_.remove_prefix(length + 1);
    return content;
  }
  bool boolean() {
    skip();
    for (const std::string_view word : {"False", "True"})
      if (text_.starts_with(word)) {
        text_.remove_prefix(word.size());
        return word == "True";
      }
    damaged();
  }
  void read_type(Header& header) {
    skip();
    if (text_.starts_with('[')) fail_("records with fields are there: plain numbers are expected");
    const auto type = quoted();
    const bool known =
        type.size() == 3 && std::string_view("<>=|").find(type[0]) != std::string_view::npos &&
        (type[1] == 'b'   ? type[2] == '1'
         : type[1] == 'f' ? type[2] == '4' || type[2] == '8'
                          : (type[1] == 'i' || type[1] == 'u') &&
                                std::string_view("1248").find(type[2]) != std::string_view::npos);
    if (!known)
      fail_("elements are of type '" + printable(type) +
            "': float32, float64, integers or bool are expected");
    header.order = type[0];
    header.kind = type[1];
    header.width = static_cast<std::size_t>(type[2] - '0');
  }
  void read_shape(Header& header) {
    expect('(');
    while (!accept(')')) {
      skip();
      std::size_t extent = 0, digits = 0;
      while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
        if (++digits > 18) damaged();  // no file is that long
        extent = 10 * extent + static_cast<std::size_t>(text_.front() - '0');
        text_.remove_prefix(1);
      }
      if (digits == 0) damaged();
      header.shape.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view text_;
  std::function<void(const std::string&)> fail_;
};

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const auto extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

// The elements row by row, by xtensor's reader.
template <class T>
std::vector<double> elements(const std::string& type, const Header& header, std::string data) {
  if (header.order == '>' && xtl::endianness() == xtl::endian::little_endian)
    for (std::size_t i = 0; i < data.size(); i += sizeof(T))
      std::reverse(data.begin() + static_cast<std::ptrdiff_t>(i),
                   data.begin() + static_cast<std::ptrdiff_t>(i + sizeof(T)));
  const std::string text =
      "{'descr': '" + type + "', 'fortran_order': " + (header.fortran_order ? "True" : "False") +
      ", 'shape': " +
      shape_text(header.shape.empty() ? std::vector<std::size_t>{1} : header.shape) + ", }\n";
  std::istringstream stream(std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(text.size()) +
                            '\0' + text + data);
  const auto array = xt::load_npy<T>(stream);
  std::vector<double> values(array.size());
  std::transform(array.template begin<xt::layout_type::row_major>(),
                 array.template end<xt::layout_type::row_major>(), values.begin(),
                 [](T x) { return static_cast<double>(x); });
  return values;
}

std::vector<double> elements_of(const Header& header, const std::string& data) {
  const char order = header.width == 1                                 ? '|'
                     : xtl::endianness() == xtl::endian::little_endian ? '<'
                                                                       : '>';
  const auto as = [&]<class T>(T, const std::string& type) {
    return elements<T>(order + type, header, data);
  };
  const auto type = header.type();
  if (type == "f4") return as(float{}, type);
  if (type == "f8") return as(double{}, type);
  if (type == "i1") return as(std::int8_t{}, type);
  if (type == "i2") return as(std::int16_t{}, type);
  if (type == "i4") return as(std::int32_t{}, type);
  if (type == "i8") return as(std::int64_t{}, type);
  if (type == "u2") return as(std::uint16_t{}, type);
  if (type == "u4") return as(std::uint32_t{}, type);
  if (type == "u8") return as(std::uint64_t{}, type);
  return as(std::uint8_t{},
            "u1");  // u1, and bool, whose bytes a damaged file may have neither 0 nor 1
}

}  // namespace

NumpyArray parse_npy_array(
    const std::filesystem::path& path, std::string_view bytes, const std::string& name,
    const std::function<void(const std::vector<std::size_t>&)>& check_shape) {
  const auto fail_here = [&](const std::string& what) { fail(path, name + what); };
  if (!bytes.starts_with("\x93NUMPY"))
    fail_here("this is no array of NumPy's: it does not begin with \\x93NUMPY");
  if (bytes.size() < 8) fail_here("the file is cut short in its header");
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t version = byte(6), length_bytes = version == 1 ? 2 : 4;
  if (version < 1 || version > 3 || byte(7) != 0)
    fail_here("the format's version is " + std::to_string(version) + "." + std::to_string(byte(7)) +
              ": 1.0, 2.0 or 3.0 is expected");
  if (bytes.size() < 8 + length_bytes) fail_here("the file is cut short in its header");
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = 256 * length + byte(8 + i);
  const auto rest = bytes.substr(8 + length_bytes);
  if (rest.size() < length)
    fail_here("the header is " + counted(length, "byte") + " long, and " +
              std::to_string(rest.size()) + " follow: the file is damaged or cut short");
  const auto header =
      HeaderReader(rest.substr(0, rest.substr(0, length).find_last_not_of(" \n") + 1), fail_here)
          .read();

  std::size_t count = 1;
  bool overflow = false;
  for (const auto extent : header.shape) {
    overflow =
        overflow || (extent != 0 && count > std::numeric_limits<std::size_t>::max() / 16 / extent);
    count = overflow ? 1 : count * extent;
  }
  const auto data = rest.substr(length);
  if (overflow || count * header.width != data.size())
    fail_here("the header says shape " + shape_text(header.shape) + " of " + header.type() + ", " +
              (overflow ? "more than a file can hold" : counted(count * header.width, "byte")) +
              ", and " + std::to_string(data.size()) + " follow: the file is damaged or cut short");
  if (check_shape) check_shape(header.shape);
  if (count == 0) return {.shape = header.shape, .values = {}};
  auto values = elements_of(header, std::string(data));
  if (header.kind == 'b' && std::ranges::any_of(values, [](double x) { return x > 1.0; }))
    fail_here("elements of type bool are neither 0 nor 1: the file is damaged");
  return {.shape = header.shape, .values = std::move(values)};
}

Matrix parse_npy(const std::filesystem::path& path, std::string_view bytes,
                 const std::string& name) {
  auto array = parse_npy_array(path, bytes, name, [&](const std::vector<std::size_t>& shape) {
    if (shape.empty() || shape.size() > 2)
      fail(path, name + "shape " + shape_text(shape) + ": one or two axes are expected");
    if (std::ranges::find(shape, std::size_t{0}) != shape.end())
      fail(path, name + "shape " + shape_text(shape) + ": there is no element");
  });
  return {.rows = array.shape[0],
          .columns = array.shape.size() == 2 ? array.shape[1] : 1,
          .values = std::move(array.values),
          .one_axis = array.shape.size() == 1};
}

template <class T>
std::string npy_bytes(const std::vector<std::size_t>& shape, const T* values) {
  const bool little = xtl::endianness() == xtl::endian::little_endian;
  std::string header = std::string("{'descr': '") + (little ? '<' : '>') + 'f' +
                       std::to_string(sizeof(T)) +
                       "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  // The numbers begin at a multiple of 64 bytes.
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() % 256);
  bytes += static_cast<char>(header.size() / 256);
  bytes += header;
  if (count != 0) bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
  return bytes;
}
template std::string npy_bytes(const std::vector<std::size_t>&, const double*);
template std::string npy_bytes(const std::vector<std::size_t>&, const float*);

}  // namespace detail

DataSet read_npy(const std::filesystem::path& path) {
  const auto table = detail::parse_npy(path, detail::read_bytes(path), "");
  if (table.columns < 2)
    detail::fail(path, "shape " + to_string(table) + ": columns x1, …, label are expected");
  return detail::labelled_rows(path, table, [](std::size_t i, std::size_t j) {
    return "row " + std::to_string(i + 1) + ", column " + std::to_string(j + 1) + ": ";
  });
}

}  // namespace xtape::nn
