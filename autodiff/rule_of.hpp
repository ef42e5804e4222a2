#pragma once
// Makes the engine's table of an operation from its formulas.

#include <array>
#include <cstddef>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/autodiff/direct.hpp>
#include <xtape/autodiff/elementwise_kernels.hpp>
#include <xtape/autodiff/readings/dual.hpp>
#include <xtape/autodiff/readings/real.hpp>
#include <xtape/autodiff/rule.hpp>
#include <xtape/autodiff/rule_symbols.hpp>
#include <xtape/autodiff/tape/variable.hpp>

namespace xtape {

/// An operation on arrays: it says the shape of its output.
template <class Operation>
concept Structural = requires {
  &Operation::output_shape;
}
|| requires { Operation::structural; };

/// The values of an operation, for any type of element. What `WideReplay` runs is the same for all
/// tapes.
template <class Operation, std::size_t N>
struct ValuesOf {
  static constexpr std::size_t outputs = [] {
    if constexpr (requires { Operation::outputs; }) {
      return Operation::outputs;
    } else {
      return std::size_t{1};
    }
  }();

  template <class E>
  static void compute(const Operation& operation, std::span<const View<const E>> in,
                      const View<E>* out) requires(Structural<Operation>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      if constexpr (N == 0) {
        operation.value(*out, in);
      } else if constexpr (outputs == 1) {
        operation.value(*out, in[I]...);
      } else {
        operation.value(std::span<const View<E>, outputs>(out, outputs), in[I]...);
      }
    }
    (std::make_index_sequence<N>{});
  }

  static void reference(const void* at, std::span<const View<const Wide>> in,
                        const View<Wide>* out) {
    const auto& operation = detail::operation_at<Operation>(at);
    if constexpr (Structural<Operation>) {
      compute(operation, in, out);
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        for (std::size_t i = 0; i < out->size(); ++i)
          out->data[i] = value_of(operation, in[I].data[i]...);
      }
      (std::make_index_sequence<N>{});
    }
  }
};

/// The table of an operation with N inputs (0: any number) on elements of type T.
template <class Operation, class T, std::size_t N>
struct RuleOf {
  static_assert(std::is_trivially_copyable_v<Operation>,
                "an operation is a small value: numbers, shapes and the like");
  static_assert(Structural<Operation> || N <= KernelArguments<T>::most_inputs,
                "an elementwise operation has at most four inputs");
  static constexpr bool differentiable = !detail::is_piecewise_constant<Operation>();

 private:
  using Indices = std::make_index_sequence<N>;
  using V = BasicVariable<T>;
  using Symbols = detail::SymbolsOf<Operation, N>;
  static constexpr std::size_t outputs = ValuesOf<Operation, N>::outputs;
  static_assert(outputs >= 1 && outputs <= most_outputs, "an operation has one to eight outputs");

  // ---- elementwise, recorded: one record per call of the formula
  template <std::size_t K, std::size_t... I>
  static V recorded_input(const Operation& operation, const V& g, std::span<const V> x, const V& y,
                          std::index_sequence<I...>) requires(!Structural<Operation>) {
    if constexpr (requires { operation.pullback(wrt<K>{}, g, x[I]...); }) {
      return operation.pullback(wrt<K>{}, g, x[I]...);
    } else {
      const auto partial = partial_of<K>(operation, y, x[I]...);
      if constexpr (PlainNumber<std::remove_cvref_t<decltype(partial)>>) {
        if (partial == 0) return {};
        if (partial == 1) return g;
        if (partial == -1) return -g;
        return g * partial;
      } else {
        return absorb(g, partial);
      }
    }
  }

  // ---- structural rules: vjp(wrt<K>, g, x...) or vjp(wrt<K>, g, x..., y)
  template <std::size_t K, class R, class G, std::size_t... I>
  static R vjp(const Operation& operation, const G& g, std::span<const R> x, const R* y,
               std::index_sequence<I...>) {
    if constexpr (requires { operation.vjp(wrt<K>{}, g, x[I]...); }) {
      return operation.vjp(wrt<K>{}, g, x[I]...);
    } else {
      return operation.vjp(wrt<K>{}, g, x[I]..., *y);
    }
  }
  template <class R, std::size_t... K>
  static R vjp_of(const Operation& operation, std::size_t k, const R* g, std::span<const R> x,
                  const R* y, std::index_sequence<K...>) {
    if constexpr (N == 0) {
      return operation.vjp(k, *g, x);
    } else {
      std::optional<R> result;
      const auto call = [&]<std::size_t J>(wrt<J>) {
        if constexpr (outputs == 1) {
          result = vjp<J>(operation, *g, x, y, Indices{});
        } else {
          result = vjp<J>(operation, std::span<const R, outputs>(g, outputs), x, y, Indices{});
        }
      };
      ((k == K ? call(wrt<K>{}) : static_cast<void>(0)), ...);
      return *result;
    }
  }

