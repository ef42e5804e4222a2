#include "cases.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace verdicts {
namespace {

constexpr bool wrong = false, right = true;

template <class T>
using In = std::span<const T>;
template <class T>
using Out = std::span<T>;

template <class T>
T sum_of(In<T> x, auto&& f) {
  T sum = 0;
  for (const T element : x) sum += f(element);
  return sum;
}
template <class T>
T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}
/// The points -0.9, -0.8, … of some length, none of them 0 and no two alike.
std::vector<double> spread(std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = 0.3 + 0.7 * std::sin(1.0 + static_cast<double>(i) * 0.61803398875);
  return x;
}
template <class T>
T number(std::size_t i) {
  return static_cast<T>(i);
}

class Cases {
 public:
  /// A function of all elements: value(In<T>) and gradient(In<T>, Out<T>), for any type T.
  template <class Value, class Gradient>
  Case& add(bool is_right, std::string kind, std::string name, std::vector<double> x, Value value,
            Gradient gradient) {
    const auto claim = [&]<class T>(Claim<T>& to) {
      to.value = [value](In<T> at) { return value(at); };
      to.gradient = [gradient](In<T> at, Out<T> g) { gradient(at, g); };
    };
    Case& made = list.emplace_back();
    made.kind = std::move(kind);
    made.name = std::move(name);
    made.right = is_right;
    made.single = made.kind == "float";
    made.x = std::move(x);
    claim(made.claim);
    claim(made.claim_f);
    claim(made.claim_l);
    return made;
  }
  /// A function of one number: value(T), derivative(T).
  template <class Value, class Derivative>
  Case& add(bool is_right, std::string kind, std::string name, double x, Value value,
            Derivative derivative) {
    return add(
        is_right, std::move(kind), std::move(name), std::vector<double>{x},
        [value]<class T>(In<T> at) { return static_cast<T>(value(at[0])); },
        [derivative]<class T>(In<T> at, Out<T> g) { g[0] = static_cast<T>(derivative(at[0])); });
  }
  /// The sum of one function over all elements.
  template <class Value, class Derivative>
  Case& add_sum(bool is_right, std::string kind, std::string name, std::vector<double> x,
                Value value, Derivative derivative) {
    return add(
        is_right, std::move(kind), std::move(name), std::move(x),
        [value]<class T>(In<T> at) { return sum_of(at, value); },
        [derivative]<class T>(In<T> at, Out<T> g) {
          for (std::size_t i = 0; i < at.size(); ++i) g[i] = static_cast<T>(derivative(at[i], i));
        });
  }
  /// The claimed Hessian times v of the last one.
  template <class Product>
  void hessian(Product product) {
    const auto claim = [&]<class T>(Claim<T>& to) {
      to.hessian = [product](In<T> x, In<T> v, Out<T> p) { product(x, v, p); };
    };
    claim(list.back().claim);
    claim(list.back().claim_f);
    claim(list.back().claim_l);
  }

  std::vector<Case> list;
};

template <class T>
T square(T x) {
  return x * x;
}

