#pragma once
// The reading of formulas as expression trees, for showing them and for making mutants of them.

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/autodiff/readings/vocabulary.hpp>

namespace xtape {

/// A node of an expression tree: a name, a number, or an operation applied to expressions.
class Symbol : public LiftingVocabulary<Symbol> {
 public:
  enum class Kind { name, number, call };
  struct Mask;

  explicit Symbol(std::string name);
  template <PlainNumber A>
  Symbol(A number) : Symbol(Number{static_cast<double>(number)}) {}
  /// An operation, by its name in the vocabulary, applied to its inputs.
  static Symbol call(std::string operation, std::vector<Symbol> inputs);
  static Symbol call(std::string_view operation, std::initializer_list<const Symbol*> inputs);
  // Not inline: every operation has formulas to show, and these would be most of their code.
  Symbol(const Symbol& other);
  Symbol(Symbol&& other) noexcept;
  Symbol& operator=(const Symbol& other);
  Symbol& operator=(Symbol&& other) noexcept;
  ~Symbol();

  [[nodiscard]] Kind kind() const { return node_->kind; }
  /// The name, or the operation's name.
  [[nodiscard]] const std::string& name() const { return node_->name; }
  [[nodiscard]] double number() const { return node_->number; }
  [[nodiscard]] const std::vector<Symbol>& inputs() const { return node_->inputs; }

  template <class Operation, class... X>
  static Symbol lift(const Operation&, const X&... x) {
    return call(Operation::name, {&x...});
  }
  template <class Operation, class... X>
  static Symbol compose(const Operation&, const X&... x) {
    return call(Operation::name, {&x...});
  }

 private:
  struct Number {
    double value;
  };
  explicit Symbol(Number number);
  struct Node {
    Kind kind;
    std::string name;
    double number;
    std::vector<Symbol> inputs;
  };
  Symbol(Kind kind, std::string name, double number, std::vector<Symbol> inputs);

  std::shared_ptr<const Node> node_;
};

/// A condition of `select` in the tree.
struct Symbol::Mask {
  Symbol condition;
  friend Mask operator&&(const Mask& a, const Mask& b) {
    return {call("both", {&a.condition, &b.condition})};
  }
  friend Mask operator||(const Mask& a, const Mask& b) {
    return {call("either", {&a.condition, &b.condition})};
  }
  friend Mask operator!(const Mask& a) { return {call("not", {&a.condition})}; }
  friend Symbol select(const Mask& where, const Symbol& a, const Symbol& b) {
    return call("where", {&where.condition, &a, &b});
  }
};

inline Symbol::Mask operator<(const Symbol& a, const Symbol& b) {
  return {Symbol::call("less", {&a, &b})};
}
inline Symbol::Mask operator>(const Symbol& a, const Symbol& b) {
  return {Symbol::call("less", {&b, &a})};
}
inline Symbol::Mask operator<=(const Symbol& a, const Symbol& b) {
  return {Symbol::call("less_equal", {&a, &b})};
}
inline Symbol::Mask operator>=(const Symbol& a, const Symbol& b) {
  return {Symbol::call("less_equal", {&b, &a})};
}
inline Symbol::Mask operator==(const Symbol& a, const Symbol& b) {
  return {Symbol::call("equal", {&a, &b})};
}
inline Symbol::Mask operator!=(const Symbol& a, const Symbol& b) { return !(a == b); }

/// The expression as text: "1 / (1 + exp(-x))".
std::string to_text(const Symbol& expression);
/// The expression in LaTeX: "\frac{1}{1 + e^{-x}}"; as a factor, a sum is put in brackets.
std::string to_latex(const Symbol& expression, bool factor = false);
/// The expression as on a sheet of paper: "σ(x) · (1 − σ(x))".
std::string to_unicode(const Symbol& expression, bool factor = false);

}  // namespace xtape
