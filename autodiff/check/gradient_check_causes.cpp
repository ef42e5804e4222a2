// What the wrong numbers of an input have in common, and which operation may be at fault.

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/check/gradient_check_causes.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

using std::fabs;

bool failed(const CheckedNumber& number) { return number.verdict == Verdict::fail; }
bool usable(const CheckedNumber& n) {
  return std::isfinite(n.analytic) && std::isfinite(n.numeric) && std::isfinite(n.bar) && !n.kink;
}
// Whether a number is what is expected of it, give or take its bar and a tenth of a percent.
bool near(double number, double expected, double bar) {
  return fabs(number - expected) <= 4 * bar + 1e-3 * fabs(expected);
}
std::string times(double factor) {
  const double whole = std::round(factor), part = std::round(1 / factor);
  if (near(factor, 1, 0)) return "are off by " + short_text(100 * fabs(factor - 1)) + " %";
  if (near(factor, -1, 0)) return "have the wrong sign";
  if (near(factor, whole, 0)) return "are " + short_text(whole) + " times what they should be";
  if (near(1 / factor, part, 0)) return "are 1/" + short_text(part) + " of what they should be";
  return "are " + short_text(factor) + " times what they should be";
}

// The factor that all numbers are off by.
std::optional<double> common_factor(const CheckedInput& input) {
  const CheckedNumber* sharp = nullptr;
  for (const CheckedNumber& n : input.numbers) {
    if (!usable(n)) return {};
    if (sharp == nullptr || fabs(n.numeric) * sharp->bar > fabs(sharp->numeric) * n.bar) sharp = &n;
  }
  if (sharp == nullptr || sharp->numeric == 0 || sharp->analytic == 0) return {};
  const double factor = sharp->analytic / sharp->numeric;
  if (near(factor, 1, 0)) return {};
  for (const CheckedNumber& n : input.numbers)
    if (!near(n.analytic, factor * n.numeric, std::max(1.0, fabs(factor)) * n.bar)) return {};
  return factor;
}

// Whether the numbers are right where rows and columns are exchanged.
bool transposed(const CheckedInput& input) {
  if (input.shape.rank() != 2 || input.numbers.size() != input.shape.size()) return false;
  const std::size_t rows = input.shape[0], columns = input.shape[1];
  if (rows < 2 || columns < 2) return false;
  for (std::size_t k = 0; k < input.numbers.size(); ++k) {
    const CheckedNumber &n = input.numbers[k],
                        &other = input.numbers[k % rows * columns + k / rows];
    if (!usable(n) || !usable(other) || !near(n.analytic, other.numeric, other.bar)) return false;
  }
  return true;
}

// The one index of an axis at which all failures are, and nothing passes.
std::optional<std::pair<std::size_t, std::size_t>> slice(const CheckedInput& input) {
  if (input.shape.rank() < 2 || input.numbers.size() != input.shape.size()) return {};
  for (std::size_t axis = 0; axis < input.shape.rank(); ++axis) {
    if (input.shape[axis] < 2) continue;
    std::optional<std::size_t> at;
    bool all = true;
    for (std::size_t e = 0; e < input.numbers.size() && all; ++e) {
      const std::size_t index = indices_of(input.shape, e)[axis];
      if (!failed(input.numbers[e])) continue;
      all = !at || *at == index;
      at = index;
    }
    for (std::size_t e = 0; e < input.numbers.size() && all && at; ++e)
      all = indices_of(input.shape, e)[axis] != *at || failed(input.numbers[e]);
    if (all && at) return {{axis, *at}};
  }
  return {};
}

