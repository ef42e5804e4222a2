#include <algorithm>
#include <span>
#include <string_view>
#include <xtape/autodiff/check/diagnosis_terms.hpp>

namespace xtape::detail {
template <class T>
TopSum<T>::TopSum(const BasicTape<T>& tape, std::uint32_t J, const MutantSweep<T>& sweep)
    : tape_(tape), sweep_(sweep) {
  find(J);
  if (too_many_) terms_ = {{J, 1}};
}

template <class T>
void TopSum<T>::find(std::uint32_t J) {
  constexpr std::size_t most_samples = 1'000'000;  // (a doubling of a doubling has no end)
  std::size_t found = 0;
  const Rule<T>* alike = nullptr;  // what makes the terms, if it is one operation
  bool differ = false;
  std::vector<Weighted> open = {{J, 1}};
  while (!open.empty()) {
    const Weighted top = open.back();
    open.pop_back();
    if (!sweep_.on_path(top.first)) continue;
    // (A factor of a sum belongs to its terms; one of a term to that term.)
    std::optional<Weighted> named;
    Weighted sum = top;
    const auto look_at_name = [&] {
      if (!named && sum.first != J && !tape_.name_of(sum.first).empty()) named = sum;
    };
    look_at_name();
    while (const auto factor = scaling(sum.first)) {
      sum = {factor->first, sum.second * factor->second};
      look_at_name();
    }
    const std::uint32_t r = tape_.slot(sum.first).record;
    const std::string_view name = r == no_index ? "" : tape_.record_at(r).rule->name;
    const bool adds = name == "add" || name == "subtract";
    const auto inputs =
        adds ? tape_.inputs_of(tape_.record_at(r)) : std::span<const std::uint32_t>{};
    const bool several = adds && sweep_.on_path(inputs[0]) && sweep_.on_path(inputs[1]);
    if (adds && named && !too_many_) terms_.push_back(*named);
    if (!adds && !too_many_) terms_.push_back(top);
    if (!adds || (named && !several)) {
      const Rule<T>* const rule = r == no_index ? nullptr : tape_.record_at(r).rule;
      differ = differ || rule == nullptr || (found > 0 && rule != alike);
      alike = rule;
      too_many_ = ++found > most_terms;
      if (too_many_ && (differ || found > most_samples)) return;
      continue;
    }
    open.emplace_back(inputs[1], name == "subtract" ? -sum.second : sum.second);
    open.emplace_back(inputs[0], sum.second);
  }
  if (too_many_ && !differ) alike_ = found;
}

template <class T>
std::optional<typename TopSum<T>::Weighted> TopSum<T>::scaling(std::uint32_t slot) const {
  const std::uint32_t r = tape_.slot(slot).record;
  if (r == no_index) return std::nullopt;
  const std::string_view name = tape_.record_at(r).rule->name;
  const auto inputs = tape_.inputs_of(tape_.record_at(r));
  if (name == "negate") return {{inputs[0], -1}};
  if (name != "multiply" && name != "divide") return std::nullopt;
  const std::size_t k = sweep_.on_path(inputs[0]) ? 1 : 0;
  const auto& factor = tape_.slot(inputs[k]);
  if (sweep_.on_path(inputs[k]) || factor.shape().size() != 1 || (name == "divide" && k == 0))
    return std::nullopt;
  const auto value = static_cast<double>(factor.view.data[0]);
  return {{inputs[1 - k], name == "divide" ? 1 / value : value}};
}

template <class T>
std::vector<std::uint32_t> TopSum<T>::slots() const {
  std::vector<std::uint32_t> result;
  for (const auto& [slot, weight] : terms_)
    if (std::ranges::find(result, slot) == result.end()) result.push_back(slot);
  return result;
}

template <class T>
double TopSum<T>::weight(std::uint32_t slot) const {
  double sum = 0;
  for (const auto& [term, weight] : terms_)
    if (term == slot) sum += weight;
  return sum;
}

template <class T>
std::vector<char> TopSum<T>::needed_for(std::uint32_t slot) const {
  std::vector<char> needed(tape_.slots(), 0);
  needed[slot] = 1;
  const std::uint32_t last = tape_.slot(slot).record;
  for (std::uint32_t r = last == no_index ? 0 : last + 1; r-- > 0;) {
    const Record<T>& record = tape_.record_at(r);
    bool any = false;
    for (std::uint32_t i = 0; i < record.outputs; ++i) any |= needed[record.first_output + i] != 0;
    if (any)
      for (const std::uint32_t in : tape_.inputs_of(record)) needed[in] = 1;
  }
  return needed;
}

// Whether a record makes one number of its samples, be it one sample. A product with weights does
// not: its terms are features. One of an array with itself may.
template <class T>
bool TopSum<T>::reduces(const Record<T>& record) const {
  const Shape& out = tape_.slot(record.first_output).shape();
  if (record.rule->elementwise() || out.size() != 1) return false;
  const std::string_view name = record.rule->name;
  if (name == "linear" || name.starts_with("matmul"))
    return std::ranges::all_of(tape_.inputs_of(record),
                               [&](std::uint32_t in) { return sweep_.on_path(in); });
  return name != "reshape" && name != "transpose" && name != "slice" && name != "embed" &&
         name != "concatenate" && name != "broadcast_to";
}

template <class T>
std::pair<std::size_t, std::size_t> TopSum<T>::samples() const {
  std::pair<std::size_t, std::size_t> result = {0, 0};
  std::size_t most = 0;
  for (const std::uint32_t term : slots()) {
    const std::vector<char> needed = needed_for(term);
    const auto reduced = [&]() -> const Shape* {
      for (std::uint32_t r = tape_.records(); r-- > 0;) {
        const Record<T>& record = tape_.record_at(r);
        const std::uint32_t out = record.first_output;
        if (needed[out] == 0 || !sweep_.on_path(out) || !reduces(record)) continue;
        for (const std::uint32_t in : tape_.inputs_of(record))
          if (sweep_.on_path(in) && tape_.slot(in).shape().rank() > 0)
            return &tape_.slot(in).shape();
      }
      return nullptr;
    }();
    std::size_t data = 1;
    for (std::uint32_t s = 0; s < tape_.slots(); ++s)
      if (needed[s] != 0 && tape_.slot(s).record == no_index && !tape_.slot(s).active)
        data += tape_.slot(s).shape().size();
    if (reduced == nullptr || data <= most) continue;
    most = data;
    result = {(*reduced)[0], reduced->size()};
  }
  // (What each sample reduces to one number is itself.)
  if (alike_ > 0 && result.first <= 1)
    result = {alike_, alike_ * std::max<std::size_t>(result.second, 1)};
  return result;
}

template class TopSum<double>;
template class TopSum<float>;

}  // namespace xtape::detail
