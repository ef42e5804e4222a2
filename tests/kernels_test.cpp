// The products and sums of the kernels against plain loops in long double.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <xtape/autodiff/kernels/products.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>

namespace {

using std::size_t;
namespace kernels = xtape::kernels;
using Sizes = std::initializer_list<size_t>;

template <class T>
std::vector<T> random_array(size_t n) {
  static std::mt19937_64 bits(20240601);
  std::vector<T> x(n);
  for (T& e : x) e = static_cast<T>(static_cast<double>(bits() >> 11) * 0x1p-52 - 1);
  return x;
}

/// Of memory that is exactly as long as needed, so that a sanitizer sees what lies outside, and
/// that is not zero before.
template <class T>
std::vector<T> blank(size_t n) {
  return std::vector<T>(n, std::numeric_limits<T>::quiet_NaN());
}

/// The largest error, in units of epsilon times the sum of absolute terms.
struct Error {
  double largest = 0;
  template <class T>
  void take(T got, long double sum, long double absolute) {
    const long double unit = std::numeric_limits<T>::epsilon() * absolute;
    const long double error = std::fabs(static_cast<long double>(got) - sum);
    if (!(error <= 0)) largest = std::max(largest, static_cast<double>(error / unit));
    if (std::isnan(got)) largest = std::numeric_limits<double>::infinity();
  }
};

enum class Product { nn, nt, tn, linear };

template <class T>
double product_error(Product kind, size_t m, size_t k, size_t n) {
  const auto a = random_array<T>(m * k), b = random_array<T>(k * n), bias = random_array<T>(n);
  auto c = blank<T>(m * n);
  if (kind == Product::nn) kernels::matmul(a.data(), b.data(), c.data(), m, k, n);
  if (kind == Product::nt) kernels::matmul_nt(a.data(), b.data(), c.data(), m, k, n);
  if (kind == Product::tn) kernels::matmul_tn(a.data(), b.data(), c.data(), m, k, n);
  if (kind == Product::linear) kernels::linear(a.data(), b.data(), bias.data(), c.data(), m, k, n);
  Error error;
  for (size_t i = 0; i < m; ++i)
    for (size_t j = 0; j < n; ++j) {
      long double sum = kind == Product::linear ? bias[j] : T(0), absolute = std::fabs(sum);
      for (size_t p = 0; p < k; ++p) {
        const long double left = kind == Product::tn ? a[p * m + i] : a[i * k + p];
        const long double right = kind == Product::nt ? b[j * k + p] : b[p * n + j];
        sum += left * right;
        absolute += std::fabs(left * right);
      }
      error.take(c[i * n + j], sum, absolute);
    }
  return error.largest;
}

template <class T>
double products_error(size_t m, size_t k, size_t n) {
  double largest = 0;
  for (auto kind : {Product::nn, Product::nt, Product::tn, Product::linear})
    largest = std::max(largest, product_error<T>(kind, m, k, n));
  return largest;
}

size_t size_of(const std::vector<size_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), size_t{1}, std::multiplies<>());
}

/// The index of flat element i of a row-major array of this shape.
std::vector<size_t> index_of(size_t i, const std::vector<size_t>& shape) {
  std::vector<size_t> index(shape.size());
  for (size_t d = shape.size(); d-- > 0; i /= shape[d]) index[d] = i % shape[d];
  return index;
}

template <class T>
double reduction_error(const std::vector<size_t>& shape, unsigned reduced) {
  size_t kept = 1;
  for (size_t d = 0; d < shape.size(); ++d) kept *= (reduced >> d & 1) ? 1 : shape[d];
  const auto x = random_array<T>(size_of(shape));
  std::vector<long double> sum(kept, 0), absolute(kept, 0);
  for (size_t i = 0; i < x.size(); ++i) {
    const auto index = index_of(i, shape);
    size_t to = 0;
    for (size_t d = 0; d < shape.size(); ++d)
      if (!(reduced >> d & 1)) to = to * shape[d] + index[d];
    sum[to] += x[i];
    absolute[to] += std::fabs(static_cast<long double>(x[i]));
  }
  auto out = blank<T>(kept);
  kernels::reduce_sum(x.data(), out.data(), shape, reduced);
  Error error;
  for (size_t i = 0; i < kept; ++i) error.take(out[i], sum[i], absolute[i]);
  return error.largest;
}

}  // namespace

