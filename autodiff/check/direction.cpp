#include <cmath>
#include <xtape/autodiff/check/direction.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {
namespace {

constexpr std::size_t most_alone = 5;  // elements that are no number

// The power of two below a number.
long double power_below(long double x) { return std::exp2(std::floor(std::log2(x))); }

}  // namespace

template <class T>
Direction<T>::Direction(CheckTask<T>& task, std::size_t input, const Settings& settings,
                        GradientReport& report)
    : task_(task),
      input_(task.inputs[input]),
      settings_(settings),
      report_(report),
      random_(Random(settings.options.seed).split(input)),
      step_(input_.base.size()),
      out_(input_.base.size()) {
  find_those_alone();
  long double squares = 0, gradients = 0;
  for (std::size_t e = 0; e < size(); ++e) {
    const auto x = static_cast<long double>(input_.base[e]);
    squares += x * x;
    if (!out_[e]) gradients += input_.analytic[e] * input_.analytic[e];
  }
  const auto count = static_cast<long double>(size());
  if (squares > 0) unit_ = power_below(std::sqrt(squares / count));
  typical_ = std::sqrt(gradients / count);
  numeric_.epsilon = settings.epsilon;
  if (settings.options.scale > 0)
    numeric_.scale = static_cast<long double>(settings.options.scale) / unit_;
  numeric_.spacing = sizes * static_cast<long double>(std::numeric_limits<T>::epsilon());
}

// What is skipped; what is no number, which hides everything else; what is zero on purpose.
template <class T>
void Direction<T>::find_those_alone() {
  const auto& options = settings_.options;
  const bool named = !options.skip.empty() || !options.expect_zero.empty();
  const auto lists = [&](const std::vector<std::string>& list, const std::string& input,
                         std::size_t e) {
    return named && Settings::lists(list, input, input_.name + index_text(input_.shape, e));
  };
  for (std::size_t e = 0; e < size(); ++e) {
    if (lists(options.skip, input_.name, e)) {
      out_[e] = true;
    } else if (!std::isfinite(input_.analytic[e])) {
      out_[e] = true;
      if (alone_.size() < most_alone) alone_.push_back(e);
    } else if (lists(options.expect_zero, "", e)) {
      out_[e] = true;
      alone_.push_back(e);
    }
    moved_ += out_[e] ? 0 : 1;
  }
}

// Of either sign, and of a magnitude from one unit to two.
template <class T>
void Direction<T>::draw(std::size_t number) {
  for (std::size_t e = 0; e < size(); ++e) {
    const std::uint64_t bits = random_.bits(number, e);
    const auto part = static_cast<long double>((bits >> 1U) % static_cast<unsigned>(sizes));
    const long double size = unit_ * (1 + part / sizes);
    step_[e] = out_[e] ? T(0) : static_cast<T>((bits & 1U) != 0 ? size : -size);
  }
}

template <class T>
long double Direction<T>::claimed(std::size_t first, std::size_t last) const {
  long double sum = 0;
  for (std::size_t e = first; e < last; ++e)
    if (!out_[e]) sum += input_.analytic[e] * static_cast<long double>(step_[e]);
  return sum;
}

template <class T>
NumericDerivative Direction<T>::differentiate(std::size_t first, std::size_t last) {
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

template <class T>
void Direction<T>::set_apart(std::size_t element) {
  moved_ -= out_[element] ? 0 : 1;
  out_[element] = true;
}

template class Direction<float>;
template class Direction<double>;
template class Direction<long double>;

}  // namespace xtape::detail
