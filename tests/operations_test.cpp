// Every elementwise operation, by one tester: values and derivatives of both orders against the
// same formulas read with wide dual numbers, under every kind of broadcasting, and at hard points.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "operation_table.hpp"

namespace {

using namespace operation_table;
using numbers::Worst;
using xtape::Array;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::Shape;

/// Where the inputs are read for each element of the output: NumPy's rule, written anew.
struct Broadcast {
  Shape shape;
  std::vector<std::vector<std::size_t>> from;  // by input, by element of the output

  explicit Broadcast(const std::vector<Shape>& in) {
    for (const Shape& s : in) shape = *xtape::broadcast(shape, s);
    for (const Shape& s : in) {
      auto& indices = from.emplace_back();
      for (std::size_t e = 0; e < shape.size(); ++e) {
        std::size_t index = 0, stride = 1, rest = e;
        for (std::size_t axis = 0; axis < shape.rank(); ++axis) {  // from the innermost
          const std::size_t at = rest % shape[shape.rank() - 1 - axis];
          rest /= shape[shape.rank() - 1 - axis];
          if (axis >= s.rank()) continue;
          const std::size_t extent = s[s.rank() - 1 - axis];
          index += extent == 1 ? 0 : at * stride;
          stride *= extent;
        }
        indices.push_back(index);
      }
    }
  }
};

/// A sum with the magnitude of its terms, which says how accurate it can be.
struct Term {
  long double sum = 0, size = 0;
  void add(long double term, long double magnitude) {
    sum += term;
    size += std::fabs(magnitude);
  }
};

template <class T>
void compare(const Array<T>& got, const std::vector<Term>& right, long double limit) {
  REQUIRE(got.size() == right.size());
  Worst<T> worst;
  for (std::size_t i = 0; i < right.size(); ++i)
    worst.see(i, got.data()[i], right[i].sum, right[i].size);
  INFO(worst.text());
  CHECK(worst.distance <= limit);
}

/// One operation on inputs of some shapes. With `active` only that input has a gradient, and the
/// others are borrowed: read where they are, without padding behind them.
template <class T>
class Tester {
 public:
  static constexpr std::size_t all = 9;

  Tester(const Row& row, const std::vector<Shape>& shapes, std::size_t active)
      : row_(row), shapes_(shapes), broadcast_(shapes), inputs_(row.operation.inputs) {
    xtape::Random random(20 + broadcast_.shape.size());
    for (std::size_t k = 0; k < inputs_; ++k)
      arrays_.push_back(numbers::array<T>(shapes[k], [&] { return row.sample[k](random); }));
    for (std::size_t k = 0; k < inputs_; ++k)
      x_.push_back(active == all || active == k ? tape_.variable(arrays_[k])
                                                : tape_.constant(xtape::borrow(arrays_[k])));
    y_ = row.operation(x_);
    // Powers of two: a product with them is exact, so the digits are the partial's.
    cotangent_ =
        numbers::array<T>(broadcast_.shape, [&] { return (random.uniform() < 0.5 ? -0.5 : 2.0); });
  }

  void run() {
    check_value();
    if (!y_.active()) return;
    const auto gradient = xtape::gradients(y_, cotangent_);
    for (std::size_t k = 0; k < inputs_; ++k)
      if (x_[k].active()) {
        CAPTURE(k);
        check_gradient(k, gradient[x_[k]]);
      }
  }

 private:
  [[nodiscard]] std::vector<Wide> at(std::size_t e, std::size_t direction) const {
    std::vector<Wide> x;
    for (std::size_t k = 0; k < inputs_; ++k)
      x.emplace_back(xtape::Real<long double>(arrays_[k].data()[broadcast_.from[k][e]]),
                     xtape::Real<long double>(k == direction ? 1 : 0));
    return x;
  }
  [[nodiscard]] Wide partial(std::size_t k, std::size_t e, std::size_t direction) const {
    return row_.partial(row_.operation.operation.get(), k, at(e, direction));
  }

