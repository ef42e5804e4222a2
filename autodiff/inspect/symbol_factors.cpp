#include <utility>
#include <xtape/autodiff/inspect/symbol_factors.hpp>

namespace xtape::detail {
namespace {

bool is_number(const Symbol& s) { return s.kind() == Symbol::Kind::number; }

bool is_call(const Symbol& s, const char* name) {
  return s.kind() == Symbol::Kind::call && s.name() == name;
}

void collect(const Symbol& s, const EntryWriter& entries, std::vector<Symbol>& factors) {
  if (is_number(s)) {
    if (s.number() != 1) factors.push_back(s);
  } else if (is_call(s, "multiply") || is_call(s, "absorb")) {
    collect(s.inputs()[0], entries, factors);
    collect(s.inputs()[1], entries, factors);
  } else if (is_call(s, "negate")) {
    factors.emplace_back(-1);
    collect(s.inputs()[0], entries, factors);
  } else if (is_call(s, "divide") && is_number(s.inputs()[1])) {
    factors.emplace_back(1 / s.inputs()[1].number());
    collect(s.inputs()[0], entries, factors);
  } else if (is_call(s, "divide") && entries.as_count(s.inputs()[1]) &&
             !inverse_count(s, entries)) {
    factors.push_back(Symbol(1) / s.inputs()[1]);
    collect(s.inputs()[0], entries, factors);
  } else {
    factors.push_back(s);
  }
}

}  // namespace

Symbol replaced(const Symbol& expression, const std::map<std::string, Symbol>& names) {
  if (expression.kind() == Symbol::Kind::name) {
    const auto other = names.find(expression.name());
    return other == names.end() ? expression : other->second;
  }
  if (expression.kind() != Symbol::Kind::call) return expression;
  std::vector<Symbol> inputs;
  for (const Symbol& input : expression.inputs()) inputs.push_back(replaced(input, names));
  return Symbol::call(expression.name(), std::move(inputs));
}

std::size_t calls_in(const Symbol& expression) {
  if (expression.kind() != Symbol::Kind::call) return 0;
  std::size_t count = 1;
  for (const Symbol& input : expression.inputs()) count += calls_in(input);
  return count;
}

std::vector<Symbol> factors_of(const Symbol& expression, const EntryWriter& entries) {
  std::vector<Symbol> factors;
  collect(expression, entries, factors);
  return factors;
}

std::optional<std::size_t> inverse_count(const Symbol& factor, const EntryWriter& entries) {
  if (!is_call(factor, "divide") || !is_number(factor.inputs()[0]) ||
      factor.inputs()[0].number() != 1)
    return {};
  return entries.as_count(factor.inputs()[1]);
}

}  // namespace xtape::detail
