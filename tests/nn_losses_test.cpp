// Losses: their sums at every length, and the formulas that they are made of.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>
#include <xtape/nn.hpp>

using namespace xtape;

namespace {

using R = Real<long double>;

// Numbers that no lane shares with another.
template <class T>
Array<T> numbers(std::size_t n, double start) {
  auto result = Array<T>::from_shape({n});
  for (std::size_t i = 0; i < n; ++i)
    result(i) = static_cast<T>(std::sin(start + 1.7 * static_cast<double>(i)));
  return result;
}

template <class Loss, class T, class Function>
void check_sum(const Function& loss, std::size_t n) {
  CAPTURE(n);
  BasicTape<T> tape;
  const Array<T> Y = numbers<T>(n, 0.3), targets = numbers<T>(n, 2);
  const auto y = tape.variable(Y), t = tape.variable(targets);
  const auto J = loss(y, t);
  long double sum = 0, size = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const long double term = R(Loss::value(R(Y(i)), R(targets(i)))).value;
    sum += term;
    size += std::abs(term);
  }
  const long double unit = std::numeric_limits<T>::epsilon(), count = static_cast<long double>(n);
  CHECK(std::abs(J.item() - sum / count) <= 8 * unit * size / count);
  const auto grad = gradients(J);
  for (std::size_t i = 0; i < n; ++i) {
    const R a(Y(i)), b(targets(i));
    const long double dy = R(Loss::partial(wrt<0>{}, a, b)).value / count;
    const long double dt = R(Loss::partial(wrt<1>{}, a, b)).value / count;
    const long double most = 8 * unit * (std::abs(a.value) + std::abs(b.value) + 1) / count;
    REQUIRE(std::abs(grad[y](i) - dy) <= most);
    REQUIRE(std::abs(grad[t](i) - dt) <= most);
  }
}

// Each partial of g·scale·∂loss/∂(input K) against the dual reading of its value.
template <class Loss, std::size_t K>
void check_slope() {
  const nn::LossSlope<Loss, K> slope{0.25};
  for (const double a : {-3.0, -0.5, 0.0, 0.7, 2.0})
    for (const double b : {0.0, 0.3, 1.0}) {
      const auto tangent = [&](int of) {
        const auto x = [&](double value, int k) { return Wide(R(value), R(of == k ? 1 : 0)); };
        return Wide(slope.value(x(1.5, 0), x(a, 1), x(b, 2))).tangent.value;
      };
      const R g(1.5), y(a), t(b);
      CAPTURE(a);
      CAPTURE(b);
      CHECK(std::abs(R(slope.partial(wrt<0>{}, g, y, t)).value - tangent(0)) < 1e-17L);
      CHECK(std::abs(R(slope.partial(wrt<1>{}, g, y, t)).value - tangent(1)) < 1e-17L);
      CHECK(std::abs(R(slope.partial(wrt<2>{}, g, y, t)).value - tangent(2)) < 1e-17L);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("the mean of a loss at every length", T, double, float) {
  using V = BasicVariable<T>;
  std::vector<std::size_t> lengths;
  for (std::size_t n = 1; n <= 130; ++n) lengths.push_back(n);
  for (const std::size_t n : {4095U, 8191U, 8192U, 8193U, 20001U}) lengths.push_back(n);
  for (const std::size_t n : lengths) {
    check_sum<nn::HalfSquaredError, T>([](const V& y, const V& t) { return nn::half_mse(y, t); },
                                       n);
    check_sum<nn::SquaredError, T>([](const V& y, const V& t) { return nn::mse(y, t); }, n);
    check_sum<nn::LogitCrossEntropy, T>(
        [](const V& z, const V& t) { return nn::bce_with_logits(z, t); }, n);
  }
}

TEST_CASE("the second derivatives of the losses are those of their partials") {
  check_slope<nn::HalfSquaredError, 0>();
  check_slope<nn::HalfSquaredError, 1>();
  check_slope<nn::SquaredError, 0>();
  check_slope<nn::SquaredError, 1>();
  check_slope<nn::LogitCrossEntropy, 0>();
  check_slope<nn::LogitCrossEntropy, 1>();
}
