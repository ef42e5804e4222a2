#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/local_derivative.hpp>
#include <xtape/autodiff/inspect/paths.hpp>
#include <xtape/autodiff/inspect/text.hpp>
#include <xtape/autodiff/readings/dual.hpp>
#include <xtape/autodiff/readings/real.hpp>

namespace xtape::detail {
namespace {

std::uint64_t saturated(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void add(PathSums& to, const PathSums& more, long double factor) {
  to.count = saturated(to.count, more.count);
  to.sum += factor * more.sum;
  to.magnitudes += std::abs(factor) * more.magnitudes;
}

// NaN is heavier than anything: a path with one is what is looked for.
long double weight(long double product) {
  return std::isnan(product) ? std::numeric_limits<long double>::infinity() : std::abs(product);
}

}  // namespace

template <class T>
PathGraph<T>::PathGraph(const BasicTape<T>& tape, std::uint32_t J, std::uint32_t leaf,
                        std::uint32_t element, double work)
    : J_(J), leaf_(leaf), element_(element), leads_(J + 1, 0), nodes_(std::max(J, leaf) + 1) {
  nodes_[J].resize(1);
  nodes_[J][0].met = true;
  if (leaf <= J) leads_[leaf] = 1;
  for (std::uint32_t slot = leaf + 1; slot <= J; ++slot) {
    const std::uint32_t record = tape.slot(slot).record;
    if (record == no_index || !tape.slot(slot).active) continue;
    for (const std::uint32_t input : tape.inputs_of(tape.record_at(record)))
      if (leads_[input] != 0 && tape.slot(input).active) leads_[slot] = 1;
  }
  if (leads_[J] == 0) return;
  for (std::uint32_t slot = leaf; slot <= J; ++slot)
    if (leads_[slot] != 0) nodes_[slot].resize(tape.slot(slot).shape().size());
  nodes_[leaf][element].reached = true;
  for (std::uint32_t slot = leaf + 1; slot <= J; ++slot)
    if (leads_[slot] != 0) reach(tape, slot);
  connect(tape, work);
  add_up();
}

// Marks the elements of a result that depend on the element asked for, at least those: it spares
// the rows of all others.
template <class T>
void PathGraph<T>::reach(const BasicTape<T>& tape, std::uint32_t slot) {
  const Record<T>& record = tape.record_at(tape.slot(slot).record);
  const Shape& shape = tape.slot(slot).shape();
  if (record.rule->entry != nullptr && record.outputs == 1) return reach_by_value(tape, record);
  for (const std::uint32_t in : tape.inputs_of(record)) {
    if (leads_[in] == 0) continue;
    // The rule of a structural operation that says nothing of itself may do anything.
    const bool any = std::ranges::any_of(nodes_[in], &Node::reached);
    for (std::size_t p = 0; p < nodes_[slot].size() && any; ++p)
      nodes_[slot][p].reached |=
          !record.rule->elementwise() ||
          nodes_[in][element_of_input(tape.slot(in).shape(), shape, p)].reached;
  }
}

// By the operation's value, along a direction in which only reached elements change.
template <class T>
void PathGraph<T>::reach_by_value(const BasicTape<T>& tape, const Record<T>& record) {
  std::vector<std::vector<Wide>> values;
  std::vector<View<const Wide>> in;
  std::size_t count = 0;
  for (const std::uint32_t slot : tape.inputs_of(record)) {
    const View<const T>& view = tape.slot(slot).view;
    auto& own = values.emplace_back(view.size());
    for (std::size_t i = 0; i < view.size(); ++i) {
      own[i].value = static_cast<long double>(beside(view[i], ++count));
      if (leads_[slot] != 0 && nodes_[slot][i].reached) own[i].tangent = beside(1.0L, ++count);
    }
  }
  std::size_t k = 0;
  for (const std::uint32_t slot : tape.inputs_of(record))
    in.push_back({values[k++].data(), &tape.slot(slot).shape()});
  auto& nodes = nodes_[record.first_output];
  std::vector<Wide> result(nodes.size());
  const View<Wide> out(result.data(), &tape.slot(record.first_output).shape());
  record.rule->reference(record.operation(), in, &out);
  for (std::size_t p = 0; p < nodes.size(); ++p) nodes[p].reached = result[p].tangent.value != 0;
}

// From J backwards, over elements that J depends on.
template <class T>
void PathGraph<T>::connect(const BasicTape<T>& tape, double work) {
  double done = 0;
  for (std::uint32_t slot = J_; slot > leaf_; --slot) {
    if (leads_[slot] == 0) continue;
    const std::uint32_t r = tape.slot(slot).record;
    const Record<T>& record = tape.record_at(r);
    const auto inputs = tape.inputs_of(record);
    for (Node& node : nodes_[slot]) node.met = node.met && node.reached;
    const auto met = std::ranges::count_if(nodes_[slot], &Node::met);
    for (std::uint32_t k = 0; k < inputs.size() && met > 0; ++k) {
      const std::uint32_t in = inputs[k];
      if (leads_[in] == 0 || !tape.slot(in).active) continue;
      LocalDerivative<T> local(tape, r, k, slot - record.first_output);
      done += static_cast<double>(met) * static_cast<double>(local.cost());
      if (done > work)
        throw Error(std::string("explain: the derivative of ") + record.rule->name + " for " +
                    tape.describe(in, k) + " element by element takes " + number_text(done, 2) +
                    " operations, more than the limit of " + number_text(work, 2) +
                    "; record fewer samples, or raise the limit" + to_string(record.place()));
      for (std::uint32_t p = 0; p < nodes_[slot].size(); ++p) {
        if (!nodes_[slot][p].met) continue;
        for (const Entry<T>& entry : local.row(p)) {
          if (in == leaf_ && entry.in != element_) continue;
          nodes_[in][entry.in].met = true;
          nodes_[slot][p].down.push_back(
              {r, k, slot, in, p, entry.in, static_cast<double>(entry.value)});
        }
      }
    }
  }
}

// From the element upwards; what does not lead there is cut off.
template <class T>
void PathGraph<T>::add_up() {
  nodes_[leaf_][element_].sums = {1, 1, 1};
  for (std::uint32_t slot = leaf_ + 1; slot <= J_; ++slot)
    for (Node& node : nodes_[slot]) {
      std::erase_if(node.down, [&](const PathStep& step) { return below(step).sums.count == 0; });
      for (const PathStep& step : node.down)
        add(node.sums, below(step).sums, static_cast<long double>(step.value));
    }
}

template <class T>
std::vector<ElementPath> PathGraph<T>::heaviest(std::size_t most) const {
  // The best ways down from each element: the step, and which of the ways from there.
  struct Way {
    long double product;
    std::uint32_t step, rank;
  };
  if (sums().count == 0 || most == 0) return {};
  std::vector<std::vector<std::vector<Way>>> ways(nodes_.size());
  for (std::uint32_t slot = leaf_; slot <= J_; ++slot) {
    ways[slot].resize(nodes_[slot].size());
    for (std::size_t p = 0; p < nodes_[slot].size(); ++p) {
      auto& best = ways[slot][p];
      const auto& down = nodes_[slot][p].down;
      if (slot == leaf_ && p == element_) best.push_back({1, 0, 0});
      for (std::uint32_t s = 0; s < down.size(); ++s) {
        const auto& from = ways[down[s].in_slot][down[s].in];
        for (std::uint32_t rank = 0; rank < from.size(); ++rank)
          best.push_back({static_cast<long double>(down[s].value) * from[rank].product, s, rank});
      }
      std::ranges::stable_sort(
          best, [](const Way& a, const Way& b) { return weight(a.product) > weight(b.product); });
      if (best.size() > most) best.resize(most);
    }
  }
  std::vector<ElementPath> paths;
  for (const Way& first : ways[J_][0]) {
    ElementPath path{{}, first.product};
    std::uint32_t slot = J_, element = 0;
    for (Way way = first; slot != leaf_;) {
      const PathStep& step = nodes_[slot][element].down[way.step];
      path.steps.push_back(step);
      slot = step.in_slot;
      element = step.in;
      way = ways[slot][element][way.rank];
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

template <class T>
std::vector<RoutePaths> PathGraph<T>::routes(std::size_t most) const {
  std::vector<RoutePaths> routes;
  if (sums().count == 0) return routes;
  // An unfinished route with what its paths have multiplied to, by the element that they are at.
  struct Part {
    std::vector<PathStep> steps;
    std::uint32_t slot;
    std::map<std::uint32_t, PathSums> at;
  };
  std::vector<Part> parts;
  parts.push_back({{}, J_, {{0, {1, 1, 1}}}});
  while (!parts.empty() && routes.size() < most) {
    const Part part = std::move(parts.back());
    parts.pop_back();
    if (part.slot == leaf_) {
      const PathSums& all = part.at.begin()->second;
      routes.push_back({part.steps, all.count, all.sum});
      continue;
    }
    std::vector<Part> next;
    for (const auto& [element, sums] : part.at)
      for (const PathStep& step : nodes_[part.slot][element].down) {
        auto way = std::ranges::find_if(
            next, [&](const Part& other) { return other.steps.back().same_way(step); });
        if (way == next.end()) {
          next.push_back({part.steps, step.in_slot, {}});
          next.back().steps.push_back(step);
          way = next.end() - 1;
        }
        add(way->at[step.in], sums, static_cast<long double>(step.value));
      }
    std::ranges::reverse(next);
    std::ranges::move(next, std::back_inserter(parts));
  }
  return routes;
}

template <class T>
std::optional<PathSums> PathGraph<T>::enumerated(std::uint64_t most) const {
  if (sums().count > most) return {};
  PathSums all;
  if (sums().count == 0) return all;
  // The path down to where it is now, and which step is next at each of its elements.
  struct At {
    const Node* node;
    std::size_t next;
    long double product;
  };
  const Node* const end = &nodes_[leaf_][element_];
  std::vector<At> path{{&nodes_[J_][0], 0, 1}};
  while (!path.empty()) {
    At& at = path.back();
    if (at.node == end) {
      ++all.count;
      all.sum += at.product;
      all.magnitudes += std::abs(at.product);
      path.pop_back();
    } else if (at.next == at.node->down.size()) {
      path.pop_back();
    } else {
      const PathStep& step = at.node->down[at.next++];
      path.push_back({&below(step), 0, at.product * static_cast<long double>(step.value)});
    }
  }
  return all;
}

template class PathGraph<double>;
template class PathGraph<float>;

}  // namespace xtape::detail
