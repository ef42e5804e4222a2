// Operations of your own: an elementwise one with a parameter, and one on whole arrays. Both are
// checked by dual numbers, which differentiate the values and never see the rules.

#include <cmath>
#include <iostream>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/replay.hpp>

namespace {

/// x σ(βx), with the derivative σ(βx) (1 + βx σ(−βx)).
struct Swish {
  double beta = 1;
  static constexpr auto name = "swish";
  auto value(auto x) const { return x * sigmoid(beta * x); }
  auto partial(auto x) const { return sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x)); }
  // As a textbook has it, in terms of y too; for tables and explanations.
  auto textbook(auto x, auto y) const { return beta * y + sigmoid(beta * x) * (1 - beta * y); }
};

/// y_j = Σ x_k over k ≤ j, or k ≥ j: running totals of a vector. x_k is in every y_j with j ≥ k, so
/// the cotangents are added up from the other end.
struct RunningTotal {
  int from_the_end = 0;
  static constexpr auto name = "running_total";
  static xtape::Shape output_shape(const xtape::Shape& x) {
    if (x.rank() != 1) throw xtape::ShapeError("a vector is expected");
    return x;
  }
  template <class E>  // double, float, and the dual numbers that check
  void value(xtape::View<E> y, xtape::View<const E> x) const {
    E total(0);
    for (std::size_t i = 0, n = x.size(); i < n; ++i) {
      const std::size_t j = from_the_end != 0 ? n - 1 - i : i;
      total = total + x.data[j];
      y.data[j] = total;
    }
  }
  auto vjp(xtape::wrt<0>, auto g, auto) const { return apply(RunningTotal{1 - from_the_end}, g); }
};

bool check(const char* what, double a, double b, double tolerance) {
  const bool close = std::abs(a - b) <= tolerance * std::abs(b);
  std::cout << what << ": " << a << " and " << b << (close ? "" : "   DIFFER") << '\n';
  return close;
}

}  // namespace

int main() {
  xtape::Tape tape;
  const xtape::Array<double> point = {0.5, -1.0, 2.0}, direction = {1.0, -0.3, 0.6};
  const auto x = tape.variable(point, "x");
  const auto J = mean(square(apply(RunningTotal{}, apply(Swish{1.5}, x))));
  std::cout.precision(15);
  bool right = true;

  // The derivative along a direction: the gradient times the direction, and by dual numbers.
  const auto slope = [&](const xtape::Array<double>& gradient) {
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) sum += gradient(i) * direction(i);
    return sum;
  };
  xtape::WideReplay dual(tape);
  dual.set_tangent(x, direction);
  dual.run();
  right &= check("along the direction, by the rules and by dual numbers", slope(gradients(J)[x]),
                 static_cast<double>(dual.tangent(J)()), 1e-14);

  // The second derivative: a gradient of a recorded gradient, which is on the tape as well.
  const auto g = recorded_gradient(J, x);
  const auto along = sum(g * tape.constant(direction));
  xtape::WideReplay again(tape);
  again.set_tangent(x, direction);
  again.run();
  right &= check("twice along it, by the rules and by dual numbers", slope(gradients(along)[x]),
                 static_cast<double>(again.tangent(along)()), 1e-14);

  // Far out the derivative is next to nothing, (1 + x) eˣ at x = −30 with β = 1, and keeps its
  // digits.
  tape.record();
  const auto far = tape.variable(-30.0);
  right &= check("far out, and its leading term", gradients(apply(Swish{}, far))[far](),
                 -29 * std::exp(-30.0), 1e-11);
  return right ? 0 : 1;
}
