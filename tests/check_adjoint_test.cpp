// The adjoint test: passes right rules, of every operation, and names the first wrong one.

#include <doctest/doctest.h>

#include <cmath>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/adjoint.hpp>

#include "operation_table.hpp"
#include "recordings.hpp"
#include "structural_table.hpp"

using namespace xtape;

namespace {

// x·σ(x), with a term of its derivative left out, if planted.
template <bool planted>
struct Swish {
  static constexpr auto name = planted ? "wrong_swish" : "swish";
  static auto value(auto x) { return x * sigmoid(x); }
  static auto partial(auto x) {
    if constexpr (planted) {
      return sigmoid(x) * (1 + x * sigmoid(x));
    } else {
      return sigmoid(x) * (1 + x * sigmoid(-x));
    }
  }
};

// The library's formulas with one mistake each.
struct WrongTanh {
  static constexpr auto name = "tanh";
  static auto value(auto x) { return tanh(x); }
  static auto partial(auto x) {
    auto minus = select(x < 0, x, -x), e = exp(minus + minus), r = 1 / (1 + e);
    return 4 * (e * r);
  }
};
struct WrongMultiply {
  static constexpr auto name = "multiply";
  static constexpr auto infix = "*";
  static auto value(auto a, auto b) { return a * b; }
  static auto partial(wrt<0>, auto, auto b) { return b; }
  static auto partial(wrt<1>, auto, auto b) { return b; }
};
struct WrongMatMul : MatMul {
  static constexpr auto name = "matmul";
  static auto vjp(wrt<0>, auto g, auto a, auto b) { return MatMul::vjp(wrt<0>{}, g, a, b); }
  static auto vjp(wrt<1>, auto g, auto a, auto) { return matmul_tn(a, g) * 0.5; }
};
struct WrongMean {
  static constexpr auto name = "mean_of_columns";
  static Shape output_shape(const Shape& x) { return {x[1]}; }
  template <class E>
  static void value(View<E> y, View<const E> x) {
    const std::size_t rows = x.shape()[0], columns = x.shape()[1];
    for (std::size_t j = 0; j < columns; ++j) {
      y.data[j] = E(0);
      for (std::size_t i = 0; i < rows; ++i) y.data[j] = y.data[j] + x.data[i * columns + j];
      y.data[j] = y.data[j] / E(static_cast<double>(rows));
    }
  }
  static auto vjp(wrt<0>, auto g, auto x) { return broadcast_to(g, shape_of(x)); }
};
// Right directly, wrong when it is recorded: decided by the type that reads it.
struct WrongRecorded {
  static constexpr auto name = "cube";
  static auto value(auto x) { return x * x * x; }
  static auto partial(auto x) {
    if constexpr (requires { x.tape(); }) {
      return 3 * x;
    } else {
      return 3 * square(x);
    }
  }
};
// Off in one part of 10⁴ between 1 and 1.25.
struct WrongSomewhere {
  static constexpr auto name = "bump";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return 2 * x * select(x > 1 && x < 1.25, 1.0001, 1); }
};
struct WrongShape : Sum {
  static constexpr auto name = "total";
  static auto vjp(wrt<0>, auto g, auto) { return g; }
};

// 300 records on a matrix, one of them the planted one.
template <class T, class Plant>
BasicVariable<T> chain(BasicTape<T>& tape, Plant&& plant, std::uint32_t at) {
  auto x = tape.variable(recordings::some<T>({5, 3}), "x");
  const auto w = tape.variable(recordings::some<T>({3, 3}, 2) / 4, "w");
  const auto b = tape.variable(recordings::some<T>({3}, 3), "b");
  x = tanh(x);
  while (tape.records() < 300) {
    if (tape.records() >= at && plant) {
      x = plant(x, w, b);
      plant = nullptr;
      x = tanh(x);
    }
    switch (tape.records() % 4) {
      case 0:
        x = apply(Swish<false>{}, x);
        break;
      case 1:
        x = x + b;
        break;
      case 2:
        x = matmul(x, w);
        break;
      default:
        x = tanh(x);
    }
  }
  return sum(x);
}

template <class T>
using Plant = std::function<BasicVariable<T>(BasicVariable<T>, BasicVariable<T>, BasicVariable<T>)>;

