// The sweeps: sums over paths, what is not reached, handles, contributions, recorded derivatives.

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>

#include "recordings.hpp"

namespace {

using recordings::bits;
using recordings::check_contributions;
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

/// x², which counts how often its partial is computed and asks for it to be stored.
struct CountedSquare {
  static constexpr auto name = "counted_square";
  static constexpr bool store_partial = true;
  static inline int partials = 0;
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) {
    ++partials;
    return 2 * x;
  }
};

/// An operation whose partial is a plain number, neither 0 nor 1 nor -1.
struct Tripled {
  static constexpr auto name = "tripled";
  static auto value(auto x) { return 3 * x; }
  static auto partial(auto) { return 3; }
};

/// A sum of which a is pulled to 0 by each element that it is used in, whatever J is: a pullback
/// that does not ask for the cotangent.
struct PulledToZero {
  static constexpr auto name = "pulled_to_zero";
  static auto value(auto a, auto b) { return a + b; }
  static auto pullback(xtape::wrt<0>, auto, auto a, auto) { return a; }
  static auto pullback(xtape::wrt<1>, auto g, auto, auto) { return g; }
};

}  // namespace

TEST_CASE_TEMPLATE("gradients sum over all paths", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{1, -2, 3}), c = tape.variable(T(2));
  const auto h = x * c;
  const auto u = h + 1, v = h * h, J = sum(u * v + h);
  // J = Σ (h + 1) h² + h with h = 2x: dJ/dh = 3h² + 2h + 1.
  const auto grad = gradients(J);
  CHECK(list(grad[J]) == List<T>{1});
  CHECK(list(grad[u]) == List<T>{4, 16, 36});
  CHECK(list(grad[v]) == List<T>{3, -3, 7});
  CHECK(list(grad[h]) == List<T>{17, 41, 121});
  CHECK(list(grad[x]) == List<T>{34, 82, 242});
  CHECK(list(grad[c]) == List<T>{17 - 82 + 363});
  CHECK(list(recorded_gradient(J, x).value()) == List<T>{34, 82, 242});
  CHECK(list(recorded_gradient(J, c).value()) == List<T>{298});
  CHECK(list(recorded_gradient(J, h).value()) == List<T>{17, 41, 121});
}

TEST_CASE_TEMPLATE("a variable used many times at once", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(T(3)), a = tape.variable(Array<T>{{1, 2}, {3, 4}});
  CHECK(gradients(x * x)[x]() == 6);
  CHECK(gradients(x + x)[x]() == 2);
  CHECK(gradients(x - x)[x]() == 0);
  CHECK(gradients(x / x)[x]() == 0);
  CHECK(list(gradients(sum(matmul(a, a)))[a]) == List<T>{7, 11, 9, 13});
  CHECK(list(gradients(sum(concatenate({a, a * 2, a}, 1)))[a]) == List<T>{4, 4, 4, 4});
  CHECK(list(gradients(sum(linear(a, a, slice(reshape(a, {4}), {{0, 2}}))))[a]) ==
        List<T>{9, 13, 9, 13});
  CHECK(list(recorded_gradient(sum(matmul(a, a)), a).value()) == List<T>{7, 11, 9, 13});
}

TEST_CASE_TEMPLATE("a parameter or a module used twice has the sum of its gradients", T, double,
                   float) {
  BasicTape<T> tape;
  const BasicParameter<T> w(Array<T>{{1, 2}, {3, 4}});
  const auto layer = [&](const auto& x) { return matmul(x, w); };
  const auto x = tape.constant(Array<T>{{1, -1}});
  const auto J = sum(layer(layer(x)));  // x·W·W
  const auto grad = gradients(J);
  // xᵀ·(1·Wᵀ) + (x·W)ᵀ·1
  CHECK(list(grad[w]) == List<T>{3 - 2, 7 - 2, -3 - 2, -7 - 2});
  CHECK(bits(grad[w]) == bits(grad[tape.parameter(w)]));
  CHECK(grad.reached(w));
}

