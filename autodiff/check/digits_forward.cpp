// Forward: the values, what they may be off, and which digits of the recorded ones are right.

#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/digits_sweeps.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {

template <class T>
void Digits<T>::forward(const Record& record) {
  auto in = exact_inputs(record);
  const std::size_t passes = elementwise(record) ? in.size() : 1;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    // What the inputs may be off is carried on: elementwise one by one, or with random signs, and
    // with the rounding of the terms that a structural operation may sum.
    for (std::size_t k = 0; k < in.size(); ++k) {
      const Uncertain& from = values_[record.inputs[k].get().index];
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
      Uncertain& to = values_[record.outputs[o].index];
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

template void Digits<double>::forward(const Record&);
template void Digits<float>::forward(const Record&);

}  // namespace xtape::detail
