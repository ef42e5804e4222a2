// The tape as a store: leaves, values, names, scopes, recordings that follow each other, marks.

#include <doctest/doctest.h>

#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtensor/xio.hpp>

#include "recordings.hpp"

namespace {

using recordings::list;
using recordings::some;
using xtape::Array;
using xtape::BasicParameter;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::Shape;
template <class T>
using List = std::vector<T>;

}  // namespace

TEST_CASE_TEMPLATE("an lvalue is copied: what happens to it afterwards changes nothing", T, double,
                   float) {
  BasicTape<T> tape;
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{7, 5}, Shape{40, 9}}) {
    Array<T> X = some<T>(shape);
    const List<T> before = list(X);
    const auto constant = tape.constant(X), variable = tape.variable(X);
    X.fill(99);
    CHECK(constant.shape() == shape);
    CHECK(list(constant.value()) == before);
    CHECK(list(variable.value()) == before);
    CHECK_FALSE(constant.active());
    CHECK(variable.active());
  }
}

TEST_CASE_TEMPLATE("an rvalue is taken over, a borrowed array read where it is", T, double, float) {
  BasicTape<T> tape;
  Array<T> X = some<T>({400, 9});
  const List<T> before = list(X);
  const T* const memory = X.data();
  const auto borrowed = tape.constant(xtape::borrow(X));
  CHECK(borrowed.value().data() == memory);
  CHECK(list(borrowed.value()) == before);
  const auto taken = tape.constant(std::move(X));
  CHECK(taken.value().data() == memory);
  CHECK(list(taken.value()) == before);
  CHECK(list((taken * 2).value())[5] == before[5] * 2);

  Array<T> small = {1, 2, 3};
  const auto from_small = tape.constant(xtape::borrow(small));
  CHECK(list(from_small.value()) == List<T>{1, 2, 3});
  CHECK(list(tape.constant(std::move(small)).value()) == List<T>{1, 2, 3});

  xt::xtensor<T, 2> fixed_rank = xt::ones<T>({300, 10});
  const T* const other = fixed_rank.data();
  CHECK(tape.constant(std::move(fixed_rank)).value().data() == other);
}

TEST_CASE_TEMPLATE("what owns no memory is copied, temporary or not", T, double, float) {
  BasicTape<T> tape;
  std::vector<T> storage(100, 1);
  const auto adapted = tape.constant(xt::adapt(storage, std::vector<std::size_t>{10, 10}));
  storage[7] = 5;
  CHECK(adapted.value().flat(7) == 1);

  BasicParameter<T> p(some<T>({100}));
  const List<T> before = list(p.value());
  const auto constant = tape.constant(p.value());
  p.update(xt::zeros<T>({100}));
  CHECK(list(constant.value()) == before);

  const auto w = tape.variable(some<T>({100}));
  BasicVariable<T> gradient;
  {
    const auto grad = gradients(sum(w * 3));
    gradient = tape.constant(grad[w]);
  }
  const auto other = gradients(sum(w * 5));  // over the memory of the first
  CHECK(list(gradient.value()) == List<T>(100, 3));
}

TEST_CASE_TEMPLATE("views and formulas are read row by row, whatever their layout", T, double,
                   float) {
  BasicTape<T> tape;
  const Array<T> X = {{1, 2, 3}, {4, 5, 6}};
  const auto both = [&](const auto& expression, const Shape& shape, const List<T>& expected) {
    for (const auto& x : {tape.constant(expression), tape.variable(expression)}) {
      CHECK(x.shape() == shape);
      CHECK(list(x.value()) == expected);
    }
  };
  both(xt::view(X, 1), {3}, {4, 5, 6});
  both(xt::view(X, xt::all(), 1), {2}, {2, 5});
  both(xt::view(X, xt::range(1, 2), xt::range(1, 3)), {1, 2}, {5, 6});
  both(xt::view(X, xt::all(), xt::range(0, 3, 2)), {2, 2}, {1, 3, 4, 6});
  both(xt::transpose(X), {3, 2}, {1, 4, 2, 5, 3, 6});
  both(X * 2 + 1, {2, 3}, {3, 5, 7, 9, 11, 13});
  both(xt::sum(X, {0}), {3}, {5, 7, 9});
  const xt::xarray<T, xt::layout_type::column_major> columns = X;
  both(columns, {2, 3}, {1, 2, 3, 4, 5, 6});
  const xt::xtensor_fixed<T, xt::xshape<2>> fixed = {7, 8};
  both(fixed, {2}, {7, 8});
  CHECK(list(tape.constant(xt::view(X, 0)).value()) == List<T>{1, 2, 3});
  CHECK(list(tape.constant(xt::xarray<int>({1, 2})).value()) == List<T>{1, 2});
  CHECK(list(tape.constant(xt::xarray<long double>{1.5L}).value()) == List<T>{T(1.5)});
}

