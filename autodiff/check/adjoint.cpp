#include <algorithm>
#include <limits>
#include <map>
#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/check/adjoint_trial.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape {
namespace detail {
namespace {

template <class T>
bool gives_elements(const BasicRecordView<T>& record) {
  return std::ranges::any_of(record.outputs, [](const auto& y) { return y.shape.size() > 0; });
}

}  // namespace

template <class T>
AdjointReport adjoints_of(BasicTape<T>& tape, const AdjointOptions& options,
                          const std::function<bool(std::uint32_t, std::uint32_t)>& wanted) {
  if (options.rounds == 0)
    throw Error("check_adjoints: rounds is 0; one pair of directions at least has to be tried");
  AdjointReport report;
  const BasicWalk<T> walk(tape, nullptr, "check_adjoints");
  report.records = walk.size();
  report.recorded = options.recorded;
  const Random random(options.seed);
  std::map<std::pair<const Rule<T>*, const void*>, const Elementary*> known;
  for (const BasicRecordView<T>& record : walk) {
    const Rule<T>& rule = *tape.record_at(record.index).rule;
    const void* const operation = tape.record_at(record.index).operation();
    if (rule.piecewise_constant || !record.outputs[0].active) {
      ++report.without;
      continue;
    }
    const auto [entry, unknown] = known.try_emplace({&rule, operation});
    if (unknown) entry->second = elementary_of(rule, operation);
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
      if (!wanted(record.index, input.index)) continue;
      if (input.shape.size() == 0 || !gives_elements(record)) {
        ++report.empty;
        continue;
      }
      RuleSide<T> rule_side(tape, record.index, k, options.recorded);
      ValueSide<T> value_side(tape, record.index, k, entry->second);
      AdjointTrial<T> trial(rule_side, value_side, random.split(report.results.size()), result);
      try {
        trial.run(options.rounds);
      } catch (const ShapeError& error) {
        result.verdict = Verdict::fail;
        result.error = std::numeric_limits<long double>::infinity();
        result.note = error.what();
      }
      // A mask or another input that never has a derivative.
      if (!input.active && !trial.any() && result.verdict == Verdict::inconclusive) continue;
      report.results.push_back(std::move(result));
    }
  }
  return report;
}

template AdjointReport adjoints_of(BasicTape<double>&, const AdjointOptions&,
                                   const std::function<bool(std::uint32_t, std::uint32_t)>&);
template AdjointReport adjoints_of(BasicTape<float>&, const AdjointOptions&,
                                   const std::function<bool(std::uint32_t, std::uint32_t)>&);

}  // namespace detail

template <class T>
AdjointReport check_adjoints(BasicTape<T>& tape, const AdjointOptions& options) {
  return detail::adjoints_of(tape, options, [](std::uint32_t, std::uint32_t) { return true; });
}

template AdjointReport check_adjoints(BasicTape<double>&, const AdjointOptions&);
template AdjointReport check_adjoints(BasicTape<float>&, const AdjointOptions&);

}  // namespace xtape
