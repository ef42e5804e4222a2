// Arrays of any kind are checked by their elements, and a kink of few elements hides no mistake of
// the others.

#include <doctest/doctest.h>

#include <array>
#include <span>
#include <string>
#include <vector>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/gradient_check.hpp>

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

// x² whose partial is a tenth too large.
struct TooSteep {
  static constexpr auto name = "too_steep";
  static auto value(auto x) { return x * x; }
  static auto partial(auto x) { return 2.2 * x; }
};

Array<double> with_zeros(std::size_t size, std::size_t every) {
  auto w = Array<double>::from_shape({size});
  for (std::size_t i = 0; i < size; ++i)
    w(i) = i % every == every - 1 ? 0 : 0.5 + 0.001 * static_cast<double>(i % 97);
  return w;
}

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

TEST_CASE("in fast mode elements at a kink are set apart, and hide nothing") {
  const auto penalty = [](const Variable& w) { return 0.1 * mean(abs(w)); };
  const auto right = [&](const Variable& w) { return mean(square(w)) + penalty(w); };
  const auto wrong = [&](const Variable& w) { return mean(apply(TooSteep{}, w)) + penalty(w); };
  const GradientCheckOptions fast{.mode = CheckMode::directions};
  SUBCASE("a few") {
    const Array<double> w = with_zeros(1500, 400);
    const GradientReport passed = check_gradients(right, {w}, fast);
    INFO(passed.text());
    CHECK(passed.passed());
    std::size_t kinks = 0;
    for (const CheckedNumber& number : passed.inputs[0].numbers) kinks += number.kink ? 1 : 0;
    CHECK(kinks == 3);
    CHECK(check_gradients(wrong, {w}, fast).verdict() == Verdict::fail);
  }
  SUBCASE("a third of all: every element has to be looked at") {
    const Array<double> w = with_zeros(300, 3);
    for (const GradientReport& report :
         {check_gradients(right, {w}, fast), check_gradients(wrong, {w}, fast)}) {
      INFO(report.text());
      CHECK(report.verdict() == Verdict::inconclusive);
      CHECK(report.text().find("every_element") != std::string::npos);
    }
    CHECK(check_gradients(right, {w}, {.mode = CheckMode::every_element}).passed());
    CHECK(check_gradients(wrong, {w}, {.mode = CheckMode::every_element}).verdict() ==
          Verdict::fail);
  }
  SUBCASE("one that is steep, beside another whose claim is wrong") {
    std::vector<double> x(2000), gradient(2000);
    for (std::size_t i = 1; i < x.size(); ++i) {
      x[i] = 1 + 0.001 * static_cast<double>(i);
      gradient[i] = 1;
    }
    const auto f = [](std::span<const double> at) {
      double sum = 100 * std::abs(at[0]);
      for (const double each : at.subspan(1)) sum += std::abs(each);
      return sum;
    };
    CHECK(check_gradient(f, gradient, x, fast).passed());
    gradient[7] = 2;
    const GradientReport report = check_gradient(f, gradient, x, fast);
    INFO(report.text());
    CHECK(report.verdict() == Verdict::fail);
    CHECK(report.text().find("x[7]") != std::string::npos);
  }
}
