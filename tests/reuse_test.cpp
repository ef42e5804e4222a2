// A tape that is used again cannot be told from a new one: random programs that are recorded over
// and over, a little changed each time, and the changes that are easiest to overlook, one by one.

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff.hpp>

#include "programs.hpp"
#include "recordings.hpp"

namespace {

using recordings::bits;
using recordings::list;
using recordings::some;
using xtape::Array;
using xtape::BasicParameter;
using xtape::BasicTape;
using xtape::concatenate;
using xtape::Parameter;
using xtape::Shape;
using xtape::Tape;
using xtape::Variable;

using Module = programs::Module<double>;

/// The values of everything that a program recorded and the gradients of what it returned.
std::vector<std::vector<std::uint64_t>> seen(Tape& tape, const Variable& J) {
  std::vector<std::vector<std::uint64_t>> result;
  const auto grad = gradients(J);
  for (std::uint32_t i = 0; i < tape.slots(); ++i) {
    const Variable x = tape.handle(i);
    result.push_back(bits(x.value()));
    if (x.active()) result.push_back(bits(grad[x]));
    result.push_back({x.shape().rank(), x.active(), grad.reached(x)});
  }
  return result;
}

/// Records a program on a used tape and on a new one. `program(tape)` gives what is derived.
template <class Program>
void check_as_new(Tape& tape, const Program& program) {
  Tape fresh;
  const auto expected = seen(fresh, program(fresh));
  for (int again = 0; again < 2; ++again) {
    tape.record();
    CHECK((seen(tape, program(tape)) == expected));
  }
}

/// The identity, which fails when it is told to.
struct Failing {
  static constexpr auto name = "failing";
  static inline bool fails = false;
  static Shape output_shape(const Shape& x) { return x; }
  template <class E>
  static void value(xtape::View<E> y, xtape::View<const E> x) {
    for (std::size_t i = 0; i < x.size(); ++i) y.data[i] = x.data[i];
    if (fails) throw std::runtime_error("failing");
  }
  static auto vjp(xtape::wrt<0>, auto g, auto) { return g; }
};

/// The identity, with a rule that gives another shape.
struct WrongVjp : Failing {
  static constexpr auto name = "wrong";
  static auto vjp(xtape::wrt<0>, auto g, auto) { return sum(g); }
};

}  // namespace

TEST_CASE_TEMPLATE("a tape that is used again cannot be told from a new one", T, double, float) {
  std::size_t warm = 0, recordings = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    programs::Author<T> author(seed);
    programs::Runner<T> again(author.world, false);
    for (int round = 0; round < 100; ++round) {
      CAPTURE(round);
      const programs::Program& program = author.next(again.misfits);
      const auto version = again.tape.version();
      const auto trace = again.run(program);
      warm += again.tape.version() == version;
      ++recordings;
      programs::Runner<T> once(author.world, true);
      REQUIRE((once.run(program) == trace));
      again.check_kept();
    }
  }
  // More where malloc hands out the address of the last array that was taken over.
  CHECK(warm > recordings / 4);
}

TEST_CASE_TEMPLATE("a training loop infers its recording once", T, double, float) {
  BasicTape<T> tape;
  BasicParameter<T> w(some<T>({2, 3})), b(some<T>({3}, 5));
  programs::Module<T> module{{&w, &b}};
  const Array<T> x = some<T>({5, 2}, 8), t = some<T>({5, 3}, 9);
  const auto loss = [&](BasicTape<T>& on) {
    const auto h = tanh(linear(on.constant(xtape::borrow(x)), w, b) * 0.5 + b);
    return mean(square(h - on.constant(t)));
  };
  std::uint64_t version = 0;
  for (int step = 0; step < 8; ++step) {
    tape.record();
    const auto J = loss(tape);
    const auto grad = gradients(J, module);
    BasicTape<T> fresh;
    const auto K = loss(fresh);
    CHECK(J.item() == K.item());
    CHECK(bits(grad[w]) == bits(gradients(K)[w]));
    CHECK(bits(grad[b]) == bits(gradients(K)[b]));
    if (step > 1) CHECK(tape.version() == version);
    version = tape.version();
    w.update(w.value() - grad[w] * T(0.1));
    b.update(b.value() - grad[b] * T(0.1));
  }
}

