#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <locale>
#include <sstream>

namespace derivation {
namespace {

// One character as UTF-8, or "" where the bytes are none.
std::string_view character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t size = first < 0x80                    ? 1
                           : first >= 0xC2 && first < 0xE0 ? 2
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xF0 && first < 0xF5 ? 4
                                                           : 0;
  if (size == 0 || at + size > text.size()) return {};
  for (std::size_t i = at + 1; i < at + size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return {};
  if (first == 0xE0 && byte(at + 1) < 0xA0) return {};  // longer than needed
  if (first == 0xF0 && byte(at + 1) < 0x90) return {};
  return text.substr(at, size);
}

struct Spelling {
  std::string_view sheet, plain;
};
// A character of the sheet and what it stands for.
constexpr std::array spellings = {Spelling{"−", "-"},  Spelling{"–", "-"},  Spelling{"·", "*"},
                                  Spelling{"⋅", "*"},  Spelling{"×", "*"},  Spelling{"′", "'"},
                                  Spelling{"’", "'"},  Spelling{"²", "²"},  Spelling{"½", "½"},
                                  Spelling{"ᵢ", "_i"}, Spelling{"ⱼ", "_j"}, Spelling{"ₖ", "_k"},
                                  Spelling{"₁", "_1"}, Spelling{"₂", "_2"}, Spelling{"₃", "_3"},
                                  Spelling{"₄", "_4"}, Spelling{"₅", "_5"}, Spelling{"₆", "_6"},
                                  Spelling{"₇", "_7"}, Spelling{"₈", "_8"}, Spelling{"₉", "_9"}};
constexpr std::string_view signs = "+-*/^()[]{},='_²½";
constexpr std::string_view combining_tilde = "\xCC\x83";

bool is_letter(std::string_view c) {
  return c.size() > 1 || (c[0] >= 'a' && c[0] <= 'z') || (c[0] >= 'A' && c[0] <= 'Z');
}
bool is_digit(std::string_view c) { return c.size() == 1 && c[0] >= '0' && c[0] <= '9'; }

class Reader {
 public:
  explicit Reader(const Source& source) : source_(source) {
    if (source.text.starts_with("\xEF\xBB\xBF")) next_ = 3;  // a byte-order mark
  }

  std::vector<Token> run() {
    while (next_ < source_.text.size()) step();
    add(Token::Kind::end_of_line, "", position_);
    add(Token::Kind::end, "", position_);
    return join_lines();
  }

 private:
  [[nodiscard]] std::string_view peek() const {
    if (next_ >= source_.text.size()) return {};
    const std::string_view c = character_at(source_.text, next_);
    if (c.empty()) {
      std::ostringstream byte;
      byte << std::hex << std::uppercase
           << static_cast<unsigned>(static_cast<unsigned char>(source_.text[next_]));
      source_.fail(position_, "the byte 0x" + byte.str() + " is no UTF-8: save the file as UTF-8");
    }
    return c;
  }
  std::string_view take() {
    const std::string_view c = peek();
    next_ += c.size();
    if (c != combining_tilde) ++position_.column;
    return c;
  }
  void add(Token::Kind kind, std::string text, const Position& at, double number = 0) {
    words_.push_back({kind, std::move(text), number, at, blank_});
    blank_ = false;
  }

  void step() {
    const Position at = position_;
    const std::string_view c = peek();
    if (c == "\n") {
      take();
      add(Token::Kind::end_of_line, "", at);
      ++position_.line;
      position_.column = 1;
    } else if (c == "#") {
      while (!peek().empty() && peek() != "\n") take();
    } else if (c == " " || c == "\t" || c == "\r" || c == "\xC2\xA0") {
      take();
      blank_ = true;
    } else if (is_digit(c) || c == ".") {
      number(at);
    } else if (sign(at)) {
    } else if (is_letter(c)) {
      name(at);
    } else {
      source_.fail(at, "'" + std::string(c) + "' means nothing in a formula");
    }
  }

  bool sign(const Position& at) {
    const std::string_view c = peek();
    const auto* const spelling =
        std::ranges::find_if(spellings, [&](const Spelling& s) { return s.sheet == c; });
    if (spelling == spellings.end() && (c.size() > 1 || signs.find(c) == std::string_view::npos))
      return false;
    take();
    if (spelling != spellings.end() && spelling->plain[0] == '_') {  // "ᵢ" is "_i"
      add(Token::Kind::sign, "_", at);
      const std::string index(spelling->plain.substr(1));
      const bool letter = is_letter(index);
      add(letter ? Token::Kind::name : Token::Kind::number, index, at, letter ? 0 : index[0] - '0');
    } else {
      add(Token::Kind::sign, std::string(spelling != spellings.end() ? spelling->plain : c), at);
    }
    return true;
  }

