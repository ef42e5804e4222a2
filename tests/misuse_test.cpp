// What a user does wrong other than shapes that do not fit: marks, replays and gradients whose
// recording or tape is gone, temporaries, assignment, operations given as structs.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/nn.hpp>

#include "recordings.hpp"

namespace {

using recordings::bits;
using recordings::halves;
using recordings::list;
using recordings::some;
using xtape::Array;
using xtape::concatenate;
using xtape::HandleError;
using xtape::Parameter;
using xtape::Shape;
using xtape::ShapeError;
using xtape::StaleParameterError;
using xtape::Tape;
using xtape::Variable;
using Numbers = std::vector<double>;

struct Pair {
  Parameter a, b;
  void parameters(auto& each) {
    each("a", a);
    each("b", b);
  }
};

/// The identity whose rule claims the shape of its input for what is another one.
struct WrongReshape {
  static constexpr auto name = "wrong_reshape";
  static Shape output_shape(const Shape&) { return {}; }
  template <class E>
  static void value(xtape::View<E> y, xtape::View<const E> x) {
    y.data[0] = x.data[0];
  }
  static auto vjp(xtape::wrt<0>, auto g, auto x) { return reshape(g, shape_of(x)); }
};

}  // namespace

TEST_CASE("of two outputs one may go unused, in every step") {
  Pair pair{Parameter(some<double>({4}), "a"), Parameter(some<double>({4}, 9), "b")};
  Tape tape;
  for (int step = 0; step < 4; ++step) {
    tape.record();
    const auto a = tanh(tape.parameter(pair.a) * 2), b = sin(tape.parameter(pair.b) + 1);
    const auto first = halves(concatenate({a * b, a + b}))[0];
    const auto J = sum(square(first)) + sum(square(a - b));
    const auto all = gradients(J);
    const auto some_of = gradients(J, pair);
    CHECK(bits(some_of[pair.a]) == bits(all[pair.a]));
    CHECK(bits(some_of[pair.b]) == bits(all[pair.b]));
  }
}

TEST_CASE("a mark is of use while what it marks stands") {
  Tape tape, other;
  tape.variable(some<double>({3}));
  const auto mark = tape.mark();
  tape.variable(some<double>({3}));
  tape.rewind(mark);
  CHECK(tape.slots() == 1);
  CHECK_THROWS_WITH_AS(other.rewind(mark), "rewind: a mark of another tape, or of none",
                       HandleError);
  CHECK_THROWS_WITH_AS(tape.rewind(Tape::Mark{}), "rewind: a mark of another tape, or of none",
                       HandleError);
  tape.record();
  const char* const gone = "rewind: a mark of a recording that is gone; take another";
  CHECK_THROWS_WITH_AS(tape.rewind(mark), gone, HandleError);
  const auto x = tape.variable(some<double>({5}));
  CHECK_THROWS_WITH_AS(tape.rewind(mark), gone, HandleError);
  CHECK(list(x.value()).size() == 5);
  CHECK_THROWS_WITH_AS(static_cast<void>(tape.handle(1)), "handle: slot 1 of 1", HandleError);
}

TEST_CASE("going back to a mark lets go of what was taken over since") {
  Tape tape;
  tape.variable(1.0);
  const auto mark = tape.mark();
  struct Counted : std::vector<double> {};
  for (int i = 0; i < 3; ++i) {
    tape.constant(some<double>({1000}));
    const auto again = tape.mark();
    CHECK(again.taken == 1);
    tape.rewind(mark);
  }
}

TEST_CASE("a replay is of use while its recording stands") {
  Tape tape;
  const auto x = tape.variable(some<double>({3}), "x");
  const auto y = square(x);
  xtape::Replay replay(tape);
  xtape::WideReplay<double> wide(tape);
  for (int i = 0; i < 3; ++i) {
    replay.set(x, Array<double>{1, 2, double(i)});
    replay.run();
    CHECK(list(replay[y]) == Numbers{1, 4, double(i * i)});
  }
  tape.record();
  tape.variable(some<double>({4000}));
  const char* const gone = "replay: the recording that it was made of is gone; make another";
  CHECK_THROWS_WITH_AS(replay.run(), gone, HandleError);
  CHECK_THROWS_WITH_AS(replay.set(tape.handle(0), some<double>({4000})), gone, HandleError);
  CHECK_THROWS_WITH_AS(wide.run(), gone, HandleError);
}