TEST_CASE_TEMPLATE("products of all small sizes", T, float, double) {
  for (size_t m = 0; m < 10; ++m)
    for (size_t k = 0; k < 10; ++k)
      for (size_t n = 0; n < 10; ++n) {
        CAPTURE(m);
        CAPTURE(k);
        CAPTURE(n);
        CHECK(products_error<T>(m, k, n) < 3);
      }
}

TEST_CASE_TEMPLATE("products of tall and narrow matrices", T, float, double) {
  for (size_t rows : Sizes{1, 2, 7, 8, 9, 10, 15, 16, 17, 31, 63, 64, 65, 100, 1000, 4099})
    for (size_t in = 1; in < 10; ++in)
      for (size_t out = 1; out < 10; ++out) {
        CAPTURE(rows);
        CAPTURE(in);
        CAPTURE(out);
        CHECK(product_error<T>(Product::nn, rows, in, out) < 3);
        CHECK(product_error<T>(Product::nt, rows, in, out) < 3);
        CHECK(product_error<T>(Product::linear, rows, in, out) < 3);
        CHECK(product_error<T>(Product::tn, in, rows, out) < 3);
      }
}

TEST_CASE_TEMPLATE("products of medium and large matrices", T, float, double) {
  const size_t shapes[][3] = {
      {16, 16, 16},  {17, 33, 31},  {1, 64, 64},   {64, 1, 64},   {64, 64, 1},   {3, 700, 5},
      {5, 3, 1100},  {700, 600, 3}, {2, 5000, 2},  {2, 5000, 40}, {40, 40, 40},  {100, 100, 2},
      {65, 130, 67}, {1, 5001, 9},  {3, 11, 2000}, {2000, 3, 2},  {4099, 20, 20}};
  for (const auto& s : shapes) {
    CAPTURE(s[0]);
    CAPTURE(s[1]);
    CAPTURE(s[2]);
    CHECK(products_error<T>(s[0], s[1], s[2]) < 8);
  }
}

TEST_CASE_TEMPLATE("sums over many rows lose a few units only", T, float, double) {
  // All of one sign, so that the sum of absolute terms is the largest partial sum.
  const size_t rows = 100003;
  for (size_t m : Sizes{1, 2, 5, 9})
    for (size_t n : Sizes{1, 2, 3, 8}) {
      auto a = random_array<T>(rows * m), b = random_array<T>(rows * n);
      for (auto* x : {&a, &b})
        for (T& e : *x) e = std::fabs(e);
      auto c = blank<T>(m * n);
      kernels::matmul_tn(a.data(), b.data(), c.data(), m, rows, n);
      Error error;
      for (size_t i = 0; i < m; ++i)
        for (size_t j = 0; j < n; ++j) {
          long double sum = 0;
          for (size_t r = 0; r < rows; ++r)
            sum += static_cast<long double>(a[r * m + i]) * b[r * n + j];
          error.take(c[i * n + j], sum, sum);
        }
      CAPTURE(m);
      CAPTURE(n);
      CHECK(error.largest < 4);
    }
}

