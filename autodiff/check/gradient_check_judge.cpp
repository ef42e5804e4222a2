// The verdict on one number.

#include <algorithm>
#include <xtape/autodiff/check/gradient_check_task.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

constexpr long double far = 4;             // bars that are no accident any more
constexpr long double natural_steps = 16;  // up to so many times the natural size
constexpr long double roundings = 16;      // of the function's slopes, that a zero may have left

std::string factor_of(long double analytic, long double numeric, long double bar) {
  for (const long double f : {-1.0L, 2.0L, 0.5L, -2.0L, -0.5L})
    if (fabs(analytic - f * numeric) <= 2 * bar + 1e-3L * fabs(analytic))
      return f == -1 ? "the sign is wrong" : "it is " + short_text(f) + " times what it should be";
  const long double f = analytic / numeric, whole = std::round(f), part = std::round(1 / f);
  if (fabs(whole) >= 3 && fabs(f - whole) < 1e-4L * fabs(f))
    return "it is " + short_text(whole) + " times what it should be";
  if (fabs(part) >= 3 && fabs(1 / f - part) < 1e-4L * fabs(1 / f))
    return "it is 1/" + short_text(part) + " of what it should be";
  return {};
}

std::string failure_cause(long double a, long double n, long double bar) {
  if (!std::isfinite(a)) return "the gradient is no finite number, the function's values give one";
  if (a == 0) return "the gradient is zero, the function changes";
  if (fabs(n) <= bar) return "the function does not change, or not to first order";
  std::string factor = factor_of(a, n, bar);
  if (!factor.empty()) return factor;
  return "it is off by " + short_text(100 * fabs(a - n) / std::max(fabs(a), fabs(n))) + " %";
}

void inconclusive(CheckedNumber& number, std::string cause, std::string advice) {
  number.verdict = Verdict::inconclusive;
  number.cause = std::move(cause);
  number.advice = std::move(advice);
}

// Whether the claim is right as far as the function is seen from afar, and what differs next to the
// point is no smooth function: it may be rounding.
bool right_from_afar(long double a, const NumericDerivative& numeric, long double bar) {
  constexpr long double smooth = 1e-3;
  return numeric.coarse.known && fabs(a - numeric.coarse.value) <= far * numeric.coarse.bar &&
         bar > smooth * fabs(numeric.best.value);
}

std::string two_slopes(const NumericDerivative& numeric) {
  return "the slope is " + short_text(numeric.best.value) + " next to the point and " +
         short_text(numeric.coarse.value) +
         " farther out; which one is rounding, the values cannot tell";
}

std::string more_precision(const Settings& settings) {
  return settings.epsilon > 1e-9
             ? "check the same function in double"
             : "take large constants and sums that cancel out of the function, "
               "check the part that this input is in, or give it as long double "
               "to check_gradient";
}

}  // namespace

std::string short_text(long double number) { return number_text(number, 3); }

bool Settings::lists(const std::vector<std::string>& list, const std::string& input,
                     const std::string& label) {
  return std::ranges::any_of(list, [&](const auto& s) { return s == input || s == label; });
}

