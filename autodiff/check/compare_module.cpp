#include <algorithm>
#include <xtape/autodiff/check/compare_module.hpp>
#include <xtape/autodiff/check/compare_parts.hpp>

namespace xtape {
namespace detail {
namespace {

std::vector<std::uint32_t> on_the_way(const Diagnosis& diagnosis, const Comparison& comparison) {
  std::vector<std::uint32_t> result;
  for (const std::uint32_t r : diagnosis.records)
    if (std::ranges::find(comparison.slopes, r) != comparison.slopes.end()) result.push_back(r);
  return result;
}

// Whether the mistake, made once for the whole module, gives one of the comparison's diagnoses, or
// leaves it right.
bool explains(const Diagnosis& mistake, const Comparison& comparison) {
  const std::vector<std::uint32_t> records = on_the_way(mistake, comparison);
  const bool in_term = std::ranges::find(comparison.terms, mistake.term) != comparison.terms.end();
  // A gradient that has no other term than the missing one is missing as a whole.
  if (in_term && comparison.terms.size() == 1 && mistake.has(Mistake::missing_term))
    return std::ranges::all_of(comparison.elements,
                               [](const ComparedElement& e) { return e.by_hand == 0; });
  if (comparison.diagnoses.empty())  // an array that differs without one is explained by none
    return comparison.verdict() != Verdict::fail && (mistake.records.empty() || records.empty()) &&
           !in_term;
  Diagnosis here = mistake;
  here.records = records;
  // A gradient that has no other term is the term's part.
  if (in_term && comparison.terms.size() == 1) {
    here.term = no_index;
    std::ranges::replace(here.mistakes, Mistake::term_factor, Mistake::factor);
  }
  // (What is an axis or a number is transposed without a trace.)
  if (comparison.autodiff_shape.rank() < 2 || comparison.elements.size() == 1)
    std::erase(here.mistakes, Mistake::transposed);
  return std::ranges::any_of(comparison.diagnoses,
                             [&](const Diagnosis& d) { return d.same_as(here); });
}

// "the array is transposed", and how its shape shows it, as is said of all.
std::string of_all(const std::string& text) {
  static const std::string between = "; beside that, ";
  std::string result;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find(between, from), text.size());
    const std::string part = text.substr(from, end - from);
    result += (result.empty() ? "" : between) +
              (part.find("the array is transposed") == std::string::npos
                   ? part
                   : "the arrays are transposed: rows stand for columns");
    from = end == text.size() ? end + 1 : end + between.size();
  }
  return result;
}

std::vector<std::string> names_of_wrong(const ModuleComparison& all) {
  std::vector<std::string> names;
  for (const Comparison& c : all.parameters)
    if (c.verdict() == Verdict::fail || !c.diagnoses.empty()) names.push_back(c.name);
  return names;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

void require_names(const std::vector<NamedLeaf>& leaves, const ByHand& by_hand, const char* what) {
  for (const auto& [name, array] : by_hand) {
    if (std::ranges::any_of(
            leaves, [&, &wanted = name](const NamedLeaf& leaf) { return leaf.name == wanted; }))
      continue;
    std::string known;
    for (const NamedLeaf& leaf : leaves)
      known += (known.empty() ? "" : ", ") + leaf.name + " " + to_string(leaf.shape);
    throw Error("compare: " + std::string(what) + " there is " + name +
                ", which is no parameter of the module; it has " + known);
  }
}

std::string title_of(const std::string& name, const Notation& notation) {
  const auto known = notation.find(name);
  return "∂J/∂" + (known == notation.end() ? name : known->second.text);
}

void explain_jointly(ModuleComparison& all, const Units& units) {
  // Where autodiff is at fault no derivation is.
  if (std::ranges::any_of(all.parameters, [](const Comparison& c) { return !c.doubt.empty(); })) {
    for (Comparison& c : all.parameters) c.diagnoses.clear();
    return;
  }
  if (names_of_wrong(all).size() < 2) return;
  for (const Comparison& from : all.parameters)
    for (const Diagnosis& candidate : from.diagnoses)
      // (An order of its own is one for each array, if it is not that of the units.)
      if (!candidate.has(Mistake::permuted) &&
          std::ranges::all_of(all.parameters,
                              [&](const Comparison& c) { return explains(candidate, c); }) &&
          std::ranges::none_of(all.joint,
                               [&](const Diagnosis& d) { return d.same_as(candidate); })) {
        all.joint.push_back(candidate);
        all.joint.back().text = of_all(candidate.text);
      }
  for (const Diagnosis& each : renumbered(all.parameters, units, all.joint.empty()))
    all.joint.push_back(each);
  all.tells_apart = what_tells_apart(all.joint);
}

}  // namespace detail

Verdict ModuleComparison::verdict() const {
  Verdict verdict = missing.empty() ? Verdict::pass : Verdict::inconclusive;
  for (const Comparison& c : parameters) verdict = both(verdict, c.verdict());
  return verdict;
}

std::string ModuleComparison::text(const CompareTextOptions& options) const {
  std::string text;
  for (Comparison c : parameters) {
    if (!joint.empty()) {  // is said once, for all
      c.diagnoses.clear();
      c.tells_apart.clear();
    }
    text += c.text(options) + "\n";
  }
  for (const std::string& name : missing)
    text += name + ": INCONCLUSIVE, there is no gradient by hand\n\n";
  const std::vector<std::string> wrong = detail::names_of_wrong(*this);
  if (!joint.empty()) {
    text += wrong.size() == parameters.size()
                ? "One mistake explains all gradients:\n"
                : "One mistake explains those that differ, " + detail::list(wrong) + ":\n";
    text += detail::reasons(joint, tells_apart);
  } else if (wrong.size() > 1 &&
             std::ranges::all_of(parameters, [](const Comparison& c) { return c.doubt.empty(); })) {
    text += "No single mistake explains all that differ.\n";
  }
  const std::size_t right = static_cast<std::size_t>(
      std::ranges::count_if(parameters, [](const Comparison& c) { return c.passed(); }));
  text += std::string(to_string(verdict())) + ": " + std::to_string(right) + " of " +
          std::to_string(parameters.size() + missing.size()) + " gradients agree with autodiff\n";
  return text;
}

}  // namespace xtape