  void check_value() {
    REQUIRE(y_.shape() == broadcast_.shape);
    std::vector<Term> right(broadcast_.shape.size());
    for (std::size_t e = 0; e < right.size(); ++e)
      right[e].sum = row_.value(at(e, all)).value.value;
    compare<T>(y_.value(), right, row_.elementary ? 2 : 4);
  }

  void check_gradient(std::size_t k, const Array<T>& direct) {
    REQUIRE(Shape(direct.shape()) == shapes_[k]);
    std::vector<Term> right(shapes_[k].size());
    for (std::size_t e = 0; e < broadcast_.shape.size(); ++e) {
      const long double p = partial(k, e, all).value.value, c = cotangent_.data()[e];
      right[broadcast_.from[k][e]].add(c * p, c * p);
      check_partial_against_dual(k, e, p);
    }
    compare<T>(direct, right, row_.gradient_limit);

    const auto J = xtape::sum(y_ * tape_.constant(cotangent_));
    const auto recorded = xtape::recorded_gradient(J, x_[k]);
    REQUIRE(recorded.shape() == shapes_[k]);
    std::vector<Term> same(right);
    for (std::size_t i = 0; i < same.size(); ++i) same[i].sum = direct.data()[i];
    compare<T>(recorded.value(), same, 4);

    const Array<T> weights =
        numbers::array<T>(shapes_[k], [i = 0]() mutable { return i++ * 7 % 11 < 5 ? 1 : 4; });
    const auto again = xtape::sum(recorded * tape_.constant(weights));
    // A derivative that is constant has no gradient of its own.
    if (!again.active()) {
      for (std::size_t l = 0; l < inputs_; ++l)
        for (std::size_t e = 0; x_[l].active() && e < broadcast_.shape.size(); ++e)
          if (partial(k, e, l).tangent.value != 0) FAIL("the second derivative is not 0");
      return;
    }
    const auto second = xtape::gradients(again);
    for (std::size_t l = 0; l < inputs_; ++l) {
      if (!x_[l].active()) continue;
      CAPTURE(l);
      std::vector<Term> sums(shapes_[l].size());
      for (std::size_t e = 0; e < broadcast_.shape.size(); ++e) {
        const Wide p = partial(k, e, l);
        const long double c =
            static_cast<long double>(cotangent_.data()[e]) * weights.data()[broadcast_.from[k][e]];
        sums[broadcast_.from[l][e]].add(
            c * p.tangent.value,
            c * std::max(std::fabs(p.tangent.value), std::fabs(p.value.value)));
      }
      compare<T>(second[x_[l]], sums, 12);
    }
  }

  // The formula of the value, differentiated without the formula of the partial.
  void check_partial_against_dual(std::size_t k, std::size_t e, long double p) {
    if (row_.elementary || std::string_view(row_.operation.type) == "Absorb") return;
    const long double dual = row_.value(at(e, k)).tangent.value;
    if (!(std::fabs(dual - p) <=
              8 * numbers::spacing<long double>(std::max(std::fabs(p), 1e-20L)) ||
          dual == p))
      FAIL("partial " << p << ", the value's dual " << dual << " at element " << e);
  }