template <class T>
AdjointReport planted(const Plant<T>& plant, std::uint32_t at) {
  BasicTape<T> tape;
  static_cast<void>(chain<T>(tape, Plant<T>(plant), at));
  REQUIRE(tape.records() >= 300);
  return check_adjoints(tape);
}

}  // namespace

TEST_CASE_TEMPLATE("the rules of a long recording pass", T, double, float) {
  const AdjointReport report = planted<T>({}, 0);
  INFO(report.text());
  CHECK(report.verdict() == Verdict::pass);
  CHECK(report.results.size() > 400);
  CHECK(report.first_failure() == nullptr);
}

TEST_CASE_TEMPLATE("a wrong term in one of 300 records is named", T, double, float) {
  using V = BasicVariable<T>;
  const auto named = [](const Plant<T>& plant, const char* operation, std::size_t input,
                        const char* array) {
    for (const std::uint32_t at : {0U, 140U, 295U}) {
      const AdjointReport report = planted<T>(plant, at);
      CAPTURE(report.text());
      CHECK(report.verdict() == Verdict::fail);
      REQUIRE(report.first_failure() != nullptr);
      const AdjointResult& first = *report.first_failure();
      CHECK(report.count(Verdict::fail) == 1);
      CHECK(first.operation == operation);
      CHECK(first.record >= at);
      CHECK(first.record <= at + 2);
      CHECK(first.input == input);
      if (array != nullptr) CHECK(first.array == array);
      CHECK(first.error > 100 * first.limit);
      CHECK(std::string(first.place.file).find("check_adjoint_test.cpp") != std::string::npos);
      REQUIRE(first.entry);
      CHECK(std::fabs(first.entry->rule - first.entry->value) >
            1e-3L * std::fabs(first.entry->value));
      CHECK(report.text().find("the first wrong rule: record " + std::to_string(first.record)) !=
            std::string::npos);
    }
  };
  named([](V x, V, V) { return apply(Swish<true>{}, x); }, "wrong_swish", 0, nullptr);
  named([](V x, V, V) { return apply(WrongTanh{}, x); }, "tanh", 0, nullptr);
  named([](V x, V, V b) { return apply(WrongMultiply{}, x, b); }, "multiply", 1, "b");
  named([](V x, V w, V) { return apply(WrongMatMul{}, x, w); }, "matmul", 1, "w");
  named([](V x, V, V) { return x + apply(WrongMean{}, x); }, "mean_of_columns", 0, nullptr);
}

TEST_CASE("the entry of a wrong rule is stated with what it should be") {
  Tape tape;
  const auto a = tape.variable(Array<double>{{1, 2, 3}, {4, 5, 6}}, "a");
  const auto b = tape.variable(Array<double>{{1, 2}, {3, 4}, {5, 6}}, "b");
  static_cast<void>(sum(apply(WrongMatMul{}, a, b)));
  const AdjointReport report = check_adjoints(tape);
  REQUIRE(report.first_failure() != nullptr);
  const AdjointEntry& entry = *report.first_failure()->entry;
  REQUIRE(entry.out.size() == 2);
  REQUIRE(entry.in.size() == 2);
  CHECK(entry.out[1] == entry.in[1]);  // ∂y_{i,j}/∂b_{k,j} = a_{i,k}
  const double right = a.value()(entry.out[0], entry.in[0]);
  CHECK(entry.value == right);
  CHECK(entry.rule == right / 2);
  CHECK(report.text().find("ratio 0.5") != std::string::npos);
}

TEST_CASE("one element of ten thousand that is wrong in the fourth digit is seen and found") {
  Tape tape;
  auto values = Array<double>::from_shape({100, 100});
  values.fill(0.75);
  values(37, 61) = 1.125;
  static_cast<void>(sum(apply(WrongSomewhere{}, tape.variable(values, "x"))));
  const AdjointReport report = check_adjoints(tape);
  REQUIRE(report.first_failure() != nullptr);
  CHECK(report.first_failure()->entry->in == std::vector<std::size_t>{37, 61});
  CHECK(report.first_failure()->entry->out == std::vector<std::size_t>{37, 61});
}

