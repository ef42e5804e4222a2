#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <xtape/autodiff/check/diagnosis_factors.hpp>
#include <xtape/autodiff/check/diagnosis_patterns.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

// How an array lies around one of its axes: outer × extent × inner.
struct Around {
  std::size_t outer = 1, extent = 1, inner = 1;
  Around(const Shape& shape, std::size_t axis) {
    for (std::size_t i = 0; i < shape.rank(); ++i)
      (i < axis ? outer : i == axis ? extent : inner) *= shape[i];
  }
  [[nodiscard]] std::size_t at(std::size_t o, std::size_t slice, std::size_t i) const {
    return (o * extent + slice) * inner + i;
  }
};

// Where only the arrays are known: a number that passes is within 16√N roundings of its own. What
// fails is farther off than as many of the array's largest number, which a sum that cancelled may
// be, and by more than half of its digits, which y - t may have lost where y and t are near.
constexpr double roundings = 16;

bool close(double number, double predicted, double bar, double factor) {
  return std::abs(number - factor * predicted) <= std::abs(factor) * bar ||
         number == factor * predicted;
}

// An element that is known to three digits. One whose digits are all met is evidence whatever its
// bar, which may be that of a larger number; a zero is not, since much is zero.
bool says_something(double number, const Predicted& predicted, std::size_t i, double factor) {
  const double value = predicted.values[i];
  return std::abs(value) > 1e3 * predicted.wide[i] || (value != 0 && number == factor * value);
}

// "0, 1, 2", and "0 and 1".
std::string list(const std::vector<std::size_t>& numbers, const Evidence& e) {
  const char* const between = numbers.size() == 2 ? " and " : ", ";
  std::string text;
  for (const std::size_t n : numbers) text += (text.empty() ? "" : between) + number_of(n, e);
  return text;
}

// What a part of the gradient is called. A column of numbers is on paper a vector, whose elements
// they are.
std::string slice_name(const Evidence& e, std::size_t axis) {
  const Shape& shape = e.right.shape;
  const auto ones = static_cast<std::size_t>(e.on_paper ? std::ranges::count(shape, std::size_t{1})
                                                        : std::ptrdiff_t{0});
  const std::size_t rank = shape.rank() - ones;
  return rank <= 1 ? "element" : rank > 2 ? "slice" : axis == 0 ? "row" : "column";
}

// Numbers of an earlier step. What their sums lost is taken to be what the present ones have.
Predicted of_earlier(const Numbers& numbers, const Evidence& e) {
  Predicted result = e.right;
  if (e.recorded == nullptr) result = of_arrays(numbers, e.epsilon, e.terms);
  result.shape = e.right.shape;
  result.values = numbers.values;
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const double least = roundings * e.epsilon * std::abs(result.values[i]);
    const bool finite = std::isfinite(least);
    result.bar[i] = finite ? std::max(result.bar[i], least) : 0;
    result.wide[i] = finite ? std::max(result.wide[i], least) : 0;
  }
  return result;
}

}  // namespace

Predicted of_arrays(const Numbers& autodiff, double epsilon, std::size_t terms) {
  Predicted result;
  result.shape = autodiff.shape;
  result.values = autodiff.values;
  double largest = 0;
  for (const double number : autodiff.values)
    if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
  const double unit = roundings * epsilon * std::sqrt(static_cast<double>(terms));
  for (const double number : autodiff.values) {
    result.bar.push_back(std::isfinite(number) ? unit * std::abs(number) : 0);
    result.wide.push_back(std::isfinite(number)
                              ? std::max(unit * largest, std::sqrt(epsilon) * std::abs(number))
                              : unit * largest);
  }
  return result;
}

bool within_bars(const std::vector<double>& numbers, const Predicted& predicted, double factor) {
  if (numbers.size() != predicted.values.size()) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!close(numbers[i], predicted.values[i], predicted.wide[i], factor)) return false;
  return true;
}

bool fits(const std::vector<double>& numbers, const Predicted& predicted, double factor) {
  if (!within_bars(numbers, predicted, factor)) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (says_something(numbers[i], predicted, i, factor)) return true;
  return false;
}

bool explains(const Evidence& e, const Predicted& predicted, double factor) {
  const std::vector<double>& numbers = e.by_hand.values;
  if (!within_bars(numbers, predicted, factor)) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!close(numbers[i], e.right.values[i], e.right.wide[i], 1) &&
        says_something(numbers[i], predicted, i, factor))
      return true;
  return false;
}

Predicted transposed(const Predicted& predicted) {
  const Shape& shape = predicted.shape;
  Shape reversed;
  for (std::size_t i = shape.rank(); i-- > 0;) reversed.push_back(shape[i]);
  Predicted result = predicted;
  result.shape = reversed;
  std::vector<std::size_t> at(shape.rank(), 0);  // in the reversed array
  for (std::size_t p = 0; p < shape.size(); ++p) {
    std::size_t from = 0, rest = p;
    for (std::size_t i = reversed.rank(); i-- > 0; rest /= reversed[i]) at[i] = rest % reversed[i];
    for (std::size_t i = 0; i < shape.rank(); ++i)
      from = from * shape[i] + at[shape.rank() - 1 - i];
    result.values[p] = predicted.values[from];
    result.bar[p] = predicted.bar[from];
    result.wide[p] = predicted.wide[from];
  }
  return result;
}

