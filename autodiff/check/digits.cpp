#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/digits_patterns.hpp>
#include <xtape/autodiff/check/digits_sweeps.hpp>

namespace xtape {
namespace detail {

template <class T>
Digits<T>::Digits(const BasicVariable<T>& J, const DigitsOptions& options)
    : J_(J),
      tape_(*J.tape()),
      gradients_(gradients(J)),
      walk_(tape_, &gradients_.set(), "digits_lost"),
      options_(options),
      values_(tape_.slots()),
      cotangents_(tape_.slots()) {
  report_.full = -std::log10(static_cast<double>(std::numeric_limits<T>::epsilon()) / 2);
}

template <class T>
DigitsReport Digits<T>::run() {
  for (const auto& slot : walk_.slots())
    if (slot.record == no_index) {
      values_[slot.index].value.assign(slot.value.begin(), slot.value.end());
      values_[slot.index].error.assign(slot.value.size(), 0);
    }
  for (const auto& record : walk_) forward(record);
  cotangents_[J_.index()] = {{1}, {0}};
  const std::uint32_t last = tape_.slot(J_.index()).record;
  for (std::uint32_t r = last == no_index ? 0 : last + 1; r-- > 0;)
    if (walk_[r].outputs[0].active) backward(walk_[r]);
  find_places();
  return std::move(report_);
}

template <class T>
double Digits<T>::digits(long double number, long double exact, long double error) const {
  if (!std::isfinite(number)) return 0;
  const long double off = std::max(std::fabs(number - exact), error);
  if (off == 0) return report_.full;
  if (!(std::fabs(exact) > 0) || !std::isfinite(off)) return 0;
  const auto d = static_cast<double>(-std::log10(off / std::fabs(exact)));
  return std::clamp(d, 0.0, report_.full);
}

template <class T>
Arrays Digits<T>::read(const Record& record, const Arrays& in) const {
  Arrays out;
  for (const auto& slot : record.outputs) out.emplace_back(slot.shape.size());
  read_wide(tape_, tape_.record_at(record.index), in, out);
  return out;
}

template <class T>
Arrays Digits<T>::recorded_inputs(const Record& record) const {
  Arrays in;
  for (const BasicSlotView<T>& slot : record.inputs)
    in.emplace_back(slot.value.begin(), slot.value.end());
  return in;
}

template <class T>
Arrays Digits<T>::exact_inputs(const Record& record) const {
  Arrays in;
  for (const BasicSlotView<T>& slot : record.inputs) {
    auto& array = in.emplace_back();
    for (const long double x : values_[slot.index].value) array.emplace_back(x);
  }
  return in;
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
    if (loss == nullptr || !(loss->lost() > 0) || harmless(*loss)) continue;
    crossed = crossed || (loss->before >= many && loss->after < many);
    if (!most || loss->lost() > loss_of(report_.rows[*most])->lost()) most = r;
  }
  return crossed ? most : std::nullopt;
}

template <class T>
bool Digits<T>::gradient_lost() const {
  for (const auto& slot : walk_.slots()) {
    const Uncertain& exact = cotangents_[slot.index];
    if (slot.record != no_index || exact.value.empty() || slot.gradient.empty()) continue;
    const long double rounding = 4 * std::numeric_limits<T>::epsilon() * exact.largest();
    for (std::size_t i = 0; i < exact.value.size(); ++i) {
      if (!std::isfinite(slot.gradient[i])) return true;
      if (digits(slot.gradient[i], exact.value[i], exact.error[i]) >= 0.6 * report_.full) continue;
      const bool zero = std::fabs(exact.value[i]) <= 4 * exact.error[i];
      if (!zero || std::fabs(slot.gradient[i]) > rounding) return true;
    }
  }
  return false;
}

template <class T>
void Digits<T>::find_places() {
  const double limit = options_.loss > 0 ? options_.loss : report_.full / 4;
  const double many = 0.6 * report_.full;
  const bool lost = gradient_lost();
  kept_ = !lost && digits(walk_.slots()[J_.index()], 0) >= many;
  const auto loses = [&](const DigitsLoss& loss) {
    if (harmless(loss)) return false;
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
  // A contribution that cancels, beside others that are larger.
  if (!lost) report_.backward.reset();
  if (report_.backward) {
    DigitsRow& row = report_.rows[*report_.backward];
    row.at_kink = rounded_to_kink(walk_[row.record], row.input, row.backward->element);
  }
  report_.advice = find_patterns(walk_);
  for (DigitsAdvice& advice : report_.advice)
    for (const std::uint32_t r : advice.records) {
      if (r == no_index) continue;
      const DigitsRow& row = report_.rows[r];
      advice.lost_here =
          advice.lost_here || loses(row.forward) || (row.backward && loses(*row.backward));
    }
}

template class Digits<double>;
template class Digits<float>;

}  // namespace detail

template <class T>
DigitsReport digits_lost(const BasicVariable<T>& J, const DigitsOptions& options) {
  static_cast<void>(BasicTape<T>::of(J, "digits_lost"));
  if (!(options.loss >= 0))
    throw Error("digits_lost: loss has to be a number of digits, or 0 for a quarter of all");
  return detail::Digits<T>(J, options).run();
}

template DigitsReport digits_lost(const BasicVariable<double>&, const DigitsOptions&);
template DigitsReport digits_lost(const BasicVariable<float>&, const DigitsOptions&);

}  // namespace xtape
