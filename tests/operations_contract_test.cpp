// What the library promises where naive derivatives go wrong, through the functions that users
// call: ties with plain numbers, unselected branches, empty arrays, the same variable twice, axes.

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <xtape/autodiff.hpp>

#include "numbers.hpp"

namespace {

using numbers::inf;
using xtape::Array;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::Shape;

template <class T, class E>
std::vector<T> list(const E& array) {
  return {array.begin(), array.end()};
}

}  // namespace

TEST_CASE_TEMPLATE("a tie with a plain number sends nothing, a tie of arrays half each", T, double,
                   float) {
  BasicTape<T> tape;
  const auto x = tape.variable(static_cast<T>(2)), y = tape.variable(static_cast<T>(2));
  CHECK(gradients(maximum(x, 2))[x]() == 0);
  CHECK(gradients(maximum(2, x))[x]() == 0);
  CHECK(gradients(minimum(x, 2))[x]() == 0);
  CHECK(gradients(maximum(x, y))[x]() == T(0.5));
  CHECK(gradients(maximum(x, y))[y]() == T(0.5));
  CHECK(gradients(minimum(x, x))[x]() == 1);
}

TEST_CASE_TEMPLATE("a power with a plain exponent never meets the logarithm", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{-2, 0, 3});
  const auto y = pow(x, 2);
  CHECK(list<T>(y.value()) == std::vector<T>{4, 0, 9});
  CHECK(list<T>(gradients(sum(y))[x]) == std::vector<T>{-4, 0, 6});
  const auto second = recorded_gradient(sum(recorded_gradient(sum(y), x)), x);
  CHECK(list<T>(second.value()) == std::vector<T>{2, 2, 2});
  CHECK(list<T>(gradients(sum(pow(x, 0)))[x]) == std::vector<T>{0, 0, 0});
}

TEST_CASE_TEMPLATE("an active exponent's NaN does not touch the base", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(static_cast<T>(-2)), p = tape.variable(static_cast<T>(2));
  const auto grad = gradients(pow(x, p));
  CHECK(grad[x]() == -4);
  CHECK(std::isnan(grad[p]()));
}

TEST_CASE_TEMPLATE("an unselected branch cannot poison the selected one, at order 2 either", T,
                   double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{-1, 0, 4});
  const auto y = where(x > 0, sqrt(x), square(x));
  CHECK(list<T>(gradients(sum(y))[x]) == std::vector<T>{-2, 0, T(0.25)});
  const auto first = recorded_gradient(sum(y), x);
  CHECK(list<T>(first.value()) == std::vector<T>{-2, 0, T(0.25)});
  const auto second = recorded_gradient(sum(first), x);
  CHECK(list<T>(second.value()) == std::vector<T>{2, 2, T(-0.03125)});
  const auto z = where(x > 1, log(x), 0);
  CHECK(list<T>(recorded_gradient(sum(z), x).value()) == std::vector<T>{0, 0, T(0.25)});
}

TEST_CASE_TEMPLATE("nor can one whose partial was stored with its value", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>{static_cast<T>(inf), 0});
  const auto J = sum(where(x < 10, sin(x), 0));  // the partial of the first is NaN
  CHECK(J.item() == 0);
  CHECK(list<T>(gradients(J)[x]) == std::vector<T>{0, 1});
  CHECK(list<T>(recorded_gradient(J, x).value()) == std::vector<T>{0, 1});
}

TEST_CASE_TEMPLATE("a mask by multiplication gives NaN and a zero gradient", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(static_cast<T>(0));
  const auto y = log(x) * 0;
  CHECK(std::isnan(y.item()));
  CHECK(gradients(y)[x]() == 0);
  CHECK(recorded_gradient(y, x).item() == 0);
}

TEST_CASE("the second derivative of a perfect fit is not masked away") {
  xtape::Tape tape;
  const auto w = tape.variable(2.0);
  const auto J = square(w * 3 - 6);
  const auto first = recorded_gradient(J, w);
  CHECK(first.item() == 0);
  CHECK(recorded_gradient(first, w).item() == 18);
}

TEST_CASE_TEMPLATE("empty arrays have empty gradients of their shape", T, double, float) {
  BasicTape<T> tape;
  const auto x = tape.variable(Array<T>::from_shape({0, 3}));
  const auto row = tape.variable(Array<T>{1, 2, 3});
  CHECK(sum(x).item() == 0);
  CHECK(std::isnan(mean(x).item()));
  const auto grad = gradients(sum(x * row) + mean(x));
  CHECK(Shape(grad[x].shape()) == Shape{0, 3});
  CHECK(list<T>(grad[row]) == std::vector<T>{0, 0, 0});
  const auto a = tape.variable(Array<T>::from_shape({2, 0}));
  const auto product = matmul(a, x);
  CHECK(product.shape() == Shape{2, 3});
  CHECK(list<T>(product.value()) == std::vector<T>(6, 0));
  const auto none = gradients(sum(product));
  CHECK(Shape(none[a].shape()) == Shape{2, 0});
  CHECK(Shape(none[x].shape()) == Shape{0, 3});
}

TEST_CASE_TEMPLATE("the gradient of a stretched operand keeps its own shape", T, double, float) {
  BasicTape<T> tape;
  const auto m = tape.variable(Array<T>{{1, 2, 3}, {4, 5, 6}});
  const auto single = tape.variable(static_cast<T>(2));
  const auto one = tape.variable(numbers::array<T>(Shape{1, 1}, [] { return 3; }));
  const auto grad = gradients(sum(m * single + one));
  CHECK(grad[single].dimension() == 0);
  CHECK(grad[single]() == 21);
  CHECK(Shape(grad[one].shape()) == Shape{1, 1});
  CHECK(grad[one](0, 0) == 6);
}

