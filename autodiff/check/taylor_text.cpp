// The report of the Taylor test as text.

#include <algorithm>
#include <xtape/autodiff/check/taylor.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

using detail::number_text;

Verdict verdict_of(const TaylorDirection& direction, int order) {
  return *std::max_element(direction.verdict, direction.verdict + order + 1);
}

}  // namespace

Verdict TaylorReport::verdict() const {
  Verdict all = directions.empty() ? Verdict::inconclusive : Verdict::pass;
  for (const TaylorDirection& d : directions) all = both(all, verdict_of(d, order));
  return all;
}

std::string TaylorReport::text() const {
  std::string text = "Taylor test of order " + std::to_string(order) + " along " +
                     std::to_string(directions.size()) + " directions: " + to_string(verdict()) +
                     "\n";
  const auto worst = std::ranges::max_element(
      directions, {}, [&](const TaylorDirection& d) { return verdict_of(d, order); });
  if (worst == directions.end()) return text;
  static constexpr const char* what[] = {"f(x + hv) - f(x)", "... - h⟨g, v⟩", "... - h²/2⟨v, Hv⟩"};
  for (int n = 0; n <= order; ++n) {
    text += "  R" + std::to_string(n) + " = |" + what[n] + "|: ";
    if (worst->rate[n])
      text += "rate " + number_text(*worst->rate[n], 3) +
              (n == 0 ? ": " : ", " + std::to_string(n + 1) + " is right: ");
    text += to_string(worst->verdict[n]);
    if (!worst->note[n].empty()) text += ", " + worst->note[n];
    text += "\n";
  }
  if (worst->resolution > 0 && verdict() == Verdict::pass)
    text += "  an error of ⟨g, v⟩ = " + number_text(worst->along, 6) + " above " +
            number_text(worst->resolution, 3) + " would be seen\n";
  std::vector<std::vector<std::string>> rows = {{"h", "R0", "R1"}};
  if (order == 2) rows.front().emplace_back("R2");
  for (const TaylorStep& step : worst->steps) {
    auto& row = rows.emplace_back();
    row.push_back(number_text(step.h, 3));
    for (int n = 0; n <= order; ++n)
      row.push_back(number_text(step.remainder[n], 3) +
                    (step.remainder[n] > step.floor[n] ? "" : " (rounding)"));
  }
  return text + detail::columns(rows);
}

}  // namespace xtape
