#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/check/adjoint_record.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape {
namespace {

using detail::RuleSide;
using detail::ValueSide;
using detail::Wides;

// Both sides of the test, and the sum of the magnitudes of what they are sums of.
struct Products {
  long double forward = 0, backward = 0, size = 0;
  long double largest = 1;  // |ū|, by which what underflows is magnified
};

Products products(const std::vector<Wides>& u, const std::vector<Wides>& jv, const Wides& c,
                  const Wides& v) {
  Products result;
  for (std::size_t o = 0; o < u.size(); ++o)
    for (std::size_t p = 0; p < u[o].size(); ++p) {
      if (u[o][p] == 0) continue;  // left out
      const long double term = u[o][p] * jv[o][p];
      result.largest = std::max(result.largest, std::fabs(u[o][p]));
      result.forward += term;
      result.size += std::fabs(term);
    }
  for (std::size_t q = 0; q < v.size(); ++q) {
    const long double term = c[q] * v[q];
    result.backward += term;
    result.size += std::fabs(term);
  }
  return result;
}

// One record and one of its inputs.
template <class T>
class Test {
 public:
  Test(RuleSide<T>& rule, ValueSide<T>& value, const Random& random, AdjointResult& result)
      : rule_(rule), value_(value), random_(random), result_(result) {
    std::size_t terms = value.in_size();
    for (std::size_t o = 0; o < value.outputs(); ++o) {
      u_.emplace_back(value.out_size(o));
      terms = std::max(terms, value.out_size(o));
    }
    // An elementwise contribution sums over stretched axes alone.
    if (value.elementwise()) terms /= std::max<std::size_t>(value.in_size(), 1);
    v_.resize(value.in_size());
    count_ = static_cast<long double>(terms);
    result.limit = 16 + 2 * std::sqrt(count_);
    result.source = value.source();
  }

  void run(std::size_t rounds) {
    for (std::size_t round = 0; round < rounds; ++round) {
      draw();
      const Wides& c = rule_.contribution(u_);
      const std::vector<Wides>& jv = value_.tangent(v_);
      if (!finite(c, jv)) return;
      const Products now = products(u_, jv, c, v_);
      const long double error = units(now);
      any_ = any_ || now.size != 0;
      if (round > 0 && error <= result_.error) continue;
      result_.error = error;
      result_.forward = now.forward;
      result_.backward = now.backward;
      if (!(error <= result_.limit)) break;
    }
    if (result_.error > result_.limit) decide();
    if (result_.verdict == Verdict::pass && !any_) {
      result_.verdict = Verdict::inconclusive;
      result_.note = result_.skipped > 0
                         ? "no element has a finite derivative here"
                         : "both sides are nothing but zeros here; test at other inputs";
    }
  }
  [[nodiscard]] bool any() const { return any_; }

 private:
  // Of magnitudes 1/2 to 2 and of either sign, exact in T.
  void fill(Wides& numbers) {
    const std::uint64_t draw = random_.new_draw();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double x = random_.uniform_at(draw, i) * 3 - 1.5;
      numbers[i] = static_cast<float>(x < 0 ? x - 0.5 : x + 0.5);
    }
  }
  void draw() {
    for (std::size_t o = 0; o < u_.size(); ++o) {
      fill(u_[o]);
      result_.skipped = 0;
      for (std::size_t p = 0; p < u_[o].size(); ++p)
        if (!value_.finite(o, p)) {
          u_[o][p] = 0;
          ++result_.skipped;
        }
    }
    fill(v_);
    // Of an elementwise operation every term counts alike: a small partial beside large ones is
    // seen. (Powers of two, of which T can hold the product with any wrong partial.)
    constexpr int most = std::numeric_limits<T>::max_exponent / 2 - 4;
    for (std::size_t p = 0; value_.elementwise() && p < u_[0].size(); ++p)
      if (const long double partial = value_.partial(p); partial != 0)
        u_[0][p] = std::ldexp(u_[0][p], std::clamp(-std::ilogb(partial), -most, most));
  }
  // Elementwise operations leave out what is not finite; a structural one has no such choice.
  bool finite(const Wides& c, const std::vector<Wides>& jv) {
    const auto good = [](long double x) { return std::isfinite(x); };
    if (!value_.elementwise())
      for (const Wides& array : jv)
        if (!std::ranges::all_of(array, good)) {
          result_.verdict = Verdict::inconclusive;
          result_.note = "the derivative is not finite here";
          return false;
        }
    if (std::ranges::all_of(c, good)) return true;
    result_.verdict = Verdict::fail;
    result_.note = "the rule gives a number that is not finite, the value's derivative is finite";
    result_.error = std::numeric_limits<long double>::infinity();
    return false;
  }
  [[nodiscard]] long double unit(const Products& products) const {
    constexpr auto half_ulp = std::numeric_limits<T>::epsilon() / 2;
    constexpr auto tiny = std::numeric_limits<T>::denorm_min();
    // Numbers below the smallest normal one are rounded by themselves, not by their size.
    const auto terms = static_cast<long double>(v_.size()) * (count_ + 1);
    return half_ulp * products.size + tiny * terms * products.largest;
  }
  [[nodiscard]] long double units(const Products& products) const {
    return std::fabs(products.forward - products.backward) / unit(products);
  }

  // What an element of J w may be: at a kink what lies between the slopes to both sides; give or
  // take a slack.
  struct Range {
    long double low, high, slack;
  };
  std::vector<std::vector<Range>> ranges(const std::vector<Wides>& u, const Wides& w);

