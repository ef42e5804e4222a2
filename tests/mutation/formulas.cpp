#include "formulas.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <xtape/nn/loss_formulas.hpp>

namespace mutation {
namespace {

using xtape::Symbol;
using xtape::wrt;

// Read in the place of a parameter, then called by its name again.
constexpr double sentinel = 1234.625;

template <class Operation>
Operation with_parameter(double number) {
  if constexpr (std::is_empty_v<Operation>) {
    return {};
  } else {
    static_assert(sizeof(Operation) == sizeof(double));
    return std::bit_cast<Operation>(number);
  }
}

template <class Operation, std::size_t... I>
std::vector<Formula> read(const Operation& operation, std::index_sequence<I...>) {
  constexpr std::size_t n = sizeof...(I);
  const Symbol y(std::string("y")), g(std::string("g"));
  const std::array<Symbol, n> x = {
      Symbol(std::string(1, n == 1 ? 'x' : static_cast<char>('a' + I)))...};
  std::vector<Formula> all = {{"value", xtape::value_of(operation, x[I]...)}};
  if constexpr (!xtape::detail::is_piecewise_constant<Operation>()) {
    const auto one = [&]<std::size_t K>(wrt<K>) {
      const std::string of = std::to_string(K);
      if constexpr (requires { operation.pullback(wrt<K>{}, g, x[I]...); }) {
        all.push_back({"pullback " + of, Symbol(operation.pullback(wrt<K>{}, g, x[I]...))});
      } else {
        all.push_back({"partial " + of, Symbol(xtape::partial_of<K>(operation, y, x[I]...))});
      }
    };
    (one(wrt<I>{}), ...);
  }
  return all;
}

bool is_number(const Symbol& s, double number) {
  return s.kind() == Symbol::Kind::number && s.number() == number;
}

// Numbers that stand for the parameter become its name again. What a formula decides by the
// parameter with C++'s own ?: is seen by reading it with 0 too.
Symbol named(const Symbol& usual, const Symbol& at_zero, const Symbol& parameter) {
  if (usual.kind() == Symbol::Kind::number) {
    std::optional<Symbol> text;
    if (is_number(usual, sentinel)) text = parameter;
    if (is_number(usual, sentinel - 1)) text = Symbol::call("subtract", {parameter, Symbol(1)});
    if (!text) return usual;
    if (equal(folded(substitute(*text, parameter.name(), 0)), at_zero)) return *text;
    return Symbol::call("choice", {Symbol::call("equal", {parameter, Symbol(0)}), at_zero, *text});
  }
  if (usual.kind() != Symbol::Kind::call) return usual;
  if (at_zero.name() != usual.name()) throw std::logic_error("another formula at 0");
  std::vector<Symbol> in;
  for (std::size_t i = 0; i < usual.inputs().size(); ++i)
    in.push_back(named(usual.inputs()[i], at_zero.inputs()[i], parameter));
  return Symbol::call(usual.name(), in);
}

template <class Struct, std::size_t N>
Operation operation(const char* type, const char* parameter) {
  Operation result{type,
                   N,
                   xtape::detail::stores_partial<Struct>(),
                   xtape::detail::is_piecewise_constant<Struct>(),
                   std::is_empty_v<Struct> ? "" : parameter,
                   {}};
  const auto indices = std::make_index_sequence<N>{};
  result.formulas = read(with_parameter<Struct>(sentinel), indices);
  if (!result.parameter.empty()) {
    const auto zero = read(with_parameter<Struct>(0), indices);
    for (std::size_t i = 0; i < zero.size(); ++i)
      result.formulas[i].tree =
          named(result.formulas[i].tree, zero[i].tree, Symbol(result.parameter));
  }
  for (Formula& formula : result.formulas) formula.tree = folded(formula.tree);
  return result;
}

std::optional<double> computed(const std::string& name, const std::vector<double>& x) {
  using R = xtape::Real<long double>;
  const auto a = [&] { return R(x[0]); };
  const auto b = [&] { return R(x[1]); };
  if (name == "add") return x[0] + x[1];
  if (name == "subtract") return x[0] - x[1];
  if (name == "multiply") return x[0] * x[1];
  if (name == "divide") return x[0] / x[1];
  if (name == "negate") return -x[0];
  if (name == "less") return x[0] < x[1] ? 1 : 0;
  if (name == "less_equal") return x[0] <= x[1] ? 1 : 0;
  if (name == "equal") return x[0] == x[1] ? 1 : 0;
  if (name == "both") return x[0] != 0 && x[1] != 0 ? 1 : 0;
  if (name == "either") return x[0] != 0 || x[1] != 0 ? 1 : 0;
  if (name == "not") return x[0] != 0 ? 0 : 1;
#define XTAPE_ELEMENTARY_1(function, Operation) \
  if (name == #function) return static_cast<double>(function(a()).value);
#define XTAPE_ELEMENTARY_2(function, Operation) \
  if (name == #function) return static_cast<double>(function(a(), b()).value);
#define XTAPE_COMPOSED_1(function, Operation) XTAPE_ELEMENTARY_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation) XTAPE_ELEMENTARY_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
  return std::nullopt;
}

}  // namespace

bool equal(const Symbol& a, const Symbol& b) {
  if (a.kind() != b.kind() || a.name() != b.name() || a.inputs().size() != b.inputs().size())
    return false;
  if (a.kind() == Symbol::Kind::number)
    return std::bit_cast<std::uint64_t>(a.number()) == std::bit_cast<std::uint64_t>(b.number());
  for (std::size_t i = 0; i < a.inputs().size(); ++i)
    if (!equal(a.inputs()[i], b.inputs()[i])) return false;
  return true;
}

Symbol substitute(const Symbol& tree, const std::string& name, double number) {
  if (tree.kind() == Symbol::Kind::name && tree.name() == name) return number;
  if (tree.kind() != Symbol::Kind::call) return tree;
  std::vector<Symbol> in;
  for (const Symbol& input : tree.inputs()) in.push_back(substitute(input, name, number));
  return Symbol::call(tree.name(), in);
}

Symbol folded(const Symbol& tree) {
  if (tree.kind() != Symbol::Kind::call) return tree;
  std::vector<Symbol> in;
  std::vector<double> numbers;
  for (const Symbol& input : tree.inputs()) {
    in.push_back(folded(input));
    if (in.back().kind() == Symbol::Kind::number) numbers.push_back(in.back().number());
  }
  const std::string& name = tree.name();
  if ((name == "where" || name == "choice") && in[0].kind() == Symbol::Kind::number)
    return in[0].number() != 0 ? in[1] : in[2];
  if (numbers.size() == in.size())
    if (const auto number = computed(name, numbers)) return *number;
  if ((name == "multiply" || name == "divide") && is_number(in[1], 1)) return in[0];
  if (name == "multiply" && is_number(in[0], 1)) return in[1];
  // A condition that is known.
  if (name == "both" || name == "either")
    for (const std::size_t i : {0U, 1U})
      if (in[i].kind() == Symbol::Kind::number)
        return (in[i].number() != 0) == (name == "both") ? in[1 - i] : in[i];
  return Symbol::call(name, in);
}

std::vector<Operation> operations() {
  std::vector<Operation> all;
#define XTAPE_COMPILED_ONCE(Operation, inputs)         \
  if constexpr (!xtape::Structural<xtape::Operation>)  \
    all.push_back(operation<xtape::Operation, inputs>( \
        #Operation, std::string_view(#Operation) == "PowerOf" ? "exponent" : "bound"));
#include <xtape/autodiff/operations/compiled_once.inc>
#define LOSS(Loss)                                                                            \
  all.push_back(operation<xtape::nn::Loss, 2>(#Loss, ""));                                    \
  all.push_back(operation<xtape::nn::LossSlope<xtape::nn::Loss, 0>, 3>(#Loss "'0", "scale")); \
  all.push_back(operation<xtape::nn::LossSlope<xtape::nn::Loss, 1>, 3>(#Loss "'1", "scale"));
  LOSS(HalfSquaredError)
  LOSS(SquaredError)
  LOSS(LogitCrossEntropy)
#undef LOSS
  return all;
}

}  // namespace mutation