TEST_CASE("the gradient of a temporary handle is an array of its own") {
  Tape tape;
  const auto w = tape.variable(Array<double>{1, 2, 3});
  const auto y = w * 2;
  const auto first = gradients(y, Array<double>{10, 20, 30})[w];
  const auto second = gradients(y, Array<double>{50, 60, 70})[w];
  CHECK(list(first) == Numbers{20, 40, 60});
  CHECK(list(second) == Numbers{100, 120, 140});
  Pair pair{Parameter(some<double>({2})), Parameter(some<double>({2}))};
  const auto third = gradients(sum(tape.parameter(pair.a) * 3), pair)[pair.a];
  const auto fourth = gradients(sum(tape.parameter(pair.a) * 5), pair)[pair.a];
  CHECK(list(third) == Numbers{3, 3});
  CHECK(list(fourth) == Numbers{5, 5});
}

TEST_CASE("gradients may be held longer than their tape") {
  const Parameter p(some<double>({3}), "p");
  auto tape = std::make_unique<Tape>();
  const auto grad = gradients(sum(tape->parameter(p)));
  const auto view = grad[p];
  tape.reset();
  CHECK(list(view) == Numbers{1, 1, 1});
  const char* const gone = "gradient: the tape that these gradients were computed on is gone";
  CHECK_THROWS_WITH_AS(grad[p], gone, HandleError);
  CHECK_THROWS_WITH_AS(static_cast<void>(grad.reached(p)), gone, HandleError);
}

TEST_CASE("a change that throws counts all the same") {
  Parameter p(2.0, "p");
  Tape tape;
  const auto J = sum(tape.parameter(p) * tape.constant(some<double>({4})));
  CHECK_THROWS_AS(p.update([](double* values, std::size_t) {
    values[0] = 100;
    throw std::runtime_error("no");
  }),
                  std::runtime_error);
  CHECK_THROWS_AS(gradients(J), StaleParameterError);
  tape.record();
  CHECK(list((tape.parameter(p) + tape.constant(Array<double>{0, 0, 0, 0})).value()) ==
        Numbers(4, 100));
}

TEST_CASE("assignment is an update, and reaches whoever holds the parameter") {
  Pair pair{Parameter(some<double>({2}), "a"), Parameter(some<double>({3}), "b")};
  const Pair best = pair;
  xtape::nn::Sgd sgd(pair, {.learning_rate = 0.5});
  Tape tape;
  const auto loss = [&] {
    const auto a = tape.parameter(pair.a);  // recorded first
    return sum(square(a)) + sum(tape.parameter(pair.b));
  };
  auto J = loss();
  pair = best;
  CHECK_THROWS_WITH_AS(gradients(J, pair),
                       "gradients: parameter a (2) was updated after it was recorded; record again",
                       StaleParameterError);
  tape.record();
  J = loss();
  sgd.step(gradients(J, pair));
  CHECK(list(pair.a.value()) == Numbers{0, 0});
  CHECK(list(best.a.value()) == list(some<double>({2})));

  // Another shape is another array: what was recorded with the old one is of no use.
  tape.record();
  J = loss();
  pair.a = Parameter(some<double>({7}), "wide");
  CHECK(pair.a.shape() == Shape{7});
  CHECK_THROWS_AS(gradients(J, pair), StaleParameterError);

  std::swap(pair.a, pair.b);
  CHECK(pair.a.name() == "b");
  CHECK(pair.b.shape() == Shape{7});
}

TEST_CASE("a parameter that was moved from, of integers, of one number") {
  Parameter p(some<double>({2}), "p");
  const Parameter q = std::move(p);
  const char* const moved = "Parameter: it was moved from and has no array any more";
  CHECK_THROWS_WITH_AS(static_cast<void>(p.value()), moved, xtape::Error);
  Tape tape;
  CHECK_THROWS_WITH_AS(tape.parameter(p), moved, xtape::Error);
  p = q;
  CHECK(list(p.value()) == list(q.value()));
  CHECK_THROWS_WITH_AS(Parameter(xt::xarray<int>{1, 2}, "n"),
                       "Parameter n (2): an array of integers has no derivative; give it as "
                       "xt::xarray<double>",
                       xtape::Error);
  CHECK(Parameter(0.5).value()() == 0.5);
  CHECK(Parameter(0.5).shape() == Shape{});
}