TEST_CASE_TEMPLATE("every operation's rules pass on the table's samples", T, double, float) {
  for (const bool recorded : {false, true}) {
    for (const auto& row : operation_table::elementwise()) {
      if (row.operation.rule<T>().piecewise_constant) continue;
      Random random(3);
      BasicTape<T> tape;
      std::vector<BasicVariable<T>> x;
      for (std::size_t k = 0; k < row.operation.inputs; ++k) {
        auto values = Array<T>::from_shape({9, 7});
        for (T& value : values) value = static_cast<T>(row.sample[k](random));
        x.push_back(tape.variable(values));
      }
      static_cast<void>(row.operation(x));
      const AdjointReport report = check_adjoints(tape, {.recorded = recorded});
      INFO(row.operation.type << "\n" << report.text(true));
      CHECK(report.count(Verdict::fail) == 0);
      // A mask and x⁰ have no derivative, nor has ∂J/∂t of the logit loss by t.
      const std::string& type = row.operation.type;
      const bool zero = type == "Where" || type == "LogitCrossEntropy'1" ||
                        (type == "PowerOf" && row.value({3}).value.value == 1);
      CHECK(report.count(Verdict::inconclusive) == (zero ? 1 : 0));
    }
    for (const auto& c : structural_table::structural()) {
      BasicTape<T> tape;
      std::vector<BasicVariable<T>> x;
      for (std::size_t k = 0; k < c.shapes.size(); ++k)
        x.push_back(tape.variable(recordings::some<T>(c.shapes[k], static_cast<int>(k + 1))));
      static_cast<void>(c.operation(x));
      const AdjointReport report = check_adjoints(tape, {.recorded = recorded});
      INFO(c.text() << "\n" << report.text(true));
      CHECK(report.count(Verdict::fail) == 0);
    }
  }
}

TEST_CASE("elementary functions are not checked by their own partial") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, 1.25}, "x");
  static_cast<void>(exp(x));
  static_cast<void>(abs(x));
  static_cast<void>(sigmoid(x));
  static_cast<void>(apply(WrongTanh{}, x));
  const AdjointReport report = check_adjoints(tape);
  REQUIRE(report.results.size() == 4);
  CHECK(report.results[0].source == TangentSource::complex_step);
  CHECK(report.results[1].source == TangentSource::differences);
  CHECK(report.results[2].source == TangentSource::dual);
  CHECK(report.results[3].verdict == Verdict::fail);
}

namespace {

// x (N, K) + b (K): the sum over the samples is forgotten, or made over the wrong axis.
template <int planted>
struct AddRow {
  static constexpr auto name = "add_row";
  static Shape output_shape(const Shape& x, const Shape&) { return x; }
  template <class E>
  static void value(View<E> y, View<const E> x, View<const E> b) {
    const std::size_t columns = x.shape()[1];
    for (std::size_t i = 0; i < x.size(); ++i) y.data[i] = x.data[i] + b.data[i % columns];
  }
  static auto vjp(wrt<0>, auto g, auto, auto) { return g; }
  static auto vjp(wrt<1>, auto g, auto, auto b) {
    if constexpr (planted == 1) {
      const std::size_t columns = shape_of(b)[0];  // the first sample's cotangents alone
      return reshape(slice(g, Slice{{1, columns}, {}, {1, 1}}), shape_of(b));
    } else if constexpr (planted == 2) {
      return sum(g, 1);
    } else {
      return sum(g, 0);
    }
  }
};

}  // namespace

TEST_CASE("a rule that does not sum over the axis that an input is stretched along is seen") {
  const auto report = [](auto operation, bool recorded) {
    Tape tape;
    const auto x = tape.variable(recordings::some<double>({3, 3}), "x"),
               b = tape.variable(recordings::some<double>({3}, 2), "b");
    static_cast<void>(sum(square(apply(operation, x, b))));
    return check_adjoints(tape, {.recorded = recorded});
  };
  for (const bool recorded : {false, true}) {
    CHECK(report(AddRow<0>{}, recorded).verdict() == Verdict::pass);
    for (const AdjointReport& wrong :
         {report(AddRow<1>{}, recorded), report(AddRow<2>{}, recorded)}) {
      INFO(wrong.text());
      CHECK(wrong.count(Verdict::fail) == 1);
      REQUIRE(wrong.first_failure() != nullptr);
      CHECK(wrong.first_failure()->operation == "add_row");
      CHECK(wrong.first_failure()->input == 1);
      CHECK(wrong.first_failure()->array == "b");
      REQUIRE(wrong.first_failure()->entry);
      CHECK(wrong.first_failure()->entry->value + wrong.first_failure()->entry->rule == 1);
    }
  }
}

