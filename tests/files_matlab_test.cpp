#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/files.hpp>
#include <xtape/nn/files_isolated.hpp>

#include "data_files.hpp"
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

#ifdef XTAPE_HAVE_MATIO
TEST_CASE("MATLAB files: every version") {
  using namespace xtape_tests;
  const TemporaryFolder folder;
  const std::vector<MatlabMatrix> matrices = {{"inputsTrain", 3, 2, {1, 2.5, 3, -4, 5, 6}},
                                              {"labelsTrain", 1, 3, {0, 1, 1}},
                                              {"others", 1, 1, {7}},
                                              {"inputsTest", 1, 2, {8, 9}},
                                              {"labelsTest", 1, 1, {1}}};
  check_three_samples(xtape::nn::read_mat(folder.write("v4.mat", mat4(matrices))));
  for (const auto version : {MatVersion::v5, MatVersion::v7, MatVersion::v73})
    check_three_samples(xtape::nn::read_mat(write_mat(folder.path("d.mat"), version, matrices)));
}

TEST_CASE("MATLAB files: inputs and labels are split at random") {
  using namespace xtape_tests;
  const TemporaryFolder folder;
  MatlabMatrix inputs{"inputs", 1, 70, {}}, labels{"labels", 70, 1, {}};
  for (int i = 0; i < 70; ++i) {
    inputs.values.push_back(i);
    labels.values.push_back(i % 2);
  }
  const auto path = folder.write("d.mat", mat4({inputs, labels}));
  Random random(1);
  const auto lab = xtape::nn::read_lab(path, random);
  CHECK(lab.train.size() == 60);
  REQUIRE(lab.test.size() == 10);
  for (std::size_t i = 0; i < 10; ++i)
    CHECK(lab.test.targets()(i, 0) == std::fmod(lab.test.inputs()(i, 0), 2));
  CHECK(error_of(path, [&] { (void)xtape::nn::read_mat(path); }) ==
        "F: inputsTrain, labelsTrain, inputsTest and labelsTest are expected; the file has "
        "inputs, labels");
}

TEST_CASE("MATLAB files: kinds that are no real matrix, and damaged ones") {
  using namespace xtape_tests;
  const TemporaryFolder folder;
  const auto error = [&](const std::string& content) {
    const auto path = folder.write("data.mat", content);
    return error_of(path, [&] { (void)xtape::nn::read_mat(path); });
  };
  const std::string others =
      mat_variable<double>("labelsTrain", mat_double, 1, 1, {1}) + test_part();
  CHECK(error(mat_file({mat_variable<std::uint16_t>("inputsTrain", {4, 4}, 1, 2, {65, 66}),
                        others})) == "F: inputsTrain is not an array of numbers");
  CHECK(error("") == "F: this file is empty");
  // Four billion columns, of which none is there.
  auto damaged = mat4({{"inputsTrain", 1, 1, {1}}, {"labelsTrain", 1, 1, {1}}});
  damaged.replace(8, 4, "\xFF\xFF\xFF\x7F");
  CHECK(error(damaged).starts_with("F: "));
  CHECK(error(damaged) != "no error");
}
#endif

#ifdef XTAPE_HAVE_MATIO
TEST_CASE("MATLAB files cut short anywhere are errors") {
  using namespace xtape_tests;
  const TemporaryFolder folder;
  const std::vector<MatlabMatrix> matrices = {{"inputsTrain", 2, 1, {1, 2}},
                                              {"labelsTrain", 2, 1, {0, 1}},
                                              {"inputsTest", 1, 1, {7}},
                                              {"labelsTest", 1, 1, {1}}};
  std::vector<std::string> files = {mat4(matrices)};
  for (const auto version : {MatVersion::v5, MatVersion::v7, MatVersion::v73})
    files.push_back(content_of(write_mat(folder.path("d.mat"), version, matrices)));
  for (std::size_t k = 0; k < files.size(); ++k) {
    CAPTURE(k);
    const auto& whole = files[k];
    // The last bytes one by one, the others in steps: each is a process.
    for (std::size_t left = 1; left < whole.size(); left += left < 32 ? 1 : 41) {
      CAPTURE(left);
      const auto path = folder.write("cut.mat", whole.substr(0, whole.size() - left));
      const auto error = error_of(path, [&] { (void)xtape::nn::read_mat(path); });
      CHECK(error.starts_with("F: "));
      if ((k == 1 || k == 2) && whole.size() - left > 136)
        CHECK((error == "F: this MATLAB file is damaged or cut short" ||
               error.find("; the file has") != std::string::npos));
    }
  }
}

TEST_CASE("MATLAB files with other numbers than the dimensions say, or a wrong check sum") {
  using namespace xtape_tests;
  const TemporaryFolder folder;
  const auto error = [&](const std::string& content) {
    const auto path = folder.write("data.mat", content);
    return error_of(path, [&] { (void)xtape::nn::read_mat(path); });
  };
  const auto labels = mat_variable<double>("labelsTrain", mat_double, 2, 1, {0, 1});
  for (const std::int32_t columns : {1, 3, 100000, 2147483647})
    CHECK(error(mat_file({mat_variable<double>("inputsTrain", mat_double, 2, columns, {1, 2, 3, 4}),
                          labels, test_part()})) == "F: this MATLAB file is damaged or cut short");
  auto packed = content_of(write_mat(folder.path("d.mat"), MatVersion::v7,
                                     {{"inputs", 1, 1, {1}}, {"labels", 1, 1, {1}}}));
  packed.back() = static_cast<char>(packed.back() ^ 1);  // of the last sum
  CHECK(error(packed) == "F: this MATLAB file is damaged or cut short");
}
#endif

TEST_CASE("a reader that crashes, hangs or takes all memory is an error") {
  const TemporaryFolder folder;
  const auto path = folder.write("data.mat", "any");
  const auto outcome = [&](const std::function<void(xtape::nn::detail::Sender&)>& work) {
    std::string received;
    const auto error = error_of(path, [&] {
      xtape::nn::detail::isolated(path, work,
                                  [&](xtape::nn::detail::Receiver& in) { received = in.text(); });
    });
    return error == "no error" ? received : error;
  };
  const std::string gave_up =
      "F: this file is damaged, or larger than memory: the library that reads MATLAB files gave "
      "up on it";
  const std::string large(1 << 20, 'x');
  CHECK(outcome([&](auto& out) { out.text(large); }) == large);  // more than a pipe holds
  CHECK(outcome([](auto&) { std::abort(); }) == gave_up);
  CHECK(outcome([](auto&) { std::raise(SIGSEGV); }) == gave_up);
  CHECK(outcome([](auto&) { std::exit(3); }) == gave_up);
  CHECK(outcome([](auto&) { throw std::logic_error("any"); }) == gave_up);
  CHECK(outcome([](auto&) {
          for (volatile int i = 0; i >= 0;) i = 0;
        }) == gave_up);
  CHECK(outcome([](auto& out) {
          // Not to be foreseen by a compiler, or it leaves the memory out.
          const volatile std::size_t size = std::size_t{3} << 30;
          const std::string much(size, 'x');
          out.text(std::string(3, much[size - 1]));
        }) == gave_up);
  CHECK(outcome([&](auto&) { throw xtape::nn::FileError(path.string() + ": why"); }) == "F: why");
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
