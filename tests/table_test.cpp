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
        "record  name     operation  inputs  shape  value          gradient of %3\n"
        "        x        constant           (7)    [1, 2, …, 7]   -\n"
        "        ω        variable           ()     2              28\n"
        "        hidden:\n"
        "     0    y      multiply   x, ω    (7)    [2, 4, …, 14]  [1, 1, …, 1]\n"
        "     1  %3       sum        y       ()     56             1\n");
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

TEST_CASE("gradients of an earlier recording are refused, later arrays have none") {
  Tape tape;
  const auto a = tape.variable(3.0, "a");
  const auto old = gradients(square(a).named("J"));
  sqrt(a).named("late");
  CHECK(table(tape, old) ==
        "record  name  operation  inputs  shape  value  gradient of J\n"
        "        a     variable           ()     3      6\n"
        "     0  J     square     a       ()     9      1\n"
        "     1  late  sqrt       a       ()     1.732\n");
  tape.record();
  square(tape.variable(4.0, "a"));
  CHECK_THROWS_WITH(table(tape, old), "table: the gradients are of an earlier recording");
}

TEST_CASE("long arrays keep the brackets of their axes; digits and places are options") {
  const auto value_of = [](const Array<double>& values, int digits = 4) {
    Tape tape;
    tape.constant(values, "x");
    const std::string text = table(tape, {.digits = digits});
    const std::size_t first = text.find('[', text.find('\n'));
    return text.substr(first, text.size() - first - 1);
  };
  CHECK(value_of(xt::arange<double>(0, 6).reshape({3, 2})) == "[[0, 1], [2, 3], [4, 5]]");
  CHECK(value_of(xt::arange<double>(0, 8).reshape({4, 2})) == "[[0, 1], …, [6, 7]]");
  CHECK(value_of(xt::arange<double>(0, 7).reshape({7, 1})) == "[[0], [1], …, [6]]");
  CHECK(value_of(xt::arange<double>(0, 60).reshape({3, 4, 5})) ==
        "[[[0, …, 4], …, [15, …, 19]], …, [[40, …, 44], …, [55, …, 59]]]");
  CHECK(value_of({1.0 / 3}, 4) == "[0.3333]");
  CHECK(value_of({1.0 / 3}, 9) == "[0.333333333]");
  CHECK(value_of(Array<double>::from_shape({0})) == "[]");

  Tape tape;
  const auto a = tape.variable(3.0, "a");
  const unsigned line = __LINE__ + 1;
  square(a);
  CHECK(table(tape, {.places = true}).find("table_test.cpp:" + std::to_string(line)) !=
        std::string::npos);
  CHECK(table(tape).find("table_test.cpp") == std::string::npos);
}
