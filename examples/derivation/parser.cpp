#include "parser.hpp"

#include <algorithm>
#include <cmath>

#include "expressions.hpp"

namespace derivation {
namespace {

template <class Map>
std::string names_of(const Map& map) {
  std::string text;
  for (const auto& [name, value] : map) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string plural(std::size_t n) {
  return n == 0 ? "no index" : n == 1 ? "one index" : std::to_string(n) + " indices";
}

constexpr std::size_t deepest = 200;

}  // namespace

bool Parser::accept(std::string_view sign) {
  if (!is(sign)) return false;
  ++next_;
  return true;
}

void Parser::expect(std::string_view sign, const std::string& what) {
  if (!accept(sign))
    source_.fail(word().at,
                 "'" + std::string(sign) + "' is expected " + what + ", not " + named(word()));
}

Left Parser::left() {
  Left result;
  result.at = word().at;
  if (word().kind != Token::Kind::name)
    source_.fail(word().at, "a formula begins with what it gives, as in dw[k] = ..., not with " +
                                named(word()));
  result.name = words_[next_++].text;
  // "dJ/dw" and "∂J/∂w" are "dw".
  if (result.name == "dJ" && accept("/")) {
    if (word().kind != Token::Kind::name || !word().text.starts_with("d"))
      source_.fail(word().at, "dJ/ is followed by what J is differentiated for, as in dJ/dw, not " +
                                  named(word()));
    result.name = words_[next_++].text;
  }
  result.indices = indices();
  expect("=", "behind the left side");
  return result;
}

Part Parser::right(std::map<std::string, std::optional<Extent>>& bound) {
  bound_ = bound;
  ended_.clear();
  depth_ = 0;
  Part result = sum_of_terms();
  if (is(")")) source_.fail(word().at, "')' without a '(' before it");
  if (word().kind != Token::Kind::end_of_line)
    source_.fail(word().at,
                 "an operator is expected here, or the end of the line, not " + named(word()));
  ++next_;
  bound = bound_;
  return result;
}

Part Parser::sum_of_terms() {
  if (++depth_ > deepest) source_.fail(word().at, "brackets are nested too deeply");
  Part result = term();
  while (is("+") || is("-")) {
    const char sign = words_[next_++].text[0];
    result = std::make_shared<Binary>(sign, result, term());
  }
  --depth_;
  return result;
}

bool Parser::begins_factor() const {
  return word().kind == Token::Kind::name || word().kind == Token::Kind::number ||
         word().kind == Token::Kind::sum || is("(") || is("½");
}

Part Parser::term() {
  Part result = factor();
  bool divided = false;
  for (;;) {
    if (is("*") || is("/")) {
      const char sign = words_[next_++].text[0];
      divided = sign == '/';
      result = std::make_shared<Binary>(sign, result, factor());
    } else if (begins_factor()) {
      if (divided && !word().after_blank && word().kind != Token::Kind::sum)
        source_.fail(word().at,
                     "this can be read in two ways: write a '*' if it is multiplied, and brackets "
                     "if it belongs to the divisor, as in 1/(2*N)");
      result = std::make_shared<Binary>('*', result, factor());
    } else {
      return result;
    }
  }
}

Part Parser::factor() {
  if (++depth_ > deepest) source_.fail(word().at, "brackets are nested too deeply");
  Part result;
  if (accept("-"))
    result = std::make_shared<Binary>('-', std::make_shared<Constant>(0), factor());
  else if (accept("+"))
    result = factor();
  else
    result = power();
  --depth_;
  return result;
}

Part Parser::power() {
  Part base = primary();
  if (accept("²")) return std::make_shared<Binary>('^', base, std::make_shared<Constant>(2));
  if (accept("^")) return std::make_shared<Binary>('^', base, factor());
  return base;
}

Part Parser::primary() {
  const Token& token = word();
  if (token.kind == Token::Kind::number) {
    ++next_;
    return std::make_shared<Constant>(token.number);
  }
  if (accept("½")) return std::make_shared<Constant>(0.5);
  if (token.kind == Token::Kind::sum) return summed();
  if (token.kind == Token::Kind::name) return name();
  if (accept("(")) {
    const Position at = token.at;
    Part inner = sum_of_terms();
    if (!is(")"))
      source_.fail(word().at,
                   "')' is expected for the '(' of column " + std::to_string(at.column) +
                       (at.line == word().at.line ? "" : " in line " + std::to_string(at.line)) +
                       ", not " + named(word()));
    ++next_;
    return inner;
  }
  source_.fail(token.at, "a number, a name or '(' is expected, not " + named(token));
}

Part Parser::name() {
  const Token token = word();
  ++next_;
  const bool slope = accept("'");
  if (slope && is("'"))
    source_.fail(word().at, "one dash is enough: second derivatives are not known here");
  if (function_named(token.text) != nullptr) return function(token, slope);
  if (slope)
    source_.fail(token.at, token.text + " is no function, so " + token.text + "' is not known");
  const std::vector<Index> at = indices();
  if (const auto own_name = defined_.find(token.text); own_name != defined_.end())
    return own(token, own_name->second, at);
  return array(token, at);
}

Part Parser::function(const Token& name, bool slope) {
  const Function& f = *function_named(name.text);
  const std::string called = name.text + (slope ? "'" : "");
  if (slope && f.slope == nullptr)
    source_.fail(name.at, called + " is not known: write the derivative out");
  if (!is("("))
    source_.fail(word().at,
                 "'(' is expected behind the function " + called + ", not " + named(word()));
  return std::make_shared<Call>(slope ? f.slope : f.value, primary());
}

std::vector<Index> Parser::indices() {
  std::vector<Index> result;
  const bool square = is("[");
  if (square || (is("_") && words_[next_ + 1].text == "{")) {
    next_ += square ? 1 : 2;
    do result.push_back(index());
    while (accept(","));
    expect(square ? "]" : "}", "behind the indices");
    return result;
  }
  while (accept("_")) result.push_back(index());  // "y_i", "x_i_k"
  return result;
}

Index Parser::index() {
  const Token& token = word();
  Index result{"", 0, token.at};
  if (token.kind == Token::Kind::name && token.text.size() == 1) {
    result.letter = token.text;
  } else if (token.kind == Token::Kind::number && token.number >= 1 && token.number <= 1e6 &&
             token.number == std::floor(token.number)) {
    result.number = static_cast<std::size_t>(token.number);
  } else {
    source_.fail(token.at,
                 "an index is expected, a letter or a number counted from 1, not " + named(token));
  }
  ++next_;
  return result;
}

void Parser::bind(const Index& index, const Extent& extent) {
  if (index.letter.empty()) {
    if (index.number > extent.size)
      source_.fail(index.at, "index " + std::to_string(index.number) + " of " +
                                 std::to_string(extent.size) + " " + extent.axis);
    return;
  }
  const auto letter = bound_.find(index.letter);
  if (letter == bound_.end()) {
    const std::string& i = index.letter;
    source_.fail(
        index.at,
        "the index " + i +
            (ended_.contains(i)
                 ? " is not summed over any more: a sum ends with its product, before the "
                   "next + or -. Brackets make it longer: sum_" +
                       i + " (...)"
                 : " is neither on the left side nor summed over: is a sum_" + i + " missing?"));
  }
  if (!letter->second)
    letter->second = extent;
  else if (letter->second->size != extent.size)
    source_.fail(index.at, "the index " + index.letter + " runs over the " +
                               std::to_string(extent.size) + " " + extent.axis +
                               " here, but over the " + std::to_string(letter->second->size) + " " +
                               letter->second->axis + " elsewhere");
}

Part Parser::array(const Token& name, const std::vector<Index>& indices) {
  const auto found = known_.find(name.text);
  if (found == known_.end())
    source_.fail(name.at, "the name " + name.text + " is not known here; there are " +
                              names_of(known_) +
                              " and the functions sigma, sigma', exp, log, sqrt, "
                              "abs, tanh");
  const Known& array = found->second;
  if (indices.size() != array.axes.size()) {
    std::string axes;
    for (const std::string& axis : array.axes) axes += (axes.empty() ? "" : ", then ") + axis;
    source_.fail(name.at, name.text + " has " + plural(array.axes.size()) +
                              (axes.empty() ? "" : " (" + axes + ")") + ", not " +
                              std::to_string(indices.size()));
  }
  for (std::size_t axis = 0; axis < indices.size(); ++axis)
    bind(indices[axis], {array.values.shape()[axis], array.axes[axis]});
  return std::make_shared<Element>(array.values, indices);
}

Part Parser::own(const Token& name, Defined& defined, const std::vector<Index>& indices) {
  defined.used = true;
  if (indices.size() != defined.letters.size())
    source_.fail(name.at, name.text + " was defined with " + plural(defined.letters.size()) +
                              " in line " + std::to_string(defined.at.line) + ", not " +
                              std::to_string(indices.size()));
  for (std::size_t i = 0; i < indices.size(); ++i)
    bind(indices[i], {defined.extents[i], "values of " + defined.letters[i]});
  return std::make_shared<Own>(defined, indices);
}

// A sum reaches to the end of its term.
Part Parser::summed() {
  const Position at = word().at;
  ++next_;
  if (!is("_"))
    source_.fail(word().at, "sum is followed by its index, as in sum_i, not by " + named(word()));
  std::vector<Index> over = indices();
  for (const Index& index : over) {
    if (index.letter.empty()) source_.fail(index.at, "a sum runs over a letter, not over a number");
    if (bound_.contains(index.letter))
      source_.fail(index.at, "the index " + index.letter +
                                 " is in use already: another letter is "
                                 "needed for this sum");
    bound_[index.letter] = std::nullopt;
  }
  if (word().kind == Token::Kind::end_of_line) source_.fail(word().at, "nothing is summed here");
  Part result = term();
  for (std::size_t i = over.size(); i-- > 0;) {
    const std::optional<Extent> extent = bound_.at(over[i].letter);
    if (!extent) source_.fail(at, "nothing behind this sum has the index " + over[i].letter);
    result = std::make_shared<Sum>(over[i].letter, extent->size, result);
    bound_.erase(over[i].letter);
    ended_.insert(over[i].letter);
  }
  return result;
}

}  // namespace derivation
