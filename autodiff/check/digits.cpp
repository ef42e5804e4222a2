#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/adjoint_record.hpp>
#include <xtape/autodiff/check/digits.hpp>
#include <xtape/autodiff/check/digits_patterns.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape {
namespace {

using detail::Arrays;
using detail::element_of_input;
using detail::Wides;
constexpr long double wide_eps = std::numeric_limits<long double>::epsilon();

// Numbers of extended precision, and how far they may be off.
struct Numbers {
  Wides value, error;
};

template <class T>
class Digits {
 public:
  Digits(const BasicVariable<T>& J, const DigitsOptions& options)
      : J_(J),
        tape_(*J.tape()),
        gradients_(gradients(J)),
        walk_(tape_, &gradients_.set(), "digits_lost"),
        options_(options),
        values_(tape_.slots()),
        cotangents_(tape_.slots()) {
    report_.full = -std::log10(static_cast<double>(std::numeric_limits<T>::epsilon()) / 2);
  }

  DigitsReport run() {
    for (const auto& slot : walk_.slots())
      if (slot.record == none) {
        values_[slot.index].value.assign(slot.value.begin(), slot.value.end());
        values_[slot.index].error.assign(slot.value.size(), 0);
      }
    for (const auto& record : walk_) forward(record);
    cotangents_[J_.index()] = {{1}, {0}};
    const std::uint32_t last = tape_.slot(J_.index()).record;
    for (std::uint32_t r = last == none ? 0 : last + 1; r-- > 0;)
      if (walk_[r].outputs[0].active) backward(walk_[r]);
    find_places();
    return std::move(report_);
  }

 private:
  using Record = BasicRecordView<T>;

  [[nodiscard]] double digits(long double number, long double exact, long double error) const {
    if (!std::isfinite(number)) return 0;
    const long double off = std::max(std::fabs(number - exact), error);
    if (off == 0) return report_.full;
    if (!(std::fabs(exact) > 0) || !std::isfinite(off)) return 0;
    const auto d = static_cast<double>(-std::log10(off / std::fabs(exact)));
    return std::clamp(d, 0.0, report_.full);
  }
  [[nodiscard]] double digits(const BasicSlotView<T>& slot, std::size_t i) const {
    const Numbers& exact = values_[slot.index];
    return digits(slot.value[i], exact.value[i], exact.error[i]);
  }
  // Reads a record from these inputs.
  Arrays read(const Record& record, const Arrays& in) const {
    Arrays out;
    for (const auto& slot : record.outputs) out.emplace_back(slot.shape.size());
    detail::read_wide(tape_, tape_.record_at(record.index), in, out);
    return out;
  }
  Arrays recorded_inputs(const Record& record) const {
    Arrays in;
    for (const BasicSlotView<T>& slot : record.inputs)
      in.emplace_back(slot.value.begin(), slot.value.end());
    return in;
  }
  Arrays exact_inputs(const Record& record) const {
    Arrays in;
    for (const BasicSlotView<T>& slot : record.inputs) {
      auto& array = in.emplace_back();
      for (const long double x : values_[slot.index].value) array.emplace_back(x);
    }
    return in;
  }
  [[nodiscard]] bool elementwise(const Record& record) const {
    return tape_.record_at(record.index).rule->elementwise();
  }

  void forward(const Record& record);
  void backward(const Record& record);
  void judge_forward(const Record& record, const Arrays& here);
  Numbers pull(const Record& record, std::size_t k);
  Numbers pull_elementwise(const Record& record, std::size_t k);
  void judge_backward(const Record& record, std::size_t k, const Numbers& exact);
  void find_places();
  template <class Loss>
  [[nodiscard]] std::optional<std::size_t> gradual(Loss&& loss_of) const;

