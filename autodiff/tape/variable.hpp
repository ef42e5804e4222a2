#pragma once
// Handles on what a tape has recorded, and what operations take as inputs.

#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parameter.hpp>
#include <xtape/autodiff/tape/anchor.hpp>

namespace xtape {

template <class T>
class BasicTape;
template <class T>
class BasicVariable;

template <class T>
class BasicMask;

namespace detail {
template <class T>
inline constexpr bool is_recordable<BasicVariable<T>> = true;
template <class T>
inline constexpr bool is_recordable<BasicParameter<T>> = true;
template <class T>
inline constexpr bool is_recordable<BasicMask<T>> = true;

template <class E>
concept NumberArray = XtensorExpression<E> && std::is_arithmetic_v<typename E::value_type>;
// std::vector, std::array, std::string; an xtensor array of complex numbers.
template <class E>
concept OtherArray = !NumberArray<E> && requires(const E& e) {
  typename E::value_type;
  e.size();
};
template <class>
inline constexpr bool never = false;
}  // namespace detail

/// What an operation takes: a variable, a plain number, a parameter or an array, with the line of
/// the caller's text. Made by conversion; never kept.
template <class T>
class BasicOperand {
 public:
  enum class Kind : unsigned char { variable, number, parameter, array };

  BasicOperand(const BasicVariable<T>& variable, const char* file = __builtin_FILE(),
               unsigned line = __builtin_LINE());
  template <class A>
  requires std::is_arithmetic_v<A> BasicOperand(A value, const char* file = __builtin_FILE(),
                                                unsigned line = __builtin_LINE())
      : kind(Kind::number), place{file, line}, number(static_cast<T>(value)) {}
  BasicOperand(const BasicParameter<T>& trainable, const char* file = __builtin_FILE(),
               unsigned line = __builtin_LINE())
      : kind(Kind::parameter), place{file, line}, parameter(&trainable.storage()) {}
  /// An xtensor expression of numbers: what `tape.constant` makes of it, on the tape of the others.
  template <detail::NumberArray E>
  BasicOperand(const E& values, const char* file = __builtin_FILE(),
               unsigned line = __builtin_LINE())
      : kind(Kind::array), place{file, line}, leaf(&leaf_of<E>), array(std::addressof(values)) {}
  /// The same without a copy.
  template <class E>
  BasicOperand(const Borrowed<E>& values, const char* file = __builtin_FILE(),
               unsigned line = __builtin_LINE())
      : kind(Kind::array), place{file, line}, leaf(&leaf_of<Borrowed<E>>), array(&values) {}

  // What is no operand, and may be taken for one: the compiler shall say why in one line.
  template <detail::OtherArray E>
  BasicOperand(const E&) {
    static_assert(detail::never<E>,
                  "xtape: beside a variable an array has to be an xtensor expression of plain "
                  "numbers, which xt::adapt(v) makes of a std::vector v");
  }
  template <class U>
  requires std::is_same_v<U, T> BasicOperand(const BasicMask<U>&) {
    static_assert(detail::never<U>,
                  "xtape: a comparison is no array: where(mask, a, b) chooses by it, and "
                  "mask.variable() is 1 where it holds and 0 elsewhere");
  }

  /// The variable that it was made of; an empty one where it was made of something else.
  [[nodiscard]] BasicVariable<T> variable() const {
    return kind == Kind::variable ? BasicVariable<T>(anchor, index, stamp) : BasicVariable<T>();
  }

  Kind kind;
  std::uint32_t index = 0;
  std::uint32_t stamp = 0;
  BasicTape<T>* tape = nullptr;  // of a variable, unless it is gone
  Place place;
  union {
    T number = 0;
    std::uint32_t (*leaf)(BasicTape<T>& tape, const void* array);  // records it: its slot
  };
  union {
    const std::shared_ptr<ParameterStorage<T>>* parameter = nullptr;
    const void* array;
    const TapeAnchor<T>* anchor;
  };