TEST_CASE("another parameter of an operation, another operation, other inputs") {
  Tape tape;
  const Array<double> x = some<double>({7}) * some<double>({7}), y = some<double>({7}, 9);
  for (const double exponent : {2.5, 3.5, 2.5})
    check_as_new(tape, [&](Tape& on) { return sum(pow(on.variable(x), exponent)); });
  for (const Shape& shape : {Shape{1, 7}, Shape{7, 1}, Shape{7}})
    check_as_new(tape, [&](Tape& on) { return sum(reshape(on.variable(x) * 1, shape)); });
  for (const std::ptrdiff_t last : {3, 5, 7, 3})
    check_as_new(tape, [&](Tape& on) { return sum(slice(on.variable(x), {{0, last}})); });
  for (const int which : {0, 1, 2, 3, 4, 5, 0})
    check_as_new(tape, [&](Tape& on) {
      const auto a = on.variable(x), b = on.variable(y);
      const auto c = which == 0   ? a - b
                     : which == 1 ? b - a
                     : which == 2 ? a * b
                     : which == 3 ? a * a
                     : which == 4 ? b * 3
                                  : tanh(a);
      return sum(c * c);
    });
}

TEST_CASE("a leaf of another shape, with or without a gradient, in the tape's memory or not") {
  Tape tape;
  for (const std::size_t n : {7U, 8U, 7U, 1U, 3U, 1U})
    check_as_new(tape, [&](Tape& on) { return sum(on.variable(some<double>({n})) * 2); });
  for (const Shape& shape : {Shape{2, 6}, Shape{6, 2}, Shape{3, 4}, Shape{12}})
    check_as_new(tape, [&](Tape& on) {
      const auto x = on.variable(some<double>(shape));
      return sum(square(sum(x, 0)) * 2);
    });
  const Array<double> big = some<double>({40, 30}), other = some<double>({40, 30}, 7);
  for (const int kind : {0, 1, 2, 3, 0, 2, 1})
    check_as_new(tape, [&](Tape& on) {
      const auto x = kind == 0   ? on.variable(big)
                     : kind == 1 ? on.constant(big)
                     : kind == 2 ? on.constant(xtape::borrow(big))
                                 : on.constant(xtape::borrow(other));
      return sum(tanh(x) * on.variable(2.0)) + sum(x * some<double>({1})(0));
    });
}

TEST_CASE("an operation that fails in the middle, in shape or in value") {
  Tape tape;
  const Parameter p(some<double>({3}), "p");
  const auto program = [&](Tape& on, bool misfit, bool failing) {
    const auto x = on.variable(some<double>({3}, 4)), y = on.constant(some<double>({2, 3}, 6));
    const auto u = x * 2;
    if (misfit) CHECK_THROWS_AS(matmul(matmul(y, u) * 3, p), xtape::ShapeError);
    Failing::fails = failing;
    if (failing) CHECK_THROWS_AS(apply(Failing{}, u), std::runtime_error);
    Failing::fails = false;
    return sum(square(apply(Failing{}, u)) * y + p * x);
  };
  for (const int way : {0, 0, 1, 1, 0, 2, 2, 0, 3, 0})
    check_as_new(tape, [&](Tape& on) { return program(on, way % 2 == 1, way >= 2); });
}

TEST_CASE("a parameter in the place of another one that is gone") {
  Tape tape;
  for (std::size_t i = 0; i < 60; ++i) {
    const Parameter p(some<double>(i % 3 == 0 ? Shape{2, 3} : Shape{3, 2}, static_cast<int>(i)));
    const Parameter q(some<double>({3, 2}, static_cast<int>(i + 1)));
    check_as_new(tape, [&](Tape& on) {
      const auto first = on.parameter(i % 2 == 0 ? p : q);
      const auto squares = sum(sum(first * first, 0) * 3);
      return first.shape() == q.shape() ? squares + sum(q * first) : squares;
    });
  }
}

