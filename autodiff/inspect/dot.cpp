#include <map>
#include <string_view>
#include <xtape/autodiff/inspect/dot.hpp>
#include <xtape/autodiff/inspect/local_derivative.hpp>
#include <xtape/autodiff/inspect/text.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape {
namespace {

// Text between quotes.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result;
}

constexpr std::string_view style_of(ArrayKind kind) {
  switch (kind) {
    case ArrayKind::constant:
      return "shape=box, style=dashed";
    case ArrayKind::variable:
      return "shape=box";
    case ArrayKind::parameter:
      return "shape=box, peripheries=2";
    default:
      return "shape=box, style=rounded";
  }
}

template <class T>
class Dot {
 public:
  Dot(const BasicTape<T>& tape, const GradientSet<T>* set, const DotOptions& options)
      : tape_(tape), walk_(tape, set, "to_dot"), options_(options) {
    for (const auto& slot : walk_.slots())
      if (slot.record == no_index) add_leaf(slot);
    for (const auto& record : walk_) add_record(record);
    for (std::uint32_t scope = 0; scope < walk_.scopes().size(); ++scope)
      inner_[walk_.scopes()[scope].parent].push_back(scope);
  }

  [[nodiscard]] std::string text() const {
    std::string text = "digraph recording {\n";
    text += options_.left_to_right ? "  rankdir=LR;\n" : "";
    text +=
        "  graph [fontname=\"Helvetica\", nodesep=0.4, ranksep=0.5];\n"
        "  node [fontname=\"Helvetica\", fontsize=11, margin=\"0.15,0.08\"];\n"
        "  edge [fontname=\"Helvetica\", fontsize=10];\n";
    write_scope(text, no_index, 1);
    return text + edges_ + "}\n";
  }

 private:
  // The nodes of a scope and of those in it, as a cluster.
  void write_scope(std::string& text, std::uint32_t scope, std::size_t depth) const {
    const std::string indent(2 * depth, ' ');
    if (const auto nodes = nodes_.find(scope); nodes != nodes_.end())
      for (const std::string& node : nodes->second) text += indent + node;
    const auto inner = inner_.find(scope);
    if (inner == inner_.end()) return;
    for (const std::uint32_t child : inner->second) {
      if (empty(child)) continue;
      text += indent + "subgraph cluster_" + std::to_string(child) + " {\n" + indent +
              "  label=\"" + escaped(walk_.scopes()[child].name) +
              "\"; labeljust=l; style=dotted;\n";
      write_scope(text, child, depth + 1);
      text += indent + "}\n";
    }
  }
  [[nodiscard]] bool empty(std::uint32_t scope) const {
    if (nodes_.contains(scope)) return false;
    const auto inner = inner_.find(scope);
    if (inner == inner_.end()) return true;
    for (const std::uint32_t child : inner->second)
      if (!empty(child)) return false;
    return true;
  }

  void add_node(std::uint32_t scope, const std::string& id, const std::string& label,
                std::string_view style) {
    nodes_[scope].push_back(id + " [" + std::string(style) + ", label=\"" + label + "\"];\n");
  }

  void add_leaf(const BasicSlotView<T>& slot) {
    add_node(slot.scope, "s" + std::to_string(slot.index),
             escaped(slot.label) + "\\n" + to_string(slot.kind) + numbers(slot),
             style_of(slot.kind));
  }

  // Of an operation with several outputs each one is a node of its own.
  void add_record(const BasicRecordView<T>& record) {
    const std::string id = "r" + std::to_string(record.index);
    std::string call(record.operation);
    for (std::size_t k = 0; k < record.inputs.size(); ++k)
      call += (k == 0 ? "(" : ", ") + record.inputs[k].get().label;
    call += ")";
    const bool single = record.outputs.size() == 1;
    add_node(record.scope, id,
             (single ? escaped(record.outputs[0].label + " = " + call) + numbers(record.outputs[0])
                     : escaped(call)),
             style_of(ArrayKind::result));
    for (std::size_t i = 0; i < record.outputs.size() && !single; ++i) {
      const auto& out = record.outputs[i];
      add_node(record.scope, node_of(out), escaped(out.label) + numbers(out),
               "shape=box, style=rounded");
      edges_ += "  " + id + " -> " + node_of(out) + ";\n";
    }
    for (std::uint32_t k = 0; k < record.inputs.size(); ++k) {
      edges_ += "  " + node_of(record.inputs[k]) + " -> " + id;
      if (const std::string slope = derivative(record, k); !slope.empty())
        edges_ += " [label=\"   " + slope + "   \"]";  // beside the line, not on it
      edges_ += ";\n";
    }
  }

  [[nodiscard]] std::string node_of(const BasicSlotView<T>& slot) const {
    const bool own = slot.record == no_index || walk_[slot.record].outputs.size() > 1;
    return own ? "s" + std::to_string(slot.index) : "r" + std::to_string(slot.record);
  }

  [[nodiscard]] std::string numbers(const BasicSlotView<T>& slot) const {
    std::string text = "\\n";
    if (slot.shape.rank() != 0) text += to_string(slot.shape) + " ";
    text += detail::array_text(slot.value, slot.shape, options_.digits);
    if (slot.state == GradientState::zero) text += "\\ngradient 0";
    if (slot.state == GradientState::arrived)
      text += "\\ngradient " + detail::array_text(slot.gradient, slot.shape, options_.digits);
    return text;
  }

  // Of numbers: a derivative of an array would be a matrix.
  [[nodiscard]] std::string derivative(const BasicRecordView<T>& record, std::uint32_t k) const {
    const BasicSlotView<T>& in = record.inputs[k];
    if (record.outputs.size() != 1 || !in.active || !record.outputs[0].active ||
        in.shape.size() != 1 || record.outputs[0].shape.size() != 1)
      return {};
    detail::LocalDerivative<T> local(tape_, record.index, k);
    const auto& row = local.row(0);
    return detail::number_text(row.empty() ? 0.0L : static_cast<long double>(row[0].value),
                               options_.digits);
  }

  const BasicTape<T>& tape_;
  BasicWalk<T> walk_;
  DotOptions options_;
  std::map<std::uint32_t, std::vector<std::string>> nodes_;    // by scope
  std::map<std::uint32_t, std::vector<std::uint32_t>> inner_;  // scopes in a scope
  std::string edges_;
};

}  // namespace

template <class T>
std::string to_dot(const BasicTape<T>& tape, const DotOptions& options) {
  return Dot<T>(tape, nullptr, options).text();
}
template <class T>
std::string to_dot(const BasicTape<T>& tape, const BasicGradients<T>& gradients,
                   const DotOptions& options) {
  return Dot<T>(tape, &gradients.set(), options).text();
}

XTAPE_DOTS(, double)
XTAPE_DOTS(, float)

}  // namespace xtape
