#pragma once
// One formula by recursive descent.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "formula.hpp"

namespace derivation {

/// An index: a letter, or a number counted from 1.
struct Index {
  std::string letter;  // "" for a number
  std::size_t number = 0;
  Position at;
};

/// What stands left of "=".
struct Left {
  std::string name;
  std::vector<Index> indices;
  Position at;
};

/// A name of the student's own.
struct Defined {
  std::vector<std::string> letters;
  std::vector<std::size_t> extents;
  Part right;
  Position at;
  bool used = false;
};

/// How far a letter runs, and what along.
struct Extent {
  std::size_t size;
  std::string axis;
};

/// Reads formulas from words.
class Parser {
 public:
  Parser(const Source& source, const std::map<std::string, Known>& known,
         std::map<std::string, Defined>& defined)
      : source_(source), words_(words_of(source)), known_(known), defined_(defined) {}

  [[nodiscard]] bool over() const { return words_[next_].kind == Token::Kind::end; }
  /// "dw[k] =". @throws FormulaError, as the others.
  Left left();
  /// What stands right, to the end of the line. `bound` are the letters of the left side, with
  /// their extents where these are known; those that are not known are found and put there.
  Part right(std::map<std::string, std::optional<Extent>>& bound);

 private:
  [[nodiscard]] const Token& word() const { return words_[next_]; }
  [[nodiscard]] bool is(std::string_view sign) const {
    return word().kind == Token::Kind::sign && word().text == sign;
  }
  bool accept(std::string_view sign);
  void expect(std::string_view sign, const std::string& what);
  [[nodiscard]] bool begins_factor() const;

  Part sum_of_terms();
  Part term();
  Part factor();
  Part power();
  Part primary();
  Part name();
  Part function(const Token& name, bool slope);
  Part array(const Token& name, const std::vector<Index>& indices);
  Part own(const Token& name, Defined& defined, const std::vector<Index>& indices);
  Part summed();
  std::vector<Index> indices();
  Index index();
  void bind(const Index& index, const Extent& extent);

  const Source& source_;
  std::vector<Token> words_;
  std::size_t next_ = 0;
  const std::map<std::string, Known>& known_;
  std::map<std::string, Defined>& defined_;
  std::map<std::string, std::optional<Extent>> bound_;
  std::set<std::string> ended_;  // letters of sums that are over in this formula
  std::size_t depth_ = 0;
};

}  // namespace derivation
