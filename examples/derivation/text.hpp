#pragma once
// The words of a derivation: what a text file of formulas is made of.

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace derivation {

/// A place in the text, counted from 1; columns count characters.
struct Position {
  std::size_t line = 1, column = 1;
};

/// Something that cannot be read. The message names file, line and column, shows the line, and says
/// what was expected.
class FormulaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A text with its name, for messages.
struct Source {
  std::string name;
  std::string text;
  /// @throws FormulaError, always.
  [[noreturn]] void fail(const Position& at, const std::string& message) const;
};

/// A word. Everything that is written in two ways, in ASCII and as on the sheet, has one spelling
/// here: "a~", "sigma", "sum", "'", "-", "*".
struct Token {
  enum class Kind { name, number, sum, sign, end_of_line, end };
  Kind kind;
  std::string text;
  double number = 0;
  Position at;
  bool after_blank = false;  // whether a blank stands before it
};

/// The words of the text: comments are left out, and ends of lines inside of brackets, behind an
/// operator or before one.
/// @throws FormulaError for bytes that are no UTF-8 and for characters that mean nothing.
std::vector<Token> words_of(const Source& source);

/// How a word is called in a message: "'+'", "the end of the line".
std::string named(const Token& token);

}  // namespace derivation
