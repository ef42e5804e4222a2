// Backward: the same for the gradient.

#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/digits_sweeps.hpp>
#include <xtape/autodiff/check/kinks.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {

template <class T>
Uncertain Digits<T>::pull_elementwise(const Record& record, std::size_t k) {
  const auto& out = record.outputs[0];
  const BasicSlotView<T>& in = record.inputs[k];
  const Uncertain& g = cotangents_[out.index];
  auto exact = exact_inputs(record), recorded = recorded_inputs(record);
  for (Wide& x : exact[k]) x.tangent = 1;
  for (Wide& x : recorded[k]) x.tangent = 1;
  const auto at = read(record, exact), beside = read(record, recorded);
  constexpr long double finer = wide_eps / std::numeric_limits<T>::epsilon();
  Uncertain result{Wides(in.shape.size()), Wides(in.shape.size())};
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
Uncertain Digits<T>::pull(const Record& record, std::size_t k) {
  if (elementwise(record)) return pull_elementwise(record, k);
  const BasicSlotView<T>& in = record.inputs[k];
  std::size_t cost = 0;
  for (const BasicSlotView<T>& each : record.inputs) cost += each.shape.size();
  for (const auto& each : record.outputs) cost += each.shape.size();
  Uncertain result{Wides(in.shape.size()), Wides(in.shape.size())};
  if (cost * in.shape.size() > options_.work) {
    report_.rows[record.index].by_rule = true;
    std::vector<Wides> u;
    for (const auto& out : record.outputs) {
      u.push_back(cotangents_[out.index].value);
      u.back().resize(out.shape.size());
    }
    result.value = RuleSide<T>(tape_, record.index, k, false).contribution(u);
    return result;
  }
  auto x = exact_inputs(record);
  for (std::size_t q = 0; q < in.shape.size(); ++q) {
    x[k][q].tangent = 1;
    const auto at = read(record, x);
    x[k][q].tangent = 0;
    for (std::size_t o = 0; o < at.size(); ++o) {
      const Uncertain& g = cotangents_[record.outputs[o].index];
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
    const Uncertain exact = pull(record, k);
    judge_backward(record, k, exact);
    Uncertain& sum = cotangents_[in.index];
    sum.value.resize(exact.value.size());
    sum.error.resize(exact.value.size());
    for (std::size_t q = 0; q < exact.value.size(); ++q) {
      sum.value[q] += exact.value[q];
      sum.error[q] += exact.error[q];
    }
  }
}

template <class T>
void Digits<T>::judge_backward(const Record& record, std::size_t k, const Uncertain& exact) {
  DigitsRow& row = report_.rows[record.index];
  const BasicSlotView<T>& in = record.inputs[k];
  const Array<T> swept = contribution(tape_, record.index, k, gradients_);
  // What comes in: the cotangent, and the values that the rule reads.
  const auto cotangent_digits = [&](const BasicSlotView<T>& out, std::size_t p) {
    const Uncertain& g = cotangents_[out.index];
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

template <class T>
bool Digits<T>::rounded_to_kink(const Record& record, std::size_t k, std::size_t q) const {
  const auto& made = tape_.record_at(record.index);
  if (made.rule->kink == nullptr) return false;
  const Shape& out = record.outputs[0].shape;
  for (std::size_t p = 0; p < out.size(); ++p) {
    if (element_of_input(record.inputs[k].get().shape, out, p) != q) continue;
    const auto side = [&](const auto& number_of) {
      const long double kink = kink_at(made, [&](std::uint32_t i) {
        const BasicSlotView<T>& in = record.inputs[i];
        return number_of(in, element_of_input(in.shape, out, p));
      });
      return kink < 0 ? -1 : kink > 0 ? 1 : 0;
    };
    if (side([](const auto& in, std::size_t e) { return in.value[e]; }) !=
        side([&](const auto& in, std::size_t e) { return values_[in.index].value[e]; }))
      return true;
  }
  return false;
}

template bool Digits<double>::rounded_to_kink(const Record&, std::size_t, std::size_t) const;
template bool Digits<float>::rounded_to_kink(const Record&, std::size_t, std::size_t) const;
template void Digits<double>::backward(const Record&);
template void Digits<float>::backward(const Record&);

}  // namespace xtape::detail
