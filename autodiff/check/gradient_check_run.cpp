// All numbers of a gradient, one by one.

#include <algorithm>
#include <xtape/autodiff/check/gradient_check_task.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

template <class T>
long double largest(const std::vector<T>& values) {
  long double most = 0;
  for (const T v : values) most = std::max<long double>(most, fabs(static_cast<long double>(v)));
  return most;
}

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
  if (settings.options.scale > 0)
    numeric.scale = numeric.farthest = static_cast<long double>(settings.options.scale);
  const T size = std::abs(x),
          larger_size = std::nextafter(size, std::numeric_limits<T>::infinity());
  numeric.spacing = static_cast<long double>(
      std::isfinite(larger_size) ? larger_size - size : size - std::nextafter(size, T(0)));
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
      const auto at = [&](long double displacement) {
        move(displacement);
        static_cast<void>(task.evaluate());
        return task.kinks();
      };
      // The steps may be large: of several kinks it is the nearest that is meant.
      const KinkValues middle = at(0);
      long double h = std::min(found.left.step, found.right.step);
      for (bool several = true; several; h /= 8) {
        const KinkValues left = at(-h);
        const std::vector<KinkSite> within = kinks_between(left, middle, at(h));
        several = within.size() > 1 && within[0].where != KinkSite::Where::at;
        if (!within.empty()) sites = within;
      }
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
      result.sensitivity = std::max(result.sensitivity, number.bar * (1 + number.ratio()));
  }
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
    report.failures.emplace_back("no number was checked");
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
    report.failures.emplace_back(
        "the gradient and the function's slopes are nothing but zeros: nothing was seen; check at "
        "another point, or name the inputs in .expect_zero");
}

#define XTAPE_INSTANTIATE(T)                                                                     \
  template void run_check(CheckTask<T>&, const Settings&, GradientReport&);                      \
  template CheckedNumber check_element(CheckTask<T>&, std::size_t, std::size_t, const Settings&, \
                                       GradientReport&, bool*);
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(long double)
#undef XTAPE_INSTANTIATE

}  // namespace xtape::detail
