#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/files.hpp>

#include "data_files.hpp"
#include "temporary_folder.hpp"

using namespace xtape_tests;
using xtape::Random;
namespace nn = xtape::nn;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

xt::xarray<double> column(const std::vector<double>& values) {
  auto array = xt::xarray<double>::from_shape({values.size(), 1});
  std::copy(values.begin(), values.end(), array.begin());
  return array;
}

std::string npy_error(const std::string& content) {
  const TemporaryFolder folder;
  const auto path = folder.write("data.npy", content);
  return error_of(path, [&] { (void)nn::read_npy(path); });
}

// Three samples of two features.
void check_read(const std::string& content) {
  const TemporaryFolder folder;
  const auto data = nn::read_npy(folder.write("data.npy", content));
  CHECK(data.inputs() == xt::xarray<double>{{1, 2}, {3, 4}, {5, 6}});
  REQUIRE(data.targets().dimension() == 2);
  CHECK(data.targets() == column({0, 1, 1}));
}

template <class T>
void check_type(const std::string& type) {
  CAPTURE(type);
  const std::vector<T> values = {T(1), T(2), T(0), T(3), T(4), T(1), T(5), T(6), T(1)};
  check_read(npy(type, "(3, 3)", values));
  if (sizeof(T) == 1) return;
  auto swapped = bytes_of(values);
  for (auto at = swapped.begin(); at != swapped.end(); at += sizeof(T))
    std::reverse(at, at + sizeof(T));
  auto big_endian = type;
  big_endian[0] = '>';
  check_read(npy_with_header(npy_dictionary(big_endian, "(3, 3)"), swapped));
}

const std::vector<double> table = {1, 2, 0, 3, 4, 1, 5, 6, 1};

}  // namespace

TEST_CASE("NPY: every type of number, in either byte order") {
  check_type<double>("<f8");
  check_type<float>("<f4");
  check_type<std::int8_t>("|i1");
  check_type<std::uint8_t>("|u1");
  check_type<std::int16_t>("<i2");
  check_type<std::uint16_t>("<u2");
  check_type<std::int32_t>("<i4");
  check_type<std::uint32_t>("<u4");
  check_type<std::int64_t>("<i8");
  check_type<std::uint64_t>("<u8");
  const TemporaryFolder folder;
  const auto bools =
      nn::read_npy(folder.write("bools.npy", npy<std::uint8_t>("|b1", "(2, 2)", {1, 0, 0, 1})));
  CHECK(bools.inputs() == column({1, 0}));
  CHECK(bools.targets() == column({0, 1}));
  const auto negative =
      nn::read_npy(folder.write("negative.npy", npy<std::int16_t>("<i2", "(1, 2)", {-300, 1})));
  CHECK(negative.inputs()(0, 0) == -300);
}

TEST_CASE("NPY: either order of elements, every version, long headers, any order of keys") {
  const std::vector<double> by_columns = {1, 3, 5, 2, 4, 6, 0, 1, 1};
  check_read(npy_with_header(npy_dictionary("<f8", "(3, 3)", true), bytes_of(by_columns)));
  for (const int version : {1, 2, 3})
    for (const std::size_t padding : {0U, 100U, 200U, 300U, 40000U})
      check_read(npy_with_header(npy_dictionary("<f8", "(3, 3)") + std::string(padding, ' '),
                                 bytes_of(table), version));
  check_read(npy_with_header("{\"shape\":(3,3,),\"descr\":\"<f8\",\"fortran_order\":False}",
                             bytes_of(table)));
}

