// The elementary functions of the lanes against numbers of many digits, for each instruction set
// that this processor has.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/readings/elementary.hpp>

namespace {

using xtape::Compiled;
using xtape::Lanes;
namespace elementary = xtape::elementary;

template <class T>
struct Row {
  T x, y;
  double rest;  // the true result is y + rest * (y's last place)
};
template <class T>
struct PowRow {
  T a, b, y;
  double rest;
};

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr float inff = std::numeric_limits<float>::infinity();
#include "golden/elementary.inc"

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T none = std::numeric_limits<T>::quiet_NaN();

/// Arrays through lanes; the last lanes are padded as the kernels pad them.
template <class Function>
struct Unary {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* x, T* y, std::size_t n) {
    constexpr std::size_t width = L::width;
    for (std::size_t i = 0; i < n; i += width) {
      T values[width] = {};
      const std::size_t count = std::min(width, n - i);
      for (std::size_t j = 0; j < count; ++j) values[j] = x[i + j];
      Function::of(L::load(values)).store(values);
      for (std::size_t j = 0; j < count; ++j) y[i + j] = values[j];
    }
  }
};
template <class Function>
struct Binary {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* a, const T* b, T* y, std::size_t n) {
    constexpr std::size_t width = L::width;
    for (std::size_t i = 0; i < n; i += width) {
      T left[width] = {}, right[width] = {};
      const std::size_t count = std::min(width, n - i);
      for (std::size_t j = 0; j < count; ++j) left[j] = a[i + j], right[j] = b[i + j];
      Function::of(L::load(left), L::load(right)).store(left);
      for (std::size_t j = 0; j < count; ++j) y[i + j] = left[j];
    }
  }
};

#define UNARY(Name, function)              \
  struct Name {                            \
    template <class L>                     \
    XTAPE_INLINE static L of(const L& x) { \
      return elementary::function(x);      \
    }                                      \
    template <class T>                     \
    static T reference(T x) {              \
      return std::function(x);             \
    }                                      \
  };
#define BINARY(Name, function)                         \
  struct Name {                                        \
    template <class L>                                 \
    XTAPE_INLINE static L of(const L& a, const L& b) { \
      return elementary::function(a, b);               \
    }                                                  \
  };
UNARY(Exp, exp)
UNARY(Expm1, expm1)
UNARY(Log, log)
UNARY(Log1p, log1p)
UNARY(Sin, sin)
UNARY(Cos, cos)
UNARY(Tanh, tanh)
UNARY(Sqrt, sqrt)
UNARY(Abs, abs)
UNARY(Floor, floor)
UNARY(Round, round)
BINARY(Pow, pow)
BINARY(Maximum, maximum)
BINARY(Minimum, minimum)

/// Calls check(level, result) with the results for each instruction set.
template <class Function, class T, class Check>
void on_each_level(const std::vector<T>& x, const Check& check) {
  std::vector<T> y(x.size());
  const auto& table = Compiled<Unary<Function>, T, const T*, T*, std::size_t>::table;
  for (unsigned level = 0; level <= static_cast<unsigned>(xtape::instruction_set()); ++level) {
    table[level](x.data(), y.data(), x.size());
    check(level, y);
  }
}
template <class Function, class T, class Check>
void on_each_level(const std::vector<T>& a, const std::vector<T>& b, const Check& check) {
  std::vector<T> y(a.size());
  const auto& table = Compiled<Binary<Function>, T, const T*, const T*, T*, std::size_t>::table;
  for (unsigned level = 0; level <= static_cast<unsigned>(xtape::instruction_set()); ++level) {
    table[level](a.data(), b.data(), y.data(), a.size());
    check(level, y);
  }
}

/// NaN and NaN are the same; zeros of different signs are not.
template <class T>
bool same(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

/// The distance of `got` from the true result, in units of the last place of y.
template <class T>
double distance(T got, T y, double rest) {
  if (std::isnan(got)) return inf;
  if (std::isinf(y) || (y == 0 && rest == 0)) return same(got, y) ? 0 : inf;
  if (std::isinf(got)) return inf;
  constexpr int digits = std::numeric_limits<T>::digits;
  constexpr int lowest = std::numeric_limits<T>::min_exponent - digits;
  const int last = y == 0 ? lowest : std::max(std::ilogb(y) + 1 - digits, lowest);
  const double difference = static_cast<double>(got) - static_cast<double>(y);
  // 2^-last may be too large a number: in two steps.
  return std::abs(std::ldexp(std::ldexp(difference, -last / 2), last / 2 - last) - rest);
}

template <class Function, class T, std::size_t Count>
void sweep(const std::string& name, const Row<T> (&rows)[Count], double bound) {
  std::vector<T> x(Count);
  std::transform(rows, rows + Count, x.begin(), [](const Row<T>& row) { return row.x; });
  on_each_level<Function>(x, [&](unsigned level, const std::vector<T>& y) {
    double worst = 0;
    for (std::size_t i = 0; i < Count; ++i) {
      const double d = distance(y[i], rows[i].y, rows[i].rest);
      worst = std::max(worst, d);
      if (d > bound) {
        CAPTURE(level);
        CAPTURE(rows[i].x);
        CAPTURE(y[i]);
        CAPTURE(rows[i].y);
        FAIL_CHECK(name << " is off by " << d << " ulp");
      }
    }
    MESSAGE(name << ", " << sizeof(T) << " bytes, level " << level << ": " << worst << " ulp");
  });
}

template <class T>
struct Case {
  T x, y;
};

template <class Function, class T>
void exactly(const std::string& name, const std::vector<Case<T>>& cases) {
  std::vector<T> x;
  for (const Case<T>& c : cases) x.push_back(c.x);
  x.push_back(none<T>);
  on_each_level<Function>(x, [&](unsigned level, const std::vector<T>& y) {
    CAPTURE(name);
    CAPTURE(level);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      CAPTURE(x[i]);
      CAPTURE(y[i]);
      CHECK(same(y[i], cases[i].y));
    }
    CHECK(std::isnan(y.back()));
  });
}

