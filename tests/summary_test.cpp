// The summary of a module.

#include <doctest/doctest.h>

#include <xtape/nn.hpp>

using namespace xtape;

namespace {

struct Gate {
  nn::Linear value, gate;
  Parameter scale{Shape{}, "scale"};
  Variable operator()(const Variable& x) const { return value(x) * sigmoid(gate(x)) * scale; }
  void parameters(auto& each) {
    each("value", value);
    each("gate", gate);
    each("scale", scale);
    each("again", value.bias);
  }
};

struct Nothing {
  void parameters(auto&) {}
};

}  // namespace

TEST_CASE("the summary of the lab's network") {
  Random random(1);
  CHECK(nn::summary(nn::Network({2, 2, 1}, sigmoid, random)) ==
        "name      shape   parameters\n"
        "hidden                     6\n"
        "  weight  (2, 2)           4\n"
        "  bias    (2)              2\n"
        "output                     3\n"
        "  weight  (2, 1)           2\n"
        "  bias    (1)              1\n"
        "total                      9\n");
}

TEST_CASE("the summary of nested modules of a user's") {
  Random random(1);
  const Gate gate{nn::Linear(3, 2, random), nn::Linear(3, 2, random)};
  CHECK(nn::summary(nn::Sequential(gate, tanh, nn::Linear(2, 1, random))) ==
        "name        shape   parameters\n"
        "0                           17\n"
        "  value                      8\n"
        "    weight  (3, 2)           6\n"
        "    bias    (2)              2\n"
        "  gate                       8\n"
        "    weight  (3, 2)           6\n"
        "    bias    (2)              2\n"
        "  scale     ()               1\n"
        "  again     (2)     seen above\n"
        "1                            0\n"
        "2                            3\n"
        "  weight    (2, 1)           2\n"
        "  bias      (1)              1\n"
        "total                       20\n");
  const auto lines = nn::summary_lines(gate);
  REQUIRE(lines.size() == 8);
  CHECK(lines[0].is_module);
  CHECK(lines[0].count == 8);
  CHECK(lines[7].seen_before);
  CHECK(nn::summary(nn::LinearF(4, 1, random)) ==
        "name    shape   parameters\n"
        "weight  (4, 1)           4\n"
        "bias    (1)              1\n"
        "total                    5\n");
  CHECK(nn::summary(Nothing{}) == "name   shape  parameters\ntotal                  0\n");
}
