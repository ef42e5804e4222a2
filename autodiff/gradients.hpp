#pragma once
// The sweeps: gradients as numbers, of everything or of some parameters, and as recorded variables.

#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/autodiff/functions.hpp>
#include <xtape/autodiff/named_parameters.hpp>
#include <xtape/autodiff/plan.hpp>
#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

/// One sweep: its plan, and where each slot's gradient lies. The plan is run again as long as the
/// tape records what it recorded before.
template <class T>
struct GradientSet {
  struct Entry {
    const ParameterStorage<T>* parameter;
    std::size_t size;
    T* gradient;
    bool reached;
    std::uint64_t version = 0;  // of the parameter when it was swept
  };
  struct Gradient {
    T* data;        // nullptr where none arrived
    bool assigned;  // false where memory was given but nothing arrived
  };
  std::vector<Gradient> at;    // by slot
  std::vector<Entry> entries;  // by parameter, in the order of a module's parameters
  std::size_t listed = 0;      // entries that are asked for this time
  Arena arena;
  std::vector<View<T>> spare;  // gradients that nobody will ask for, read for the last time
  Plan<T> plan;
  std::uint64_t version = 0;  // of the tape when it was planned; 0: not planned
  std::uint32_t planned = 0;  // the slot that it was planned for
  const BasicTape<T>* tape = nullptr;
  typename BasicTape<T>::Moment swept;  // when
  std::uint32_t holders = 0;

  /// Whether a slot is that of the recording that was swept, and not of what came after it.
  [[nodiscard]] bool covers(std::uint32_t slot) const { return tape->stood(slot, swept); }
  /// Asks for the gradient of a parameter.
  void list(const ParameterStorage<T>* parameter);
};

/// The gradient sets of a tape, used again when their handles are gone.
template <class T>
class GradientPool {
 public:
  GradientSet<T>& take();
  /// The tape is gone; the gradients may be held longer.
  void forget_tape() {
    for (const auto& set : sets_) set->tape = nullptr;
  }

 private:
  std::vector<std::unique_ptr<GradientSet<T>>> sets_;
};

/// A handle on a set of the pool; keeps its numbers while it or a copy lives.
template <class T>
class GradientHandle {
 public:
  explicit GradientHandle(std::shared_ptr<GradientPool<T>> pool)
      : pool_(std::move(pool)), set_(&pool_->take()) {
    set_->holders = 1;
  }
  GradientHandle(const GradientHandle& other) : pool_(other.pool_), set_(other.set_) {
    ++set_->holders;
  }
  GradientHandle& operator=(const GradientHandle& other) {
    if (this == &other) return *this;
    ++other.set_->holders;
    --set_->holders;
    pool_ = other.pool_;
    set_ = other.set_;
    return *this;
  }
  ~GradientHandle() { --set_->holders; }
  [[nodiscard]] GradientSet<T>& set() const { return *set_; }

 private:
  std::shared_ptr<GradientPool<T>> pool_;
  GradientSet<T>* set_;
};

/// The gradient of one output with respect to everything it was computed from.
template <class T>
class BasicGradients {
 public:
  explicit BasicGradients(const std::shared_ptr<GradientPool<T>>& pool) : handle_(pool) {}

  /// ∂J/∂x in the shape of x: an xtensor expression over memory that lives as long as this. Zeros
  /// where J does not depend on x.
  /// @throws HandleError when x is not of the recording that was swept, or came after it, or when
  /// the tape is gone.
  /// @throws Error for a constant and what is made of constants alone: no gradient is computed for
  /// them, and zeros would be a wrong one.
  ArrayView<T> operator[](const BasicVariable<T>& x) const&;
  ArrayView<T> operator[](const BasicParameter<T>& parameter) const&;
  /// The same as an array of its own, since these gradients are about to go: gradients(J)[w].
  Array<T> operator[](const BasicVariable<T>& x) && { return std::as_const(*this)[x]; }
  Array<T> operator[](const BasicParameter<T>& parameter) && {
    return std::as_const(*this)[parameter];
  }
  /// Whether J depends on x through active operations.
  [[nodiscard]] bool reached(const BasicVariable<T>& x) const;
  [[nodiscard]] bool reached(const BasicParameter<T>& parameter) const;
  [[nodiscard]] GradientSet<T>& set() const { return handle_.set(); }

 private:
  [[nodiscard]] ArrayView<T> at(std::uint32_t slot) const;
  [[nodiscard]] bool reached_at(std::uint32_t slot) const;

  GradientHandle<T> handle_;
};

/// The gradients of some parameters, one after the other in one buffer: what training uses.
template <class T>
class BasicParameterGradients {
 public:
  using Entry = typename GradientSet<T>::Entry;
  explicit BasicParameterGradients(const std::shared_ptr<GradientPool<T>>& pool) : handle_(pool) {}

