// Judges every gradient of cases.cpp, prints a line of JSON for each, and fails where a verdict is
// wrong, where more than three are INCONCLUSIVE, or where the printed advice does not lead to one.

#include <iomanip>
#include <iostream>
#include <numeric>
#include <sstream>
#include <vector>

#include <xtape/autodiff/check/gradient_check.hpp>
#include <xtape/autodiff/random.hpp>

#include "cases.hpp"

namespace {

using xtape::GradientReport;
using xtape::Verdict;

template <class T>
std::vector<T> point_of(const verdicts::Case& one) {
  return {one.x.begin(), one.x.end()};
}

template <class T>
GradientReport judged(const verdicts::Claim<T>& claim, const std::vector<T>& x) {
  const auto slopes = [&](std::span<const T> at) {
    std::vector<T> gradient(at.size());
    claim.gradient(at, gradient);
    return gradient;
  };
  if (claim.hessian == nullptr) return xtape::check_gradient(claim.value, slopes, x);
  // Second order: the derivative of the claimed gradient's part along v is the claimed Hessian
  // times v.
  std::vector<T> v(x.size());
  xtape::Random random(1);
  for (T& each : v) each = static_cast<T>(random.uniform(0.5, 1.5));
  return xtape::check_gradient(
      [&](std::span<const T> at) {
        const std::vector<T> g = slopes(at);
        return std::inner_product(g.begin(), g.end(), v.begin(), T(0));
      },
      [&](std::span<const T> at) {
        std::vector<T> product(at.size());
        claim.hessian(at, v, product);
        return product;
      },
      x);
}

/// The first advice of a report, or "".
std::string advice_of(const GradientReport& report) {
  for (const auto& input : report.inputs)
    for (const auto& number : input.numbers)
      if (number.verdict == Verdict::inconclusive) return number.advice;
  return {};
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

struct Outcome {
  Verdict verdict, after_advice;
  std::string advice;
};

Outcome outcome_of(const verdicts::Case& one) {
  const GradientReport report = one.single ? judged(one.claim_f, point_of<float>(one))
                                           : judged(one.claim, point_of<double>(one));
  if (report.verdict() != Verdict::inconclusive) return {report.verdict(), report.verdict(), ""};
  // What the advice says to do: the next wider type.
  const GradientReport again = one.single ? judged(one.claim, point_of<double>(one))
                                          : judged(one.claim_l, point_of<long double>(one));
  return {Verdict::inconclusive, again.verdict(), advice_of(report)};
}

}  // namespace

int main() {
  std::size_t mistakes = 0, inconclusive = 0;
  for (const verdicts::Case& one : verdicts::all_cases()) {
    const Outcome outcome = outcome_of(one);
    const Verdict truth = one.right ? Verdict::pass : Verdict::fail;
    if (outcome.after_advice != truth) ++mistakes;
    if (outcome.verdict == Verdict::inconclusive) {
      ++inconclusive;
      if (outcome.advice.find("double") == std::string::npos) ++mistakes;
    }
    std::vector<double> gradient(one.x.size());
    one.claim.gradient(one.x, gradient);
    std::ostringstream line;
    line << std::setprecision(17) << "{\"kind\": " << quoted(one.kind)
         << ", \"name\": " << quoted(one.name) << ", \"right\": " << (one.right ? "true" : "false")
         << ", \"verdict\": " << quoted(to_string(outcome.verdict))
         << ", \"after_advice\": " << quoted(to_string(outcome.after_advice))
         << ", \"advice\": " << quoted(outcome.advice) << ", \"value\": " << one.claim.value(one.x)
         << ", \"gradient\": " << std::accumulate(gradient.begin(), gradient.end(), 0.0) << "}\n";
    std::cout << line.str();
    if (outcome.after_advice != truth)
      std::cerr << "verdicts: " << one.kind << ", " << one.name << ": the claim is "
                << (one.right ? "right" : "wrong") << ", the check says "
                << to_string(outcome.after_advice) << "\n";
  }
  if (inconclusive > 3)
    std::cerr << "verdicts: " << inconclusive << " are INCONCLUSIVE, where 3 are allowed\n";
  return mistakes == 0 && inconclusive <= 3 ? 0 : 1;
}
