// The picture of a recording. (Graphviz itself is asked by the last test, where it is installed.)

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <xtape/autodiff/inspect/dot.hpp>
#include <xtape/nn.hpp>

#include "recordings.hpp"
#include "temporary_folder.hpp"

using namespace xtape;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("leaves, records, gradients and local derivatives are in the picture") {
  Tape tape;
  const auto x = tape.constant(3.0, "x");
  const auto w = tape.variable(2.0, "w");
  Parameter b(Array<double>(5.0), "b");
  const auto y = (x * w + b).named("y");
  const auto J = square(y).named("J");
  tape.variable(1.0, "unused");
  CHECK(to_dot(tape, gradients(J)) ==
        "digraph recording {\n"
        "  graph [fontname=\"Helvetica\", nodesep=0.4, ranksep=0.5];\n"
        "  node [fontname=\"Helvetica\", fontsize=11, margin=\"0.15,0.08\"];\n"
        "  edge [fontname=\"Helvetica\", fontsize=10];\n"
        "  s0 [shape=box, style=dashed, label=\"x\\nconstant\\n3\"];\n"
        "  s1 [shape=box, label=\"w\\nvariable\\n2\\ngradient 66\"];\n"
        "  s3 [shape=box, peripheries=2, label=\"b\\nparameter\\n5\\ngradient 22\"];\n"
        "  s6 [shape=box, label=\"unused\\nvariable\\n1\\ngradient 0\"];\n"
        "  r0 [shape=box, style=rounded, label=\"%2 = multiply(x, w)\\n6\\ngradient 22\"];\n"
        "  r1 [shape=box, style=rounded, label=\"y = add(%2, b)\\n11\\ngradient 22\"];\n"
        "  r2 [shape=box, style=rounded, label=\"J = square(y)\\n121\\ngradient 1\"];\n"
        "  s0 -> r0;\n"
        "  s1 -> r0 [label=\"   3   \"];\n"
        "  r0 -> r1 [label=\"   1   \"];\n"
        "  s3 -> r1 [label=\"   1   \"];\n"
        "  r1 -> r2 [label=\"   22   \"];\n"
        "}\n");
  CHECK_FALSE(has(to_dot(tape), "gradient"));
  CHECK(has(to_dot(tape), "r1 -> r2 [label=\"   22   \"]"));  // needs no sweep
  CHECK(has(to_dot(tape, {.left_to_right = true}), "rankdir=LR"));
}

TEST_CASE("scopes are nested clusters, empty ones are left out") {
  Tape tape;
  const auto x = tape.variable(Array<double>{1, 2, 3, 4, 5, 6, 7, 8}, "x");
  {
    const auto outer = tape.scope("outer");
    { const auto nothing = tape.scope("nothing"); }
    const auto inner = tape.scope("in \"ner\"");
    exp(x);
  }
  const std::string text = to_dot(tape);
  CHECK(has(text,
            "  subgraph cluster_0 {\n"
            "    label=\"outer\"; labeljust=l; style=dotted;\n"
            "    subgraph cluster_2 {\n"
            "      label=\"in \\\"ner\\\"\"; labeljust=l; style=dotted;\n"
            "      r0 ["));
  CHECK_FALSE(has(text, "nothing"));
  CHECK(has(text, "(8) [1, 2, …, 8]"));
  CHECK_FALSE(has(text, "s0 -> r0 ["));  // no derivative on the edge of an array
}

TEST_CASE("several outputs are nodes of their own, odd names are escaped") {
  TapeF tape;
  const auto x = tape.variable(Array<float>{1, 2, 3}, "a\"b\\c\nd");
  const auto parts = recordings::halves(x);
  sum(parts[1]);
  const std::string text = to_dot(tape);
  CHECK(has(text, "label=\"a\\\"b\\\\c d\\nvariable"));
  CHECK(has(text, "r0 -> s1;\n  r0 -> s2;\n  s0 -> r0;\n"));
  CHECK(has(text, "s2 -> r1"));
}

TEST_CASE("gradients of another tape are refused by the picture") {
  Tape tape, other;
  const auto J = square(other.variable(1.0));
  CHECK_THROWS_WITH(to_dot(tape, gradients(J)), "to_dot: the gradients are of another tape");
}

TEST_CASE("Graphviz draws the picture of a network without a warning") {
  if (std::system("dot -V > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: Graphviz is not installed, so no picture was drawn");
    return;
  }
  Tape tape;
  Random random(1);
  const nn::Network net({2, 2, 1}, sigmoid, random);
  const auto x = tape.constant(Array<double>{{1, 2}, {3, 4}, {5, 6}, {7, 8}}, "x");
  const auto J = nn::half_mse(net(x).named("y"), tape.constant(xt::ones<double>({4, 1}), "t"));
  const xtape_tests::TemporaryFolder folder;
  const std::string file = folder.path("net.dot").string();
  std::ofstream(file) << to_dot(tape, gradients(J));
  const std::string warnings = file + ".warnings";
  CHECK(std::system(("dot -Tsvg " + file + " -o " + file + ".svg 2> " + warnings).c_str()) == 0);
  std::string warning;
  std::getline(std::ifstream(warnings), warning);
  CHECK(warning == "");
}
