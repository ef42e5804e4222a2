#pragma once
// All gradients of a module beside those derived by hand, and what mistake explains all of them.

#include <map>
#include <string>
#include <vector>

#include <xtape/autodiff/check/compare.hpp>
#include <xtape/autodiff/check/diagnosis_units.hpp>
#include <xtape/autodiff/gradients.hpp>
#include <xtape/autodiff/named_parameters.hpp>

namespace xtape {

/// Gradients derived by hand, by the dotted names of the parameters: {{"hidden.weight", dW}, …}.
using ByHand = std::map<std::string, Array<double>>;

/// What is known beside J, the module and the arrays.
struct ModuleCompareOptions {
  std::size_t samples = 0;           // N; 0: as the recording has it
  Notation notation = {};            // names of the sheet
  std::vector<ByHand> earlier = {};  // gradients of earlier steps, the latest one last
  ByHand other = {};                 // parameters before the update, or after it
  bool as_on_paper = false;          // indices from 1, without axes of one element
};

/// The result for a module.
struct ModuleComparison {
  std::vector<Comparison> parameters;  // in the module's order, those that were given
  std::vector<std::string> missing;    // parameters without a gradient by hand
  std::vector<Diagnosis> joint;        // each of them explains everything that differs
  std::string tells_apart;             // what would tell these apart, if several

  /// Of all gradients; inconclusive where one is missing.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool passed() const { return verdict() == Verdict::pass; }
  [[nodiscard]] std::string text(const CompareTextOptions& options = {}) const;
};

namespace detail {

void require_names(const std::vector<NamedLeaf>& leaves, const ByHand& by_hand, const char* what);
void explain_jointly(ModuleComparison& comparison, const Units& units);
std::string title_of(const std::string& name, const Notation& notation);

}  // namespace detail

/// Compares the gradients of all parameters that a module names, and looks for a mistake that
/// explains all that differ: a factor that is in every gradient is one of the loss; a σ′ that is
/// missing in the hidden layer's gradients alone is that layer's; columns, elements and rows in one
/// order that belong to the same units are units that were numbered otherwise.
/// @throws Error for a name that the module does not have, and as `compare` does.
template <class T, class Module>
requires HasParameters<Module, T> ModuleComparison
compare(const BasicVariable<T>& J, const Module& module, const ByHand& by_hand,
        const ModuleCompareOptions& options = {}) {
  const BasicGradients<T> grad = gradients(J);
  std::vector<detail::NamedLeaf> leaves;
  for_each_parameter(module, [&](const std::string& name, auto& parameter) {
    leaves.push_back({name, parameter.shape()});
  });
  detail::require_names(leaves, by_hand, "by hand");
  detail::require_names(leaves, options.other, "among the other values");
  for (const ByHand& earlier : options.earlier)
    detail::require_names(leaves, earlier, "among the earlier gradients");

  ModuleComparison result;
  std::vector<detail::NamedLeaf> compared;
  std::vector<BasicVariable<T>> variables;
  for_each_parameter(module, [&](const std::string& name, auto& parameter) {
    const auto array = by_hand.find(name);
    if (array == by_hand.end()) {
      result.missing.push_back(name);
      return;
    }
    CompareContext context(J, parameter);
    context.samples(options.samples).notation(options.notation).as_on_paper(options.as_on_paper);
    compared.push_back({name, parameter.shape()});
    variables.push_back(J.tape()->handle(J.tape()->find_leaf(parameter.storage().get())));
    for (const ByHand& earlier : options.earlier)
      if (const auto step = earlier.find(name); step != earlier.end())
        context.earlier(step->second);
    for_each_parameter(module, [&](const std::string& other, auto& leaf) {
      const auto values = options.other.find(other);
      if (values != options.other.end()) context.other(*J.tape(), leaf, values->second);
    });
    result.parameters.push_back(
        compare(detail::title_of(name, options.notation), grad[parameter], array->second, context));
  });
  detail::explain_jointly(result, detail::units_of(J, variables, compared, options.samples));
  return result;
}

}  // namespace xtape
