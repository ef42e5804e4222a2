#pragma once
// Modules: plain structs of parameters and other modules, which they name to a visitor:
//
//     struct Gate {
//       nn::Linear value, gate;
//       Variable operator()(const Variable& x) const { return value(x) * sigmoid(gate(x)); }
//       void parameters(auto& each) { each("value", value); each("gate", gate); }
//     };
//
// A copy of a module is a deep copy, since a copy of a parameter is one.

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/autodiff/functions.hpp>
#include <xtape/autodiff/gradients.hpp>

namespace xtape::nn {
namespace detail {

template <class Member>
inline constexpr bool is_parameter = false;
template <class T>
inline constexpr bool is_parameter<BasicParameter<T>> = true;
template <class T>
inline constexpr bool is_parameter<const BasicParameter<T>> = true;

// Builds the dotted names while it goes through a module.
template <class Use>
class NamedVisit {
 public:
  explicit NamedVisit(Use& use) : use_(use) {}
  template <class Member>
  void operator()(std::string_view name, Member& member) {
    if constexpr (is_parameter<Member>) {
      use_(prefix_ + std::string(name), member);
    } else {
      const std::size_t length = prefix_.size();
      prefix_.append(name).append(1, '.');
      member.parameters(*this);
      prefix_.resize(length);
    }
  }

 private:
  Use& use_;
  std::string prefix_;
};

// The arrays of a module's parameters, each held, in the order in which the module names them.
template <class T>
struct StorageLister {
  std::vector<std::shared_ptr<ParameterStorage<T>>>& storages;
  void add(const BasicParameter<T>& parameter);  // in optimizers.cpp, whom it serves
  template <class Member>
  void operator()(std::string_view, Member& member) {
    if constexpr (is_parameter<Member>) {
      add(member);
    } else {
      member.parameters(*this);
    }
  }
};

template <class T, class Module>
std::vector<std::shared_ptr<ParameterStorage<T>>> storages_of(Module& module) {
  std::vector<std::shared_ptr<ParameterStorage<T>>> storages;
  StorageLister<T> list{storages};
  module.parameters(list);
  return storages;
}

}  // namespace detail

/// Calls `use(std::string name, BasicParameter<T>& parameter)` for each parameter of a module, in
/// the order in which the module names them; within a module of a module as "hidden.weight".
template <class Module, class Use>
void for_each_parameter(Module& module, Use&& use) {
  detail::NamedVisit<std::remove_reference_t<Use>> visit(use);
  module.parameters(visit);
}
/// The same for reading: `use(std::string name, const BasicParameter<T>& parameter)`.
template <class Module, class Use>
void for_each_parameter(const Module& module, Use&& use) {
  // A module names its parameters without changing anything, so that one function is enough for it;
  // `use` sees them as constant.
  const auto read = [&use]<class T>(std::string name, const BasicParameter<T>& parameter) {
    use(std::move(name), parameter);
  };
  for_each_parameter(const_cast<Module&>(module), read);
}

/// Gives each parameter its dotted name in the module: what messages and tables then say. `Network`
/// and `Sequential` do it themselves; a module of one's own may, once it is complete. Not while a
/// recording has the parameters.
template <class Module>
void name_parameters(Module& module) {
  for_each_parameter(module,
                     [](std::string name, auto& parameter) { parameter.rename(std::move(name)); });
}

/// The number of trainable numbers of a module; a parameter with two names counts twice.
template <class Module>
std::size_t count_parameters(const Module& module) {
  std::size_t count = 0;
  for_each_parameter(module,
                     [&](const std::string&, const auto& parameter) { count += parameter.size(); });
  return count;
}

}  // namespace xtape::nn
