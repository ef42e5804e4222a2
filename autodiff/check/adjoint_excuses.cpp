// Where the two sides differ: is it a kink, a branch that the dual reading followed, the rounding
// of the rule's own formula, or a mistake?

#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/adjoint_trial.hpp>

namespace xtape::detail {

template <class T>
std::vector<std::vector<typename AdjointTrial<T>::Range>> AdjointTrial<T>::ranges(
    const std::vector<Wides>& u, const Wides& w) {
  const std::vector<Wides> dual = value_.tangent(w);
  const long double h = std::ldexp(1.0L, -30);
  const auto wide = value_.slopes(w, h), slopes = value_.slopes(w, h / 4);
  const auto differences = value_.extrapolated(w);
  std::vector<std::vector<Range>> result(u.size());
  for (std::size_t o = 0; o < u.size(); ++o)
    for (std::size_t p = 0; p < u[o].size(); ++p) {
      const long double right = slopes.right[o][p], left = slopes.left[o][p], exact = dual[o][p];
      const long double larger = std::max(std::fabs(right), std::fabs(left));
      const long double jump = std::fabs(right - left), noise = slopes.noise[o][p];
      // Where it is smooth the slopes come together as h falls, however much it bends.
      const bool stays = jump > 0.7L * std::fabs(wide.right[o][p] - wide.left[o][p]);
      Range& range = result[o].emplace_back(Range{exact, exact, 0});
      if (u[o][p] == 0) continue;
      if (stays && jump > 1e-3L * larger + 8 * noise) {
        ++result_.kinks;
        range = {std::min(right, left), std::max(right, left), 1e-6L * larger + noise};
      } else if (std::fabs(differences.derivative[o][p] - exact) >
                 10 * differences.bar[o][p] + 1e-12L * std::fabs(exact)) {
        ++branches_;
        range.low = range.high = differences.derivative[o][p];
        range.slack = differences.bar[o][p];
      }
    }
  return result;
}

// Each element of the contribution by itself, so that none hides in the slack of another.
template <class T>
bool AdjointTrial<T>::excused_elementwise(const std::vector<Wides>& u, const Wides& w) {
  constexpr auto epsilon = static_cast<long double>(std::numeric_limits<T>::epsilon());
  const auto range = ranges(u, w)[0];
  const Wides rounding = value_.rule_rounding();
  const Wides& c = rule_.contribution(u);
  Products underflow;
  for (const long double each : u[0])
    underflow.largest = std::max(underflow.largest, std::fabs(each));
  Wides low(w.size()), high(w.size()), sharp(w.size()), slack(w.size());
  for (std::size_t p = 0; p < u[0].size(); ++p) {
    if (u[0][p] == 0) continue;
    const std::size_t q = value_.from(p);
    const Range& r = range[p];
    const long double size = std::max(std::fabs(r.low), std::fabs(r.high));
    const long double bar = rounding[p] * std::fabs(w[q]);
    low[q] += std::min(u[0][p] * r.low, u[0][p] * r.high);
    high[q] += std::max(u[0][p] * r.low, u[0][p] * r.high);
    sharp[q] += std::fabs(u[0][p]) * (result_.limit * epsilon / 2 * size + r.slack);
    slack[q] += std::fabs(u[0][p]) * bar;
    if (bar > std::sqrt(epsilon) * size) ++lossy_;
  }
  const long double tiny = unit(underflow) * result_.limit;
  for (std::size_t q = 0; q < w.size(); ++q) {
    const long double product = c[q] * w[q];
    const long double outside = std::max({low[q] - product, product - high[q], 0.0L});
    if (!(outside <= sharp[q] + slack[q] + tiny)) return false;
    if (outside > sharp[q] + tiny) ++rounded_;
  }
  return result_.kinks + branches_ + rounded_ > 0;
}

template <class T>
bool AdjointTrial<T>::excused(const std::vector<Wides>& u, const Wides& w) {
  const auto range = ranges(u, w);
  std::vector<Wides> smooth = u, jw = u;
  long double low = 0, high = 0, kink_slack = 0, slack = 0;
  for (std::size_t o = 0; o < u.size(); ++o)
    for (std::size_t p = 0; p < u[o].size(); ++p) {
      const Range& r = range[o][p];
      jw[o][p] = r.low;
      const bool kink = r.low != r.high;
      (kink ? kink_slack : slack) += std::fabs(u[o][p]) * r.slack;
      if (!kink) continue;
      smooth[o][p] = 0;
      low += std::min(u[o][p] * r.low, u[o][p] * r.high);
      high += std::max(u[o][p] * r.low, u[o][p] * r.high);
    }
  if (result_.kinks + branches_ == 0) return false;
  const auto within = [&](const Products& p, long double below, long double above,
                          long double more) {
    const long double rest = p.backward - p.forward, limit = result_.limit * unit(p) + slack + more;
    return rest >= below - limit && rest <= above + limit;
  };
  if (!within(products(smooth, jw, rule_.contribution(smooth), w), 0, 0, 0)) return false;
  // A kink of one element that feeds others: the rest is in `smooth`.
  Products all = products(u, jw, rule_.contribution(u), w);
  all.forward = products(smooth, jw, Wides(w.size()), w).forward;
  return within(all, low, high, kink_slack);
}

template <class T>
void AdjointTrial<T>::decide() {
  result_.verdict = Verdict::fail;
  // Steps are relative to each element; an elementwise cotangent makes up for it.
  const Wides scale = value_.scales();
  Wides w = v_;
  std::vector<Wides> u = u_;
  for (std::size_t q = 0; q < w.size(); ++q) w[q] *= scale[q];
  if (value_.elementwise())
    for (std::size_t p = 0; p < u[0].size(); ++p)
      u[0][p] = static_cast<T>(u[0][p] / scale[value_.from(p)]);
  const Products seen = products(u, value_.tangent(w), rule_.contribution(u), w);
  if (!(units(seen) > result_.limit)) return locate();
  if (!(value_.elementwise() ? excused_elementwise(u, w) : excused(u, w))) return locate();
  any_ = true;
  result_.verdict = Verdict::pass;
  if (rounded_ > 0 && lossy_ > 0) {
    result_.verdict = Verdict::inconclusive;
    result_.note =
        "its own formula loses too many digits here to know; test at other inputs, or "
        "write it without a difference of nearly equal numbers (see digits_lost)";
  } else if (result_.kinks > 0) {
    result_.note = "at a kink: the rule is between the slopes to both sides";
  } else if (branches_ > 0) {
    result_.note =
        "agrees with differences of the value; the dual reading follows one branch of a select, or "
        "an elementary function's partial is wrong";
  } else {
    result_.note = "right to the rounding of its own formula, which loses digits here";
  }
}

template void AdjointTrial<double>::decide();
template void AdjointTrial<float>::decide();

}  // namespace xtape::detail
