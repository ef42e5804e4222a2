// Every error's whole text, the caller's line included; and that a tape is unharmed by it.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <xtape/autodiff.hpp>

#include "recordings.hpp"

namespace {

using recordings::some;
using xtape::Array;
using xtape::concatenate;
using xtape::Error;
using xtape::HandleError;
using xtape::Shape;
using xtape::ShapeError;
using xtape::StaleParameterError;
using xtape::Tape;
using xtape::Variable;

/// The text of the error of exactly that type. The call says which line it is on; where the text
/// ends with that line it reads "(here)".
template <class E, class Call>
std::string said(Call&& call) {
  unsigned line = 0;
  try {
    call(line);
  } catch (const std::exception& error) {
    if (typeid(error) != typeid(E)) return std::string("another type: ") + error.what();
    std::string text = error.what();
    const std::string place = "(errors_test.cpp:" + std::to_string(line) + ")";
    if (text.ends_with(place)) text.replace(text.size() - place.size(), place.size(), "(here)");
    return text;
  }
  return "nothing was thrown";
}

/// The same; the tape has to be as it was before, and of use.
template <class E, class Call>
std::string refused(Tape& tape, Call&& call) {
  const auto records = tape.records(), slots = tape.slots();
  std::string text = said<E>(call);
  CHECK(tape.records() == records);
  CHECK(tape.slots() == slots);
  const auto mark = tape.mark();
  const auto x = tape.variable(3.0);
  CHECK(gradients(x * x + 1)[x]() == 6);
  tape.rewind(mark);
  return text;
}

void expect(const std::string& text, const std::string& expected) { CHECK(text == expected); }

/// Rules as a user might write them by mistake.
struct WrongVjp {
  static constexpr auto name = "my_sum";
  static Shape output_shape(const Shape&) { return {}; }
  template <class E>
  static void value(xtape::View<E> y, xtape::View<const E> x) {
    y.data[0] = x.data[0];
  }
  static auto vjp(xtape::wrt<0>, auto g, auto) { return g; }
};
struct MisfitVjp {
  static constexpr auto name = "my_copy";
  static Shape output_shape(const Shape& x) { return x; }
  template <class E>
  static void value(xtape::View<E> y, xtape::View<const E> x) {
    for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = x.data[i];
  }
  static auto vjp(xtape::wrt<0>, auto g, auto) { return reshape(g, Shape{17}); }
};

template <class P>
struct Module {
  P& p;
  void parameters(auto& each) { each("p", p); }
};

struct Recorded {
  Tape tape;
  Variable x = tape.variable(some<double>({5, 2}), "X");
  Variable w = tape.variable(some<double>({3, 1}), "W");
  Variable v = tape.variable(some<double>({3}));
  Variable deep = tape.variable(some<double>({2, 2, 2}), "deep");

  template <class Call>
  std::string misfit(Call&& call) {
    return refused<ShapeError>(tape, call);
  }
};

}  // namespace

// Each call stands on a line of its own, which it tells before it errs (and outside of macros, in
// which compilers number lines as they like).

TEST_CASE_FIXTURE(Recorded, "shapes that do not fit: products") {
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul(x, w); }),
         "matmul: X (5, 2) · W (3, 1): inner dimensions 2 and 3 differ (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul(v, x); }),
         "matmul: input 1 (3) · X (5, 2): inner dimensions 3 and 5 differ (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul_nt(x, w); }),
         "matmul_nt: X (5, 2) · W (3, 1): inner dimensions 2 and 1 differ (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul_tn(x, w); }),
         "matmul_tn: X (5, 2) · W (3, 1): inner dimensions 5 and 3 differ (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul(x, deep); }),
         "matmul: X (5, 2) · deep (2, 2, 2): both have to be matrices or vectors (1 or 2 axes) "
         "(here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul(x, 2); }),
         "matmul: X (5, 2) · input 2 (): both have to be matrices or vectors (1 or 2 axes) (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul_nt(x, v); }),
         "matmul_nt: X (5, 2) · input 2 (3): both have to be matrices (2 axes) (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, linear(x, w, v); }),
         "linear: X (5, 2), W (3, 1), input 3 (3): inner dimensions 2 and 3 differ (here)");
  const auto row = transpose(w);
  expect(misfit([&](unsigned& line) { line = __LINE__, linear(row, w, v); }),
         "linear: input 1 (1, 3), W (3, 1), input 3 (3): w has 1 columns and b 3 elements (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, linear(v, w, v); }),
         "linear: input 1 (3), W (3, 1), input 3 (3): x and w have to be matrices (2 axes) and b a "
         "vector (1 axis) (here)");
}

