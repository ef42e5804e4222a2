// Parameters in files of NumPy's: what is written, what is read, and what is refused.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xtape/nn.hpp>
#include <xtape/nn/files_parameters.hpp>

#if __has_include(<xtensor/views/xstrided_view.hpp>)
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/views/xstrided_view.hpp>
#else
#include <xtensor/xbuilder.hpp>
#include <xtensor/xstrided_view.hpp>
#endif

#include "data_files.hpp"
#include "temporary_folder.hpp"

#ifdef XTAPE_HAVE_LIBZIP
namespace {

namespace nn = xtape::nn;
using xtape::Array;
using xtape::Parameter;
using xtape::ParameterF;
using xtape_tests::content_of;
using xtape_tests::npy;
using xtape_tests::TemporaryFolder;
using xtape_tests::write_zip;
using Members = std::vector<std::pair<std::string, std::string>>;

struct Inner {
  Parameter weight{Array<double>{{1.0 / 3, -0.0, 3}, {5e-324, 1.7976931348623157e308, 6}}};
  ParameterF bias{xt::xarray<float>{0.1F, 2}};
  void parameters(auto& each) { each("weight", weight), each("bias", bias); }
};
struct Model {
  Inner hidden;
  Parameter scale{0.1};
  Parameter cube{xt::eval(xt::reshape_view(xt::arange<double>(24), {2, 3, 4}))};
  void parameters(auto& each) { each("hidden", hidden), each("scale", scale), each("cube", cube); }
};
struct Small {
  Parameter w{Array<double>{1, 2}};
  ParameterF b{0.5F};
  void parameters(auto& each) { each("w", w), each("b", b); }
};
struct Matrix {
  Parameter m{xtape::Shape{2, 3}};
  void parameters(auto& each) { each("m", m); }
};
struct Tied {
  Parameter w{Array<double>{1, 2}};
  void parameters(auto& each) { each("a", w), each("b", w); }
};
struct Twice {
  Parameter v{1.0}, w{2.0};
  void parameters(auto& each) { each("w", v), each("w", w); }
};
struct Nothing {
  void parameters(auto&) {}
};

void clear(auto& model) {
  nn::for_each_parameter(model, []<class T>(const std::string&, xtape::BasicParameter<T>& p) {
    p.update([&](T* values, std::size_t n) { std::fill_n(values, n, T(0)); });
  });
}
std::string bits(const auto& model) {
  std::string result;
  nn::for_each_parameter(
      model, [&]<class T>(const std::string&, const xtape::BasicParameter<T>& p) {
        result.append(reinterpret_cast<const char*>(p.value().data()), p.size() * sizeof(T));
      });
  return result;
}
std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

const std::string w = npy<double>("<f8", "(2,)", {3, 4}), b = npy<float>("<f4", "()", {0.25F});

// What loading these arrays into a Small says; it must not change then.
std::string load_error(const Members& members) {
  const TemporaryFolder folder;
  Small model;
  const std::string before = bits(model);
  const auto path = write_zip(folder.path("p.npz"), members, true);
  const auto error = xtape_tests::error_of(path, [&] { nn::load_parameters(path, model); });
  if (error != "no error") CHECK(bits(model) == before);
  return error;
}

}  // namespace

TEST_CASE("every number comes back, of every rank, in double and in float") {
  const TemporaryFolder folder;
  const auto path = folder.path("model.npz");
  Model saved, loaded;
  nn::save_parameters(path, saved);
  clear(loaded);
  REQUIRE(bits(loaded) != bits(saved));
  nn::load_parameters(path, loaded);
  CHECK(bits(loaded) == bits(saved));
  CHECK(std::signbit(loaded.hidden.weight.value()(0, 1)));
  // The same parameters are the same file, and nothing is left beside it.
  nn::save_parameters(folder.path("again.npz"), loaded);
  CHECK(content_of(folder.path("again.npz")) == content_of(path));
  CHECK(files_in(path.parent_path()) == 2);
}

