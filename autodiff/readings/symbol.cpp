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
  std::string_view unicode;
  Strength strength;
};
constexpr std::array infixes = {
    Infix{"both", " && ", R"( \land )", " ∧ ", logical},
    Infix{"either", " || ", R"( \lor )", " ∨ ", logical},
    Infix{"less", " < ", " < ", " < ", comparison},
    Infix{"less_equal", " <= ", R"( \le )", " ≤ ", comparison},
    Infix{"greater", " > ", " > ", " > ", comparison},
    Infix{"greater_equal", " >= ", R"( \ge )", " ≥ ", comparison},
    Infix{"equal", " == ", " = ", " = ", comparison},
    Infix{"add", " + ", " + ", " + ", sum},
    Infix{"subtract", " - ", " - ", " − ", sum},
    Infix{"multiply", " * ", R"( \cdot )", " · ", product},
    Infix{"absorb", " * ", R"( \cdot )", " · ", product},
    Infix{"divide", " / ", "", " / ", product},
};

enum class Style { text, latex, unicode };

std::string_view sign_of(const Infix& infix, Style style) {
  return style == Style::latex ? infix.latex : style == Style::unicode ? infix.unicode : infix.text;
}

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

std::string at_least(const Written& w, Strength strength, Style style) {
  if (w.strength >= strength) return w.text;
  return style == Style::latex ? R"(\left()" + w.text + R"(\right))" : "(" + w.text + ")";
}

Strength one_tighter(Strength s) { return static_cast<Strength>(static_cast<int>(s) + 1); }

Written write(const Symbol& s, Style style);

std::string inputs_text(const Symbol& s, Style style) {
  std::string text;
  for (const Symbol& input : s.inputs())
    text += (text.empty() ? "" : ", ") + write(input, style).text;
  return text;
}

// 0 < x, as which x > 0 is read; it is written as it was.
bool has_bound_first(const Symbol& s) {
  return (s.name() == "less" || s.name() == "less_equal") &&
         s.inputs()[0].kind() == Symbol::Kind::number &&
         s.inputs()[1].kind() != Symbol::Kind::number;
}

// The derivative of a function is named with a dash behind: "tanh'".
bool is_derivative(const std::string& name) { return name.ends_with('\''); }
std::string without_dash(const std::string& name) { return name.substr(0, name.size() - 1); }

std::string latex_head(const std::string& name) {
  if (is_derivative(name)) return latex_head(without_dash(name)) + "'";
  if (name == "sigmoid") return R"(\sigma)";
  if (name == "maximum") return R"(\max)";
  if (name == "minimum") return R"(\min)";
  if (name == "log" || name == "sin" || name == "cos" || name == "tanh" || name == "exp")
    return "\\" + name;
  std::string escaped;
  for (const char c : name) escaped.append(c == '_' ? "\\" : "").append(1, c);
  return R"(\operatorname{)" + escaped + "}";
}

std::string unicode_head(const std::string& name) {
  if (is_derivative(name)) return unicode_head(without_dash(name)) + "′";
  return name == "sigmoid" ? "σ" : name == "maximum" ? "max" : name == "minimum" ? "min" : name;
}

Written write_unicode_call(const Symbol& s) {
  const auto& x = s.inputs();
  const std::string& name = s.name();
  const auto part = [&](std::size_t k) { return write(x[k], Style::unicode); };
  if (name == "sqrt") return {"√" + at_least(part(0), atom, Style::unicode), atom};
  if (name == "abs") return {"|" + part(0).text + "|", atom};
  if (name == "square") return {at_least(part(0), atom, Style::unicode) + "²", power};
  if (name == "pow")
    return {at_least(part(0), atom, Style::unicode) + "^" + at_least(part(1), atom, Style::unicode),
            power};
  if (name == "derivative") return {"∂" + part(0).text + "/∂" + part(1).text, atom};
  if (name == "where")
    return {"{" + part(1).text + " if " + part(0).text + ", " + part(2).text + " otherwise}", atom};
  return {unicode_head(name) + "(" + inputs_text(s, Style::unicode) + ")", atom};
}

Written write_latex_call(const Symbol& s) {
  const auto& x = s.inputs();
  const std::string& name = s.name();
  if (name == "derivative")
    return {R"(\frac{\partial )" + write(x[0], Style::latex).text + R"(}{\partial )" +
                write(x[1], Style::latex).text + "}",
            atom};
  if (name == "divide")
    return {
        R"(\frac{)" + write(x[0], Style::latex).text + "}{" + write(x[1], Style::latex).text + "}",
        power};
  if (name == "exp") return {"e^{" + write(x[0], Style::latex).text + "}", power};
  if (name == "sqrt") return {R"(\sqrt{)" + write(x[0], Style::latex).text + "}", atom};
  if (name == "abs") return {R"(\left|)" + write(x[0], Style::latex).text + R"(\right|)", atom};
  if (name == "square")
    return {at_least(write(x[0], Style::latex), atom, Style::latex) + "^{2}", power};
  if (name == "pow")
    return {at_least(write(x[0], Style::latex), atom, Style::latex) + "^{" +
                write(x[1], Style::latex).text + "}",
            power};
  if (name == "where")
    return {R"(\begin{cases})" + write(x[1], Style::latex).text + " & " +
                write(x[0], Style::latex).text + R"(\\ )" + write(x[2], Style::latex).text +
                R"( & \text{otherwise}\end{cases})",
            atom};
  return {latex_head(name) + R"(\left()" + inputs_text(s, Style::latex) + R"(\right))", atom};
}

Written write(const Symbol& s, Style style) {
  const bool latex = style == Style::latex;
  if (s.kind() == Symbol::Kind::name) return {s.name(), atom};
  if (s.kind() == Symbol::Kind::number)
    return {s.number() < 0 && style == Style::unicode ? "−" + number_text(-s.number())
                                                      : number_text(s.number()),
            s.number() < 0 ? sign : atom};
  if (s.name() == "negate")
    return {
        (style == Style::unicode ? "−" : "-") + at_least(write(s.inputs()[0], style), power, style),
        sign};
  if (s.name() == "not")
    return {(latex                     ? R"(\lnot )"
             : style == Style::unicode ? "¬"
                                       : "!") +
                at_least(write(s.inputs()[0], style), atom, style),
            sign};
  if (has_bound_first(s))
    return write(Symbol::call(s.name() == "less" ? "greater" : "greater_equal",
                              {&s.inputs()[1], &s.inputs()[0]}),
                 style);
  const Infix* infix = infix_of(s);
  if (infix != nullptr && !(latex && infix->latex.empty())) {
    // The right operand binds one tighter: a - (b - c), a / (b * c) keep their brackets. A sign
    // does not follow an operator: a * (-2).
    const Written right = write(s.inputs()[1], style);
    const bool signed_term = right.strength == sign && infix->strength >= sum;
    return {at_least(write(s.inputs()[0], style), infix->strength, style) +
                std::string(sign_of(*infix, style)) +
                at_least(right, signed_term ? power : one_tighter(infix->strength), style),
            infix->strength};
  }
  if (latex) return write_latex_call(s);
  if (style == Style::unicode) return write_unicode_call(s);
  return {s.name() + "(" + inputs_text(s, style) + ")", atom};
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

std::string to_text(const Symbol& expression) { return write(expression, Style::text).text; }
std::string to_latex(const Symbol& expression, bool factor) {
  return at_least(write(expression, Style::latex), factor ? product : choice, Style::latex);
}
std::string to_unicode(const Symbol& expression, bool factor) {
  return at_least(write(expression, Style::unicode), factor ? product : choice, Style::unicode);
}

}  // namespace xtape
