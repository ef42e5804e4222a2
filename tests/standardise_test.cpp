#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/lab_data.hpp>
#include <xtape/nn/standardise.hpp>

namespace nn = xtape::nn;
using xtape::Array;
using xtape::Random;

namespace {

template <class T>
nn::BasicDataSet<T> set_of(Array<T> inputs) {
  const auto n = inputs.shape()[0];
  return {std::move(inputs), Array<T>(std::vector<std::size_t>{n, 1}, T(1))};
}

}  // namespace

TEST_CASE_TEMPLATE("standardised: the worked example", T, double, float) {
  // Columns: mean 3, deviation 2; constant 0.1, whose rounded mean of three is another number.
  const auto tenth = T(0.1);
  auto train = set_of<T>({{1, tenth}, {5, tenth}, {1, tenth}, {5, tenth}});
  const nn::BasicStandardiser<T> scale(train);
  CHECK(scale.mean() == Array<T>{3, tenth});
  CHECK(scale.deviation() == Array<T>{2, 0});
  const auto z = scale(train);
  CHECK(z.inputs() == Array<T>{{-1, 0}, {1, 0}, {-1, 0}, {1, 0}});
  CHECK(z.targets() == train.targets());
  // Other data, by the training data's numbers; what was constant is only centred.
  CHECK(scale(Array<T>{{7, T(2) + tenth}}) == Array<T>{{2, (T(2) + tenth) - tenth}});
  CHECK(scale.inverse(Array<T>{{2, 1}}) == Array<T>{{7, T(1) + tenth}});
}

TEST_CASE("standardised features have mean 0 and deviation 1, also far from 0") {
  Random random(1);
  const std::size_t n = 997;
  auto inputs = Array<double>::from_shape({n, 3});
  for (std::size_t i = 0; i < n; ++i) {
    inputs(i, 0) = random.normal(1e9, 1e-3);  // the one pass of Σx² - (Σx)² has no digit left
    inputs(i, 1) = random.uniform(-1, 1) * 1e-200;
    inputs(i, 2) = random.uniform(-1, 1) * 1e200;
  }
  const auto train = set_of<double>(inputs);
  const nn::Standardiser scale(train);
  CHECK(scale.deviation()(0) == doctest::Approx(1e-3).epsilon(0.1));
  const auto z = scale(inputs);
  for (std::size_t j = 0; j < 3; ++j) {
    long double sum = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += z(i, j);
      squares += static_cast<long double>(z(i, j)) * z(i, j);
    }
    CAPTURE(j);
    // The mean is a double: of the first feature it is 1e-7 of 1e9, 1e-4 deviations, off.
    CHECK(std::abs(static_cast<double>(sum / n)) < (j == 0 ? 1e-4 : 1e-13));
    CHECK(std::sqrt(static_cast<double>(squares / n)) ==
          doctest::Approx(1.0).epsilon(j == 0 ? 1e-6 : 1e-13));
  }
  const auto back = scale.inverse(z);
  for (std::size_t i = 0; i < back.size(); ++i)
    CHECK(back.data()[i] == doctest::Approx(inputs.data()[i]).epsilon(1e-14));
}

TEST_CASE("fitted on the training part alone, applied to both; any shape of sample") {
  Random random(2);
  const auto lab = nn::linearly_separable(random, {.train = 100, .test = 50});
  const nn::Standardiser scale(lab.train);
  const auto scaled = scale(lab);
  CHECK(scaled.train.inputs() == scale(lab.train.inputs()));
  CHECK(scaled.test.inputs() == scale(lab.test.inputs()));
  CHECK(scaled.test.inputs() != nn::Standardiser(lab.test)(lab.test.inputs()));
  CHECK(scaled.test.targets() == lab.test.targets());

  const nn::Standardiser images(set_of<double>({{{1, 2}, {3, 4}}, {{3, 2}, {7, 8}}}));
  CHECK(images.mean() == Array<double>{{2, 2}, {5, 6}});
  CHECK(images.deviation() == Array<double>{{1, 0}, {2, 2}});
  CHECK(images(Array<double>{{{1, 2}, {3, 4}}}) == Array<double>{{{-1, 0}, {-1, -1}}});

  const nn::Standardiser one(set_of<double>({{4, -4}}));  // one sample: all is constant
  CHECK(one(Array<double>{{4, 0}}) == Array<double>{{0, 4}});
}

TEST_CASE("mean and deviation are reported") {
  const nn::Standardiser scale(set_of<double>({{1, 7}, {5, 7}}));
  CHECK(to_string(scale) ==
        "feature          mean    deviation\n"
        "      1             3            2\n"
        "      2             7     constant\n");
}

TEST_CASE("what cannot be standardised is refused") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(nn::Standardiser(set_of<double>({{1, 2}, {3, nan}})),
                       "Standardiser: feature 2 of sample 2 is not a finite number",
                       std::invalid_argument);
  const nn::Standardiser scale(set_of<double>({{1, 2}, {3, 4}}));
  CHECK_THROWS_WITH_AS((void)scale(Array<double>{{1, 2, 3}}),
                       "Standardiser: inputs (1, 3): it was fitted on samples of shape (2)",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((void)scale.inverse(Array<double>{1, 2}),
                       "Standardiser: standardised (2): it was fitted on samples of shape (2)",
                       std::invalid_argument);
}
