#pragma once
// An operation whose formulas are trees that are walked when they are read. It goes through every
// reading, as an operation of a user's does, so a thousand mutants of a formula need no compiler.

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>

namespace mutation {

/// A tree with its operations looked up, so that it is read quickly.
struct Node {
  enum class Code {
    input,
    number,
    add,
    subtract,
    multiply,
    divide,
    negate,
    less,
    less_equal,
    equal,
    both,
    either,
    no,  // "not"
    where,
#define XTAPE_ELEMENTARY_1(function, Operation) function,
#define XTAPE_ELEMENTARY_2(function, Operation) function,
#define XTAPE_COMPOSED_1(function, Operation) function,
#define XTAPE_COMPOSED_2(function, Operation) function,
#include <xtape/autodiff/operations/vocabulary.inc>
  };
  static constexpr std::size_t y = 3, g = 4, slots = 5;  // behind the inputs

  Code code = Code::number;
  double number = 0;
  std::size_t slot = 0;
  std::vector<Node> in;

  [[nodiscard]] bool is_number() const { return code == Code::number; }
};

/// The tree of a formula without parameters, over a, b, c (or x), y and g.
Node compile(const xtape::Symbol& formula);

template <class R>
using Slots = std::array<const R*, Node::slots>;

template <class R>
R evaluate(const Node& n, const Slots<R>& at);

// A number stays plain, as it does in a formula's text.
template <class R, class F>
R unary(const Node& n, const Slots<R>& at, const F& f) {
  return f(evaluate<R>(n.in[0], at));
}
template <class R, class F>
auto binary(const Node& n, const Slots<R>& at, const F& f) {
  const Node &a = n.in[0], &b = n.in[1];
  if (a.is_number()) return f(a.number, evaluate<R>(b, at));
  if (b.is_number()) return f(evaluate<R>(a, at), b.number);
  const R left = evaluate<R>(a, at);
  return f(left, evaluate<R>(b, at));
}

template <class R>
auto condition(const Node& n, const Slots<R>& at) -> decltype(*at[0] < *at[0]) {
  switch (n.code) {
    case Node::Code::less:
      return binary<R>(n, at, [](const auto& a, const auto& b) { return a < b; });
    case Node::Code::less_equal:
      return binary<R>(n, at, [](const auto& a, const auto& b) { return a <= b; });
    case Node::Code::equal:
      return binary<R>(n, at, [](const auto& a, const auto& b) { return a == b; });
    case Node::Code::both:
      return condition<R>(n.in[0], at) && condition<R>(n.in[1], at);
    case Node::Code::either:
      return condition<R>(n.in[0], at) || condition<R>(n.in[1], at);
    case Node::Code::no:
      return !condition<R>(n.in[0], at);
    default:
      throw std::logic_error("not a condition");
  }
}

template <class R>
R choose(const Node& n, const Slots<R>& at) {
  const auto where = condition<R>(n.in[0], at);
  const Node &a = n.in[1], &b = n.in[2];
  if (a.is_number() && b.is_number()) return select(where, a.number, b.number);
  if (a.is_number()) return select(where, a.number, evaluate<R>(b, at));
  if (b.is_number()) return select(where, evaluate<R>(a, at), b.number);
  const R left = evaluate<R>(a, at);
  return select(where, left, evaluate<R>(b, at));
}

/// The number of a tree, read with R. Not inlined: it calls itself.
template <class R>
[[gnu::noinline]] R evaluate(const Node& n, const Slots<R>& at) {
  switch (n.code) {
    case Node::Code::input:
      return *at[n.slot];
    case Node::Code::number:
      if constexpr (std::is_convertible_v<double, R>) {
        return R(n.number);
      } else {  // a recorded variable: kept out by `as_formula`
        throw std::logic_error("a number alone is no recorded formula");
      }
    case Node::Code::add:
      return binary<R>(n, at, [](const auto& a, const auto& b) -> R { return a + b; });
    case Node::Code::subtract:
      return binary<R>(n, at, [](const auto& a, const auto& b) -> R { return a - b; });
    case Node::Code::multiply:
      return binary<R>(n, at, [](const auto& a, const auto& b) -> R { return a * b; });
    case Node::Code::divide:
      return binary<R>(n, at, [](const auto& a, const auto& b) -> R { return a / b; });
    case Node::Code::negate:
      return unary<R>(n, at, [](const R& x) -> R { return -x; });
    case Node::Code::where:
      return choose<R>(n, at);
#define XTAPE_ELEMENTARY_1(function, Operation) \
  case Node::Code::function:                    \
    return unary<R>(n, at, [](const R& x) -> R { return function(x); });
#define XTAPE_COMPOSED_1(function, Operation) XTAPE_ELEMENTARY_1(function, Operation)
#define XTAPE_ELEMENTARY_2(function, Operation) \
  case Node::Code::function:                    \
    return binary<R>(n, at, [](const auto& a, const auto& b) -> R { return function(a, b); });
#define XTAPE_COMPOSED_2(function, Operation) XTAPE_ELEMENTARY_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
    default:
      throw std::logic_error("a condition is no number");
  }
}

/// How a derivative is stated: see autodiff/operations/elementwise.hpp.
enum class Stated : unsigned { formula, number, pullback };

/// An operation of N inputs. `kinds` has two bits for each: how its derivative is stated.
template <std::size_t N, unsigned kinds, bool storing, bool steps>
struct Interpreted {
  const Node* value_tree = nullptr;
  std::array<const Node*, N> partial_tree{};