std::optional<std::vector<std::size_t>> permutation(const std::vector<double>& numbers,
                                                    const Predicted& predicted, std::size_t axis,
                                                    double factor) {
  constexpr std::size_t most = 512;
  const Around a(predicted.shape, axis);
  if (a.extent < 2 || a.extent > most || numbers.size() != predicted.values.size())
    return std::nullopt;
  const auto match = [&](std::size_t slice, std::size_t other) {
    for (std::size_t o = 0; o < a.outer; ++o)
      for (std::size_t i = 0; i < a.inner; ++i) {
        const std::size_t from = a.at(o, other, i);
        if (!close(numbers[a.at(o, slice, i)], predicted.values[from], predicted.wide[from],
                   factor))
          return false;
      }
    return true;
  };
  // Slices that may stay where they are do, since equal ones can be taken for each other.
  std::vector<std::size_t> order(a.extent, a.extent);
  std::vector<char> used(a.extent, 0);
  for (std::size_t s = 0; s < a.extent; ++s)
    if (match(s, s)) used[order[s] = s] = 1;
  for (std::size_t s = 0; s < a.extent; ++s) {
    if (order[s] == s) continue;
    std::size_t t = 0;
    while (t < a.extent && (used[t] != 0 || !match(s, t))) ++t;
    if (t == a.extent) return std::nullopt;
    used[order[s] = t] = 1;
  }
  return order;
}

Predicted permuted(const Predicted& predicted, std::size_t axis,
                   const std::vector<std::size_t>& order) {
  const Around a(predicted.shape, axis);
  Predicted result = predicted;
  for (std::size_t o = 0; o < a.outer; ++o)
    for (std::size_t s = 0; s < a.extent; ++s)
      for (std::size_t i = 0; i < a.inner; ++i) {
        const std::size_t to = a.at(o, s, i), from = a.at(o, order[s], i);
        result.values[to] = predicted.values[from];
        result.bar[to] = predicted.bar[from];
        result.wide[to] = predicted.wide[from];
      }
  return result;
}

Diagnosis of_permutation(const std::vector<std::size_t>& order, std::size_t axis,
                         const Evidence& e) {
  Diagnosis diagnosis;
  diagnosis.mistakes = {Mistake::permuted};
  diagnosis.axis = axis;
  diagnosis.permutation = order;
  const std::string one = slice_name(e, axis);
  const std::string along = one == "slice" ? " along axis " + number_of(axis, e) : "";
  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != i) moved.push_back(i);
  if (moved.size() == 2) {
    diagnosis.text = one + "s " + list(moved, e) + " are exchanged" + along + counted(e);
    return diagnosis;
  }
  diagnosis.text = one + "s are in another order" + along + ": " + one + "s " + number_of(0, e) +
                   ", " + number_of(1, e) + ", … by hand are " + one + "s " + list(order, e) +
                   " of autodiff's" + counted(e);
  return diagnosis;
}

double largest_ratio(const std::vector<double>& numbers, const std::vector<double>& predicted) {
  std::size_t largest = 0;
  for (std::size_t i = 1; i < predicted.size(); ++i)
    if (std::abs(predicted[i]) > std::abs(predicted[largest])) largest = i;
  if (predicted.empty() || predicted[largest] == 0) return std::numeric_limits<double>::quiet_NaN();
  return numbers[largest] / predicted[largest];
}

Predicted summed(const Predicted& predicted, std::size_t axis, double divisor) {
  const Around a(predicted.shape, axis);
  Predicted result;
  for (std::size_t i = 0; i < predicted.shape.rank(); ++i)
    if (i != axis) result.shape.push_back(predicted.shape[i]);
  const auto sum = [&](const std::vector<double>& from) {
    std::vector<double> to;
    for (std::size_t o = 0; o < a.outer; ++o)
      for (std::size_t i = 0; i < a.inner; ++i) {
        long double total = 0;
        for (std::size_t s = 0; s < a.extent; ++s)
          total += static_cast<long double>(from[a.at(o, s, i)]);
        to.push_back(static_cast<double>(total) / divisor);
      }
    return to;
  };
  result.values = sum(predicted.values);
  result.bar = sum(predicted.bar);
  result.wide = sum(predicted.wide);
  return result;
}

