// Whether it is autodiff's numbers that are wrong, and not those by hand.

#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/compare_parts.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

// The element whose difference is the most of its bar, or nothing where none fails that has a
// number by hand.
const ComparedElement* worst_of(const std::vector<ComparedElement>& elements) {
  const ComparedElement* worst = nullptr;
  double most = -1;
  for (const ComparedElement& e : elements) {
    if (e.verdict != Verdict::fail || !std::isfinite(e.by_hand)) continue;
    const double excess =
        std::abs(e.autodiff - e.by_hand) / std::max(e.bar, std::numeric_limits<double>::min());
    if (worst != nullptr && !(excess > most)) continue;
    worst = &e;
    most = excess;
  }
  return worst;
}

}  // namespace

Doubt doubt_of(const Comparison& comparison, Recorded& recorded) {
  constexpr double nearer = 4;
  const ComparedElement* const worst = worst_of(comparison.elements);
  long double slope = std::numeric_limits<long double>::quiet_NaN();
  if (worst != nullptr)
    slope = recorded.wide_slope(static_cast<std::size_t>(worst - comparison.elements.data()))
                .value_or(slope);
  const bool known = std::isfinite(slope);
  const long double off = known ? std::fabs(worst->autodiff - slope) : 0;
  const bool right_by_hand = known && nearer * std::fabs(worst->by_hand - slope) < off;

  // A wrong rule makes numbers that nothing can be told by.
  if (const std::string rule = recorded.wrong_rule(); !rule.empty())
    return {std::string("autodiff's numbers are wrong here, ") +
                (right_by_hand ? "not those by hand: " : "and say nothing of those by hand: ") +
                rule,
            ""};
  if (!known) return {};
  const std::string slopes = "in extended precision the recording has the slope " +
                             number_text(static_cast<double>(slope), 6) + " where autodiff has " +
                             number_text(worst->autodiff, 6) +
                             "; digits_lost says where digits are lost";
  if (right_by_hand) return {"autodiff's numbers are wrong here, not those by hand: " + slopes, ""};
  if (std::abs(worst->autodiff - worst->by_hand) <= nearer * off)
    return {"",
            "autodiff's gradient has lost its digits here, and a difference of this size says "
            "nothing: " +
                slopes};
  return {};
}

}  // namespace xtape::detail