TEST_CASE("NPY: errors say what is wrong in the header") {
  const auto good = npy("<f8", "(3, 3)", table);
  const auto with = [](const std::string& dictionary) {
    return npy_error(npy_with_header(dictionary, bytes_of(table)));
  };
  CHECK(npy_error("") == "F: this file is empty");
  CHECK(npy_error("1,2,0\n") ==
        "F: this is no array of NumPy's: it does not begin with \\x93NUMPY");
  CHECK(npy_error(good.substr(0, 7)) == "F: the file is cut short in its header");
  CHECK(npy_error(good.substr(0, 9)) == "F: the file is cut short in its header");
  CHECK(npy_error(good.substr(0, 100)) ==
        "F: the header is 118 bytes long, and 90 follow: the file is damaged or cut short");
  CHECK(npy_error(good.substr(0, good.size() - 1)) ==
        "F: the header says shape (3, 3) of f8, 72 bytes, and 71 follow: the file is damaged or "
        "cut short");
  CHECK(npy_error(good + "x") ==
        "F: the header says shape (3, 3) of f8, 72 bytes, and 73 follow: the file is damaged or "
        "cut short");
  CHECK(npy_error(npy_with_header(npy_dictionary("<f8", "(3, 3)"), bytes_of(table), 4)) ==
        "F: the format's version is 4.0: 1.0, 2.0 or 3.0 is expected");
  // Shapes that would take all memory, or whose size overflows.
  CHECK(with(npy_dictionary("<f8", "(300000000000, 3)")) ==
        "F: the header says shape (300000000000, 3) of f8, 7200000000000 bytes, and 72 follow: the "
        "file is damaged or cut short");
  CHECK(with(npy_dictionary("<f8", "(4294967296, 4294967296)")) ==
        "F: the header says shape (4294967296, 4294967296) of f8, more than a file can hold, and "
        "72 follow: the file is damaged or cut short");
  CHECK(with(npy_dictionary("<f8", "(9999999999999999999, 3)")) ==
        "F: the header cannot be understood at \"9, 3), }\"");
  CHECK(with(npy_dictionary("<f8", "(-3, 3)")) ==
        "F: the header cannot be understood at \"-3, 3), }\"");
  for (const std::string type : {"<f2", "<f16", "<c16", "<U4", "|O", "|S8", "<i3", ""})
    CHECK(with(npy_dictionary(type, "(3, 3)")) ==
          "F: elements are of type '" + type +
              "': float32, float64, integers or bool are expected");
  CHECK(with("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (9,)}") ==
        "F: records with fields are there: plain numbers are expected");
  CHECK(with("{'descr': '<f8', 'shape': (3, 3)}") ==
        "F: the header does not say all of descr, fortran_order and shape");
  CHECK(with("{'descr': '<f8', 'descr': '<f8'}") ==
        "F: the header has the key 'descr' where descr, fortran_order and shape are expected, each "
        "once");
  CHECK(with("{'descr': '<f8', 'fortran_order': Maybe}") ==
        "F: the header cannot be understood at \"Maybe}\"");
  CHECK(with("no dictionary") == "F: the header cannot be understood at \"no dictionary\"");
  CHECK(with(npy_dictionary("<f8", "(3, 3)") + "[1]") ==
        "F: the header cannot be understood at \"[1]\"");
}

TEST_CASE("NPY: errors name row and column") {
  const auto with = [](const std::string& shape, const std::vector<double>& values) {
    return npy_error(npy("<f8", shape, values));
  };
  CHECK(with("(2, 3)", {1, 2, 0, 3, 4, 2}) == "F: row 2, column 3: label 2 is neither 0 nor 1");
  CHECK(with("(2, 3)", {1, 2, 0, 3, std::nan(""), 1}) ==
        "F: row 2, column 2: nan is not a finite number");
  CHECK(with("(2, 3)", {-infinity, 2, 0, 3, 4, 1}) ==
        "F: row 1, column 1: -inf is not a finite number");
  CHECK(with("(1, 3)", {1, 2, infinity}) == "F: row 1, column 3: inf is not a finite number");
  CHECK(with("(3,)", {1, 2, 0}) == "F: shape (3,): columns x1, …, label are expected");
  CHECK(with("(3, 1)", {1, 1, 0}) == "F: shape (3, 1): columns x1, …, label are expected");
  CHECK(with("()", {1}) == "F: shape (): one or two axes are expected");
  CHECK(with("(1, 1, 2)", {1, 0}) == "F: shape (1, 1, 2): one or two axes are expected");
  CHECK(with("(0, 3)", {}) == "F: shape (0, 3): there is no element");
  CHECK(npy_error(npy<std::uint8_t>("|b1", "(1, 2)", {7, 1})) ==
        "F: elements of type bool are neither 0 nor 1: the file is damaged");
}

