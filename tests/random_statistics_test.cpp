#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>
#include <xtape/autodiff/random.hpp>

using xtape::Random;

namespace {

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};
Moments moments(const std::vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  Moments m;
  m.mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  for (const double v : x) {
    const double d = v - m.mean;
    m.variance += d * d / n;
    m.skewness += d * d * d / n;
    m.kurtosis += d * d * d * d / n;
  }
  m.skewness /= std::pow(m.variance, 1.5);
  m.kurtosis /= m.variance * m.variance;
  return m;
}

// The chi-square statistic of counts that should be equal.
double chi_square(const std::vector<std::size_t>& counts) {
  const auto total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double sum = 0;
  for (const auto count : counts) {
    const double d = static_cast<double>(count) - expected;
    sum += d * d / expected;
  }
  return sum;
}

// Far outside what chance gives: freedom k has mean k and deviation sqrt(2 k). Both sides count:
// numbers that are too even are not random either.
void check_chi_square(const std::vector<std::size_t>& counts) {
  const auto freedom = static_cast<double>(counts.size() - 1);
  const double statistic = chi_square(counts);
  CHECK(statistic < freedom + 5 * std::sqrt(2 * freedom));
  CHECK(statistic > freedom - 5 * std::sqrt(2 * freedom));
}

}  // namespace

TEST_CASE("moments") {
  constexpr std::size_t n = 400000;
  Random random(11);
  std::vector<double> x(n);
  random.fill_uniform(x.data(), n, -2, 4);  // mean 1, variance 3
  auto m = moments(x);
  CHECK(std::abs(m.mean - 1) < 5 * std::sqrt(3.0 / n));
  CHECK(std::abs(m.variance - 3) < 0.02);
  CHECK(std::abs(m.kurtosis - 1.8) < 0.02);
  CHECK(*std::ranges::min_element(x) >= -2);
  CHECK(*std::ranges::max_element(x) < 4);

  random.fill_normal(x.data(), n, 3, 0.58);
  m = moments(x);
  CHECK(std::abs(m.mean - 3) < 5 * 0.58 / std::sqrt(n));
  CHECK(std::abs(m.variance - 0.58 * 0.58) < 0.005);
  CHECK(std::abs(m.skewness) < 5 * std::sqrt(6.0 / n));
  CHECK(std::abs(m.kurtosis - 3) < 5 * std::sqrt(24.0 / n));
}

TEST_CASE("chi-square: elements of a draw, first elements of draws, normal numbers, below") {
  constexpr std::size_t n = 200000, cells = 256;
  Random random(12);
  std::vector<std::size_t> within(cells), across(cells), normal(cells), low_bits(cells), below(57);
  for (std::size_t i = 0; i < n; ++i) {
    ++within[static_cast<std::size_t>(random.uniform_at(1, i) * cells)];
    ++across[static_cast<std::size_t>(random.uniform_at(i, 0) * cells)];
    ++low_bits[random.bits(2, i) % cells];
    const double z = random.normal_at(3, i);
    ++normal[static_cast<std::size_t>(0.5 * std::erfc(-z / std::sqrt(2.0)) * cells)];
    ++below[random.below(below.size())];
  }
  check_chi_square(within);
  check_chi_square(across);
  check_chi_square(low_bits);
  check_chi_square(normal);
  check_chi_square(below);
}

TEST_CASE("below is unbiased where a remainder of 2^64 would show") {
  // Three quarters of 2^64: without rejection the lower third would come twice as often.
  if constexpr (sizeof(std::size_t) == 8) {
    constexpr std::size_t n = (std::size_t{1} << 63) + (std::size_t{1} << 62);
    Random random(13);
    std::vector<std::size_t> thirds(3);
    for (int i = 0; i < 30000; ++i) ++thirds[random.below(n) / (n / 3)];
    check_chi_square(thirds);
    CHECK(random.draws() > 35000);  // a quarter of the words is rejected
    CHECK(random.draws() < 45000);
    // Of three words w, w n / 2^64 is the same for a third of the results: one is rejected.
    std::vector<std::size_t> residues(3);
    for (int i = 0; i < 30000; ++i) ++residues[random.below(n) % 3];
    check_chi_square(residues);
  }
  Random random(14);
  for (int i = 0; i < 100; ++i) CHECK(random.below(1) == 0);
}

TEST_CASE("shuffle: every order equally often, golden numbers, any length") {
  std::array<int, 10> ten{};
  std::iota(ten.begin(), ten.end(), 0);
  Random golden(5);
  golden.shuffle(ten);
  CHECK(ten == std::array{3, 1, 4, 5, 8, 2, 6, 9, 0, 7});
  CHECK(golden.below(1000) == 327);
  CHECK(golden.draws() == 2);

  Random random(15);
  std::map<std::array<int, 4>, std::size_t> orders;
  for (int i = 0; i < 24000; ++i) {
    std::array<int, 4> four{0, 1, 2, 3};
    random.shuffle(four);
    ++orders[four];
  }
  CHECK(orders.size() == 24);
  std::vector<std::size_t> counts;
  for (const auto& entry : orders) counts.push_back(entry.second);
  check_chi_square(counts);

  std::vector<std::size_t> two_first(2);
  for (int i = 0; i < 10000; ++i) {
    std::array<std::size_t, 2> two{0, 1};
    random.shuffle(two);
    ++two_first[two[0]];
  }
  check_chi_square(two_first);

  for (const std::size_t n :
       std::vector<std::size_t>{0, 1, 2, 127, 128, 129, 130, 1000}) {  // around the inner buffer
    CAPTURE(n);
    std::vector<std::size_t> numbers(n);
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    random.shuffle(numbers);
    std::size_t in_place = 0;
    for (std::size_t i = 0; i < n; ++i) in_place += numbers[i] == i ? 1 : 0;
    if (n > 2) CHECK(in_place < 8);
    std::ranges::sort(numbers);
    for (std::size_t i = 0; i < n; ++i) REQUIRE(numbers[i] == i);
  }
}
