// Handles that outlive their tape, and parameters that get their values: nothing is read that is
// gone.

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/compare.hpp>
#include <xtape/autodiff/check/digits.hpp>
#include <xtape/autodiff/check/taylor.hpp>
#include <xtape/autodiff/inspect/explain.hpp>
#include <xtape/nn.hpp>

namespace {

using xtape::Array;
using xtape::HandleError;
using xtape::Parameter;
using xtape::ShapeError;
using xtape::Tape;
using xtape::Variable;
using xtape::nn::column;

Variable of_a_tape_that_is_gone() {
  Tape tape;
  return tape.variable(Array<double>{1, 2, 3}, "x");
}

template <class Call>
std::string said(Call&& call) {
  try {
    call();
  } catch (const HandleError& error) {
    return error.what();
  }
  return "no HandleError was thrown";
}

const char* const gone =
    ": the tape of this variable is gone, with all that it recorded; keep the tape as long as its "
    "variables are used";

}  // namespace

TEST_CASE("a variable whose tape is gone says so wherever it is used") {
  for (const bool others : {false, true}) {
    CAPTURE(others);  // tapes that take the place of the one that is gone
    const Variable x = of_a_tape_that_is_gone();
    std::vector<std::unique_ptr<Tape>> tapes(others ? 3 : 0);
    for (auto& tape : tapes) {
      tape = std::make_unique<Tape>();
      tape->variable(Array<double>{4, 5, 6});
    }
    const auto told = [](const char* who, auto call) {
      const std::string text = said(call);
      CAPTURE(text);
      CHECK(text.starts_with(who + std::string(gone)));
    };
    told("value", [&] { static_cast<void>(x.value()); });
    told("item", [&] { static_cast<void>(x.item()); });
    told("shape", [&] { static_cast<void>(x.shape()); });
    told("active", [&] { static_cast<void>(x.active()); });
    told("name", [&] { static_cast<void>(x.name()); });
    told("named", [&] { x.named("y"); });
    told("tape", [&] { static_cast<void>(x.tape()); });
    told("exp", [&] { exp(x); });
    told("add", [&] { x + 1; });
    told("multiply", [&] { 2 * x; });
    told("add", [&] { x + x; });
    told("reshape", [&] { reshape(x, {3, 1}); });
    told("concatenate", [&] { xtape::concatenate({x, x}); });
    told("gradients", [&] { gradients(x); });
    told("gradients", [&] { gradients(x, Array<double>{1, 1, 1}); });
    told("recorded_gradients", [&] { recorded_gradient(x, x); });
    told("explain", [&] { explain(x, x); });
    told("digits_lost", [&] { digits_lost(x); });
    told("check_taylor", [&] { xtape::check_taylor(x); });
    told("compare", [&] { xtape::compare("dJ/dx", Array<double>{1}, Array<double>{2}, {x, x}); });
    told("half_mse", [&] { xtape::nn::half_mse(x, x); });
    CHECK_FALSE(x.valid());

    Tape tape;
    const auto y = tape.variable(Array<double>{1, 1, 1});
    told("subtract", [&] { y - x; });
    told("subtract", [&] { x - y; });
    const auto g = gradients(sum(y));
    told("gradient", [&] { static_cast<void>(g[x]); });
    CHECK(y.value()(0) == 1);  // and the tape that stands is unharmed
    CHECK(tape.records() == 1);
  }
}

