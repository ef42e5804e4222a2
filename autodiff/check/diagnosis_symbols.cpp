#include <xtape/autodiff/check/diagnosis_symbols.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/readings/real.hpp>

namespace xtape::detail {
namespace {

template <class R>
R read(const Symbol& s, R x, R y) {
  if (s.kind() == Symbol::Kind::number) return s.number();
  if (s.kind() == Symbol::Kind::name) {
    if (s.name() == "x") return x;
    if (s.name() == "y") return y;
    throw Error("a formula of x and y names " + s.name());
  }
  const auto in = [&](std::size_t k) { return read(s.inputs().at(k), x, y); };
#define XTAPE_ELEMENTARY_1(function, Operation) \
  if (s.name() == Operation::name) return function(in(0));
#define XTAPE_ELEMENTARY_2(function, Operation) \
  if (s.name() == Operation::name) return function(in(0), in(1));
#define XTAPE_COMPOSED_1(function, Operation) XTAPE_ELEMENTARY_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation) XTAPE_ELEMENTARY_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
#define XTAPE_VALUE_2(Operation) \
  if (s.name() == Operation::name) return value_of(Operation{}, in(0), in(1));
  XTAPE_VALUE_2(Add)
  XTAPE_VALUE_2(Subtract)
  XTAPE_VALUE_2(Multiply)
  XTAPE_VALUE_2(Divide)
  XTAPE_VALUE_2(Less)
  XTAPE_VALUE_2(LessEqual)
  XTAPE_VALUE_2(Equal)
  XTAPE_VALUE_2(Both)
  XTAPE_VALUE_2(Either)
#undef XTAPE_VALUE_2
  if (s.name() == Negate::name) return -in(0);
  if (s.name() == Not::name) return value_of(Not{}, in(0));
  if (s.name() == Where::name) return value_of(Where{}, in(0), in(1), in(2));
  throw Error("a formula has " + s.name() + ", which has no value as a number");
}

}  // namespace

template <class T>
T evaluated(const Symbol& expression, T x, T y) {
  return read<Real<T>>(expression, x, y).value;
}

template double evaluated(const Symbol&, double, double);
template float evaluated(const Symbol&, float, float);

}  // namespace xtape::detail
