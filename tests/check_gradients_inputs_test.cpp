// Arrays of any kind are checked by their elements; those without any are refused.

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/check.hpp>

using namespace xtape;

namespace {

double squares(std::span<const double> x) {
  double sum = 0;
  for (const double each : x) sum += each * each;
  return sum;
}

template <class G, class X>
void told_apart(const G& right, const G& wrong, const X& x) {
  const auto of = [&](const G& gradient) { return check_gradient(squares, gradient, x); };
  CHECK(of(right).passed());
  CHECK(of(wrong).verdict() == Verdict::fail);
  // The same given by a function.
  CHECK(check_gradient(
            squares, [&](std::span<const double>) { return right; }, x)
            .passed());
  CHECK(check_gradient(
            squares, [&](std::span<const double>) { return wrong; }, x)
            .verdict() == Verdict::fail);
}

// Every second number of an array, as others' libraries have it: where it begins is not all of it.
struct EverySecond {
  const double* numbers;
  std::size_t count;

  struct Iterator {
    using difference_type = std::ptrdiff_t;
    using value_type = double;
    const double* at = nullptr;
    const double& operator*() const { return *at; }
    Iterator& operator++() {
      at += 2;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      at += 2;
      return before;
    }
    bool operator==(const Iterator&) const = default;
  };
  [[nodiscard]] const double* data() const { return numbers; }
  [[nodiscard]] std::size_t size() const { return count; }
  [[nodiscard]] Iterator begin() const { return {numbers}; }
  [[nodiscard]] Iterator end() const { return {numbers + 2 * count}; }
};

}  // namespace

TEST_CASE("points and gradients are arrays of xtensor's, views of them, or ranges") {
  const xt::xarray<double> table = {{1, 10}, {2, 20}, {3, 30}};
  const xt::xarray<double> of_second = {20, 40, 60}, across = {2, 20, 4};
  const auto column = xt::view(table, xt::all(), 1);
  told_apart(of_second, across, column);
  told_apart<xt::xtensor<double, 1>>({20, 40, 60}, {20, 40, 60.1}, column);
  told_apart<std::vector<double>>({20, 40, 60}, {2, 20, 4}, column);
  told_apart<std::array<double, 3>>({2, 4, 6}, {2, 4, -6}, std::vector<double>{1, 2, 3});
  // A gradient that is a view, and one that is an expression.
  const xt::xarray<double> gradients = 2 * table;
  CHECK(check_gradient(squares, xt::view(gradients, xt::all(), 1), column).passed());
  CHECK(check_gradient(squares, xt::view(gradients, xt::all(), 0), column).verdict() ==
        Verdict::fail);
  CHECK(check_gradient(squares, 2 * column, column).passed());
  CHECK(check_gradient(squares, 3 * column, column).verdict() == Verdict::fail);
  // Others' arrays, by their iterators where they have any.
  const double points[] = {1, 10, 2, 20, 3, 30}, claims[] = {2, 0, 4, 0, 6, 0};
  CHECK(check_gradient(squares, EverySecond{claims, 3}, EverySecond{points, 3}).passed());
  CHECK(check_gradient(squares, std::vector<double>{2, 4, 6}, EverySecond{points, 3}).passed());
  CHECK(check_gradient(squares, std::vector<double>{2, 20, 4}, EverySecond{points, 3}).verdict() ==
        Verdict::fail);
  // Columns first in memory: the elements are counted by rows all the same.
  const xt::xarray<double, xt::layout_type::column_major> turned = table;
  const auto weighted = [](std::span<const double> x) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(i + 1) * x[i];
    return sum;
  };
  const xt::xarray<double> by_rows = {{1, 2}, {3, 4}, {5, 6}},
                           by_columns = {{1, 4}, {2, 5}, {3, 6}};
  CHECK(check_gradient(weighted, by_rows, turned).passed());
  CHECK(check_gradient(weighted, by_columns, turned).verdict() == Verdict::fail);
  const xt::xarray<double, xt::layout_type::column_major> turned_gradient = by_rows;
  CHECK(check_gradient(weighted, turned_gradient, table).passed());
}

TEST_CASE("checks of a gradient refuse arrays without elements in the same words") {
  const Array<double> empty = xt::zeros<double>({0, 3}), some = {1, 2};
  const auto f = [](const Variable& x, const Variable& w) { return sum(x * x) + sum(w); };
  CHECK_THROWS_WITH_AS(check_gradients(f, {some, empty}, {.names = {"x", "w"}}),
                       "check_gradients: w (0, 3) has no elements", Error);
  CHECK_THROWS_WITH_AS(check_gradient(squares, std::vector<double>(), std::vector<double>()),
                       "check_gradient: x (0) has no elements", Error);
  Tape tape;
  const auto J = f(tape.variable(some, "x"), tape.variable(empty, "w"));
  CHECK_THROWS_WITH_AS(check_taylor(J), "check_taylor: w (0, 3) has no elements", Error);
  CHECK_THROWS_WITH_AS(check_taylor(f, {some, empty}), doctest::Contains("(0, 3) has no elements"),
                       Error);
  CHECK_THROWS_WITH_AS(check_taylor([](const Array<double>&) { return 0.0; }, empty, empty),
                       "check_taylor: x (0, 3) has no elements", Error);
}
