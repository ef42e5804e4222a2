// The ladder of steps along one direction, and what it tells.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <xtape/autodiff/check/taylor_line.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

constexpr std::size_t usual_steps = 11, most_steps = 32;
constexpr std::size_t most_unlike = 22;  // steps until f is linear, or finite
constexpr long double ratio = 4;
constexpr long double linear = 0.9L;  // the least rate of a change in proportion to h

// The steps of a ladder whose remainder says something: above the floor, and still falling in the
// end. (In between it may cross 0.)
std::vector<const TaylorStep*> telling(const TaylorDirection& d, int order) {
  std::vector<const TaylorStep*> result;
  for (const TaylorStep& step : d.steps)
    if (step.remainder[order] > step.floor[order]) result.push_back(&step);
  // What falls slower than √h is rounding that the floor did not know of.
  const long double slow = std::sqrt(ratio);
  while (result.size() > 1 &&
         result[result.size() - 2]->remainder[order] < slow * result.back()->remainder[order])
    result.pop_back();
  if (result.empty()) return result;
  // What is gone in the next two steps, where a power of h would still be there, came from beyond a
  // kink: next to x there is none of it.
  const TaylorStep& last = *result.back();
  const auto gone = [&](const TaylorStep& step) {
    const long double power = std::pow(step.h / last.h, static_cast<long double>(order + 1));
    return step.remainder[order] <= step.floor[order] &&
           last.remainder[order] * power > 4 * step.floor[order];
  };
  const auto next = static_cast<std::size_t>(&last - d.steps.data()) + 1;
  if (next + 1 < d.steps.size() && gone(d.steps[next]) && gone(d.steps[next + 1])) result.clear();
  return result;
}

// Whether the slopes to both sides stay apart as h falls.
bool on_a_kink(const Line& line, long double f, long double h, std::string& note, bool& between) {
  long double jump[2], left = 0, right = 0;
  for (int i = 0; i < 2; ++i, h /= ratio) {
    right = (line.f(h) - f) / h;
    left = (f - line.f(-h)) / h;
    jump[i] = std::fabs(right - left);
  }
  const long double larger = std::max(std::fabs(right), std::fabs(left));
  if (!(jump[1] > 0.7L * jump[0]) || !(jump[1] > 1e-6L * larger)) return false;
  const long double slack = 1e-3L * larger;
  between =
      line.slope >= std::min(left, right) - slack && line.slope <= std::max(left, right) + slack;
  note = "x lies on a kink: the slopes along v are " + number_text(left, 6) + " and " +
         number_text(right, 6) +
         (between ? ", the gradient's is between them; test beside it"
                  : ", the gradient's is not between them");
  return true;
}

// What the two smallest telling steps would have shown: an error of the slope may cancel the
// curvature in one of them, not in both.
long double resolution_at(const TaylorStep& a, const TaylorStep& b) {
  const auto of = [](const TaylorStep& s) { return std::max(s.remainder[1], s.floor[1]) / s.h; };
  return std::max(of(a), of(b));
}

// Whether f changes along v, but not in proportion to any step: it is steep at x, jumps there, or
// the steps are still large beside an element of x.
bool not_linear(const TaylorDirection& d) {
  const TaylorStep& smallest = d.steps.back();
  return smallest.remainder[0] > smallest.floor[0] && (!d.rate[0] || *d.rate[0] < linear);
}

// A slope that is no number cannot be compared with anything.
void judge_not_finite(TaylorDirection& d, int n) {
  const char* const what = n == 1 ? "⟨g, v⟩" : "⟨v, Hv⟩";
  const bool steep = n == 1 && not_linear(d);
  d.verdict[n] = steep ? Verdict::inconclusive : Verdict::fail;
  d.note[n] = std::string(what) + " is no finite number" +
              (steep ? ", nor is the slope of f: test at another x" : ", f is finite around x");
}