void add_wrong_sizes(Cases& c) {
  // Zeros are told from numbers that are merely small.
  c.add(
      wrong, "zero", "1e-6 x^2", 1.0, [](auto x) { return decltype(x)(1e-6) * x * x; },
      [](auto x) { return 0 * x; });
  c.add_sum(
      wrong, "zero", "sum 1e-5 sin(x)", spread(5),
      [](auto x) { return decltype(x)(1e-5) * std::sin(x); },
      [](auto x, std::size_t) { return 0 * x; });
  c.add(
      wrong, "zero", "x^4 at 0.01", 0.01, [](auto x) { return square(square(x)); },
      [](auto x) { return 0 * x; });
  c.add(
      wrong, "tiny scale", "1e-9 exp(x), twice", 0.7,
      [](auto x) { return decltype(x)(1e-9) * std::exp(x); },
      [](auto x) { return 2 * decltype(x)(1e-9) * std::exp(x); });
  c.add(
      wrong, "tiny scale", "1e-8 tanh(x), tanh' missing", 0.9,
      [](auto x) { return decltype(x)(1e-8) * std::tanh(x); },
      [](auto x) { return decltype(x)(1e-8) + 0 * x; });
  c.add(
      wrong, "tiny scale", "6.6e-34 x^2, three times", 1.5,
      [](auto x) { return decltype(x)(6.6e-34) * x * x; },
      [](auto x) { return 3 * decltype(x)(6.6e-34) * x; });
  c.add(
      wrong, "0.05 % off", "exp(x), 0.09 % off", 0.4, [](auto x) { return std::exp(x); },
      [](auto x) { return std::exp(x) * decltype(x)(1.0009); });
  c.add(
      wrong, "0.05 % off", "log(x), 0.05 % off", 2.5, [](auto x) { return std::log(x); },
      [](auto x) { return decltype(x)(1.0005) / x; });
  c.add(
      wrong, "0.05 % off", "sin(x), 0.05 % off", 0.3, [](auto x) { return std::sin(x); },
      [](auto x) { return std::cos(x) * decltype(x)(0.9995); });
  c.add_sum(
      wrong, "one of 10000", "sum x^2, a sign", spread(10000), [](auto x) { return x * x; },
      [](auto x, std::size_t i) { return i == 6173 ? -2 * x : 2 * x; });
  c.add_sum(
      wrong, "one of 10000", "sum x^3 / 3, 1 % off", spread(10000),
      [](auto x) { return x * x * x / 3; },
      [](auto x, std::size_t i) { return i == 77 ? decltype(x)(1.01) * x * x : x * x; });
  c.add_sum(
      wrong, "one of 10000", "sum exp(x), a zero", spread(10000),
      [](auto x) { return std::exp(x); },
      [](auto x, std::size_t i) { return i == 9999 ? 0 * x : std::exp(x); });
}

void add_wrong_second_order(Cases& c) {
  c.add(
      wrong, "second order", "x^3, second derivative halved", 1.3, [](auto x) { return x * x * x; },
      [](auto x) { return 3 * x * x; });
  c.hessian([]<class T>(In<T> x, In<T> v, Out<T> p) { p[0] = 3 * x[0] * v[0]; });
  c.add(
      wrong, "second order", "x^2 y, mixed entry missing", std::vector<double>{0.8, -1.7},
      []<class T>(In<T> x) { return x[0] * x[0] * x[1]; },
      []<class T>(In<T> x, Out<T> g) {
        g[0] = 2 * x[0] * x[1];
        g[1] = x[0] * x[0];
      });
  c.hessian([]<class T>(In<T> x, In<T> v, Out<T> p) {
    p[0] = 2 * x[1] * v[0];
    p[1] = 0;
  });
  c.add(
      wrong, "second order", "sigmoid(x), derivative frozen", 0.6,
      [](auto x) { return sigmoid(x); }, [](auto x) { return sigmoid(x) * (1 - sigmoid(x)); });
  c.hessian([]<class T>(In<T>, In<T>, Out<T> p) { p[0] = 0; });
}

// X is (rows, columns) in what follows, and stands before what it is broadcast with.
void add_wrong_broadcasts(Cases& c) {
  c.add(
      wrong, "broadcast", "sum (X + b)^2, b's first row alone", spread(3 * 2 + 2),
      []<class T>(In<T> x) {
        T sum = 0;
        for (std::size_t i = 0; i < 6; ++i) sum += square(x[i] + x[6 + i % 2]);
        return sum;
      },
      []<class T>(In<T> x, Out<T> g) {
        for (std::size_t i = 0; i < 6; ++i) g[i] = 2 * (x[i] + x[6 + i % 2]);
        g[6] = g[0];
        g[7] = g[1];
      });
  c.add(
      wrong, "broadcast", "sum s X^2, s's first column alone", spread(2 * 3 + 2),
      []<class T>(In<T> x) {
        T sum = 0;
        for (std::size_t i = 0; i < 6; ++i) sum += x[6 + i / 3] * square(x[i]);
        return sum;
      },
      []<class T>(In<T> x, Out<T> g) {
        for (std::size_t i = 0; i < 6; ++i) g[i] = 2 * x[6 + i / 3] * x[i];
        g[6] = square(x[0]);
        g[7] = square(x[3]);
      });
  c.add(
      wrong, "broadcast", "mean exp(x - m), m not summed", spread(5),
      []<class T>(In<T> x) {
        return sum_of(x.first(4), [&](T e) { return std::exp(e - x[4]); }) / 4;
      },
      []<class T>(In<T> x, Out<T> g) {
        for (std::size_t i = 0; i < 4; ++i) g[i] = std::exp(x[i] - x[4]) / 4;
        g[4] = -g[0];
      });
}

