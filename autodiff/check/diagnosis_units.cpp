#include <xtape/autodiff/check/diagnosis_units.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <xtape/autodiff/check/diagnosis_factors.hpp>
#include <xtape/autodiff/readings/entry.hpp>

namespace xtape::detail {
namespace {

// Axes that are joined, by one number each: sets that are merged.
class Joined {
 public:
  explicit Joined(std::size_t n) : parent_(n), uneven_(n, 0) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    uneven_[b] = static_cast<char>(uneven_[b] | uneven_[a]);
    parent_[a] = b;
  }
  // Something is done to these that is not the same for each element.
  void spoil(std::size_t i) { uneven_[root(i)] = 1; }
  bool uneven(std::size_t i) { return uneven_[root(i)] != 0; }

 private:
  std::vector<std::size_t> parent_;
  std::vector<char> uneven_;
};

// The axes of all arrays of a recording.
template <class T>
class AxesOf {
 public:
  AxesOf(const BasicTape<T>& tape, std::uint32_t J) : tape_(tape), joined_(0) {
    std::size_t axes = 0;
    for (std::uint32_t slot = 0; slot < tape.slots(); ++slot) {
      first_.push_back(axes);
      axes += shape(slot).rank();
    }
    joined_ = Joined(axes);
    std::vector<char> needed(tape.slots(), 0);
    needed[J] = 1;
    const std::uint32_t end = tape.slot(J).record == no_index ? 0 : tape.slot(J).record + 1;
    for (std::uint32_t r = end; r-- > 0;) {
      const Record<T>& record = tape.record_at(r);
      bool any = false;
      for (std::uint32_t i = 0; i < record.outputs; ++i)
        any |= needed[record.first_output + i] != 0;
      if (!any) continue;
      for (const std::uint32_t in : tape.inputs_of(record)) needed[in] = 1;
      follow(record);
    }
  }

  /// The set that an axis belongs to, or nothing.
  std::optional<std::size_t> set(std::uint32_t slot, std::size_t axis) {
    if (shape(slot)[axis] < 2 || joined_.uneven(first_[slot] + axis)) return std::nullopt;
    return joined_.root(first_[slot] + axis);
  }

 private:
  [[nodiscard]] const Shape& shape(std::uint32_t slot) const { return tape_.slot(slot).shape(); }

  void follow(const Record<T>& record) {
    const std::span<const std::uint32_t> inputs = tape_.inputs_of(record);
    const std::uint32_t out = record.first_output;
    std::vector<const Shape*> shapes;
    std::vector<std::size_t> slots;
    for (const std::uint32_t in : inputs) {
      shapes.push_back(&shape(in));
      slots.push_back(in);
    }
    slots.push_back(out);
    EntryWriter entries;
    entries.begin(shapes, shape(out), slots, {});
    const AxisIndices at = entries.each_of(shape(out));
    entries.begin(shapes, shape(out), slots, at);
    std::map<std::size_t, std::size_t> axis_of;  // by letter
    const auto meet = [&](std::uint32_t slot, const AxisIndices& indices) {
      for (std::size_t axis = 0; axis < indices.size(); ++axis) {
        if (shape(slot)[axis] < 2) continue;
        const AxisIndex& i = indices[axis];
        if (!runs_along(entries, i, shape(slot)[axis])) {
          spoil(slot, axis);
          if (!i.fixed()) spoil_letter(axis_of, i.letter);
          continue;
        }
        const std::size_t here = first_[slot] + axis;
        const auto [known, is_new] = axis_of.try_emplace(i.letter, here);
        if (!is_new) joined_.join(here, known->second);
      }
    };
    meet(out, at);
    for (std::uint32_t k = 0; k < inputs.size(); ++k) {
      if (record.rule->elementwise()) {
        meet(inputs[k], entries.stretched(k));
        continue;
      }
      std::optional<SymbolicEntry> entry;
      if (record.rule->entry != nullptr && record.outputs == 1)
        entry = record.rule->entry(record.operation(), k, entries);
      if (!entry) return spoil_all(record);
      meet(inputs[k], entry->in);
      each_element(entry->factor, entries, meet);
    }
  }
  // Whether the index is a letter that runs over all of an axis.
  static bool runs_along(const EntryWriter& entries, const AxisIndex& i, std::size_t extent) {
    return !i.fixed() && i.scale == 1 && i.offset == 0 && !entries.letters()[i.letter].bound &&
           entries.letters()[i.letter].extent == extent;
  }
  // The letters of a factor are those of other inputs' axes.
  template <class Meet>
  static void each_element(const Symbol& s, const EntryWriter& entries, const Meet& meet) {
    if (const auto* const element = entries.as_element(s))
      return meet(static_cast<std::uint32_t>(element->slot), element->at);
    for (const Symbol& in : s.inputs()) each_element(in, entries, meet);
  }
  void spoil(std::uint32_t slot, std::size_t axis) { joined_.spoil(first_[slot] + axis); }
  void spoil_letter(const std::map<std::size_t, std::size_t>& axis_of, std::size_t letter) {
    if (const auto known = axis_of.find(letter); known != axis_of.end())
      joined_.spoil(known->second);
  }
  void spoil_all(const Record<T>& record) {
    for (std::uint32_t i = 0; i < record.outputs; ++i)
      for (std::size_t axis = 0; axis < shape(record.first_output + i).rank(); ++axis)
        spoil(record.first_output + i, axis);
    for (const std::uint32_t in : tape_.inputs_of(record))
      for (std::size_t axis = 0; axis < shape(in).rank(); ++axis) spoil(in, axis);
  }