  static V recorded(const void* at, std::size_t k, const V* g, std::span<const V> x, const V* y) {
    const auto& operation = detail::operation_at<Operation>(at);
    if constexpr (!differentiable) {
      return {};
    } else if constexpr (Structural<Operation>) {
      return vjp_of<V>(operation, k, g, x, y, Indices{});
    } else {
      V result;
      [&]<std::size_t... K>(std::index_sequence<K...>) {
        ((k == K ? static_cast<void>(result = recorded_input<K>(operation, *g, x, *y, Indices{}))
                 : static_cast<void>(0)),
         ...);
      }
      (Indices{});
      return result;
    }
  }
  // Arrays that a rule does not look at are never made into readings: K is known here.
  template <std::size_t K, std::size_t... I>
  static void pull_input(Plan<T>& plan, const void* at, std::size_t, const View<const T>* g,
                         std::span<const View<const T>> in, const View<const T>* out, View<T> to) {
    using R = Direct<T>;
    const auto& operation = detail::operation_at<Operation>(at);
    const std::array<R, N> x{R(plan, in[I])...};
    const R y(plan, *out);
    [&]<std::size_t... O>(std::index_sequence<O...>) {
      const R cotangents[] = {R(plan, g[O])...};
      if constexpr (outputs == 1) {
        write_checked(vjp<K, R>(operation, cotangents[0], x, &y, Indices{}), to);
      } else {
        write_checked(
            vjp<K, R>(operation, std::span<const R, outputs>(cotangents), x, &y, Indices{}), to);
      }
    }
    (std::make_index_sequence<outputs>{});
  }
  static void pull_any(Plan<T>& plan, const void* at, std::size_t k, const View<const T>* g,
                       std::span<const View<const T>> in, const View<const T>*,
                       View<T> to) requires(Structural<Operation>&& N == 0) {
    using R = Direct<T>;
    std::vector<R> x;
    x.reserve(in.size());
    for (const View<const T>& view : in) x.emplace_back(plan, view);
    write_checked(detail::operation_at<Operation>(at).vjp(k, R(plan, *g), std::span<const R>(x)),
                  to);
  }
  // A rule that gives another shape than its input's is a mistake that must not write elsewhere.
  static void write_checked(const Direct<T>& result, View<T> to) {
    if (result.shape() != to.shape())
      throw ShapeError("gives an array of shape " + to_string(result.shape()));
    result.write(to);
  }
  template <std::size_t K, std::size_t... I>
  static constexpr typename Rule<T>::Pull pull_for(std::index_sequence<I...>) {
    return pull_input<K, I...>;
  }
  template <std::size_t... K>
  static constexpr auto all_pulls(std::index_sequence<K...>) {
    if constexpr (N == 0) {
      return std::array<typename Rule<T>::Pull, 1>{pull_any};
    } else {
      return std::array<typename Rule<T>::Pull, N>{pull_for<K>(Indices{})...};
    }
  }
  // A template, so that it is made for structural operations only.
  template <class Self = RuleOf>
  struct Pulls {
    static constexpr auto table = Self::all_pulls(Indices{});
  };

  static void compute(const void* at, std::span<const View<const T>> in,
                      const View<T>* out) requires(Structural<Operation>) {
    ValuesOf<Operation, N>::compute(detail::operation_at<Operation>(at), in, out);
  }
  static void shapes(const void* at, std::span<const Shape* const> in,
                     Shape* out) requires(Structural<Operation>) {
    const auto& operation = detail::operation_at<Operation>(at);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      if constexpr (N == 0) {
        new (out) Shape(operation.output_shape(in));
      } else if constexpr (outputs == 1) {
        new (out) Shape(operation.output_shape(*in[I]...));
      } else {
        const std::array<Shape, outputs> all = operation.output_shape(*in[I]...);
        for (std::size_t i = 0; i < outputs; ++i) new (out + i) Shape(all[i]);
      }
    }
    (Indices{});
  }

  // An operation with several kinks states their product.
  template <std::size_t... I>
  static constexpr bool states_kink(std::index_sequence<I...>) {
    return requires(const Operation& operation, const std::array<Real<long double>, N>& x) {
      operation.kink(x[I]...);
    };
  }
  static long double kink(const void* at, const long double* in) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return Real<long double>(
                 detail::operation_at<Operation>(at).kink(Real<long double>(in[I])...))
          .value;
    }
    (Indices{});
  }

  static constexpr bool is_structural = Structural<Operation>;
  static constexpr bool storing = detail::stores_partial<Operation>();
  static_assert(!storing || N == 1, "only an operation of one input can store its partial");

  static constexpr Rule<T> make() {
    Rule<T> r{};
    r.name = Operation::name;
    r.infix = detail::infix_of<Operation>();
    r.inputs = N;
    r.outputs = outputs;
    r.piecewise_constant = !differentiable;
    if constexpr (is_structural) {
      r.shapes = shapes;
      r.compute = compute;
      if constexpr (differentiable) r.pull = Pulls<>::table.data();
    } else {
      r.forward = detail::forward_kernels<Operation, T, false, N>;
      if constexpr (storing) r.forward_storing = detail::forward_kernels<Operation, T, true, N>;
      if constexpr (differentiable) r.backward = detail::backward_kernels<Operation, T, N>.data();
      r.value_symbol = Symbols::value;
      r.partial_symbol = Symbols::partial;
      if constexpr (Symbols::has_textbook) r.textbook_symbol = Symbols::textbook;
      if constexpr (states_kink(Indices{})) r.kink = kink;
    }
    if constexpr (is_structural && Symbols::has_entry) r.entry = Symbols::entry;
    r.recorded = recorded;
    r.reference = ValuesOf<Operation, N>::reference;
    return r;
  }

 public:
  static const Rule<T> rule;
};

template <class Operation, class T, std::size_t N>
const Rule<T> RuleOf<Operation, T, N>::rule = RuleOf<Operation, T, N>::make();

}  // namespace xtape