TEST_CASE_TEMPLATE("what is constant has no gradient, what is not on the path has zeros", T, double,
                   float) {
  BasicTape<T> tape;
  const auto c = tape.constant(some<T>({2, 3})), w = tape.variable(some<T>({3}, 5));
  const auto aside = tape.variable(some<T>({4, 2}, 9));
  const auto squared = square(c), dead = exp(w), mask = (w > 0).variable();
  const auto y = squared * w * mask, J = sum(y);  // a constant before, and one behind
  const auto later = J * 2;
  const auto grad = gradients(J);
  CHECK_FALSE(squared.active());
  CHECK_FALSE(mask.active());
  CHECK(y.active());
  for (const auto& x : {c, squared, dead, mask, aside}) {
    CHECK_FALSE(grad.reached(x));
    CHECK(grad.set().at[x.index()].data == nullptr);  // nothing was computed for it
    if (!x.active()) {                                // zeros would be a wrong gradient
      CHECK_THROWS_AS(grad[x], xtape::Error);
      CHECK_THROWS_AS(recorded_gradient(J, x), xtape::Error);
      continue;
    }
    CHECK(Shape(grad[x].shape()) == x.shape());
    CHECK(list(grad[x]) == List<T>(x.shape().size(), 0));
    CHECK_FALSE(grad.reached(x));  // reading zeros changes nothing
  }
  for (const auto& x : {w, y, J}) CHECK(grad.reached(x));
  CHECK_FALSE(grad.reached(later));
  const auto recorded = recorded_gradients(J, {w, aside});
  CHECK(bits(recorded[0].value()) == bits(grad[w]));
  CHECK(recorded[1].shape() == aside.shape());
  CHECK(list(recorded[1].value()) == List<T>(8, 0));
  CHECK_FALSE(recorded[1].active());
  // Nothing was recorded for what is constant.
  for (std::uint32_t r = 0; r < tape.records(); ++r) {
    const auto& record = tape.record_at(r);
    if (record.derives_record == xtape::no_index) continue;
    const auto inputs = tape.inputs_of(tape.record_at(record.derives_record));
    CHECK(tape.slot(inputs[record.derives_input]).active);
  }
  check_contributions(tape, J, grad);  // the zeros that were read do not disturb
}

TEST_CASE_TEMPLATE("a constant J has only zeros, and a leaf is its own gradient", T, double,
                   float) {
  BasicTape<T> tape;
  const auto w = tape.variable(Array<T>{2}), c = tape.constant(T(3));
  CHECK_THROWS_AS(gradients(c * c)[c], xtape::Error);
  CHECK(list(gradients(w)[w]) == List<T>{1});
  CHECK(list(gradients(c)[w]) == List<T>{0});
  CHECK(list(recorded_gradient(w, w).value()) == List<T>{1});
}

TEST_CASE_TEMPLATE("an array's gradient is that of its product with the cotangent", T, double,
                   float) {
  BasicTape<T> tape;
  const auto w = tape.variable(some<T>({3})), x = tape.constant(some<T>({4, 3}, 7));
  const auto y = tanh(x * w);
  const Array<T> seed = some<T>({4, 3}, 2);
  const auto grad = gradients(y, seed);
  CHECK(bits(grad[w]) == bits(gradients(sum(y * tape.constant(seed)))[w]));
  CHECK(bits(grad[y]) == bits(seed));
  CHECK(bits(gradients(y, seed * 1)[w]) == bits(grad[w]));
  CHECK(bits(gradients(y, xt::transpose(Array<T>(xt::transpose(seed))))[w]) == bits(grad[w]));
  const auto J = sum(y);
  CHECK(list(gradients(J, Array<T>(T(2)))[w]) == list(gradients(J * 2)[w]));
  CHECK(gradients(reshape(J, {1, 1}))[w](1) == gradients(J)[w](1));
}

TEST_CASE_TEMPLATE("sweeping again gives the same bits", T, double, float) {
  BasicTape<T> tape;
  const auto w = tape.variable(some<T>({50, 7})), b = tape.variable(some<T>({7}, 3));
  const auto h = sigmoid(matmul(tape.constant(some<T>({9, 50}, 2)), w) + b);
  const auto J = mean(square(h) * h + exp(h));
  std::vector<decltype(bits(w.value()))> seen;
  for (int i = 0; i < 3; ++i) {
    const auto grad = gradients(J);
    CHECK(bits(grad[w]) == bits(gradients(J)[w]));
    CHECK(bits(grad[b]) == bits(gradients(J)[b]));
    seen.push_back(bits(grad[w]));
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0] == seen[2]);
}

