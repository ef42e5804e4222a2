// A recording evaluated again: the same bits, other leaves, extended precision, directions.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include <xtape/autodiff.hpp>

using namespace xtape;

namespace {

struct Recorded {
  Tape tape;
  Array<double> inputs = {{0.5, -1.5}, {2.0, 0.25}, {-0.75, 1.0}};
  Variable x = tape.constant(inputs, "x");
  Variable w = tape.variable(Array<double>{{0.3, -0.7}, {1.1, 0.4}}, "w");
  Variable b = tape.variable(Array<double>{0.1, -0.2}, "b");
  Variable h = tanh(linear(x, w, b));
  Variable y = where(h > 0, sqrt(h + 1), square(h)) * 2 + sum(h, 0);
  Variable J = mean(concatenate({y, y* h}));
};

template <class A, class B>
bool same_bits(const A& a, const B& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace

TEST_CASE("a replay with the same leaves gives the recorded bits") {
  Recorded r;
  Replay replay(r.tape);
  replay.run();
  for (std::uint32_t i = 0; i < r.tape.slots(); ++i)
    CHECK(same_bits(replay[r.tape.handle(i)], r.tape.handle(i).value()));
}

TEST_CASE("a replay with other leaves gives what recording with them gives") {
  Recorded r;
  const Array<double> other = {{-0.4, 0.9}, {0.2, 1.3}};
  std::vector<Array<double>> before;
  for (std::uint32_t i = 0; i < r.tape.slots(); ++i) before.push_back(r.tape.handle(i).value());
  Replay replay(r.tape);
  replay.set(r.w, other);
  replay.run();

  Recorded again;
  again.tape.record();
  again.x = again.tape.constant(again.inputs);
  again.w = again.tape.variable(other);
  again.b = again.tape.variable(Array<double>{0.1, -0.2});
  again.h = tanh(linear(again.x, again.w, again.b));
  again.y = where(again.h > 0, sqrt(again.h + 1), square(again.h)) * 2 + sum(again.h, 0);
  again.J = mean(concatenate({again.y, again.y * again.h}));
  CHECK(same_bits(replay[r.J], again.J.value()));
  CHECK(same_bits(replay[r.h], again.h.value()));
  for (std::uint32_t i = 0; i < r.tape.slots(); ++i)  // the recording is as it was
    CHECK(same_bits(r.tape.handle(i).value(), before[i]));
}

TEST_CASE("another number in a replay is one for every element") {
  Tape tape;
  const Array<double> x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const Variable number = tape.variable(2.0), one = tape.variable(Array<double>{3});
  const Variable y = tape.constant(x) * number, z = tape.constant(x) * one;
  Replay replay(tape);
  replay.set(number, 20.0);
  replay.set(one, Array<double>{30});
  replay.run();
  CHECK(same_bits(replay[y], Array<double>(x * 20)));
  CHECK(same_bits(replay[z], Array<double>(x * 30)));
}

TEST_CASE("a replay of a recording that is gone is refused, in extended precision too") {
  Tape tape;
  const auto record = [&] { return square(tape.variable(2.0)); };
  record();
  Replay replay(tape);
  WideReplay<double> wide(tape);
  tape.record();
  record();  // the same, in the same places
  CHECK_THROWS_AS(replay.run(), HandleError);
  CHECK_THROWS_AS(wide.run(), HandleError);
}

TEST_CASE("a wide replay agrees with the recording, and its tangent with the gradient") {
  Recorded r;
  const Array<double> direction = {{0.7, -0.2}, {0.1, 0.5}};
  WideReplay<double> replay(r.tape);
  replay.set_tangent(r.w, direction);
  replay.run();
  CHECK(static_cast<double>(replay.value(r.J)()) == doctest::Approx(r.J.item()).epsilon(1e-14));
  const auto grad = gradients(r.J);
  double along = 0;
  for (std::size_t i = 0; i < 4; ++i) along += grad[r.w].data()[i] * direction.data()[i];
  CHECK(std::abs(static_cast<double>(replay.tangent(r.J)()) - along) <= 1e-15);
}

TEST_CASE("a replay refuses what is no leaf, another shape, and an updated parameter") {
  Recorded r;
  Replay replay(r.tape);
  CHECK_THROWS_WITH_AS(
      replay.set(r.J, 1.0),
      "replay: input 1 () was computed by mean; only leaves can be given other values",
      HandleError);
  CHECK_THROWS_WITH_AS(replay.set(r.w, 1.0),
                       "replay: w (2, 2) with values of shape (): the shapes have to be equal",
                       ShapeError);
  const Variable later = r.J * 2;
  CHECK_THROWS_WITH_AS(static_cast<void>(replay[later]),
                       "replay: a variable recorded after the replay was made", HandleError);

  Parameter p(Array<double>{1.0, 2.0}, "p");
  const Variable q = sum(r.tape.parameter(p));
  Replay with_parameter(r.tape);
  p.update(Array<double>{3.0, 4.0});
  CHECK_THROWS_WITH_AS(with_parameter.run(),
                       "replay: parameter p (2) was updated after it was recorded; record again",
                       StaleParameterError);
  static_cast<void>(q);
}
