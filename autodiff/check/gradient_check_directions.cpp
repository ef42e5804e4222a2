// A gradient along random directions, and which elements are wrong where one fails.

#include <algorithm>
#include <cmath>
#include <queue>
#include <xtape/autodiff/check/gradient_check_task.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

constexpr std::size_t most_named = 5;   // wrong elements that are looked for
constexpr std::size_t most_kinks = 16;  // elements at a kink that are set apart
constexpr long double far = 4;          // bars that are no accident any more

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
    for (std::size_t d = 0; d < settings_.options.directions && moved_ > 0 && !failed;) {
      draw(d);
      const NumericDerivative found = differentiate(0, n_);
      // (With a noise that is given, a kink may look like stairs.)
      if (numeric_.noise == 0 && !found.flat && !found.kink) numeric_.noise = found.noise;
      flat = flat && found.flat;
      CheckedNumber number = judged(d, found);
      const bool unclear = number.verdict == Verdict::fail;
      const Search search = unclear ? find_wrong(found) : Search();
      if (search.too_many && n_ <= few_elements)
        return check_elements(task_, index_, settings_, report_);
      failed = unclear && (search.wrong || (!found.kink && search.apart == 0));
      const bool again = unclear && !failed && search.apart > 0 && !search.too_many;
      if (unclear && !failed && !again) leave_open(number);
      if (!again) {
        result_.numbers.push_back(std::move(number));
        ++d;
      }
      result_.numbers.insert(result_.numbers.end(), search.numbers.begin(), search.numbers.end());
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
    const bool bends = found.kink && !found.jump;
    const Estimate slope = middle_of(found, bends);
    const long double apart = fabs(claim - slope.value);
    bool doubtful = false;
    if (bends) {
      judge_kink(number, found, {}, settings_);
      // Valid is here what is so for each element, and that need not lie between the two sums. The
      // middle is what all of them have but those whose own claim is not in the middle.
      const long double bar = static_cast<long double>(number.bar);
      doubtful = number.verdict == Verdict::inconclusive &&
                 bar <= static_cast<long double>(settings_.tolerance) *
                            std::max(fabs(found.left.value), fabs(found.right.value));
      if (!doubtful) number.verdict = apart <= far * bar ? Verdict::pass : Verdict::fail;
      number.cause = "the function bends at the point: slopes " + short_text(found.left.value) +
                     " and " + short_text(found.right.value) + ", the gradient is not their middle";
    }
    // What one element may be off: no less than this is seen of it.
    seen_ = (static_cast<long double>(number.bar) + apart) / unit_;
    // A direction in which the gradient's elements cancel is none the worse: what counts is what is
    // seen of one element.
    const bool sharp = seen_ <= static_cast<long double>(settings_.tolerance) * typical_;
    if (number.verdict == Verdict::inconclusive && sharp && !bends && !found.jump &&
        !found.near.known && apart <= static_cast<long double>(number.bar)) {
      number.verdict = Verdict::pass;
      number.cause.clear();
      number.advice.clear();
    } else if (number.verdict == Verdict::pass && !sharp && !zero && typical_ > 0) {
      leave_open(number);
    }
    if (number.verdict == Verdict::pass) {
      result_.sensitivity = std::max(result_.sensitivity, static_cast<double>(seen_));
      if (bends) number.cause.clear();
    }
    return number;
  }
  void leave_open(CheckedNumber& number) const {
    number.verdict = Verdict::inconclusive;
    number.cause = (number.kink ? "the function bends at the point: " : "") +
                   ("an error of one element below " + short_text(seen_)) +
                   " would not be seen; a typical element is " + short_text(typical_);
    number.advice = "check every element (.mode = CheckMode::every_element)";
  }

  // The derivative, or at a kink the middle of both: that of a sum is the sum of the elements'.
  static Estimate middle_of(const NumericDerivative& found, bool bends) {
    if (!bends) return found.best;
    Estimate middle = found.left;
    middle.value = (found.left.value + found.right.value) / 2;
    middle.bar = std::max(found.left.bar, found.right.bar);
    return middle;
  }

  // Elements of [first, last), how far the claim is off along them, and what of it may be noise.
  struct Part {
    std::size_t first, last;
    long double off, bar;
    bool kink;
    bool operator<(const Part& other) const { return fabs(off) < fabs(other.off); }
  };
  Part part_of(std::size_t first, std::size_t last, const NumericDerivative& along) const {
    const Estimate &l = along.left, &r = along.right;
    const bool bends = l.known && r.known && fabs(l.value - r.value) > far * (l.bar + r.bar);
    const Estimate slope = middle_of(along, bends);
    return {first, last, claimed(first, last) - slope.value, slope.bar, bends};
  }
  // What was found where a direction is off.
  struct Search {
    std::vector<CheckedNumber> numbers;
    bool wrong = false;     // an element fails
    std::size_t apart = 0;  // elements at a kink that are right, and are moved no more
    bool too_many = false;  // of those
  };
  // The worst part is halved until one element is left. Each halving costs one derivative: the
  // other half has what is left of the whole. (Next to a kink, two: elements may bend together.)
  // Elements at a kink may be right and yet off the middle: they are checked and set apart.
  Search find_wrong(const NumericDerivative& whole) {
    Search search;
    const long double noise = numeric_.noise;
    if (noise == 0) numeric_.noise = whole.noise;
    std::priority_queue<Part> parts;
    parts.push(part_of(0, n_, whole));
    std::vector<std::size_t> apart;
    std::size_t named = 0;
    bool more = false;
    while (!parts.empty() && !more && !search.too_many) {
      const Part part = parts.top();
      parts.pop();
      if (!(fabs(part.off) > far * part.bar)) break;
      if (named == most_named) {
        more = true;
      } else if (part.last - part.first == 1) {
        CheckedNumber number = check_element(task_, index_, part.first, settings_, report_);
        const bool bends = number.kink && number.verdict != Verdict::fail;
        search.wrong = search.wrong || number.verdict == Verdict::fail;
        search.too_many = bends && set_apart_ + apart.size() == most_kinks;
        if (bends)
          apart.push_back(part.first);
        else
          ++named;
        search.numbers.push_back(std::move(number));
      } else {
        const std::size_t middle = part.first + (part.last - part.first) / 2;
        const Part half = part_of(part.first, middle, differentiate(part.first, middle));
        parts.push(half);
        parts.push(part.kink || half.kink
                       ? part_of(middle, part.last, differentiate(middle, part.last))
                       : Part{middle, part.last, part.off - half.off, part.bar + half.bar, false});
      }
    }
    numeric_.noise = noise;
    if (more)
      report_.notes.push_back("the " + std::to_string(most_named) + " worst elements of " +
                              input_.name + " are named; there are more");
    for (const std::size_t e : apart) out_[e] = true;
    search.apart = apart.size();
    set_apart_ += apart.size();
    moved_ -= apart.size();
    return search;
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
  std::size_t set_apart_ = 0;  // at a kink
  long double unit_ = 1, typical_ = 0, seen_ = 0;
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
