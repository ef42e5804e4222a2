// The kernels that move elements between layouts, against indices worked out one by one.

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <xtape/autodiff/kernels/layout.hpp>

namespace {

using std::ptrdiff_t;
using std::size_t;
namespace kernels = xtape::kernels;

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

size_t size_of(const std::vector<size_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), size_t{1}, std::multiplies<>());
}

/// The index of flat element i of a row-major array of this shape.
std::vector<size_t> index_of(size_t i, const std::vector<size_t>& shape) {
  std::vector<size_t> index(shape.size());
  for (size_t d = shape.size(); d-- > 0; i /= shape[d]) index[d] = i % shape[d];
  return index;
}

}  // namespace

TEST_CASE_TEMPLATE("strided copies, parts of them, and scatters", T, float, double) {
  std::mt19937 bits(7);
  auto below = [&](size_t n) { return static_cast<size_t>(bits() % n); };
  for (int round = 0; round < 1500; ++round) {
    const size_t rank = below(5), most = rank < 3 ? 40 : 7;
    std::vector<size_t> shape(rank), order(rank);
    for (auto& s : shape) s = below(12) == 0 ? 0 : below(5) == 0 ? 1 : 1 + below(most);
    std::iota(order.begin(), order.end(), size_t{0});
    if (below(2) == 0) std::shuffle(order.begin(), order.end(), bits);
    // Strides of a permuted array with gaps, some axes backwards; `origin` is where (0, ..., 0)
    // lies.
    std::vector<ptrdiff_t> strides(rank);
    size_t reach = 1, origin = 0;
    for (size_t i = rank; i-- > 0;) {
      const size_t d = order[i];
      reach *= below(4) == 0 ? 2 : 1;
      strides[d] = static_cast<ptrdiff_t>(reach);
      if (below(5) == 0) {
        strides[d] = -strides[d];
        origin += (std::max<size_t>(shape[d], 1) - 1) * reach;
      }
      reach *= std::max<size_t>(shape[d], 1);
    }
    const size_t n = size_of(shape);
    auto place = [&](size_t i) {
      ptrdiff_t at = static_cast<ptrdiff_t>(origin);
      const auto index = index_of(i, shape);
      for (size_t d = 0; d < rank; ++d) at += static_cast<ptrdiff_t>(index[d]) * strides[d];
      return static_cast<size_t>(at);
    };

    const auto x = random_array<T>(n);
    std::vector<T> spread(reach, T(-3)), expected = spread;
    for (size_t i = 0; i < n; ++i) expected[place(i)] = x[i];
    kernels::scatter_strided(x.data(), shape, spread.data() + origin, strides);
    CHECK(spread == expected);

    auto back = blank<T>(n);
    kernels::copy_strided(spread.data() + origin, strides, shape, back.data());
    CHECK(back == x);

    for (size_t d = 0; d < rank; ++d)
      if (below(3) == 0) strides[d] = 0;
    std::vector<T> all(n);
    for (size_t i = 0; i < n; ++i) all[i] = spread[place(i)];
    auto broadcast = blank<T>(n);
    kernels::copy_strided(spread.data() + origin, strides, shape, broadcast.data());
    CHECK(broadcast == all);
    for (int part = 0; part < 5; ++part) {
      const size_t first = below(n + 1), count = below(n - first + 1);
      auto some = blank<T>(count);
      kernels::copy_strided_range(spread.data() + origin, strides, shape, first, count,
                                  some.data());
      CHECK(std::equal(some.begin(), some.end(), all.begin() + static_cast<ptrdiff_t>(first)));
    }
  }
}

TEST_CASE_TEMPLATE("fill and add", T, float, double) {
  for (size_t n : std::initializer_list<size_t>{0, 1, 7, 8, 9, 31, 64, 65, 1000}) {
    auto x = random_array<T>(n), acc = random_array<T>(n), expected = acc;
    for (size_t i = 0; i < n; ++i) expected[i] += x[i];
    kernels::add(acc.data(), x.data(), n);
    CHECK(acc == expected);
    kernels::fill(x.data(), n, T(2.5));
    CHECK(x == std::vector<T>(n, T(2.5)));
  }
}