TEST_CASE_FIXTURE(Recorded, "shapes that do not fit: broadcasting") {
  expect(misfit([&](unsigned& line) { line = __LINE__, x + v; }),
         "add: X (5, 2) + input 2 (3): the shapes do not broadcast (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, x / w; }),
         "divide: X (5, 2) / W (3, 1): the shapes do not broadcast (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, maximum(x, w); }),
         "maximum: X (5, 2), W (3, 1): the shapes do not broadcast (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, static_cast<void>(x < w); }),
         "less: X (5, 2) < W (3, 1): the shapes do not broadcast (here)");
  const auto mask = x > 0;
  expect(misfit([&](unsigned& line) { line = __LINE__, where(mask, w, 0); }),
         "where: input 1 (5, 2), W (3, 1), input 3 (): the shapes do not broadcast (here)");
  const xtape::Parameter p(some<double>({4}), "p");
  expect(misfit([&](unsigned& line) { line = __LINE__, x * p; }),
         "multiply: X (5, 2) * p (4): the shapes do not broadcast (here)");
}

TEST_CASE_FIXTURE(Recorded, "shapes that do not fit: what changes a shape") {
  expect(misfit([&](unsigned& line) {
           line = __LINE__, reshape(x, {3, 3});
         }),
         "reshape: X (5, 2): has 10 elements and (3, 3) has 9 (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, broadcast_to(x, {5, 3});
         }),
         "broadcast_to: X (5, 2): does not stretch to (5, 3) (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, broadcast_to(x, {2}); }),
         "broadcast_to: X (5, 2): does not stretch to (2) (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, sum_to(x, {3}); }),
         "sum_to: X (5, 2): (3) does not stretch to (5, 2) (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, slice(x, {{}, {}, {0, 1}});
         }),
         "slice: X (5, 2): 3 ranges for 2 axes (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, slice(v, {{0, 1}, {0, 1}});
         }),
         "slice: input 1 (3): 2 ranges for 1 axis (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, slice(x, {{}, {0, 1, 0}});
         }),
         "slice: X (5, 2): the step of axis 1 is 0 (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, transpose(x, {0, 0});
         }),
         "transpose: X (5, 2): the order has to name each axis once (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, transpose(x, {0}); }),
         "transpose: X (5, 2): the order has to name each axis once (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, transpose(v, {1}); }),
         "transpose: input 1 (3): axis 1 is out of range for 1 axis (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, concatenate({x, w});
         }),
         "concatenate: X (5, 2), W (3, 1): all extents but that of axis 0 have to agree (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, concatenate({x, v}, 1);
         }),
         "concatenate: X (5, 2), input 2 (3): all extents but that of axis 1 have to agree (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, concatenate({x, x}, -3);
         }),
         "concatenate: X (5, 2), X (5, 2): axis -3 is out of range for 2 axes (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, sum(x, 2); }),
         "sum: X (5, 2): axis 2 is out of range for 2 axes (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, sum(x, 256); }),
         "sum: X (5, 2): axis 256 is out of range for 2 axes (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, mean(v, -2); }),
         "mean: input 1 (3): axis -2 is out of range for 1 axis (here)");
  expect(misfit([&](unsigned& line) {
           line = __LINE__, mean(x, {1, -1});
         }),
         "mean: X (5, 2): axis -1 is named twice (here)");
}

TEST_CASE_FIXTURE(Recorded, "inside scopes errors name the line of the outermost scope") {
  const auto in_layer = [&] {
    const auto scope = tape.scope("layer");
    static_cast<void>(matmul(x, w));
  };
  unsigned outer_line = 0;
  const auto in_model = [&](unsigned& line) {
    line = outer_line = __LINE__ + 1;
    const auto scope = tape.scope("model");
    in_layer();
  };
  expect(said<ShapeError>(in_model),
         "matmul: X (5, 2) · W (3, 1): inner dimensions 2 and 3 differ (here)");
  expect(misfit([&](unsigned& line) { line = __LINE__, matmul(x, w); }),  // it is closed again
         "matmul: X (5, 2) · W (3, 1): inner dimensions 2 and 3 differ (here)");
}