TEST_CASE("gradients of everything, of some parameters, of another J, in turn") {
  Tape tape;
  Parameter p(some<double>({3}), "p"), q(some<double>({3}, 4), "q"), aside(some<double>({5}));
  Module both{{&p, &q}}, turned{{&q, &p}}, one{{&p}}, other{{&q}}, more{{&p, &q, &aside, &p}};
  for (int step = 0; step < 4; ++step) {
    tape.record();
    const auto x = tape.variable(some<double>({2, 3}, step)) * p, y = tanh(x) * q, z = y * x;
    const auto J = sum(z), K = sum(y);
    const auto expected = [&](const Variable& of, const Parameter& parameter) {
      Tape fresh;
      const auto u = fresh.variable(some<double>({2, 3}, step)) * p, v = tanh(u) * q, w = v * u;
      return bits(gradients(of.index() == J.index() ? sum(w) : sum(v))[parameter]);
    };
    for (int again = 0; again < 2; ++again)
      for (const Variable& of : {J, K, J}) {
        for (Module* const module : {&both, &turned, &one, &more, &one, &other, &both}) {
          const auto grad = gradients(of, *module);
          REQUIRE(grad.entries().size() == module->listed.size());
          for (const Parameter* const parameter : module->listed) {
            if (parameter == &aside) {
              CHECK(list(grad[aside]) == std::vector<double>(5, 0));
              CHECK_FALSE(grad.reached(aside));
            } else {
              CHECK(bits(grad[*parameter]) == expected(of, *parameter));
            }
          }
        }
        const auto all = gradients(of);
        CHECK(bits(all[p]) == expected(of, p));
        CHECK(bits(all[q]) == expected(of, q));
        CHECK(bits(all[of]) == bits(Array<double>(1.0)));
        const auto twice = gradients(of, Array<double>(2.0));
        CHECK(list(twice[x]) == list(all[x] * 2));
        CHECK(all.reached(z) == (of.index() == J.index()));
      }
  }
}

TEST_CASE(
    "a parameter that is updated is refused until it is recorded again, in a known recording") {
  Tape tape;
  Parameter p(some<double>({3}), "p");
  Module module{{&p}};
  const auto program = [&] { return sum(tape.variable(some<double>({3}, 5)) * p + p); };
  for (int step = 0; step < 4; ++step) {
    tape.record();
    const auto J = program();
    CHECK(list(gradients(J, module)[p]) == list(some<double>({3}, 5) + 1));
    p.update(p.value() * 0.5);
    CHECK_THROWS_AS(gradients(J), xtape::StaleParameterError);
    CHECK_THROWS_AS(gradients(J, module), xtape::StaleParameterError);
    CHECK_THROWS_AS(J * p, xtape::StaleParameterError);
    CHECK_THROWS_AS(tape.parameter(p), xtape::StaleParameterError);
  }
}

TEST_CASE("variables and gradients of a recording that came back are not those of the one before") {
  Tape tape;
  Variable x, y;
  std::optional<xtape::Gradients> kept;
  for (int step = 0; step < 5; ++step) {
    tape.record();
    const auto z = tape.variable(some<double>({200}, step)), w = tape.variable(2.0);
    const auto u = z * z * w, J = sum(u);
    if (step > 0) {
      for (const Variable& old : {x, y}) {
        CHECK_THROWS_AS(static_cast<void>(old.value()), xtape::HandleError);
        CHECK_THROWS_AS(old * z, xtape::HandleError);
        CHECK_THROWS_AS(gradients(old, some<double>({200})), xtape::HandleError);
      }
      CHECK_THROWS_AS((*kept)[z], xtape::HandleError);
      CHECK_THROWS_AS((*kept)[u], xtape::HandleError);
      CHECK_FALSE(kept->reached(z));
    }
    const auto grad = gradients(J);
    const auto later = u + 1;
    CHECK(list(grad[z]) == list(some<double>({200}, step) * 4));
    CHECK_THROWS_AS(grad[later], xtape::HandleError);
    CHECK_FALSE(grad.reached(later));
    if (step % 2 == 0) kept = grad;
    x = z, y = u;
  }
}

TEST_CASE("names, scopes and lines are those of the last recording") {
  Tape tape;
  const Parameter p(some<double>({2}), "p");
  const auto record_of = [&](const Variable& y) {
    return tape.record_at(tape.slot(y.index()).record);
  };
  for (unsigned step = 0; step < 6; ++step) {
    tape.record();
    const auto x = tape.variable(some<double>({2}), step % 2 == 0 ? "x" : "");
    std::optional<Tape::Scope> scope;
    if (step % 3 != 0) scope.emplace(tape, step % 3 == 1 ? "a" : "b", xtape::Place{"m.cpp", step});
    const auto y = x * p, J = sum(y);
    if (step % 3 == 1) y.named("y");
    if (step == 4) tape.handle(tape.find_leaf(p.storage().get())).named("other");
    const auto dy = recorded_gradient(J, x);
    CHECK(x.name() == (step % 2 == 0 ? "x" : ""));
    CHECK(y.name() == (step % 3 == 1 ? "y" : ""));
    CHECK(tape.parameter(p).name() == (step == 4 ? "other" : "p"));
    CHECK(record_of(dy).derives_record == record_of(y).derives_record + 1);
    for (const Variable& of : {y, J}) {
      if (step % 3 == 0) {
        CHECK(record_of(of).scope == xtape::no_index);
        CHECK(record_of(of).line > 100);
      } else {
        CHECK(tape.scope_at(record_of(of).scope).name == (step % 3 == 1 ? "a" : "b"));
        CHECK(record_of(of).line == step);
      }
    }
  }
}

