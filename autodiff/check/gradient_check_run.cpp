// All numbers of a gradient, one by one or along directions.

#include <algorithm>
#include <xtape/autodiff/check/gradient_check_task.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

constexpr std::size_t few_elements = 1000;  // that are checked one by one unless told otherwise

template <class T>
long double largest(const std::vector<T>& values) {
  long double most = 0;
  for (const T v : values) most = std::max<long double>(most, fabs(static_cast<long double>(v)));
  return most;
}

// The power of two below a number: displacements by it are exact.
long double power_below(long double x) { return std::exp2(std::floor(std::log2(x))); }

// Puts everything back, also when the user's function throws.
template <class T>
struct PutBack {
  CheckTask<T>& task;
  ~PutBack() { task.put_back(); }
};

template <class T>
bool all_zero(const CheckTask<T>& task) {
  return std::ranges::all_of(task.inputs, [](const auto& input) {
    return std::ranges::all_of(input.analytic, [](long double a) { return a == 0; });
  });
}

std::string label_of(const std::string& name, const Shape& shape, std::size_t element, int order) {
  return (order == 2 ? "order 2, " : "") + name + index_text(shape, element);
}

}  // namespace

template <class T>
CheckedNumber check_element(CheckTask<T>& task, std::size_t i, std::size_t e,
                            const Settings& settings, GradientReport& report, bool* flat) {
  TaskInput<T>& input = task.inputs[i];
  const PutBack<T> put_back{task};
  const T x = input.base[e];
  const auto move = [&](long double displacement) {
    const T to = static_cast<T>(static_cast<long double>(x) + displacement);
    input.data[e] = to;
    task.moved();
    return static_cast<long double>(to) - static_cast<long double>(x);
  };
  const Probe probe = [&](long double displacement) {
    const long double made = move(displacement);
    return Sample{made, task.evaluate()};
  };
  NumericOptions numeric;
  numeric.epsilon = settings.epsilon;
  numeric.scale = fabs(static_cast<long double>(x));
  if (numeric.scale == 0) numeric.scale = largest(input.base);
  if (numeric.scale == 0) numeric.scale = 1;
  if (settings.options.scale > 0) numeric.scale = static_cast<long double>(settings.options.scale);
  const T size = std::abs(x),
          larger_size = std::nextafter(size, std::numeric_limits<T>::infinity());
  numeric.spacing = static_cast<long double>(
      std::isfinite(larger_size) ? larger_size - size : size - std::nextafter(size, T(0)));
  numeric.smallest = settings.smallest;
  numeric.expected = numeric.claimed = input.analytic[e];
  numeric.precision = std::max(static_cast<long double>(settings.tolerance) / 100,
                               static_cast<long double>(16 * settings.epsilon));
  NumericDerivative found = numeric_derivative(probe, numeric);
  report.evaluations += static_cast<std::uint64_t>(found.evaluations);
  // An element that is next to none may be moved as far as the others.
  for (const long double larger : {largest(input.base), 1.0L}) {
    if (!found.flat || settings.options.scale > 0 || numeric.scale * 1024 >= larger) continue;
    numeric.scale = larger;
    found = numeric_derivative(probe, numeric);
    report.evaluations += static_cast<std::uint64_t>(found.evaluations);
  }
  if (flat != nullptr) *flat = found.flat;

  const std::string label = index_text(input.shape, e);
  const bool zero = Settings::lists(settings.options.expect_zero, input.name, input.name + label);
  CheckedNumber number = judge(label_of(input.name, input.shape, e, task.order), input.analytic[e],
                               found, numeric.scale, zero, settings);
  if (found.kink && !found.jump) {
    std::vector<KinkSite> sites;
    if (task.kinks) {
      const long double h = std::min(found.left.step, found.right.step);
      const auto at = [&](long double displacement) {
        move(displacement);
        static_cast<void>(task.evaluate());
        return task.kinks();
      };
      const KinkValues left = at(-h), middle = at(0), right = at(h);
      sites = kinks_between(left, middle, right);
    }
    judge_kink(number, found, sites, settings);
  }
  return number;
}

