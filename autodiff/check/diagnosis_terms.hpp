#pragma once
// The terms of the sum that J is. Not for users.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/diagnosis_sweep.hpp>

namespace xtape::detail {

/// J as the sum of the terms that depend on x, each with its weight: what additions, subtractions,
/// changes of sign and factors of sums lead to from J. A sum that has a name is a term too, beside
/// those that it is made of, or in the place of one. One term, J itself, where it is none; and
/// where it has very many, which are samples.
template <class T>
class TopSum {
 public:
  TopSum(const BasicTape<T>& tape, std::uint32_t J, const MutantSweep<T>& sweep);

  static constexpr std::size_t most_terms = 8;

  /// Whether there are more terms than that.
  [[nodiscard]] bool too_many() const { return too_many_; }
  /// The slots, each once.
  [[nodiscard]] std::vector<std::uint32_t> slots() const;
  /// How many times the slot is in J.
  [[nodiscard]] double weight(std::uint32_t slot) const;
  /// The extent of the first axis of what is reduced to one number, and its size; 0: not known. Of
  /// the term that is made of most data: a penalty's sum is one over weights. Where that
  /// is one sample or nothing, the number of terms, if they are very many of one operation.
  [[nodiscard]] std::pair<std::size_t, std::size_t> samples() const;

 private:
  using Weighted = std::pair<std::uint32_t, double>;  // a slot may be there twice

  void find(std::uint32_t J);
  // What a number is that many times of.
  [[nodiscard]] std::optional<Weighted> scaling(std::uint32_t slot) const;
  [[nodiscard]] std::vector<char> needed_for(std::uint32_t slot) const;
  [[nodiscard]] bool reduces(const Record<T>& record) const;

  const BasicTape<T>& tape_;
  const MutantSweep<T>& sweep_;
  std::vector<Weighted> terms_;
  bool too_many_ = false;
  std::size_t alike_ = 0;  // how many terms the same operation makes, where they are too many
};

extern template class TopSum<double>;
extern template class TopSum<float>;

}  // namespace xtape::detail