  BasicVariable<T> J_;
  BasicTape<T>& tape_;
  BasicGradients<T> gradients_;
  BasicWalk<T> walk_;
  DigitsOptions options_;
  Random random_{1};
  std::vector<Numbers> values_, cotangents_;  // by slot
  DigitsReport report_;
};

template <class T>
void Digits<T>::forward(const Record& record) {
  auto in = exact_inputs(record);
  const std::size_t passes = elementwise(record) ? in.size() : 1;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    // What the inputs may be off is carried on: elementwise one by one, or with random signs, and
    // with the rounding of the terms that a structural operation may sum.
    for (std::size_t k = 0; k < in.size(); ++k) {
      const Numbers& from = values_[record.inputs[k].get().index];
      const std::uint64_t draw = random_.new_draw();
      for (std::size_t i = 0; i < in[k].size(); ++i) {
        long double off = from.error[i];
        if (passes == 1 && !elementwise(record)) off += wide_eps * std::fabs(from.value[i]);
        const bool minus = (random_.bits(draw, i) & 1) != 0;
        in[k][i].tangent = elementwise(record) && k != pass ? 0 : minus ? -off : off;
      }
    }
    const auto out = read(record, in);
    for (std::size_t o = 0; o < out.size(); ++o) {
      Numbers& to = values_[record.outputs[o].index];
      if (pass == 0) {
        to = {};
        for (const Wide& y : out[o]) {
          to.value.push_back(y.value.value);
          to.error.push_back(wide_eps / 2 * std::fabs(y.value.value));
        }
      }
      for (std::size_t i = 0; i < out[o].size(); ++i) {
        const long double off = std::fabs(out[o][i].tangent.value);
        if (std::isfinite(off)) to.error[i] += off;
      }
    }
  }
  judge_forward(record, read(record, recorded_inputs(record)));
}

template <class T>
void Digits<T>::judge_forward(const Record& record, const Arrays& here) {
  DigitsRow& row = report_.rows.emplace_back();
  row.record = record.index;
  row.operation = record.prefix().append(record.operation);
  row.array = record.outputs[0].label;
  row.place = record.place;
  double worst_input = report_.full;
  if (!elementwise(record))
    for (const BasicSlotView<T>& in : record.inputs)
      for (std::size_t i = 0; i < in.value.size(); ++i)
        worst_input = std::min(worst_input, digits(in, i));
  row.forward.before = row.forward.after = report_.full;
  bool first = true;
  for (std::size_t o = 0; o < here.size(); ++o) {
    const auto& out = record.outputs[o];
    for (std::size_t p = 0; p < out.value.size(); ++p) {
      double before = worst_input;
      bool finite = true;
      if (elementwise(record))
        for (const BasicSlotView<T>& in : record.inputs) {
          const std::size_t q = element_of_input(in.shape, out.shape, p);
          before = std::min(before, digits(in, q));
          finite = finite && std::isfinite(in.value[q]);
        }
      DigitsLoss loss;
      loss.before = before;
      loss.after = digits(out, p);
      if (!first && !(loss.lost() > row.forward.lost())) continue;
      first = false;
      loss.element = p;
      loss.value = out.value[p];
      loss.exact = values_[out.index].value[p];
      loss.finite = std::isfinite(out.value[p]) || !finite;
      const long double local = here[o][p].value.value;
      loss.made_here = local == 0 ? 0 : std::fabs((loss.value - local) / local);
      loss.amplified = static_cast<long double>(std::pow(10.0, loss.lost()));
      row.forward = loss;
      row.operands.clear();
      for (const BasicSlotView<T>& in : record.inputs) {
        if (!elementwise(record) && in.value.size() != 1) continue;
        row.operands.emplace_back(
            in.label, in.value[elementwise(record) ? element_of_input(in.shape, out.shape, p) : 0]);
      }
    }
  }
}

