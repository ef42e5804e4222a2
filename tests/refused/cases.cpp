// What stands beside a variable and cannot: the compiler says why. How this file is read stands in
// refused.py.

#include <complex>
#include <string>
#include <vector>

#include <xtape/autodiff.hpp>

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
