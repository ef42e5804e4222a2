// A gradient along random directions, and which elements are wrong where one fails.

#include <algorithm>
#include <cmath>
#include <queue>
#include <xtape/autodiff/check/gradient_check_task.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

constexpr std::size_t most_named = 5;  // wrong elements that are looked for
constexpr std::size_t most_kinks = 8;  // elements at a kink that are set apart

// The power of two below a number.
long double power_below(long double x) { return std::exp2(std::floor(std::log2(x))); }

// The elements of an input of which some are moved along a direction.
template <class T>
class Directions {
 public:
  Directions(CheckTask<T>& task, std::size_t input, const Settings& settings,
             GradientReport& report)
      : task_(task),
        index_(input),
        input_(task.inputs[input]),
        settings_(settings),
        report_(report),
        n_(input_.base.size()),
        random_(Random(settings.options.seed).split(input)),
        step_(n_),
        out_(n_) {
    result_.directions = true;
    find_those_alone();
    long double squares = 0, gradients = 0;
    for (std::size_t e = 0; e < n_; ++e) {
      const auto x = static_cast<long double>(input_.base[e]);
      squares += x * x;
      if (!out_[e]) gradients += input_.analytic[e] * input_.analytic[e];
    }
    const auto count = static_cast<long double>(n_);
    if (squares > 0) unit_ = power_below(std::sqrt(squares / count));
    typical_ = std::sqrt(gradients / count);
    numeric_.epsilon = settings.epsilon;
    if (settings.options.scale > 0)
      numeric_.scale = static_cast<long double>(settings.options.scale) / unit_;
    numeric_.spacing = sizes * static_cast<long double>(std::numeric_limits<T>::epsilon());
  }

  CheckedInput run() {
    const PutBack<T> put_back{task_};
    check_those_alone();
    bool flat = true, failed = false;
    for (std::size_t d = 0; d < settings_.options.directions && moved_ > 0 && !failed; ++d) {
      draw(d);
      NumericDerivative found = differentiate(0, n_);
      if (found.kink && !found.jump && set_kinks_apart(found)) {
        if (moved_ == 0) break;
        draw(d);
        found = differentiate(0, n_);
      }
      if (numeric_.noise == 0 && !found.flat) numeric_.noise = found.noise;
      flat = flat && found.flat;
      CheckedNumber number = judged(d, found);
      failed = number.verdict == Verdict::fail;
      result_.numbers.push_back(std::move(number));
      if (failed) find_wrong(found);
    }
    if (flat && moved_ > 0 && !result_.numbers.empty()) result_.without_effect = n_;
    return std::move(result_);
  }

 private:
  // Of a magnitude: few, so that the elements are moved exactly, and many, so that errors of two
  // elements hardly ever cancel.
  static constexpr long double sizes = std::numeric_limits<T>::digits > 24 ? 128 : 8;

  [[nodiscard]] std::string label(std::size_t e) const {
    return input_.name + index_text(input_.shape, e);
  }
  // What is skipped; what is no number, which hides everything else; what is zero on purpose.
  void find_those_alone() {
    const auto& options = settings_.options;
    const bool named = !options.skip.empty() || !options.expect_zero.empty();
    for (std::size_t e = 0; e < n_; ++e) {
      if (named && Settings::lists(options.skip, input_.name, label(e))) {
        out_[e] = true;
      } else if (!std::isfinite(input_.analytic[e])) {
        out_[e] = true;
        if (alone_.size() < most_named) alone_.push_back(e);
      } else if (named && Settings::lists(options.expect_zero, "", label(e))) {
        out_[e] = true;
        alone_.push_back(e);
      }
      moved_ += out_[e] ? 0 : 1;
    }
  }
  void check_those_alone() {
    for (const std::size_t e : alone_)
      result_.numbers.push_back(check_element(task_, index_, e, settings_, report_));
  }
  // Of either sign, and of a magnitude from one unit to two.
  void draw(std::size_t d) {
    for (std::size_t e = 0; e < n_; ++e) {
      const std::uint64_t bits = random_.bits(d, e);
      const auto part = static_cast<long double>((bits >> 1U) % static_cast<unsigned>(sizes));
      const long double size = unit_ * (1 + part / sizes);
      step_[e] = out_[e] ? T(0) : static_cast<T>((bits & 1U) != 0 ? size : -size);
    }
  }
  [[nodiscard]] long double claimed(std::size_t first, std::size_t last) const {
    long double sum = 0;
    for (std::size_t e = first; e < last; ++e)
      if (!out_[e]) sum += input_.analytic[e] * static_cast<long double>(step_[e]);
    return sum;
  }
  // The derivative along the elements of [first, last).
  NumericDerivative differentiate(std::size_t first, std::size_t last) {
    // What one element may be off, times its part in the direction.
    numeric_.expected = typical_ * unit_;
    numeric_.precision = static_cast<long double>(settings_.tolerance) / 16;
    numeric_.claimed = claimed(first, last);
    const Probe probe = [&](long double t) {
      const T by = static_cast<T>(t);
      for (std::size_t e = first; e < last; ++e) input_.data[e] = input_.base[e] + by * step_[e];
      task_.moved();
      return Sample{static_cast<long double>(by), task_.evaluate()};
    };
    const NumericDerivative found = numeric_derivative(probe, numeric_);
    report_.evaluations += static_cast<std::uint64_t>(found.evaluations);
    task_.put_back();
    return found;
  }