/// Numbers of every size and sign, whole ones, halves, special ones.
template <class T>
std::vector<T> assorted() {
  std::vector<T> x = {0,
                      infinity<T>,
                      none<T>,
                      std::numeric_limits<T>::min(),
                      std::numeric_limits<T>::denorm_min(),
                      std::numeric_limits<T>::max()};
  for (int i = 0; i < 100; ++i) {
    x.push_back(static_cast<T>(i) / 4);
    x.push_back(std::nextafter(static_cast<T>(i) / 2, T(0)));
    x.push_back(std::nextafter(static_cast<T>(i) / 2, T(1000)));
    x.push_back(static_cast<T>(std::ldexp(1 + i * 0.00731, 3 * i - 140)));
  }
  for (std::size_t i = 0, n = x.size(); i < n; ++i) x.push_back(-x[i]);
  return x;
}

template <class Function, class T>
void as_the_library() {
  const std::vector<T> x = assorted<T>();
  on_each_level<Function>(x, [&](unsigned level, const std::vector<T>& y) {
    CAPTURE(level);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(x[i]);
      CAPTURE(y[i]);
      CHECK(same(y[i], Function::reference(x[i])));
    }
  });
}

/// The same numbers by lanes of another width; in one instruction set they are the same bits.
template <class Function, int N, class T>
XTAPE_FLATTEN void with_width(const T* x, T* y, std::size_t n) {
  Unary<Function>::template run<Lanes<T, N>>(x, y, n);
}
template <class Function, class T>
void any_width() {
  std::vector<T> x;
  for (int i = -40; i < 75; ++i) x.push_back(static_cast<T>(i) * static_cast<T>(0.37));
  x.push_back(static_cast<T>(1e7));  // beyond the bound of sin and cos
  std::vector<T> expected(x.size()), y(x.size());
  const auto check = [&] {
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(x[i]);
      CHECK(same(y[i], expected[i]));
    }
  };
  with_width<Function, 2>(x.data(), expected.data(), x.size());
  with_width<Function, 4>(x.data(), y.data(), x.size());
  check();
  with_width<Function, 8>(x.data(), y.data(), x.size());
  check();
  with_width<Function, 16>(x.data(), y.data(), x.size());
  check();
}

}  // namespace

TEST_CASE("elementary functions are within their bounds of the true results") {
  // In units of the last place: the worst of half a million random numbers, and a little more.
  sweep<Exp>("exp", exp_double, 1.4);
  sweep<Exp>("exp", exp_float, 1.4);
  sweep<Expm1>("expm1", expm1_double, 1.4);
  sweep<Expm1>("expm1", expm1_float, 1.4);
  sweep<Log>("log", log_double, 1);
  sweep<Log>("log", log_float, 1);
  sweep<Log1p>("log1p", log1p_double, 1);
  sweep<Log1p>("log1p", log1p_float, 1);
  sweep<Sin>("sin", sin_double, 0.9);
  sweep<Sin>("sin", sin_float, 0.55);
  sweep<Cos>("cos", cos_double, 0.9);
  sweep<Cos>("cos", cos_float, 0.55);
  sweep<Tanh>("tanh", tanh_double, 1.6);
  sweep<Tanh>("tanh", tanh_float, 1.6);
}