TEST_CASE("the recorded rule is tested on its own") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.5, -1.5}, "x");
  static_cast<void>(apply(WrongRecorded{}, x));
  const std::uint32_t records = tape.records(), slots = tape.slots();
  CHECK(check_adjoints(tape).verdict() == Verdict::pass);
  const AdjointReport report = check_adjoints(tape, {.recorded = true});
  CHECK(report.verdict() == Verdict::fail);
  CHECK(report.text().find("recorded rule") != std::string::npos);
  CHECK(tape.records() == records);  // what it recorded is gone
  CHECK(tape.slots() == slots);
  CHECK(x.value()(1) == -1.5);
}

TEST_CASE("records of a recorded sweep and operations of several outputs are tested") {
  Tape tape;
  const auto x = tape.variable(recordings::some<double>({7}), "x");
  const auto parts = recordings::halves(x);
  const auto J = sum(parts[0] * 2) + mean(square(parts[1]));
  static_cast<void>(recorded_gradient(sum(recorded_gradient(J, x)), x));
  for (const bool recorded : {false, true}) {
    const AdjointReport report = check_adjoints(tape, {.recorded = recorded});
    INFO(report.text(true));
    CHECK(report.count(Verdict::fail) == 0);
    CHECK(report.count(Verdict::pass) > 10);
    CHECK(report.results[0].operation == std::string("halves"));
    CHECK(report.results[0].verdict == Verdict::pass);
  }
}

TEST_CASE("what cannot be tested here is said to be inconclusive") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0.0, 4.0}, "x");
  const auto dead = tape.variable(Array<double>{-1.0, -2.0}, "dead");
  const auto zero = tape.variable(0.0, "zero");
  static_cast<void>(sqrt(x));
  static_cast<void>(relu(dead));
  static_cast<void>(sqrt(zero));
  const AdjointReport report = check_adjoints(tape);
  INFO(report.text(true));
  REQUIRE(report.results.size() == 3);
  CHECK(report.results[0].verdict == Verdict::pass);  // the element 4 was tested
  CHECK(report.results[0].skipped == 1);
  CHECK(report.results[1].verdict == Verdict::inconclusive);
  CHECK(report.results[2].verdict == Verdict::inconclusive);
  CHECK(report.verdict() == Verdict::inconclusive);
  Tape empty;
  CHECK(check_adjoints(empty).verdict() == Verdict::inconclusive);
}

TEST_CASE(
    "where some arrays have no elements the others are tested, and where all have none it is "
    "said") {
  Tape tape;
  const auto w = tape.variable(Array<double>{0.5}, "w");
  const auto none = tape.variable(Array<double>::from_shape({0}), "none");
  static_cast<void>(sum(square(w)) + sum(w * none));
  const AdjointReport some = check_adjoints(tape);
  INFO(some.text(true));
  CHECK(some.verdict() == Verdict::pass);
  CHECK(some.results.size() == 4);  // square, its sum, both terms
  CHECK(some.empty == 3);           // both factors, their sum
  CHECK(some.text().find("without elements, not tested: 3 inputs") != std::string::npos);
  CHECK(some.text().find("nothing to test") == std::string::npos);
  Tape other;
  static_cast<void>(sum(other.variable(Array<double>::from_shape({0}), "none")));
  const AdjointReport all = check_adjoints(other);
  CHECK(all.verdict() == Verdict::inconclusive);
  CHECK(all.text().find("nothing to test: no array has elements") != std::string::npos);
}

TEST_CASE("a rule that gives another shape fails by name") {
  Tape tape;
  static_cast<void>(apply(WrongShape{}, tape.variable(Array<double>{1.0, 2.0}, "x")));
  const AdjointReport report = check_adjoints(tape);
  CHECK(report.verdict() == Verdict::fail);
  CHECK(report.text().find("total: the vjp for x (2): gives an array of shape ()") !=
        std::string::npos);
}

TEST_CASE("the adjoint test refuses no rounds and updated parameters by name") {
  Tape tape;
  Parameter p(Array<double>{1.0, 2.0}, "p");
  static_cast<void>(square(tape.parameter(p)));
  CHECK_THROWS_WITH_AS(
      check_adjoints(tape, {.rounds = 0}),
      "check_adjoints: rounds is 0; one pair of directions at least has to be tried", Error);
  p.update(Array<double>{3.0, 4.0});
  CHECK_THROWS_AS(check_adjoints(tape), StaleParameterError);
}