  CheckedNumber judged(std::size_t d, const NumericDerivative& found) {
    const bool zero = Settings::lists(settings_.options.expect_zero, input_.name, input_.name);
    const long double claim = claimed(0, n_);
    CheckedNumber number = judge((task_.order == 2 ? "order 2, " : "") + input_.name +
                                     " along direction " + std::to_string(d + 1),
                                 claim, found, numeric_.scale, zero, settings_);
    // Between two slopes there is room for errors.
    long double room = 0;
    if (found.kink && !found.jump) {
      judge_kink(number, found, {}, settings_);
      room = fabs(found.right.value - found.left.value);
    }
    const long double seen = (static_cast<long double>(number.bar) + room) / unit_;
    if (number.verdict == Verdict::pass)
      result_.sensitivity = std::max(result_.sensitivity, static_cast<double>(seen));
    // A direction in which the gradient's elements cancel is none the worse: what counts is what is
    // seen of one element.
    const bool sharp = seen <= static_cast<long double>(settings_.tolerance) * typical_;
    if (number.verdict == Verdict::inconclusive && sharp && !found.jump && !found.near.known &&
        fabs(claim - found.best.value) <= static_cast<long double>(number.bar)) {
      number.verdict = Verdict::pass;
      number.cause.clear();
      number.advice.clear();
    } else if (number.verdict == Verdict::pass && !sharp && !zero && (typical_ > 0 || room > 0)) {
      number.verdict = Verdict::inconclusive;
      number.cause = "an error of one element below " + short_text(seen) +
                     " would not be seen; a typical element is " + short_text(typical_);
      number.advice = "check every element (.mode = CheckMode::every_element)";
    }
    return number;
  }

  // Elements of [first, last), how far the claim is off along them, or the two slopes from each
  // other, and what of it may be noise.
  struct Part {
    std::size_t first, last;
    long double off, bar;
    bool operator<(const Part& other) const { return fabs(off) < fabs(other.off); }
  };
  // Of slopes from the right and from the left, those of elements at a kink differ, and the others'
  // are the same: so the elements are found by halving, checked one by one, and moved no more.
  // Whether there were any, and few.
  bool set_kinks_apart(const NumericDerivative& whole) {
    if (kinks_looked_for_) return false;
    kinks_looked_for_ = true;
    const auto part_of = [](std::size_t first, std::size_t last, const NumericDerivative& along) {
      return Part{first, last, along.right.value - along.left.value,
                  along.right.bar + along.left.bar};
    };
    std::vector<Part> parts{part_of(0, n_, whole)};
    std::vector<std::size_t> found;
    while (!parts.empty()) {
      const Part part = parts.back();
      parts.pop_back();
      if (!(fabs(part.off) > 4 * part.bar)) continue;
      if (part.last - part.first == 1) {
        if (found.size() == most_kinks) return false;
        found.push_back(part.first);
        continue;
      }
      const std::size_t middle = part.first + (part.last - part.first) / 2;
      const Part half = part_of(part.first, middle, differentiate(part.first, middle));
      parts.push_back(half);
      parts.push_back({middle, part.last, part.off - half.off, part.bar + half.bar});
    }
    for (const std::size_t e : found) {
      out_[e] = true;
      --moved_;
      result_.numbers.push_back(check_element(task_, index_, e, settings_, report_));
    }
    return !found.empty();
  }

  // The worst part is halved until one element is left. Each halving costs one derivative: the
  // other half has what is left of the whole.
  void find_wrong(const NumericDerivative& whole) {
    std::priority_queue<Part> parts;
    parts.push({0, n_, claimed(0, n_) - whole.best.value, whole.best.bar});
    std::size_t named = 0;
    bool more = false;
    while (!parts.empty()) {
      const Part part = parts.top();
      parts.pop();
      if (!(fabs(part.off) > 4 * part.bar)) break;
      if (named == most_named) {
        more = true;
        break;
      }
      if (part.last - part.first == 1) {
        result_.numbers.push_back(check_element(task_, index_, part.first, settings_, report_));
        ++named;
        continue;
      }
      const std::size_t middle = part.first + (part.last - part.first) / 2;
      const NumericDerivative half = differentiate(part.first, middle);
      const long double off = claimed(part.first, middle) - half.best.value;
      parts.push({part.first, middle, off, half.best.bar});
      parts.push({middle, part.last, part.off - off, part.bar + half.best.bar});
    }
    if (more)
      report_.notes.push_back("the " + std::to_string(most_named) + " worst elements of " +
                              input_.name + " are named; there are more");
  }

  CheckTask<T>& task_;
  std::size_t index_;
  TaskInput<T>& input_;
  const Settings& settings_;
  GradientReport& report_;
  std::size_t n_, moved_ = 0;
  Random random_;
  std::vector<T> step_;
  std::vector<bool> out_;  // of the directions
  std::vector<std::size_t> alone_;
  bool kinks_looked_for_ = false;
  long double unit_ = 1, typical_ = 0;
  NumericOptions numeric_;
  CheckedInput result_;
};

}  // namespace

template <class T>
CheckedInput check_directions(CheckTask<T>& task, std::size_t input, const Settings& settings,
                              GradientReport& report) {
  return Directions<T>(task, input, settings, report).run();
}

#define XTAPE_INSTANTIATE(T)                                                          \
  template CheckedInput check_directions(CheckTask<T>&, std::size_t, const Settings&, \
                                         GradientReport&);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(long double)
#undef XTAPE_INSTANTIATE

}  // namespace xtape::detail