  const BasicTape<T>& tape_;
  std::vector<std::size_t> first_;  // by slot: the number of its first axis
  Joined joined_;
};

using Order = std::vector<std::size_t>;

Order as_they_are(std::size_t n) {
  Order order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

// The orders of all units that make the gradients by hand autodiff's times a factor.
class Numbering {
 public:
  Numbering(const std::vector<Comparison>& parameters, const Units& units, double factor)
      : parameters_(parameters), units_(units), factor_(factor), orders_(units.extents.size()) {}

  /// False where there are none, or where they say nothing.
  bool find() {
    for (std::uint32_t u = 0; u < orders_.size(); ++u)
      if (arrays_with(u) < 2) orders_[u] = as_they_are(units_.extents[u]);
    for (bool found = true; found;) {
      found = false;
      for (std::uint32_t u = 0; u < orders_.size(); ++u) {
        if (!orders_[u].empty() || !is_open(u)) continue;
        if (!order(u)) return false;
        found = true;
      }
    }
    return std::ranges::none_of(orders_, [](const Order& o) { return o.empty(); }) && explains();
  }
  [[nodiscard]] const std::vector<Order>& orders() const { return orders_; }

 private:
  [[nodiscard]] const std::vector<std::uint32_t>& axes(std::size_t p) const {
    return units_.of_axis[p];
  }
  [[nodiscard]] std::size_t arrays_with(std::uint32_t u) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        units_.of_axis, [&](const auto& a) { return std::ranges::count(a, u) > 0; }));
  }
  // Whether an array has these units and the order of no other is asked for.
  [[nodiscard]] bool shows(std::size_t p, std::uint32_t u) const {
    return std::ranges::count(axes(p), u) == 1 && std::ranges::all_of(axes(p), [&](auto other) {
             return other == u || other == Units::no_unit || !orders_[other].empty();
           });
  }
  [[nodiscard]] bool is_open(std::uint32_t u) const {
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (shows(p, u)) return true;
    return false;
  }

  // Autodiff's element for one by hand; unit s of u is taken for unit t.
  [[nodiscard]] const ComparedElement& ours(std::size_t p, const ComparedElement& e,
                                            std::uint32_t u, std::size_t t) const {
    const Shape& shape = parameters_[p].autodiff_shape;
    std::size_t place = 0;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      const std::uint32_t unit = axes(p)[axis];
      const std::size_t i = e.index[axis];
      place = place * shape[axis] + (unit == Units::no_unit ? i : unit == u ? t : orders_[unit][i]);
    }
    return parameters_[p].elements[place];
  }
  [[nodiscard]] bool close(double by_hand, const ComparedElement& right) const {
    return by_hand == factor_ * right.autodiff ||
           std::abs(by_hand - factor_ * right.autodiff) <= std::abs(factor_) * right.bar;
  }
  // Whether unit s by hand is unit t, in all arrays that show it.
  [[nodiscard]] bool matches(std::uint32_t u, std::size_t s, std::size_t t) const {
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      if (!shows(p, u)) continue;
      const auto axis = static_cast<std::size_t>(std::ranges::find(axes(p), u) - axes(p).begin());
      const Shape& shape = parameters_[p].autodiff_shape;
      std::size_t inner = 1;
      for (std::size_t i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
      const std::vector<ComparedElement>& elements = parameters_[p].elements;
      for (std::size_t from = s * inner; from < elements.size(); from += shape[axis] * inner)
        for (std::size_t i = from; i < from + inner; ++i)
          if (!close(elements[i].by_hand, ours(p, elements[i], u, t))) return false;
    }
    return true;
  }
  // Units that may stay what they are do.
  bool order(std::uint32_t u) {
    const std::size_t n = units_.extents[u];
    Order order(n, n);
    std::vector<char> used(n, 0);
    for (std::size_t s = 0; s < n; ++s)
      if (matches(u, s, s)) used[order[s] = s] = 1;
    for (std::size_t s = 0; s < n; ++s) {
      if (order[s] == s) continue;
      std::size_t t = 0;
      while (t < n && (used[t] != 0 || !matches(u, s, t))) ++t;
      if (t == n) return false;
      used[order[s] = t] = 1;
    }
    orders_[u] = order;
    return true;
  }
  // All elements, and in each array that differs one that says something.
  [[nodiscard]] bool explains() const {
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      bool evidence = parameters_[p].verdict() != Verdict::fail;
      for (const ComparedElement& e : parameters_[p].elements) {
        const ComparedElement& right = ours(p, e, Units::no_unit, 0);
        if (!close(e.by_hand, right)) return false;
        evidence |= e.verdict == Verdict::fail && std::abs(right.autodiff) > 1e3 * right.bar;
      }
      if (!evidence) return false;
    }
    return true;
  }

  const std::vector<Comparison>& parameters_;
  const Units& units_;
  double factor_;
  std::vector<Order> orders_;  // by the number of the units; empty: not known yet
};

