#include <algorithm>
#include <array>
#include <locale>
#include <sstream>
#include <unordered_map>
#include <vector>
#include <xtape/autodiff/inspect/table.hpp>

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
  column_count
};
using Row = std::array<std::string, column_count>;

// How many characters wide: in UTF-8 all bytes but the continuation bytes begin one.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Columns without an entry are left out; so are blanks at the ends of lines.
std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, column_count> widths{};
  std::array<bool, column_count> used{};
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < column_count; ++c) {
      widths[c] = std::max(widths[c], width(rows[r][c]));
      used[c] = used[c] || (r > 0 && !rows[r][c].empty());
    }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < column_count; ++c) {
      if (!used[c]) continue;
      const std::string blanks(widths[c] - width(row[c]), ' ');
      line += c == record_column ? blanks + row[c] : row[c] + blanks;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

template <class T>
class Table {
 public:
  Table(const BasicTape<T>& tape, const GradientSet<T>* set) : tape_(tape), set_(set) {
    stream_.imbue(std::locale::classic());
    tape.check_parameters("table");
    if (set != nullptr && set->tape != &tape)
      throw HandleError("table: the gradients are of another tape");
    for (std::uint32_t slot = 0; slot < tape.slots(); ++slot)
      if (const auto name = tape.name_of(slot); !name.empty()) ++uses_[std::string(name)];
  }

  std::string text() {
    rows_.push_back({"record", "name", "operation", "inputs", "derives", "shape", "value",
                     set_ == nullptr ? "" : "gradient"});
    const std::vector<std::uint32_t> scopes = scopes_of_slots();
    std::uint32_t scope = none;
    for (std::uint32_t slot = 0; slot < tape_.slots(); ++slot) {
      if (scopes[slot] != scope) open(scope, scopes[slot]);
      scope = scopes[slot];
      add(slot, scope);
    }
    return aligned(rows_);
  }

 private:
  // A parameter that is first met in a scope, and a plain number, stand with the record that they
  // are an input of.
  [[nodiscard]] std::vector<std::uint32_t> scopes_of_slots() const {
    std::vector<std::uint32_t> scopes(tape_.slots(), none);
    for (std::uint32_t slot = tape_.slots(); slot-- > 0;) {
      const std::uint32_t record = tape_.slot(slot).record;
      const bool follows = tape_.parameter_of(slot) != nullptr || tape_.name_of(slot).empty();
      if (record != none) {
        scopes[slot] = tape_.record_at(record).scope;
      } else if (follows && slot + 1 < tape_.slots()) {
        scopes[slot] = scopes[slot + 1];
      }
    }
    return scopes;
  }

  // The scope and those around it, the outermost one first.
  [[nodiscard]] std::vector<std::uint32_t> path(std::uint32_t scope) const {
    std::vector<std::uint32_t> scopes;
    for (; scope != none; scope = tape_.scope_at(scope).parent) scopes.push_back(scope);
    std::ranges::reverse(scopes);
    return scopes;
  }

  // A line with the name of each scope that is entered on the way.
  void open(std::uint32_t from, std::uint32_t to) {
    const auto old = path(from), now = path(to);
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(old, now).in2 - now.begin());
    for (std::size_t depth = common; depth < now.size(); ++depth) {
      Row& row = rows_.emplace_back();
      row[name_column].assign(2 * depth, ' ').append(tape_.scope_at(now[depth]).name) += ":";
    }
  }

  // A name that several have is told apart by the index.
  [[nodiscard]] std::string label(std::uint32_t slot) const {
    const std::string index = "%" + std::to_string(slot);
    const std::string name(tape_.name_of(slot));
    if (name.empty()) return index;
    return uses_.at(name) == 1 ? name : name + " " + index;
  }

  void add(std::uint32_t index, std::uint32_t scope) {
    const Slot<T>& slot = tape_.slot(index);
    Row& row = rows_.emplace_back();
    row[name_column] = std::string(2 * path(scope).size(), ' ') + label(index);
    row[shape_column] = to_string(slot.shape());
    row[value_column] = numbers(slot.view.data, slot.shape());
    if (set_ != nullptr) row[gradient_column] = gradient(index);
    if (slot.record == none) {
      row[operation_column] = tape_.parameter_of(index) != nullptr ? "parameter"
                              : slot.active                        ? "variable"
                                                                   : "constant";
      return;
    }
    const Record<T>& record = tape_.record_at(slot.record);
    row[record_column] = std::to_string(slot.record);
    row[operation_column] = record.rule->name;
    if (record.outputs > 1)
      row[operation_column] += " [" + std::to_string(index - record.first_output) + "]";
    for (const std::uint32_t input : tape_.inputs_of(record)) {
      if (!row[input_column].empty()) row[input_column] += ", ";
      row[input_column] += label(input);
    }
    if (record.derives_record != none)
      row[derives_column] = "record " + std::to_string(record.derives_record) + ", input " +
                            std::to_string(record.derives_input + 1);
  }

  std::string gradient(std::uint32_t slot) {
    if (!tape_.slot(slot).active) return "-";
    if (slot >= set_->at.size() || !set_->at[slot].assigned) return "0";
    return numbers(set_->at[slot].data, tape_.slot(slot).shape());
  }

  // Few numbers in the brackets of their axes, many as the first ones and the last.
  std::string numbers(const T* data, const Shape& shape) {
    constexpr std::size_t few = 6;
    stream_.str({});
    const std::size_t n = shape.size();
    if (n > few) {
      stream_ << '[' << data[0] << ", " << data[1] << ", …, " << data[n - 1] << "] (" << n << ')';
      return stream_.str();
    }
    if (n == 0) return "[]";
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0) stream_ << ", ";
      stream_ << std::string(axes_that_turn(shape, i), '[') << data[i]
              << std::string(axes_that_turn(shape, i + 1), ']');
    }
    return stream_.str();
  }

  // At how many axes a row begins at element i: each of those whose elements divide i.
  static std::size_t axes_that_turn(const Shape& shape, std::size_t i) {
    std::size_t count = 0, block = 1;
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      block *= shape[axis];
      count += i % block == 0 ? 1 : 0;
    }
    return count;
  }

  const BasicTape<T>& tape_;
  const GradientSet<T>* set_;
  std::unordered_map<std::string, std::size_t> uses_;
  std::vector<Row> rows_;
  std::ostringstream stream_;
};

}  // namespace

template <class T>
std::string table(const BasicTape<T>& tape) {
  return Table<T>(tape, nullptr).text();
}
template <class T>
std::string table(const BasicTape<T>& tape, const BasicGradients<T>& gradients) {
  return Table<T>(tape, &gradients.set()).text();
}

template std::string table(const BasicTape<double>&);
template std::string table(const BasicTape<float>&);
template std::string table(const BasicTape<double>&, const BasicGradients<double>&);
template std::string table(const BasicTape<float>&, const BasicGradients<float>&);

}  // namespace xtape
