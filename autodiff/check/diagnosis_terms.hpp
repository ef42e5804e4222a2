#pragma once
// The terms of the sum that J is. Not for users.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/diagnosis_sweep.hpp>

namespace xtape::detail {

/// J as the sum of the terms that depend on x, each with its weight: what additions, subtractions,
/// changes of sign and factors of sums lead to from J. One term, J itself, where it is none; and
/// where it has very many terms, which are samples.
template <class T>
class TopSum {
 public:
  TopSum(const BasicTape<T>& tape, std::uint32_t J, const MutantSweep<T>& sweep);

  /// Slots and weights; a slot may be there twice.
  [[nodiscard]] const std::vector<std::pair<std::uint32_t, double>>& terms() const {
    return terms_;
  }
  /// The slots, each once.
  [[nodiscard]] std::vector<std::uint32_t> slots() const;
  /// The extent of the first axis of what is reduced to one number, and its size; 0: not known. Of
  /// the term that is made of most data: a penalty's sum is one over weights.
  [[nodiscard]] std::pair<std::size_t, std::size_t> samples() const;

 private:
  void find(std::uint32_t slot, double weight);
  // What a number is that many times of.
  [[nodiscard]] std::optional<std::pair<std::uint32_t, double>> scaling(std::uint32_t slot) const;
  [[nodiscard]] std::vector<char> needed_for(std::uint32_t slot) const;
  [[nodiscard]] bool reduces(const Record<T>& record) const;

  const BasicTape<T>& tape_;
  const MutantSweep<T>& sweep_;
  std::vector<std::pair<std::uint32_t, double>> terms_;
};

extern template class TopSum<double>;
extern template class TopSum<float>;

}  // namespace xtape::detail