  // The two differ: is it a kink, a branch that the dual reading followed, the rounding of the
  // rule's own formula, or a mistake?
  void decide();
  bool excused_elementwise(const std::vector<Wides>& u, const Wides& w);
  bool excused(const std::vector<Wides>& u, const Wides& w);
  void locate();
  [[nodiscard]] long double difference(const std::vector<Wides>& u, const Wides& v) {
    const Products p = products(u, value_.tangent(v), rule_.contribution(u), v);
    return p.forward - p.backward;
  }

  RuleSide<T>& rule_;
  ValueSide<T>& value_;
  Random random_;
  AdjointResult& result_;
  std::vector<Wides> u_;
  Wides v_;
  long double count_ = 0;
  std::size_t branches_ = 0, lossy_ = 0, rounded_ = 0;  // elements
  bool any_ = false;
};

template <class T>
std::vector<std::vector<typename Test<T>::Range>> Test<T>::ranges(const std::vector<Wides>& u,
                                                                  const Wides& w) {
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
bool Test<T>::excused_elementwise(const std::vector<Wides>& u, const Wides& w) {
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
bool Test<T>::excused(const std::vector<Wides>& u, const Wides& w) {
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
void Test<T>::decide() {
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

// Halves v and then ū, always going on with the half that differs more.
template <class T>
void Test<T>::locate() {
  const auto halve = [](std::size_t size, auto&& differs) {
    std::size_t first = 0, last = size;
    while (last - first > 1) {
      const std::size_t middle = first + (last - first) / 2;
      const long double left = differs(first, middle), right = differs(middle, last);
      // Not a number: where it is, is what matters.
      (left >= right || std::isnan(left) ? last : first) = middle;
    }
    return first;
  };
  Wides v(v_.size());
  const std::size_t q = halve(v.size(), [&](std::size_t first, std::size_t last) {
    std::ranges::fill(v, 0);
    std::copy(v_.begin() + static_cast<std::ptrdiff_t>(first),
              v_.begin() + static_cast<std::ptrdiff_t>(last),
              v.begin() + static_cast<std::ptrdiff_t>(first));
    return std::fabs(difference(u_, v));
  });
  std::ranges::fill(v, 0);
  v[q] = 1;
  std::vector<Wides> u = u_;
  std::size_t o = 0;
  long double most = -1;
  for (std::size_t i = 0; i < u.size(); ++i) {
    for (Wides& array : u) std::ranges::fill(array, 0);
    u[i] = u_[i];
    const long double here = std::fabs(difference(u, v));
    if (here > most) {
      most = here;
      o = i;
    }
  }
  for (Wides& array : u) std::ranges::fill(array, 0);
  const std::size_t p = halve(u[o].size(), [&](std::size_t first, std::size_t last) {
    std::ranges::fill(u[o], 0);
    std::copy(u_[o].begin() + static_cast<std::ptrdiff_t>(first),
              u_[o].begin() + static_cast<std::ptrdiff_t>(last),
              u[o].begin() + static_cast<std::ptrdiff_t>(first));
    return std::fabs(difference(u, v));
  });
  std::ranges::fill(u[o], 0);
  u[o][p] = 1;
  result_.entry =
      AdjointEntry{o, indices_of(value_.out_shape(o), p), indices_of(value_.in_shape(), q),
                   rule_.contribution(u)[q], value_.tangent(v)[o][p]};
}

}  // namespace

template <class T>
AdjointReport check_adjoints(BasicTape<T>& tape, const AdjointOptions& options) {
  if (options.rounds == 0)
    throw Error("check_adjoints: rounds is 0; one pair of directions at least has to be tried");
  AdjointReport report;
  const BasicWalk<T> walk(tape, nullptr, "check_adjoints");
  report.records = walk.size();
  report.recorded = options.recorded;
  const Random random(options.seed);
  std::map<std::pair<const Rule<T>*, const void*>, const detail::Elementary*> known;
  for (const BasicRecordView<T>& record : walk) {
    const Rule<T>& rule = *tape.record_at(record.index).rule;
    const void* const operation = tape.record_at(record.index).operation();
    if (rule.piecewise_constant || !record.outputs[0].active) {
      ++report.without;
      continue;
    }
    const auto [entry, unknown] = known.try_emplace({&rule, operation});
    if (unknown) entry->second = detail::elementary_of(rule, operation);
    for (std::size_t k = 0; k < record.inputs.size(); ++k) {
      const BasicSlotView<T>& input = record.inputs[k];
      AdjointResult result;
      result.record = record.index;
      result.input = k;
      result.operation = record.operation;
      result.array = input.label;
      result.shape = input.shape;
      result.place = record.place;
      result.path = record.prefix();
      if (input.shape.size() == 0) continue;
      RuleSide<T> rule_side(tape, record.index, k, options.recorded);
      ValueSide<T> value_side(tape, record.index, k, entry->second);
      Test<T> test(rule_side, value_side, random.split(report.results.size()), result);
      try {
        test.run(options.rounds);
      } catch (const ShapeError& error) {
        result.verdict = Verdict::fail;
        result.error = std::numeric_limits<long double>::infinity();
        result.note = error.what();
      }
      // A mask or another input that never has a derivative.
      if (!input.active && !test.any() && result.verdict == Verdict::inconclusive) continue;
      report.results.push_back(std::move(result));
    }
  }
  return report;
}

template AdjointReport check_adjoints(BasicTape<double>&, const AdjointOptions&);
template AdjointReport check_adjoints(BasicTape<float>&, const AdjointOptions&);

}  // namespace xtape
