#include <xtape/autodiff/readings/symbol.hpp>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace xtape {
namespace {

// Binding strength, loosest first; an operand of weaker binding is put in brackets.
enum Strength { choice, logical, comparison, sum, product, sign, power, atom };

struct Infix {
  std::string_view operation;
  std::string_view text;
  std::string_view latex;
  Strength strength;
};
constexpr std::array infixes = {
    Infix{"both", " && ", R"( \land )", logical},
    Infix{"either", " || ", R"( \lor )", logical},
    Infix{"less", " < ", " < ", comparison},
    Infix{"less_equal", " <= ", R"( \le )", comparison},
    Infix{"equal", " == ", " = ", comparison},
    Infix{"add", " + ", " + ", sum},
    Infix{"subtract", " - ", " - ", sum},
    Infix{"multiply", " * ", R"( \cdot )", product},
    Infix{"absorb", " * ", R"( \cdot )", product},
    Infix{"divide", " / ", "", product},
};

const Infix* infix_of(const Symbol& s) {
  for (const Infix& infix : infixes)
    if (s.kind() == Symbol::Kind::call && infix.operation == s.name()) return &infix;
  return nullptr;
}

std::string number_text(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

struct Written {
  std::string text;
  Strength strength;
};

std::string at_least(const Written& w, Strength strength, bool latex) {
  if (w.strength >= strength) return w.text;
  return latex ? R"(\left()" + w.text + R"(\right))" : "(" + w.text + ")";
}

Strength one_tighter(Strength s) { return static_cast<Strength>(static_cast<int>(s) + 1); }

Written write(const Symbol& s, bool latex);

std::string inputs_text(const Symbol& s, bool latex) {
  std::string text;
  for (const Symbol& input : s.inputs())
    text += (text.empty() ? "" : ", ") + write(input, latex).text;
  return text;
}

Written write_latex_call(const Symbol& s) {
  const auto& x = s.inputs();
  const std::string& name = s.name();
  if (name == "divide")
    return {R"(\frac{)" + write(x[0], true).text + "}{" + write(x[1], true).text + "}", power};
  if (name == "exp") return {"e^{" + write(x[0], true).text + "}", power};
  if (name == "sqrt") return {R"(\sqrt{)" + write(x[0], true).text + "}", atom};
  if (name == "abs") return {R"(\left|)" + write(x[0], true).text + R"(\right|)", atom};
  if (name == "square") return {at_least(write(x[0], true), atom, true) + "^{2}", power};
  if (name == "pow")
    return {at_least(write(x[0], true), atom, true) + "^{" + write(x[1], true).text + "}", power};
  if (name == "where")
    return {R"(\begin{cases})" + write(x[1], true).text + " & " + write(x[0], true).text +
                R"(\\ )" + write(x[2], true).text + R"( & \text{otherwise}\end{cases})",
            atom};
  const std::string head = name == "sigmoid"   ? R"(\sigma)"
                           : name == "maximum" ? R"(\max)"
                           : name == "minimum" ? R"(\min)"
                           : name == "log" || name == "sin" || name == "cos" || name == "tanh"
                               ? "\\" + name
                               : R"(\operatorname{)" + name + "}";
  return {head + R"(\left()" + inputs_text(s, true) + R"(\right))", atom};
}

Written write(const Symbol& s, bool latex) {
  if (s.kind() == Symbol::Kind::name) return {s.name(), atom};
  if (s.kind() == Symbol::Kind::number)
    return {number_text(s.number()), s.number() < 0 ? sign : atom};
  if (s.name() == "negate")
    return {"-" + at_least(write(s.inputs()[0], latex), power, latex), sign};
  if (s.name() == "not")
    return {(latex ? R"(\lnot )" : "!") + at_least(write(s.inputs()[0], latex), atom, latex), sign};
  const Infix* infix = infix_of(s);
  if (infix != nullptr && !(latex && infix->latex.empty())) {
    // The right operand binds one tighter: a - (b - c), a / (b * c) keep their brackets. A sign
    // does not follow an operator: a * (-2).
    const Written right = write(s.inputs()[1], latex);
    const bool signed_term = right.strength == sign && infix->strength >= sum;
    return {at_least(write(s.inputs()[0], latex), infix->strength, latex) +
                std::string(latex ? infix->latex : infix->text) +
                at_least(right, signed_term ? power : one_tighter(infix->strength), latex),
            infix->strength};
  }
  if (latex) return write_latex_call(s);
  return {s.name() + "(" + inputs_text(s, false) + ")", atom};
}

}  // namespace

Symbol::Symbol(std::string name) : Symbol(Kind::name, std::move(name), 0, {}) {}
Symbol::Symbol(Kind kind, std::string name, double number, std::vector<Symbol> inputs)
    : node_(std::make_shared<const Node>(Node{kind, std::move(name), number, std::move(inputs)})) {}
Symbol::Symbol(Number number) : Symbol(Kind::number, "", number.value, {}) {}
Symbol::Symbol(const Symbol& other) = default;
Symbol::Symbol(Symbol&& other) noexcept = default;
Symbol& Symbol::operator=(const Symbol& other) = default;
Symbol& Symbol::operator=(Symbol&& other) noexcept = default;
Symbol::~Symbol() = default;

Symbol Symbol::call(std::string_view operation, std::initializer_list<const Symbol*> inputs) {
  std::vector<Symbol> copies;
  copies.reserve(inputs.size());
  for (const Symbol* const input : inputs) copies.push_back(*input);
  return call(std::string(operation), std::move(copies));
}
Symbol Symbol::call(std::string operation, std::vector<Symbol> inputs) {
  return {Kind::call, std::move(operation), 0, std::move(inputs)};
}

std::string to_text(const Symbol& expression) { return write(expression, false).text; }
std::string to_latex(const Symbol& expression) { return write(expression, true).text; }

}  // namespace xtape
