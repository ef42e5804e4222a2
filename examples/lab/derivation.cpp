#include "derivation.hpp"

#include <cmath>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string_view>

#include "axis.hpp"

namespace lab {
namespace {

// Text that TeX does not take for commands. What is not ASCII becomes a question mark.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if ((code & 0xC0) == 0x80) continue;  // goes with the byte before
    if (c == '\\')
      result += "\\textbackslash{}";
    else if (c == '~' || c == '^')
      result += std::string("\\") + c + "{}";
    else if (c == '<' || c == '>')
      result += std::string("$") + c + "$";
    else if (std::string_view("_%#&${}").find(c) != std::string_view::npos)
      result += std::string("\\") + c;
    else
      result += code < 0x20 || code >= 0x7F ? '?' : c;
  }
  return result;
}

// A number for LaTeX's mathematics.
std::string number(double x, int digits = 6) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream << std::setprecision(digits) << x;
  std::string text = stream.str();
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  return text.substr(0, e) + " \\cdot 10^{" + std::to_string(std::stoi(text.substr(e + 1))) + "}";
}

// "w_{1}" of "\frac{\partial J}{\partial w_{1}}".
std::string symbol(const xtape::Explanation& e) {
  constexpr std::string_view before = "\\frac{\\partial J}{\\partial ";
  const std::string_view all = e.derivative_latex;
  return std::string(all.substr(before.size(), all.size() - before.size() - 1));
}

// The hidden layer's function and its derivative, as the formulas write them.
struct Function {
  std::string name, definition;
};
Function hidden_function(const std::string& activation) {
  if (activation == "tanh") return {"\\tanh", "\\tanh'(u) = 1 - \\tanh^2(u)"};
  if (activation == "relu")
    return {
        "\\mathrm{relu}",
        "\\mathrm{relu}(u) = \\max(0, u), \\qquad \\mathrm{relu}'(u) = \\begin{cases} 1 & u > 0 "
        "\\\\ 0 & \\text{else, at the kink too} \\end{cases}"};
  if (activation == "softplus")
    return {"\\mathrm{softplus}",
            "\\mathrm{softplus}(u) = \\log\\left(1 + \\exp(u)\\right), \\qquad "
            "\\mathrm{softplus}'(u) = \\sigma(u)"};
  return {"\\sigma", ""};
}

std::string model_text(const Program& program, const Options& options, const Derivation& d) {
  const std::string x = std::to_string(d.inputs);
  std::string text = "\\section{The model}\n\nA sample $i$ has the inputs $x_{i,1}" +
                     std::string(d.inputs > 2 ? ", \\dots" : "") +
                     (d.inputs > 1 ? ", x_{i," + x + "}" : "") +
                     "$ and the target $t_i$, which is 0 or 1.\n";
  const std::string sigmoid =
      "  \\sigma(u) &= \\frac{1}{1 + \\exp(-u)}, &\n"
      "  \\sigma'(u) &= \\frac{\\exp(-u)}{\\left(1 + \\exp(-u)\\right)^2} = \\sigma(u) \\, "
      "\\left(1 - \\sigma(u)\\right)\n";
  if (program.has_hidden_layer) {
    const Function s = hidden_function(options.activation);
    const std::string m = std::to_string(options.hidden);
    text += "The output neuron sees " +
            (options.hidden == 1   ? "the hidden neuron $k = 1"
             : options.hidden == 2 ? "the hidden neurons $k = 1, 2"
                                   : "the hidden neurons $k = 1, \\dots, " + m) +
            "$:\n\\begin{align*}\n"
            "  \\tilde{a}_{i,k} &= \\sum_{j=1}^{" +
            x + "} x_{i,j} \\tilde{W}_{j,k} + \\tilde{b}_k, & h_{i,k} &= " + s.name +
            "\\left(\\tilde{a}_{i,k}\\right), \\\\\n  a_i &= \\sum_{k=1}^{" + m +
            "} h_{i,k} w_k + b, & y_i &= \\sigma(a_i), \\\\\n" + sigmoid + "\\end{align*}\n";
    if (!s.definition.empty()) text += "\\[ " + s.definition + " \\]\n";
  } else {
    text += "\\begin{align*}\n  a_i &= \\sum_{k=1}^{" + x +
            "} x_{i,k} w_k + b, & y_i &= \\sigma(a_i), \\\\\n" + sigmoid + "\\end{align*}\n";
  }
  return text +
         "The loss over the $N$ samples of a batch is half the mean square error,\n"
         "\\[ J = \\frac{1}{2N} \\sum_{i=1}^{N} (y_i - t_i)^2, \\qquad "
         "\\frac{\\partial J}{\\partial y_i} = \\frac{1}{N} (y_i - t_i). \\]\n";
}

