#pragma once
// The reading of formulas by one number at a time, in any floating-point type: the reference, and
// the replay of a recording in extended precision.

#include <cmath>
#include <concepts>

#include <xtape/autodiff/readings/vocabulary.hpp>

namespace xtape {

/// A number of type T that a formula can be read with. Never a naked T: with those, abs(-0.5) can
/// be C's abs(int), and tanh(0.5f) a double.
template <std::floating_point T>
class Real : public ComputingVocabulary<Real<T>> {
 public:
  struct Mask {
    bool holds;
    friend Mask operator&&(Mask a, Mask b) { return {a.holds && b.holds}; }
    friend Mask operator||(Mask a, Mask b) { return {a.holds || b.holds}; }
    friend Mask operator!(Mask a) { return {!a.holds}; }
  };

  T value = 0;

  Real() = default;
  template <PlainNumber A>
  Real(A number) : value(static_cast<T>(number)) {}

  friend Real operator+(Real a, Real b) { return a.value + b.value; }
  friend Real operator-(Real a, Real b) { return a.value - b.value; }
  friend Real operator*(Real a, Real b) { return a.value * b.value; }
  friend Real operator/(Real a, Real b) { return a.value / b.value; }
  friend Real operator-(Real a) { return -a.value; }
  friend Mask operator<(Real a, Real b) { return {a.value < b.value}; }
  friend Mask operator>(Real a, Real b) { return {a.value > b.value}; }
  friend Mask operator<=(Real a, Real b) { return {a.value <= b.value}; }
  friend Mask operator>=(Real a, Real b) { return {a.value >= b.value}; }
  friend Mask operator==(Real a, Real b) { return {a.value == b.value}; }
  friend Mask operator!=(Real a, Real b) { return {a.value != b.value}; }
  friend Real select(Mask where, Real a, Real b) { return where.holds ? a : b; }

  template <class Operation, class... X>
  static Real compose(const Operation& operation, const X&... x) {
    return Real(operation.value(x...));
  }
};

template <std::floating_point T>
struct Computed<Real<T>> {
  static Real<T> maximum(Real<T> a, Real<T> b) {
    return a.value > b.value ? a : b.value >= a.value ? b : a + b;
  }
  static Real<T> minimum(Real<T> a, Real<T> b) {
    return a.value < b.value ? a : b.value <= a.value ? b : a + b;
  }
  static Real<T> sqrt(Real<T> x) { return std::sqrt(x.value); }
  static Real<T> exp(Real<T> x) { return std::exp(x.value); }
  static Real<T> expm1(Real<T> x) { return std::expm1(x.value); }
  static Real<T> log(Real<T> x) { return std::log(x.value); }
  static Real<T> log1p(Real<T> x) { return std::log1p(x.value); }
  static Real<T> sin(Real<T> x) { return std::sin(x.value); }
  static Real<T> cos(Real<T> x) { return std::cos(x.value); }
  static Real<T> tanh(Real<T> x) { return std::tanh(x.value); }
  static Real<T> abs(Real<T> x) { return std::fabs(x.value); }
  static Real<T> pow(Real<T> a, Real<T> b) { return std::pow(a.value, b.value); }
};

}  // namespace xtape
