#pragma once
// The elementwise operations, one row each: what the tester samples and the points at which naive
// formulas go wrong. A row is plain data, so that the tester is compiled once for all of them.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/nn/loss_formulas.hpp>

#include "numbers.hpp"

namespace operation_table {

using numbers::inf;
using numbers::nan;
using xtape::Rule;
using xtape::Wide;

/// An operation for both element types, without its type.
struct Erased {
  std::string type;  // the name of the struct
  std::size_t inputs = 0;
  std::size_t bytes = 0;
  std::shared_ptr<const void> operation;
  const Rule<double>* rule_double = nullptr;
  const Rule<float>* rule_float = nullptr;

  template <class T>
  [[nodiscard]] const Rule<T>& rule() const {
    if constexpr (std::is_same_v<T, double>) {
      return *rule_double;
    } else {
      return *rule_float;
    }
  }
  /// Records it.
  template <class T>
  xtape::BasicVariable<T> operator()(const std::vector<xtape::BasicVariable<T>>& x) const {
    const std::vector<xtape::BasicOperand<T>> operands(x.begin(), x.end());
    std::vector<const xtape::BasicOperand<T>*> in;
    for (const auto& operand : operands) in.push_back(&operand);
    return xtape::BasicTape<T>::append(rule<T>(), operation.get(), bytes, in);
  }
};

template <std::size_t N, class Operation>
Erased erase(const char* type, const Operation& operation) {
  return {type,
          N,
          std::is_empty_v<Operation> ? 0 : sizeof(Operation),
          std::make_shared<Operation>(operation),
          &xtape::RuleOf<Operation, double, N>::rule,
          &xtape::RuleOf<Operation, float, N>::rule};
}

/// Where an input is sampled: between two magnitudes, with either sign, or whole numbers.
struct Domain {
  double low = -3, high = 3;
  bool either_sign = false, whole = false;

  double operator()(xtape::Random& random) const {
    const double x = random.uniform(low, high), sign = random.uniform() < 0.5 ? -1 : 1;
    return (whole ? std::round(x) : x) * (either_sign ? sign : 1);
  }
};

/// A point, the value there and the derivative for each input: what the contract says, also where
/// no derivative exists. Only in double where float has no such number.
struct HardPoint {
  std::array<double, 3> at;
  double value;
  std::array<double, 3> partial;
};

struct Row {
  Erased operation;
  /// The partial for input k, read with dual numbers: with its derivative along their tangents.
  Wide (*partial)(const void* operation, std::size_t k, std::span<const Wide> x);
  bool elementary;  // computed by the reading: its dual is made of the partial itself
  std::array<Domain, 3> sample;
  std::vector<HardPoint> hard;
  long double gradient_limit = 4;  // in ulp of the terms that it is summed from