TEST_CASE_TEMPLATE("single numbers and empty arrays", T, double, float) {
  BasicTape<T> tape;
  const auto number = tape.variable(T(2.5)), whole = tape.variable(3);
  CHECK(number.shape() == Shape{});
  CHECK(number.item() == T(2.5));
  CHECK(whole.item() == 3);
  CHECK(number.value()() == T(2.5));
  const auto zero_rank = tape.constant(Array<T>(T(4)));
  CHECK(zero_rank.shape() == Shape{});
  CHECK(zero_rank.item() == 4);
  CHECK(tape.variable(Array<T>(xt::ones<T>({1, 1}) * 5)).item() == 5);
  const auto empty = tape.variable(Array<T>(Array<T>::from_shape({3, 0})));
  CHECK(empty.shape() == Shape{3, 0});
  CHECK(empty.value().size() == 0);
  CHECK(sum(empty * 2 + number).item() == 0);
  CHECK((empty + number).shape() == Shape{3, 0});
}

TEST_CASE("a value is an xtensor expression over the tape's own memory") {
  xtape::Tape tape;
  const auto x = tape.variable(Array<double>{{1, 2}, {3, 4}});
  const auto y = x * 2;
  const double* const memory = tape.slot(y.index()).view.data;
  CHECK(y.value().data() == memory);
  const Array<double> sums = xt::sum(y.value() + x.value(), {1});
  CHECK(list(sums) == List<double>{9, 21});
  CHECK(y.value()(1, 0) == 6);
  CHECK(list(xt::view(y.value(), 1)) == List<double>{6, 8});
  CHECK(y.value().dimension() == 2);
  static_assert(std::is_const_v<std::remove_reference_t<decltype(y.value()(0, 0))>>,
                "values are not changed");
}

TEST_CASE("what is recorded later changes no value recorded before") {
  xtape::Tape tape;
  const auto x = tape.variable(some<double>({5, 3}));
  std::vector<std::pair<xtape::Variable, List<double>>> seen;
  auto y = x;
  for (int i = 0; i < 200; ++i) {
    y = i % 2 == 0 ? tanh(y) * 2 : reshape(y, i % 4 == 1 ? Shape{3, 5} : Shape{5, 3});
    seen.emplace_back(y, list(y.value()));
  }
  const auto grad = gradients(sum(y));
  static_cast<void>(recorded_gradient(sum(y), x));
  for (const auto& [variable, values] : seen) CHECK(list(variable.value()) == values);
}

TEST_CASE("names are kept by the tape, and may be given later") {
  xtape::Tape tape;
  std::string text = "weights";
  const auto w = tape.variable(2.0, text);
  text = "nothing";
  CHECK(w.name() == "weights");
  const auto y = sigmoid(w).named("y");
  CHECK(y.name() == "y");
  CHECK(y.item() == sigmoid(w).item());
  CHECK(tape.name_of(y.index()) == "y");
  y.named("output");
  CHECK(y.name() == "output");
  CHECK(square(y).name().empty());
  CHECK(xtape::Variable().name().empty());
  const xtape::Parameter p(Array<double>{1, 2}, "p");
  CHECK(tape.parameter(p).name() == "p");
}

TEST_CASE("records carry the place, the scope, or the place of the outermost scope") {
  xtape::Tape tape;
  const auto x = tape.variable(2.0);
  const auto place = [&](const xtape::Variable& y) {
    return to_string(tape.record_at(tape.slot(y.index()).record).place());
  };
  const auto at = [](unsigned line) { return " (tape_test.cpp:" + std::to_string(line) + ")"; };
  const auto scope_of = [&](const xtape::Variable& y) {
    return tape.record_at(tape.slot(y.index()).record).scope;
  };
  const unsigned plain_line = __LINE__ + 1;
  const auto plain = exp(x);
  CHECK(place(plain) == at(plain_line));
  CHECK(scope_of(plain) == xtape::no_index);
  {
    const unsigned outer_line = __LINE__ + 1;
    const auto outer = tape.scope("model");
    const auto first = exp(x);
    CHECK(place(first) == at(outer_line));
    {
      const auto inner = tape.scope("hidden");
      const auto second = exp(first);
      CHECK(place(second) == at(outer_line));
      const auto& scope = tape.scope_at(scope_of(second));
      CHECK(scope.name == "hidden");
      CHECK(tape.scope_at(scope.parent).name == "model");
      CHECK(tape.scope_at(scope.parent).parent == xtape::no_index);
    }
    const auto third = exp(first);
    CHECK(scope_of(third) == scope_of(first));
  }
  CHECK(scope_of(exp(x)) == xtape::no_index);
  {
    const auto elsewhere = tape.scope("layer", xtape::Place{"folder/model.cpp", 7});
    CHECK(place(exp(x)) == " (model.cpp:7)");
  }
}

