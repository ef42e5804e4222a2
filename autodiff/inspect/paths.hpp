#pragma once
// The chain rule in numbers: a recording as a graph of single elements, and the paths through it.

#include <cstdint>
#include <optional>
#include <vector>

#include <xtape/autodiff/gradients.hpp>

namespace xtape::detail {

/// One step of a path, from an element of a record's output to one of its input.
struct PathStep {
  std::uint32_t record, input;
  std::uint32_t out_slot, in_slot;
  std::uint32_t out, in;  // the elements, row by row
  double value;           // ∂out/∂in

  [[nodiscard]] bool same_way(const PathStep& other) const {
    return record == other.record && input == other.input && out_slot == other.out_slot;
  }
};
/// A path from J to the element asked for.
struct ElementPath {
  std::vector<PathStep> steps;
  long double product;
};
/// The paths that go through the same records by the same inputs.
struct RoutePaths {
  std::vector<PathStep> steps;  // elements and values are those of one of them
  std::uint64_t count;
  long double sum;
};

/// Sums over paths: how many (at most 2⁶⁴ - 1), what they sum to, and what their magnitudes do.
struct PathSums {
  std::uint64_t count = 0;
  long double sum = 0, magnitudes = 0;
};

/// All paths from J, an array of one element, to one element of an array. Products and sums are
/// made in extended precision from the entries that the records' own rules give.
template <class T>
class PathGraph {
 public:
  /// @throws Error when it would take more than `work` operations.
  PathGraph(const BasicTape<T>& tape, std::uint32_t J, std::uint32_t leaf, std::uint32_t element,
            double work);

  [[nodiscard]] const PathSums& sums() const { return nodes_[J_][0].sums; }
  /// The paths of the largest magnitude, at most so many, the heaviest first.
  [[nodiscard]] std::vector<ElementPath> heaviest(std::size_t most) const;
  /// The ways that paths take, at most so many, as found from the last record on.
  [[nodiscard]] std::vector<RoutePaths> routes(std::size_t most) const;
  /// The sums by going along each path on its own: nothing where there are more than `most`.
  [[nodiscard]] std::optional<PathSums> enumerated(std::uint64_t most) const;

 private:
  struct Node {
    std::vector<PathStep> down;
    bool met = false;      // on a way from J
    bool reached = false;  // by what is changed at the element
    PathSums sums;         // of the paths from here to the element
  };
  void reach(const BasicTape<T>& tape, std::uint32_t slot);
  void reach_by_value(const BasicTape<T>& tape, const Record<T>& record);
  void connect(const BasicTape<T>& tape, double work);
  void add_up();
  [[nodiscard]] const Node& below(const PathStep& step) const {
    return nodes_[step.in_slot][step.in];
  }

  std::uint32_t J_, leaf_, element_;
  std::vector<char> leads_;  // by slot: whether the array asked for is an input, directly or not
  std::vector<std::vector<Node>> nodes_;  // by slot and element
};

extern template class PathGraph<double>;
extern template class PathGraph<float>;

}  // namespace xtape::detail
