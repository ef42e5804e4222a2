#include <algorithm>
#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

using detail::number_text;

std::string element(const std::string& array, const std::vector<std::size_t>& at) {
  return array + detail::index_text(at, ",");
}

std::string in_full(const AdjointResult& r, bool recorded) {
  std::string text = "the first wrong rule: record " + std::to_string(r.record) + ", " + r.path +
                     r.operation + ", for input " + std::to_string(r.input + 1) + ", " + r.array +
                     " " + to_string(r.shape) + to_string(r.place) + "\n";
  if (!r.note.empty()) text += "  " + r.note + "\n";
  if (r.note.empty() || r.error < r.limit * 1e300L)
    text += "  ⟨ū, J v⟩ = " + number_text(r.forward, 17) + " by " + to_string(r.source) +
            " from its value\n  ⟨Jᵀū, v⟩ = " + number_text(r.backward, 17) + " by its " +
            (recorded ? "recorded rule" : "rule") + "\n  " + number_text(r.error, 3) +
            " units of rounding apart, limit " + number_text(r.limit, 3) + "\n";
  if (r.entry) {
    const auto& e = *r.entry;
    const std::string output = e.output == 0 ? "y" : "y" + std::to_string(e.output);
    text += "  most at ∂" + element(output, e.out) + "/∂" + element(r.array, e.in) + ": rule " +
            number_text(e.rule, 9) + ", value " + number_text(e.value, 9);
    if (e.value != 0) text += ", ratio " + number_text(e.rule / e.value, 9);
    text += "\n";
  }
  return text;
}

}  // namespace

const char* to_string(TangentSource source) {
  switch (source) {
    case TangentSource::dual:
      return "dual numbers";
    case TangentSource::complex_step:
      return "complex step";
    default:
      return "differences";
  }
}

Verdict AdjointReport::verdict() const {
  if (results.empty()) return Verdict::inconclusive;
  Verdict all = Verdict::pass;
  for (const AdjointResult& result : results) all = both(all, result.verdict);
  return all;
}

std::size_t AdjointReport::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(results, [&](const auto& r) { return r.verdict == verdict; }));
}

const AdjointResult* AdjointReport::first_failure() const {
  for (const AdjointResult& result : results)
    if (result.verdict == Verdict::fail) return &result;
  return nullptr;
}

std::string AdjointReport::text(bool all) const {
  std::string text = std::string("adjoint test of ") + std::to_string(records) + " records" +
                     (recorded ? ", recorded rules" : "") + ": " + to_string(verdict()) + "\n";
  for (const Verdict v : {Verdict::pass, Verdict::fail, Verdict::inconclusive})
    if (const std::size_t n = count(v); n > 0)
      text += std::string("  ") + to_string(v) + " for " + std::to_string(n) + " of " +
              std::to_string(results.size()) + " inputs\n";
  if (without > 0)
    text += "  without a derivative, not tested: " + std::to_string(without) + " records\n";
  if (empty > 0) text += "  without elements, not tested: " + std::to_string(empty) + " inputs\n";
  if (results.empty())
    text += std::string("  nothing to test: ") +
            (empty > 0 ? "no array has elements" : "no record depends on a variable") + "\n";
  if (const AdjointResult* const first = first_failure()) text += in_full(*first, recorded);
  std::vector<std::vector<std::string>> rows = {{"record", "operation", "input", "shape", "verdict",
                                                 "error", "limit", "J v by", "place", "note"}};
  for (const AdjointResult& r : results) {
    if (!all && r.verdict == Verdict::pass) continue;
    std::string note = r.note;
    if (r.skipped > 0)
      note += (note.empty() ? "" : "; ") + std::to_string(r.skipped) + " elements left out";
    rows.push_back({std::to_string(r.record), r.path + r.operation, r.array, to_string(r.shape),
                    to_string(r.verdict), number_text(r.error, 3), number_text(r.limit, 3),
                    to_string(r.source), detail::place_text(r.place), note});
  }
  return rows.size() > 1 ? text + detail::columns(rows) : text;
}

}  // namespace xtape