TEST_CASE("gradients keep their numbers while a handle lives, and are used again after it") {
  xtape::Tape tape;
  const auto x = tape.variable(some<double>({100}));
  const auto J = sum(x * 2), K = sum(x * 3);
  const auto first = gradients(J);
  const auto* const memory = first[x].data();
  const auto second = gradients(K);
  auto third = second;
  CHECK(&third.set() == &second.set());
  CHECK(&first.set() != &second.set());
  CHECK(list(first[x]) == List<double>(100, 2));
  CHECK(list(third[x]) == List<double>(100, 3));
  third = first;
  third = *&third;
  CHECK(list(third[x]) == List<double>(100, 2));
  CHECK(list(second[x]) == List<double>(100, 3));
  const double* released = nullptr;
  {
    const auto fourth = gradients(sum(x * 4));
    released = fourth[x].data();
    CHECK(released != memory);
    const auto copy = fourth;
    CHECK(copy[x](0) == 4);
  }
  const auto fifth = gradients(sum(x * 5));
  CHECK(fifth[x].data() == released);
  CHECK(list(first[x]) == List<double>(100, 2));
  tape.record();
  const auto later = tape.variable(some<double>({100}));
  const auto sixth = gradients(sum(later * 6));
  CHECK(memory[99] == 2);  // `first` still lives, though its variables are gone
  CHECK(sixth[later](0) == 6);
}

TEST_CASE_TEMPLATE("contributions sum to the gradient bit by bit", T, double, float) {
  BasicTape<T> tape;
  const BasicParameter<T> w(some<T>({5, 3}, 3)), b(some<T>({3}, 8));
  const auto x = tape.variable(some<T>({6, 5})), s = tape.variable(T(0.7), "s");
  const auto column = tape.variable(some<T>({6, 1}, 11)), wide = tape.variable(some<T>({1, 1}, 2));
  const auto h = tanh(linear(x, w, b) * s + column);
  const auto twice = concatenate({h, h * wide, slice(h, {{0, 6, 2}}), h}, 0);
  const auto picked = where(twice > 0, twice * s, square(twice) - b);
  const auto thrice = concatenate({h, h, h}) * tape.constant(some<T>({18, 3}, 4));
  const auto again = matmul(transpose(h), h) + reshape(sum(h * h, 0), {1, 3}) * s;
  const auto J = mean(picked) + sum(tanh(thrice)) + sum(again * again) / 7 + sum(s * w * w) +
                 sum(maximum(h, h)) + s * s;
  CHECK(check_contributions(tape, J, gradients(J)) > 40);

  const auto seed = some<T>({3, 3}, 5);
  CHECK(check_contributions(tape, again, gradients(again, seed)) > 8);

  const auto [first, second] = halves(reshape(h, {18}) * s);
  const auto L = sum(first * first) + sum(second * slice(first, {{0, 1}}));
  CHECK(check_contributions(tape, L, gradients(L)) > 8);
}

TEST_CASE("contributions have the parts that are added, at the input they belong to") {
  xtape::Tape tape;
  const auto x = tape.variable(Array<double>{1, 2}), c = tape.constant(Array<double>{5, 7});
  const auto J = sum(x * c * x);
  const auto unrelated = square(x);
  const auto grad = gradients(J);
  CHECK(list(contribution(tape, 0, 0, grad)) == List<double>{5, 14});
  CHECK(list(contribution(tape, 0, 1, grad)) == List<double>{0, 0});  // a constant
  CHECK(list(contribution(tape, 1, 1, grad)) == List<double>{5, 14});
  CHECK(list(grad[x]) == List<double>{10, 28});
  CHECK(list(contribution(tape, tape.slot(unrelated.index()).record, 0, grad)) ==
        List<double>{0, 0});
}

TEST_CASE_TEMPLATE("a contribution that is -0 is no other zero", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{1, 2});
  const auto J = sum(x * tape.constant(Array<T>{T(-0.0), 0}));
  const auto grad = gradients(J);
  CHECK(bits(grad[x]) == bits(Array<T>{T(-0.0), 0}));
  CHECK(bits(contribution(tape, 0, 0, grad)) == bits(grad[x]));
}

