#include <doctest/doctest.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <filesystem>
#include <locale>
#include <stdexcept>
#include <string>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/files.hpp>

#include "temporary_folder.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace fs = std::filesystem;
using xtape::Random;
using xtape_tests::error_of;
using xtape_tests::TemporaryFolder;

namespace {

struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
};

std::string csv_error(const std::string& content) {
  const TemporaryFolder folder;
  const auto path = folder.write("data.csv", content);
  return error_of(path, [&] { (void)xtape::nn::read_csv(path); });
}

}  // namespace

TEST_CASE("CSV: with and without a header, comments, blanks, any line ending") {
  const TemporaryFolder folder;
  const std::vector<std::string> texts = {
      "1.5,-2,0\n2e3,+4,1\n",
      "\xEF\xBB\xBF"
      "1.5,-2,0\n2e3,4,1\n",
      "x1,x2,label\n1.5,-2,0\n2e3,4,1",
      "\xEF\xBB\xBFx1,x2,label\r\n1.5,-2,0\r\n2e3,4,1\r\n",
      "\"x,1\",\"x2\",\"label\"\n\"1.5\",-2,\"0\"\n2e3, \"4\" ,1\n",
      "1.5;-2;0\n2e3;4;1\n",
      "x1\tx2\tlabel\n1.5\t-2\t0\n2e3\t4\t1\n",
      "x1,x2,label\r1.5,-2,0\r2e3,4,1\r",
      "# made by hand\n\n x1 , x2 , label \n#\n 1.5 ,\t-2, 0 \n\n2000.0,4.,1.0\n   \n"};
  for (const auto& text : texts) {
    CAPTURE(text);
    const auto data = xtape::nn::read_csv(folder.write("data.csv", text));
    CHECK(data.inputs() == xt::xarray<double>{{1.5, -2}, {2000, 4}});
    REQUIRE(data.targets().dimension() == 2);
    CHECK(data.targets().shape()[0] == 2);
    CHECK(data.targets().shape()[1] == 1);
    CHECK(data.targets()(0, 0) == 0);
    CHECK(data.targets()(1, 0) == 1);
  }
  const auto one = xtape::nn::read_csv(folder.write("one.csv", "1e-310,1\n"));
  CHECK(one.inputs()(0, 0) == 1e-310);  // a subnormal number is one too
  CHECK(one.inputs().shape()[1] == 1);
}

TEST_CASE("CSV: numbers do not depend on the locale") {
  const TemporaryFolder folder;
  const auto path = folder.write("data.csv", "1.5,0\n");
  const std::string before = std::setlocale(LC_ALL, nullptr);
  bool found = false;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"})
    found = found || std::setlocale(LC_ALL, name) != nullptr;
  if (!found) MESSAGE("SKIPPED in part: no locale with a decimal comma is installed here");
  CHECK(xtape::nn::read_csv(path).inputs()(0, 0) == 1.5);
  std::setlocale(LC_ALL, before.c_str());
  const auto global = std::locale::global(std::locale(std::locale::classic(), new DecimalComma));
  CHECK(xtape::nn::read_csv(path).inputs()(0, 0) == 1.5);
  CHECK(csv_error("1.5,0.5\n") == "F: line 1, column 2: label 0.5 is neither 0 nor 1");
  std::locale::global(global);
}

