#include "mutator.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace mutation {
namespace {

using xtape::Symbol;

// Functions that are taken for one another.
constexpr std::array<std::array<std::string_view, 2>, 14> kin = {{{"exp", "expm1"},
                                                                  {"log", "log1p"},
                                                                  {"exp", "log"},
                                                                  {"expm1", "log1p"},
                                                                  {"sin", "cos"},
                                                                  {"tanh", "sigmoid"},
                                                                  {"tanh", "sin"},
                                                                  {"sigmoid", "softplus"},
                                                                  {"sqrt", "square"},
                                                                  {"relu", "softplus"},
                                                                  {"relu", "abs"},
                                                                  {"maximum", "minimum"},
                                                                  {"pow", "multiply"},
                                                                  {"absorb", "multiply"}}};
constexpr std::array<std::string_view, 4> arithmetic = {"add", "subtract", "multiply", "divide"};

bool is_condition(const Symbol& s) {
  for (const std::string_view name : {"less", "less_equal", "equal", "both", "either", "not"})
    if (s.kind() == Symbol::Kind::call && s.name() == name) return true;
  return false;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& names, const std::string& parameter)
      : names_(names), parameter_(parameter) {}

  /// The mutants of one node, without those of its inputs.
  std::vector<Mutant> here(const Symbol& s) {
    found_.clear();
    switch (s.kind()) {
      case Symbol::Kind::name:
        of_name(s);
        break;
      case Symbol::Kind::number:
        of_number(s);
        break;
      case Symbol::Kind::call:
        is_condition(s) ? of_condition(s) : of_call(s);
        break;
    }
    return std::move(found_);
  }

 private:
  void add(Change change, Symbol tree) { found_.push_back({change, std::move(tree)}); }
  static Symbol renamed(const Symbol& s, std::string_view name) {
    return Symbol::call(std::string(name), s.inputs());
  }

  void of_name(const Symbol& s) {
    if (s.name() != parameter_)
      for (const std::string& name : names_)
        if (name != s.name()) add(Change::operand, Symbol(name));
    add(Change::operand, 0);
    add(Change::operand, 1);
    add(Change::sign, Symbol::call("negate", {s}));
  }
  void of_number(const Symbol& s) {
    const double c = s.number();
    for (const double other : {c + 1, c - 1, c * 2, c / 2, 0.0})
      if (other != c) add(Change::constant, other);
    if (c != 0) add(Change::sign, -c);
  }
  void of_condition(const Symbol& s) {
    const auto& in = s.inputs();
    const std::string& name = s.name();
    if (name == "not") return add(Change::condition, in[0]);
    add(Change::condition, Symbol::call("not", {s}));
    if (name == "both" || name == "either") {
      add(Change::operation, renamed(s, name == "both" ? "either" : "both"));
      add(Change::term, in[0]);
      add(Change::term, in[1]);
      return;
    }
    for (const std::string_view other : {"less", "less_equal", "equal"})
      if (other != name) add(Change::condition, renamed(s, other));
    if (name != "equal") add(Change::condition, Symbol::call(name, {in[1], in[0]}));
  }
  void of_call(const Symbol& s) {
    const auto& in = s.inputs();
    const std::string& name = s.name();
    if (name == "where" || name == "choice") {
      add(Change::condition, Symbol::call(name, {in[0], in[2], in[1]}));
      add(Change::term, in[1]);
      add(Change::term, in[2]);
    } else if (in.size() == 2) {
      for (const std::string_view other : arithmetic)
        if (other != name && is_arithmetic(name)) add(Change::operation, renamed(s, other));
      if (name == "subtract" || name == "divide" || name == "pow" || name == "absorb")
        add(Change::operand, Symbol::call(name, {in[1], in[0]}));
      add(Change::term, in[0]);
      add(Change::term, in[1]);
    } else {
      add(Change::term, in[0]);  // also a sign that is dropped
    }
    for (const auto& [one, other] : kin) {
      if (name == one) add(Change::operation, renamed(s, other));
      if (name == other && !is_arithmetic(name)) add(Change::operation, renamed(s, one));
    }
    if (name != "negate") add(Change::sign, Symbol::call("negate", {s}));
  }
  static bool is_arithmetic(std::string_view name) {
    return std::find(arithmetic.begin(), arithmetic.end(), name) != arithmetic.end();
  }

  const std::vector<std::string>& names_;
  const std::string& parameter_;
  std::vector<Mutant> found_;
};

// One node after the other; the rest of the tree stays.
std::vector<Mutant> everywhere(const Symbol& s, Mutator& mutator) {
  std::vector<Mutant> all = mutator.here(s);
  for (std::size_t i = 0; s.kind() == Symbol::Kind::call && i < s.inputs().size(); ++i)
    for (const Mutant& below : everywhere(s.inputs()[i], mutator)) {
      std::vector<Symbol> in = s.inputs();
      in[i] = below.tree;
      all.push_back({below.change, Symbol::call(s.name(), in)});
    }
  return all;
}

}  // namespace

const char* text_of(Change change) {
  switch (change) {
    case Change::operation:
      return "operation";
    case Change::operand:
      return "operand";
    case Change::sign:
      return "sign";
    case Change::constant:
      return "constant";
    case Change::term:
      return "term";
    case Change::condition:
      return "condition";
  }
  return "";
}

std::vector<Mutant> mutants(const Symbol& formula, const std::vector<std::string>& names,
                            const std::string& parameter) {
  Mutator mutator(names, parameter);
  std::vector<Mutant> all;
  for (Mutant& mutant : everywhere(formula, mutator)) {
    mutant.tree = folded(mutant.tree);
    bool known = equal(mutant.tree, formula);
    for (const Mutant& other : all) known = known || equal(other.tree, mutant.tree);
    if (!known) all.push_back(std::move(mutant));
  }
  return all;
}

}  // namespace mutation