TEST_CASE("masks, and what is chosen by them, have the caller's line") {
  xtape::Tape tape;
  const auto x = tape.variable(Array<double>{1, 2}), y = tape.variable(Array<double>{2, 2});
  const auto before = tape.records();
  const unsigned line = __LINE__ + 1;
  const auto z = where((!(x < y) && x == y) || x != y, x, select(x >= y, y, x));
  CHECK(list(z.value()) == List<double>{1, 2});
  CHECK(tape.records() >= before + 8);
  for (std::uint32_t r = before; r < tape.records(); ++r)
    CHECK(to_string(tape.record_at(r).place()) == " (tape_test.cpp:" + std::to_string(line) + ")");
}

TEST_CASE("a scope that outlives its recording leaves no trace in the next one") {
  xtape::Tape tape;
  {
    const auto outer = tape.scope("outer");
    const auto inner = tape.scope("inner");
    tape.record();
    const auto x = tape.variable(1.0);
    CHECK(tape.record_at(tape.slot(exp(x).index()).record).scope == xtape::no_index);
  }
  const auto x = tape.variable(1.0);
  CHECK(tape.record_at(tape.slot(exp(x).index()).record).scope == xtape::no_index);

  const auto outer = tape.scope("outer");
  const auto mark = tape.mark();
  {
    const auto inner = tape.scope("inner");
    tape.rewind(mark);
    const auto scope = tape.record_at(tape.slot(exp(x).index()).record).scope;
    CHECK(tape.scope_at(scope).name == "outer");
  }
  CHECK(tape.scope_at(tape.record_at(tape.slot(exp(x).index()).record).scope).name == "outer");
}

TEST_CASE("a parameter has one leaf in a recording, another in the next") {
  xtape::Tape tape;
  const xtape::Parameter p(Array<double>{1, 2}, "p"), q(Array<double>{3, 4}, "q");
  const auto first = tape.parameter(p);
  CHECK(tape.slots() == 1);
  CHECK(tape.parameter(p).index() == first.index());
  const auto square = first * p, product = first * q;
  const auto y = square + product;
  CHECK(tape.inputs_of(tape.record_at(0))[1] == first.index());
  CHECK(tape.inputs_of(tape.record_at(1))[0] == first.index());
  CHECK(tape.find_leaf(q.storage().get()) == tape.inputs_of(tape.record_at(1))[1]);
  CHECK(first.value().data() == p.value().data());
  CHECK(list(y.value()) == List<double>{4, 12});

  tape.record();
  CHECK(tape.find_leaf(p.storage().get()) == xtape::no_index);
  const auto x = tape.variable(1.0);  // at the slot that was p's
  CHECK(tape.find_leaf(p.storage().get()) == xtape::no_index);
  CHECK(tape.parameter(p).index() == x.index() + 1);
  const xtape::Parameter copy = p;
  CHECK(tape.parameter(copy).index() != tape.parameter(p).index());
}

TEST_CASE("parameters that nobody else holds live as long as the recording") {
  xtape::Tape tape;
  for (int round = 0; round < 3; ++round) {
    tape.record();
    std::vector<xtape::Variable> leaves;
    for (int i = 0; i < 500; ++i)
      leaves.push_back(tape.parameter(xtape::Parameter(Array<double>{i + 0.5, 1.0 * round})));
    auto total = tape.constant(0.0);
    for (const auto& leaf : leaves) total = total + sum(leaf * leaf);
    const auto grad = gradients(total);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const double x = static_cast<double>(i) + 0.5;
      CHECK(list(leaves[i].value()) == List<double>{x, 1.0 * round});
      CHECK(list(grad[leaves[i]]) == List<double>{2 * x, 2.0 * round});
      CHECK(tape.find_leaf(tape.parameter_of(leaves[i].index())) == leaves[i].index());
    }
  }
}

TEST_CASE("a parameter copies deeply and takes its new values from any formula of its own") {
  xtape::Parameter p(Array<double>{{1, 2}, {3, 4}}, "p");
  const xtape::Parameter copy = p;
  const double* const memory = p.value().data();
  const auto version = p.version();
  p.update(xt::transpose(p.value()) * 2);
  CHECK(list(p.value()) == List<double>{2, 6, 4, 8});
  CHECK(p.value().data() == memory);
  CHECK(list(copy.value()) == List<double>{1, 2, 3, 4});
  CHECK(p.version() == version + 1);
  p.update([](double* values, std::size_t count) { std::iota(values, values + count, 0.0); });
  CHECK(list(p.value()) == List<double>{0, 1, 2, 3});
  xtape::Parameter number(Array<double>(1.0));
  number.update(Array<double>(5.0));
  xtape::Tape tape;
  CHECK(list((tape.constant(some<double>({9})) * 0 + number).value()) == List<double>(9, 5));
}