TEST_CASE_TEMPLATE("a pullback that does not ask for the cotangent counts for each element", T,
                   double, float) {
  BasicTape<T> tape;
  const auto a = tape.variable(Array<T>{1, 2, 3}), b = tape.variable(some<T>({2, 3}));
  const auto J = sum(apply(PulledToZero{}, a, b));
  CHECK(list(gradients(J)[a]) == List<T>{2, 4, 6});
  CHECK(list(recorded_gradient(J, a).value()) == List<T>{2, 4, 6});
  CHECK(list(recorded_gradient(J, b).value()) == List<T>(6, 1));
}

TEST_CASE_TEMPLATE("a partial that is a plain number", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{1, -2});
  const auto J = sum(square(apply(Tripled{}, x)));  // 9x²
  CHECK(list(gradients(J)[x]) == List<T>{18, -36});
  const auto first = recorded_gradient(J, x);
  CHECK(list(first.value()) == List<T>{18, -36});
  CHECK(list(recorded_gradient(sum(first), x).value()) == List<T>{18, 18});
}

TEST_CASE_TEMPLATE("nothing is recorded where a partial is 0 everywhere", T, double, float) {
  BasicTape<T> tape;
  const auto mask = tape.variable(Array<T>{1, 0}), a = tape.variable(Array<T>{2, 3});
  const auto J = sum(square(apply(xtape::Where{}, mask, a, a * T(2))));
  const auto by = recorded_gradients(J, {mask, a});
  CHECK(list(by[0].value()) == List<T>{0, 0});
  CHECK_FALSE(by[0].active());  // it does not depend on a, as 0 times the cotangent would
  CHECK(list(by[1].value()) == List<T>{4, 24});
  CHECK(by[1].active());
}

TEST_CASE_TEMPLATE("a stored partial is computed once, with the value, where it is wanted", T,
                   double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{1, 2, 3}), row = tape.variable(Array<T>{2});
  CountedSquare::partials = 0;
  static_cast<void>(apply(CountedSquare{}, tape.constant(T(2))));
  CHECK(CountedSquare::partials == 0);
  const auto y = apply(CountedSquare{}, x * row), J = sum(y);
  const int forward = CountedSquare::partials;
  CHECK(forward > 0);
  CHECK(list(gradients(J)[x]) == List<T>{8, 16, 24});
  CHECK(list(gradients(J)[row]) == List<T>{56});
  CHECK(CountedSquare::partials == forward);
  const auto again = apply(CountedSquare{}, x);  // whose contribution is added to that of y
  CHECK(list(gradients(sum(y + again))[x]) == List<T>{8 + 2, 16 + 4, 24 + 6});
}

TEST_CASE("a zero that was read is no cotangent") {
  xtape::Tape tape;
  const auto w = tape.variable(Array<double>({1, 1}, 2.0));
  const auto x = tape.constant(Array<double>({1, 1}, std::numeric_limits<double>::infinity()));
  const auto dead = matmul(x, w), J = sum(w);
  const auto grad = gradients(J);
  CHECK(list(grad[dead]) == List<double>{0});
  CHECK(list(contribution(tape, 0, 1, grad)) == List<double>{0});
}

TEST_CASE_TEMPLATE("an operation of two outputs, of which both, one or none are used", T, double,
                   float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{1, 2, 3, 4, 5});
  const auto [first, second] = halves(x);
  CHECK(list(first.value()) == List<T>{1, 2});
  CHECK(list(second.value()) == List<T>{3, 4, 5});
  const auto both = sum(square(first)) + sum(first) * sum(second);
  const auto only_first = sum(square(first)), only_second = sum(square(second));
  const auto neither = sum(x * x);
  const auto check = [&](const BasicVariable<T>& J, const List<T>& expected) {
    CHECK(list(gradients(J)[x]) == expected);
    CHECK(list(recorded_gradient(J, x).value()) == expected);
  };
  check(both, {14, 16, 3, 3, 3});
  check(only_first, {2, 4, 0, 0, 0});
  check(only_second, {0, 0, 6, 8, 10});
  check(neither, {2, 4, 6, 8, 10});
  CHECK_FALSE(gradients(only_first).reached(second));
  CHECK(list(gradients(second, Array<T>{1, 2, 3})[x]) == List<T>{0, 0, 1, 2, 3});
  CHECK(list(gradients(first, Array<T>{1, 2})[x]) == List<T>{1, 2, 0, 0, 0});
  const auto d = recorded_gradient(sum(first * first * first), x);
  CHECK(list(recorded_gradient(sum(d * d), x).value()) == List<T>{36, 288, 0, 0, 0});
}

