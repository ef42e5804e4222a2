#pragma once
// Derivatives of the elementary functions that owe nothing to their operations' partials.

#include <array>
#include <complex>
#include <cstddef>
#include <optional>

#include <xtape/autodiff/readings/symbol.hpp>
#include <xtape/autodiff/rule.hpp>

namespace xtape::detail {

/// An elementary function: one whose dual reading is made of its own partial.
struct Elementary {
  using Complex = std::complex<long double>;
  const char* name;
  std::size_t inputs;
  Complex (*value)(Complex a, Complex b);  // nullptr where the function has kinks: |x|, max, min

  /// Im f(x + ih)/h, without a rounding of its own, or NaN where it says nothing.
  [[nodiscard]] long double partial(std::size_t k, std::array<long double, 2> x) const;
};

/// The elementary function that an operation is: its formula is one call of that name on its own
/// inputs. nullptr for any other, whose dual reading its partials have no part in.
const Elementary* elementary_of(const char* name, const Symbol& value);

template <class T>
const Elementary* elementary_of(const Rule<T>& rule, const void* operation) {
  if (rule.value_symbol == nullptr) return nullptr;
  return elementary_of(rule.name, rule.value_symbol(operation));
}

}  // namespace xtape::detail
