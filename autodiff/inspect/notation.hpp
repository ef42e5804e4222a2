#pragma once
// The names of arrays in formulas.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace xtape {

/// How a name is written in a formula: as text, and in LaTeX. Where LaTeX is not given it is made
/// of the text: Greek letters, and a tilde, hat or bar over a letter, become commands; a word is
/// set upright.
struct Symbolic {
  std::string text, latex;
  Symbolic() = default;
  Symbolic(const char* as_text) : Symbolic(std::string(as_text)) {}
  Symbolic(const std::string& as_text);
  Symbolic(std::string as_text, std::string as_latex)
      : text(std::move(as_text)), latex(std::move(as_latex)) {}
};

/// Symbols for recorded names: {{"hidden.weight", "W̃"}, {"hidden.linear", "ã"}}. An array without a
/// name is meant by its scope and operation, "hidden.linear", where one array is made so, and by
/// its label in tables, "%4".
using Notation = std::map<std::string, Symbolic>;

namespace detail {

/// Text in LaTeX's mathematics, ASCII only.
std::string math_latex(std::string_view text);
/// Text in LaTeX outside of mathematics: what it takes for a command is escaped.
std::string plain_latex(std::string_view text);
/// A name with indices: "a", "aᵢ", "w₁", "x_{i,1}".
std::string with_indices(const std::string& name, const std::vector<std::string>& indices);
std::string with_latex_indices(const std::string& name, const std::vector<std::string>& indices);
/// Σ with the letters it runs over: "Σᵢ", "Σ_{i,j}".
inline std::string sum_sign(const std::vector<std::string>& letters) {
  return with_indices("Σ", letters);
}
/// A number in LaTeX: "-1.2 \cdot 10^{-5}".
std::string number_latex(std::string_view number);

}  // namespace detail
}  // namespace xtape
