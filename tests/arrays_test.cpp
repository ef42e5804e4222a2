// Arrays of xtensor's as operands beside variables: what they become on the tape, and which
// messages name them. What the compiler refuses is tested in refused/.

#include <doctest/doctest.h>

#include <limits>
#include <type_traits>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/nn.hpp>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xbuilder.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>
#endif

namespace {

using xtape::Array;
using xtape::borrow;
using xtape::HandleError;
using xtape::Parameter;
using xtape::Shape;
using xtape::ShapeError;
using xtape::Tape;
using xtape::Variable;
using Numbers = std::vector<double>;

// The elements row by row, as doubles.
Numbers list(const auto& expression) { return Numbers(expression.begin(), expression.end()); }

}  // namespace

TEST_CASE_TEMPLATE("an array on either side of every operator is a constant", T, float, double) {
  xtape::BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{2, 4});
  Array<T> A{8, 2};  // not const: xtensor's operators would fit it better than ours
  static_assert(std::is_same_v<decltype(x * A), xtape::BasicVariable<T>>);
  CHECK(list((x + A).value()) == Numbers{10, 6});
  CHECK(list((A + x).value()) == Numbers{10, 6});
  CHECK(list((x - A).value()) == Numbers{-6, 2});
  CHECK(list((A - x).value()) == Numbers{6, -2});
  CHECK(list((x * A).value()) == Numbers{16, 8});
  CHECK(list((A * x).value()) == Numbers{16, 8});
  CHECK(list((x / A).value()) == Numbers{0.25, 2});
  CHECK(list((A / x).value()) == Numbers{4, 0.5});
  CHECK(list((x < A).variable().value()) == Numbers{1, 0});
  CHECK(list((A < x).variable().value()) == Numbers{0, 1});
  CHECK(list((x <= A).variable().value()) == Numbers{1, 0});
  CHECK(list((x > A).variable().value()) == Numbers{0, 1});
  CHECK(list((x >= A).variable().value()) == Numbers{0, 1});
  CHECK(list((A == x).variable().value()) == Numbers{0, 0});
  CHECK(list((A != x).variable().value()) == Numbers{1, 1});
  CHECK(list(maximum(x, A).value()) == Numbers{8, 4});
  CHECK(list(minimum(A, x).value()) == Numbers{2, 2});
  CHECK(list(pow(x, A).value()) == Numbers{256, 16});
  CHECK(list(where(x > A, x, A).value()) == Numbers{8, 4});
  CHECK(list(xtape::concatenate({x, A}).value()) == Numbers{2, 4, 8, 2});
  CHECK(matmul(A, x).item() == 24);

  const auto grad = gradients(sum(A * x * A));
  CHECK(list(grad[x]) == Numbers{64, 4});
  // A gradient is an array too: what it stands beside decides.
  static_assert(xtape::XtensorExpression<decltype(grad[x] * A)>);
  CHECK(list((x * grad[x]).value()) == Numbers{128, 16});
}

TEST_CASE("expressions, views, tensors and other types of number become the tape's") {
  Tape tape;
  const auto x = tape.variable(Array<double>{1, 2});
  const Array<double> A{{3, 4}, {5, 6}};
  CHECK(list((x + xt::ones<double>({2})).value()) == Numbers{2, 3});
  CHECK(list((x * (A + A)).value()) == Numbers{6, 16, 10, 24});
  CHECK(list((x * xt::view(A, xt::all(), 1)).value()) == Numbers{4, 12});
  CHECK(list((x * xt::transpose(A)).value()) == Numbers{3, 10, 4, 12});
  CHECK(list((x * xt::xtensor<int, 1>{3, 4}).value()) == Numbers{3, 8});
  CHECK(list((x * xt::xarray<float>{0.5F, 4}).value()) == Numbers{0.5, 8});
  CHECK(list((x * xt::xarray<double, xt::layout_type::column_major>{{1, 2}, {3, 4}}).value()) ==
        Numbers{1, 4, 3, 8});
  std::vector<double> v{5, 6};
  CHECK(list((x + xt::adapt(v)).value()) == Numbers{6, 8});
  CHECK((x * Array<double>(0.5)).shape() == Shape{2});

  xtape::TapeF narrow;
  const auto y = narrow.variable(xt::xarray<float>{1, 2});
  const xt::xarray<double> third{1.0 / 3};
  CHECK((y * third).value()(0) == static_cast<float>(1.0 / 3));
}

