#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
#include <xtape/autodiff/random.hpp>

using xtape::Random;

namespace {

constexpr std::uint64_t key = 0x0123456789abcdef;

std::string error_of(auto&& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("Philox4x32-10 gives the published answers") {
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(Random::philox({0, 0, 0, 0}, {0, 0}) ==
        Random::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(Random::philox({ones, ones, ones, ones}, {ones, ones}) ==
        Random::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(
      Random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
      Random::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  static_assert(Random::philox({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
}

// The expected words come from another implementation of Philox, in another language.
TEST_CASE("an element is a function of key, draw and index") {
  const Random random(key);
  CHECK(random.bits(0, 0) == 0xc58cb04bb850222e);
  CHECK(random.bits(0, 1) == 0x7a84fff914a7a020);
  CHECK(random.bits(0, 2) == 0x523e0d85adca1466);
  CHECK(random.bits(7, 12345) == 0x085085596a950575);
  CHECK(random.bits((std::uint64_t{1} << 40) + 3, (std::uint64_t{1} << 33) + 1) ==
        0x7dee9d1e65c3c378);
  for (std::uint64_t i = 0; i < 100; ++i)
    CHECK(random.uniform_at(4, i) == static_cast<double>(random.bits(4, i) >> 11) * 0x1p-53);
  CHECK(random.uniform_at(0, 0) == 0x1.8b19609770a04p-1);
  CHECK(random.uniform_at(7, 12345) == 0x1.0a10ab2d52a00p-5);
}

TEST_CASE("streams: split by number, fork by draw, all different, all repeatable") {
  Random random(key);
  CHECK(random.split(3) == Random(0x80fdf0ba5831fb75));
  const auto before = random.split(5);
  CHECK(random.fork() == Random(0xcd24d769bde04e29));
  CHECK(random.draws() == 1);
  CHECK(random.split(5) == before);  // whatever was drawn
  std::map<std::uint64_t, int> first_numbers;
  Random parent(1);
  for (std::uint64_t i = 0; i < 100; ++i) {
    ++first_numbers[parent.split(i).bits(0, 0)];
    ++first_numbers[parent.fork().bits(0, 0)];
    ++first_numbers[parent.bits(i, 0)];
  }
  CHECK(first_numbers.size() == 300);
}

TEST_CASE("a copy goes on alike, and each number, array or shuffle takes one draw") {
  Random a(9);
  a.next();
  Random b = a;
  CHECK(a == b);
  CHECK(a.normal() == b.normal());
  std::array<double, 5> five{};
  std::array<float, 7> seven{};
  a.fill_uniform(five.data(), five.size(), 0, 1);
  a.fill_normal(seven.data(), seven.size(), 0, 1);
  a.shuffle(five);
  a.fill_uniform(five.data(), 0, 0, 1);
  CHECK(a.draws() == b.draws() + 4);
  CHECK_FALSE(a == b);
}

TEST_CASE("arrays: element i of the draw, whatever the length and the place") {
  const Random random(key);
  for (const std::size_t n : std::vector<std::size_t>{0, 1, 2, 7, 63, 64, 65, 130}) {
    CAPTURE(n);
    for (const std::size_t first : std::vector<std::size_t>{0, 1, 5, 64}) {
      std::vector<std::uint64_t> words(n + 1, 99);
      random.bits(3, first, std::span(words).first(n));
      for (std::size_t i = 0; i < n; ++i) REQUIRE(words[i] == random.bits(3, first + i));
      CHECK(words[n] == 99);
    }
    Random filling(key);
    std::vector<double> uniform(n + 1, 99.0), normal(n + 1, 99.0);
    std::vector<float> uniform_f(n + 1, 99.0F), normal_f(n + 1, 99.0F);
    filling.fill_uniform(uniform.data(), n, -3, 5);
    filling.fill_uniform(uniform_f.data(), n, -3, 5);
    filling.fill_normal(normal.data(), n, 2, 0.5);
    filling.fill_normal(normal_f.data(), n, 2, 0.5);
    for (std::size_t i = 0; i < n; ++i) {
      REQUIRE(uniform[i] == -3 + 8 * random.uniform_at(0, i));  // 8 is a power of 2: one rounding
      REQUIRE(uniform_f[i] == static_cast<float>(-3 + 8 * random.uniform_at(1, i)));
      REQUIRE(normal[i] == 2 + 0.5 * random.normal_at(2, i));
      REQUIRE(normal_f[i] == static_cast<float>(2 + 0.5 * random.normal_at(3, i)));
    }
    CHECK(uniform[n] == 99.0);
    CHECK(uniform_f[n] == 99.0F);
    CHECK(normal[n] == 99.0);
    CHECK(normal_f[n] == 99.0F);
  }
}

// mpmath, 60 digits, at exactly these doubles: every branch, both sides of its borders.
TEST_CASE("the normal quantile is good to 4 ulp, from the smallest double to the largest below 1") {
  struct Row {
    double p, x;
  };
  constexpr Row rows[] = {{0x1p-1074, -38.467405617144346251},
                          {0x1.8p-1030, -37.656021974082627653},
                          {0x1p-500, -26.168249841118580719},
                          {0x1.5p-100, -11.461014036917500519},
                          {0x1p-54, -8.2923610758135955382},
                          {0x1.999999999999ap-38, -6.7845916401725272099},
                          {0x1.ap-37, -6.681524879232379427},
                          {0x1.cp-30, -5.9179581379326466038},
                          {0x1p-10, -3.0972690781987844624},
                          {0x1.33p-4, -1.4398764965970950719},
                          {0x1.34p-4, -1.4381530790030161404},
                          {0x1.8p-3, -0.88714655901887605669},
                          {0x1.8p-2, -0.31863936396437516302},
                          {0x1.ffffffp-2, -3.735167197333277889e-8},
                          {0x1p-1, 0.0},
                          {0x1.0000000000001p-1, 2.7829164246717669222e-16},
                          {0x1.4p-1, 0.31863936396437516302},
                          {0x1.8p-1, 0.6744897501960817432},
                          {0x1.d8p-1, 1.4177971379962673391},
                          {0x1.dcp-1, 1.4734675779471012936},
                          {0x1.ffp-1, 2.8856349124267571474},
                          {0x1.fffffffffffffp-1, 8.2095361516013868556}};
  for (const Row& row : rows) {
    CAPTURE(row.p);
    CHECK(std::abs(Random::normal_quantile(row.p) - row.x) <= 4 * 0x1p-52 * std::abs(row.x));
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(Random::normal_quantile(0) == -infinity);
  CHECK(Random::normal_quantile(1) == infinity);
  CHECK(std::isnan(Random::normal_quantile(-0x1p-1074)));
  CHECK(std::isnan(Random::normal_quantile(1.5)));
  CHECK(std::isnan(Random::normal_quantile(std::nan(""))));
}

// A fused multiply-add, another log, another order of operations: each changes these bits.
TEST_CASE("normal numbers are the same bits everywhere") {
  const Random random(key);
  constexpr double expected[] = {0x1.9b0048c640912p-1,  -0x1.25bc7d03ec478p+1,
                                 -0x1.2c9e0adb1eeccp-1, -0x1.4d9fcae4d413bp+0,
                                 0x1.eeaa1c1695a75p-1,  -0x1.80f6f027adcf4p-7};
  for (std::uint64_t i = 0; i < std::size(expected); ++i)
    CHECK(random.normal_at(1, i) == expected[i]);
  std::uint64_t hash = 0;
  for (std::uint64_t i = 0; i < 100000; ++i)
    hash = hash * 31 + std::bit_cast<std::uint64_t>(random.normal_at(9, i));
  CHECK(hash == 0xe5a9e24303350e0b);
}

TEST_CASE("normal numbers are the quantiles of their bits") {
  const Random random(2);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto bits = random.bits(0, i);
    const double p = (static_cast<double>(bits >> 12) + 0.5) * 0x1p-53;
    const double size = -Random::normal_quantile(p);
    CHECK(random.normal_at(0, i) == ((bits & 0x800) != 0 ? size : -size));
  }
}

TEST_CASE("intervals are half open, also after rounding") {
  Random random(16);
  std::vector<float> narrow(100000);
  random.fill_uniform(narrow.data(), narrow.size(), 1.0, 1.0 + 0x1p-22);  // two floats apart
  CHECK(*std::ranges::min_element(narrow) == 1.0F);
  CHECK(*std::ranges::max_element(narrow) == 1.0F + 0x1p-23F);
  for (int i = 0; i < 1000; ++i) REQUIRE(random.uniform(1.0, 1.0 + 0x1p-52) == 1.0);
  CHECK(random.uniform(2.5, 2.5) == 2.5);
}

TEST_CASE("errors say what was asked for") {
  Random random(17);
  std::array<double, 2> two{};
  constexpr double huge = std::numeric_limits<double>::max();
  CHECK(error_of([&] { random.uniform(2, -1); }) ==
        "Random: uniform in [2, -1): the lower bound is not below the upper");
  CHECK(error_of([&] { random.fill_uniform(two.data(), 2, std::nan(""), 1); }) ==
        "Random: uniform in [nan, 1): the lower bound is not below the upper");
  CHECK(error_of([&] { random.uniform(-huge, huge); }).find("the width is not finite") !=
        std::string::npos);
  CHECK(error_of([&] { random.normal(0, -1); }) ==
        "Random: normal with mean 0 and deviation -1: both must be finite, the deviation not "
        "negative");
  CHECK(error_of([&] { random.fill_normal(two.data(), 2, 0, std::nan("")); }) != "no error");
  CHECK(error_of([&] { random.below(0); }) == "Random: below(0): there is no number below 0");
  CHECK(random.draws() == 0);
}
