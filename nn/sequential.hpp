#pragma once
// Modules of any types, one after the other.

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/nn/activation.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {
namespace detail {

// A module whose type is forgotten names its parameters through these two.
template <class T>
class ErasedVisitor;
template <class T>
class ErasedModule {
 public:
  virtual ~ErasedModule() = default;
  virtual void parameters(ErasedVisitor<T>& each) = 0;
};
template <class T>
class ErasedVisitor {
 public:
  virtual ~ErasedVisitor() = default;
  virtual void parameter(std::string_view name, BasicParameter<T>& parameter) = 0;
  virtual void module(std::string_view name, ErasedModule<T>& module) = 0;
};

// Names the parameters of a module of a known type to an erased visitor.
template <class T>
struct Forward {
  ErasedVisitor<T>& each;
  template <class Module>
  struct Erased final : ErasedModule<T> {
    explicit Erased(Module& module) : module_(module) {}
    void parameters(ErasedVisitor<T>& visitor) override {
      Forward forward{visitor};
      module_.parameters(forward);
    }

   private:
    Module& module_;
  };
  template <class Member>
  void operator()(std::string_view name, Member& member) {
    if constexpr (is_parameter<Member>) {
      each.parameter(name, member);
    } else {
      Erased<Member> erased(member);
      each.module(name, erased);
    }
  }
};

// The way back: an erased module as a module, and any visitor as an erased one.
template <class T>
struct Reveal {
  ErasedModule<T>& module;
  template <class Each>
  struct Visitor final : ErasedVisitor<T> {
    explicit Visitor(Each& each) : each_(each) {}
    void parameter(std::string_view name, BasicParameter<T>& parameter) override {
      each_(name, parameter);
    }
    void module(std::string_view name, ErasedModule<T>& inner) override {
      Reveal reveal{inner};
      each_(name, reveal);
    }

   private:
    Each& each_;
  };
  void parameters(auto& each) {
    Visitor<std::remove_reference_t<decltype(each)>> visitor(each);
    module.parameters(visitor);
  }
};

// One module of a Sequential.
template <class T>
class Stage : public ErasedModule<T> {
 public:
  virtual BasicVariable<T> call(const BasicVariable<T>& x) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Stage> clone() const = 0;
};

template <class T, class Module>
class StageOf final : public Stage<T> {
 public:
  explicit StageOf(Module module) : module_(std::move(module)) {}
  BasicVariable<T> call(const BasicVariable<T>& x) const override { return module_(x); }
  void parameters(ErasedVisitor<T>& each) override {
    if constexpr (HasParameters<Module, T>) {
      Forward<T> forward{each};
      module_.parameters(forward);
    }
  }
  [[nodiscard]] std::unique_ptr<Stage<T>> clone() const override {
    return std::make_unique<StageOf>(module_);
  }

 private:
  Module module_;
};

}  // namespace detail

/// Modules and functions of any types, one after the other:
///
///     nn::Sequential net(nn::Linear(2, 8, random), xtape::tanh, nn::Linear(8, 1, random),
///                        xtape::sigmoid);
///
/// They are held by value, and a copy is a deep copy. What each records is grouped under "0", "1",
/// …, and so are its parameters: "0.weight". A call allocates nothing.
template <class T>
class BasicSequential {
 public:
  /// What a Sequential is made of: a module or a function, by value.
  class Part {
   public:
    /// A function of the library, by its name, or `identity`.
    Part(typename BasicActivation<T>::Function function) : Part(BasicActivation<T>(function)) {}
    Part(Identity nothing) : Part(BasicActivation<T>(nothing)) {}
    template <class Module>
    requires(!std::same_as<std::remove_cvref_t<Module>, Part> && MapsVariables<Module, T>)
        Part(Module&& module)
        : stage_(std::make_unique<detail::StageOf<T, std::remove_cvref_t<Module>>>(
              std::forward<Module>(module))) {}

   private:
    friend class BasicSequential;
    std::unique_ptr<detail::Stage<T>> stage_;
  };

  BasicSequential() = default;
  /// Of these modules, in order.
  BasicSequential(Part first, Part second) { (add(std::move(first)), add(std::move(second))); }
  template <std::convertible_to<Part>... More>
  BasicSequential(Part first, Part second, Part third, More&&... more)
      : BasicSequential(std::move(first), std::move(second)) {
    add(std::move(third));
    (add(std::forward<More>(more)), ...);
  }
  BasicSequential(const BasicSequential& other) : names_(other.names_) {
    for (const auto& stage : other.stages_) stages_.push_back(stage->clone());
  }
  BasicSequential(BasicSequential&&) noexcept = default;
  BasicSequential& operator=(const BasicSequential& other) {
    return *this = BasicSequential(other);
  }
  BasicSequential& operator=(BasicSequential&&) noexcept = default;
  ~BasicSequential() = default;

  /// Appends a module or a function, which is copied or moved in.
  void add(Part part) {
    names_.push_back(std::to_string(names_.size()));
    stages_.push_back(std::move(part.stage_));
    name_parameters(*this);
  }
  [[nodiscard]] std::size_t size() const { return stages_.size(); }

  /// The modules one after the other; x itself where there is none.
  BasicVariable<T> operator()(const BasicVariable<T>& x, const char* file = __builtin_FILE(),
                              unsigned line = __builtin_LINE()) const {
    BasicTape<T>& tape = BasicTape<T>::of(x, "Sequential", Place{file, line});
    BasicVariable<T> y = x;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const auto scope = tape.scope(names_[i], Place{file, line});
      y = stages_[i]->call(y);
    }
    return y;
  }

  void parameters(auto& each) {
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      detail::Reveal<T> module{*stages_[i]};
      each(names_[i], module);
    }
  }

 private:
  std::vector<std::unique_ptr<detail::Stage<T>>> stages_;
  std::vector<std::string> names_;
};

using Sequential = BasicSequential<double>;
using SequentialF = BasicSequential<float>;

}  // namespace xtape::nn