 private:
  template <class E>
  static std::uint32_t leaf_of(BasicTape<T>& tape, const void* array) {
    return tape.constant(*static_cast<const E*>(array)).index();
  }
};

/// A handle on an array that a tape has recorded: cheap to copy, of use while the recording lives.
/// A handle that outlives its recording, or its tape, throws where it is used.
template <class T>
class BasicVariable {
 public:
  using Scalar = T;

  BasicVariable() = default;
  BasicVariable(const TapeAnchor<T>* anchor, std::uint32_t index, std::uint32_t stamp)
      : anchor_(anchor), index_(index), stamp_(stamp) {}

  /// The values, as an xtensor expression over the tape's memory; no copy: the next recording
  /// writes over them. An `Array<T>` made of it keeps them.
  /// @throws HandleError for a variable of a recording that is over.
  [[nodiscard]] ArrayView<T> value() const;
  /// The single number of an array of one element.
  /// @throws ShapeError when it has more or fewer.
  [[nodiscard]] T item() const;
  [[nodiscard]] const Shape& shape() const;
  /// Whether gradients flow here: whether it depends on a variable or a parameter.
  [[nodiscard]] bool active() const;
  /// The name given to it, or "".
  [[nodiscard]] std::string_view name() const;
  /// Gives it a name, for messages and tables. Returns the same handle.
  BasicVariable named(std::string_view name) const;

  /// The tape that it is recorded on.
  /// @throws HandleError for a handle on nothing, and where the tape is gone.
  [[nodiscard]] BasicTape<T>* tape() const;
  /// The same, or nullptr.
  [[nodiscard]] BasicTape<T>* find_tape() const noexcept {
    return anchor_ != nullptr && stamp_ >= anchor_->first ? anchor_->tape : nullptr;
  }
  [[nodiscard]] const TapeAnchor<T>* anchor() const { return anchor_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] std::uint32_t stamp() const { return stamp_; }
  /// False for a handle on nothing, or on a tape that is gone.
  [[nodiscard]] bool valid() const { return find_tape() != nullptr; }

 private:
  const TapeAnchor<T>* anchor_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t stamp_ = 0;
};

/// Writes its values, as xtensor writes an array.
template <class T>
std::ostream& operator<<(std::ostream& out, const BasicVariable<T>& x) {
  constexpr bool arrays = requires { out << x.value(); };
  static_assert(arrays, "xtape: to print arrays and variables, #include <xtensor/xio.hpp>");
  if constexpr (arrays) out << x.value();
  return out;
}

template <class T>
BasicOperand<T>::BasicOperand(const BasicVariable<T>& variable, const char* file, unsigned line)
    : kind(Kind::variable),
      index(variable.index()),
      stamp(variable.stamp()),
      tape(variable.find_tape()),
      place{file, line},
      anchor(variable.anchor()) {}

/// The truth of a comparison, element by element: 1 or 0, without a derivative.
template <class T>
class BasicMask {
 public:
  BasicMask(BasicVariable<T> variable, const Place& place) : variable_(variable), place_(place) {}
  /// The mask as an array of ones and zeros.
  [[nodiscard]] const BasicVariable<T>& variable() const { return variable_; }
  /// The same with the line of the caller's text.
  [[nodiscard]] BasicOperand<T> operand() const { return {variable_, place_.file, place_.line}; }

 private:
  BasicVariable<T> variable_;
  Place place_;
};

using Variable = BasicVariable<double>;
using VariableF = BasicVariable<float>;
using Operand = BasicOperand<double>;
using OperandF = BasicOperand<float>;
using Mask = BasicMask<double>;
using MaskF = BasicMask<float>;

/// The shape of an array; for use in the rules of structural operations.
template <class T>
const Shape& shape_of(const BasicVariable<T>& x) {
  return x.shape();
}

}  // namespace xtape
