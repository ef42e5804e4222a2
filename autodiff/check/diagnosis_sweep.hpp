#pragma once
// The reverse sweep with factors of the chain rule replaced, and with values that are a little off:
// what a derivation with a mistake would give, and how far rounding moves it.

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/diagnosis.hpp>
#include <xtape/autodiff/plan.hpp>

namespace xtape::detail {

/// What stands in the place of the slope f′(x) of a function of one input.
enum class Slope : std::uint8_t {
  one,                // nothing: it was forgotten
  at_output,          // f′(y)
  textbook,           // the textbook's formula, rounded as it stands
  textbook_of_input,  // the textbook's formula of y, given x
};

/// A change of the sweep.
struct Mutation {
  std::vector<std::pair<std::uint32_t, Slope>> slopes = {};  // by record
  std::vector<std::uint32_t> others = {};  // slots that the sweep meets with their other values
  std::vector<std::pair<std::uint32_t, double>> seeds = {};  // slots to begin at in the place of J
  int beside_kinks =
      0;  // 1, -1: what is at its kink is met with an input that is next above, below
};

template <class T>
class MutantSweep {
 public:
  MutantSweep(BasicTape<T>& tape, std::uint32_t J, std::uint32_t x);

  /// Whether the slot depends on x, and J on it.
  [[nodiscard]] bool on_path(std::uint32_t slot) const { return on_path_[slot] != 0; }
  /// Other values of a leaf; what depends on it has other values too.
  void set_other(std::uint32_t leaf, const std::vector<double>& values);
  /// Whether its other values are others.
  [[nodiscard]] bool differs(std::uint32_t slot);

  /// ∂J/∂(an array on the path). The bars come from the same sweep with each value and each
  /// cotangent a little off, independently, relatively, several times: the root mean square of
  /// what that changes, scaled to the type's roundings. (Monte Carlo arithmetic, D. S. Parker,
  /// 1997.) It is taken √terms times, since a hand may add a sum in any order.
  Predicted predict(const Mutation& mutation, std::uint32_t slot, double epsilon, std::size_t terms,
                    Bars bars = Bars::exact);

 private:
  struct Values {
    Arena arena;
    std::vector<View<const T>> at;  // by slot
  };
  void compute(Values& values, bool others, Random* noise);
  View<T> copy(Arena& arena, View<const T> from) const;
  void disturb(View<T> view, Random* noise);
  void step_beside_kinks(Values& values, int side);
  std::vector<double> sweep(const Mutation& mutation, std::uint32_t slot, const Values& values,
                            Random* noise);
  void pull(const Record<T>& record, std::uint32_t k, const Values& values,
            const std::vector<View<T>>& gradients, View<T> to, bool accumulate);
  void pull_replaced(const Record<T>& record, Slope slope, const Values& values, View<const T> g,
                     View<T> to, bool accumulate);
  View<T> slope_at(const Record<T>& record, View<const T> x);

  BasicTape<T>& tape_;
  std::uint32_t J_, x_, end_;  // one past the last record
  std::vector<char> on_path_;  // by slot
  std::map<std::uint32_t, std::vector<double>> others_;
  Values other_values_;
  Engine<T> engine_;
  Arena memory_;  // of one sweep
  std::vector<T> random_;
};

extern template class MutantSweep<double>;
extern template class MutantSweep<float>;

}  // namespace xtape::detail
