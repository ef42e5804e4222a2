// The small example programs, run as a reader runs them. Each checks what it shows, against
// formulas by hand or against dual numbers, and its exit status says whether that held.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace {

struct Outcome {
  int status;
  std::string text;
};

// Started in another folder than that of the data.
Outcome run(const std::string& command, const xtape_tests::TemporaryFolder& folder) {
  const std::string output = folder.path("output").string();
  const int status =
      std::system(("cd '" + folder.path("").string() + "' && '" XTAPE_EXAMPLES_DIR "'/" + command +
                   " > '" + output + "' 2>&1")
                      .c_str());
  std::ostringstream text;
  text << std::ifstream(output).rdbuf();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text.str()};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

double number_after(const std::string& text, const std::string& label) {
  const auto at = text.find(label);
  if (at == std::string::npos) return -1e9;
  double number = -1e9;
  std::istringstream(text.substr(at + label.size())) >> number;
  return number;
}

}  // namespace

TEST_CASE("each example shows what it claims") {
  const xtape_tests::TemporaryFolder folder;
  const auto text_of = [&](const char* program) {
    const Outcome outcome = run(program, folder);
    CHECK_MESSAGE(outcome.status == 0, program, " ended with ", outcome.status, ":\n",
                  outcome.text);
    return outcome.text;
  };

  const std::string backprop = text_of("backprop_by_hand");
  CHECK(count(backprop, "∂J/∂W̃") == 4);
  CHECK(backprop.ends_with("every number agrees\n"));

  const std::string operation = text_of("custom_operation");
  CHECK(count(operation, "by dual numbers: ") == 2);
  CHECK(count(operation, "DIFFER") == 0);

  const std::string module = text_of("custom_module");
  CHECK(module.find("total                        657") != std::string::npos);
  CHECK(number_after(module, "after it ") >= 0.97);

  const std::string logistic = text_of("logistic_regression");
  CHECK(number_after(logistic, "step 0: loss ") > number_after(logistic, "step 200: loss "));
  CHECK(logistic.find(" of the 114 held out are right") != std::string::npos);

  const std::string newton = text_of("newtons_method");
  CHECK(number_after(newton, "H symmetric within ") < 1e-14);
  // By Newton's method with the formulas by hand, in mpmath with 40 digits.
  CHECK(number_after(newton, "w = ") == doctest::Approx(-45.2723437721).epsilon(1e-11));

  const std::string iris = text_of("iris");
  CHECK(iris.find("far out: loss 1000, gradient 1 -1 0") != std::string::npos);
  CHECK(iris.find(" of the 45 held out are right") != std::string::npos);

  const std::string digits = text_of("digits");
  CHECK(digits.find("epoch 40: validation loss ") != std::string::npos);
  CHECK(digits.find(" of the 200 held out are right") != std::string::npos);
}

TEST_CASE("an example says which file it cannot read") {
  const xtape_tests::TemporaryFolder folder;
  for (const char* program : {"logistic_regression", "newtons_method", "iris", "digits"}) {
    const Outcome outcome = run(std::string(program) + " missing.csv", folder);
    CHECK(outcome.status == 2);
    CHECK(outcome.text.starts_with("missing.csv: "));
    CHECK(count(outcome.text, "\n") == 1);
  }
  const std::string path = folder.write("four.csv", "1,2,3,4,0\n3,4,5,6,3\n").string();
  const Outcome outcome = run("iris '" + path + "'", folder);
  CHECK(outcome.status == 2);
  CHECK(outcome.text == path + ": sample 2: class 3.000000 is none of 0 to 2\n");
  const std::string narrow = folder.write("narrow.csv", "1,2,0\n3,4,1\n").string();
  for (const auto& [program, features] : {std::pair{"iris", "4"}, std::pair{"digits", "64"}}) {
    const Outcome other = run(program + (" '" + narrow + "'"), folder);
    CHECK(other.status == 2);
    CHECK(other.text ==
          narrow + ": 3 columns, where " + features + " numbers and a class are expected\n");
  }
  std::string row;
  for (int i = 0; i < 64; ++i) row += "7,";
  const std::string few = folder.write("few.csv", row + "0\n" + row + "1\n").string();
  const Outcome too_few = run("digits '" + few + "'", folder);
  CHECK(too_few.status == 2);
  CHECK(too_few.text == few +
                            ": 2 samples, where 400 are needed: 200 to test with, 150 to validate "
                            "with, and a batch of 50\n");
}