CheckedNumber judge(std::string label, long double a, const NumericDerivative& numeric,
                    long double natural, bool expected_zero, const Settings& settings) {
  CheckedNumber number;
  number.label = std::move(label);
  number.analytic = static_cast<double>(a);
  const long double n = numeric.best.value, apart = fabs(a - n);
  const long double size = std::max(std::isfinite(a) ? fabs(a) : 0, fabs(n));
  const long double bar =
      std::max({numeric.best.bar, settings.resolution * size, settings.smallest});
  number.numeric = static_cast<double>(n);
  number.bar = static_cast<double>(bar);
  number.verdict = Verdict::pass;
  if (!numeric.best.known) {
    number.numeric = number.bar = std::numeric_limits<double>::quiet_NaN();
    inconclusive(number, "the function has no finite values around the point",
                 "check at a point inside of its domain");
    return number;
  }
  if (numeric.jump) {
    inconclusive(number, "the function jumps at the point, or its slope is infinite there",
                 "check at another point");
    return number;
  }
  if (numeric.flat && a == 0) return number;
  if (numeric.flat && numeric.bounded) {
    inconclusive(number, "nothing changes as far as .scale allows", "a larger .scale");
    return number;
  }
  if (std::isinf(a) && fabs(n) <= far * bar) {
    inconclusive(number, "the slope is infinite at the point, or larger than the steps can tell",
                 "check at another point");
    return number;
  }
  if (std::isinf(a) && a * n > 0 && fabs(n) + bar > settings.largest) {
    inconclusive(number, "the derivative is larger than the largest number of the type",
                 "check at another point, or in a wider type");
    return number;
  }
  if (a == 0 && fabs(n) + numeric.best.bar < settings.smallest) return number;  // underflow
  const long double tolerated = settings.tolerance * size;
  if (expected_zero) {
    if (fabs(a) <= bar && fabs(n) <= bar) return number;
    number.verdict = Verdict::fail;
    number.cause = "it was expected to be zero";
    return number;
  }
  // A zero beside a function that changes, or what rounding has left of one where it bends. (In
  // saturation nothing bends near by, and what is left is a number of its own.)
  const long double rounding = roundings * static_cast<long double>(settings.epsilon);
  const long double narrow = std::max(1e-6L, rounding);
  if (fabs(a) <= rounding * numeric.variation && fabs(n) <= bar &&
      bar <= narrow * numeric.variation && (a == 0 || bar <= 16 * narrow * numeric.bend))
    return number;
  if (!(apart <= far * bar)) {  // also where a is NaN
    if (numeric.near.known && fabs(a - numeric.near.value) <= far * numeric.near.bar) {
      inconclusive(number,
                   "the values move in steps of about " + short_text(numeric.noise) +
                       ": their slope is " + short_text(numeric.near.value) + " at the point and " +
                       short_text(n) + " farther out; which one is meant, the values cannot tell",
                   more_precision(settings));
      return number;
    }
    if (right_from_afar(a, numeric, bar)) {
      inconclusive(number, two_slopes(numeric), more_precision(settings));
      return number;
    }
    if (numeric.stairs && 8 * numeric.noise > numeric.range) {
      inconclusive(number, "the values are nothing but noise at every step",
                   more_precision(settings));
      return number;
    }
    number.verdict = Verdict::fail;
    number.cause = failure_cause(a, n, bar);
    // So far away it may be another function, which a pass cannot come from by accident.
    if (numeric.best.step > natural_steps * natural &&
        !(numeric.natural.known && !numeric.stairs &&
          fabs(a - numeric.natural.value) > far * numeric.natural.bar))
      inconclusive(number,
                   "only steps of " + short_text(numeric.best.step) +
                       " show anything, many times the natural size " + short_text(natural),
                   "say by .scale how far the input may be moved, or " + more_precision(settings));
    // In saturation a slope hides below the noise, and coarse steps see none at all.
    else if (apart * natural / 64 <= 4 * numeric.noise)
      inconclusive(
          number,
          "the noise of the values, " + short_text(numeric.noise) + ", hides slopes of that size",
          more_precision(settings));
    return number;
  }
  const bool seen = (apart <= bar && bar <= tolerated) || apart + bar <= tolerated;
  // Stairs have the slope of a ramp far out.
  if (seen && !(numeric.stairs && numeric.best.step > natural_steps * natural)) return number;
  if (numeric.best.step > natural_steps * natural) {
    inconclusive(number, "no step of the natural size " + short_text(natural) + " shows anything",
                 "say by .scale how far the input may be moved, or " + more_precision(settings));
    return number;
  }
  inconclusive(number,
               "the values carry a noise of " + short_text(numeric.noise) +
                   (bar > size ? ": the bar is wider than the gradient"
                               : ": an error of " + short_text(100 * (bar + apart) / size) +
                                     " % would not be seen"),
               more_precision(settings));
  return number;
}

void judge_kink(CheckedNumber& number, const NumericDerivative& numeric,
                const std::vector<KinkSite>& sites, const Settings& settings) {
  const Estimate &l = numeric.left, &r = numeric.right;
  number.kink = true;
  number.left = static_cast<double>(l.value);
  number.right = static_cast<double>(r.value);
  // The slope that is valid, where no operation is exactly at its kink and all say the same side.
  bool left = !sites.empty(), right = !sites.empty();
  for (const KinkSite& site : sites) {
    left = left && site.where == KinkSite::Where::left;
    right = right && site.where == KinkSite::Where::right;
    if (number.operation.empty()) number.operation = site.text;
  }
  if (sites.size() > 1) number.operation += " and " + std::to_string(sites.size() - 1) + " more";
  const long double low = left ? l.value : right ? r.value : std::min(l.value, r.value);
  const long double high = left ? l.value : right ? r.value : std::max(l.value, r.value);
  const long double size = std::max(fabs(l.value), fabs(r.value));
  const long double bar =
      std::max({left ? 0 : r.bar, right ? 0 : l.bar, settings.resolution * size});
  const long double a = number.analytic, outside = std::max({low - a, a - high, 0.0L});
  number.numeric = static_cast<double>((low + high) / 2);
  number.bar = static_cast<double>(bar);
  number.advice.clear();
  number.cause = "the function bends at the point: slopes " + short_text(l.value) + " and " +
                 short_text(r.value) +
                 (left    ? ", valid is the left one"
                  : right ? ", valid is the right one"
                          : ", valid is what lies between");
  if (!(outside <= far * bar)) {
    number.verdict = Verdict::fail;
    if (right_from_afar(a, numeric, size))
      inconclusive(number, two_slopes(numeric), more_precision(settings));
  } else if (bar <= settings.tolerance * size) {
    number.verdict = Verdict::pass;
  } else {
    number.verdict = Verdict::inconclusive;
    number.advice = "check at a point beside the kink";
  }
}

}  // namespace xtape::detail
