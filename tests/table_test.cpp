// The table of a recording.

#include <doctest/doctest.h>

#include <string>
#include <xtape/autodiff/inspect/table.hpp>

using namespace xtape;

TEST_CASE("the table shows leaves, records, scopes and gradients") {
  Tape tape;
  const auto x = tape.constant(Array<double>{1, 2, 3, 4, 5, 6, 7}, "x");
  const auto w = tape.variable(2.0, "ω");
  Variable y;
  {
    const auto scope = tape.scope("hidden");
    y = (x * w).named("y");
  }
  const auto J = sum(y);
  CHECK(table(tape, gradients(J)) ==
        "record  name     operation  inputs  shape  value              gradient\n"
        "        x        constant           (7)    [1, 2, …, 7] (7)   -\n"
        "        ω        variable           ()     2                  28\n"
        "        hidden:\n"
        "     0    y      multiply   x, ω    (7)    [2, 4, …, 14] (7)  [1, 1, …, 1] (7)\n"
        "     1  %3       sum        y       ()     56                 1\n");
}

TEST_CASE("the table marks derivatives and keeps equal names apart") {
  Tape tape;
  const auto a = tape.variable(3.0, "a");
  const auto twice = tape.variable(1.0, "a");
  recorded_gradient(square(a) + twice, a);
  const std::string text = table(tape);
  CHECK(text.find("a %0") != std::string::npos);
  CHECK(text.find("record 0, input 1") != std::string::npos);
  CHECK(text.find("gradient") == std::string::npos);
  Tape other;
  const auto z = other.variable(1.0);
  CHECK_THROWS_WITH(table(tape, gradients(square(z))), "table: the gradients are of another tape");
}