TEST_CASE("a tape has its own variables only, however many were there before it") {
  // The variables of the tapes of a loop, each of which may lie where the one before lay.
  std::vector<Variable> all;
  for (int i = 0; i < 100; ++i) {
    Tape tape;
    for (int j = 0; j <= i % 3; ++j) tape.record();
    for (const Variable& x : all) REQUIRE_FALSE(x.valid());
    all.push_back(tape.variable(static_cast<double>(i)));
    REQUIRE(all.back().item() == i);
  }
  // Tapes of several threads at once.
  std::vector<std::thread> threads;
  std::vector<char> right(4, 1);
  for (std::size_t t = 0; t < right.size(); ++t)
    threads.emplace_back([&right, t] {
      Variable before;
      for (int i = 0; i < 500; ++i) {
        Tape tape;
        const auto x = tape.variable(static_cast<double>(i));
        if (before.valid() || gradients(square(x))[x]() != 2 * i) right[t] = 0;
        before = x;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<char>(4, 1));
}

TEST_CASE("a variable of another tape is named") {
  Tape tape, other;
  const auto x = tape.variable(2.0, "x"), w = other.variable(Array<double>{1, 2}, "w");
  CHECK(said([&] { x* w; }).starts_with("multiply: w (2), a variable of another tape ("));
  other.record();
  CHECK(said([&] { x* w; }).starts_with("multiply: a variable of another tape ("));
}

TEST_CASE("a constant has no gradient, and says so") {
  Tape tape;
  const auto x = tape.variable(Array<double>{1, 2}, "x"), other = tape.variable(3.0, "other");
  const auto c = tape.constant(Array<double>{3, 4}, "c"), made = tanh(c);
  const Parameter p(Array<double>{1, 1}, "p");
  const auto q = tape.parameter(p);
  const auto J = sum(x * c * made) + sum((x > 1).variable());
  const auto g = gradients(J);
  const std::string why =
      " depends on no variable and no parameter, so no gradient is computed for it; "
      "tape.variable(...) records an array that has one";
  CHECK_THROWS_WITH_AS(g[c], ("gradient: c (2)" + why).c_str(), xtape::Error);
  CHECK_THROWS_WITH_AS(g[made], ("gradient: an array (2)" + why).c_str(), xtape::Error);
  CHECK_FALSE(g.reached(c));
  // Zero is the gradient of what J does not depend on.
  CHECK(g[other]() == 0);
  CHECK(g[p](1) == 0);
  CHECK(g[q](0) == 0);
  CHECK(g[x](1) == 4 * std::tanh(4.0));
}

TEST_CASE("a parameter takes the values that are assigned to it, of its shape") {
  Parameter w(xtape::Shape{2, 1}, "w");
  const auto storage = w.storage();
  w = column({1, 2});
  CHECK(w.value()(1, 0) == 2);
  CHECK(w.name() == "w");
  CHECK(w.storage() == storage);  // whoever holds it, such as an optimizer, goes on with it
  w = 2 * w.value();
  CHECK(w.value()(0, 0) == 2);
  CHECK_THROWS_WITH_AS((w = Array<double>{1, 2}),
                       "Parameter w (2, 1): update with an array of shape (2)", ShapeError);
  CHECK(w.value()(1, 0) == 4);
  // A recording that has met it is of no use after that.
  Tape tape;
  const auto J = sum(tape.parameter(w));
  w = column({5, 6});
  CHECK_THROWS_AS(gradients(J), xtape::StaleParameterError);
}

TEST_CASE("a tape goes on where its stamps are used up, and leaves them to no other tape") {
  // As if 2³² recordings were made, or nearly.
  constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max();
  for (const int recordings : {0, 3, 20}) {
    CAPTURE(recordings);
    auto tape = std::make_unique<Tape>();
    auto* anchor = const_cast<xtape::TapeAnchor<double>*>(tape->variable(1.0).anchor());
    tape.reset();
    anchor->first = highest - 3;
    tape = std::make_unique<Tape>();
    Variable x = tape->variable(1.0), before;
    REQUIRE(x.anchor() == anchor);  // what was left last is taken first
    anchor->first = 1;
    const Variable first = x;
    auto swept = gradients(square(x));
    for (int i = 0; i < recordings; ++i) {
      before = x;
      tape->rewind();
      x = tape->variable(3.0);
      CHECK_THROWS_WITH_AS(swept[x],
                           "gradient: an array () was recorded after these gradients were computed",
                           HandleError);
      CHECK(x.find_tape() == tape.get());
      CHECK(gradients(square(x))[x]() == 6);
      CHECK(said([&] { square(before); }).find("of an earlier recording") != std::string::npos);
    }
    tape.reset();
    tape = std::make_unique<Tape>();
    CHECK(tape->variable(1.0).anchor() != anchor);
    for (const Variable& old : {first, x}) {
      CHECK(old.find_tape() == nullptr);
      CHECK(said([&] { square(old); }).find(gone) != std::string::npos);
    }
  }
}

TEST_CASE("what stands before a mark stands on where the stamps begin anew behind it") {
  constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max();
  for (const std::uint32_t left : {0U, 1U, 2U, 20U}) {
    CAPTURE(left);  // stamps that are not used yet
    auto tape = std::make_unique<Tape>();
    auto* anchor = const_cast<xtape::TapeAnchor<double>*>(tape->variable(1.0).anchor());
    tape.reset();
    anchor->first = highest - left;
    tape = std::make_unique<Tape>();
    const Variable x = tape->variable(3.0);
    REQUIRE(x.anchor() == anchor);
    anchor->first = 1;
    const auto mark = tape->mark();
    const auto before_all = gradients(square(x));
    std::vector<xtape::Gradients> swept;
    Variable y = square(x);
    for (int i = 0; i < 8; ++i) {
      const Variable before = y;
      tape->rewind(mark);
      y = square(x);
      const auto g = gradients(y);
      CHECK(g[x]() == 6);
      CHECK(g[y]() == 1);
      CHECK(before_all[x]() == 6);
      if (left == 0) continue;  // the highest is in use: no other is left
      CHECK_THROWS_AS(before_all[y], HandleError);
      for (const auto& earlier : swept) {
        CHECK(earlier[x]() == 6);
        CHECK_THROWS_AS(earlier[y], HandleError);
      }
      swept.push_back(g);
      if (left > 1) CHECK(said([&] { exp(before); }) != "no HandleError was thrown");
    }
    tape->rewind();
    CHECK_THROWS_AS(before_all[tape->variable(1.0)], HandleError);
  }
}
