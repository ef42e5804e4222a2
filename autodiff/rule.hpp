#pragma once
// An operation as the engine sees it: one table of functions per operation and element type. The
// table is made from the operation's formulas by rule_of.hpp.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <xtape/autodiff/view.hpp>

namespace xtape {

template <class T>
class BasicVariable;
template <class T>
class Direct;
template <class T>
class Plan;

// Readings that a table only names. What calls them includes them, a program that trains need not.
template <class R>
class Dual;
template <std::floating_point T>
class Real;
class Symbol;
struct SymbolicEntry;
class EntryWriter;

/// The element of the reference evaluation: a value and a directional derivative, in extended
/// precision.
using Wide = Dual<Real<long double>>;

/// The most outputs that an operation can have.
inline constexpr std::size_t most_outputs = 8;

/// What the kernels of an elementwise operation work on, forward and backward. An input advances by
/// its step: 1, or 0 for a single number, which is repeated over a whole vector in memory.
template <class T>
struct KernelArguments {
  static constexpr std::size_t most_inputs = 4;
  const void* operation;
  std::size_t count;  // elements, whole vectors
  T* out;
  T* stored;  // the partial, where the forward pass keeps it; else nullptr
  std::array<const T*, most_inputs> in;
  std::array<std::uint8_t, most_inputs> step;
  bool staged;  // an input has another layout: the engine brings it into place piece by piece
};

template <class T>
using ForwardKernel = void (*)(const KernelArguments<T>& arguments);
/// The contribution of the cotangent g of the output to one input, assigned or added to `to`.
template <class T>
using BackwardKernel = void (*)(const KernelArguments<T>& arguments, const T* g, T* to,
                                bool accumulate);
/// One kernel, for each instruction set.
template <class Kernel>
using Kernels = std::array<Kernel, 3>;

/// Everything the engine knows of an operation. `operation` points to its parameters.
template <class T>
struct Rule {
  const char* name;
  const char* infix;   // the sign between two inputs in messages, or nullptr
  std::size_t inputs;  // 0: any number
  std::size_t outputs;
  bool piecewise_constant;  // no derivative: what it gives is a constant

  // Elementwise operations.
  const Kernels<ForwardKernel<T>>* forward;          // nullptr for a structural operation
  const Kernels<ForwardKernel<T>>* forward_storing;  // and the partial; nullptr: not asked for
  const Kernels<BackwardKernel<T>>* backward;        // one for each input

  // Structural operations.
  void (*shapes)(const void* operation, std::span<const Shape* const> in, Shape* out);
  void (*compute)(const void* operation, std::span<const View<const T>> in, const View<T>* out);
  /// Plans what computes the contribution to input k and writes it to `to`; read with Direct.
  /// (One function for each input; a single one where any number is taken.)
  using Pull = void (*)(Plan<T>& plan, const void* operation, std::size_t k, const View<const T>* g,
                        std::span<const View<const T>> in, const View<const T>* out, View<T> to);
  const Pull* pull;

  // Both. The contribution to input k as recorded variables; an empty variable is a zero.
  BasicVariable<T> (*recorded)(const void* operation, std::size_t k, const BasicVariable<T>* g,
                               std::span<const BasicVariable<T>> in, const BasicVariable<T>* out);
  /// The value read with `Wide`; the inputs of an elementwise operation come broadcast.
  void (*reference)(const void* operation, std::span<const View<const Wide>> in,
                    const View<Wide>* out);
  /// The formulas as symbols over x (or a, b, c); nullptr for a structural operation.
  Symbol (*value_symbol)(const void* operation);
  Symbol (*partial_symbol)(const void* operation, std::size_t k);
  /// The derivative as a student knows it, over x and the value y; nullptr where none is given.
  Symbol (*textbook_symbol)(const void* operation);
  /// The entry ∂y[p]/∂x[q] for input k of a structural operation; nullptr where none is given, and
  /// nothing where it is not known for this input.
  std::optional<SymbolicEntry> (*entry)(const void* operation, std::size_t k, EntryWriter& at);
  /// What is 0 where one element of an elementwise operation has a kink or a jump, from that
  /// element's inputs; nullptr for an operation that states no kinks.
  long double (*kink)(const void* operation, const long double* in);

  [[nodiscard]] bool elementwise() const { return forward != nullptr; }
};

}  // namespace xtape
