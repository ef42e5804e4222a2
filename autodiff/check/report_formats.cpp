// The report for programs: JSON and JUnit's XML.

#include <array>
#include <cmath>
#include <string_view>
#include <xtape/autodiff/check/report.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

// The text as UTF-8: bytes that are none become the character for what cannot be shown, and so do
// the two characters that XML has no place for.
std::string as_utf8(std::string_view text) {
  static constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) -> unsigned {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
    };
    const unsigned first = at(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    bool good = length > 0;
    unsigned code = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t k = 1; k < length && good; ++k) {
      good = (at(k) & 0xC0U) == 0x80U;
      code = code << 6U | (at(k) & 0x3FU);
    }
    constexpr std::array<unsigned, 5> least{0, 0, 0x80, 0x800, 0x10000};
    good = good && code >= least[length] && code < 0x110000 && (code < 0xD800 || code > 0xDFFF) &&
           code != 0xFFFE && code != 0xFFFF;
    result += good ? text.substr(i, length) : replacement;
    i += good ? length : 1;
  }
  return result;
}

std::string quoted(std::string_view any) {
  static constexpr std::array<char, 17> digits{"0123456789abcdef"};
  std::string result = "\"";
  for (const char c : as_utf8(any)) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (code < 0x20) {
      result += "\\u00";
      result += digits[code >> 4];
      result += digits[code & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string number(double x) {
  if (std::isnan(x)) return "\"nan\"";
  if (std::isinf(x)) return x > 0 ? "\"inf\"" : "\"-inf\"";
  return detail::number_text(static_cast<long double>(x), 17);
}

std::string list(const std::vector<std::string>& texts) {
  std::string result = "[";
  for (const std::string& text : texts) result += (result.size() > 1 ? ", " : "") + quoted(text);
  return result + "]";
}

std::string json_of(const CheckedNumber& n) {
  std::string text = "{\"label\": " + quoted(n.label) + ", \"verdict\": \"" + to_string(n.verdict) +
                     "\", \"analytic\": " + number(n.analytic) +
                     ", \"numeric\": " + number(n.numeric) + ", \"bar\": " + number(n.bar) +
                     ", \"ratio\": " + number(n.ratio());
  text += std::string(", \"kink\": ") + (n.kink ? "true" : "false");
  if (n.kink) text += ", \"left\": " + number(n.left) + ", \"right\": " + number(n.right);
  if (!n.cause.empty()) text += ", \"cause\": " + quoted(n.cause);
  if (!n.operation.empty()) text += ", \"operation\": " + quoted(n.operation);
  if (!n.advice.empty()) text += ", \"advice\": " + quoted(n.advice);
  return text + "}";
}

// What XML's text and attributes take; control characters have no place in it.
std::string escaped(std::string_view any) {
  std::string result;
  for (const char c : as_utf8(any)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\n':
      case '\t':
      case '\r':
        result += "&#" + std::to_string(static_cast<int>(c)) + ";";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return result;
}

}  // namespace

std::string to_json(const GradientReport& report) {
  std::array<std::size_t, 3> counts{};
  for (const CheckedInput& input : report.inputs)
    for (const CheckedNumber& n : input.numbers) ++counts[static_cast<std::size_t>(n.verdict)];
  const auto count = [&](Verdict v) { return std::to_string(counts[static_cast<std::size_t>(v)]); };
  std::string text = std::string("{\"verdict\": \"") + to_string(report.verdict()) +
                     "\", \"passed\": " + count(Verdict::pass) +
                     ", \"failed\": " + count(Verdict::fail) +
                     ", \"inconclusive\": " + count(Verdict::inconclusive) +
                     ", \"evaluations\": " + std::to_string(report.evaluations) +
                     ", \"failures\": " + list(report.failures) +
                     ", \"notes\": " + list(report.notes) + ", \"inputs\": [";
  bool first_input = true;
  for (const CheckedInput& input : report.inputs) {
    text += first_input ? "\n  " : ",\n  ";
    first_input = false;
    text += "{\"name\": " + quoted(input.name) + ", \"shape\": [";
    for (std::size_t i = 0; i < input.shape.rank(); ++i)
      text += (i > 0 ? ", " : "") + std::to_string(input.shape[i]);
    text += "], \"order\": " + std::to_string(input.order) +
            ", \"mode\": " + (input.directions ? "\"directions\"" : "\"every element\"") +
            ", \"verdict\": \"" + to_string(input.verdict()) +
            "\", \"sensitivity\": " + number(input.sensitivity);
    if (!input.failure.empty()) text += ", \"failure\": " + quoted(input.failure);
    if (!input.cause.empty()) text += ", \"cause\": " + quoted(input.cause);
    if (!input.suspect.empty()) text += ", \"suspect\": " + quoted(input.suspect);
    text += ", \"numbers\": [";
    bool first = true;
    for (const CheckedNumber& n : input.numbers) {
      text += first ? "\n    " : ",\n    ";
      first = false;
      text += json_of(n);
    }
    text += "]}";
  }
  return text + "]}\n";
}

std::string to_junit(const GradientReport& report, std::string_view suite) {
  std::string cases;
  std::size_t tests = 0, failed = 0;
  const auto add = [&](const std::string& name, Verdict verdict, const std::string& text) {
    ++tests;
    cases += "  <testcase classname=\"" + escaped(suite) + "\" name=\"" + escaped(name) + "\"";
    if (verdict == Verdict::pass) {
      cases += "/>\n";
      return;
    }
    ++failed;
    cases += std::string(">\n    <failure type=\"") + to_string(verdict) + "\" message=\"" +
             escaped(text.substr(0, text.find('\n'))) + "\">" + escaped(text) +
             "</failure>\n  </testcase>\n";
  };
  for (const CheckedInput& input : report.inputs) {
    GradientReport one;
    one.inputs = {input};
    add((input.order == 2 ? "order 2, " : "") + input.name, input.verdict(), one.text());
  }
  std::string whole = report.failures.empty() && report.inputs.empty() ? "nothing was checked" : "";
  for (const std::string& failure : report.failures) whole += (whole.empty() ? "" : "\n") + failure;
  if (!whole.empty()) add("the whole", Verdict::fail, whole);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + escaped(suite) +
         "\" tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failed) +
         "\" errors=\"0\" skipped=\"0\">\n" + cases + "</testsuite>\n";
}

}  // namespace xtape