std::string said(const Order& order, const std::string& name, std::size_t first) {
  constexpr std::size_t most = 8;
  std::string text;
  std::size_t moved = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] == i || ++moved > most) continue;
    text += (moved == 1 ? "" : ", ") + std::string("yours ") + std::to_string(i + first) +
            " is ours " + std::to_string(order[i] + first);
  }
  return "the units" + (name.empty() ? "" : " of " + name) + " are numbered otherwise: " + text +
         (moved > most ? ", …" : "") + " (counted from " + std::to_string(first) + ")";
}

}  // namespace

template <class T>
Units units_of(const BasicVariable<T>& J, const std::vector<BasicVariable<T>>& parameters,
               const std::vector<NamedLeaf>& leaves, std::size_t samples) {
  Units units;
  AxesOf<T> axes(*J.tape(), J.index());
  std::map<std::size_t, std::uint32_t> numbers;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const Shape& shape = leaves[p].shape;
    std::vector<std::uint32_t>& of_axis = units.of_axis.emplace_back();
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      const auto set = axes.set(parameters[p].index(), axis);
      if (!set) {
        of_axis.push_back(Units::no_unit);
        continue;
      }
      const auto [known, is_new] =
          numbers.try_emplace(*set, static_cast<std::uint32_t>(units.names.size()));
      if (is_new) {
        units.names.emplace_back();
        units.extents.push_back(shape[axis]);
      }
      of_axis.push_back(known->second);
      // They are called by the layer that makes them, whose arrays have them along the last axis.
      const std::size_t dot = leaves[p].name.rfind('.');
      std::string& name = units.names[known->second];
      if (name.empty() && axis + 1 == shape.rank() && dot != std::string::npos)
        name = leaves[p].name.substr(0, dot);
    }
  }
  if (!parameters.empty())
    std::tie(units.samples, units.elements) = recorded(J, parameters[0])->samples();
  if (samples != 0) units.samples = samples;
  return units;
}

std::vector<Diagnosis> renumbered(const std::vector<Comparison>& parameters, const Units& units,
                                  bool scaled) {
  for (const Comparison& c : parameters)
    if (c.autodiff_shape != c.by_hand_shape) return {};
  std::vector<Factor> tried = {{"", 1, 0}};
  if (scaled)
    for (const Factor& factor : factors(units.samples, units.elements)) tried.push_back(factor);
  std::ranges::stable_sort(tried, {}, &Factor::cost);
  std::vector<Diagnosis> result;
  std::size_t cost = 0;
  for (const Factor& factor : tried) {
    if (!result.empty() && factor.cost > cost) break;
    Numbering numbering(parameters, units, factor.value);
    if (!numbering.find()) continue;
    cost = factor.cost;
    Diagnosis diagnosis;
    diagnosis.mistakes = {Mistake::renumbered};
    diagnosis.factor = factor.name;
    diagnosis.ratio = factor.value;
    for (std::size_t u = 0; u < units.names.size(); ++u) {
      const Order& order = numbering.orders()[u];
      if (order == as_they_are(order.size())) continue;
      if (diagnosis.permutation.empty()) diagnosis.permutation = order;
      diagnosis.text += (diagnosis.text.empty() ? "" : "; ") +
                        said(order, units.names[u], parameters[0].on_paper ? 1 : 0);
    }
    if (diagnosis.permutation.empty()) continue;  // a factor alone
    if (!factor.name.empty()) {
      diagnosis.mistakes.push_back(Mistake::factor);
      diagnosis.text += "; beside that, " + factor.text(false);
    }
    result.push_back(diagnosis);
  }
  return result;
}

template Units units_of(const BasicVariable<double>&, const std::vector<BasicVariable<double>>&,
                        const std::vector<NamedLeaf>&, std::size_t);
template Units units_of(const BasicVariable<float>&, const std::vector<BasicVariable<float>>&,
                        const std::vector<NamedLeaf>&, std::size_t);

}  // namespace xtape::detail