  /// ∂J/∂p in the shape of p; zeros where J does not depend on p.
  /// @throws Error when p is none of the parameters asked for.
  ArrayView<T> operator[](const BasicParameter<T>& parameter) const&;
  /// The same as an array of its own, since these gradients are about to go.
  Array<T> operator[](const BasicParameter<T>& parameter) && {
    return std::as_const(*this)[parameter];
  }
  [[nodiscard]] bool reached(const BasicParameter<T>& parameter) const;
  /// In the order in which the module names its parameters.
  [[nodiscard]] std::span<const Entry> entries() const { return handle_.set().entries; }
  [[nodiscard]] GradientSet<T>& set() const { return handle_.set(); }

 private:
  [[nodiscard]] const Entry& find(const BasicParameter<T>& parameter) const;

  GradientHandle<T> handle_;
};

/// The gradient of J, an array of one element, with respect to everything recorded before it, in
/// one backward sweep. Sweeping again gives the same numbers.
/// @throws ShapeError when J has more than one element: give its cotangent then.
/// @throws StaleParameterError when a parameter was updated after it was recorded.
template <class T>
BasicGradients<T> gradients(const BasicVariable<T>& J);
/// The same with the cotangent of J, an array of J's shape: the gradient of Σ cotangent·J.
template <class T>
BasicGradients<T> gradients_with(const BasicVariable<T>& J, const View<const T>& cotangent);
template <class T, XtensorExpression E>
BasicGradients<T> gradients(const BasicVariable<T>& J, const E& cotangent) {
  const Array<T> seed = cotangent;
  const Shape shape(seed.shape());
  return gradients_with(J, View<const T>{seed.data(), &shape, false});
}

namespace detail {
template <class T>
BasicParameterGradients<T> begin_parameter_gradients(const BasicVariable<T>& J);
template <class T>
void sweep_parameters(const BasicVariable<T>& J, GradientSet<T>& set);

// Lists the parameters of a module.
template <class T>
struct ParameterLister {
  GradientSet<T>& set;
  template <class Member>
  void operator()(std::string_view, Member& member) {
    if constexpr (std::is_same_v<std::remove_const_t<Member>, BasicParameter<T>>)
      set.list(member.storage().get());
    else if constexpr (names_parameters<Member, ParameterLister>())
      member.parameters(*this);
  }
};
}  // namespace detail

/// Anything that names its parameters to a visitor.
template <class Module, class T>
concept HasParameters = requires(Module& module, detail::ParameterLister<T>& each) {
  module.parameters(each);
};

/// The gradient of J with respect to the parameters of a module only; intermediate ones are not
/// kept.
template <class T, class Module>
requires(!XtensorExpression<Module>) BasicParameterGradients<T> gradients(const BasicVariable<T>& J,
                                                                          Module& module) {
  using Plain = std::remove_const_t<Module>;
  constexpr bool module_like = !std::is_same_v<Plain, BasicVariable<T>> &&
                               !detail::is_parameter<Plain> && !std::is_arithmetic_v<Plain>;
  static_assert(module_like,
                "xtape: gradients(J) derives by everything, and gradients(J)[x] is the gradient "
                "with respect to x; a second argument is a module or the cotangent of J");
  BasicParameterGradients<T> result = detail::begin_parameter_gradients(J);
  detail::ParameterLister<T> list{result.set()};
  if constexpr (module_like)
    if constexpr (detail::names_parameters<Plain, detail::ParameterLister<T>>())
      const_cast<Plain&>(module).parameters(list);  // it only names them
  detail::sweep_parameters(J, result.set());
  return result;
}

/// The gradient of J as a recorded variable, which can be differentiated again; zeros where J does
/// not depend on x.
template <class T>
BasicVariable<T> recorded_gradient(const BasicVariable<T>& J, const BasicVariable<T>& x);
/// The same for several variables in one sweep.
template <class T>
std::vector<BasicVariable<T>> recorded_gradients(const BasicVariable<T>& J,
                                                 std::span<const BasicVariable<T>> x);
inline std::vector<Variable> recorded_gradients(const Variable& J,
                                                std::initializer_list<Variable> x) {
  return recorded_gradients<double>(J, std::span<const Variable>(x));
}
inline std::vector<VariableF> recorded_gradients(const VariableF& J,
                                                 std::initializer_list<VariableF> x) {
  return recorded_gradients<float>(J, std::span<const VariableF>(x));
}

/// What one record adds to the gradient of its input k. The contributions to an array, from the
/// last record to the first and by input within one, sum to its gradient bit by bit.
/// @throws Error when there is no such record or input.
/// @throws HandleError when the gradients are of another tape, or older than the record.
/// @throws StaleParameterError when a parameter was updated after it was recorded.
template <class T>
Array<T> contribution(BasicTape<T>& tape, std::uint32_t record, std::size_t k,
                      const BasicGradients<T>& gradients);

using Gradients = BasicGradients<double>;
using GradientsF = BasicGradients<float>;
using ParameterGradients = BasicParameterGradients<double>;
using ParameterGradientsF = BasicParameterGradients<float>;

}  // namespace xtape
