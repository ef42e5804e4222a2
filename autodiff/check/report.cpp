#include <xtape/autodiff/check/report.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

std::string number(double x) { return detail::number_text(static_cast<long double>(x), 9); }
std::string rough(double x) { return detail::number_text(static_cast<long double>(x), 2); }

// Failures first, then what is not conclusive; among those the worst first.
bool worse(const CheckedNumber* a, const CheckedNumber* b) {
  if (a->verdict != b->verdict) return a->verdict > b->verdict;
  const double ra = a->ratio(), rb = b->ratio();
  if (std::isnan(ra) || std::isnan(rb)) return std::isnan(ra) && !std::isnan(rb);
  return ra > rb;
}

std::string line_of(const CheckedNumber& n) {
  std::string text = "  " + n.label + ": analytic " + number(n.analytic) + ", numeric ";
  if (n.kink && n.left != n.right)
    text +=
        "from " + number(std::min(n.left, n.right)) + " to " + number(std::max(n.left, n.right));
  else
    text += number(n.numeric);
  text += " ± " + rough(n.bar) + ", " + rough(n.ratio()) + " bars: " + to_string(n.verdict) + "\n";
  if (!n.cause.empty()) text += "      " + n.cause + "\n";
  if (!n.operation.empty()) text += "      " + n.operation + "\n";
  if (!n.advice.empty()) text += "      what helps: " + n.advice + "\n";
  return text;
}

}  // namespace

double CheckedNumber::ratio() const {
  double apart = std::fabs(analytic - numeric);
  if (kink) {
    const double low = std::min(left, right), high = std::max(left, right);
    if (analytic >= low && analytic <= high && verdict == Verdict::pass) apart = 0;
  }
  if (apart == 0) return 0;
  return bar == 0 ? std::numeric_limits<double>::infinity() : apart / bar;
}

Verdict CheckedInput::verdict() const {
  Verdict result = failure.empty() ? Verdict::pass : Verdict::fail;
  for (const CheckedNumber& n : numbers) result = both(result, n.verdict);
  return result;
}

Verdict GradientReport::verdict() const {
  if (!failures.empty() || inputs.empty()) return Verdict::fail;
  Verdict result = Verdict::pass;
  for (const CheckedInput& input : inputs) result = both(result, input.verdict());
  return result;
}

std::string GradientReport::text(std::size_t most) const {
  std::size_t count = 0, passed = 0, failed = 0, kinks = 0;
  double ratio = 0, sensitivity = 0;
  for (const CheckedInput& input : inputs) {
    sensitivity = std::max(sensitivity, input.sensitivity);
    for (const CheckedNumber& n : input.numbers) {
      ++count;
      passed += n.verdict == Verdict::pass ? 1 : 0;
      failed += n.verdict == Verdict::fail ? 1 : 0;
      kinks += n.kink ? 1 : 0;
      if (n.verdict == Verdict::pass) ratio = std::max(ratio, n.ratio());
    }
  }
  const Verdict all = verdict();
  std::string text = std::string("gradients: ") + to_string(all) + ", " + std::to_string(passed) +
                     " of " + std::to_string(count) + " numbers pass";
  if (failed > 0) text += ", " + std::to_string(failed) + " fail";
  if (count - passed - failed > 0)
    text += ", " + std::to_string(count - passed - failed) + " are inconclusive";
  if (kinks > 0) text += ", " + std::to_string(kinks) + " at a kink";
  if (passed > 0)
    text += "; at most " + rough(ratio) + " bars apart, an error of one element above " +
            rough(sensitivity) + " would have been seen";
  text += "\n";
  if (all != Verdict::pass) {
    for (const std::string& failure : failures) text += "  FAIL: " + failure + "\n";
    for (const CheckedInput& input : inputs) {
      if (input.verdict() == Verdict::pass) continue;
      if (!input.failure.empty())
        text +=
            "  " + input.name + " " + to_string(input.shape) + ": FAIL: " + input.failure + "\n";
      if (!input.cause.empty() || !input.suspect.empty())
        text += "  " + std::string(input.order == 2 ? "order 2, " : "") + input.name + " " +
                to_string(input.shape) + ":\n";
      if (!input.cause.empty()) text += "      suspected cause: " + input.cause + "\n";
      if (!input.suspect.empty()) text += "      suspected operation: " + input.suspect + "\n";
      std::vector<const CheckedNumber*> numbers;
      for (const CheckedNumber& n : input.numbers)
        if (n.verdict != Verdict::pass) numbers.push_back(&n);
      std::ranges::stable_sort(numbers, worse);
      for (std::size_t i = 0; i < std::min(most, numbers.size()); ++i) text += line_of(*numbers[i]);
      if (numbers.size() > most)
        text +=
            "  … and " + std::to_string(numbers.size() - most) + " more of " + input.name + "\n";
    }
  }
  for (const std::string& note : notes) text += "  (" + note + ")\n";
  return text;
}

}  // namespace xtape