TEST_CASE("CSV: errors name the line of the file, the column and what is expected") {
  CHECK(csv_error("x1,x2,label\n1,2,0\n\n3,4,2\n") ==
        "F: line 4, column 3: label 2 is neither 0 nor 1");
  CHECK(csv_error("1,2,0\n3,4,0.5\n") == "F: line 2, column 3: label 0.5 is neither 0 nor 1");
  CHECK(csv_error("1,2,0\n3,four,1\n") == "F: line 2, column 2: \"four\" is not a finite number");
  for (const std::string bad :
       {"nan", "inf", "-inf", "1e999", "1.5x", "1 2", "--1", "0x10", "1.2.3"})
    CHECK(csv_error("1,2,0\n" + bad + ",4,1\n") ==
          "F: line 2, column 1: \"" + bad + "\" is not a finite number");
  CHECK(csv_error("x1,2,0\n") == "F: line 1, column 1: \"x1\" is not a finite number");
  CHECK(csv_error("x1,label\nx1,label\n") == "F: line 2, column 1: \"x1\" is not a finite number");
  CHECK(csv_error("1,2,0\n3,4\n") == "F: line 2 has 2 columns where line 1 has 3");
  CHECK(csv_error("x1,label\n3,4,1\n") == "F: line 2 has 3 columns where line 1 has 2");
  CHECK(csv_error("1,2,0\n3,4,1,\n") == "F: line 2 has 4 columns where line 1 has 3");
  CHECK(csv_error("1,2,0\n3,4,\n") == "F: line 2, column 3 is empty: a number is expected");
  CHECK(csv_error("1,,0\n") == "F: line 1, column 2 is empty: a number is expected");
  CHECK(csv_error("1 2 0\n") ==
        "F: line 1 has 1 column: commas, semicolons or tabs between x1, …, label are expected");
  CHECK(csv_error("") == "F: this file is empty");
  // A first line of bad numbers is no header.
  for (const std::string bad : {"nan", "-Inf", "1e999", "1.5x", "0x1F", "-.5.", "infinity"})
    CHECK(csv_error(bad + "," + bad + ",y\n1,2,0\n") ==
          "F: line 1, column 1: \"" + bad + "\" is not a finite number");
  CHECK(csv_error("1,2,0\n1\n") == "F: line 2 has 1 column where line 1 has 3");
  CHECK(csv_error("x1;label\n1,5;0\n") ==
        "F: line 2, column 1: \"1,5\" is not a finite number: a decimal point is expected");
  CHECK(csv_error("x1\tlabel\n-1,5e3\t0\n") ==
        "F: line 2, column 1: \"-1,5e3\" is not a finite number: a decimal point is expected");
  CHECK(csv_error("1\t\t0\n") == "F: line 1, column 2 is empty: a number is expected");
  CHECK(csv_error("1,2,0,\n") == "F: line 1, column 4 is empty: a number is expected");
  CHECK(csv_error(",,\n") == "F: line 1, column 1 is empty: a number is expected");
  CHECK(csv_error("1,2,0\n\"3,4,1\n") == "F: line 2: a quote is opened and not closed");
  CHECK(csv_error(std::string("\xFF\xFE") + "1,0") ==
        "F: this is text in UTF-16: UTF-8 is expected");
  CHECK(csv_error(std::string("1,a\0b,0\n", 8)) ==
        "F: line 1, column 2: \"a?b\" is not a finite number");
  CHECK(csv_error("1," + std::string(1000, 'x') + ",0\n") ==
        "F: line 1, column 2: \"" + std::string(40, 'x') + "…\" is not a finite number");
  CHECK(csv_error("1,0.10000000000000001\n1,0\n") ==
        "F: line 1, column 2: label 0.1 is neither 0 nor 1");
  CHECK(csv_error("1,1.0000000000000002\n") ==
        "F: line 1, column 2: label 1.0000000000000002 is neither 0 nor 1");
  CHECK(csv_error("\n# nothing\nx1,x2,label\n") == "F: there is no line with numbers in this file");
  const TemporaryFolder folder;
  const auto read = [](const fs::path& path) {
    return error_of(path, [&] { (void)xtape::nn::read_csv(path); });
  };
  CHECK(read(folder.path("missing.csv")) == "F: there is no such file");
  CHECK(read(folder.path("")) == "F: this is a folder, not a file");
}

#if __has_include(<unistd.h>)
TEST_CASE("files that cannot be read") {
  const TemporaryFolder folder;
  const auto read = [](const fs::path& path) {
    return error_of(path, [&] { (void)xtape::nn::read_csv(path); });
  };
  const auto closed = folder.write("closed.csv", "1,0\n");
  fs::permissions(closed, fs::perms::none);
  const bool root = geteuid() == 0;  // who may read everything
  if (root) REQUIRE(seteuid(65534) == 0);
  const auto error = read(closed);
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(error == "F: this file cannot be opened: Permission denied");
  if (fs::exists("/dev/null"))
    CHECK(read("/dev/null") == "F: this is no regular file, but a device or the like");
  if (fs::exists("/proc/self/mem"))  // whose first page is not there
    CHECK(read("/proc/self/mem") == "F: this file cannot be read: Input/output error");
  CHECK(read(folder.path(std::string(300, 'x'))) ==
        "F: this file cannot be opened: File name too long");
}
#endif