std::vector<Hypothesis> earlier_steps(const Evidence& e) {
  std::vector<Hypothesis> result;
  const auto add = [&](Mistake mistake, const std::string& text, double ratio,
                       const Predicted& predicted) {
    Diagnosis diagnosis;
    diagnosis.mistakes = {mistake};
    diagnosis.text = text;
    diagnosis.ratio = ratio;
    result.push_back({diagnosis, [predicted](Bars) { return predicted; }});
  };
  Predicted sum = e.right;
  for (std::size_t back = 1; back <= e.earlier.size(); ++back) {
    const Earlier& step = e.earlier[e.earlier.size() - back];
    if (step.gradient.values.size() != e.right.values.size()) continue;
    const Predicted earlier = of_earlier(step.gradient, e);
    add(Mistake::stale, "the gradient is stale: it is the one " + step.label, 1, earlier);
    for (std::size_t i = 0; i < sum.values.size(); ++i) {
      sum.values[i] += step.gradient.values[i];
      sum.bar[i] += earlier.bar[i];
      sum.wide[i] += earlier.wide[i];
    }
    add(Mistake::accumulated,
        "the gradients of the last " + std::to_string(back + 1) +
            " steps are added up: was it not set to zero before the sweep?",
        static_cast<double>(back + 1), sum);
  }
  return result;
}

std::vector<Hypothesis> wrong_axes(const Evidence& e) {
  std::vector<Hypothesis> result;
  const auto whole =
      e.recorded == nullptr ? std::nullopt : e.recorded->unsummed(e.epsilon, e.terms);
  if (!whole || whole->shape.rank() < 2) return result;
  const std::size_t right = e.right.shape.size();
  for (std::size_t axis = 0; axis < whole->shape.rank(); ++axis)
    for (const bool mean : {false, true}) {
      Predicted sum = summed(*whole, axis, mean ? static_cast<double>(whole->shape[axis]) : 1.0);
      if (sum.shape.size() != e.by_hand.values.size()) continue;
      if (sum.shape.size() == right && fits(sum.values, e.right)) continue;  // the right one
      if (sum.shape.size() == right && mean && axis == 0) continue;          // bias averaged
      Diagnosis diagnosis;
      diagnosis.mistakes = {Mistake::bias_axis};
      diagnosis.text = std::string("the bias is ") + (mean ? "averaged" : "summed") +
                       " over axis " + number_of(axis, e) + " of the " + to_string(whole->shape) +
                       " cotangents, where the samples are meant, axis " + number_of(0, e) +
                       counted(e);
      result.push_back({diagnosis, [sum](Bars) { return sum; }});
    }
  return result;
}

std::string in_common(const Evidence& e) {
  const std::vector<double>&by_hand = e.by_hand.values, &autodiff = e.right.values;
  const std::size_t n = by_hand.size();
  std::vector<std::size_t> differ;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  bool finite = true;
  for (std::size_t i = 0; i < n; ++i) {
    if (close(by_hand[i], autodiff[i], e.right.wide[i], 1)) continue;
    differ.push_back(i);
    if (!std::isfinite(by_hand[i])) finite = false;
    const double ratio = by_hand[i] / autodiff[i];
    low = std::min(low, ratio);
    high = std::max(high, ratio);
  }
  if (std::ranges::all_of(by_hand, [](double x) { return x == 0; }))
    return "by hand all numbers are 0";
  std::string text;
  const Shape& shape = e.right.shape;
  const bool all = differ.size() == n;
  const auto extents = std::ranges::count_if(shape, [](std::size_t extent) { return extent > 1; });
  if (!all && differ.size() == 1 && extents > 1) {
    const auto at = indices_of(shape, differ[0]);
    for (std::size_t axis = 0; axis < at.size(); ++axis)
      if (!e.on_paper || shape[axis] > 1)
        text += (text.empty() ? "only element [" : ", ") + number_of(at[axis], e);
    text += "] differs" + counted(e);
  }
  if (!all)
    for (std::size_t axis = 0; axis < shape.rank() && text.empty(); ++axis) {
      const Around a(shape, axis);
      std::vector<std::size_t> slices;
      for (const std::size_t i : differ) {
        const std::size_t slice = i / a.inner % a.extent;
        if (std::ranges::find(slices, slice) == slices.end()) slices.push_back(slice);
      }
      std::ranges::sort(slices);
      if (slices.size() < a.extent && slices.size() <= 4)
        text = "only " + slice_name(e, axis) + (slices.size() == 1 ? " " : "s ") + list(slices, e) +
               (slice_name(e, axis) == "slice" ? " along axis " + number_of(axis, e) : "") +
               (slices.size() == 1 ? " differs" : " differ") + counted(e);
    }
  if (text.empty())
    text = all ? n == 1 ? "the number differs" : "all elements differ"
               : std::to_string(differ.size()) + " of " + std::to_string(n) + " elements differ";
  if (!finite) return text + "; by hand there are numbers that are not finite";
  if (!std::isfinite(low) || !std::isfinite(high)) return text;
  const double off = std::max(std::abs(low - 1), std::abs(high - 1));
  if (off < 1e-3)
    return text + "; by hand " + (differ.size() == 1 ? "it is" : "they are") + " off by " +
           (differ.size() == 1 ? "" : "up to ") + number_text(100 * off, 3) + " %";
  const bool constant = std::abs(high - low) <= 1e-9 * std::abs(high);
  const std::string they = differ.size() == 1 ? "; by hand it is " : "; by hand they are ";
  if (constant)
    return text + they + short_number(high) + " times autodiff's" +
           (differ.size() > 1 ? ", all the same" : "");
  return text + they + short_number(low) + " to " + short_number(high) + " times autodiff's";
}

}  // namespace xtape::detail