// A pass says that an error would have been seen: one of a thousandth of the slope, or where x is
// all but stationary, one that is small beside how f varies.
void judge_resolution(const Line& line, TaylorDirection& d) {
  const long double slope = std::fabs(line.slope);
  long double steepest = 0;
  for (const TaylorStep& step : d.steps) steepest = std::max(steepest, step.remainder[0] / step.h);
  if (d.resolution <= 1e-3L * slope || slope + d.resolution <= 1e-5L * steepest) return;
  const TaylorStep& smallest = d.steps.back();
  const bool curved = smallest.remainder[1] > smallest.floor[1];
  d.verdict[1] = Verdict::inconclusive;
  d.note[1] = "an error of ⟨g, v⟩ = " + number_text(line.slope, 3) + " below " +
              number_text(d.resolution, 3) + " would not be seen: " +
              (curved ? "start with a smaller first_step"
                      : "take large constants and sums that cancel out of f");
}

// A remainder that is above its rounding in less than two steps.
void judge_rounding(TaylorDirection& d, int n) {
  const TaylorStep& smallest = d.steps.back();
  if (n > 0 && smallest.remainder[n] > smallest.floor[n]) {
    d.verdict[n] = Verdict::inconclusive;
    d.note[n] = "does not fall: f jumps at x, or loses digits (see digits_lost)";
    return;
  }
  d.verdict[n] = n == 0 ? Verdict::inconclusive : Verdict::pass;
  if (n == 0 && not_linear(d)) {
    d.note[0] = "f changes, but not in proportion to h: it is steep at x, or jumps there";
    return;
  }
  const bool beyond = std::ranges::any_of(
      d.steps, [n](const TaylorStep& step) { return step.remainder[n] > step.floor[n]; });
  d.note[n] = n == 0 ? std::string("f does not change along v") +
                           (beyond ? ", but beyond a kink" : "") +
                           ": try another x, or look for a missing path"
                     : std::string("all rounding") + (beyond ? " on this side of a kink" : "") +
                           ": f is " + (n == 1 ? "linear" : "quadratic") + " along v";
  if (n != 1) return;
  d.resolution = std::numeric_limits<long double>::infinity();
  for (std::size_t i = 1; i < d.steps.size(); ++i)
    d.resolution = std::min(d.resolution, resolution_at(d.steps[i - 1], d.steps[i]));
}

void judge_rate(const Line& line, TaylorDirection& d, int n, long double f,
                const std::vector<const TaylorStep*>& steps) {
  const TaylorStep &last = *steps.back(), &before = *steps[steps.size() - 2];
  const long double rate =
      std::log(before.remainder[n] / last.remainder[n]) / std::log(before.h / last.h);
  d.rate[n] = rate;
  const auto wanted = static_cast<long double>(n + 1);
  if (n == 1) d.resolution = resolution_at(before, last);
  if (n == 0 || rate >= wanted - 0.1L) return;
  if (rate > wanted - 0.5L) {
    d.verdict[n] = Verdict::inconclusive;
    d.note[n] = "between rates: start with a smaller first_step";
    return;
  }
  if (n == 1 && not_linear(d)) {
    d.verdict[1] = Verdict::inconclusive;
    d.note[1] =
        "f is not linear at any step: start with a smaller first_step, or test at another x";
    return;
  }
  const long double off = last.remainder[n] / std::pow(last.h, wanted - 1);
  const long double size = std::fabs(n == 1 ? line.slope : line.curvature / 2);
  d.verdict[n] = Verdict::fail;
  d.note[n] = (n == 1 ? "⟨g, v⟩ is off by " : "⟨v, Hv⟩/2 is off by ") + number_text(off, 3) +
              " of " + number_text(size, 6);
  bool between = false;
  if (n == 1 && on_a_kink(line, f, last.h, d.note[n], between) && between)
    d.verdict[n] = Verdict::inconclusive;
}

// What the first order leaves is far larger than what the second would.
void hide_second(TaylorDirection& d) {
  d.verdict[2] = Verdict::inconclusive;
  d.note[2] = "hidden by R1";
}

