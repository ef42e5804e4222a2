// The walk over a recording.

#include <doctest/doctest.h>

#include <string>
#include <vector>
#include <xtape/autodiff/inspect/walk.hpp>

#include "recordings.hpp"

using namespace xtape;

TEST_CASE("a walk shows records with their inputs, outputs, scopes and places") {
  Tape tape;
  Parameter p(Array<double>{1, 2}, "p");
  const auto c = tape.constant(Array<double>{3, 4}, "c");
  Variable y;
  unsigned line = 0;
  {
    const auto outer = tape.scope("net");
    const auto inner = tape.scope("hidden");
    line = __LINE__ + 1;
    y = c * p;
  }
  const auto J = sum(y).named("J");
  const auto grad = gradients(J);
  const auto walk = records(tape, grad);
  REQUIRE(walk.size() == 2);
  const RecordView& product = walk[0];
  CHECK(product.operation == "multiply");
  CHECK(product.path == std::vector<std::string>{"net", "hidden"});
  CHECK(std::string(product.place.file).ends_with("walk_test.cpp"));
  CHECK(product.place.line == line - 3);  // the outermost scope's
  CHECK_FALSE(product.derives.has_value());
  REQUIRE(product.inputs.size() == 2);
  const SlotView &first = product.inputs[0], &second = product.inputs[1];
  CHECK(first.label == "c");
  CHECK(first.kind == ArrayKind::constant);
  CHECK_FALSE(first.active);
  CHECK(first.state == GradientState::inactive);
  CHECK(second.name == "p");
  CHECK(second.kind == ArrayKind::parameter);
  CHECK(second.scope == product.scope);  // met there first
  CHECK(recordings::list(second.gradient) == std::vector<double>{3, 4});
  REQUIRE(product.outputs.size() == 1);
  const SlotView& result = product.outputs[0];
  CHECK(result.name.empty());
  CHECK(result.label == "%2");
  CHECK(result.kind == ArrayKind::result);
  CHECK(result.record == 0);
  CHECK(result.shape == Shape{2});
  CHECK(recordings::list(result.value) == std::vector<double>{3, 8});
  CHECK(recordings::list(result.gradient) == std::vector<double>{1, 1});
  CHECK(&walk[1].inputs[0].get() == &result);
  CHECK(walk[1].path.empty());
  CHECK(walk.swept() == &walk[1].outputs[0]);
  std::string operations;
  for (const RecordView& record : records(tape)) operations.append(record.operation) += " ";
  CHECK(operations == "multiply sum ");
}

TEST_CASE("a walk tells several outputs, derivatives and what no gradient reached") {
  TapeF tape;
  const auto x = tape.variable(Array<float>{1, 2, 3}, "x");
  const auto unused = tape.variable(1.0F, "unused");
  const auto parts = recordings::halves(x);
  const auto J = sum(parts[0]);
  recorded_gradient(J, x);
  const auto grad = gradients(J);
  const auto walk = records(tape, grad);
  REQUIRE(walk[0].outputs.size() == 2);
  CHECK(walk[0].outputs[1].index == parts[1].index());
  CHECK(walk.slots()[unused.index()].state == GradientState::zero);
  CHECK(walk.slots()[unused.index()].gradient.empty());
  CHECK(walk.slots()[tape.slots() - 1].state == GradientState::inactive);
  bool derives = false;
  for (const RecordViewF& record : walk)
    derives = derives || (record.derives && record.derives->record == 0);
  CHECK(derives);
}

TEST_CASE("a walk refuses what is out of date") {
  Tape tape;
  Parameter p(Array<double>{1, 2}, "p");
  auto J = sum(square(tape.parameter(p)));
  const auto grad = gradients(J);
  p.update(Array<double>{3, 4});
  CHECK_THROWS_AS(records(tape), StaleParameterError);
  tape.record();
  J = sum(square(tape.parameter(p)));
  CHECK_THROWS_WITH(records(tape, grad), "records: the gradients are of an earlier recording");
  tape.record();  // shorter than what was swept
  CHECK_THROWS_WITH(records(tape, grad), "records: the gradients are of an earlier recording");
}
