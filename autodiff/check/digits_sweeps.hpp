#pragma once
// A recording in extended precision, forward and backward, beside what was recorded and swept.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <xtape/autodiff/check/adjoint_record.hpp>
#include <xtape/autodiff/check/digits.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape::detail {

constexpr long double wide_eps = std::numeric_limits<long double>::epsilon();

/// Numbers of extended precision, and how far they may be off.
struct Uncertain {
  Wides value, error;

  [[nodiscard]] long double largest() const {
    long double most = 0;
    for (const long double x : value) most = std::max(most, std::fabs(x));
    return most;
  }
};

template <class T>
class Digits {
 public:
  Digits(const BasicVariable<T>& J, const DigitsOptions& options);
  DigitsReport run();

 private:
  using Record = BasicRecordView<T>;

  [[nodiscard]] double digits(long double number, long double exact, long double error) const;
  // Of an element that is 0 beside others, as in x - max(x): what it may be off is held against
  // these, since it has no size of its own.
  [[nodiscard]] double digits(const BasicSlotView<T>& slot, std::size_t i) const {
    const Uncertain& exact = values_[slot.index];
    if (slot.value[i] != 0 || exact.value[i] != 0)
      return digits(slot.value[i], exact.value[i], exact.error[i]);
    const long double size = exact.largest();
    return digits(size, size, exact.error[i]);
  }
  // Whether a leaf's gradient has lost digits, all of its uses summed. A sum that is 0 by symmetry
  // has no digits, and is as good as the largest element's rounding.
  [[nodiscard]] bool gradient_lost() const;
  // A difference that is 0 where it should be, and nothing came of it.
  [[nodiscard]] bool harmless(const DigitsLoss& loss) const {
    return kept_ && loss.value == 0 && loss.exact == 0;
  }
  // Reads a record from these inputs.
  [[nodiscard]] Arrays read(const Record& record, const Arrays& in) const;
  [[nodiscard]] Arrays recorded_inputs(const Record& record) const;
  [[nodiscard]] Arrays exact_inputs(const Record& record) const;
  [[nodiscard]] bool elementwise(const Record& record) const {
    return tape_.record_at(record.index).rule->elementwise();
  }

  void forward(const Record& record);
  void backward(const Record& record);
  void judge_forward(const Record& record, const Arrays& here);
  Uncertain pull(const Record& record, std::size_t k);
  Uncertain pull_elementwise(const Record& record, std::size_t k);
  void judge_backward(const Record& record, std::size_t k, const Uncertain& exact);
  // Whether the rounding of its inputs puts a record on another side of its kink, where it reads
  // this element.
  [[nodiscard]] bool rounded_to_kink(const Record& record, std::size_t k, std::size_t q) const;
  void find_places();
  template <class Loss>
  [[nodiscard]] std::optional<std::size_t> gradual(Loss&& loss_of) const;

  BasicVariable<T> J_;
  BasicTape<T>& tape_;
  BasicGradients<T> gradients_;
  BasicWalk<T> walk_;
  DigitsOptions options_;
  Random random_{1};
  std::vector<Uncertain> values_, cotangents_;  // by slot
  bool kept_ = false;                           // J and its gradient have their digits
  DigitsReport report_;
};

}  // namespace xtape::detail
