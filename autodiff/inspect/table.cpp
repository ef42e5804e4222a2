#include <algorithm>
#include <vector>
#include <xtape/autodiff/inspect/table.hpp>
#include <xtape/autodiff/inspect/text.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape {
namespace {

enum Column : std::size_t {
  record_column,
  name_column,
  operation_column,
  input_column,
  derives_column,
  shape_column,
  value_column,
  gradient_column,
  place_column,
  column_count
};
using Row = std::vector<std::string>;

template <class T>
class Table {
 public:
  Table(const BasicTape<T>& tape, const GradientSet<T>* set, const TableOptions& options)
      : walk_(tape, set, "table"), options_(options) {}

  std::string text() {
    const BasicSlotView<T>* const J = walk_.swept();
    rows_.push_back({"record", "name", "operation", "inputs", "derives", "shape", "value",
                     J == nullptr ? "" : "gradient of " + J->label, "place"});
    std::uint32_t scope = no_index;
    for (const auto& slot : walk_.slots()) {
      if (slot.scope != scope) open(scope, slot.scope);
      scope = slot.scope;
      add(slot);
    }
    return detail::columns(rows_, {record_column});
  }

 private:
  // A line with the name of each scope that is entered on the way.
  void open(std::uint32_t from, std::uint32_t to) {
    const auto old = walk_.path(from), now = walk_.path(to);
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(old, now).in2 - now.begin());
    for (std::size_t depth = common; depth < now.size(); ++depth) {
      Row& row = rows_.emplace_back(column_count);
      row[name_column].assign(2 * depth, ' ').append(walk_.scopes()[now[depth]].name) += ":";
    }
  }

  void add(const BasicSlotView<T>& slot) {
    Row& row = rows_.emplace_back(column_count);
    row[name_column] = std::string(2 * walk_.path(slot.scope).size(), ' ') + slot.label;
    row[shape_column] = to_string(slot.shape);
    row[value_column] = detail::array_text(slot.value, slot.shape, options_.digits);
    row[gradient_column] = gradient(slot);
    if (slot.record == no_index) {
      row[operation_column] = to_string(slot.kind);
      return;
    }
    const auto& record = walk_[slot.record];
    row[record_column] = std::to_string(record.index);
    row[operation_column] = record.operation;
    if (record.outputs.size() > 1)
      row[operation_column] += " [" + std::to_string(&slot - record.outputs.data()) + "]";
    for (const BasicSlotView<T>& input : record.inputs)
      row[input_column] += (row[input_column].empty() ? "" : ", ") + input.label;
    if (record.derives)
      row[derives_column] = "record " + std::to_string(record.derives->record) + ", input " +
                            std::to_string(record.derives->input + 1);
    if (options_.places) row[place_column] = detail::place_text(record.place);
  }

  [[nodiscard]] std::string gradient(const BasicSlotView<T>& slot) const {
    switch (slot.state) {
      case GradientState::inactive:
        return "-";
      case GradientState::zero:
        return "0";
      case GradientState::arrived:
        return detail::array_text(slot.gradient, slot.shape, options_.digits);
      default:
        return {};
    }
  }

  BasicWalk<T> walk_;
  TableOptions options_;
  std::vector<Row> rows_;
};

}  // namespace

template <class T>
std::string table(const BasicTape<T>& tape, const TableOptions& options) {
  return Table<T>(tape, nullptr, options).text();
}
template <class T>
std::string table(const BasicTape<T>& tape, const BasicGradients<T>& gradients,
                  const TableOptions& options) {
  return Table<T>(tape, &gradients.set(), options).text();
}

XTAPE_TABLES(, double)
XTAPE_TABLES(, float)

}  // namespace xtape