void add_wrong_branches(Cases& c) {
  const std::vector<double> x = {1.2, -2.3, 0.4, -0.7, 3.1};
  c.add_sum(
      wrong, "branch", "leaky relu, 0 on the left", x,
      [](auto u) { return u > 0 ? u * u : decltype(u)(0.01) * u; },
      [](auto u, std::size_t) { return u > 0 ? 2 * u : 0 * u; });
  c.add_sum(
      wrong, "branch", "Huber, its linear part not cut", x,
      [](auto u) { return std::abs(u) < 1 ? u * u / 2 : std::abs(u) - decltype(u)(0.5); },
      [](auto u, std::size_t) { return u; });
  c.add_sum(
      wrong, "branch", "elu, 1 on the left", x, [](auto u) { return u > 0 ? u : std::expm1(u); },
      [](auto u, std::size_t) { return 1 + 0 * u; });
}

void add_wrong_factors(Cases& c) {
  const auto mse = []<class T>(In<T> x) {
    return sum_of(x, [](T e) { return square(e - T(0.25)); }) / number<T>(x.size());
  };
  c.add(wrong, "factor N", "mean (x - t)^2, 1/N missing", spread(10), mse,
        []<class T>(In<T> x, Out<T> g) {
          for (std::size_t i = 0; i < x.size(); ++i) g[i] = 2 * (x[i] - T(0.25));
        });
  c.add(wrong, "factor N", "mean (x - t)^2, 2 missing", spread(7), mse,
        []<class T>(In<T> x, Out<T> g) {
          for (std::size_t i = 0; i < x.size(); ++i) g[i] = (x[i] - T(0.25)) / number<T>(x.size());
        });
  c.add(
      wrong, "factor N", "mean softplus(x), 1/N twice", spread(4),
      []<class T>(In<T> x) {
        return sum_of(x, [](T e) { return std::log1p(std::exp(e)); }) / number<T>(x.size());
      },
      []<class T>(In<T> x, Out<T> g) {
        const T n = number<T>(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) g[i] = sigmoid(x[i]) / (n * n);
      });
}

void add_wrong_rules(Cases& c) {
  c.add(
      wrong, "rule", "cos(x), sign", 0.9, [](auto x) { return std::cos(x); },
      [](auto x) { return std::sin(x); });
  c.add(
      wrong, "rule", "x exp(x), a term", 1.1, [](auto x) { return x * std::exp(x); },
      [](auto x) { return x * std::exp(x); });
  c.add(
      wrong, "rule", "x / y, sign of the second", std::vector<double>{1.5, 0.7},
      []<class T>(In<T> x) { return x[0] / x[1]; },
      []<class T>(In<T> x, Out<T> g) {
        g[0] = 1 / x[1];
        g[1] = x[0] / square(x[1]);
      });
  c.add(
      wrong, "rule", "softmax, its diagonal alone", spread(4),
      []<class T>(In<T> x) { return std::exp(x[0]) / sum_of(x, [](T e) { return std::exp(e); }); },
      []<class T>(In<T> x, Out<T> g) {
        const T y = std::exp(x[0]) / sum_of(x, [](T e) { return std::exp(e); });
        std::fill(g.begin(), g.end(), T(0));
        g[0] = y * (1 - y);
      });
  c.add(
      wrong, "rule", "a A b, A's gradient transposed", spread(3 + 9 + 3),
      []<class T>(In<T> x) {
        T sum = 0;
        for (std::size_t i = 0; i < 9; ++i) sum += x[i / 3] * x[3 + i] * x[12 + i % 3];
        return sum;
      },
      []<class T>(In<T> x, Out<T> g) {
        std::fill(g.begin(), g.end(), T(0));
        for (std::size_t i = 0; i < 9; ++i) {
          g[i / 3] += x[3 + i] * x[12 + i % 3];
          g[12 + i % 3] += x[i / 3] * x[3 + i];
          g[3 + i] = x[i % 3] * x[12 + i / 3];
        }
      });
  c.add(
      wrong, "rule", "norm of x, not divided", spread(6),
      []<class T>(In<T> x) { return std::sqrt(sum_of(x, [](T e) { return e * e; })); },
      []<class T>(In<T> x, Out<T> g) { std::copy(x.begin(), x.end(), g.begin()); });
}

