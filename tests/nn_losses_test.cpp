// Losses: their sums at every length, and the formulas that they are made of.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>
#include <xtape/nn.hpp>
#include <xtape/nn/loss_formulas.hpp>

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

// The slope's kernel reads the cotangent as a whole vector of the one number.
TEST_CASE_TEMPLATE("the cotangent of a loss comes from anywhere", T, double, float) {
  xtape::BasicTape<T> tape;
  auto values = xtape::Array<T>::from_shape({40});
  for (std::size_t i = 0; i < 40; ++i) values(i) = static_cast<T>(i) / 8;
  const auto y = tape.variable(values);
  const auto t = tape.constant(xtape::Array<T>(values * 2 - 1));
  const auto w = tape.variable(xtape::Array<T>(values + 1));
  const auto once = [&] { return xtape::nn::half_mse(y, t); };
  const auto alone = gradients(once())[y];
  const auto times = [&](const xtape::BasicVariable<T>& J, T factor) {
    const auto grad = gradients(J)[y];
    for (std::size_t i = 0; i < 40; ++i)
      CHECK(grad(i) == doctest::Approx(static_cast<double>(factor * alone(i))).epsilon(1e-6));
  };
  const auto a = once(), b = once(), c = once(), d = once();
  times(sum(a) + mean(a), 2);                        // added by structural operations
  times(sum(b * w), static_cast<T>(sum(w).item()));  // summed where it was stretched
  times(sum(reshape(c, {1, 1})), 1);                 // copied
  times(sum(d * w) + sum(d * w), static_cast<T>(2 * sum(w).item()));
  xtape::Array<T> three = xtape::Array<T>::from_shape({});  // given by the user
  three() = 3;
  const auto given = gradients(once(), three)[y];
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(given(i) == doctest::Approx(static_cast<double>(3 * alone(i))).epsilon(1e-6));
}
