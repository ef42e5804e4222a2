// The report for programs: JSON and JUnit's XML.

#include <array>
#include <cmath>
#include <string_view>
#include <xtape/autodiff/check/report.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

std::string quoted(std::string_view text) {
  static constexpr std::array<char, 17> digits{"0123456789abcdef"};
  std::string result = "\"";
  for (const char c : text) {
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
  if (n.kink) text += ", \"left\": " + number(n.left) + ", \"right\": " + number(n.right);
  if (!n.cause.empty()) text += ", \"cause\": " + quoted(n.cause);
  if (!n.operation.empty()) text += ", \"operation\": " + quoted(n.operation);
  if (!n.advice.empty()) text += ", \"advice\": " + quoted(n.advice);
  return text + "}";
}

// What XML's text and attributes take; control characters have no place in it.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
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
        result += "&#10;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return result;
}

}  // namespace

std::string to_json(const GradientReport& report) {
  std::string text = std::string("{\"verdict\": \"") + to_string(report.verdict()) +
                     "\", \"evaluations\": " + std::to_string(report.evaluations) +
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
  if (!report.failures.empty() || report.inputs.empty())
    add("the whole", Verdict::fail,
        report.failures.empty() ? "nothing was checked" : report.failures.front());
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + escaped(suite) +
         "\" tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failed) +
         "\">\n" + cases + "</testsuite>\n";
}

}  // namespace xtape