  /// The value, read with dual numbers.
  [[nodiscard]] Wide value(const std::vector<Wide>& x) const {
    const xtape::Shape single;
    std::vector<xtape::View<const Wide>> in;
    for (const Wide& number : x) in.push_back({&number, &single, true});
    Wide y;
    const xtape::View<Wide> out{&y, &single, true};
    operation.rule_double->reference(operation.operation.get(), in, &out);
    return y;
  }
};

namespace detail {

template <class Operation, std::size_t... I>
Wide partial(const void* at, std::size_t k, std::span<const Wide> x, std::index_sequence<I...>) {
  const auto& operation = *static_cast<const Operation*>(at);
  Wide result(0);
  if constexpr (xtape::RuleOf<Operation, double, sizeof...(I)>::differentiable) {
    const auto one = [&]<std::size_t K>(xtape::wrt<K>) {
      if constexpr (requires { operation.pullback(xtape::wrt<K>{}, x[0], x[I]...); }) {
        return Wide(operation.pullback(xtape::wrt<K>{}, Wide(1), x[I]...));
      } else {
        return Wide(xtape::partial_of<K>(operation, xtape::value_of(operation, x[I]...), x[I]...));
      }
    };
    ((k == I ? static_cast<void>(result = one(xtape::wrt<I>{})) : static_cast<void>(0)), ...);
  }
  return result;
}

template <std::size_t N, class Operation>
Row row(const char* type, const Operation& operation, bool elementary,
        const std::array<Domain, 3>& sample, std::vector<HardPoint> hard) {
  return {erase<N>(type, operation),
          [](const void* at, std::size_t k, std::span<const Wide> x) {
            return partial<Operation>(at, k, x, std::make_index_sequence<N>{});
          },
          elementary,
          sample,
          std::move(hard),
          4};
}

// What the mean of a loss sends back to input K.
template <class Loss, std::size_t K>
Row slope(const char* type, const Domain& targets) {
  return row<3>(type, xtape::nn::LossSlope<Loss, K>{0.375}, false, {Domain{}, Domain{}, targets},
                {});
}

}  // namespace detail

/// One row for each elementwise operation; several for one with a parameter. Losses too: the
/// formulas that nn's means and their contributions are made of.
inline const std::vector<Row>& library_rows() {
  using namespace xtape;
  using detail::row;
  using detail::slope;
  const auto limited = [](Row one, long double ulps) {
    one.gradient_limit = ulps;
    return one;
  };
  constexpr bool elementary = true, composed = false;
  constexpr Domain any{}, away{0.2, 3, true}, steps{-2, 2, false, true}, bit{0, 1, false, true};
  static const std::vector<Row> rows = {
      row<2>("Add", Add{}, elementary, {any, any}, {{{inf, -inf}, nan, {1, 1}}}),
      row<2>("Subtract", Subtract{}, elementary, {any, any}, {{{2, 2}, 0, {1, -1}}}),
      row<2>("Multiply", Multiply{}, elementary, {any, any}, {{{0, inf}, nan, {inf, 0}}}),
      row<2>("Divide", Divide{}, elementary, {any, away},
             {{{1, 0x1p-600}, 0x1p600, {0x1p600, -inf}},
              {{0x1p-600, 0x1p-600}, 1, {0x1p600, -0x1p600}},
              {{1, 0}, inf, {inf, -inf}},
              {{0, 0}, nan, {inf, nan}},
              {{3, inf}, 0, {0, 0}}}),
      row<1>("Negate", Negate{}, elementary, {any}, {{{0}, 0, {-1}}}),
      row<1>("Square", Square{}, composed, {any}, {{{0}, 0, {0}}, {{-inf}, inf, {-inf}}}),
      row<1>("Sqrt", Sqrt{}, elementary, {Domain{0.01, 9}},
             {{{0}, 0, {inf}}, {{-1}, nan, {nan}}, {{inf}, inf, {0}}}),
      row<1>("Exp", Exp{}, elementary, {Domain{-20, 20}},
             {{{0}, 1, {1}}, {{-inf}, 0, {0}}, {{2000}, inf, {inf}}, {{-2000}, 0, {0}}}),
      row<1>("Expm1", Expm1{}, elementary, {Domain{-20, 20}},
             {{{0}, 0, {1}}, {{0x1p-70}, 0x1p-70, {1}}, {{-inf}, -1, {0}}, {{-2000}, -1, {0}}}),
      row<1>("Log", Log{}, elementary, {Domain{0.01, 20}},
             {{{0}, -inf, {inf}}, {{1}, 0, {1}}, {{inf}, inf, {0}}}),
      row<1>("Log1p", Log1p{}, elementary, {Domain{-0.9, 20}},
             {{{-1}, -inf, {inf}}, {{0x1p-70}, 0x1p-70, {1}}, {{0}, 0, {1}}, {{inf}, inf, {0}}}),
      row<1>("Sin", Sin{}, elementary, {Domain{-10, 10}}, {{{0}, 0, {1}}, {{inf}, nan, {nan}}}),
      row<1>("Cos", Cos{}, elementary, {Domain{-10, 10}}, {{{0}, 1, {0}}, {{inf}, nan, {nan}}}),
      row<1>("Tanh", Tanh{}, elementary, {Domain{-10, 10}},
             {{{0}, 0, {1}}, {{1000}, 1, {0}}, {{-1000}, -1, {0}}, {{-inf}, -1, {0}}}),
      row<1>("Sigmoid", Sigmoid{}, composed, {Domain{-30, 30}},
             {{{0}, 0.5, {0.25}}, {{1000}, 1, {0}}, {{-1000}, 0, {0}}, {{-inf}, 0, {0}}}),
      row<1>("Softplus", Softplus{}, composed, {Domain{-30, 30}},
             {{{1000}, 1000, {1}}, {{-1000}, 0, {0}}, {{inf}, inf, {1}}, {{-inf}, 0, {0}}}),
      row<1>("Relu", Relu{}, composed, {any},
             {{{0}, 0, {0}}, {{-0.}, 0, {0}}, {{inf}, inf, {1}}, {{-inf}, 0, {0}}}),
      row<1>("Abs", Abs{}, elementary, {any},
             {{{0}, 0, {0}}, {{-0.}, 0, {0}}, {{-inf}, inf, {-1}}, {{inf}, inf, {1}}}),
      row<2>("Maximum", Maximum{}, elementary, {any, any},
             {{{2, 2}, 2, {0.5, 0.5}},
              {{inf, inf}, inf, {0.5, 0.5}},
              {{-inf, 1}, 1, {0, 1}},
              {{0, -0.}, 0, {0.5, 0.5}},
              {{2, 3}, 3, {0, 1}},
              {{3, 2}, 3, {1, 0}}}),
      row<2>("Minimum", Minimum{}, elementary, {any, any},
             {{{2, 2}, 2, {0.5, 0.5}},
              {{inf, inf}, inf, {0.5, 0.5}},
              {{-inf, 1}, -inf, {1, 0}},
              {{2, 3}, 2, {1, 0}},
              {{3, 2}, 2, {0, 1}}}),
      row<1>("LowerBound", LowerBound{0.5}, composed, {any},
             {{{0.5}, 0.5, {0}}, {{inf}, inf, {1}}, {{-inf}, 0.5, {0}}}),
      row<1>("UpperBound", UpperBound{-0.25}, composed, {any},
             {{{-0.25}, -0.25, {0}}, {{inf}, -0.25, {0}}, {{-inf}, -inf, {1}}}),
      row<1>("PowerOf", PowerOf{2.5}, composed, {Domain{0.1, 5}}, {{{0}, 0, {0}}}),
      row<1>("PowerOf", PowerOf{-1.5}, composed, {Domain{0.1, 5}}, {{{0}, inf, {-inf}}}),
      row<1>("PowerOf", PowerOf{0.5}, composed, {Domain{0.1, 5}}, {{{0}, 0, {inf}}}),
      row<1>("PowerOf", PowerOf{3}, composed, {away}, {{{0}, 0, {0}}, {{-2}, -8, {12}}}),
      row<1>("PowerOf", PowerOf{2}, composed, {away}, {{{0}, 0, {0}}, {{-2}, 4, {-4}}}),
      row<1>("PowerOf", PowerOf{1}, composed, {away}, {{{0}, 0, {1}}}),
      row<1>("PowerOf", PowerOf{0}, composed, {away},
             {{{0}, 1, {0}}, {{-2}, 1, {0}}, {{inf}, 1, {0}}}),
      row<1>("PowerOf", PowerOf{-1}, composed, {away}, {{{0}, inf, {-inf}}, {{-2}, -0.5, {-0.25}}}),
      row<2>("Power", Power{}, elementary, {Domain{0.3, 5}, any},
             {{{0, 2}, 0, {0, 0}},
              {{0, 1}, 0, {1, 0}},
              {{0, 0.5}, 0, {inf, 0}},
              {{0, 0}, 1, {0, 0}},
              {{-2, 2}, 4, {-4, nan}},
              {{-2, 3}, -8, {12, nan}},
              {{0, -0.5}, inf, {-inf, -inf}},
              {{1, 3}, 1, {3, 0}}}),
      row<3>("Where", Where{}, composed, {bit, any, any},
             {{{1, 2, nan}, 2, {0, 1, 0}},
              {{0, inf, 3}, 3, {0, 0, 1}},
              {{-0., 2, 3}, 3, {0, 0, 1}},
              {{-2, 2, 3}, 2, {0, 1, 0}}}),
      row<2>("Absorb", Absorb{}, composed, {away, any},
             {{{0, inf}, 0, {inf, 0}},
              {{0, nan}, 0, {nan, 0}},
              {{2, inf}, inf, {inf, 2}},
              {{2, 3}, 6, {3, 2}}}),
      row<2>("Less", Less{}, composed, {steps, steps},
             {{{1, nan}, 0, {}},
              {{0, -0.}, 0, {}},
              {{1, 2}, 1, {}},
              {{2, 1.5}, 0, {}},
              {{-2, -1}, 1, {}},
              {{2, 2}, 0, {}}}),
      row<2>("LessEqual", LessEqual{}, composed, {steps, steps},
             {{{nan, 1}, 0, {}}, {{1, 2}, 1, {}}, {{2, 1.5}, 0, {}}, {{2, 2}, 1, {}}}),
      row<2>("Equal", Equal{}, composed, {steps, steps},
             {{{nan, nan}, 0, {}},
              {{0, -0.}, 1, {}},
              {{2, 2}, 1, {}},
              {{1, 2}, 0, {}},
              {{2, 1}, 0, {}}}),
      row<2>("Both", Both{}, composed, {bit, bit},
             {{{2, -3}, 1, {}},
              {{2, 0}, 0, {}},
              {{0, 2}, 0, {}},
              {{-2, 1}, 1, {}},
              {{1, 1}, 1, {}},
              {{-1, -1}, 1, {}}}),
      row<2>(
          "Either", Either{}, composed, {bit, bit},
          {{{2, 0}, 1, {}}, {{0, 0}, 0, {}}, {{0, 2}, 1, {}}, {{-2, 0}, 1, {}}, {{0, -2}, 1, {}}}),
      row<1>("Not", Not{}, composed, {bit}, {{{2}, 0, {}}, {{-0.}, 1, {}}, {{-2}, 0, {}}}),
      row<2>("HalfSquaredError", nn::HalfSquaredError{}, composed, {any, any}, {}),
      row<2>("SquaredError", nn::SquaredError{}, composed, {any, any}, {}),
      limited(row<2>("LogitCrossEntropy", nn::LogitCrossEntropy{}, composed, {any, bit}, {}), 6),
      slope<nn::HalfSquaredError, 0>("HalfSquaredError'0", any),
      slope<nn::HalfSquaredError, 1>("HalfSquaredError'1", any),
      slope<nn::SquaredError, 0>("SquaredError'0", any),
      slope<nn::SquaredError, 1>("SquaredError'1", any),
      slope<nn::LogitCrossEntropy, 0>("LogitCrossEntropy'0", bit),
      slope<nn::LogitCrossEntropy, 1>("LogitCrossEntropy'1", bit),
  };
  return rows;
}

/// What the tests run on instead, where they are tested themselves (tests/mutation).
inline const std::vector<Row>* mutant_rows = nullptr;

/// The rows that the tests run on.
inline const std::vector<Row>& elementwise() {
  return mutant_rows != nullptr ? *mutant_rows : library_rows();
}

}  // namespace operation_table