TEST_CASE("what follows a mark that is come back to may differ, or come back too") {
  Tape tape;
  const Parameter p(some<double>({3}), "p");
  for (int step = 0; step < 4; ++step)
    check_as_new(tape, [&](Tape& on) {
      const auto x = on.variable(some<double>({3}, 2)), y = x * 2;
      const auto mark = on.mark();
      for (int detour = 0; detour <= step; ++detour) {
        const auto z = detour == 1 ? tanh(y) : detour == 2 ? y * on.constant(3.0) * p : y * p;
        CHECK(gradients(sum(z)).reached(x));
        on.rewind(mark);
      }
      return sum(y * p * x);
    });
}

TEST_CASE("a plan that could not be made leaves nothing behind") {
  Tape tape;
  const auto x = tape.variable(some<double>({5}));
  const auto J = sum(square(x) * 3), K = sum(apply(WrongVjp{}, tanh(x * 2)) * x);
  for (int again = 0; again < 3; ++again) {
    CHECK(list(gradients(J)[x]) == list(some<double>({5}) * 6));
    CHECK_THROWS_AS(gradients(K), xtape::ShapeError);
  }
}

TEST_CASE("a comparison as J has no gradient") {
  Tape tape;
  const auto x = tape.variable(2.0);
  const auto J = (x > 1).variable();
  CHECK(gradients(J)[x]() == 0);
  CHECK(recorded_gradient(J, x).item() == 0);
}

TEST_CASE("a parameter that is recorded and not used, now and then") {
  const Parameter p(some<double>({3}), "p");
  Tape tape;
  for (const bool asked : {true, false, true, true, false, false, true})
    check_as_new(tape, [&](Tape& on) {
      const auto x = on.variable(some<double>({2, 3}));
      if (asked) on.parameter(p);
      return sum(x * x);
    });
}

TEST_CASE("what is recorded after the sweep now, before it the last time, has no gradient") {
  Tape tape;
  for (const bool before : {true, false}) {
    tape.record();
    const auto x = tape.variable(some<double>({3}));
    const auto J = sum(square(x));
    Variable beside = before ? x * 2 : x;
    const auto grad = gradients(J);
    if (!before) beside = x * 2;
    if (before) {
      CHECK(grad[beside](0) == 0);
    } else {
      CHECK_THROWS_AS(grad[beside], xtape::HandleError);
    }
  }
}

TEST_CASE("operations that differ in the last of their parameters only") {
  Tape tape;
  const Array<double> x = some<double>({2, 3, 4}), square_one = some<double>({3, 3}),
                      square_two = some<double>({3, 3}, 11);
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{2, 4, 3}, Shape{2, 12}, Shape{2, 2, 6}})
    check_as_new(tape, [&](Tape& on) { return sum(square(reshape(on.variable(x), shape))); });
  for (const int axis : {0, 1, 0})
    check_as_new(tape, [&](Tape& on) {
      const auto all = concatenate({on.variable(square_one), on.variable(square_two)}, axis);
      return sum(all * all * 2);
    });
}

TEST_CASE("an operation of any number of inputs, of which there are fewer or more") {
  Tape tape;
  const Array<double> a = some<double>({3}), b = some<double>({3}, 7), c = some<double>({3}, 12);
  for (const int count : {3, 2, 3, 1})
    check_as_new(tape, [&](Tape& on) {
      const auto x = on.variable(a), y = on.variable(b), z = on.variable(c);
      const auto all = count == 3   ? concatenate({x, y, z})
                       : count == 2 ? concatenate({x, y})
                                    : concatenate({x});
      return sum(all * all);
    });
}

TEST_CASE("a borrowed array that has another shape in the same place") {
  Tape tape;
  Array<double> lent = some<double>({2, 6});
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{2, 6}, {3, 4}, {6, 2}, {12}, {2, 6}}) {
    lent.reshape(shape);
    check_as_new(tape, [&](Tape& on) {
      return sum(square(on.constant(xtape::borrow(lent)) * on.variable(2.0)));
    });
  }
}