TEST_CASE("a variable of an earlier recording") {
  Tape tape;
  const auto old = tape.variable(some<double>({2}), "old");
  const auto J = sum(old);
  tape.record();
  const auto x = tape.variable(some<double>({2}), "x");
  const auto y = sum(x);
  const std::string gone =
      ": a variable of an earlier recording; what was recorded before tape.record() or "
      "tape.rewind() is gone";
  const auto stale = [&](auto call) { return refused<HandleError>(tape, call); };
  expect(stale([&](unsigned& line) { line = __LINE__, x + old; }), "add" + gone + " (here)");
  expect(stale([&](unsigned& line) {
           line = __LINE__, reshape(old, {2, 1});
         }),
         "reshape" + gone + " (here)");
  expect(stale([&](unsigned& line) { line = __LINE__, transpose(old); }),
         "transpose" + gone + " (here)");
  expect(stale([&](unsigned& line) {
           line = __LINE__, slice(old, {{0, 1}});
         }),
         "slice" + gone + " (here)");
  expect(stale([&](unsigned&) { static_cast<void>(old.value()); }), "value" + gone);
  expect(stale([&](unsigned&) { static_cast<void>(J.item()); }), "item" + gone);
  expect(stale([&](unsigned&) { static_cast<void>(old.shape()); }), "shape" + gone);
  expect(stale([&](unsigned&) { static_cast<void>(old.name()); }), "name" + gone);
  expect(stale([&](unsigned&) { old.named("new"); }), "named" + gone);
  expect(stale([&](unsigned&) { static_cast<void>(old.active()); }), "active" + gone);
  expect(stale([&](unsigned&) { gradients(J); }), "gradients" + gone);
  expect(stale([&](unsigned&) { recorded_gradient(J, x); }), "recorded_gradients" + gone);
  expect(stale([&](unsigned&) { recorded_gradient(y, old); }), "recorded_gradients" + gone);
  const auto grad = gradients(y);
  expect(stale([&](unsigned&) { grad[old]; }), "gradient" + gone);
  expect(stale([&](unsigned&) { static_cast<void>(grad.reached(old)); }), "reached" + gone);
}

TEST_CASE("gradients know only what was recorded before them") {
  Tape tape;
  const xtape::Parameter p(some<double>({2}), "p"), q(some<double>({2}), "q");
  const auto x = tape.variable(some<double>({200}), "x");
  const auto grad = gradients(sum(x) + sum(tape.constant(1.0) * p));
  const auto later = tape.variable(some<double>({2}), "later");
  const std::string after = " was recorded after these gradients were computed";
  expect(said<HandleError>([&](unsigned&) { grad[later]; }), "gradient: later (2)" + after);
  expect(said<HandleError>([&](unsigned&) { grad[q]; }),
         "gradient: parameter q is not in this recording");
  CHECK_FALSE(grad.reached(later));
  CHECK_FALSE(grad.reached(q));
  tape.record();
  const auto next = tape.variable(some<double>({9000}), "next");
  const auto leaf = tape.parameter(p);
  expect(said<HandleError>([&](unsigned&) { grad[next]; }), "gradient: next (9000)" + after);
  expect(said<HandleError>([&](unsigned&) { grad[p]; }), "gradient: p (2)" + after);
  CHECK_FALSE(grad.reached(next));
  CHECK_FALSE(grad.reached(p));
  Module<const xtape::Parameter> module{p};
  expect(said<Error>([&](unsigned&) { gradients(sum(leaf), module)[q]; }),
         "gradient: parameter q is none of those asked for");
}

TEST_CASE("contributions of records that the sweep did not see") {
  Tape tape, other;
  const auto x = tape.variable(some<double>({3}), "x");
  const auto grad = gradients(sum(x * 2));
  const auto theirs = gradients(sum(other.variable(some<double>({3})) * 2));
  sum(square(x));
  expect(said<HandleError>([&](unsigned&) { contribution(tape, 0, 0, theirs); }),
         "contribution: the gradients are of another tape");
  const std::string after = " was recorded after these gradients were computed";
  expect(said<HandleError>([&](unsigned&) { contribution(tape, 2, 0, grad); }),
         "contribution: record 2, square," + after);
  expect(said<Error>([&](unsigned&) { contribution(tape, 4, 0, grad); }),
         "contribution: record 4 of 4");
  expect(said<Error>([&](unsigned&) { contribution(tape, 0, 2, grad); }),
         "contribution: input 2 of multiply, which has 2");
  tape.record();
  sum(tape.variable(some<double>({3})) * 2);
  expect(said<HandleError>([&](unsigned&) { contribution(tape, 0, 0, grad); }),
         "contribution: record 0, multiply," + after);
}

