#pragma once
// The adjoint test of one record and one of its inputs.

#include <cmath>
#include <functional>
#include <vector>

#include <xtape/autodiff/check/adjoint_record.hpp>

namespace xtape::detail {

/// Both sides of the test, and the sum of the magnitudes of what they are sums of.
struct Products {
  long double forward = 0, backward = 0, size = 0;
  long double largest = 1;  // |ū|, by which what underflows is magnified
};

Products products(const std::vector<Wides>& u, const std::vector<Wides>& jv, const Wides& c,
                  const Wides& v);

/// Fills in the result: both sides and their difference, the verdict, and where a wrong rule shows.
template <class T>
class AdjointTrial {
 public:
  AdjointTrial(RuleSide<T>& rule, ValueSide<T>& value, const Random& random, AdjointResult& result);

  void run(std::size_t rounds);
  /// Whether any derivative was seen that is not zero.
  [[nodiscard]] bool any() const { return any_; }

 private:
  void fill(Wides& numbers);
  void draw();
  bool finite(const Wides& c, const std::vector<Wides>& jv);
  [[nodiscard]] long double unit(const Products& products) const;
  [[nodiscard]] long double units(const Products& products) const {
    return std::fabs(products.forward - products.backward) / unit(products);
  }

  // What an element of J w may be: at a kink what lies between the slopes to both sides; give or
  // take a slack.
  struct Range {
    long double low, high, slack;
  };
  std::vector<std::vector<Range>> ranges(const std::vector<Wides>& u, const Wides& w);

  // The two differ: is it a kink, a branch that the dual reading followed, the rounding of the
  // rule's own formula, or a mistake?
  void decide();
  bool excused_elementwise(const std::vector<Wides>& u, const Wides& w);
  bool excused(const std::vector<Wides>& u, const Wides& w);
  void locate();
  [[nodiscard]] long double difference(const std::vector<Wides>& u, const Wides& v) {
    const Products p = products(u, value_.tangent(v), rule_.contribution(u), v);
    return p.forward - p.backward;
  }

  RuleSide<T>& rule_;
  ValueSide<T>& value_;
  Random random_;
  AdjointResult& result_;
  std::vector<Wides> u_;
  Wides v_;
  long double count_ = 0;
  std::size_t branches_ = 0, lossy_ = 0, rounded_ = 0;  // elements
  bool any_ = false;
};

/// The adjoint test of those records and inputs that are wanted, by the record and the input's
/// slot.
template <class T>
AdjointReport adjoints_of(BasicTape<T>& tape, const AdjointOptions& options,
                          const std::function<bool(std::uint32_t, std::uint32_t)>& wanted);

extern template AdjointReport adjoints_of(BasicTape<double>&, const AdjointOptions&,
                                          const std::function<bool(std::uint32_t, std::uint32_t)>&);
extern template AdjointReport adjoints_of(BasicTape<float>&, const AdjointOptions&,
                                          const std::function<bool(std::uint32_t, std::uint32_t)>&);

}  // namespace xtape::detail