TEST_CASE("products let NaN and infinity through, also past zeros") {
  const double inf = std::numeric_limits<double>::infinity();
  for (size_t m : Sizes{1, 3, 20, 64})
    for (size_t k : Sizes{1, 4, 40})
      for (size_t n : Sizes{1, 2, 5, 40}) {
        std::vector<double> a(m * k, 0), b(k * n, 1), c(m * n);
        b[0] = inf;
        kernels::matmul(a.data(), b.data(), c.data(), m, k, n);
        CHECK(std::isnan(c[0]));
        std::fill(a.begin(), a.end(), 2);
        kernels::matmul(a.data(), b.data(), c.data(), m, k, n);
        CHECK(c[0] == inf);
        CHECK((n == 1 || c[1] == 2.0 * static_cast<double>(k)));
        std::vector<double> x(k * m, 1), g(k * n, 1);
        x[(k - 1) * m] = inf;
        kernels::matmul_tn(x.data(), g.data(), c.data(), m, k, n);
        CHECK(c[0] == inf);
        CHECK((m == 1 || c[n] == static_cast<double>(k)));
      }
}

TEST_CASE("a sample's numbers do not depend on its batch") {
  const size_t rows = 77;
  for (size_t in = 1; in < 8; ++in)
    for (size_t out = 1; out < 6; ++out) {
      const auto x = random_array<double>(rows * in), w = random_array<double>(in * out),
                 bias = random_array<double>(out);
      std::vector<double> all(rows * out), one(out);
      kernels::linear(x.data(), w.data(), bias.data(), all.data(), rows, in, out);
      CAPTURE(in);
      CAPTURE(out);
      for (size_t r = 0; r < rows; ++r) {
        kernels::linear(x.data() + r * in, w.data(), bias.data(), one.data(), 1, in, out);
        CHECK(std::memcmp(one.data(), all.data() + r * out, out * sizeof(double)) == 0);
      }
    }
}

TEST_CASE_TEMPLATE("sum", T, float, double) {
  for (size_t n :
       Sizes{0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 100, 1000, 4095, 4096, 4097, 100003, 1000001}) {
    auto x = random_array<T>(n);
    long double exact = 0;
    for (T& e : x) {
      e = std::fabs(e);
      exact += e;
    }
    Error error;
    error.take(kernels::sum(x.data(), n), exact, exact);
    CAPTURE(n);
    CHECK(error.largest < 3);
  }
}

TEST_CASE_TEMPLATE("reduce_sum over every choice of axes", T, float, double) {
  const std::vector<std::vector<size_t>> shapes = {{},
                                                   {1},
                                                   {9},
                                                   {0},
                                                   {3, 0},
                                                   {0, 3},
                                                   {4, 5},
                                                   {1, 7},
                                                   {7, 1},
                                                   {100, 3},
                                                   {3, 100},
                                                   {2, 3, 4},
                                                   {5, 1, 6},
                                                   {3, 0, 2},
                                                   {2, 3, 4, 5},
                                                   {3, 70, 2, 9},
                                                   {2, 1, 3, 1},
                                                   {5, 2, 131, 3},
                                                   {4, 3, 2, 130},
                                                   {2, 2, 2, 2, 2, 3},
                                                   {65, 17},
                                                   {17, 65},
                                                   {33, 9, 2},
                                                   {9, 300, 2}};
  for (const auto& shape : shapes)
    for (unsigned reduced = 0; reduced < 1u << shape.size(); ++reduced) {
      CAPTURE(shape.size());
      CAPTURE(reduced);
      CHECK(reduction_error<T>(shape, reduced) < 3);
    }
}

TEST_CASE_TEMPLATE("reduce_sum of tall and of long arrays", T, float, double) {
  for (size_t rows : Sizes{1, 2, 7, 8, 9, 63, 64, 65, 100, 1000, 4099, 20011})
    for (size_t m : Sizes{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 100}) {
      CAPTURE(rows);
      CAPTURE(m);
      CHECK(reduction_error<T>({rows, m}, 1) < 3);
      CHECK(reduction_error<T>({rows, m}, 2) < 3);
      CHECK(reduction_error<T>({m, rows}, 1) < 3);
    }
}
