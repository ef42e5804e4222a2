// Links the libraries that a trainer does not need: files, inspection and checks.

#include <fstream>
#include <iostream>
#include <sstream>

#include <xtape/autodiff/check/check.hpp>
#include <xtape/autodiff/inspect/table.hpp>
#include <xtape/nn.hpp>
#include <xtape/nn/files.hpp>

int main() {
  std::ofstream("points.csv") << "x,y,label\n1,2,0\n-1,0.5,1\n";
  const auto data = xtape::nn::read_csv("points.csv");

  xtape::Tape tape;
  auto x = tape.variable(data.inputs(), "x");
  auto J = sum(square(x));
  std::ostringstream text;
  text << xtape::table(tape, gradients(J));
  std::cout << text.str();
  const auto report = xtape::check_gradients(
      [](const xtape::Variable& p) { return sum(square(p)); }, {data.inputs()});
  std::cout << report.text();
  // matio is part of the library or it is not; either way this links.
  std::cout << (xtape::nn::has_matio() ? "with" : "without") << " matio\n";
  return J.value()() == 6.25 && text.str().find("square") != std::string::npos && report.passed()
             ? 0
             : 1;
}
