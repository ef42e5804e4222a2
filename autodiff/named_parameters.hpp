#pragma once
// The parameters of a module, by their names.

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <xtape/autodiff/parameter.hpp>

namespace xtape {
namespace detail {

template <class Member>
inline constexpr bool is_parameter = false;
template <class T>
inline constexpr bool is_parameter<BasicParameter<T>> = true;
template <class T>
inline constexpr bool is_parameter<const BasicParameter<T>> = true;

template <class Module, class Visit>
constexpr bool names_parameters() {
  constexpr bool named = requires(Module & module, Visit & visit) { module.parameters(visit); };
  static_assert(named,
                "xtape: a module names its parameters and modules in void parameters(auto& each), "
                "which calls each(name, member)");
  return named;
}

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
      if constexpr (names_parameters<Member, NamedVisit>()) member.parameters(*this);
      prefix_.resize(length);
    }
  }

 private:
  Use& use_;
  std::string prefix_;
};

}  // namespace detail

/// Calls `use(std::string name, BasicParameter<T>& parameter)` for each parameter of a module, in
/// the order in which the module names them; within a module of a module as "hidden.weight".
template <class Module, class Use>
void for_each_parameter(Module& module, Use&& use) {
  using Visit = detail::NamedVisit<std::remove_reference_t<Use>>;
  Visit visit(use);
  if constexpr (detail::names_parameters<Module, Visit>()) module.parameters(visit);
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

}  // namespace xtape
