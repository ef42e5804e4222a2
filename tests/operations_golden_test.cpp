// The operations' derivatives against numbers of mpmath's, tails included. The dual reading of an
// elementary function is made of its partial, so only numbers from elsewhere can tell it is right.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "operation_table.hpp"

namespace {

using namespace operation_table;

struct Golden {
  const char* type;
  double a, b, f, f_a, f_b, f_aa, f_ab, f_bb;

  [[nodiscard]] double argument(std::size_t k) const { return k == 0 ? a : b; }
  [[nodiscard]] double first(std::size_t k) const { return k == 0 ? f_a : f_b; }
  [[nodiscard]] double second(std::size_t k, std::size_t l) const {
    return k != l ? f_ab : k == 0 ? f_aa : f_bb;
  }
};
const Golden golden[] = {
#include "golden/derivatives.inc"
};

bool is_of(const Row& row, const Golden& g) { return row.operation.type == g.type; }
const Row& row_of(const Golden& g) {
  for (const Row& row : elementwise())
    if (is_of(row, g)) return row;
  throw std::logic_error(g.type);
}
// A mutant is tested alone.
bool is_tested(const Golden& g) {
  return mutant_rows == nullptr || std::any_of(mutant_rows->begin(), mutant_rows->end(),
                                               [&](const Row& row) { return is_of(row, g); });
}

template <class T>
bool has(const Golden& g) {
  // Beyond the format's range nothing is left to compare with.
  for (const double x : {g.f, g.f_a, g.f_b, g.f_aa, g.f_ab, g.f_bb})
    if (x != 0 && !(std::fabs(x) < std::numeric_limits<T>::max() &&
                    std::fabs(x) > static_cast<double>(std::numeric_limits<T>::min())))
      return false;
  return true;
}

template <class T>
void test_tape(const Golden& g) {
  const Erased& operation = row_of(g).operation;
  xtape::BasicTape<T> tape;
  std::vector<xtape::BasicVariable<T>> x;
  for (std::size_t k = 0; k < operation.inputs; ++k)
    x.push_back(tape.variable(static_cast<T>(g.argument(k))));
  const auto y = operation(x);
  CHECK(numbers::ulps(y.item(), g.f) <= (row_of(g).elementary ? 2 : 4));
  const auto direct = xtape::gradients(y);
  const auto recorded = xtape::recorded_gradients<T>(y, x);
  for (std::size_t k = 0; k < x.size(); ++k) {
    CAPTURE(k);
    CHECK(numbers::ulps(direct[x[k]](), g.first(k)) <= 4);
    CHECK(numbers::ulps(recorded[k].item(), g.first(k)) <= 4);
    const auto second = xtape::recorded_gradients<T>(recorded[k], x);
    for (std::size_t l = 0; l < x.size(); ++l) {
      CAPTURE(l);
      // Between two terms that cancel, such as the curvature of sigmoid at 0, digits are lost.
      CHECK(numbers::ulps(second[l].item(), g.second(k, l), std::fabs(g.first(k))) <= 8);
    }
  }
}

void test_reference(const Golden& g) {
  const Row& row = row_of(g);
  for (std::size_t l = 0; l < row.operation.inputs; ++l) {
    std::vector<Wide> x;
    for (std::size_t k = 0; k < row.operation.inputs; ++k)
      x.emplace_back(xtape::Real<long double>(g.argument(k)),
                     xtape::Real<long double>(k == l ? 1 : 0));
    const auto rounded = [](xtape::Real<long double> r) { return static_cast<double>(r.value); };
    CHECK(numbers::ulps(rounded(row.value(x).value), g.f) <= 1);
    CHECK(numbers::ulps(rounded(row.value(x).tangent), g.first(l)) <= 1);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const Wide p = row.partial(row.operation.operation.get(), k, x);
      CHECK(numbers::ulps(rounded(p.value), g.first(k)) <= 1);
      CHECK(numbers::ulps(rounded(p.tangent), g.second(k, l), 0x1p-8L * g.first(k)) <= 1);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("derivatives of both orders have mpmath's digits, in the tails too", T, double,
                   float) {
  for (const Golden& g : golden) {
    if (!is_tested(g) || !has<T>(g)) continue;
    INFO(std::string(g.type));
    CAPTURE(g.a);
    CAPTURE(g.b);
    test_tape<T>(g);
  }
}

TEST_CASE("the wide readings that other tests compare with have mpmath's digits") {
  for (const Golden& g : golden) {
    if (!is_tested(g)) continue;
    INFO(std::string(g.type));
    CAPTURE(g.a);
    CAPTURE(g.b);
    test_reference(g);
  }
}

TEST_CASE("every elementary operation has golden derivatives") {
  std::set<std::string> types;
  for (const Golden& g : golden) types.insert(g.type);
  for (const Row& row : elementwise()) {
    INFO(row.operation.type);
    if (row.elementary) CHECK(types.contains(row.operation.type));
  }
}