template <class T>
Numbers Digits<T>::pull_elementwise(const Record& record, std::size_t k) {
  const auto& out = record.outputs[0];
  const BasicSlotView<T>& in = record.inputs[k];
  const Numbers& g = cotangents_[out.index];
  auto exact = exact_inputs(record), recorded = recorded_inputs(record);
  for (Wide& x : exact[k]) x.tangent = 1;
  for (Wide& x : recorded[k]) x.tangent = 1;
  const auto at = read(record, exact), beside = read(record, recorded);
  constexpr long double finer = wide_eps / std::numeric_limits<T>::epsilon();
  Numbers result{Wides(in.shape.size()), Wides(in.shape.size())};
  for (std::size_t p = 0; p < out.shape.size(); ++p) {
    if (g.value[p] == 0 && g.error[p] == 0) continue;
    const std::size_t q = element_of_input(in.shape, out.shape, p);
    const long double partial = at[0][p].tangent.value;
    const long double moved = std::fabs(beside[0][p].tangent.value - partial);
    const long double term = g.value[p] * partial;
    result.value[q] += term;
    result.error[q] += std::fabs(g.error[p] * partial) + wide_eps * std::fabs(term) +
                       (std::isfinite(moved) ? std::fabs(g.value[p]) * moved * finer : 0);
  }
  return result;
}

// Jᵀ of the extended cotangents for input k.
template <class T>
Numbers Digits<T>::pull(const Record& record, std::size_t k) {
  if (elementwise(record)) return pull_elementwise(record, k);
  const BasicSlotView<T>& in = record.inputs[k];
  std::size_t cost = 0;
  for (const BasicSlotView<T>& each : record.inputs) cost += each.shape.size();
  for (const auto& each : record.outputs) cost += each.shape.size();
  Numbers result{Wides(in.shape.size()), Wides(in.shape.size())};
  if (cost * in.shape.size() > options_.work) {
    report_.rows[record.index].by_rule = true;
    std::vector<Wides> u;
    for (const auto& out : record.outputs) {
      u.push_back(cotangents_[out.index].value);
      u.back().resize(out.shape.size());
    }
    result.value = detail::RuleSide<T>(tape_, record.index, k, false).contribution(u);
    return result;
  }
  auto x = exact_inputs(record);
  for (std::size_t q = 0; q < in.shape.size(); ++q) {
    x[k][q].tangent = 1;
    const auto at = read(record, x);
    x[k][q].tangent = 0;
    for (std::size_t o = 0; o < at.size(); ++o) {
      const Numbers& g = cotangents_[record.outputs[o].index];
      for (std::size_t p = 0; p < g.value.size(); ++p) {
        const long double partial = at[o][p].tangent.value;
        if (partial == 0 || g.value[p] == 0) continue;
        result.value[q] += g.value[p] * partial;
        result.error[q] += std::fabs(partial) * (g.error[p] + wide_eps * std::fabs(g.value[p]));
      }
    }
  }
  return result;
}

template <class T>
void Digits<T>::backward(const Record& record) {
  bool any = false;
  for (const auto& out : record.outputs) any = any || !cotangents_[out.index].value.empty();
  if (!any) return;
  for (std::size_t k = 0; k < record.inputs.size(); ++k) {
    const BasicSlotView<T>& in = record.inputs[k];
    if (!in.active) continue;
    const Numbers exact = pull(record, k);
    judge_backward(record, k, exact);
    Numbers& sum = cotangents_[in.index];
    sum.value.resize(exact.value.size());
    sum.error.resize(exact.value.size());
    for (std::size_t q = 0; q < exact.value.size(); ++q) {
      sum.value[q] += exact.value[q];
      sum.error[q] += exact.error[q];
    }
  }
}

