// The lab's two models under every check there is, and what each check says when one formula of the
// chain is wrong.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <lab/gradient_check.hpp>
#include <xtape/autodiff/check/check.hpp>
#include <xtape/autodiff/check/doctest.hpp>
#include <xtape/nn.hpp>

using namespace xtape;

namespace {

/// A sigmoid whose derivative has lost its second factor.
struct HalfSigmoid {
  static constexpr auto name = "half_sigmoid";
  static auto value(auto x) { return sigmoid(x); }
  static auto partial(auto x) { return sigmoid(x); }
};

struct Lab {
  static constexpr std::size_t N = 100;
  Random random{3};
  nn::LabData data = nn::not_linearly_separable(random);
  nn::Network net{{2, 2, 1}, sigmoid, random};
  nn::Neuron neuron{2, random};
  Array<double> inputs = xt::view(data.train.inputs(), xt::range(0, N), xt::all());
  Array<double> targets = xt::view(data.train.targets(), xt::range(0, N), xt::all());
  Tape tape;

  Variable loss(Tape& on, const auto& model) const {
    return nn::half_mse(model(on.constant(inputs, "x")).named("y"), on.constant(targets, "t"));
  }
  template <class Model>
  ByHand by_hand(Model& model) {
    const auto elements =
        lab::by_hand<double>(model, {inputs.data(), targets.data(), N, 2}, lab::Formulas<double>{});
    ByHand result;
    std::size_t next = 0;
    nn::for_each_parameter(model, [&](const std::string& name, const Parameter& parameter) {
      Array<double> gradient = parameter.value();
      for (double& each : gradient) each = elements.at(next++).value;
      result[name] = gradient;
    });
    return result;
  }
};

}  // namespace

TEST_CASE("the lab's models pass the checks against values, of both orders") {
  Lab lab;
  const auto check = [&](auto& model) {
    CHECK_GRADIENTS(model, [&](Tape& tape) { return lab.loss(tape, model); }, {.order = 2});
  };
  check(lab.net);
  check(lab.neuron);
}

TEST_CASE("the lab's models pass the checks that need no step") {
  Lab lab;
  const auto check = [&](const auto& model) {
    lab.tape.record();
    const Variable J = lab.loss(lab.tape, model);
    for (const bool recorded : {false, true}) {
      const AdjointReport adjoints = check_adjoints(lab.tape, {.recorded = recorded});
      INFO(adjoints.text());
      CHECK(adjoints.verdict() == Verdict::pass);
    }
    const TaylorReport taylor = check_taylor(J, {.order = 2});
    INFO(taylor.text());
    CHECK(taylor.verdict() == Verdict::pass);
  };
  check(lab.net);
  check(lab.neuron);
}

TEST_CASE("the formulas derived by hand pass, and one mistake in them is named") {
  Lab lab;
  const Variable J = lab.loss(lab.tape, lab.net);
  ByHand by_hand = lab.by_hand(lab.net);
  const ModuleComparison right = compare(J, lab.net, by_hand);
  INFO(right.text());
  CHECK(right.verdict() == Verdict::pass);
  CHECK(right.joint.empty());
  for (auto& [name, gradient] : by_hand) gradient *= static_cast<double>(Lab::N);
  const ModuleComparison wrong = compare(J, lab.net, by_hand);
  CHECK(wrong.verdict() == Verdict::fail);
  REQUIRE(!wrong.joint.empty());
  CHECK(wrong.text().find("1/N") != std::string::npos);
}

TEST_CASE("a derivative that is wrong is seen by each of the checks") {
  Lab lab;
  const auto model = [&](const Variable& x) {
    return apply(HalfSigmoid{}, linear(x, lab.neuron.weight, lab.neuron.bias));
  };
  const auto report =
      check_gradients(lab.neuron, [&](Tape& tape) { return lab.loss(tape, model); });
  CHECK(report.verdict() == Verdict::fail);
  lab.tape.record();
  const Variable J = lab.loss(lab.tape, model);
  const AdjointReport adjoints = check_adjoints(lab.tape);
  CHECK(adjoints.verdict() == Verdict::fail);
  REQUIRE(adjoints.first_failure() != nullptr);
  CHECK(adjoints.first_failure()->operation == "half_sigmoid");
  CHECK(check_taylor(J).verdict() == Verdict::fail);
}