  const Row& row_;
  std::vector<Shape> shapes_;
  Broadcast broadcast_;
  std::size_t inputs_;
  BasicTape<T> tape_;
  std::vector<Array<T>> arrays_;
  std::vector<BasicVariable<T>> x_;
  BasicVariable<T> y_;
  Array<T> cotangent_;
};

/// The shapes of the inputs: each kind of broadcasting, and lengths around those of the vectors and
/// of the staging buffer (512).
const std::vector<std::vector<Shape>>& shapes_for(std::size_t inputs) {
  static const std::vector<std::vector<Shape>> one = {
      {Shape{}}, {{1}}, {{7}}, {{64}}, {{65}}, {{0}}, {{2, 0, 3}}, {{3, 5, 4}}, {{1031}}};
  static const std::vector<std::vector<Shape>> two = {
      {Shape{}, Shape{}}, {{1}, {1}},           {{7}, {7}},         {{64}, {64}},
      {{65}, {65}},       {{1031}, {1031}},     {{0}, {0}},         {{0}, {1}},
      {{0, 3}, {3}},      {Shape{}, {2, 3}},    {{65}, Shape{}},    {{1}, {7}},
      {{4}, {3, 4}},      {{3, 4}, {4}},        {{3, 1}, {3, 4}},   {{3, 4}, {3, 1}},
      {{3, 1}, {1, 4}},   {{2, 1, 3}, {4, 1}},  {{2, 3, 1}, {5}},   {{2, 3, 5}, {3, 1}},
      {{400, 3}, {3}},    {{400, 1}, {400, 3}}, {{3, 1}, {3, 530}}, {{530}, {3, 530}},
      {{1, 70}, {33, 1}}, {{77, 9}, {77, 1}},   {{1, 1}, {3}},      {{5, 1, 7}, {1, 6, 1}},
      {{4, 1}, {4, 4}},   {{16, 1}, {16, 16}}};
  static const std::vector<std::vector<Shape>> three = {
      {Shape{}, Shape{}, Shape{}}, {{7}, {7}, {7}},
      {{65}, {65}, {65}},          {{0}, {0}, {1}},
      {{3, 4}, {4}, {3, 1}},       {{4}, Shape{}, {3, 4}},
      {{3, 1}, {1, 4}, {2, 1, 1}}, {{1031}, {1031}, {1031}},
      {{400, 3}, {3}, {400, 1}},   {{3, 530}, {3, 1}, {530}},
      {{77, 1}, {77, 9}, {77, 9}}};
  return inputs == 1 ? one : inputs == 2 ? two : three;
}

template <class T>
void test_row(const Row& row) {
  const std::size_t inputs = row.operation.inputs;
  CAPTURE(row.operation.type);
  for (const auto& shapes : shapes_for(inputs)) {
    std::string text;
    for (const Shape& shape : shapes) text += to_string(shape);
    CAPTURE(text);
    for (std::size_t active = 0; active <= inputs; ++active) {
      CAPTURE(active);  // the number of inputs: none
      Tester<T>(row, shapes, active).run();
    }
    if (inputs > 1) Tester<T>(row, shapes, Tester<T>::all).run();
  }
}

template <class T>
bool has(const std::array<double, 3>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) {
    return std::isnan(x) || static_cast<double>(static_cast<T>(x)) == x;
  });
}

template <class T>
void test_hard_point(const Row& row, const HardPoint& point) {
  if (!has<T>(point.at)) return;
  CAPTURE(point.at[0]);
  CAPTURE(point.at[1]);
  // Among ordinary elements, so that a neighbour's lane is seen to stay clean.
  constexpr std::size_t place = 5;
  BasicTape<T> tape;
  std::vector<BasicVariable<T>> x;
  xtape::Random random(3);
  for (std::size_t k = 0; k < row.operation.inputs; ++k) {
    auto values = numbers::array<T>(Shape{9}, [&] { return row.sample[k](random); });
    values(place) = static_cast<T>(point.at[k]);
    x.push_back(tape.variable(values));
  }
  const auto y = row.operation(x);
  CHECK(numbers::ulps<T>(y.value()(place), point.value) <= 2);
  std::vector<Wide> wide;
  for (std::size_t k = 0; k < x.size(); ++k) wide.emplace_back(static_cast<T>(point.at[k]));
  CHECK(numbers::ulps<T>(static_cast<T>(row.value(wide).value.value), point.value) <= 2);

  if (!y.active()) return;
  const auto gradient = xtape::gradients(y, xt::ones<T>({9}));
  const auto recorded = xtape::recorded_gradients<T>(xtape::sum(y), x);
  for (std::size_t k = 0; k < x.size(); ++k) {
    CAPTURE(k);
    const Array<T> direct = gradient[x[k]], again = recorded[k].value();
    CHECK(numbers::ulps<T>(direct(place), point.partial[k]) <= 4);
    CHECK(numbers::ulps<T>(again(place), point.partial[k]) <= 4);
    for (std::size_t i = 0; i < direct.size(); ++i)
      if (i != place) CHECK(std::isfinite(direct(i)));
  }
}