TEST_CASE("another tape's variable, an empty one, none at all") {
  Tape tape, other;
  const auto x = tape.variable(2.0, "x"), y = other.variable(3.0);
  const Variable empty;
  const xtape::Parameter p(some<double>({2}), "p");
  const auto bad = [&](auto call) { return refused<HandleError>(tape, call); };
  expect(bad([&](unsigned& line) { line = __LINE__, x * y; }),
         "multiply: a variable of another tape (here)");
  expect(bad([&](unsigned& line) {
           line = __LINE__, concatenate({x, y});
         }),
         "concatenate: a variable of another tape (here)");
  const auto grad = gradients(x * 2);
  expect(bad([&](unsigned&) { grad[y]; }), "gradient: a variable of another tape");
  expect(bad([&](unsigned&) { recorded_gradient(x, y); }),
         "recorded_gradients: a variable of another tape");
  const std::string never = ": an empty variable, which was never recorded";
  expect(bad([&](unsigned& line) { line = __LINE__, x - empty; }), "subtract" + never + " (here)");
  expect(bad([&](unsigned& line) { line = __LINE__, empty - x; }), "subtract" + never + " (here)");
  expect(bad([&](unsigned& line) { line = __LINE__, exp(empty); }), "exp" + never + " (here)");
  expect(bad([&](unsigned& line) { line = __LINE__, reshape(empty, {}); }),
         "reshape" + never + " (here)");
  expect(bad([&](unsigned&) { static_cast<void>(empty.value()); }), "value" + never);
  expect(bad([&](unsigned&) { static_cast<void>(empty.item()); }), "item" + never);
  expect(bad([&](unsigned&) { static_cast<void>(empty.shape()); }), "shape" + never);
  expect(bad([&](unsigned&) { empty.named("e"); }), "named" + never);
  expect(bad([&](unsigned&) { gradients(empty); }), "gradients" + never);
  expect(bad([&](unsigned&) { recorded_gradient(empty, x); }), "recorded_gradients" + never);
  expect(bad([&](unsigned&) { grad[empty]; }), "gradient" + never);
  CHECK_FALSE(empty.active());
  const std::string none =
      ": none of the inputs is a variable, so there is no tape to record on; begin with "
      "tape.parameter(p), tape.variable(x) or tape.constant(x) (here)";
  expect(bad([&](unsigned& line) { line = __LINE__, p * p; }), "multiply" + none);
  expect(bad([&](unsigned& line) { line = __LINE__, sigmoid(xtape::Operand(2)); }),
         "sigmoid" + none);
}

TEST_CASE("integers, too many axes, a recording without a generator") {
  Tape tape;
  const xt::xarray<int> whole = {{1, 2}, {3, 4}};
  expect(refused<Error>(tape, [&](unsigned& line) { line = __LINE__, tape.variable(whole, "n"); }),
         "variable: n (2, 2): an array of integers has no derivative; give it as floating-point "
         "numbers (here)");
  expect(refused<Error>(tape, [&](unsigned& line) { line = __LINE__, tape.variable(whole); }),
         "variable: (2, 2): an array of integers has no derivative; give it as floating-point "
         "numbers (here)");
  const auto nine = [](unsigned&) { Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; };
  expect(said<ShapeError>(nine), "Shape: an array has at most 8 axes");
  const Array<double> deep = xt::ones<double>({1, 1, 1, 1, 1, 1, 1, 1, 1});
  expect(refused<ShapeError>(tape, [&](unsigned&) { tape.constant(deep); }),
         "Shape: an array has at most 8 axes");
  expect(refused<Error>(tape, [&](unsigned&) { static_cast<void>(tape.random()); }),
         "Tape: the recording has no generator: tape.record({.random = generator})");
}

