#include <algorithm>
#include <functional>
#include <vector>
#include <xtape/autodiff/check/kinks.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape {

template <class T>
KinkValues kink_values(const BasicTape<T>& tape) {
  KinkValues result;
  for (std::uint32_t r = 0; r < tape.records(); ++r) {
    const Record<T>& record = tape.record_at(r);
    if (record.rule->kink == nullptr) continue;
    const auto inputs = tape.inputs_of(record);
    if (std::ranges::none_of(inputs, [&](std::uint32_t i) { return tape.slot(i).active; }))
      continue;
    const Shape& shape = tape.slot(record.first_output).shape();
    auto& entry = result.records.emplace_back(
        KinkValues::OfRecord{r, record.rule->name, {}, record.place(), shape, {}});
    for (const std::uint32_t i : inputs)
      if (entry.input.empty()) entry.input = tape.name_of(i);
    for (std::size_t e = 0; e < shape.size(); ++e)
      entry.values.push_back(kink_at(record, [&](std::uint32_t k) {
        const auto& slot = tape.slot(inputs[k]);
        return slot.view.data[detail::element_of_input(slot.shape(), shape, e)];
      }));
  }
  return result;
}

std::string site_text(const KinkValues::OfRecord& record, std::size_t element) {
  return record.operation + (record.input.empty() ? "" : " of " + record.input) +
         (record.shape.rank() > 0 ? ", element " + detail::index_text(record.shape, element) : "") +
         to_string(record.place);
}

std::vector<KinkSite> kinks_between(const KinkValues& left, const KinkValues& middle,
                                    const KinkValues& right) {
  std::vector<KinkSite> sites;
  const std::size_t n = middle.records.size();
  if (left.records.size() != n || right.records.size() != n) return sites;
  for (std::size_t r = 0; r < n; ++r) {
    const auto &l = left.records[r], &m = middle.records[r], &h = right.records[r];
    if (l.values.size() != m.values.size() || h.values.size() != m.values.size() ||
        l.record != m.record || h.record != m.record)
      return sites;
    for (std::size_t e = 0; e < m.values.size(); ++e) {
      const long double a = l.values[e], b = m.values[e], c = h.values[e];
      if (a == b && b == c) continue;  // the input does not come here
      KinkSite::Where where = KinkSite::Where::at;
      if (b != 0) {
        const bool below = (a < 0) != (b < 0) || a == 0, above = (c < 0) != (b < 0) || c == 0;
        if (below == above) continue;  // none, or one on each side: no kink of ours at the point
        where = below ? KinkSite::Where::right : KinkSite::Where::left;
      }
      sites.push_back({site_text(m, e), where});
    }
  }
  const auto at = [](const KinkSite& site) { return site.where == KinkSite::Where::at; };
  if (std::ranges::any_of(sites, at)) std::erase_if(sites, std::not_fn(at));
  return sites;
}

template KinkValues kink_values(const BasicTape<double>&);
template KinkValues kink_values(const BasicTape<float>&);

}  // namespace xtape
