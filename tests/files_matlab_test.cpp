#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/files.hpp>

#include "temporary_folder.hpp"

namespace fs = std::filesystem;
using xtape::Random;
using xtape::nn::LabData;
using xtape_tests::error_of;
using xtape_tests::TemporaryFolder;

namespace {

// MATLAB's level 5 format, uncompressed, little-endian, written down from its documentation.
struct MatClass {
  std::uint32_t matlab_class, element_type;
};
constexpr MatClass mat_double{6, 9}, mat_single{7, 7}, mat_uint8{9, 2}, mat_int16{10, 3};

void append_tagged(std::string& out, std::uint32_t type, const void* data, std::size_t bytes) {
  const std::uint32_t tag[] = {type, static_cast<std::uint32_t>(bytes)};
  out.append(reinterpret_cast<const char*>(tag), 8);
  out.append(static_cast<const char*>(data), bytes);
  out.append((8 - bytes % 8) % 8, '\0');
}

// Values by columns.
template <class T>
std::string mat_variable(const std::string& name, MatClass kind, std::int32_t rows,
                         std::int32_t columns, const std::vector<T>& values) {
  std::string body, variable;
  const std::uint32_t flags[] = {kind.matlab_class, 0};
  const std::int32_t dimensions[] = {rows, columns};
  append_tagged(body, 6, flags, 8);
  append_tagged(body, 5, dimensions, 8);
  append_tagged(body, 1, name.data(), name.size());
  append_tagged(body, kind.element_type, values.data(), values.size() * sizeof(T));
  append_tagged(variable, 14, body.data(), body.size());
  return variable;
}

std::string mat_file(const std::vector<std::string>& variables) {
  std::string text = "MATLAB 5.0 MAT-file";
  text.resize(124, ' ');
  text += std::string("\x00\x01IM", 4);
  for (const auto& variable : variables) text += variable;
  return text;
}

std::string test_part() {
  return mat_variable<double>("inputsTest", mat_double, 1, 2, {8, 9}) +
         mat_variable<double>("labelsTest", mat_double, 1, 1, {1});
}

void check_three_samples(const LabData& lab) {
  CHECK(lab.train.inputs() == xt::xarray<double>{{1, -4}, {2.5, 5}, {3, 6}});
  REQUIRE(lab.train.targets().dimension() == 2);
  for (std::size_t i = 0; i < 3; ++i) CHECK(lab.train.targets()(i, 0) == (i == 0 ? 0.0 : 1.0));
  CHECK(lab.test.inputs() == xt::xarray<double>{{8, 9}});
}

}  // namespace

TEST_CASE("MATLAB files: either orientation, any numeric class") {
  if (!xtape::nn::has_matio()) {
    MESSAGE("SKIPPED: built without libmatio, MATLAB files are not tested");
    return;
  }
  const TemporaryFolder folder;
  const auto read = [&](const std::vector<std::string>& variables) {
    return xtape::nn::read_mat(folder.write("data.mat", mat_file(variables)));
  };
  check_three_samples(
      read({mat_variable<double>("inputsTrain", mat_double, 3, 2, {1, 2.5, 3, -4, 5, 6}),
            mat_variable<std::uint8_t>("labelsTrain", mat_uint8, 3, 1, {0, 1, 1}), test_part()}));
  check_three_samples(
      read({test_part(), mat_variable<std::int16_t>("labelsTrain", mat_int16, 1, 3, {0, 1, 1}),
            mat_variable<float>("inputsTrain", mat_single, 2, 3, {1, -4, 2.5F, 5, 3, 6})}));
}

