// A structural operation of a user's whose value needs the vocabulary: exp, log and a maximum, and
// operators that assign. It is read with double, float, and dual numbers.

#include <doctest/doctest.h>

#include <cmath>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/replay.hpp>

// No using-directive here, as in a user's own file.
namespace someone {

struct LogSoftmax {
  static constexpr auto name = "log_softmax";
  static xtape::Shape output_shape(const xtape::Shape& z) {
    if (z.rank() != 2) throw xtape::ShapeError("(N, classes) is expected");
    return z;
  }
  template <class E>
  static void value(xtape::View<E> y, xtape::View<const E> z) {
    using xtape::exp, xtape::log, xtape::maximum;
    const std::size_t columns = z.shape()[1];
    for (std::size_t first = 0; first < z.size(); first += columns) {
      E m = z[first], s = 0;
      for (std::size_t j = 1; j < columns; ++j) m = maximum(m, z[first + j]);
      for (std::size_t j = 0; j < columns; ++j) s += exp(z[first + j] - m);
      for (std::size_t j = 0; j < columns; ++j) y[first + j] = z[first + j] - m - log(s);
    }
  }
  // z̄ = g − softmax(z) Σ_j g_j, row by row.
  static auto vjp(xtape::wrt<0>, auto g, auto, auto y) { return g - exp(y) * sum(g, 1, true); }
};

// The other assignments, and a choice: y = |x|, by x·x/x, with a sign.
struct Magnitude {
  static constexpr auto name = "magnitude";
  static xtape::Shape output_shape(const xtape::Shape& x) { return x; }
  template <class E>
  static void value(xtape::View<E> y, xtape::View<const E> x) {
    using xtape::select;
    for (std::size_t i = 0; i < x.size(); ++i) {
      E u = x[i];
      u *= x[i];
      u /= x[i];
      u -= 0;
      y[i] = select(u < 0, -u, u);
    }
  }
  static auto vjp(xtape::wrt<0>, auto g, auto x, auto y) { return g * y / x; }
};

}  // namespace someone

namespace {
using xtape::Array;
}

TEST_CASE_TEMPLATE("a structural operation may use the vocabulary for whatever it is read with", T,
                   double, float) {
  xtape::BasicTape<T> tape;
  const Array<T> at = {{1, 2, -1}, {0.5, 1000, 999}};
  const auto z = tape.variable(at, "z");
  const auto y = apply(someone::LogSoftmax{}, z);
  const Array<T> weights = {{1, -2, 3}, {0.5, 2, 1}};
  const auto J = sum(y * tape.constant(weights)) + sum(apply(someone::Magnitude{}, z));
  const T eps = std::numeric_limits<T>::epsilon();

  // log_softmax by hand: the second row, where exp(1000) is infinite, is that of (-999.5, 0, -1).
  const T sum_1 = std::exp(T(1)) + std::exp(T(2)) + std::exp(T(-1));
  const T log_2 = std::log1p(std::exp(T(-1)));
  CHECK(std::abs(y.value()(0, 1) - (2 - std::log(sum_1))) < 8 * eps);
  CHECK(std::abs(y.value()(1, 2) - (-1 - log_2)) < 8 * eps);
  // The gradient by hand: t_j - softmax_j Σ t, and the sign.
  const auto g = gradients(J)[z];
  CHECK(std::abs(g(0, 2) - (3 - std::exp(T(-1)) / sum_1 * 2 - 1)) < 16 * eps);
  CHECK(std::abs(g(1, 1) - (2 - T(3.5) / (1 + std::exp(T(-1))) + 1)) < 16 * eps);

  // Dual numbers read the same value.
  const auto report = xtape::check_adjoints(tape);
  INFO(report.text());
  CHECK(report.passed());
  CHECK(report.results.size() >= 2);
}

TEST_CASE_TEMPLATE("the functions of plain numbers are those of the operations", T, double, float) {
  CHECK(xtape::sigmoid(T(0)) == T(0.5));
  CHECK(std::is_same_v<decltype(xtape::tanh(T(1))), T>);
  CHECK(xtape::tanh(T(0.5)) == std::tanh(T(0.5)));
  CHECK(xtape::maximum(T(2), T(3)) == 3);
  CHECK(xtape::minimum(T(2), T(3)) == 2);
  CHECK(std::isnan(xtape::maximum(T(2), std::numeric_limits<T>::quiet_NaN())));
  CHECK(xtape::pow(T(2), T(3)) == 8);
  CHECK(xtape::square(T(-3)) == 9);
  CHECK(xtape::relu(T(-3)) == 0);
  CHECK(xtape::select(true, T(1), T(2)) == 1);
  CHECK(xtape::select(false, T(1), T(2)) == 2);
}