TEST_CASE("truth values choose, and what they hide receives nothing") {
  Tape tape;
  const auto x = tape.variable(Array<double>{0, 4});
  const Array<double> A{0, 1};
  const auto y = where(A > 0, 1 / x, A);
  CHECK(list(y.value()) == Numbers{0, 0.25});
  CHECK(list(gradients(sum(y))[x]) == Numbers{0, -0.0625});
  CHECK(list((x * (A > 0)).value()) == Numbers{0, 4});
}

TEST_CASE("an operand is copied, and a borrowed one is read in place") {
  Tape tape;
  const auto x = tape.variable(xt::eval(xt::ones<double>({10000})));
  Array<double> A = 2 * xt::ones<double>({10000});
  const auto copied = x * A, in_place = x * borrow(A);
  const auto input = [&](const Variable& y) {
    const auto& record = tape.record_at(tape.slot(y.index()).record);
    return tape.slot(tape.inputs_of(record)[1]).view.data;
  };
  CHECK(input(copied) != A.data());
  CHECK(input(in_place) == A.data());
  A(0) = 7;
  CHECK(gradients(sum(copied))[x](0) == 2);
}

TEST_CASE("an array counts as no input of a gradient, and steps are recorded over one another") {
  Tape tape;
  Parameter w(Array<double>{1, 2}, "w");
  std::uint64_t version = 0;
  std::uint32_t slots = 0;
  for (int step = 0; step < 5; ++step) {
    auto recording = tape.record();
    const Array<double> A{double(step), 1};
    const auto J = sum(A * tape.parameter(w));
    CHECK(list(gradients(J)[w]) == Numbers{double(step), 1});
    if (step == 2) version = tape.version(), slots = tape.slots();
  }
  CHECK(tape.version() == version);
  CHECK(tape.slots() == slots);
}

TEST_CASE("messages of operations with arrays") {
  Tape tape;
  const auto x = tape.variable(Array<double>{1, 2}, "x");
  const Array<double> A{1, 2, 3};
  CHECK_THROWS_WITH_AS(
      x * A,
      doctest::Contains("multiply: x (2) * input 2 (3): the shapes do not broadcast (arrays_test"),
      ShapeError);
  CHECK_THROWS_WITH_AS(A - x, doctest::Contains("subtract: input 1 (3) - x (2): "), ShapeError);
  const auto slots = tape.slots();
  CHECK_THROWS_AS(A - x, ShapeError);
  CHECK(tape.slots() == slots);  // nothing is left of what failed
  const Parameter p(1.0, "p");
  CHECK_THROWS_WITH_AS(
      p * A,
      doctest::Contains("multiply: none of the inputs is a variable, so there is no tape to record "
                        "on; begin with tape.parameter(p), tape.variable(x) or tape.constant(x)"),
      HandleError);
  CHECK_THROWS_WITH_AS(Variable() * A, doctest::Contains("multiply: an empty variable"),
                       HandleError);
}

TEST_CASE("losses and layers take arrays") {
  namespace nn = xtape::nn;
  Tape tape;
  const auto y = reshape(tape.variable(Array<double>{1, 4}), {2, 1}).named("y");
  const Array<double> flat{0, 1}, T = xt::reshape_view(flat, {2, 1});
  CHECK(nn::half_mse(y, T).item() == 2.5);
  CHECK(nn::mse(T, y).item() == 5);
  CHECK(nn::bce_with_logits(y, T).item() == nn::bce_with_logits(y, tape.constant(T)).item());
  CHECK_THROWS_WITH_AS(nn::half_mse(y, flat),
                       doctest::Contains("half_mse: y (2, 1) and t (2): shapes have to be equal, a "
                                         "loss does not broadcast (arrays_test"),
                       ShapeError);
  xtape::Random random(1);
  const nn::Linear layer(1, 3, random);
  CHECK_THROWS_WITH_AS(layer(T), doctest::Contains("linear: none of the inputs is a variable"),
                       HandleError);
}
