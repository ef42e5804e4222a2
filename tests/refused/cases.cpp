// What stands beside a variable and cannot: the compiler says why. How this file is read stands in
// refused.py.
// A message stands in one line:
// clang-format off

#include <complex>
#include <iostream>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/named_parameters.hpp>
#include <xtape/nn/optimizers.hpp>
#include <xtensor/xio.hpp>

struct Values {
  xtape::Tape tape;
  xtape::Variable x = tape.variable(xt::xarray<double>{1, 2});
  xtape::TapeF narrow;
  xtape::VariableF y = narrow.variable(xt::xarray<float>{1, 2});
  xt::xarray<double> A{1, 2};
  xt::xarray<std::complex<double>> complex{1, 2};
  std::vector<double> v{1, 2};
};

// accepted
auto f(Values& s) { return s.x * s.A + 1; }
auto g(Values& s) { return s.A - s.y; }

// refused: an array has to be an xtensor expression of plain numbers, which xt::adapt(v) makes of a std::vector v
auto f(Values& s) { return s.x * s.v; }

// refused: an array has to be an xtensor expression of plain numbers, which xt::adapt(v) makes of a std::vector v
auto f(Values& s) { return std::string("2") + s.x; }

// refused: an array has to be an xtensor expression of plain numbers, which xt::adapt(v) makes of a std::vector v
auto f(Values& s) { return s.complex / s.y; }

// refused: a comparison is no array: where(mask, a, b) chooses by it, and mask.variable() is 1 where it holds and 0 elsewhere
auto f(Values& s) { return s.x * (s.x > 0); }

// refused: a variable of a Tape beside one of a TapeF: they record different numbers, double and float
void f(Values& s) { s.x * s.y; }

// refused: a variable of a Tape beside one of a TapeF: they record different numbers, double and float
void f(Values& s) { matmul(s.y, s.x); }

// refused: only a row-major container of the tape's element type is read in place
auto f(Values& s) { return s.y * xtape::borrow(s.A); }

// refused: an array by itself is on no tape: sigmoid(tape.constant(x)) is a variable, its value() an array
void f(Values& s) { xtape::sigmoid(s.A); }

// refused: an array by itself is on no tape: sigmoid(tape.constant(x)) is a variable, its value() an array
void f(Values& s) { xtape::relu(s.A * 2); }

// accepted
template <class A>
A sigmoid(const A& a) { return 1 / (1 + xt::exp(-a)); }
template <class E>
auto softplus(const xt::xexpression<E>& a) { return xt::log1p(xt::exp(a.derived_cast())); }
auto relu(auto a) { return xt::maximum(a, 0.0); }
namespace mine {
using namespace xtape;
xt::xarray<double> f(Values& s) { return sigmoid(s.A) + softplus(s.A) + relu(s.A); }
}

// accepted
struct Twice {
  static constexpr auto name = "twice";
  static auto value(auto x) { return 2 * x; }
  static auto partial(auto) { return 2; }
};
struct Product {
  static constexpr auto name = "product";
  static auto value(auto a, auto b) { return a * b; }
  static auto partial(xtape::wrt<0>, auto, auto b) { return b; }
  static auto partial(xtape::wrt<1>, auto a, auto, auto) { return a; }
};
void f(Values& s) { xtape::apply(Product{}, xtape::apply(Twice{}, s.x), s.A); }

// refused: an operation has a static constexpr auto name, a const char*
struct Twice {
  static auto value(auto x) { return 2 * x; }
  static auto partial(auto) { return 2; }
};
void f(Values& s) { xtape::apply(Twice{}, s.x); }

// refused: an elementwise operation has value(x...), static or const, for as many inputs as apply is given
struct Twice {
  static constexpr auto name = "twice";
  static auto value(auto x) { return 2 * x; }
  static auto partial(auto) { return 2; }
};
void f(Values& s) { xtape::apply(Twice{}, s.y, s.y); }

// refused: an elementwise operation has partial(x) or partial(x, y), and of several inputs partial(wrt<K>, a, b)
struct Twice {
  static constexpr auto name = "twice";
  static auto value(auto x) { return 2 * x; }
};
void f(Values& s) { xtape::apply(Twice{}, s.x); }

// refused: an elementwise operation has partial(x) or partial(x, y), and of several inputs partial(wrt<K>, a, b)
struct Product {
  static constexpr auto name = "product";
  static auto value(auto a, auto b) { return a * b; }
  static auto partial(xtape::wrt<0>, auto, auto b) { return b; }
};
void f(Values& s) { xtape::apply(Product{}, s.x, s.x); }

// refused: an operation has a static constexpr auto name, a const char*
struct Twice {
  static constexpr std::string_view name = "twice";
  static auto value(auto x) { return 2 * x; }
  static auto partial(auto) { return 2; }
};
void f(Values& s) { xtape::apply(Twice{}, s.x); }

// refused: an elementwise operation has value(x...), static or const, for as many inputs as apply is given
struct Twice {
  static constexpr auto name = "twice";
  auto value(auto x) { return 2 * x; }
  static auto partial(auto) { return 2; }
};
void f(Values& s) { xtape::apply(Twice{}, s.x); }

// accepted
void f(Values& s) { std::cout << s.x << s.y; }

// refused: a module names its parameters and modules in void parameters(auto& each), which calls each(name, member)
struct Module {
  xtape::Parameter weight;
};
void f(Module& module) {
  xtape::for_each_parameter(module, [](const auto&, auto&) {});
}

// refused: a module names its parameters and modules in void parameters(auto& each), which calls each(name, member)
struct Inner {
  xtape::Parameter weight;
};
struct Outer {
  Inner inner;
  void parameters(auto& each) { each("inner", inner); }
};
void f(Outer& module) {
  xtape::for_each_parameter(module, [](const auto&, auto&) {});
}

// refused: a module names its parameters and modules in void parameters(auto& each), which calls each(name, member)
struct Module {
  xtape::Parameter weight;
};
void f(Values& s, Module& module) { xtape::gradients(s.x, module); }

// refused: a module names its parameters and modules in void parameters(auto& each), which calls each(name, member)
struct Inner {
  xtape::Parameter weight;
};
struct Outer {
  Inner inner;
  void parameters(auto& each) { each("inner", inner); }
};
void f(Values& s, Outer& module) { xtape::gradients(s.x, module); }

// refused: a module names its parameters and modules in void parameters(auto& each), which calls each(name, member)
struct Module {
  xtape::Parameter weight;
};
void f(Module& module) { xtape::nn::Sgd sgd(module); }

// refused: gradients(J) derives by everything, and gradients(J)[x] is the gradient with respect to x; a second argument is a module or the cotangent of J
void f(Values& s) { xtape::gradients(s.x, s.x); }

// refused: gradients(J) derives by everything, and gradients(J)[x] is the gradient with respect to x; a second argument is a module or the cotangent of J
void f(Values& s, xtape::Parameter& p) { xtape::gradients(s.x, p); }