template <class T>
CheckedInput check_elements(CheckTask<T>& task, std::size_t i, const Settings& settings,
                            GradientReport& report) {
  const TaskInput<T>& input = task.inputs[i];
  CheckedInput result;
  for (std::size_t e = 0; e < input.base.size(); ++e) {
    if (Settings::lists(settings.options.skip, input.name, input.name + index_text(input.shape, e)))
      continue;
    bool flat = false;
    result.numbers.push_back(check_element(task, i, e, settings, report, &flat));
    if (flat) ++result.without_effect;
    const CheckedNumber& number = result.numbers.back();
    if (number.verdict == Verdict::pass)
      result.sensitivity = std::max(result.sensitivity, number.bar);
  }
  return result;
}

template <class T>
CheckedInput check_directions(CheckTask<T>& task, std::size_t i, const Settings& settings,
                              GradientReport& report) {
  TaskInput<T>& input = task.inputs[i];
  const PutBack<T> put_back{task};
  const std::size_t n = input.base.size();
  CheckedInput result;
  result.directions = true;
  long double squares = 0, gradients = 0;
  for (const T x : input.base) squares += static_cast<long double>(x) * static_cast<long double>(x);
  for (const long double a : input.analytic) gradients += a * a;
  const auto count = static_cast<long double>(n);
  const long double unit = squares > 0 ? power_below(std::sqrt(squares / count)) : 1;
  const long double typical = std::sqrt(gradients / count);
  const Random random = Random(settings.options.seed).split(i);
  std::vector<T> step(n);

  NumericOptions numeric;
  numeric.epsilon = settings.epsilon;
  if (settings.options.scale > 0)
    numeric.scale = static_cast<long double>(settings.options.scale) / unit;
  numeric.spacing = static_cast<long double>(std::numeric_limits<T>::epsilon());
  numeric.smallest = settings.smallest;
  // The derivative along the elements of [first, last).
  const auto differentiate = [&](std::size_t first, std::size_t last) {
    const Probe probe = [&](long double t) {
      const T by = static_cast<T>(t);
      for (std::size_t e = first; e < last; ++e) input.data[e] = input.base[e] + by * step[e];
      task.moved();
      return Sample{static_cast<long double>(by), task.evaluate()};
    };
    const NumericDerivative found = numeric_derivative(probe, numeric);
    report.evaluations += static_cast<std::uint64_t>(found.evaluations);
    task.put_back();
    return found;
  };
  const auto claimed = [&](std::size_t first, std::size_t last) {
    long double sum = 0;
    for (std::size_t e = first; e < last; ++e)
      sum += input.analytic[e] * static_cast<long double>(step[e]);
    return sum;
  };
  const bool zero = Settings::lists(settings.options.expect_zero, input.name, input.name);
  bool flat = true;
  for (std::size_t d = 0; d < settings.options.directions; ++d) {
    for (std::size_t e = 0; e < n; ++e)
      step[e] = static_cast<T>((random.bits(d, e) & 1) != 0 ? unit : -unit);
    // What one element may be off, times its part in the direction.
    numeric.expected = typical * unit;
    numeric.precision = static_cast<long double>(settings.tolerance) / 16;
    numeric.claimed = claimed(0, n);
    const NumericDerivative found = differentiate(0, n);
    if (numeric.noise == 0 && !found.flat) numeric.noise = found.noise;
    flat = flat && found.flat;
    const std::string label = (task.order == 2 ? "order 2, " : "") + input.name +
                              " along direction " + std::to_string(d + 1);
    CheckedNumber number = judge(label, claimed(0, n), found, 1, zero, settings);
    if (found.kink && !found.jump) judge_kink(number, found, {}, settings);
    const long double seen = static_cast<long double>(number.bar) / unit;
    if (number.verdict == Verdict::pass)
      result.sensitivity = std::max(result.sensitivity, static_cast<double>(seen));
    // A direction in which the gradient's elements cancel is none the worse: what counts is what is
    // seen of one element.
    const bool sharp = seen <= static_cast<long double>(settings.tolerance) * typical;
    if (number.verdict == Verdict::inconclusive && sharp && !found.jump &&
        fabs(claimed(0, n) - found.best.value) <= static_cast<long double>(number.bar)) {
      number.verdict = Verdict::pass;
      number.cause.clear();
      number.advice.clear();
    } else if (number.verdict == Verdict::pass && !sharp && !zero && typical > 0 && !found.kink) {
      number.verdict = Verdict::inconclusive;
      number.cause = "an error of one element below " + short_text(seen) +
                     " would not be seen; a typical element is " + short_text(typical);
      number.advice = "check every element (.mode = CheckMode::every_element)";
    }
    const bool failed = number.verdict == Verdict::fail;
    result.numbers.push_back(std::move(number));
    if (!failed || n == 1) continue;
    // The half that is further off, until one element is left.
    numeric.claimed = std::numeric_limits<long double>::quiet_NaN();
    std::size_t first = 0, last = n;
    while (last - first > 1) {
      const std::size_t middle = first + (last - first) / 2;
      const NumericDerivative one = differentiate(first, middle),
                              other = differentiate(middle, last);
      const bool left = fabs(one.best.value - claimed(first, middle)) >=
                        fabs(other.best.value - claimed(middle, last));
      (left ? last : first) = middle;
    }
    result.numbers.push_back(check_element(task, i, first, settings, report));
    break;
  }
  if (flat) result.without_effect = n;
  return result;
}

