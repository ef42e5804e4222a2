// Gradients of parameters alone: those of everything, in a module's order. What lies in between
// shares memory, but never while it is needed.

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include <xtape/autodiff.hpp>

#include "recordings.hpp"

namespace {

using recordings::bits;
using recordings::halves;
using recordings::list;
using recordings::some;
using xtape::Array;
using xtape::BasicParameter;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::concatenate;
using xtape::Shape;
template <class T>
using List = std::vector<T>;

/// A module in which one parameter has two names.
template <class T>
struct Shared {
  BasicParameter<T> a{some<T>({2, 3}), "a"}, b{some<T>({3}, 9), "b"}, unused{some<T>({70}), "c"};
  void parameters(auto& each) {
    each("b", b);
    each("a", a);
    each("unused", unused);
    each("again", a);
  }
};

template <class T>
struct One {
  BasicParameter<T> p{some<T>({1})};
  void parameters(auto& each) { each("p", p); }
};

/// Two parameters, and one that is asked for in vain.
template <class T>
struct Pair {
  BasicParameter<T> a, b, unused{some<T>({70}), "c"};
  Pair(const Shape& of_a, const Shape& of_b) : a(some<T>(of_a), "a"), b(some<T>(of_b, 9), "b") {}
  void parameters(auto& each) {
    each("b", b);
    each("a", a);
    each("unused", unused);
  }
};

/// The gradients of the parameters are those that share nothing, when the sweep is planned and when
/// its plan is run again.
template <class T>
void check_shared(const BasicVariable<T>& J, Pair<T>& pair) {
  const auto all = gradients(J);
  for (int sweep = 0; sweep < 3; ++sweep) {
    CAPTURE(sweep);
    const auto shared = gradients(J, pair);
    CHECK(bits(shared[pair.a]) == bits(all[pair.a]));
    CHECK(bits(shared[pair.b]) == bits(all[pair.b]));
    CHECK(list(shared[pair.unused]) == List<T>(70, 0));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("gradients of a module are those of everything, bit for bit, in its order", T,
                   double, float) {
  BasicTape<T> tape;
  Shared<T> shared;
  const auto h = tanh(matmul(tape.constant(some<T>({5, 2}, 4)), shared.a) + shared.b);
  const auto J = mean(square(h)) + sum(tape.parameter(shared.a));
  const auto all = gradients(J);
  const auto some_of = gradients(J, shared);
  CHECK(bits(some_of[shared.a]) == bits(all[shared.a]));
  CHECK(bits(some_of[shared.b]) == bits(all[shared.b]));
  CHECK(some_of.reached(shared.a));
  CHECK_FALSE(some_of.reached(shared.unused));
  CHECK(list(some_of[shared.unused]) == List<T>(70, 0));
  CHECK_FALSE(all.reached(shared.unused));

  const auto entries = some_of.entries();
  REQUIRE(entries.size() == 4);
  const std::array<const BasicParameter<T>*, 4> order = {&shared.b, &shared.a, &shared.unused,
                                                         &shared.a};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(entries[i].parameter == order[i]->storage().get());
    CHECK(entries[i].gradient == some_of[*order[i]].data());
  }
  CHECK(entries[1].gradient == entries[3].gradient);
  CHECK(entries[0].gradient < entries[1].gradient);  // one buffer
  CHECK(entries[1].gradient < entries[2].gradient);
  CHECK(entries[3].reached);
}

TEST_CASE_TEMPLATE("what is recorded beside the path to J is not reached", T, double, float) {
  BasicTape<T> tape;
  Shared<T> shared;
  const auto beside = tape.parameter(shared.unused) * T(2);
  const auto grad = gradients(sum(square(tape.parameter(shared.a))), shared);
  CHECK(beside.active());
  CHECK(grad.reached(shared.a));
  CHECK_FALSE(grad.reached(shared.unused));
  CHECK_FALSE(grad.reached(shared.b));
}

TEST_CASE_TEMPLATE("a single parameter may be J itself", T, double, float) {
  One<T> one;
  BasicTape<T> tape;
  CHECK(list(gradients(tape.parameter(one.p), one)[one.p]) == List<T>{1});
  CHECK(list(gradients(tape.constant(T(1)) + T(1), one)[one.p]) == List<T>{0});
}

TEST_CASE_TEMPLATE("what the parameters' gradients go through shares no memory while it is needed",
                   T, double, float) {
  BasicTape<T> tape;
  Pair<T> pair({2, 3}, {3});
  const auto p = reshape(tape.parameter(pair.a), {3, 2}),
             q = matmul(p, tape.constant(some<T>({2, 3}, 5)));
  const auto r = tanh(q) + pair.b, a = sin(r * T(2)), b = tanh(q - T(1)), c = tanh(r + T(1)),
             d = sin(q * r);
  // Both factors wait for their turn while the product's own place is free again.
  const auto J = sum(square(matmul(a * b, c * d)));
  check_shared(J, pair);
}

TEST_CASE_TEMPLATE("parameters side by side have room for whole vectors", T, double, float) {
  BasicTape<T> tape;
  Pair<T> pair({2, 3}, {3});
  // The gradient of b, which stands first, is written last.
  const auto first = square(tape.parameter(pair.b)), second = square(tape.parameter(pair.a));
  check_shared(sum(first) + sum(second), pair);
}

TEST_CASE_TEMPLATE("a product's cotangent is not overwritten by the gradient made of it", T, double,
                   float) {
  BasicTape<T> tape;
  Pair<T> pair({4, 4}, {4});
  // Both have the size of the product, or of what is turned.
  const auto product = matmul(tanh(pair.a * tape.constant(T(2))), tape.constant(some<T>({4, 4})));
  check_shared(sum(square(product + pair.b)), pair);
  check_shared(sum(transpose(sin(product)) * (product - pair.b)), pair);
}

TEST_CASE_TEMPLATE("an empty array's cotangent has no room for the gradient of a stretched row", T,
                   double, float) {
  BasicTape<T> tape;
  Pair<T> pair({100}, {90});
  const auto kept = tanh(tape.constant(T(1)) * pair.b) * T(3),
             row = tanh(tape.constant(T(1)) * pair.a);
  const auto total = sum(kept);  // its cotangent is stretched while that of `none` is summed
  const auto none = tape.constant(Array<T>::from_shape({0, 100})) * row;
  CHECK(none.shape() == Shape{0, 100});
  check_shared(total + sum(none), pair);
  CHECK(list(gradients(total + sum(none), pair)[pair.a]) == List<T>(100, 0));
}

TEST_CASE_TEMPLATE("the zeros of an output that is not used last from sweep to sweep", T, double,
                   float) {
  BasicTape<T> tape;
  Pair<T> pair({3}, {3});
  const auto u = tanh(tape.constant(T(2)) * pair.a), v = u * pair.b;
  // The gradients of u and v are as large as that of the half that has none.
  for (const auto& whole : {concatenate({u, v}), concatenate({v, u})}) {
    const auto [first, second] = halves(whole);
    check_shared(sum(first * first * first), pair);
    check_shared(sum(second * second * second), pair);
  }
}
