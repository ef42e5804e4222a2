#pragma once
// The loops of elementwise operations over lanes, forward and backward, made from the formulas.

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <xtape/autodiff/dispatch.hpp>
#include <xtape/autodiff/readings/lanes_functions.hpp>
#include <xtape/autodiff/rule.hpp>

namespace xtape {

namespace detail {

// An operation without parameters is not stored.
template <class Operation>
inline constexpr Operation without_parameters{};
template <class Operation>
XTAPE_INLINE const Operation& operation_at(const void* operation) {
  if constexpr (std::is_empty_v<Operation>) {
    return without_parameters<Operation>;
  } else {
    return *static_cast<const Operation*>(operation);
  }
}

template <class Operation>
constexpr bool is_piecewise_constant() {
  if constexpr (requires { Operation::piecewise_constant; }) {
    return Operation::piecewise_constant;
  } else {
    return false;
  }
}
template <class Operation>
constexpr bool stores_partial() {
  if constexpr (requires { Operation::store_partial; }) {
    return Operation::store_partial;
  } else {
    return false;
  }
}
template <class Operation>
constexpr const char* infix_of() {
  if constexpr (requires { Operation::infix; }) {
    return Operation::infix;
  } else {
    return nullptr;
  }
}

// The value, and the partial with it where `storing`.
template <class Operation, bool storing, std::size_t... I>
struct ForwardBody {
  template <class L>
  XTAPE_INLINE static void run(const KernelArguments<typename L::Scalar>& a) {
    using T = typename L::Scalar;
    const Operation operation = operation_at<Operation>(a.operation);
    const T* const in[] = {a.in[I]...};
    const std::size_t step[] = {a.step[I]...};
    T* const out = a.out;
    [[maybe_unused]] T* const stored = a.stored;
    const std::size_t count = a.count;
    for (std::size_t i = 0; i < count; i += L::width) {
      const L x[] = {L::load(in[I] + i * step[I])...};
      const L y = value_of(operation, x[I]...);
      y.store(out + i);
      if constexpr (storing) L(partial_of<0>(operation, y, x[I]...)).store(stored + i);
    }
  }
};

// The contribution to input K: cotangent times partial, or the operation's own pullback.
template <class Operation, std::size_t K, std::size_t... I>
struct BackwardBody {
  template <class L>
  XTAPE_INLINE static void run(const KernelArguments<typename L::Scalar>& a,
                               const typename L::Scalar* g_from, typename L::Scalar* to,
                               bool accumulate) {
    using T = typename L::Scalar;
    const Operation operation = operation_at<Operation>(a.operation);
    const T* const in[] = {a.in[I]...};
    const std::size_t step[] = {a.step[I]...};
    const T* const y_from = a.out;
    const std::size_t count = a.count;
    for (std::size_t i = 0; i < count; i += L::width) {
      const L x[] = {L::load(in[I] + i * step[I])...};
      const L g = L::load(g_from + i);
      L c;
      if constexpr (requires { operation.pullback(wrt<K>{}, g, x[I]...); }) {
        c = operation.pullback(wrt<K>{}, g, x[I]...);
      } else {
        const L y = L::load(y_from + i);
        c = Absorb::value(g, L(partial_of<K>(operation, y, x[I]...)));
      }
      if (accumulate) c = L::load(to + i) + c;
      c.store(to + i);
    }
  }
};

// The contribution of an operation that stored its partial.
struct StoredBackwardBody {
  template <class L>
  XTAPE_INLINE static void run(const KernelArguments<typename L::Scalar>& a,
                               const typename L::Scalar* g, typename L::Scalar* to,
                               bool accumulate) {
    const typename L::Scalar* const partial = a.stored;
    const std::size_t count = a.count;
    for (std::size_t i = 0; i < count; i += L::width) {
      L c = Absorb::value(L::load(g + i), L::load(partial + i));
      if (accumulate) c = L::load(to + i) + c;
      c.store(to + i);
    }
  }
};

template <class Body, class T>
inline constexpr Kernels<ForwardKernel<T>> forward_table =
    Compiled<Body, T, const KernelArguments<T>&>::table;
template <class Body, class T>
inline constexpr Kernels<BackwardKernel<T>> backward_table =
    Compiled<Body, T, const KernelArguments<T>&, const T*, T*, bool>::table;

/// The forward kernels of an operation with N inputs.
template <class Operation, class T, bool storing, std::size_t N>
inline constexpr const Kernels<ForwardKernel<T>>* forward_kernels = [
]<std::size_t... I>(std::index_sequence<I...>) {
  return &forward_table<ForwardBody<Operation, storing, I...>, T>;
}
(std::make_index_sequence<N>{});

/// The backward kernels, one for each input.
template <class Operation, class T, std::size_t N>
inline constexpr std::array<Kernels<BackwardKernel<T>>, N> backward_kernels = [
]<std::size_t... K>(std::index_sequence<K...> indices) {
  const auto one = []<std::size_t J, std::size_t... I>(wrt<J>, std::index_sequence<I...>) {
    if constexpr (stores_partial<Operation>()) {
      return backward_table<StoredBackwardBody, T>;
    } else {
      return backward_table<BackwardBody<Operation, J, I...>, T>;
    }
  };
  return std::array<Kernels<BackwardKernel<T>>, N>{one(wrt<K>{}, indices)...};
}
(std::make_index_sequence<N>{});

}  // namespace detail

}  // namespace xtape