TEST_CASE("a parameter that was updated after it was recorded") {
  Tape tape;
  xtape::Parameter p(some<double>({3}), "hidden.weight");
  const auto x = tape.variable(some<double>({3}));
  const auto leaf = tape.parameter(p);
  const auto y = x * p, J = sum(y);
  const auto grad = gradients(J);
  p.update(some<double>({3}, 5));
  Module<xtape::Parameter> module{p};
  const auto stale = [&](auto call) { return said<StaleParameterError>(call); };
  const std::string updated =
      ": parameter hidden.weight (3) was updated after it was recorded; record again";
  expect(stale([&](unsigned&) { gradients(J); }), "gradients" + updated);
  expect(stale([&](unsigned&) { gradients(y, some<double>({3})); }), "gradients" + updated);
  expect(stale([&](unsigned&) { gradients(J, module); }), "gradients" + updated);
  expect(stale([&](unsigned&) { recorded_gradient(J, x); }), "recorded_gradients" + updated);
  expect(stale([&](unsigned&) { contribution(tape, 0, 0, grad); }), "contribution" + updated);
  expect(stale([&](unsigned&) { static_cast<void>(leaf.value()); }), "value" + updated);
  expect(stale([&](unsigned& line) { line = __LINE__, x * p; }), "multiply" + updated + " (here)");
  expect(stale([&](unsigned& line) { line = __LINE__, tape.parameter(p); }),
         "parameter" + updated + " (here)");
  CHECK(y.value()(0) == x.value()(0) * some<double>({3})(0));  // was computed before
  tape.record();
  CHECK(gradients(sum(tape.constant(2.0) * p))[p](0) == 2);

  const auto version = p.version();
  const auto misfit = [&](unsigned&) { p.update(some<double>({2, 2})); };
  expect(said<ShapeError>(misfit),
         "Parameter hidden.weight (3): update with an array of shape (2, 2)");
  CHECK(p.version() == version);
  CHECK(p.value()(0) == some<double>({3}, 5)(0));
}

TEST_CASE_FIXTURE(Recorded, "J has to have one element, a cotangent J's shape") {
  expect(misfit([&](unsigned&) { gradients(x); }),
         "gradients: X (5, 2) has 10 elements; reduce it to one (sum, mean) or give its cotangent");
  expect(misfit([&](unsigned&) {
           gradients(x, some<double>({2, 5}));
         }),
         "gradients: X (5, 2) with a cotangent of shape (2, 5): the shapes have to be equal");
  expect(misfit([&](unsigned&) { gradients(x, Array<double>(1.0)); }),
         "gradients: X (5, 2) with a cotangent of shape (): the shapes have to be equal");
  expect(misfit([&](unsigned&) { recorded_gradient(x, x); }),
         "recorded_gradients: X (5, 2) has 10 elements; reduce it to one (sum, mean)");
  expect(misfit([&](unsigned&) { static_cast<void>(x.item()); }),
         "item: X (5, 2) has 10 elements, not one");
  const auto unnamed = x * 2;
  expect(misfit([&](unsigned&) { gradients(unnamed); }),
         "gradients: J (5, 2) has 10 elements; reduce it to one (sum, mean) or give its cotangent");
  expect(misfit([&](unsigned&) { static_cast<void>(unnamed.item()); }),
         "item: an array (5, 2) has 10 elements, not one");
  const auto grad = gradients(sum(unnamed));
  expect(said<Error>([&](unsigned&) { contribution(tape, 99, 0, grad); }),
         "contribution: record 99 of " + std::to_string(tape.records()));
  expect(said<Error>([&](unsigned&) { contribution(tape, 0, 2, grad); }),
         "contribution: input 2 of multiply, which has 2");
}

TEST_CASE("a rule that gives an array of the wrong shape") {
  Tape tape;
  const auto x = tape.variable(some<double>({5}), "x");
  const auto each = [&](const auto& operation, const std::string& text, const std::string& other) {
    const unsigned line = __LINE__ + 1;
    const auto J = sum(apply(operation, x * 1));
    const auto at = [&](unsigned& here) { here = line; };
    expect(refused<ShapeError>(tape, [&](unsigned& here) { at(here), gradients(J); }), text);
    const auto grad = gradients(sum(x));
    expect(said<ShapeError>([&](unsigned& here) { at(here), recorded_gradient(J, x); }), other);
  };
  each(WrongVjp{}, "my_sum: the vjp for input 1 (5): gives an array of shape () (here)",
       "my_sum: the vjp for input 1 (5): gives an array of shape () (here)");
  each(MisfitVjp{}, "my_copy: the vjp for input 1 (5): has 5 elements and (17) has 17 (here)",
       "reshape: input 1 (5): has 5 elements and (17) has 17 (here)");
  CHECK(gradients(sum(x))[x](4) == 1);
}