TEST_CASE_TEMPLATE("elementary functions at special values", T, double, float) {
  const T i = infinity<T>, n = none<T>;
  exactly<Exp, T>("exp", {{i, i}, {-i, 0}, {0, 1}, {T(-0.0), 1}, {-1000, 0}, {1000, i}});
  exactly<Expm1, T>("expm1",
                    {{i, i}, {-i, -1}, {0, 0}, {T(-0.0), T(-0.0)}, {-1000, -1}, {1000, i}});
  exactly<Log, T>("log",
                  {{i, i}, {-i, n}, {0, -i}, {T(-0.0), -i}, {1, 0}, {-1, n}, {T(-1e-40), n}});
  exactly<Log1p, T>("log1p", {{i, i}, {-i, n}, {0, 0}, {T(-0.0), T(-0.0)}, {-1, -i}, {-2, n}});
  exactly<Sin, T>("sin", {{i, n}, {-i, n}, {0, 0}, {T(-0.0), T(-0.0)}});
  exactly<Cos, T>("cos", {{i, n}, {-i, n}, {0, 1}, {T(-0.0), 1}});
  exactly<Tanh, T>("tanh", {{i, 1}, {-i, -1}, {0, 0}, {T(-0.0), T(-0.0)}, {1000, 1}, {-30, -1}});
}

TEST_CASE_TEMPLATE("exact functions are as the library's", T, double, float) {
  as_the_library<Sqrt, T>();
  as_the_library<Abs, T>();
  as_the_library<Floor, T>();
  as_the_library<Round, T>();
}

TEST_CASE_TEMPLATE("maximum and minimum give NaN where either is NaN", T, double, float) {
  std::vector<T> a, b;
  for (const T u : {T(1), T(-2), infinity<T>, -infinity<T>, T(0), none<T>}) {
    for (const T v : {T(3), T(-2), infinity<T>, -infinity<T>, T(0), none<T>}) {
      a.push_back(u);
      b.push_back(v);
    }
  }
  on_each_level<Maximum>(a, b, [&](unsigned, const std::vector<T>& y) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool missing = std::isnan(a[i]) || std::isnan(b[i]);
      CHECK(same(y[i], missing ? none<T> : std::max(a[i], b[i])));
    }
  });
  on_each_level<Minimum>(a, b, [&](unsigned, const std::vector<T>& y) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool missing = std::isnan(a[i]) || std::isnan(b[i]);
      CHECK(same(y[i], missing ? none<T> : std::min(a[i], b[i])));
    }
  });
}

TEST_CASE_TEMPLATE("a lane's number does not depend on the number of lanes", T, double, float) {
  any_width<Exp, T>();
  any_width<Expm1, T>();
  any_width<Log, T>();
  any_width<Log1p, T>();
  any_width<Sin, T>();
  any_width<Cos, T>();
  any_width<Tanh, T>();
  any_width<Sqrt, T>();
  any_width<Floor, T>();
}

template <class T, std::size_t Count>
static void sweep_pow(const PowRow<T> (&rows)[Count], double bound) {
  std::vector<T> a, b;
  for (const PowRow<T>& row : rows) {
    a.push_back(row.a);
    b.push_back(row.b);
  }
  on_each_level<Pow>(a, b, [&](unsigned level, const std::vector<T>& y) {
    double worst = 0;
    for (std::size_t i = 0; i < Count; ++i) {
      const double d = distance(y[i], rows[i].y, rows[i].rest);
      worst = std::max(worst, d);
      if (d > bound) {
        CAPTURE(level);
        CAPTURE(rows[i].a);
        CAPTURE(rows[i].b);
        CAPTURE(y[i]);
        FAIL_CHECK("pow is off by " << d << " ulp");
      }
    }
    MESSAGE("pow, " << sizeof(T) << " bytes, level " << level << ": " << worst << " ulp");
  });
}

TEST_CASE("pow is within its bound of the true results") {
  sweep_pow(pow_double, 1);
  sweep_pow(pow_float, 1);
}

TEST_CASE_TEMPLATE("pow at special values", T, double, float) {
  // All pairs, as the C library has them, which has them as IEEE 754.
  const T i = infinity<T>, big = std::numeric_limits<T>::max(),
          small = std::numeric_limits<T>::denorm_min();
  std::vector<T> a, b;
  for (const T u : {T(0), T(-0.0), T(1), T(-1), T(2), T(-2), T(0.5), T(-0.5), i, -i, none<T>, big,
                    -big, small, -small}) {
    for (const T v : {T(0), T(-0.0), T(1), T(-1), T(2), T(-2), T(3), T(-3), T(0.5), T(-0.5), i, -i,
                      none<T>, big, -big, small}) {
      a.push_back(u);
      b.push_back(v);
    }
  }
  on_each_level<Pow>(a, b, [&](unsigned level, const std::vector<T>& y) {
    CAPTURE(level);
    for (std::size_t k = 0; k < y.size(); ++k) {
      CAPTURE(a[k]);
      CAPTURE(b[k]);
      CAPTURE(y[k]);
      const T expected = std::pow(a[k], b[k]);
      const bool ordinary = std::isfinite(expected) && expected != 0;
      CHECK((ordinary ? distance(y[k], expected, 0) <= 1.5 : same(y[k], expected)));
    }
  });
}