std::string cause_of(const CheckedInput& input) {
  std::vector<const CheckedNumber*> wrong;
  for (const CheckedNumber& n : input.numbers)
    if (failed(n)) wrong.push_back(&n);
  const std::size_t all = input.numbers.size();
  if (all < 2 || wrong.empty()) return {};
  const std::string count = std::to_string(wrong.size()) + " of " + std::to_string(all);
  const auto each = [&](auto&& is) {
    return std::ranges::all_of(wrong, [&](const CheckedNumber* n) { return is(*n); });
  };
  if (each([](const CheckedNumber& n) { return !std::isfinite(n.analytic); }))
    return count + " are no finite numbers";
  if (each([](const CheckedNumber& n) { return n.analytic == 0; }))
    return count + " are zero where the function changes: a path is missing";
  if (const auto factor = common_factor(input)) return "all of them " + times(*factor);
  if (transposed(input)) return "rows and columns are exchanged";
  if (wrong.size() == 1)
    return "only " + wrong.front()->label + " is wrong, of " + std::to_string(all);
  const CheckedNumber& first = *wrong.front();
  if (each([&](const CheckedNumber& n) {
        return usable(n) && fabs(n.analytic - n.numeric - first.analytic + first.numeric) <=
                                4 * (n.bar + first.bar) + 1e-3 * fabs(n.analytic - n.numeric);
      }))
    return count + " are off by the same number, " + short_text(first.analytic - first.numeric) +
           ": a term is missing, or one too many";
  if (const auto at = slice(input))
    return "what is wrong is index " + std::to_string(at->second) + " of axis " +
           std::to_string(at->first) + ", all of it and nothing else";
  const auto ratio = [](const CheckedNumber* n) { return n->analytic / n->numeric; };
  if (each([&](const CheckedNumber& n) {
        return usable(n) && near(ratio(&n), ratio(&first), 4 * n.bar / fabs(n.numeric));
      }))
    return count + " " + times(ratio(&first)) +
           (wrong.size() < all ? ", the others are right" : "");
  return count + " are wrong, by different factors";
}

// The slots that depend on one.
template <class T>
std::vector<bool> reached_from(const BasicTape<T>& tape, std::uint32_t slot) {
  std::vector<bool> reached(tape.slots());
  reached[slot] = true;
  for (std::uint32_t r = 0; r < tape.records(); ++r) {
    const Record<T>& record = tape.record_at(r);
    if (std::ranges::any_of(tape.inputs_of(record), [&](std::uint32_t i) { return reached[i]; }))
      for (std::uint32_t o = 0; o < record.outputs; ++o) reached[record.first_output + o] = true;
  }
  return reached;
}

std::string text_of(const AdjointResult& r, const char* rule) {
  std::string text = "record " + std::to_string(r.record) + ", " + r.path + r.operation +
                     to_string(r.place) + ": its " + rule + " for input " +
                     std::to_string(r.input + 1) + ", " + r.array;
  if (!r.entry) return text + ": " + r.note;
  const AdjointEntry& e = *r.entry;
  const std::string out = "∂y" + (e.output > 0 ? std::to_string(e.output) : "") + index_text(e.out);
  text += ", gives " + out + "/∂x" + index_text(e.in) + " = " + number_text(e.rule, 6) +
          ", its value " + number_text(e.value, 6);
  if (e.value != 0 && e.rule != 0) text += " (ratio " + number_text(e.rule / e.value, 6) + ")";
  return text;
}

// The values of the leaves of a recording, in the order of its slots.
template <class T>
std::vector<std::pair<std::uint32_t, std::vector<T>>> leaves_of(const BasicTape<T>& tape) {
  std::vector<std::pair<std::uint32_t, std::vector<T>>> leaves;
  for (std::uint32_t s = 0; s < tape.slots(); ++s) {
    const auto& slot = tape.slot(s);
    if (slot.record != no_index) continue;
    leaves.push_back({s, std::vector<T>(slot.view.data, slot.view.data + slot.shape().size())});
  }
  return leaves;
}

// Where no rule is wrong: what else of the recording changes with the element.
template <class T>
std::string outside_of_the_tape(CheckTask<T>& task, std::size_t i, std::size_t element,
                                const BasicTape<T>& tape, std::uint32_t own, double scale) {
  TaskInput<T>& input = task.inputs[i];
  const PutBack<T> put_back{task};
  const std::uint32_t records = tape.records();
  const auto before = leaves_of(tape);
  // Not far: the function need not be defined there.
  T size = std::abs(input.base[element]);
  for (const T x : input.base)
    if (input.base[element] == 0) size = std::max(size, std::abs(x));
  T by = (size == 0 ? T(1) : size) / 1024;
  if (scale > 0) by = std::min(by, static_cast<T>(scale));
  input.data[element] += by;
  task.moved();
  static_cast<void>(task.evaluate());
  const auto after = leaves_of(tape);
  if (tape.records() != records || before.size() != after.size())
    return "every rule agrees with its value; where this input is moved other operations are "
           "recorded";
  for (std::size_t l = 0; l < before.size(); ++l) {
    if (before[l].first == own || before[l].second == after[l].second) continue;
    const std::string name(tape.name_of(before[l].first));
    return "every rule agrees with its value, but the constant " +
           (name.empty() ? "of slot " + std::to_string(before[l].first) : name) + " " +
           to_string(tape.slot(before[l].first).shape()) +
           " changes with this input: it is made of it outside of the tape";
  }
  return "every rule agrees with its value; look at what puts them together: a rule that is not "
         "asked, a sum over stretched axes, the function's own choice between branches";
}

}  // namespace

