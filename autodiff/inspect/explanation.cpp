// An explanation as text and in LaTeX.

#include <algorithm>
#include <string_view>
#include <utility>
#include <xtape/autodiff/inspect/explain.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

using detail::number_latex;
using detail::number_text;

std::string count_text(std::uint64_t paths) {
  return (paths == UINT64_MAX ? "more than " : "") + std::to_string(paths) +
         (paths == 1 ? " path" : " paths");
}

// The factors that the formula shows, multiplied in numbers; a negative one in brackets, but the
// first.
std::vector<std::string> shown_factors(const Explanation::Path& path, int digits) {
  std::vector<std::string> factors;
  for (std::size_t i = 0; i < path.factors.size(); ++i)
    if (path.shown[i])
      factors.push_back(number_text(static_cast<long double>(path.factors[i].value), digits));
  return factors;
}

std::string joined(const std::vector<std::string>& factors, const char* sign, const char* open,
                   const char* close) {
  std::string text;
  for (const std::string& factor : factors) {
    const bool bracket = !text.empty() && factor.starts_with('-');
    text += (text.empty() ? "" : sign) + (bracket ? open + factor + close : factor);
  }
  return text.empty() ? "1" : text;
}

std::string factors_latex(const std::vector<std::string>& factors) {
  std::vector<std::string> numbers;
  numbers.reserve(factors.size());
  for (const std::string& factor : factors) numbers.push_back(number_latex(factor));
  return joined(numbers, " \\cdot ", "(", ")");
}

std::uint64_t listed_paths(const Explanation& e) {
  std::uint64_t count = 0;
  for (const auto& route : e.routes) count += route.paths;
  return count;
}
long double listed_sum(const Explanation& e) {
  long double sum = 0;
  for (const auto& route : e.routes) sum += route.sum;
  return sum;
}
long double heaviest_sum(const Explanation& e) {
  long double sum = 0;
  for (const auto& path : e.heaviest) sum += path.product;
  return sum;
}

// The lines at the end: what it all sums to.
std::vector<std::pair<std::string, std::string>> account(const Explanation& e) {
  std::vector<std::pair<std::string, std::string>> lines;
  const auto number = [&](long double x) { return number_text(x, e.all_digits); };
  const std::uint64_t shown = e.heaviest.size();
  if (shown > 0 && shown < e.paths) {
    lines.emplace_back(shown == 1 ? "the heaviest" : "the " + std::to_string(shown) + " heaviest",
                       number(heaviest_sum(e)));
    lines.emplace_back("the other " + count_text(e.paths - shown), number(e.sum - heaviest_sum(e)));
  }
  lines.emplace_back("all " + count_text(e.paths), number(e.sum));
  if (e.enumerated) lines.emplace_back("added one by one", number(*e.enumerated));
  lines.emplace_back("gradient of the sweep", number(e.gradient));
  lines.emplace_back("difference, in ulp of the heaviest path", number_text(e.ulps_of_largest, 2));
  lines.emplace_back("difference, in ulp of the sum of magnitudes",
                     number_text(e.ulps_of_magnitudes, 2));
  return lines;
}

}  // namespace

std::string Explanation::text() const {
  if (paths == 0) return derivative + " = 0: there is no path, J does not depend on it\n";
  std::string text;
  const std::string blanks(detail::width(derivative), ' ');
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const std::string& formula = routes[i].formula;
    const std::string_view minus = "−";
    if (i == 0) {
      text += derivative + " = " + formula;
    } else {  // a sign in front takes the place of the plus
      text += blanks +
              (formula.starts_with(minus) ? " − " + formula.substr(minus.size()) : " + " + formula);
    }
    if (routes.size() > 1)
      text +=
          "    (" + count_text(routes[i].paths) + ": " + number_text(routes[i].sum, digits) + ")";
    text += "\n";
  }
  if (listed_paths(*this) < paths)
    text += blanks + " + …    (" + count_text(paths - listed_paths(*this)) +
            " by other ways, not listed: " + number_text(sum - listed_sum(*this), digits) + ")\n";
  text += "\n";
  for (const std::string& line : legend) text += "  " + line + "\n";
  if (!legend.empty()) text += "\n";
  if (heaviest.size() < paths && !heaviest.empty())
    text += "the heaviest of " + count_text(paths) + ":\n";
  for (const Path& path : heaviest) {
    text += "  " + (path.where.empty() ? "" : path.where + ":  ") + path.formula +
            "\n      = " + joined(shown_factors(path, digits), " · ", "(", ")") + " = " +
            number_text(path.product, digits) + "\n";
  }
  text += heaviest.empty() ? "" : "\n";
  const auto lines = account(*this);
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, detail::width(line.first));
  for (const auto& [what, number] : lines)
    text += detail::left_aligned(what, width) + "  " + (number.starts_with('-') ? "" : " ") +
            number + "\n";
  return text;
}

std::string Explanation::latex() const {
  if (paths == 0)
    return "\\[ " + derivative_latex + " = 0 \\]\nThere is no path: $J$ does not depend on it.\n";
  std::string text = "\\begin{align*}\n  " + derivative_latex + " ";
  for (std::size_t i = 0; i < routes.size(); ++i)
    text += (i == 0                             ? "&= "
             : routes[i].latex.starts_with('-') ? " \\\\\n  &\\quad "
                                                : " \\\\\n  &\\quad + ") +
            routes[i].latex;
  if (listed_paths(*this) < paths) text += " \\\\\n  &\\quad + \\cdots";
  text += "\n\\end{align*}\n";
  if (!legend_latex.empty()) {
    text += "where\n\\begin{gather*}\n";
    for (std::size_t i = 0; i < legend_latex.size(); ++i)
      text += "  " + legend_latex[i] + (i + 1 < legend_latex.size() ? " \\\\\n" : "\n");
    text += "\\end{gather*}\n";
  }
  if (heaviest.size() < paths && !heaviest.empty())
    text += "The heaviest of " + count_text(paths) + ":\n";
  if (!heaviest.empty()) {
    text += "\\begin{align*}\n";
    for (std::size_t i = 0; i < heaviest.size(); ++i) {
      const Path& path = heaviest[i];
      text += "  " + path.where_latex + (path.where_latex.empty() ? "" : ":\\quad ") + "& " +
              path.formula_latex +
              " \\\\\n  &\\quad = " + factors_latex(shown_factors(path, digits)) + " = " +
              number_latex(number_text(path.product, digits)) +
              (i + 1 < heaviest.size() ? " \\\\\n" : "\n");
    }
    text += "\\end{align*}\n";
  }
  text += "\\begin{center}\n\\begin{tabular}{ll}\n";
  for (const auto& [what, number] : account(*this))
    text += "  " + what + " & $" + number_latex(number) + "$ \\\\\n";
  return text + "\\end{tabular}\n\\end{center}\n";
}

}  // namespace xtape
