#pragma once
// The derivative of one record: its entries ∂out[p]/∂in[q] as numbers, found by the record's own
// rule, so that it is known for every operation, a user's too.

#include <cstdint>
#include <vector>

#include <xtape/autodiff/gradients.hpp>

namespace xtape::detail {

/// An entry ∂out[p]/∂in[q] for a known p.
template <class T>
struct Entry {
  std::uint32_t in;  // q
  T value;
};

/// A number a thousandth beside another, another thousandth for each i, never 0: what happens to be
/// 0 or equal at the recorded numbers is told from what always is.
template <class T>
T beside(T x, std::size_t i) {
  const auto turn = static_cast<T>(static_cast<double>((i * 2654435761U + 12345U) % 1021U) / 1021);
  const T step = static_cast<T>(1e-3) * (1 + turn);
  return x == 0 ? step : x * (1 + step);
}

/// The entries of one output of a record for one of its inputs, row by row: what a cotangent that
/// is 1 at p and 0 elsewhere brings to the input. An element belongs to the row if the rule carries
/// anything to it at inputs a little beside the recorded ones: a weight of an input that happens to
/// be 0 has an entry, which is 0.
template <class T>
class LocalDerivative {
 public:
  LocalDerivative(const BasicTape<T>& tape, std::uint32_t record, std::uint32_t input,
                  std::uint32_t output = 0);

  /// The entries for element p of the output.
  [[nodiscard]] const std::vector<Entry<T>>& row(std::size_t p);
  /// How many elements a row passes over: what a row costs.
  [[nodiscard]] std::size_t cost() const { return cost_; }

 private:
  // A plan that brings a cotangent to the input.
  struct Pull {
    Plan<T> plan;
    View<T> g, to;
  };
  void prepare_elementwise(const BasicTape<T>& tape);
  void prepare(Pull& pull, const Record<T>& record, std::span<const View<const T>> in,
               const View<const T>* out);
  void prepare_beside(const Record<T>& record);

  std::uint32_t input_, output_;
  std::size_t cost_ = 1;
  Arena memory_;
  Pull at_, beside_;  // at the recorded inputs, and a little beside them
  Shape in_shape_, out_shape_;
  bool elementwise_;
  std::vector<Entry<T>> row_;
};

extern template class LocalDerivative<double>;
extern template class LocalDerivative<float>;

}  // namespace xtape::detail