TEST_CASE("after a mark is come back to, earlier variables are as they were, later ones gone") {
  xtape::Tape tape;
  const xtape::Parameter p(Array<double>{1, 2}), q(Array<double>{5, 6});
  const auto x = tape.variable(Array<double>{3, 4}, "x");
  const auto y = x * p;
  const auto grad = gradients(sum(y));
  const auto records = tape.records(), slots = tape.slots();
  const auto mark = tape.mark();
  for (int round = 0; round < 5; ++round) {
    const auto z = y * q + round;
    CHECK(gradients(sum(z))[x](0) == 5);
    x.named("renamed");
    y.named("product");
    tape.rewind(mark);
    CHECK(tape.records() == records);
    CHECK(tape.slots() == slots);
    CHECK_THROWS_AS(static_cast<void>(z.value()), xtape::HandleError);
    CHECK(tape.find_leaf(q.storage().get()) == xtape::no_index);
    CHECK(tape.find_leaf(p.storage().get()) == tape.inputs_of(tape.record_at(0))[1]);
    const auto other = tape.variable(Array<double>{7, 8}, "a name that is longer than the others");
    CHECK_THROWS_AS(static_cast<void>(z.value()), xtape::HandleError);
    CHECK(x.name() == "x");
    CHECK(y.name().empty());
    CHECK(list(y.value()) == List<double>{3, 8});
    CHECK(list(grad[x]) == List<double>{1, 2});
    CHECK(list(gradients(sum(y * other))[x]) == List<double>{7, 16});
    while (tape.slots() <= z.index()) tape.variable(Array<double>{9, 9});
    CHECK_THROWS_AS(static_cast<void>(z.value()), xtape::HandleError);  // not what took its place
    CHECK_THROWS_AS(z + 1, xtape::HandleError);
    tape.rewind(mark);
  }
}

TEST_CASE_TEMPLATE("a tape is used again for recordings of any shapes", T, double, float) {
  BasicTape<T> tape;
  BasicVariable<T> before;
  for (int round = 0; round < 300; ++round) {
    tape.record();
    if (before.valid()) CHECK_THROWS_AS(static_cast<void>(before.value()), xtape::HandleError);
    CHECK(tape.records() == 0);
    CHECK(tape.slots() == 0);
    const std::size_t n = round % 3 == 0 ? 1 : round % 3 == 1 ? 100 : 1000;
    const auto x = tape.constant(Array<T>(xt::ones<T>({n, std::size_t{2}})));
    const auto w = tape.variable(Array<T>{T(round), 2}, "w");
    const auto y = matmul(x, w);
    CHECK(list(y.value()) == List<T>(n, T(round + 2)));
    const auto grad = gradients(sum(y));
    CHECK(list(grad[w]) == List<T>(2, static_cast<T>(n)));
    before = y;
  }
}

TEST_CASE("a recording has a mode and a generator of its own") {
  xtape::Tape tape;
  CHECK(tape.training());
  const auto first = tape.record({.training = false});
  CHECK(&first.tape() == &tape);
  CHECK_FALSE(tape.training());
  xtape::Random random(7), same(7);
  tape.record({.training = true, .random = random});
  CHECK(tape.training());
  CHECK(&tape.random() == &random);
  CHECK(tape.random().uniform() == same.uniform());
  CHECK(random == same);
  tape.record();
  CHECK_THROWS_AS(static_cast<void>(tape.random()), xtape::Error);
}

TEST_CASE("tapes know nothing of each other") {
  xtape::Tape first, second;
  const xtape::Parameter p(Array<double>{1, 2});
  const auto x = first.variable(2.0), y = second.variable(3.0);
  const auto a = sum(x * p), b = sum(y * p);
  CHECK(gradients(a)[p](0) == 2);
  CHECK(gradients(b)[p](0) == 3);
  second.record();
  CHECK(a.item() == 6);
}

TEST_CASE("a parameter that is renamed after it was recorded goes by its new name") {
  BasicTape<double> tape;
  BasicParameter<double> p(xtape::Shape{2},
                           "a name that is longer than what a string keeps in itself");
  const auto leaf = tape.parameter(p);
  p.rename("weight");
  CHECK(leaf.name() == "weight");
}

TEST_CASE_TEMPLATE("a variable is printed as the array of its values", T, double, float) {
  BasicTape<T> tape;
  std::ostringstream variable, array;
  const auto x = tape.variable(Array<T>{{1, T(-2.5)}, {2, -5}});
  variable << -x;
  array << -x.value();
  CHECK(variable.str() == array.str());
  CHECK(variable.str().find("2.5") != std::string::npos);
}
