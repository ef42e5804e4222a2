#pragma once
// The formulas of an operation read as symbols.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <xtape/autodiff/elementwise_kernels.hpp>
#include <xtape/autodiff/readings/entry.hpp>

namespace xtape::detail {

/// The functions of a Rule that give symbols, for an operation with N inputs.
template <class Operation, std::size_t N>
struct SymbolsOf {
 private:
  using Indices = std::make_index_sequence<N>;

  template <std::size_t... I>
  static std::array<Symbol, N> names(std::index_sequence<I...>) {
    if constexpr (N == 1) {
      return {Symbol(std::string("x"))};
    } else {
      return {Symbol(std::string(1, static_cast<char>('a' + I)))...};
    }
  }

 public:
  static Symbol value(const void* at) {
    const auto x = names(Indices{});
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return value_of(operation_at<Operation>(at), x[I]...);
    }
    (Indices{});
  }
  static Symbol partial(const void* at, std::size_t k) {
    const Operation& operation = operation_at<Operation>(at);
    const auto x = names(Indices{});
    const Symbol y(std::string("y"));
    Symbol result = 0;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      const auto one = [&]<std::size_t J, std::size_t... I>(wrt<J>, std::index_sequence<I...>) {
        if constexpr (is_piecewise_constant<Operation>()) {
          return Symbol(0);
        } else if constexpr (requires { operation.pullback(wrt<J>{}, y, x[I]...); }) {
          return Symbol(operation.pullback(wrt<J>{}, Symbol(1), x[I]...));
        } else {
          return Symbol(partial_of<J>(operation, y, x[I]...));
        }
      };
      ((k == K ? static_cast<void>(result = one(wrt<K>{}, Indices{})) : static_cast<void>(0)), ...);
    }
    (Indices{});
    return result;
  }

  static constexpr bool has_textbook = requires(const Operation& operation, const Symbol& x) {
    operation.textbook(x, x);
  };
  static Symbol textbook(const void* at) requires has_textbook {
    return operation_at<Operation>(at).textbook(Symbol(std::string("x")), Symbol(std::string("y")));
  }

  static constexpr bool has_entry = requires(const Operation& operation, EntryWriter& at) {
    operation.entry(wrt<0>{}, at);
  }
  || requires(const Operation& operation, EntryWriter& at) { operation.entry(std::size_t{}, at); };
  static std::optional<SymbolicEntry> entry(const void* at, std::size_t k,
                                            EntryWriter& writer) requires has_entry {
    const Operation& operation = operation_at<Operation>(at);
    if constexpr (N == 0) {
      return operation.entry(k, writer);
    } else {
      std::optional<SymbolicEntry> result;
      const auto one = [&]<std::size_t J>(wrt<J>) {
        if constexpr (requires { operation.entry(wrt<J>{}, writer); })
          result = operation.entry(wrt<J>{}, writer);
      };
      [&]<std::size_t... K>(std::index_sequence<K...>) {
        ((k == K ? one(wrt<K>{}) : static_cast<void>(0)), ...);
      }
      (Indices{});
      return result;
    }
  }
};

}  // namespace xtape::detail
