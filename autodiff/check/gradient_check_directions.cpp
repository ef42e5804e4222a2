// A gradient along random directions, and which elements are wrong where one fails.

#include <algorithm>
#include <cmath>
#include <queue>
#include <xtape/autodiff/check/direction.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

constexpr std::size_t most_named = 5;  // wrong elements that are looked for
constexpr std::size_t most_kinks = 8;  // elements at a kink that are set apart
constexpr long double far = 4;         // bars that are no accident any more

// An input along random directions.
template <class T>
class Directions {
 public:
  Directions(CheckTask<T>& task, std::size_t input, const Settings& settings,
             GradientReport& report)
      : task_(task),
        index_(input),
        name_(task.inputs[input].name),
        settings_(settings),
        report_(report),
        direction_(task, input, settings, report),
        n_(direction_.size()) {
    result_.directions = true;
  }

  CheckedInput run() {
    const PutBack<T> put_back{task_};
    for (const std::size_t e : direction_.alone())
      result_.numbers.push_back(check_element(task_, index_, e, settings_, report_));
    bool flat = true, failed = false;
    for (std::size_t d = 0;
         d < settings_.options.directions && direction_.moved() > 0 && !failed;) {
      direction_.draw(d);
      const NumericDerivative found = direction_.differentiate(0, n_);
      // (With a noise that is given, a kink may look like stairs.)
      if (direction_.noise() == 0 && !found.flat && !found.kink) direction_.set_noise(found.noise);
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
      if (search.too_many) break;  // the next direction would meet the same kinks
    }
    if (flat && direction_.moved() > 0 && !result_.numbers.empty()) result_.without_effect = n_;
    return std::move(result_);
  }

 private:
  CheckedNumber judged(std::size_t d, const NumericDerivative& found) {
    const bool zero = Settings::lists(settings_.options.expect_zero, name_, name_);
    const long double claim = direction_.claimed(0, n_);
    CheckedNumber number = judge(
        (task_.order == 2 ? "order 2, " : "") + name_ + " along direction " + std::to_string(d + 1),
        claim, found, direction_.natural(), zero, settings_);
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
    seen_ = (static_cast<long double>(number.bar) + apart) / direction_.unit();
    // A direction in which the gradient's elements cancel is none the worse: what counts is what is
    // seen of one element.
    const bool sharp =
        seen_ <= static_cast<long double>(settings_.tolerance) * direction_.typical();
    if (number.verdict == Verdict::inconclusive && sharp && !bends && !found.jump &&
        !found.near.known && apart <= static_cast<long double>(number.bar)) {
      number.verdict = Verdict::pass;
      number.cause.clear();
      number.advice.clear();
    } else if (number.verdict == Verdict::pass && !sharp && !zero && direction_.typical() > 0) {
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
                   " would not be seen; a typical element is " + short_text(direction_.typical());
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
    return {first, last, direction_.claimed(first, last) - slope.value, slope.bar, bends};
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
    const long double noise = direction_.noise();
    if (noise == 0) direction_.set_noise(whole.noise);
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
        const Part half = part_of(part.first, middle, direction_.differentiate(part.first, middle));
        parts.push(half);
        parts.push(part.kink || half.kink
                       ? part_of(middle, part.last, direction_.differentiate(middle, part.last))
                       : Part{middle, part.last, part.off - half.off, part.bar + half.bar, false});
      }
    }
    direction_.set_noise(noise);
    if (more)
      report_.notes.push_back("the " + std::to_string(most_named) + " worst elements of " + name_ +
                              " are named; there are more");
    for (const std::size_t e : apart) direction_.set_apart(e);
    search.apart = apart.size();
    set_apart_ += apart.size();
    return search;
  }

  CheckTask<T>& task_;
  std::size_t index_;
  const std::string& name_;
  const Settings& settings_;
  GradientReport& report_;
  Direction<T> direction_;
  std::size_t n_;
  std::size_t set_apart_ = 0;  // at a kink
  long double seen_ = 0;
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
