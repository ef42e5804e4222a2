#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <string>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/files.hpp>

#include "data_files.hpp"
#include "temporary_folder.hpp"

// Damaged files: each is an error that names the file, or is read as a proper data set. A crash, a
// hang or an allocation that is too large ends the program, above all under the sanitizers.

using namespace xtape_tests;
using xtape::Random;
namespace nn = xtape::nn;

namespace {

// One to three damages: a byte or a bit changed, a part cut out, put in, or doubled, the end cut
// off.
std::string mutated(std::string bytes, Random& random) {
  const std::size_t damages = 1 + random.below(3);
  for (std::size_t k = 0; k < damages && !bytes.empty(); ++k) {
    const std::size_t at = random.below(bytes.size()), length = 1 + random.below(32);
    switch (random.below(8)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 3: {
        std::string noise;
        for (std::size_t i = 0; i < length; ++i) noise += static_cast<char>(random.below(256));
        bytes.insert(at, noise);
        break;
      }
      case 4:
      case 5:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      default:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    }
  }
  return bytes;
}

void check_proper(const nn::DataSet& data) {
  REQUIRE(data.inputs().dimension() == 2);
  REQUIRE(data.inputs().shape()[0] == data.size());
  REQUIRE(data.inputs().shape()[1] >= 1);
  REQUIRE(data.targets().dimension() == 2);
  REQUIRE(data.targets().shape()[0] == data.size());
  REQUIRE(data.targets().shape()[1] == 1);
  for (std::size_t i = 0; i < data.inputs().size(); ++i)
    REQUIRE(std::isfinite(data.inputs().data()[i]));
  for (std::size_t i = 0; i < data.size(); ++i) {
    const double label = data.targets().data()[i];
    REQUIRE((label == 0.0 || label == 1.0));
  }
}

void check_mutations(const std::string& extension, const std::string& good, std::uint64_t seed) {
  const TemporaryFolder folder;
  const std::string name = "data." + extension;
  const auto lab_of = [&](const std::string& content) {
    Random random(1);
    return nn::read_lab(folder.write(name, content), random);
  };
  check_proper(lab_of(good).train);  // else every mutation is an error for another reason
  Random random(seed);
  constexpr int files = 100;
  int errors = 0;
  double slowest = 0;
  for (int k = 0; k < files; ++k) {
    CAPTURE(k);
    const auto content = mutated(good, random);
    const auto begin = std::chrono::steady_clock::now();
    try {
      const auto lab = lab_of(content);
      check_proper(lab.train);
      check_proper(lab.test);
    } catch (const nn::FileError& error) {
      ++errors;
      const std::string text = error.what(), prefix = folder.path(name).string() + ": ";
      CAPTURE(text);
      REQUIRE(text.starts_with(prefix));
      REQUIRE(text.size() > prefix.size() + 10);
      REQUIRE(text.find('\0') == std::string::npos);
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    slowest = std::max(slowest, time.count());
  }
  CHECK(errors > files / 10);  // the damages are damages
  CHECK(errors < files);       // and not of the kind that the first check finds
  CHECK(slowest < 60.0);
  MESSAGE(extension, ": ", errors, " errors, ", files - errors, " read");
}

std::string table_text() {
  std::string text = "x1,x2,label\n";
  for (int i = 0; i < 20; ++i)
    text +=
        std::to_string(i) + ".25,-" + std::to_string(i * i) + "e-1," + std::to_string(i % 2) + "\n";
  return text;
}

std::vector<MatlabMatrix> matlab_matrices() {
  return {{"inputsTrain", 3, 2, {1, 2, 3, 4, 5, 6}},
          {"labelsTrain", 3, 1, {0, 1, 1}},
          {"inputsTest", 1, 2, {7, 8}},
          {"labelsTest", 1, 1, {1}}};
}

}  // namespace

TEST_CASE("damaged CSV files") { check_mutations("csv", table_text(), 1); }

TEST_CASE("damaged NPY files") {
  check_mutations("npy",
                  npy("<f8", "(4, 3)", std::vector<double>{1, 2, 0, 3, 4, 1, 5, 6, 1, 7, 8, 0}), 2);
  std::vector<std::uint8_t> bytes(300);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i % 3 == 2 ? i % 2 : i % 251);
  check_mutations("npy", npy("|u1", "(100, 3)", bytes), 3);
}

TEST_CASE("damaged NPZ files") {
#ifdef XTAPE_HAVE_LIBZIP
  const TemporaryFolder folder;
  for (const bool compressed : {false, true})
    check_mutations(
        "npz",
        content_of(write_zip(
            folder.path("good.npz"),
            {{"inputs.npy", npy("<f8", "(4, 2)", std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8})},
             {"labels.npy", npy("<i8", "(4,)", std::vector<std::int64_t>{0, 1, 1, 0})},
             {"others.npy", npy("<f8", "(32,)", std::vector<double>(32, 1.5))}},
            compressed)),
        compressed ? 4 : 5);
#else
  MESSAGE("SKIPPED: built without libzip");
#endif
}

TEST_CASE("damaged MATLAB files of each version") {
  if (!nn::has_matio()) {
    MESSAGE("SKIPPED: built without libmatio");
    return;
  }
#ifdef XTAPE_HAVE_MATIO
  const TemporaryFolder folder;
  check_mutations("mat", mat4(matlab_matrices()), 6);
  std::uint64_t seed = 7;
  for (const auto version : {MatVersion::v5, MatVersion::v7, MatVersion::v73})
    check_mutations(
        "mat", content_of(write_mat(folder.path("good.mat"), version, matlab_matrices())), seed++);
#endif
}
