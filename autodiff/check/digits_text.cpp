#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/digits.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace {

using detail::number_text;

std::string digits_text(double digits) {
  return number_text(std::round(digits * 10) / 10 + 0.0, 4);  // never -0
}

std::string place_of_loss(const DigitsRow& row, const DigitsLoss& loss, bool forward) {
  std::string text = std::string("  ") + (forward ? "forward" : "backward") + ": first in record " +
                     std::to_string(row.record) + ", " + row.operation + to_string(row.place);
  if (!forward) text += ", for input " + std::to_string(row.input + 1);
  text += ", element " + std::to_string(loss.element) + "\n    ";
  if (loss.finite) {
    text += digits_text(loss.before) + " digits come in, " + digits_text(loss.after) + " go out: ";
  } else {
    text += "not finite: ";
  }
  text += number_text(loss.value, 9) + " for " + number_text(loss.exact, 9) + "\n";
  if (!row.operands.empty()) {
    text += "    of";
    for (std::size_t i = 0; i < row.operands.size(); ++i)
      text += (i == 0 ? " " : ", ") + row.operands[i].first + " = " +
              number_text(row.operands[i].second, 17);
    text += "\n";
  }
  if (forward && loss.finite)
    text += "    errors of the inputs grow by " + number_text(loss.amplified, 2) +
            ", its own rounding is " + number_text(loss.made_here, 2) + "\n";
  return text;
}

}  // namespace

Verdict DigitsReport::verdict() const {
  return forward || backward ? Verdict::fail : Verdict::pass;
}

std::string DigitsReport::text() const {
  std::string text =
      "digits of " + std::to_string(rows.size()) + " records, " + digits_text(full) + " at most: ";
  text += forward || backward ? "some are lost\n" : "none to speak of are lost at these inputs\n";
  if (forward) text += place_of_loss(rows[*forward], rows[*forward].forward, true);
  if (backward) text += place_of_loss(rows[*backward], *rows[*backward].backward, false);
  bool advised = false;
  for (const DigitsAdvice& a : advice) {
    text += "  " + a.instead + " instead of " + a.formula + " (records";
    std::vector<std::uint32_t> records;
    for (const std::uint32_t r : a.records)
      if (r < rows.size()) records.push_back(r);
    std::ranges::sort(records);
    for (std::size_t i = 0; i < records.size(); ++i)
      text += (i == 0 ? " " : ", ") + std::to_string(records[i]);
    text += "): " + a.why + (a.lost_here ? "" : "; not at these inputs") + "\n";
    advised = advised || a.lost_here;
  }
  if (!advised && forward) {
    const std::string& operation = rows[*forward].operation;
    const bool difference = operation.ends_with("subtract") || operation.ends_with("add");
    text += difference
                ? "  nearly equal numbers are subtracted: do it before they are scaled, "
                  "squared or rounded\n"
                : "  its value is much more sensitive than its inputs are exact: find a form "
                  "that takes them earlier\n";
  } else if (!advised && backward && rows[*backward].at_kink) {
    text += "  its inputs are at the kink of " + rows[*backward].operation +
            " but for their rounding, which decides between the slopes: look at other inputs, or "
            "keep those that are equal from being rounded apart\n";
  } else if (!advised && backward) {
    text += "  the rule of " + rows[*backward].operation +
            " loses digits itself: write its derivative without a difference of nearly equal "
            "numbers\n";
  }
  std::vector<std::vector<std::string>> table = {
      {"record", "operation", "array", "in", "out", "g in", "g out", "place"}};
  for (const DigitsRow& row : rows)
    table.push_back(
        {std::to_string(row.record), row.operation, row.array, digits_text(row.forward.before),
         digits_text(row.forward.after), row.backward ? digits_text(row.backward->before) : "",
         row.backward ? digits_text(row.backward->after) : "", detail::place_text(row.place)});
  return text + detail::columns(table);
}

}  // namespace xtape