TEST_CASE("an array is what numpy.save writes, under the parameter's name") {
  const TemporaryFolder folder;
  const auto path = folder.path("p.npz");
  nn::save_parameters(path, Small{});
  const std::string content = content_of(path);
  CHECK(content.find("w.npy" + npy<double>("<f8", "(2,)", {1, 2})) != std::string::npos);
  CHECK(content.find("b.npy" + npy<float>("<f4", "()", {0.5F})) != std::string::npos);
}

TEST_CASE("other types and orders of elements are read, what was recorded is stale") {
  const TemporaryFolder folder;
  Small model;
  xtape::Tape tape;
  const auto J = sum(square(tape.parameter(model.w)));
  const Members members = {{"b.npy", npy<double>("<f8", "()", {0.1})},
                           {"w.npy", npy<std::int16_t>("<i2", "(2,)", {-3, 4})},
                           {"README", "no array"}};
  nn::load_parameters(write_zip(folder.path("p.npz"), members, true), model);
  CHECK(model.w.value() == xt::xarray<double>{-3, 4});
  CHECK(model.b.value()() == 0.1F);
  CHECK_THROWS_AS(gradients(J), xtape::StaleParameterError);

  Matrix matrix;
  const auto by_columns =
      xtape_tests::npy_with_header(xtape_tests::npy_dictionary("<f8", "(2, 3)", true),
                                   xtape_tests::bytes_of(std::vector<double>{1, 4, 2, 5, 3, 6}));
  nn::load_parameters(write_zip(folder.path("m.npz"), {{"m.npy", by_columns}}, false), matrix);
  CHECK(matrix.m.value() == xt::xarray<double>{{1, 2, 3}, {4, 5, 6}});
}

TEST_CASE("archives that do not fit change nothing, and say what is expected") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(load_error({{"w.npy", w}, {"b.npy", b}}) == "no error");
  CHECK(load_error({{"w.npy", w}}) == "F: there is no parameter b");
  CHECK(load_error({{"w.npy", w}, {"b.npy", b}, {"c.npy", b}}) ==
        "F: parameter \"c\" is none of the model's: w, b");
  CHECK(load_error({{"w.npy", npy<double>("<f8", "(2, 1)", {3, 4})}, {"b.npy", b}}) ==
        "F: w: shape (2, 1) where the model has (2)");
  CHECK(load_error({{"w.npy", npy<double>("<f8", "(0,)", {})}, {"b.npy", b}}) ==
        "F: w: shape (0) where the model has (2)");
  CHECK(load_error({{"w.npy", w}, {"b.npy", npy<float>("<f4", "(1,)", {1})}}) ==
        "F: b: shape (1) where the model has ()");
  CHECK(load_error({{"w.npy", npy<double>("<f8", "(2,)", {3, nan})}, {"b.npy", b}}) ==
        "F: w: value 2: nan is not a finite number");
  CHECK(load_error({{"w.npy", w}, {"b.npy", npy<double>("<f8", "()", {1e300})}}) ==
        "F: b: value 1: 1e+300 is not a finite float");
  CHECK(load_error({{"w.npy", npy<double>("<U8", "(2,)", {3, 4})}, {"b.npy", b}}) ==
        "F: w: elements are of type '<U8': float32, float64, integers or bool are expected");
  CHECK(load_error({{"w.npy", w.substr(0, w.size() - 1)}, {"b.npy", b}}) ==
        "F: w: the header says shape (2,) of f8, 16 bytes, and 15 follow: the file is damaged or "
        "cut short");
  CHECK(load_error({{"w.npy", w}, {"b.npy", "0.5"}}) ==
        "F: b: this is no array of NumPy's: it does not begin with \\x93NUMPY");
}

TEST_CASE("files that are no archives, or cut short anywhere") {
  const TemporaryFolder folder;
  Small model;
  const auto error = [&](const std::filesystem::path& path) {
    return xtape_tests::error_of(path, [&] { nn::load_parameters(path, model); });
  };
  CHECK(error(folder.path("none.npz")) == "F: there is no such file");
  CHECK(error(folder.path("")) == "F: this is a folder, not a file");
  CHECK(error(folder.write("text.npz", "{}")) ==
        "F: this is no archive of NumPy's arrays that can be read: Not a zip archive");
  nn::save_parameters(folder.path("good.npz"), model);
  const std::string good = content_of(folder.path("good.npz")), before = bits(model);
  for (std::size_t length = 0; length < good.size(); length += 5) {
    CHECK(error(folder.write("cut.npz", good.substr(0, length))) != "no error");
    CHECK(bits(model) == before);
  }
}