bool has_constant_partial(const Row& row) {
  const auto partial = [&](double x) {
    return row.partial(row.operation.operation.get(), 0, std::vector{Wide(x)}).value.value;
  };
  return partial(-1) == partial(2);
}

/// Whether the derivatives say which of the inputs was taken: none of them where one is NaN.
bool chooses(const Row& row) {
  return row.operation.type == "Maximum" || row.operation.type == "Minimum";
}

/// NaN in one input at one place: NaN out at that place and nowhere else, in every reading.
template <class T>
void test_nan(const Row& row, std::size_t input) {
  CAPTURE(input);
  constexpr std::size_t place = 2;
  BasicTape<T> tape;
  std::vector<BasicVariable<T>> x;
  std::vector<Wide> wide;
  xtape::Random random(4);
  for (std::size_t k = 0; k < row.operation.inputs; ++k) {
    auto values = numbers::array<T>(Shape{7}, [&] { return row.sample[k](random); });
    if (k == input) values(place) = static_cast<T>(numbers::nan);
    wide.emplace_back(values(place));
    x.push_back(tape.variable(values));
  }
  const auto y = row.operation(x);
  for (std::size_t i = 0; i < 7; ++i) CHECK(std::isnan(y.value()(i)) == (i == place));
  CHECK(std::isnan(row.value(wide).value.value));

  // The derivative is NaN where the partial read with numbers is; of one input always, unless it
  // is the same everywhere.
  const auto gradient = xtape::gradients(y, xt::ones<T>({7}));
  const auto recorded = xtape::recorded_gradients<T>(xtape::sum(y), x);
  for (std::size_t k = 0; k < x.size(); ++k) {
    CAPTURE(k);
    const long double p = row.partial(row.operation.operation.get(), k, wide).value.value;
    CHECK(std::isnan(gradient[x[k]](place)) == std::isnan(p));
    CHECK(std::isnan(recorded[k].value()(place)) == std::isnan(p));
    if ((x.size() == 1 && !has_constant_partial(row)) || chooses(row)) CHECK(std::isnan(p));
    for (std::size_t i = 0; i < 7; ++i)
      if (i != place) CHECK_FALSE(std::isnan(gradient[x[k]](i)));
  }
}

bool lets_nan_through(const Row& row) {
  const std::string& type = row.operation.type;
  const bool constant_power =  // x⁰ is 1 and its derivative 0, whatever x; x¹ has derivative 1
      type == "PowerOf" && std::isnan(row.value({Wide(numbers::nan)}).value.value) == false;
  return !row.operation.rule_double->piecewise_constant && type != "Where" && !constant_power &&
         type != "LogitCrossEntropy'1";  // which is linear in t: its slope does not look at it
}

}  // namespace