template <class T>
void run_check(CheckTask<T>& task, const Settings& settings, GradientReport& report) {
  const PutBack<T> put_back{task};
  const auto& options = settings.options;
  std::size_t elements = 0;
  for (const auto& input : task.inputs) elements += input.base.size();
  const bool along = options.mode == CheckMode::directions ||
                     (options.mode == CheckMode::automatic && elements > few_elements);
  bool any = false;
  for (std::size_t i = 0; i < task.inputs.size(); ++i) {
    const TaskInput<T>& input = task.inputs[i];
    if (std::ranges::find(options.skip, input.name) != options.skip.end()) continue;
    CheckedInput checked = along && input.base.size() > 1
                               ? check_directions(task, i, settings, report)
                               : check_elements(task, i, settings, report);
    checked.name = input.name;
    checked.shape = input.shape;
    checked.order = task.order;
    const bool zero =
        std::ranges::find(options.expect_zero, input.name) != options.expect_zero.end();
    // A second derivative may be zero in all innocence.
    if (!zero && task.order == 1 && !checked.numbers.empty()) {
      const bool flat = checked.without_effect ==
                        (checked.directions ? input.base.size() : checked.numbers.size());
      const std::string otherwise = "; if that is meant, name it in .expect_zero";
      if (!input.reached)
        checked.failure = "there is no path from it to the result" + otherwise;
      else if (flat)
        checked.failure = "moving it changes nothing" + otherwise;
    }
    any = any || !checked.numbers.empty();
    report.inputs.push_back(std::move(checked));
  }
  if (!any) {
    report.failures.push_back("no number was checked");
    return;
  }
  const bool expected = std::ranges::all_of(task.inputs, [&](const auto& input) {
    return std::ranges::find(options.expect_zero, input.name) != options.expect_zero.end();
  });
  const bool nothing = std::ranges::all_of(report.inputs, [&](const CheckedInput& input) {
    return input.order != task.order ||
           std::ranges::all_of(input.numbers, [](const CheckedNumber& number) {
             return number.kink ? number.left == 0 && number.right == 0
                                : std::fabs(number.numeric) <= number.bar;
           });
  });
  if (task.order == 1 && !expected && nothing && all_zero(task))
    report.failures.push_back(
        "the gradient and the function's slopes are nothing but zeros: nothing was seen; check at "
        "another point, or name the inputs in .expect_zero");
}

#define XTAPE_INSTANTIATE(T) \
  template void run_check(CheckTask<T>&, const Settings&, GradientReport&);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(long double)
#undef XTAPE_INSTANTIATE

}  // namespace xtape::detail