TEST_CASE("a file is replaced when the new one is complete, and not before") {
  const TemporaryFolder folder;
  const auto path = folder.write("p.npz", "old");
  const auto error = [&](const auto& model) {
    const auto text = xtape_tests::error_of(path, [&] { nn::save_parameters(path, model); });
    CHECK(content_of(path) == "old");
    CHECK(files_in(path.parent_path()) == 1);
    return text;
  };
  Small model;
  model.w.update(xt::xarray<double>{1, std::numeric_limits<double>::infinity()});
  CHECK(error(model) == "F: w: value 2: inf is not a finite number");
  CHECK(error(Twice{}) == "F: two parameters of the model are named w");
  CHECK(error(Nothing{}) == "F: the model has no parameters");
  nn::save_parameters(path, Small{});
  CHECK(content_of(path).starts_with("PK"));
  const auto nowhere = folder.path("none") / "p.npz";
  CHECK_THROWS_WITH_AS(nn::save_parameters(nowhere, Small{}),
                       (nowhere.string() + ": cannot be written: no file can be made in " +
                        folder.path("none").string() + ": No such file or directory")
                           .c_str(),
                       nn::FileError);
  CHECK_THROWS_WITH_AS(nn::save_parameters("", Small{}), "save_parameters: a file name is expected",
                       nn::FileError);
}

TEST_CASE("a parameter with two names has one value") {
  const TemporaryFolder folder;
  const auto path = folder.path("p.npz");
  Tied model;
  nn::save_parameters(path, model);
  model.w.update(xt::xarray<double>{0, 0});
  nn::load_parameters(path, model);
  CHECK(model.w.value() == xt::xarray<double>{1, 2});
  write_zip(path, {{"a.npy", w}, {"b.npy", npy<double>("<f8", "(2,)", {3, 5})}}, false);
  CHECK(xtape_tests::error_of(path, [&] { nn::load_parameters(path, model); }) ==
        "F: a and b are one parameter of the model, and their values differ");
  CHECK(model.w.value() == xt::xarray<double>{1, 2});
}

TEST_CASE("NumPy reads what is written, and what it writes is read") {
  const TemporaryFolder folder;
  const auto path = folder.path("model.npz"), other = folder.path("other.npz");
  const std::string python = "/usr/bin/python3 -c \"import numpy\" 2>/dev/null";
  if (std::system(python.c_str()) != 0) {
    MESSAGE("SKIPPED: python3-numpy is not installed");
    return;
  }
  Model model;
  const std::string before = bits(model);
  nn::save_parameters(path, model);
  const auto script = folder.write("script.py", R"(
import sys, numpy
a = numpy.load(sys.argv[1])
assert sorted(a) == ['cube', 'hidden.bias', 'hidden.weight', 'scale'], sorted(a)
assert a['scale'].shape == () and a['scale'] == 0.1
assert a['hidden.bias'].dtype == numpy.float32 and a['hidden.bias'][0] == numpy.float32(0.1)
assert a['hidden.weight'].dtype == numpy.float64 and a['hidden.weight'].shape == (2, 3)
assert a['hidden.weight'][0, 0] == 1 / 3 and a['hidden.weight'][1, 0] == 5e-324
assert (a['cube'] == numpy.arange(24.0).reshape(2, 3, 4)).all()
numpy.savez_compressed(sys.argv[2], **{name: a[name].copy(order='F') for name in a})
)");
  REQUIRE(std::system(
              ("/usr/bin/python3 " + script.string() + " " + path.string() + " " + other.string())
                  .c_str()) == 0);
  clear(model);
  nn::load_parameters(other, model);
  CHECK(bits(model) == before);
}
#else
TEST_CASE("parameters without libzip: the error says so") {
  MESSAGE("SKIPPED: built without libzip, files of parameters are not tested");
}
#endif