TEST_CASE("recorded derivatives of higher order") {
  xtape::Tape tape;
  const auto w = tape.variable(2.0), x = tape.constant(3.0), t = tape.constant(6.0);
  const auto first = recorded_gradient(square(w * x - t), w);  // w x = t
  CHECK(first.item() == 0);
  CHECK(recorded_gradient(first, w).item() == 2 * 3.0 * 3.0);

  const auto zero = tape.variable(0.0);
  const auto kinked = recorded_gradient(where(zero > 0, sqrt(zero), square(zero)), zero);
  CHECK(kinked.item() == 0);
  CHECK(recorded_gradient(kinked, zero).item() == 2);

  // tanh: 0, 1, 0, -2; sigmoid: 1/2, 1/4, 0, -1/8.
  const auto third = [&](const xtape::Variable& y) {
    List<double> orders = {y.item()};
    auto derivative = y;
    for (int i = 0; i < 3; ++i)
      orders.push_back((derivative = recorded_gradient(derivative, zero)).item());
    return orders;
  };
  CHECK(third(tanh(zero)) == List<double>{0, 1, 0, -2});
  CHECK(third(sigmoid(zero)) == List<double>{0.5, 0.25, 0, -0.125});
}

TEST_CASE("a gradient that depends on the variable twice is differentiated along both ways") {
  xtape::Tape tape;
  const auto x = tape.variable(Array<double>{1, 2}), y = tape.variable(Array<double>{3, 5});
  const auto first = recorded_gradients(sum(x * x * y), {x, y});  // 2xy, x²
  CHECK(list(first[0].value()) == List<double>{6, 20});
  const auto mixed = recorded_gradient(sum(first[0]) + sum(first[1] * y), x);
  CHECK(list(mixed.value()) == List<double>{2 * 3 + 2 * 3, 2 * 5 + 2 * 2 * 5});
}

TEST_CASE("derivative records say whose derivative they are, at the original's place") {
  xtape::Tape tape;
  const auto x = tape.variable(some<double>({3})), w = tape.variable(2.0);
  const unsigned line = __LINE__ + 1;
  const auto y = sigmoid(x * w);
  const auto J = sum(y * y * 3);
  const auto original = tape.records();
  static_cast<void>(recorded_gradients(J, {x, w}));
  CHECK(tape.records() > original + 4);
  std::array<int, 5> seen{};
  for (std::uint32_t r = 0; r < tape.records(); ++r) {
    const auto& record = tape.record_at(r);
    if (r < original) {
      CHECK(record.derives_record == xtape::no_index);
      continue;
    }
    REQUIRE(record.derives_record < original);
    const auto& of = tape.record_at(record.derives_record);
    REQUIRE(record.derives_input < of.inputs);
    CHECK(tape.slot(tape.inputs_of(of)[record.derives_input]).active);  // nothing for constants
    CHECK(to_string(record.place()) == to_string(of.place()));
    ++seen[record.derives_record];
  }
  CHECK(to_string(tape.record_at(0).place()) ==
        " (gradients_test.cpp:" + std::to_string(line) + ")");
  for (const int count : seen) CHECK(count > 0);
  const auto after = x * 2;
  CHECK(tape.record_at(tape.slot(after.index()).record).derives_record == xtape::no_index);
}

TEST_CASE("a chain of a million records") {
  xtape::Tape tape;
  constexpr int n = 1000000;
  const auto x = tape.variable(Array<double>{1, 2});
  auto y = x;
  for (int i = 0; i < n; ++i) y = i == n / 2 ? y * 3 : y + 1;
  CHECK(tape.records() == n);
  CHECK(list(y.value()) == List<double>{2.0 * n + 2, 2.0 * n + 5});
  const auto grad = gradients(sum(y));
  CHECK(list(grad[x]) == List<double>{3, 3});
  const auto fan = tape.mark();
  auto total = tape.constant(0.0);
  for (int i = 0; i < 1000; ++i) total = total + x;
  CHECK(list(gradients(sum(total))[x]) == List<double>{1000, 1000});
  tape.rewind(fan);
  CHECK(tape.slots() == grad.set().at.size());
}