TEST_CASE_TEMPLATE("a column of a square array is no row, and its gradient sums rows", T, double,
                   float) {
  BasicTape<T> tape;
  const auto m = tape.variable(Array<T>{{1, 2}, {3, 4}});
  const auto column = reshape(tape.variable(Array<T>{10, 100}), {2, 1});
  CHECK(list<T>((m * column).value()) == std::vector<T>{10, 20, 300, 400});
  CHECK(list<T>((column - m).value()) == std::vector<T>{9, 8, 97, 96});
  const auto grad = gradients(sum(m * column));
  CHECK(list<T>(grad[m]) == std::vector<T>{10, 10, 100, 100});
  CHECK(list<T>(grad[column]) == std::vector<T>{3, 7});
  // The same with an axis in the middle, and with one before.
  const auto cube = tape.constant(Array<T>{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
  const auto middle = reshape(tape.variable(Array<T>{1, 10, 100, 1000}), {2, 1, 2});
  CHECK(list<T>((cube * middle).value()) == std::vector<T>{1, 20, 3, 40, 500, 6000, 700, 8000});
  CHECK(list<T>(gradients(sum(cube * middle))[middle]) == std::vector<T>{4, 6, 12, 14});
  CHECK(list<T>((cube * column).value()) == std::vector<T>{10, 20, 300, 400, 50, 60, 700, 800});
}

TEST_CASE_TEMPLATE("the same variable may stand on both sides", T, double, float) {
  BasicTape<T> tape;
  const auto v = tape.variable(Array<T>{1, -2, 3});
  CHECK(list<T>(gradients(sum(v * v))[v]) == std::vector<T>{2, -4, 6});
  CHECK(list<T>(gradients(matmul(v, v))[v]) == std::vector<T>{2, -4, 6});
  CHECK(list<T>(recorded_gradient(matmul(v, v), v).value()) == std::vector<T>{2, -4, 6});
  CHECK(list<T>(gradients(sum(square(xtape::concatenate({v, v}))))[v]) ==
        std::vector<T>{4, -8, 12});
  // A·A with the cotangent G: G·Aᵀ + Aᵀ·G.
  const auto a = tape.variable(Array<T>{{1, 2}, {3, 4}});
  const Array<T> g = {{1, 0}, {2, 1}};
  CHECK(list<T>(gradients(matmul(a, a), g)[a]) == std::vector<T>{8, 6, 14, 14});
  // Diamonds: each path once.
  const auto h = v * 2;
  CHECK(list<T>(gradients(sum(h * h + h))[v]) == std::vector<T>{10, -14, 26});
}

TEST_CASE("axes count from the end, and are refused where they make no sense") {
  xtape::Tape tape;
  const auto m = tape.variable(Array<double>{{1, 2, 3}, {4, 5, 6}});
  CHECK(list<double>(sum(m, -1).value()) == std::vector<double>{6, 15});
  CHECK(list<double>(mean(m, {-2}, true).value()) == std::vector<double>{2.5, 3.5, 4.5});
  CHECK_THROWS_AS(sum(m, 2), xtape::ShapeError);
  CHECK_THROWS_AS(sum(m, {1, -1}), xtape::ShapeError);
  CHECK_THROWS_AS(transpose(m, {0, 0}), xtape::ShapeError);
  CHECK_THROWS_AS(xtape::concatenate({m, m}, 2), xtape::ShapeError);
  // As NumPy's empty tuple: no axis, nothing summed.
  CHECK(sum(m, xtape::Axes(std::initializer_list<int>{})).shape() == Shape{2, 3});
}

TEST_CASE("slices are read as in NumPy, from the end and backwards") {
  xtape::Tape tape;
  const auto v = tape.variable(Array<double>{0, 1, 2, 3, 4, 5, 6});
  using List = std::vector<double>;
  CHECK(list<double>(slice(v, {{1, 5, 2}}).value()) == List{1, 3});
  CHECK(list<double>(slice(v, {{-3}}).value()) == List{4, 5, 6});
  CHECK(list<double>(slice(v, {{0, -5}}).value()) == List{0, 1});
  CHECK(list<double>(slice(v, {{5, 1, -2}}).value()) == List{5, 3});
  CHECK(list<double>(slice(v, {{-1, xtape::Range::open, -3}}).value()) == List{6, 3, 0});
  CHECK(slice(v, {{5, 2}}).shape() == Shape{0});
  CHECK(list<double>(gradients(sum(square(slice(v, {{5, 1, -2}}))))[v]) ==
        List{0, 0, 0, 6, 0, 10, 0});
  CHECK_THROWS_AS(slice(v, {{0, 1, 0}}), xtape::ShapeError);
  CHECK_THROWS_AS(slice(v, {{}, {}}), xtape::ShapeError);
}

TEST_CASE("a transposed array's gradient comes back in its own order") {
  xtape::Tape tape;
  const auto m = tape.variable(Array<double>{{1, 2, 3}, {4, 5, 6}});
  const auto weights = tape.constant(Array<double>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(list<double>(gradients(sum(transpose(m) * weights))[m]) ==
        std::vector<double>{1, 3, 5, 2, 4, 6});
}