TEST_CASE("NPY of the lab is split at random") {
  std::vector<double> values;
  for (int i = 0; i < 70; ++i) values.insert(values.end(), {static_cast<double>(i), i % 2 * 1.0});
  const TemporaryFolder folder;
  const auto path = folder.write("data.NPY", npy("<f8", "(70, 2)", values));
  Random random(1);
  const auto lab = nn::read_lab(path, random);
  CHECK(lab.train.size() == 60);
  CHECK(lab.test.size() == 10);
  for (std::size_t i = 0; i < 10; ++i)
    CHECK(lab.test.targets()(i, 0) == std::fmod(lab.test.inputs()(i, 0), 2));
  const auto one = folder.write("one.npy", npy<double>("<f8", "(1, 2)", {1, 0}));
  CHECK(error_of(one, [&] { (void)nn::read_lab(one, random); }) ==
        "F: 1 sample cannot be split into a training and a test set");
}

#ifdef XTAPE_HAVE_LIBZIP
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

Members four_arrays() {
  return {{"inputsTrain.npy", npy("<f8", "(3, 2)", std::vector<double>{1, 2, 3, 4, 5, 6})},
          {"labelsTrain.npy", npy("<i8", "(3,)", std::vector<std::int64_t>{0, 1, 1})},
          {"inputsTest.npy", npy("<f4", "(2, 1)", std::vector<float>{8, 9})},
          {"labelsTest.npy", npy("|b1", "(1, 1)", std::vector<std::uint8_t>{1})}};
}

std::string npz_error(const Members& members) {
  const TemporaryFolder folder;
  const auto path = write_zip(folder.path("data.npz"), members, true);
  Random random(1);
  return error_of(path, [&] { (void)nn::read_npz(path, random); });
}

// One array in the place of another, or beside the others.
Members with(Members members, const std::string& name, const std::string& content) {
  for (auto& member : members)
    if (member.first == name) return member.second = content, members;
  members.emplace_back(name, content);
  return members;
}

}  // namespace

TEST_CASE("NPZ: four arrays, stored or compressed, others passed over") {
  const TemporaryFolder folder;
  Random random(1);
  for (const bool compressed : {false, true}) {
    const auto members =
        with(with(four_arrays(), "README", "no array"), "classes.npy", "whatever it is");
    const auto lab = nn::read_lab(write_zip(folder.path("d.npz"), members, compressed), random);
    CHECK(lab.train.inputs() == xt::xarray<double>{{1, 2}, {3, 4}, {5, 6}});
    CHECK(lab.train.targets() == column({0, 1, 1}));
    CHECK(lab.test.inputs() == xt::xarray<double>{{8, 9}});
    CHECK(lab.test.targets() == column({1}));
  }
  CHECK(random == Random(1));  // nothing was drawn
}

TEST_CASE("NPZ: inputs and labels are split at random, and one feature needs no second axis") {
  std::vector<double> inputs;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 70; ++i) {
    inputs.push_back(i);
    labels.push_back(i % 2);
  }
  const TemporaryFolder folder;
  Random random(1);
  const auto path = write_zip(
      folder.path("d.npz"),
      {{"labels.npy", npy("<i4", "(70,)", labels)}, {"inputs.npy", npy("<f8", "(70,)", inputs)}},
      true);
  const auto lab = nn::read_npz(path, random, 0.5);
  CHECK(lab.train.size() == 35);
  CHECK(lab.test.size() == 35);
  for (std::size_t i = 0; i < 35; ++i)
    CHECK(lab.test.targets()(i, 0) == std::fmod(lab.test.inputs()(i, 0), 2));
  CHECK_THROWS_WITH_AS((void)nn::read_npz(path, random, 1.5),
                       "read_lab: test fraction 1.5 is not between 0 and 1", std::invalid_argument);
}

