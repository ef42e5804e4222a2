#include <algorithm>
#include <array>
#include <utility>
#include <xtape/autodiff/inspect/notation.hpp>

namespace xtape {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array greek = {
    Pair{"α", "\\alpha"},    Pair{"β", "\\beta"},     Pair{"γ", "\\gamma"},
    Pair{"δ", "\\delta"},    Pair{"ε", "\\epsilon"},  Pair{"ζ", "\\zeta"},
    Pair{"η", "\\eta"},      Pair{"θ", "\\theta"},    Pair{"ι", "\\iota"},
    Pair{"κ", "\\kappa"},    Pair{"λ", "\\lambda"},   Pair{"μ", "\\mu"},
    Pair{"ν", "\\nu"},       Pair{"ξ", "\\xi"},       Pair{"π", "\\pi"},
    Pair{"ρ", "\\rho"},      Pair{"σ", "\\sigma"},    Pair{"τ", "\\tau"},
    Pair{"υ", "\\upsilon"},  Pair{"φ", "\\varphi"},   Pair{"χ", "\\chi"},
    Pair{"ψ", "\\psi"},      Pair{"ω", "\\omega"},    Pair{"Γ", "\\Gamma"},
    Pair{"Δ", "\\Delta"},    Pair{"Θ", "\\Theta"},    Pair{"Λ", "\\Lambda"},
    Pair{"Ξ", "\\Xi"},       Pair{"Π", "\\Pi"},       Pair{"Σ", "\\Sigma"},
    Pair{"Φ", "\\Phi"},      Pair{"Ψ", "\\Psi"},      Pair{"Ω", "\\Omega"},
    Pair{"ã", "\\tilde{a}"}, Pair{"ñ", "\\tilde{n}"}, Pair{"õ", "\\tilde{o}"},
    Pair{"ŷ", "\\hat{y}"},   Pair{"′", "'"},          Pair{"−", "-"},
    Pair{"·", "\\cdot "},
};
constexpr std::array marks = {Pair{"\u0303", "\\tilde"}, Pair{"\u0302", "\\hat"},
                              Pair{"\u0304", "\\bar"}, Pair{"\u0307", "\\dot"}};
constexpr std::array subscripts = {Pair{"0", "₀"}, Pair{"1", "₁"}, Pair{"2", "₂"}, Pair{"3", "₃"},
                                   Pair{"4", "₄"}, Pair{"5", "₅"}, Pair{"6", "₆"}, Pair{"7", "₇"},
                                   Pair{"8", "₈"}, Pair{"9", "₉"}, Pair{"i", "ᵢ"}, Pair{"j", "ⱼ"},
                                   Pair{"k", "ₖ"}, Pair{"l", "ₗ"}, Pair{"m", "ₘ"}, Pair{"n", "ₙ"},
                                   Pair{"p", "ₚ"}, Pair{"r", "ᵣ"}, Pair{"s", "ₛ"}};

template <std::size_t N>
std::string_view find(const std::array<Pair, N>& pairs, std::string_view key) {
  const auto at = std::ranges::find(pairs, key, &Pair::first);
  return at == pairs.end() ? std::string_view() : at->second;
}

// The characters of a UTF-8 text.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    result.push_back(text.substr(i, end - i));
    i = end;
  }
  return result;
}

bool is_ascii(std::string_view c) {
  return c.size() == 1 && static_cast<unsigned char>(c[0]) < 128;
}

// One character that TeX does not take for a command.
std::string escaped(std::string_view c) {
  if (!is_ascii(c)) return "?";
  if (c == "\\") return "\\backslash ";
  if (std::string_view("_%#&${}").find(c[0]) != std::string_view::npos)
    return "\\" + std::string(c);
  if (c == "^" || c == "~") return "\\" + std::string(c) + "{}";
  return std::string(c);
}

std::string joined(const std::vector<std::string>& indices) {
  std::string text;
  for (const std::string& index : indices) text += (text.empty() ? "" : ",") + index;
  return text;
}

}  // namespace

Symbolic::Symbolic(const std::string& as_text)
    : text(as_text), latex(detail::math_latex(as_text)) {}

namespace detail {

std::string math_latex(std::string_view text) {
  const auto all = characters(text);
  std::string result, word;
  const auto end_word = [&] {
    result += word.size() > 1 && !word.starts_with("\\") ? "\\mathrm{" + word + "}" : word;
    word.clear();
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string_view next = i + 1 < all.size() ? all[i + 1] : std::string_view();
    if (const auto mark = find(marks, next); !mark.empty()) {
      end_word();
      result.append(mark).append("{").append(math_latex(all[i])).append("}");
      ++i;
    } else if (const auto command = find(greek, all[i]); !command.empty()) {
      end_word();
      result += command;
      if (is_ascii(next) && command.starts_with('\\') && !command.ends_with('}')) result += ' ';
    } else {
      word += escaped(all[i]);
    }
  }
  end_word();
  return result;
}

std::string plain_latex(std::string_view text) {
  std::string result;
  for (const std::string_view c : characters(text)) {
    if (c == "\\") {
      result += "\\textbackslash{}";
    } else if (const auto command = find(greek, c); !command.empty()) {
      result.append("$").append(command).append("$");
    } else {
      result += escaped(c);
    }
  }
  return result;
}

std::string with_indices(const std::string& name, const std::vector<std::string>& indices) {
  if (indices.empty()) return name;
  if (indices.size() == 1) {
    std::string small;
    for (const std::string_view c : characters(indices[0])) {
      const auto subscript = find(subscripts, c);
      if (subscript.empty()) return name + "_{" + indices[0] + "}";
      small += subscript;
    }
    return name + small;
  }
  return name + "_{" + joined(indices) + "}";
}

std::string with_latex_indices(const std::string& name, const std::vector<std::string>& indices) {
  return indices.empty() ? name : name + "_{" + joined(indices) + "}";
}

std::string number_latex(std::string_view number) {
  const std::size_t e = number.find('e');
  if (number == "inf") return "\\infty";
  if (number == "-inf") return "-\\infty";
  if (number == "nan" || number == "-nan") return "\\mathrm{NaN}";
  if (e == std::string_view::npos) return std::string(number);
  std::string_view exponent = number.substr(e + 1);
  const bool negative = exponent.starts_with('-');
  exponent.remove_prefix(std::min(exponent.find_first_not_of("+-0"), exponent.size()));
  return std::string(number.substr(0, e)) + " \\cdot 10^{" + (negative ? "-" : "") +
         std::string(exponent) + "}";
}

}  // namespace detail
}  // namespace xtape
