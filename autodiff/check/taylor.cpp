#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/taylor_line.hpp>
#include <xtape/autodiff/inspect/text.hpp>
#include <xtape/autodiff/replay.hpp>

namespace xtape {
namespace {

using detail::Line;
using detail::number_text;

void check_options(const TaylorOptions& o, int most) {
  const auto refuse = [](const std::string& what) { throw Error("check_taylor: " + what); };
  if (o.order < 1 || o.order > most)
    refuse("order is " + std::to_string(o.order) + "; it can be " +
           (most == 1 ? "1 for a function that is not recorded" : "1 or 2"));
  if (o.directions == 0) refuse("directions is 0; one at least has to be tried");
  if (!(o.first_step > 0) || !std::isfinite(o.first_step))
    refuse("first_step is " + number_text(o.first_step, 6) + "; it has to be above 0");
}

// Random numbers of the size of an array's elements.
Array<long double> direction(Random& random, std::span<const long double> x, const Shape& shape) {
  long double squares = 0;
  for (const long double number : x) squares += number * number;
  const long double rms =
      std::sqrt(squares / static_cast<long double>(std::max<std::size_t>(x.size(), 1)));
  auto v = Array<long double>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
  const std::uint64_t draw = random.new_draw();
  for (std::size_t i = 0; i < x.size(); ++i)
    v.data()[i] = (rms == 0 ? 1 : rms) * random.normal_at(draw, i);
  return v;
}

// ⟨a, b⟩, and the sum of the magnitudes of its terms.
struct Product {
  long double value = 0, size = 0;
  void add(const auto& a, const auto& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const long double term = static_cast<long double>(a.data()[i]) * b.data()[i];
      value += term;
      size += std::fabs(term);
    }
  }
};

template <class T>
struct Leaf {
  BasicVariable<T> variable;
  Array<long double> x, v;
  Array<T> gradient;
};

template <class T>
std::vector<Leaf<T>> leaves_of(const BasicVariable<T>& J) {
  BasicTape<T>& tape = *J.tape();
  const auto gradient = gradients(J);
  std::vector<Leaf<T>> leaves;
  for (std::uint32_t slot = 0; slot <= J.index(); ++slot) {
    if (tape.slot(slot).record != no_index || !tape.slot(slot).active) continue;
    const BasicVariable<T> leaf = tape.handle(slot);
    if (leaf.shape().size() == 0)
      throw Error("check_taylor: " + tape.describe(slot, "a variable") + " has no elements");
    leaves.push_back({leaf, leaf.value(), {}, gradient[leaf]});
  }
  if (leaves.empty() || !J.active())
    throw Error("check_taylor: " + tape.describe(J.index(), "J") +
                " depends on no variable; nothing can be tested");
  return leaves;
}

// ⟨v, Hv⟩ by a recorded gradient.
template <class T>
Product curvature(const BasicVariable<T>& J, const std::vector<Leaf<T>>& leaves) {
  BasicTape<T>& tape = *J.tape();
  const auto before = tape.mark();
  std::vector<BasicVariable<T>> x;
  x.reserve(leaves.size());
  for (const auto& leaf : leaves) x.push_back(leaf.variable);
  Product result;
  try {
    const auto recorded = recorded_gradients<T>(J, x);
    BasicVariable<T> along = tape.constant(T(0));
    for (std::size_t i = 0; i < x.size(); ++i)
      along = along + sum(recorded[i] * tape.constant(Array<T>(leaves[i].v)));
    const auto hv = gradients(along);
    for (std::size_t i = 0; i < x.size(); ++i) result.add(leaves[i].v, hv[x[i]]);
  } catch (...) {
    tape.rewind(before);
    throw;
  }
  tape.rewind(before);
  return result;
}

}  // namespace

template <class T>
TaylorReport check_taylor(const BasicVariable<T>& J, const TaylorOptions& options) {
  static_cast<void>(BasicTape<T>::of(J, "check_taylor"));
  check_options(options, 2);
  std::vector<Leaf<T>> leaves = leaves_of(J);
  constexpr long double eps = 16 * static_cast<long double>(std::numeric_limits<T>::epsilon());
  TaylorReport report{options.order, {}};
  Random random(options.seed);
  for (std::size_t i = 0; i < options.directions; ++i) {
    Line line;
    Product slope;
    for (Leaf<T>& leaf : leaves) {
      leaf.v = direction(random, {leaf.x.data(), leaf.x.size()}, leaf.variable.shape());
      // Exact in T, so that the Hessian is taken along the same direction.
      for (long double& v : leaf.v) v = static_cast<T>(v);
      slope.add(leaf.v, leaf.gradient);
    }
    line.slope = slope.value;
    line.slope_error = eps * slope.size;
    line.order = options.order;
    if (options.order == 2) {
      const Product bend = curvature(J, leaves);
      line.curvature = bend.value;
      line.curvature_error = eps * bend.size;
    }
    line.rounding = 256 * std::numeric_limits<long double>::epsilon();
    line.first_step = options.first_step;
    WideReplay<T> replay(*J.tape());
    line.f = [&](long double h) {
      for (const Leaf<T>& leaf : leaves)
        replay.set(leaf.variable, Array<long double>(leaf.x + h * leaf.v));
      replay.run();
      return replay.at(J.index())[0].value.value;
    };
    report.directions.push_back(examine(line));
  }
  return report;
}

TaylorReport check_taylor(const std::function<double(const Array<double>&)>& f,
                          const Array<double>& x, const Array<double>& gradient,
                          const TaylorOptions& options, double rounding) {
  check_options(options, 1);
  const Shape shape(x.shape());
  if (Shape(gradient.shape()) != shape)
    throw ShapeError("check_taylor: x " + to_string(shape) + " with a gradient of shape " +
                     to_string(Shape(gradient.shape())) + ": the shapes have to be equal");
  if (shape.size() == 0) throw Error("check_taylor: x " + to_string(shape) + " has no elements");
  TaylorReport report{1, {}};
  Random random(options.seed);
  const Array<long double> wide = x;
  for (std::size_t i = 0; i < options.directions; ++i) {
    const Array<double> v = direction(random, {wide.data(), wide.size()}, shape);
    Line line;
    Product slope;
    slope.add(v, gradient);
    line.slope = slope.value;
    line.slope_error =
        16 * static_cast<long double>(std::numeric_limits<double>::epsilon()) * slope.size;
    line.rounding = rounding;
    line.first_step = options.first_step;
    line.f = [&](long double h) -> long double { return f(x + static_cast<double>(h) * v); };
    report.directions.push_back(examine(line));
  }
  return report;
}

template TaylorReport check_taylor(const BasicVariable<double>&, const TaylorOptions&);
template TaylorReport check_taylor(const BasicVariable<float>&, const TaylorOptions&);

}  // namespace xtape