void add_right_scales(Cases& c) {
  c.add(
      right, "scale", "1e-12 sin(x)", 0.7, [](auto x) { return decltype(x)(1e-12) * std::sin(x); },
      [](auto x) { return decltype(x)(1e-12) * std::cos(x); });
  c.add(
      right, "scale", "1e12 exp(x)", 0.3, [](auto x) { return decltype(x)(1e12) * std::exp(x); },
      [](auto x) { return decltype(x)(1e12) * std::exp(x); });
  c.add(
      right, "scale", "x^2 at 1e-12", 1e-12, [](auto x) { return x * x; },
      [](auto x) { return 2 * x; });
  c.add(
      right, "scale", "sqrt(x) at 1e12", 1e12, [](auto x) { return std::sqrt(x); },
      [](auto x) { return 1 / (2 * std::sqrt(x)); });
  const auto weight = []<class T>(std::size_t i) {
    return static_cast<T>(std::pow(10.0, static_cast<double>(i) - 4));
  };
  c.add(
      right, "scale", "sum c x^2, c = 1e-4 ... 1e4", spread(9),
      [weight]<class T>(In<T> x) {
        T sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
          sum += weight.template operator()<T>(i) * square(x[i]);
        return sum;
      },
      [weight]<class T>(In<T> x, Out<T> g) {
        for (std::size_t i = 0; i < x.size(); ++i)
          g[i] = 2 * weight.template operator()<T>(i) * x[i];
      });
  c.add(
      right, "|x| = 1e8", "log(x)", 1e8, [](auto x) { return std::log(x); },
      [](auto x) { return 1 / x; });
  c.add(
      right, "|x| = 1e8", "x^2", 1e8, [](auto x) { return x * x; }, [](auto x) { return 2 * x; });
  c.add(
      right, "|x| = 1e8", "sqrt(x^2 + 1)", -1e8, [](auto x) { return std::sqrt(x * x + 1); },
      [](auto x) { return x / std::sqrt(x * x + 1); });
  c.add(
      right, "|x| = 1e8", "sin(1e-8 x)", 1e8,
      [](auto x) { return std::sin(decltype(x)(1e-8) * x); },
      [](auto x) { return decltype(x)(1e-8) * std::cos(decltype(x)(1e-8) * x); });
}

void add_right_kinks(Cases& c) {
  const auto relu = [](auto x) { return x > 0 ? x : 0 * x; };
  const auto step = [](auto x) { return x > 0 ? 1 + 0 * x : 0 * x; };
  c.add(right, "kink", "relu at 1e-7", 1e-7, relu, step);
  c.add(
      right, "kink", "|x| at -1e-9", -1e-9, [](auto x) { return std::abs(x); },
      [](auto x) { return x < 0 ? -1 + 0 * x : 1 + 0 * x; });
  c.add(
      right, "kink", "max(a, b), a - b = 1e-8", std::vector<double>{1.0 + 1e-8, 1.0},
      []<class T>(In<T> x) { return std::max(x[0], x[1]); },
      []<class T>(In<T> x, Out<T> g) {
        g[0] = x[0] > x[1] ? T(1) : T(0);
        g[1] = x[0] > x[1] ? T(0) : T(1);
      });
  c.add_sum(right, "kink", "sum relu, 0 at 0", {0.0, 1.5, -0.5}, relu,
            [step](auto x, std::size_t) { return step(x); });
  c.add(
      right, "curvature", "|x|^1.5 at 1e-6", 1e-6,
      [](auto x) { return std::pow(std::abs(x), decltype(x)(1.5)); },
      [](auto x) { return decltype(x)(1.5) * std::sqrt(x); });
  c.add(
      right, "curvature", "1/x at 1e-6", 1e-6, [](auto x) { return 1 / x; },
      [](auto x) { return -1 / (x * x); });
  c.add(
      right, "curvature", "sin(1e4 x)", 0.3, [](auto x) { return std::sin(10000 * x); },
      [](auto x) { return 10000 * std::cos(10000 * x); });
}