std::string update_text(const Options& options) {
  std::string text = "\\section{The step}\n\n";
  if (options.optimizer == "adam")
    text +=
        "Adam, with $g = \\partial J / \\partial \\theta$ in step $n$:\n\\begin{align*}\n"
        "  m &\\leftarrow 0.9 \\, m + 0.1 \\, g, & v &\\leftarrow 0.999 \\, v + 0.001 \\, g^2, &\n"
        "  \\theta &\\leftarrow \\theta - \\epsilon \\, \\frac{m / (1 - 0.9^n)}{\\sqrt{v / (1 - "
        "0.999^n)} + 10^{-8}}\n\\end{align*}\n";
  else if (options.optimizer == "momentum")
    text +=
        "\\[ v \\leftarrow 0.9 \\, v + \\frac{\\partial J}{\\partial \\theta}, \\qquad \\theta "
        "\\leftarrow \\theta - \\epsilon \\, v \\]\n";
  else
    text +=
        "\\[ \\theta \\leftarrow \\theta - \\epsilon \\, \\frac{\\partial J}{\\partial \\theta} "
        "\\]\n";
  return text + "for each parameter $\\theta$, with the learning rate $\\epsilon = " +
         number(options.learning_rate) + "$.\n\n";
}

std::string parameters_text(const Derivation& d) {
  std::string text =
      "\\section{The trained parameters}\n\n% One chunk, whose widths are right at once: so no "
      "\\endhead.\n\\setcounter{LTchunksize}{1000}\n\\renewcommand{\\arraystretch}{1.15} % for the "
      "tildes\n\\begin{longtable}{lrrr}\n"
      "$\\theta$ & value & $\\partial J / \\partial \\theta$ & paths \\\\ \\hline\n";
  for (const auto& [value, e] : d.elements)
    text += "$" + symbol(e) + "$ & $" + number(value) + "$ & $" +
            number(static_cast<double>(e.gradient), 4) + "$ & " + std::to_string(e.paths) +
            " \\\\\n";
  return text + "\\end{longtable}\n";
}

}  // namespace

std::string derivation_latex(const Program& program, const Options& options, const Results& results,
                             const Derivation& d) {
  std::string text =
      "% Made by " + program.name +
      "; to be read by pdflatex.\n\\documentclass[11pt]{article}\n"
      "\\usepackage[a4paper, margin=24mm]{geometry}\n\\usepackage{amsmath}\n"
      "\\usepackage{longtable}\n\\setlength{\\parindent}{0pt}\n\\setlength{\\parskip}{4pt}\n"
      "\\allowdisplaybreaks\n\\title{" +
      std::string(program.has_hidden_layer ? "The gradients of a trained network"
                                           : "The gradients of a trained neuron") +
      "}\n\\author{}\n\\date{}\n\\begin{document}\n\\maketitle\n\nTrained: " + plain(d.described) +
      ". " + (results.stopped.empty() ? "" : "It was stopped: " + plain(results.stopped) + ". ") +
      "Test accuracy " + fixed_text(100 * results.test_accuracy, 2) +
      "\\,\\%. The numbers below are those of the trained parameters and of one batch of $N = " +
      std::to_string(d.samples) + "$ samples.\n\n" + model_text(program, options, d) +
      "\n\\section{The gradient}\n\nBy the chain rule:\n\\begin{align*}\n";
  bool first = true;
  for (const auto& element : d.elements) {
    const xtape::Explanation& e = element.explanation;
    text += (first ? "  " : " \\\\\n  ") + e.derivative_latex + " &= ";
    for (std::size_t i = 0; i < e.routes.size(); ++i)
      text += (i > 0 && !e.routes[i].latex.starts_with('-') ? " + " : "") + e.routes[i].latex;
    if (e.routes.empty()) text += "0";
    first = false;
  }
  text += "\n\\end{align*}\n";
  if (d.left_out > 0)
    text += "The other " + std::to_string(d.left_out) +
            " parameters have the same formulas with other indices.\n";
  text += "\n" + update_text(options) + parameters_text(d) +
          "\\section{In numbers}\n\nEach sum has one summand for each path from the parameter to "
          "$J$. The paths, added up, are compared with the gradient that the sweep over the tape "
          "gave; a unit in the last place (ulp) is the distance to the next number that a computer "
          "can hold.\n\n";
  for (const auto& element : d.elements) {
    xtape::Explanation e = element.explanation;
    e.legend_latex.clear();  // the model says it
    // In one piece, so that no page ends between a path and its account.
    text += "\\begin{minipage}{\\textwidth}\n\\setlength{\\parskip}{4pt}\n\\subsection*{$" +
            symbol(e) + "$}\n" + e.latex() + "\\end{minipage}\\par\\bigskip\n\n";
  }
  return text + "\\end{document}\n";
}

}  // namespace lab
