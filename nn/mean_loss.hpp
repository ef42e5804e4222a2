#pragma once
// The mean of an elementwise loss as one operation: nothing between the outputs of a model and the
// one number is written down, forward or backward.

#include <array>
#include <cstddef>
#include <span>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/pairwise.hpp>
#include <xtape/autodiff/readings/lanes_functions.hpp>

namespace xtape::nn {

namespace detail {

// Σ loss(y, t), blocks of a few hundred terms added pairwise. Nothing is read past the end.
template <class Loss>
struct SumOfBody {
  template <class L, class T>
  XTAPE_INLINE static void run(const T* y, const T* t, std::size_t n, T* result) {
    constexpr std::size_t N = L::width;
    if (n >= N) {
      L all = vectors<L>(y, t, n / N * N);
      if (n % N != 0) {  // the last vector again, without the terms that were added already
        static constexpr auto is_new = [] {
          std::array<T, 2 * N> flags{};
          for (std::size_t i = N; i < 2 * N; ++i) flags[i] = 1;
          return flags;
        }();
        const L last = term<L>(y + n - N, t + n - N);
        all.vector += select(L::load(is_new.data() + n % N) > 0, last, L()).vector;
      }
      *result = total(all);
    } else if constexpr (N > 2) {
      run<Lanes<T, L::width / 2>>(y, t, n, result);
    } else {
      *result = 0;
      for (std::size_t i = 0; i < n; ++i) *result += L(Loss::value(L(y[i]), L(t[i]))).vector[0];
    }
  }

  template <class L, class T>
  XTAPE_INLINE static L vectors(const T* y, const T* t, std::size_t n) {
    constexpr std::size_t N = L::width, pair = 2 * N;  // two sums, to hide an addition's latency
    constexpr std::size_t block = kernels::block_terms * pair;
    L sum[2];
    if (n <= block) {
      add_to(sum, y, t, n);
    } else {
      kernels::PairwiseSum<L, 2> pairwise;
      for (std::size_t i = 0; i < n; i += block) {
        sum[0] = sum[1] = L();
        add_to(sum, y + i, t + i, n - i < block ? n - i : block);
        pairwise.add(sum);
      }
      pairwise.total(sum);
    }
    return L::of(sum[0].vector + sum[1].vector);
  }
  template <class L, class T>
  XTAPE_INLINE static void add_to(L* sum, const T* y, const T* t, std::size_t n) {
    constexpr std::size_t N = L::width;
    std::size_t i = 0;
    for (; i + 2 * N <= n; i += 2 * N)
      for (std::size_t s = 0; s < 2; ++s)
        sum[s].vector += term<L>(y + i + s * N, t + i + s * N).vector;
    if (i < n) sum[0].vector += term<L>(y + i, t + i).vector;
  }
  template <class L, class T>
  XTAPE_INLINE static L term(const T* y, const T* t) {
    return Loss::value(L::load(y), L::load(t));
  }
  template <class T, int N>
  XTAPE_INLINE static T total(const Lanes<T, N>& sum) {
    if constexpr (N == 2) {
      return sum.vector[0] + sum.vector[1];
    } else {
      return total(kernels::join_halves(sum));
    }
  }
};

}  // namespace detail

/// g·scale·∂loss/∂input K: what the mean of a loss sends back to one of its inputs.
template <class Loss, std::size_t K>
struct LossSlope {
  double scale;
  static constexpr auto name = Loss::slope;
  [[nodiscard]] auto value(auto g, auto y, auto t) const {
    return g * scale * Loss::partial(wrt<K>{}, y, t);
  }
  [[nodiscard]] auto partial(wrt<0>, auto, auto y, auto t) const {
    return scale * Loss::partial(wrt<K>{}, y, t);
  }
  [[nodiscard]] auto partial(wrt<1>, auto g, auto y, auto t) const {
    return g * scale * Loss::second(wrt<K>{}, wrt<0>{}, y, t);
  }
  [[nodiscard]] auto partial(wrt<2>, auto g, auto y, auto t) const {
    return g * scale * Loss::second(wrt<K>{}, wrt<1>{}, y, t);
  }
};

template <class Loss, std::size_t K, class T>
Direct<T> loss_slope(double scale, const Direct<T>& g, const Direct<T>& y, const Direct<T>& t) {
  return Direct<T>::lift(LossSlope<Loss, K>{scale}, g, y, t);
}
template <class Loss, std::size_t K, class T>
BasicVariable<T> loss_slope(double scale, const BasicVariable<T>& g, const BasicVariable<T>& y,
                            const BasicVariable<T>& t) {
  return apply(LossSlope<Loss, K>{scale}, g, y, t);
}

/// 1/n Σ loss(y, t) over the n elements of y and t, which have the same shape. The contribution to
/// an input is g/n times the partial of the loss.
///
/// `Loss` is an elementwise operation of y and t; beside `value` and `partial` it has
/// `second(wrt<K>, wrt<J>, y, t)`, the derivative of the partial K for input J, and the names
/// `mean` and `slope`.
template <class Loss>
struct MeanOf {
  static constexpr auto name = Loss::mean;
  static Shape output_shape(const Shape& y, const Shape& t) {
    if (y != t) throw ShapeError("the shapes have to be equal, a loss does not broadcast");
    if (y.size() == 0) throw ShapeError("no elements, so there is no mean");
    return {};
  }
  template <class E>
  static void value(View<E> mean, View<const E> y, View<const E> t) {
    E sum(0);
    if constexpr (KernelElement<E>) {
      using Sum = Compiled<detail::SumOfBody<Loss>, E, const E*, const E*, std::size_t, E*>;
      static const auto isa = static_cast<unsigned>(instruction_set());
      Sum::table[isa](y.data, t.data, y.size(), &sum);
    } else {
      for (std::size_t i = 0; i < y.size(); ++i) sum = sum + Loss::value(y.data[i], t.data[i]);
    }
    mean.data[0] = sum / static_cast<E>(static_cast<double>(y.size()));
  }
  template <std::size_t K>
  static auto vjp(wrt<K>, auto g, auto y, auto t) {
    return loss_slope<Loss, K>(1 / static_cast<double>(shape_of(y).size()), g, y, t);
  }
  template <std::size_t K>
  static auto entry(wrt<K>, auto& at) {
    const auto i = at.each_of(at.in());
    const auto y = at.element(0, i), t = at.element(1, i);
    return at.entry(i, 1 / at.count(at.in().size()) * Loss::partial(wrt<K>{}, y, t));
  }
};

}  // namespace xtape::nn