  static constexpr auto name = "mutant";
  static constexpr bool store_partial = storing, piecewise_constant = steps;
  static constexpr Stated stated(std::size_t k) { return static_cast<Stated>(kinds >> 2 * k & 3); }

  template <class R, class... X>
  auto value(const R& first, const X&... rest) const requires(sizeof...(X) + 1 == N) {
    return evaluate<R>(*value_tree, {&first, &rest...});
  }
  template <class R>
  auto partial(const R& x, const R& y) const requires(N == 1) {
    return derivative<0, R>({&x, nullptr, nullptr, &y});
  }
  template <std::size_t K, class R>
  auto partial(xtape::wrt<K>, const R& a, const R& b, const R& y) const
      requires(N == 2 && stated(K) != Stated::pullback) {
    return derivative<K, R>({&a, &b, nullptr, &y});
  }
  template <std::size_t K, class R>
  auto partial(xtape::wrt<K>, const R& a, const R& b, const R& c, const R& y) const
      requires(N == 3 && stated(K) != Stated::pullback) {
    return derivative<K, R>({&a, &b, &c, &y});
  }
  template <std::size_t K, class R>
  auto pullback(xtape::wrt<K>, const R& g, const R& a, const R& b) const
      requires(N == 2 && stated(K) == Stated::pullback) {
    return evaluate<R>(*partial_tree[K], {&a, &b, nullptr, nullptr, &g});
  }
  template <std::size_t K, class R>
  auto pullback(xtape::wrt<K>, const R& g, const R& a, const R& b, const R& c) const
      requires(N == 3 && stated(K) == Stated::pullback) {
    return evaluate<R>(*partial_tree[K], {&a, &b, &c, nullptr, &g});
  }

 private:
  template <std::size_t K, class R>
  auto derivative(const Slots<R>& at) const {
    if constexpr (stated(K) == Stated::number) {
      return partial_tree[K]->number;
    } else {
      return evaluate<R>(*partial_tree[K], at);
    }
  }
};

template <class Body>
inline constexpr bool is_interpreted = false;
template <std::size_t N, unsigned kinds, bool storing, bool steps, bool s, std::size_t... I>
inline constexpr bool
    is_interpreted<xtape::detail::ForwardBody<Interpreted<N, kinds, storing, steps>, s, I...>> =
        true;
template <std::size_t N, unsigned kinds, bool storing, bool steps, std::size_t K, std::size_t... I>
inline constexpr bool
    is_interpreted<xtape::detail::BackwardBody<Interpreted<N, kinds, storing, steps>, K, I...>> =
        true;

}  // namespace mutation

namespace xtape {

/// A walk over a tree is not inlined into a kernel of its own instruction set: one will do.
template <class Body, class T, class... A>
requires(mutation::is_interpreted<Body>) struct Compiled<Body, T, A...> {
  using Function = void (*)(A...);
  static void baseline(A... a) { Body::template run<Lanes<T, 16 / sizeof(T)>>(a...); }
  static constexpr std::array<Function, 3> table = {baseline, baseline, baseline};
};

}  // namespace xtape
