// Functions that lead a numeric derivative astray: no right claim may fail, no wrong one may pass.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <xtape/autodiff/check/gradient_check.hpp>

using namespace xtape;

namespace {

template <class T, class F>
GradientReport judge(const F& f, double x, double claim) {
  return check_gradient([&](std::span<const T> at) -> T { return f(at[0]); },
                        std::vector<T>{static_cast<T>(claim)}, std::vector<T>{static_cast<T>(x)});
}
// The right claim does not fail, and none of the wrong ones passes.
template <class T = double, class F>
void never_wrong(const char* name, const F& f, double x, double slope) {
  CAPTURE(name);
  CAPTURE(x);
  const auto right = judge<T>(f, x, slope);
  INFO(right.text());
  CHECK(right.verdict() != Verdict::fail);
  const double off = std::is_same_v<T, float> ? 1.005 : 1.0005;
  for (const double factor : {off, 2.0, -1.0, 0.0, 10.0, 1e-3}) {
    const auto wrong = judge<T>(f, x, factor * slope);
    INFO("times ", factor, ": ", wrong.text());
    CHECK(wrong.verdict() != Verdict::pass);
  }
}
double single(double x) { return static_cast<double>(static_cast<float>(x)); }

constexpr double pi = 3.14159265358979323846;

}  // namespace

TEST_CASE("functions whose rounding stands still between steps, and goes another way there") {
  const auto expm1_over = [](auto x) { return (std::exp(x) - 1) / x; };
  for (const double x : {1e-2, 1e-6, 1e-9, 1e-12})
    never_wrong("(exp(x)-1)/x", expm1_over, x, 0.5 + x / 3);
  for (const double x : {1e-2, 1e-4})
    never_wrong<float>("(exp(x)-1)/x", expm1_over, x, 0.5 + x / 3 + x * x / 8);
  const auto cosine = [](double x) { return (1 - std::cos(x)) / (x * x); };
  for (const double x : {1e-2, 1e-3, 1e-4, 1e-6}) {
    CAPTURE(x);
    CHECK(judge<double>(cosine, x, -x / 12).verdict() != Verdict::fail);
    CHECK(judge<double>(cosine, x, -x / 6).verdict() != Verdict::pass);
    CHECK(judge<double>(cosine, x, -1 / x).verdict() != Verdict::pass);  // with cos(x) frozen
  }
  for (const double x : {0.1, 1.0, 3.0}) {
    never_wrong(
        "float of sin", [](double a) { return single(std::sin(a)); }, x, std::cos(x));
    never_wrong(
        "float of sin + x", [](double a) { return single(std::sin(a)) + a; }, x, std::cos(x) + 1);
    never_wrong(
        "sin of float", [](double a) { return std::sin(single(a)); }, x, std::cos(x));
  }
  const auto logistic = [](double x) {
    const double y = 1 / (1 + std::exp(-x));
    return y * (1 - y);
  };
  // Next to the point it does have this slope.
  CHECK(judge<double>(expm1_over, 1e-9, -1.000000082740371e9).verdict() == Verdict::inconclusive);
  const auto ramp = [](double a) { return a + 1e-8 * std::floor(1e5 * a); };
  for (const double x : {0.5000051, 0.1000049})
    CHECK(judge<double>(ramp, x, 1).verdict() != Verdict::fail);
  CHECK(judge<double>([](double a) { return std::round(1e4 * a) * 1e-4 + a; }, 0.50004, 1)
            .verdict() != Verdict::fail);
  // Fine stairs: whether they are a ramp that was rounded, their values cannot tell.
  const auto fine = [](double x) { return std::floor(1e6 * x) / 1e6; };
  CHECK(judge<double>(fine, 0.5000005, 0).verdict() == Verdict::inconclusive);
  CHECK(judge<double>(fine, 0.5000005, 2).verdict() != Verdict::pass);
  // Seen from far away, what is left of x looks like a kink between other slopes.
  for (const auto& [offset, x] : {std::pair{1.11542e7, 1.70435e-5}, {6.13537e7, 3.80619e-5}}) {
    const auto rest = [offset = offset](double a) { return ((offset + a * a) - offset) / a; };
    CHECK(judge<double>(rest, x, 0).verdict() != Verdict::pass);
  }
  CHECK(judge<double>(logistic, 20, 0).verdict() != Verdict::pass);  // no kink, though it looks so
}