void find_causes(GradientReport& report, int order) {
  std::optional<double> factor;
  std::size_t alike = 0, inputs = 0;
  for (CheckedInput& input : report.inputs) {
    if (input.order != order || input.numbers.empty()) continue;
    ++inputs;
    if (input.verdict() != Verdict::fail) continue;
    if (!input.directions) input.cause = cause_of(input);
    const auto common = common_factor(input);
    if (!common) continue;
    if (!factor) factor = common;
    alike += near(*common, *factor, 0) ? 1 : 0;
  }
  if (inputs > 1 && alike == inputs)
    report.notes.push_back("the gradients of all inputs " + times(*factor) +
                           ": look at what is done to the result last");
}

template <class T>
void find_suspects(CheckTask<T>& task, BasicTape<T>& tape, std::span<const std::uint32_t> slots,
                   const Settings& settings, GradientReport& report) {
  if (std::ranges::none_of(report.inputs, [&](const CheckedInput& input) {
        return input.order == task.order && input.verdict() == Verdict::fail;
      }))
    return;
  std::vector<std::pair<AdjointReport, const char*>> tests;
  try {
    tests.emplace_back(check_adjoints(tape), "rule");
    if (task.order == 2)
      tests.emplace_back(check_adjoints(tape, {.recorded = true}), "recorded rule");
  } catch (const std::exception& error) {  // a rule's; the verdict is there without it
    report.notes.push_back(std::string("the adjoint test of the operations stopped: ") +
                           error.what());
    if (tests.empty()) return;
  }
  for (CheckedInput& input : report.inputs) {
    if (input.order != task.order || input.verdict() != Verdict::fail) continue;
    const auto found = std::ranges::find(task.inputs, input.name, &TaskInput<T>::name);
    const auto i = static_cast<std::size_t>(found - task.inputs.begin());
    const std::vector<bool> reached = reached_from(tape, slots[i]);
    for (const auto& [test, rule] : tests)
      for (const AdjointResult& result : test.results) {
        const std::uint32_t in = tape.inputs_of(tape.record_at(result.record))[result.input];
        if (result.verdict != Verdict::fail || !reached[in] || !input.suspect.empty()) continue;
        input.suspect = text_of(result, rule);
      }
  }
  if (task.order == 2) return;
  for (CheckedInput& input : report.inputs) {
    if (input.order != 1 || input.verdict() != Verdict::fail || !input.suspect.empty()) continue;
    if (std::ranges::none_of(input.numbers, failed)) continue;
    const auto found = std::ranges::find(task.inputs, input.name, &TaskInput<T>::name);
    const auto i = static_cast<std::size_t>(found - task.inputs.begin());
    std::size_t element = 0;  // the last that failed is one element, in fast mode too
    for (std::size_t e = 0; e < input.shape.size(); ++e)
      for (const CheckedNumber& n : input.numbers)
        if (failed(n) && n.label == input.name + index_text(input.shape, e)) element = e;
    std::string elsewhere;
    try {
      elsewhere = outside_of_the_tape(task, i, element, tape, slots[i], settings.options.scale);
    } catch (const std::exception&) {  // the function's; the verdict is there without it
    }
    static_cast<void>(task.evaluate());  // the recording at the point again
    (input.cause.empty() ? input.cause : input.suspect) = elsewhere;
  }
}

template void find_suspects(CheckTask<double>&, BasicTape<double>&, std::span<const std::uint32_t>,
                            const Settings&, GradientReport&);
template void find_suspects(CheckTask<float>&, BasicTape<float>&, std::span<const std::uint32_t>,
                            const Settings&, GradientReport&);

}  // namespace xtape::detail