TEST_CASE("NPZ: errors name the array") {
  const auto good = four_arrays();
  CHECK(npz_error(good) == "no error");
  CHECK(
      npz_error({{"arr_0.npy", good[0].second}, {"note", "x"}}) ==
      "F: inputsTrain, labelsTrain, inputsTest and labelsTest are expected, or inputs and labels; "
      "the file has arr_0");
  CHECK(npz_error({good[0], good[2], good[3]}) ==
        "F: there is no array labelsTrain; the file has inputsTrain, inputsTest, labelsTest");
  CHECK(npz_error({{"inputs.npy", good[0].second}}) ==
        "F: there is no array labels; the file has inputs");
  CHECK(npz_error(with(good, "labelsTrain.npy", npy<double>("<f8", "(3,)", {0, 2, 1}))) ==
        "F: labelsTrain, sample 2: label 2 is neither 0 nor 1");
  CHECK(npz_error(with(good, "inputsTest.npy", npy<double>("<f8", "(1, 2)", {0, infinity}))) ==
        "F: inputsTest, sample 1, feature 2: inf is not a finite number");
  CHECK(npz_error(with(good, "labelsTrain.npy", npy<double>("<f8", "(4,)", {0, 1, 1, 0}))) ==
        "F: inputsTrain is (3, 2): neither axis is as long as the 4 labels");
  CHECK(npz_error(with(good, "labelsTrain.npy", npy<double>("<f8", "(2, 2)", {0, 1, 1, 0}))) ==
        "F: labelsTrain is (2, 2): a row or a column is expected");
  CHECK(npz_error(with(good, "inputsTest.npy", npy<double>("<f8", "(1, 3)", {1, 2, 3}))) ==
        "F: inputsTrain has 2 features, inputsTest has 3");
  CHECK(npz_error(with(good, "inputsTrain.npy", "1,2,3")) ==
        "F: inputsTrain: this is no array of NumPy's: it does not begin with \\x93NUMPY");
  CHECK(npz_error(with(good, "inputsTrain.npy", good[0].second + "x")) ==
        "F: inputsTrain: the header says shape (3, 2) of f8, 48 bytes, and 49 follow: the file is "
        "damaged or cut short");
  CHECK(
      npz_error(with(good, "labelsTest.npy", npy<double>("<U8", "(1,)", {1}))) ==
      "F: labelsTest: elements are of type '<U8': float32, float64, integers or bool are expected");
}

TEST_CASE("NPZ: damaged archives") {
  const TemporaryFolder folder;
  Random random(1);
  const auto error = [&](const std::string& content) {
    const auto path = folder.write("damaged.npz", content);
    return error_of(path, [&] { (void)nn::read_npz(path, random); });
  };
  const auto good = content_of(write_zip(folder.path("good.npz"), four_arrays(), false));
  CHECK(error(good) == "no error");
  CHECK(error("") == "F: this file is empty");
  CHECK(error("no archive") ==
        "F: this is no archive of NumPy's arrays that can be read: Not a zip archive");
  CHECK(error(good.substr(0, good.size() / 2)) ==
        "F: this archive of NumPy's arrays is damaged or cut short");
  auto flipped = good;
  flipped[good.find("NUMPY") + 130] ^= 1;  // in the numbers: the check sum finds it
  CHECK(error(flipped) == "F: inputsTrain: this array cannot be unpacked: CRC error");
}
#else
TEST_CASE("NPZ: without libzip the error says so") {
  MESSAGE("SKIPPED: built without libzip, NumPy's archives are not tested");
  const TemporaryFolder folder;
  const auto path = folder.write("data.npz", "PK");
  Random random(1);
  CHECK(error_of(path, [&] { (void)nn::read_npz(path, random); }) ==
        "F: NumPy's archives cannot be read: xtape was built without libzip (Debian: libzip-dev); "
        "numpy.save writes a single array, which can");
}
#endif