  void number(const Position& at) {
    std::string text;
    while (is_digit(peek()) || peek() == ".") text += take();
    const std::string_view e = peek();
    const std::size_t behind = next_ + 1;
    const auto digit = [&](std::size_t i) {
      return i < source_.text.size() && source_.text[i] >= '0' && source_.text[i] <= '9';
    };
    const bool sign = behind < source_.text.size() &&
                      (source_.text[behind] == '-' || source_.text[behind] == '+');
    if ((e == "e" || e == "E") && (digit(behind) || (sign && digit(behind + 1)))) {
      text += take();
      text += take();
      while (is_digit(peek())) text += take();
    }
    std::istringstream stream(text);
    stream.imbue(std::locale::classic());
    double value = 0;
    stream >> value;
    if (stream.fail() || !stream.eof()) source_.fail(at, "'" + text + "' is no number");
    add(Token::Kind::number, text, at, value);
  }

  // Letters; a tilde above or behind the last one belongs to it.
  void name(const Position& at) {
    std::string text;
    while (!peek().empty() && (is_letter(peek()) || (!text.empty() && is_digit(peek())))) {
      const bool is_sign =
          std::ranges::any_of(spellings, [&](const Spelling& s) { return s.sheet == peek(); });
      if (is_sign) break;
      if (peek() == combining_tilde) {
        take();
        text += "~";
        continue;
      }
      const std::string_view c = take();
      if (c == "ã")
        text += "a~";
      else if (c == "∂")
        text += "d";
      else
        text += c;
      // "Σ" is no beginning of a longer word.
      if (c == "Σ" || c == "∑") break;
    }
    if (peek() == "~" || peek() == "˜") {
      take();
      text += "~";
    }
    if (text == "Σ" || text == "∑" || text == "sum" || text == "Sum")
      return add(Token::Kind::sum, "sum", at);
    if (text == "σ" || text == "s" || text == "sigmoid") text = "sigma";
    add(Token::Kind::name, text, at);
  }

  // A line goes on where it cannot be over.
  [[nodiscard]] std::vector<Token> join_lines() const {
    std::vector<Token> result;
    int depth = 0;
    const auto operates = [](const Token& token) {
      return token.kind == Token::Kind::sign && token.text.size() == 1 &&
             std::string_view("+-*/^=").find(token.text) != std::string_view::npos;
    };
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const Token& word = words_[i];
      if (word.kind == Token::Kind::sign && (word.text == "(" || word.text == "[")) ++depth;
      if (word.kind == Token::Kind::sign && (word.text == ")" || word.text == "]")) --depth;
      if (word.kind == Token::Kind::end_of_line) {
        std::size_t next = i;
        while (words_[next].kind == Token::Kind::end_of_line) ++next;
        // (A line with "=" is a new formula, also where a bracket is missing before it.)
        std::size_t last = next;
        const auto equals = [&](std::size_t at) {
          return words_[at].kind == Token::Kind::sign && words_[at].text == "=";
        };
        while (last < words_.size() && words_[last].kind != Token::Kind::end_of_line &&
               !equals(last))
          ++last;
        const bool begins = last < words_.size() && equals(last) && last != next;
        const bool over = words_[next].kind == Token::Kind::end;
        const bool unfinished = !result.empty() && operates(result.back());
        const bool goes_on = !begins && (unfinished || operates(words_[next]) || depth > 0);
        if (goes_on && !over) continue;
        depth = 0;
        if (result.empty() || result.back().kind == Token::Kind::end_of_line) continue;
      }
      result.push_back(word);
    }
    return result;
  }

  const Source& source_;
  std::size_t next_ = 0;
  Position position_;
  bool blank_ = false;
  std::vector<Token> words_;
};

}  // namespace

void Source::fail(const Position& at, const std::string& message) const {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t i = 0; i < at.line; ++i)
    if (!std::getline(lines, line)) line.clear();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::string shown;  // what is no UTF-8 would spoil the terminal
  for (std::size_t i = 0; i < line.size();) {
    const std::string_view c = character_at(line, i);
    shown += c.empty() ? "?" : std::string(c);
    i += std::max<std::size_t>(c.size(), 1);
  }
  throw FormulaError(name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                     message + "\n  " + shown + "\n  " + std::string(at.column - 1, ' ') + "^");
}

std::vector<Token> words_of(const Source& source) { return Reader(source).run(); }

std::string named(const Token& token) {
  if (token.kind == Token::Kind::end_of_line || token.kind == Token::Kind::end)
    return "the end of the line";
  return "'" + token.text + "'";
}

}  // namespace derivation
