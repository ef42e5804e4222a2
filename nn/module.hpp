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
#include <utility>
#include <vector>

#include <xtape/autodiff/functions.hpp>
#include <xtape/autodiff/gradients.hpp>
#include <xtape/autodiff/named_parameters.hpp>

namespace xtape::nn {

using xtape::for_each_parameter;

namespace detail {

using xtape::detail::is_parameter;

// The arrays of a module's parameters, each held, in the order in which the module names them.
template <class T>
struct StorageLister {
  std::vector<std::shared_ptr<ParameterStorage<T>>>& storages;
  void add(const BasicParameter<T>& parameter);  // in optimizers.cpp, whom it serves
  template <class Member>
  void operator()(std::string_view, Member& member) {
    if constexpr (is_parameter<Member>)
      add(member);
    else if constexpr (xtape::detail::names_parameters<Member, StorageLister>())
      member.parameters(*this);
  }
};

template <class T, class Module>
std::vector<std::shared_ptr<ParameterStorage<T>>> storages_of(Module& module) {
  std::vector<std::shared_ptr<ParameterStorage<T>>> storages;
  StorageLister<T> list{storages};
  if constexpr (xtape::detail::names_parameters<Module, StorageLister<T>>())
    module.parameters(list);
  return storages;
}

}  // namespace detail

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
