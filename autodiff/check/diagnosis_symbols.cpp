#include <xtape/autodiff/check/diagnosis_symbols.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/readings/real.hpp>

namespace xtape::detail {
namespace {

// `named` gives the values of names, `made` takes each result of an operation on its way.
template <class R, class Named, class Made>
R read(const Symbol& s, const Named& named, const Made& made) {
  if (s.kind() == Symbol::Kind::number) return s.number();
  if (s.kind() == Symbol::Kind::name) return named(s.name());
  const auto in = [&](std::size_t k) { return read<R>(s.inputs().at(k), named, made); };
#define XTAPE_ELEMENTARY_1(function, Operation) \
  if (s.name() == Operation::name) return made(function(in(0)));
#define XTAPE_ELEMENTARY_2(function, Operation) \
  if (s.name() == Operation::name) return made(function(in(0), in(1)));
#define XTAPE_COMPOSED_1(function, Operation) XTAPE_ELEMENTARY_1(function, Operation)
#define XTAPE_COMPOSED_2(function, Operation) XTAPE_ELEMENTARY_2(function, Operation)
#include <xtape/autodiff/operations/vocabulary.inc>
#define XTAPE_VALUE_2(Operation) \
  if (s.name() == Operation::name) return made(value_of(Operation{}, in(0), in(1)));
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
  const auto named = [&](const std::string& name) -> Real<T> {
    if (name == "x") return x;
    if (name == "y") return y;
    throw Error("a formula of x and y names " + name);
  };
  return read<Real<T>>(expression, named, [](Real<T> result) { return result; }).value;
}

long double disturbed(const Symbol& expression, const std::map<std::string, long double>& values,
                      double delta, Random* noise) {
  using R = Real<long double>;
  const auto off = [&](R result) -> R {
    if (noise == nullptr) return result;
    return result.value * (1 + delta * (2 * noise->uniform() - 1));
  };
  const auto named = [&](const std::string& name) -> R {
    const auto found = values.find(name);
    if (found == values.end()) throw Error("a formula names " + name + ", which is not known");
    return name == "y" ? off(found->second) : R(found->second);
  };
  return read<R>(expression, named, off).value;
}

template double evaluated(const Symbol&, double, double);
template float evaluated(const Symbol&, float, float);

}  // namespace xtape::detail