TEST_CASE("MATLAB files: errors name the variable") {
  if (!xtape::nn::has_matio()) {
    MESSAGE("SKIPPED: built without libmatio, MATLAB files are not tested");
    return;
  }
  const TemporaryFolder folder;
  const auto error = [&](const std::string& content) {
    const auto path = folder.write("data.mat", content);
    return error_of(path, [&] { (void)xtape::nn::read_mat(path); });
  };
  const auto inputs = mat_variable<double>("inputsTrain", mat_double, 3, 2, {1, 2, 3, 4, 5, 6});
  const auto labels = mat_variable<double>("labelsTrain", mat_double, 3, 1, {0, 1, 1});
  CHECK(error(mat_file({inputs, labels, test_part()})) == "no error");
  CHECK(error("no file of MATLAB's") == "F: this is not a MATLAB file that can be read");
  CHECK(error(mat_file({inputs, test_part()})) ==
        "F: there is no variable labelsTrain; the file has inputsTrain, inputsTest, labelsTest");
  CHECK(error(mat_file({inputs, test_part(),
                        mat_variable<double>("labelsTrain", mat_double, 3, 1, {0, 1, 2})})) ==
        "F: labelsTrain, sample 3: label 2 is neither 0 nor 1");
  CHECK(error(mat_file({labels, test_part(),
                        mat_variable<double>("inputsTrain", mat_double, 3, 2,
                                             {1, 2, 3, 4, std::nan(""), 6})})) ==
        "F: inputsTrain, sample 2, feature 2: nan is not a finite number");
  CHECK(error(mat_file({inputs, test_part(),
                        mat_variable<double>("labelsTrain", mat_double, 2, 2, {0, 1, 1, 0})})) ==
        "F: labelsTrain is (2, 2): a row or a column is expected");
  CHECK(error(mat_file({inputs, test_part(),
                        mat_variable<double>("labelsTrain", mat_double, 4, 1, {0, 1, 1, 0})})) ==
        "F: inputsTrain is (3, 2): neither axis is as long as the 4 labels");
  CHECK(error(mat_file({mat_variable<double>("inputsTrain", mat_double, 3, 1, {1, 2, 3}), labels,
                        test_part()})) == "F: inputsTrain has 1 feature, inputsTest has 2");
  CHECK(error(mat_file({mat_variable<double>("inputsTrain", mat_double, 0, 0, {}), labels,
                        test_part()})) == "F: inputsTrain is empty");
}

TEST_CASE("the lab's own files, where they are at hand") {
  const char* folder = std::getenv("XTAPE_LAB_DATA");
#ifdef XTAPE_LAB_DATA_DIR
  if (folder == nullptr) folder = XTAPE_LAB_DATA_DIR;
#endif
  if (folder == nullptr || !xtape::nn::has_matio() ||
      !fs::exists(fs::path(folder) / "linSepDataSet_2.mat")) {
    MESSAGE(
        "SKIPPED: the lab's files are not read: XTAPE_LAB_DATA, the environment variable or "
        "XTAPE_LAB_DATA_DIR, the definition, names their folder, and libmatio reads them");
    return;
  }
  Random random(3);
  for (const bool separable : {true, false}) {
    CAPTURE(separable);
    const auto lab = xtape::nn::read_lab(
        fs::path(folder) / (separable ? "linSepDataSet_2.mat" : "linNonSepDataSet_2.mat"), random);
    CHECK(lab.train.size() == 12000);
    CHECK(lab.test.size() == 2000);
    for (const auto* part : {&lab.train, &lab.test}) {
      REQUIRE(part->inputs().shape()[1] == 2);
      std::size_t ones = 0, as_drawn = 0;
      for (std::size_t i = 0; i < part->size(); ++i) {
        const double x = part->inputs()(i, 0), y = part->inputs()(i, 1);
        REQUIRE((std::abs(x) <= 5 && std::abs(y) <= 5));
        const bool one = part->targets()(i, 0) == 1;
        ones += one ? 1 : 0;
        as_drawn += one == (separable ? xtape::nn::LabLine{}.below(x, y)
                                      : !xtape::nn::LabCircle{}.inside(x, y));
      }
      const auto share = [&](std::size_t n) {
        return static_cast<double>(n) / static_cast<double>(part->size());
      };
      CHECK(std::abs(share(ones) - 0.5) < 0.05);
      CHECK(share(as_drawn) > 0.999);  // the boundary's numbers are rounded
    }
  }
}