TEST_CASE("a CSV of the lab is split at random, one seventh to test with") {
  std::string text;
  for (int i = 0; i < 70; ++i) text += std::to_string(i) + ",0," + std::to_string(i % 2) + "\n";
  const TemporaryFolder folder;
  const auto path = folder.write("data.csv", text);
  Random random(1);
  const auto lab = xtape::nn::read_csv_lab(path, random);
  CHECK(lab.train.size() == 60);
  CHECK(lab.test.size() == 10);
  std::vector<double> seen;
  for (const auto* part : {&lab.train, &lab.test})
    for (std::size_t i = 0; i < part->size(); ++i) {
      seen.push_back(part->inputs()(i, 0));
      CHECK(part->targets()(i, 0) == std::fmod(part->inputs()(i, 0), 2));
    }
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 0; i < 70; ++i) CHECK(seen[i] == static_cast<double>(i));
  CHECK(xtape::nn::read_csv_lab(path, random).test.inputs() != lab.test.inputs());
  CHECK(xtape::nn::read_csv_lab(path, random, 0.5).test.size() == 35);
  CHECK(xtape::nn::read_csv_lab(path, random, 1e-6).test.size() == 1);
  CHECK(xtape::nn::read_csv_lab(path, random, 1 - 1e-6).train.size() == 1);
  CHECK_THROWS_WITH_AS(xtape::nn::read_csv_lab(path, random, 1.0),
                       "read_csv_lab: test fraction 1 is not between 0 and 1",
                       std::invalid_argument);
  const auto single = folder.write("single.csv", "1,0\n");
  CHECK(error_of(single, [&] { (void)xtape::nn::read_csv_lab(single, random); }) ==
        "F: 1 sample cannot be split into a training and a test set");
}

TEST_CASE("the extension chooses the reader") {
  const TemporaryFolder folder;
  Random random(2);
  const auto upper = folder.write("DATA.CSV", "1,0\n2,1\n3,1\n");
  CHECK(xtape::nn::read_lab(upper, random).train.size() == 2);
  const auto text = folder.write("data.txt", "1,0\n");
  CHECK(error_of(text, [&] { (void)xtape::nn::read_lab(text, random); }) ==
        "F: a file name that ends in .csv, .npy, .npz or .mat is expected");
  const auto mat = folder.path("missing.Mat");
  CHECK(error_of(mat, [&] { (void)xtape::nn::read_lab(mat, random); }) ==
        "F: there is no such file");
  if (!xtape::nn::has_matio()) {
    const auto there = folder.write("there.mat", "");
    CHECK(error_of(there, [&] { (void)xtape::nn::read_lab(there, random); }).find("libmatio") !=
          std::string::npos);
  }
}

TEST_CASE("CSV: a table whose columns are the caller's business") {
  const TemporaryFolder folder;
  const auto table =
      xtape::nn::read_csv_table(folder.write("data.csv", "x,y,z\n1,-2.5,7\n\n4,5,1e3\n"));
  CHECK(table == xt::xarray<double>{{1, -2.5, 7}, {4, 5, 1000}});
  const auto column = xtape::nn::read_csv_table(folder.write("one.csv", "# t\n3\n0.5\n"));
  REQUIRE(xtape::Shape(column.shape()) == xtape::Shape{2, 1});
  CHECK(column(0, 0) == 3);
  CHECK(column(1, 0) == 0.5);
  const auto bad = folder.write("bad.csv", "1,2\n3,nan\n");
  CHECK(error_of(bad, [&] { (void)xtape::nn::read_csv_table(bad); }) ==
        "F: line 2, column 2: \"nan\" is not a finite number");
  const auto ragged = folder.write("ragged.csv", "1,2\n3\n");
  CHECK(error_of(ragged, [&] { (void)xtape::nn::read_csv_table(ragged); }) ==
        "F: line 2 has 1 column where line 1 has 2");
}
