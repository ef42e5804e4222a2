#pragma once
// The reading of formulas by dual numbers: a value and its derivative along one direction.

#include <xtape/autodiff/readings/vocabulary.hpp>

namespace xtape {

/// A value and a tangent over the reading R. An elementary function takes its partial from the one
/// operation that defines it; every other function is differentiated through its value, which makes
/// the dual reading a check of its partial that needs no step.
template <class R>
class Dual : public LiftingVocabulary<Dual<R>> {
 public:
  struct Mask {
    typename R::Mask mask;
    friend Mask operator&&(Mask a, Mask b) { return {a.mask && b.mask}; }
    friend Mask operator||(Mask a, Mask b) { return {a.mask || b.mask}; }
    friend Mask operator!(Mask a) { return {!a.mask}; }
  };

  R value;
  R tangent;

  Dual() : value(0), tangent(0) {}
  Dual(R v, R t) : value(v), tangent(t) {}
  template <PlainNumber A>
  Dual(A number) : value(number), tangent(0) {}

  friend Mask operator<(Dual a, Dual b) { return {a.value < b.value}; }
  friend Mask operator>(Dual a, Dual b) { return {a.value > b.value}; }
  friend Mask operator<=(Dual a, Dual b) { return {a.value <= b.value}; }
  friend Mask operator>=(Dual a, Dual b) { return {a.value >= b.value}; }
  friend Mask operator==(Dual a, Dual b) { return {a.value == b.value}; }
  friend Mask operator!=(Dual a, Dual b) { return {a.value != b.value}; }
  friend Dual select(Mask where, Dual a, Dual b) {
    return {select(where.mask, a.value, b.value), select(where.mask, a.tangent, b.tangent)};
  }

  /// Value and tangent of an operation, from its own partials; a zero tangent sends a zero.
  template <class Operation>
  static Dual lift(const Operation& operation, Dual x) {
    const R y = value_of(operation, x.value);
    return {y, Absorb::value(x.tangent, R(partial_of<0>(operation, y, x.value)))};
  }
  template <class Operation>
  static Dual lift(const Operation& operation, Dual a, Dual b) {
    const R y = value_of(operation, a.value, b.value);
    return {y, Absorb::value(a.tangent, R(partial_of<0>(operation, y, a.value, b.value))) +
                   Absorb::value(b.tangent, R(partial_of<1>(operation, y, a.value, b.value)))};
  }
  template <class Operation, class... X>
  static Dual compose(const Operation& operation, const X&... x) {
    return Dual(operation.value(x...));
  }
};

}  // namespace xtape