void judge(const Line& line, TaylorDirection& d, long double f) {
  for (int n = 0; n <= line.order; ++n) {
    if ((n == 1 && !std::isfinite(line.slope)) || (n == 2 && !std::isfinite(line.curvature))) {
      judge_not_finite(d, n);
      if (n < line.order) hide_second(d);
      return;
    }
    const auto steps = telling(d, n);
    if (steps.size() < 2)
      judge_rounding(d, n);
    else
      judge_rate(line, d, n, f, steps);
    if (n != 1) continue;
    if (d.verdict[1] == Verdict::pass && d.verdict[0] == Verdict::pass) judge_resolution(line, d);
    if (d.rate[1] && *d.rate[1] <= 1.5L) {
      if (line.order == 2) hide_second(d);
      return;
    }
  }
}

// How rough f is at a step, by a second difference over so small a distance that a smooth f is a
// straight line there: what it loses inside is rounding that its size does not tell.
long double roughness(const Line& line, long double h, long double there) {
  const long double beside = h * 0x1p-20L;
  const long double rough = std::fabs(line.f(h - beside) - there - (there - line.f(h + beside)));
  return std::isfinite(rough) ? rough : 0;
}

TaylorDirection not_finite(TaylorDirection d, const std::string& note) {
  for (Verdict& each : d.verdict) each = Verdict::inconclusive;
  d.note[0] = note;
  d.note[1] = d.note[2] = "not measured";
  d.steps.clear();
  return d;
}

// Whether the curvature still hides an error of the slope, and smaller steps would show it: x may
// be all but stationary, or large beside what happens around it.
bool hides_slope(const Line& line, const std::vector<TaylorStep>& steps) {
  const TaylorStep &last = steps.back(), &before = steps[steps.size() - 2];
  return steps.size() < most_steps && last.remainder[1] > 16 * last.floor[0] &&
         last.remainder[1] > 1e-4L * last.h * std::fabs(line.slope) &&
         before.remainder[1] > 8 * last.remainder[1];
}

// Whether f has been linear in no three steps that follow each other, as where an element of x is
// far smaller than the others, and there is no rounding yet.
bool not_yet_linear(const std::vector<TaylorStep>& steps) {
  if (steps.size() >= most_unlike) return false;
  const long double least = std::pow(ratio, linear);
  int run = 0;
  for (std::size_t i = 0; i + 1 < steps.size() && run < 3; ++i)
    run = steps[i].remainder[0] >= least * steps[i + 1].remainder[0] ? run + 1 : 0;
  return run < 3 && std::ranges::none_of(steps, [](const TaylorStep& step) {
           return step.remainder[0] <= step.floor[0];
         });
}

}  // namespace

TaylorDirection examine(const Line& line) {
  TaylorDirection d;
  d.along = line.slope;
  const long double f = line.f(0);
  if (!std::isfinite(f)) return not_finite(std::move(d), "f is not finite at x");
  std::vector<long double> rough;
  std::size_t too_far = 0;
  for (long double h = line.first_step;
       d.steps.size() < usual_steps || hides_slope(line, d.steps) || not_yet_linear(d.steps);
       h /= ratio) {
    TaylorStep& step = d.steps.emplace_back();
    step.h = h;
    const long double there = line.f(h), change = there - f;
    if (!std::isfinite(there)) {  // too far
      if (++too_far > most_unlike)
        return not_finite(std::move(d), "f is not finite along v: test at another x");
      d.steps.clear();
      rough.clear();
      continue;
    }
    const long double first = change - h * line.slope;
    step.remainder[0] = std::fabs(change);
    step.remainder[1] = std::fabs(first);
    step.remainder[2] = std::fabs(first - h * h / 2 * line.curvature);
    rough.push_back(roughness(line, h, there));
    step.floor[0] =
        std::max(line.rounding * std::max(std::fabs(f), std::fabs(there)), 4 * rough.back());
  }
  // One difference may be small by luck: the roughest of all smaller steps counts, and of four.
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    TaylorStep& step = d.steps[i];
    const auto from = static_cast<std::ptrdiff_t>(std::min(i, d.steps.size() - 4));
    step.floor[0] =
        std::max(step.floor[0], 4 * *std::max_element(rough.begin() + from, rough.end()));
    step.floor[1] = step.floor[0] + step.h * line.slope_error;
    step.floor[2] = step.floor[1] + step.h * step.h / 2 * line.curvature_error;
  }
  judge(line, d, f);
  return d;
}

}  // namespace xtape::detail