TEST_CASE("every operation of the library has a row in the table") {
  std::set<std::pair<std::string, std::size_t>> tested;
  for (const Row& row : elementwise()) tested.emplace(row.operation.type, row.operation.inputs);
#define XTAPE_COMPILED_ONCE(Operation, inputs)                         \
  if constexpr (!xtape::Structural<xtape::Operation>) {                \
    const std::pair<std::string, std::size_t> row(#Operation, inputs); \
    INFO(row.first);                                                   \
    CHECK(tested.contains(row));                                       \
  }
#include <xtape/autodiff/operations/compiled_once.inc>
}

TEST_CASE_TEMPLATE("an elementwise operation's value and derivatives follow its formulas", T,
                   double, float) {
  for (const Row& row : elementwise()) test_row<T>(row);
}

TEST_CASE_TEMPLATE("an elementwise operation keeps the contract at hard points", T, double, float) {
  for (const Row& row : elementwise()) {
    CAPTURE(row.operation.type);
    for (const HardPoint& point : row.hard) test_hard_point<T>(row, point);
  }
}

TEST_CASE_TEMPLATE("NaN in gives NaN out", T, double, float) {
  for (const Row& row : elementwise()) {
    CAPTURE(row.operation.type);
    if (!lets_nan_through(row)) continue;
    for (std::size_t k = 0; k < row.operation.inputs; ++k) test_nan<T>(row, k);
  }
}

// What a rule keeps from a cotangent, no partial can say: seen with one that is infinite.
TEST_CASE_TEMPLATE("an infinite cotangent does not get through where a zero is promised", T, double,
                   float) {
  for (const Row& row : elementwise()) {
    const auto gradient = [&](std::vector<double> at, double cotangent, std::size_t k) {
      BasicTape<T> tape;
      std::vector<BasicVariable<T>> x;
      for (const double number : at) x.push_back(tape.variable(static_cast<T>(number)));
      Array<T> g = Array<T>::from_shape({});
      g() = static_cast<T>(cotangent);
      return xtape::gradients(row.operation(x), g)[x[k]]();
    };
    if (row.operation.type == "Where") {
      CHECK(gradient({0, 2, 3}, numbers::inf, 1) == 0);
      CHECK(gradient({0, 2, 3}, numbers::inf, 2) == std::numeric_limits<T>::infinity());
      CHECK(gradient({1, 2, 3}, numbers::inf, 2) == 0);
    }
    if (row.operation.type == "Absorb") {  // absorbed again by what it multiplies
      CHECK(gradient({0, 3}, numbers::inf, 1) == 0);
      CHECK(std::isnan(gradient({numbers::inf, 3}, 0, 1)));
    }
  }
}

// Where a formula chooses between branches, the branch has to be right for the next order too.
TEST_CASE_TEMPLATE("second derivatives where a formula chooses", T, double, float) {
  struct Second {
    const char* type;
    std::vector<double> at;
    std::size_t k, l;
    double expected;
  };
  const std::vector<Second> all = {
      {"Relu", {0}, 0, 0, 0},         {"Abs", {0}, 0, 0, 0},
      {"Power", {-2, 0}, 0, 1, -0.5},  // b·aᵇ⁻¹ goes through b = 0 with the slope 1/a
      {"Power", {4, 0}, 0, 1, 0.25},  {"Power", {0, 3}, 0, 0, 0},
      {"Power", {0, 2}, 0, 0, 2},
  };
  for (const Second& second : all)
    for (const Row& row : elementwise()) {
      if (row.operation.type != second.type) continue;
      INFO(std::string(second.type));
      BasicTape<T> tape;
      std::vector<BasicVariable<T>> x;
      for (const double number : second.at) x.push_back(tape.variable(static_cast<T>(number)));
      const auto first = xtape::recorded_gradients<T>(row.operation(x), x)[second.k];
      CHECK(xtape::recorded_gradients<T>(first, x)[second.l].item() == second.expected);
    }
}

// What is composed of a value takes its slope from it, at a kink or where it is folded too.
TEST_CASE("values read with dual numbers have the slopes of their partials where they choose") {
  const auto number = [](double x, double tangent) {
    return Wide(xtape::Real<long double>(x), xtape::Real<long double>(tangent));
  };
  for (const Row& row : elementwise()) {
    if (row.operation.type == "Relu") CHECK(row.value({number(0, 1)}).tangent.value == 0);
    if (row.operation.type == "LogitCrossEntropy")  // σ(0) - t
      CHECK(row.value({number(0, 1), number(0.25, 0)}).tangent.value == 0.25L);
  }
}