template <class T>
void Digits<T>::judge_backward(const Record& record, std::size_t k, const Numbers& exact) {
  DigitsRow& row = report_.rows[record.index];
  const BasicSlotView<T>& in = record.inputs[k];
  const Array<T> swept = contribution(tape_, record.index, k, gradients_);
  // What comes in: the cotangent, and the values that the rule reads.
  const auto cotangent_digits = [&](const BasicSlotView<T>& out, std::size_t p) {
    const Numbers& g = cotangents_[out.index];
    if (g.value.empty() || out.gradient.empty()) return report_.full;
    if (out.gradient[p] == 0 && g.value[p] == 0) return report_.full;
    return digits(out.gradient[p], g.value[p], g.error[p]);
  };
  const auto& first = record.outputs[0];
  const bool one_to_one = elementwise(record) && in.shape == first.shape;
  double all = report_.full;
  bool all_finite = true;
  if (!one_to_one) {
    for (const auto& out : record.outputs)
      for (std::size_t p = 0; p < out.value.size(); ++p) {
        all = std::min({all, cotangent_digits(out, p), digits(out, p)});
        all_finite = all_finite && (out.gradient.empty() || std::isfinite(out.gradient[p]));
      }
    for (const BasicSlotView<T>& other : record.inputs)
      for (std::size_t i = 0; i < other.value.size(); ++i) all = std::min(all, digits(other, i));
  }
  for (std::size_t q = 0; q < swept.size(); ++q) {
    DigitsLoss loss;
    loss.before = all;
    bool finite = all_finite;
    if (one_to_one) {
      loss.before = std::min(cotangent_digits(first, q), digits(first, q));
      finite = first.gradient.empty() || std::isfinite(first.gradient[q]);
      for (const BasicSlotView<T>& other : record.inputs)
        loss.before =
            std::min(loss.before, digits(other, element_of_input(other.shape, first.shape, q)));
    }
    loss.value = swept.data()[q];
    loss.exact = exact.value[q];
    loss.after = digits(loss.value, loss.exact, exact.error[q]);
    // A sum that is exactly 0 has nothing to be relative to.
    if (loss.value == 0 && loss.exact == 0) loss.after = loss.before;
    loss.element = q;
    loss.finite = std::isfinite(loss.value) || !finite;
    if (row.backward && !(loss.lost() > row.backward->lost()) &&
        (loss.finite || !row.backward->finite))
      continue;
    row.backward = loss;
    row.input = k;
  }
}

// Where too few digits are left in the end though no record lost many: the record that lost most.
template <class T>
template <class Loss>
std::optional<std::size_t> Digits<T>::gradual(Loss&& loss_of) const {
  const double many = 0.6 * report_.full;
  std::optional<std::size_t> most;
  bool crossed = false;
  for (std::size_t r = 0; r < report_.rows.size(); ++r) {
    const DigitsLoss* const loss = loss_of(report_.rows[r]);
    if (loss == nullptr || !(loss->lost() > 0)) continue;
    crossed = crossed || (loss->before >= many && loss->after < many);
    if (!most || loss->lost() > loss_of(report_.rows[*most])->lost()) most = r;
  }
  return crossed ? most : std::nullopt;
}

template <class T>
void Digits<T>::find_places() {
  const double limit = options_.loss > 0 ? options_.loss : report_.full / 4;
  const auto loses = [&](const DigitsLoss& loss) {
    const double many = 0.6 * report_.full;
    return !loss.finite || (loss.lost() >= limit && loss.before >= many && loss.after < many);
  };
  for (std::size_t r = 0; r < report_.rows.size() && !report_.forward; ++r)
    if (loses(report_.rows[r].forward)) report_.forward = r;
  for (std::size_t r = report_.rows.size(); r-- > 0 && !report_.backward;)
    if (report_.rows[r].backward && loses(*report_.rows[r].backward)) report_.backward = r;
  // Lost little by little, at no single place: that of the largest part of it.
  if (!report_.forward)
    report_.forward = gradual([](const DigitsRow& row) { return &row.forward; });
  if (!report_.backward)
    report_.backward =
        gradual([](const DigitsRow& row) { return row.backward ? &*row.backward : nullptr; });
  report_.advice = detail::find_patterns(walk_);
  for (DigitsAdvice& advice : report_.advice)
    for (const std::uint32_t r : advice.records) {
      if (r == none) continue;
      const DigitsRow& row = report_.rows[r];
      advice.lost_here =
          advice.lost_here || loses(row.forward) || (row.backward && loses(*row.backward));
    }
}

}  // namespace

template <class T>
DigitsReport digits_lost(const BasicVariable<T>& J, const DigitsOptions& options) {
  if (!J.valid()) BasicTape<T>::throw_empty("digits_lost");
  if (!(options.loss >= 0))
    throw Error("digits_lost: loss has to be a number of digits, or 0 for a quarter of all");
  return Digits<T>(J, options).run();
}

template DigitsReport digits_lost(const BasicVariable<double>&, const DigitsOptions&);
template DigitsReport digits_lost(const BasicVariable<float>&, const DigitsOptions&);

}  // namespace xtape