TEST_CASE("stairs: their slope is not taken for that of the ramp") {
  const auto coarse = [](double x) { return std::floor(100 * x) / 100; };
  for (const double x : {0.505, 0.5051}) {
    CHECK(judge<double>(coarse, x, 1).verdict() != Verdict::pass);
    CHECK(judge<double>(coarse, x, 0).verdict() != Verdict::fail);
  }
  never_wrong<float>(
      "floor(x) + x", [](float x) { return std::floor(x) + x; }, 1000.5, 1);
  never_wrong(
      "a jump beside", [](double x) { return x + (x > 1 ? 1 : 0); }, 1 + 1e-6, 1);
  CHECK(judge<double>([](double x) { return x + (x > 1 ? 1 : 0); }, 1 + 1e-6, 1).passed());
}

TEST_CASE("steps that stride over whole periods, and fine waves on a slope") {
  for (const double periods : {64.0, 4096.0, 65536.0})
    for (const double x : {1.0, 3.0, 0.5}) {
      const double w = 2 * pi * periods;
      never_wrong(
          "sin", [&](double a) { return 3 + std::sin(w * a); }, x, w * std::cos(w * x));
    }
  for (const double x : {0.3, 1.0, 100.0}) {
    const auto waves = [](double a) { return a + 1e-6 * std::sin(1e8 * a); };
    never_wrong("waves", waves, x, 1 + 100 * std::cos(1e8 * x));
    CHECK(judge<double>(waves, x, 1).verdict() != Verdict::pass);
  }
  // An argument that is rounded in waves.
  CHECK(judge<float>([](float a) { return std::sin(1000 * a); }, 1, 1000 * std::cos(1000.0))
            .verdict() != Verdict::fail);
  for (const double x : {1e-6, 1e-5, -1e-5})
    never_wrong(
        "steep", [](double a) { return a + 1 / (1 + std::exp(-1e6 * a)); }, x,
        1 + 1e6 / std::pow(2 * std::cosh(5e5 * x), 2));
}

TEST_CASE("a tiny element beside others is moved as far as they are") {
  const auto f = [](std::span<const double> x) { return 5 + std::sin(x[0]) + std::sin(x[1]); };
  const std::vector<double> x{1e-300, 0.5};
  CHECK(check_gradient(f, std::vector<double>{1, std::cos(0.5)}, x).passed());
  CHECK(check_gradient(f, std::vector<double>{0, std::cos(0.5)}, x).verdict() == Verdict::fail);
  CHECK(judge<double>([](double a) { return 5 + std::sin(a); }, 1e-20, 1).passed());
}

TEST_CASE("the ends of the numbers: underflow, overflow, the largest one") {
  const double huge = std::numeric_limits<double>::max();
  CHECK(judge<double>([](double x) { return x / 4; }, huge, 0.25).passed());
  CHECK(judge<double>([](double x) { return std::log(x); }, huge / 2, 2 / huge).verdict() !=
        Verdict::fail);
  // No double can say it.
  CHECK(judge<double>([](double x) { return std::log(x); }, 1e-310, INFINITY).verdict() !=
        Verdict::fail);
  CHECK(judge<double>([](double x) { return std::log(x); }, 1e-3, INFINITY).verdict() ==
        Verdict::fail);
  CHECK(judge<double>([](double x) { return std::log(x); }, 1e-3, NAN).verdict() == Verdict::fail);
  CHECK(judge<double>([](double x) { return 1e-318 * std::sin(x); }, 1, 3e-318).verdict() !=
        Verdict::pass);
  never_wrong(
      "x^2 near underflow", [](double x) { return x * x; }, 1e-161, 2e-161);
  never_wrong(
      "1e300 sin", [](double x) { return 1e300 * std::sin(x); }, 0.7, 1e300 * std::cos(0.7));
  never_wrong(
      "sqrt", [](double x) { return std::sqrt(x); }, 1e-300, 0.5e150);
}