TEST_CASE("two tapes that see many short-lived parameters let go of them") {
  Tape one, two;
  std::vector<std::weak_ptr<xtape::ParameterStorage<double>>> seen;
  for (int i = 0; i < 500; ++i) {
    const Parameter p(some<double>({3}));
    for (Tape* const tape : {&one, &two}) {
      tape->record();
      sum(tape->parameter(p));
    }
    seen.push_back(p.storage());
  }
  std::size_t alive = 0;
  for (const auto& storage : seen) alive += storage.expired() ? 0 : 1;
  CHECK(alive < 20);
}

TEST_CASE("operations given as structs are checked as well") {
  Tape tape;
  const auto x = tape.variable(some<double>({2, 3}), "x");
  xtape::Slice part{.shape = {2, 2}};
  part.step.fill(1);
  part.first = {0, 2};
  CHECK_THROWS_WITH_AS(slice(x, part),
                       doctest::Contains("slice: x (2, 3): elements 2 to 3 of axis 1 do not lie "
                                         "in (2, 3)"),
                       ShapeError);
  part.first = {0, -1};
  CHECK_THROWS_AS(slice(x, part), ShapeError);
  CHECK_THROWS_WITH_AS(slice(x, xtape::Slice{.shape = {2}}),
                       doctest::Contains("a part of 1 axes does not lie in (2, 3)"), ShapeError);
  CHECK_THROWS_WITH_AS(embed(x, part, {5, 5}),
                       doctest::Contains("embed: x (2, 3): does not fill a part of shape (2, 2)"),
                       ShapeError);
  part.shape = {2, 3};
  part.first = {0, 1};
  CHECK_THROWS_WITH_AS(embed(x, part, {3, 3}),
                       doctest::Contains("elements 1 to 3 of axis 1 do not lie in (3, 3)"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      transpose(x, xtape::Transpose{}),
      doctest::Contains("transpose: x (2, 3): the order has to name each axis once"), ShapeError);
  CHECK_THROWS_WITH_AS(gradients(apply(WrongReshape{}, x)),
                       doctest::Contains("wrong_reshape: the vjp for x (2, 3): "), ShapeError);
}

TEST_CASE("shapes larger than any memory") {
  CHECK_THROWS_WITH_AS((Shape{std::size_t{1} << 32, std::size_t{1} << 32}),
                       "Shape: (4294967296) and an axis of extent 4294967296 are more elements "
                       "than any memory has",
                       ShapeError);
  CHECK((Shape{0, std::size_t{1} << 60}).size() == 0);
  Tape tape;
  const auto x = tape.variable(1.0, "x");
  CHECK_THROWS_AS(broadcast_to(x, {std::size_t{1} << 61}), ShapeError);
}

TEST_CASE("a recording that begins inside scopes has scopes of its own") {
  Tape tape;
  {
    const auto a = tape.scope("a");
    {
      const auto b = tape.scope("b");
      tape.record();
      const auto c = tape.scope("c");
    }
    tape.variable(1.0) * 2;
    CHECK(tape.record_at(0).scope == xtape::no_index);
  }
  tape.variable(1.0) * 2;
  CHECK(tape.record_at(1).scope == xtape::no_index);
}

TEST_CASE("a name keeps its handle") {
  Tape tape;
  const auto x = tape.variable(some<double>({2}));
  const auto& y = (x * 3).named("y");
  CHECK(y.name() == "y");
  CHECK(y.value()(0) == x.value()(0) * 3);
}

TEST_CASE("a recorded sweep differentiates what was asked for, and leaves nothing when it fails") {
  Tape tape;
  const auto x = tape.variable(2.0, "x"), w = tape.variable(some<double>({3, 3}), "w");
  const auto J = square(x) + sum(square(matmul(w, w)));
  const auto before = tape.records();
  CHECK(recorded_gradient(J, x).item() == 4);
  CHECK(tape.records() - before < 6);
  const auto wrong = sum(square(apply(WrongReshape{}, w)));
  const auto slots = tape.slots();
  CHECK_THROWS_AS(recorded_gradient(wrong, w), ShapeError);
  CHECK(tape.slots() == slots);
  CHECK(x.item() == 2);
}

TEST_CASE("axes: none, every, a truth value") {
  Tape tape;
  const auto x = tape.variable(Array<double>{{1, 2, 3}, {4, 5, 6}}, "x");
  CHECK(list(sum(x, {}).value()) == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(list(mean(x, {}).value()) == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(sum(x).item() == 21);
  CHECK(sum(x, xtape::Axes::every(), true).shape() == Shape{1, 1});
  static_assert(!std::is_convertible_v<bool, xtape::Axes>);
  const auto v = tape.variable(Array<double>{1, 2, 3, 4});
  CHECK(list(slice(v, {{.step = -1}}).value()) == Numbers{4, 3, 2, 1});
  CHECK(list(slice(v, {{.last = 2}}).value()) == Numbers{1, 2});
  CHECK(list(slice(v, {{.step = 2}}).value()) == Numbers{1, 3});
  CHECK(list(gradients(sum(slice(v, {{.step = -1}}) *
                           tape.constant(Array<double>{1, 2, 3, 4})))[v]) == Numbers{4, 3, 2, 1});
}

TEST_CASE("what modules and losses are given empty, stale or old") {
  namespace nn = xtape::nn;
  Tape tape;
  xtape::Random random(1);
  const auto t = tape.variable(some<double>({2}), "t");
  CHECK_THROWS_WITH_AS(nn::half_mse(Variable(), t),
                       doctest::Contains("half_mse: an empty variable"), HandleError);
  const nn::Sequential sequential(nn::Linear(2, 2, random), xtape::sigmoid);
  CHECK_THROWS_WITH_AS(sequential(Variable()), doctest::Contains("Sequential: an empty variable"),
                       HandleError);
  CHECK_THROWS_AS(nn::Activation(nn::Activation::Function{}), std::invalid_argument);
  CHECK_THROWS_AS(nn::Activation(std::function<Variable(const Variable&)>()),
                  std::invalid_argument);

  nn::Neuron neuron(2, random);
  const auto x = tape.variable(some<double>({3, 2}), "x");
  const auto y = neuron(x);
  nn::Sgd sgd(neuron);
  const auto grad = gradients(sum(y), neuron);
  sgd.step(grad);
  CHECK_THROWS_WITH_AS(sgd.step(grad),
                       "Sgd: parameter weight (2, 1) was updated after these gradients were "
                       "computed; record again",
                       StaleParameterError);
  std::string said;
  unsigned line = 0;
  try {
    line = __LINE__, neuron(x);
  } catch (const StaleParameterError& error) {
    said = error.what();
  }
  CHECK(said ==
        "linear: parameter weight (2, 1) was updated after it was recorded; record again "
        "(misuse_test.cpp:" +
            std::to_string(line) + ")");
  CHECK(nn::accuracy(xt::xarray<double>{std::nan("")}, xt::xarray<double>{0}) == 0);
}

TEST_CASE_TEMPLATE("functions of functions in the branch that is not taken, at order 2", T, double,
                   float) {
  xtape::BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{0});
  const auto second = [&](const xtape::BasicVariable<T>& y) {
    CHECK(gradients(sum(y))[x](0) == 0);
    const auto first = recorded_gradient(sum(y), x);
    CHECK(gradients(sum(first))[x](0) == recorded_gradient(sum(first), x).value()(0));
    return recorded_gradient(sum(first), x).value()(0);
  };
  CHECK(second(where(x > 0, x * log(x), 0)) == 0);
  CHECK(second(where(x > 0, exp(sqrt(x)), 1)) == 0);
  CHECK(second(where(x > 0, sqrt(x) * sqrt(x) * sqrt(x), square(x))) == 2);
  // A perfect fit keeps its second derivative.
  const auto w = tape.variable(T(2));
  CHECK(recorded_gradient(recorded_gradient(square(w * T(3) - T(6)), w), w).item() == 18);
}

TEST_CASE("the cross-entropy keeps its digits for soft targets") {
  // Golden numbers: -t log σ(z) - (1 - t) log σ(-z) by mpmath at 40 digits.
  Tape tape;
  const double z = 32.93, u = 9.6e-14;
  const auto loss = xtape::nn::bce_with_logits(tape.variable(Array<double>{z}),
                                               tape.constant(Array<double>{1 - u}));
  CHECK(loss.item() == doctest::Approx(3.167405916884559296e-12).epsilon(1e-15));
}