void add_right_digits(Cases& c) {
  c.add(
      right, "cancellation", "(1 - cos x) / x^2 at 0.01", 0.01,
      [](auto x) { return (1 - std::cos(x)) / (x * x); },
      [](auto x) {  // x sin x - 2 (1 - cos x) over x^3, without the differences
        const auto half = std::sin(x / 2);
        using T = decltype(x);
        const T z = x * x;
        const T series = -x / 12 + x * z / 180 - x * z * z / 6720;
        return std::abs(x) < T(0.1) ? series : (x * std::sin(x) - 4 * half * half) / (x * z);
      });
  c.add(
      right, "cancellation", "exp(x) - 1 - x at 0.001", 0.001,
      [](auto x) { return std::exp(x) - 1 - x; }, [](auto x) { return std::expm1(x); });
  c.add(
      right, "cancellation", "E[x^2] - E[x]^2 at 1000", {1000.1, 999.7, 1000.6, 999.2},
      []<class T>(In<T> x) {
        const T m = sum_of(x, [](T e) { return e; }) / 4;
        return sum_of(x, [](T e) { return e * e; }) / 4 - m * m;
      },
      []<class T>(In<T> x, Out<T> g) {
        const T m = sum_of(x, [](T e) { return e; }) / 4;
        for (std::size_t i = 0; i < 4; ++i) g[i] = (x[i] - m) / 2;
      });
  c.add(
      right, "saturation", "sigmoid(30)", 30.0, [](auto x) { return sigmoid(x); },
      [](auto x) { return std::exp(-x) / square(1 + std::exp(-x)); });
  c.add(
      right, "saturation", "sigmoid(-30)", -30.0, [](auto x) { return sigmoid(x); },
      [](auto x) { return std::exp(x) / square(1 + std::exp(x)); });
  c.add(
      right, "saturation", "tanh(10)", 10.0, [](auto x) { return std::tanh(x); },
      [](auto x) { return 4 * std::exp(-2 * x) / square(1 + std::exp(-2 * x)); });
  c.add(
      right, "saturation", "softplus(40)", 40.0,
      [](auto x) { return x + std::log1p(std::exp(-x)); }, [](auto x) { return sigmoid(x); });
}

void add_right_floats(Cases& c) {
  c.add(
      right, "float", "exp(x)", 1.0, [](auto x) { return std::exp(x); },
      [](auto x) { return std::exp(x); });
  c.add(
      right, "float", "x^2 at 1e4", 1e4, [](auto x) { return x * x; },
      [](auto x) { return 2 * x; });
  c.add(
      right, "float", "sigmoid(5)", 5.0, [](auto x) { return sigmoid(x); },
      [](auto x) { return std::exp(-x) / square(1 + std::exp(-x)); });
  c.add(
      right, "float", "mean (x - t)^2 of 100", spread(100),
      []<class T>(In<T> x) {
        return sum_of(x, [](T e) { return square(e - T(0.25)); }) / number<T>(x.size());
      },
      []<class T>(In<T> x, Out<T> g) {
        for (std::size_t i = 0; i < x.size(); ++i)
          g[i] = 2 * (x[i] - T(0.25)) / number<T>(x.size());
      });
  c.add_sum(
      right, "stationary", "sum cos(x), one at 0", {0.0, 0.8, -1.9},
      [](auto x) { return std::cos(x); }, [](auto x, std::size_t) { return -std::sin(x); });
  c.add_sum(
      right, "stationary", "sum x^2, one at 0", {0.0, 0.8, -1.9}, [](auto x) { return x * x; },
      [](auto x, std::size_t) { return 2 * x; });
  c.add(
      right, "stationary", "x^3 - 3 x at 1.001", 1.001, [](auto x) { return x * x * x - 3 * x; },
      [](auto x) { return 3 * (x - 1) * (x + 1); });
}

}  // namespace

std::vector<Case> all_cases() {
  Cases c;
  add_wrong_sizes(c);
  add_wrong_second_order(c);
  add_wrong_broadcasts(c);
  add_wrong_branches(c);
  add_wrong_factors(c);
  add_wrong_rules(c);
  add_right_scales(c);
  add_right_kinks(c);
  add_right_digits(c);
  add_right_floats(c);
  return std::move(c.list);
}

}  // namespace verdicts
