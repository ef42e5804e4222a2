#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/adjoint_text.hpp>
#include <xtape/autodiff/check/taylor.hpp>
#include <xtape/autodiff/inspect/text.hpp>
#include <xtape/autodiff/replay.hpp>

namespace xtape {
namespace {

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

// f along one direction, and what is claimed of it.
struct Line {
  std::function<long double(long double h)> f;
  long double slope = 0, curvature = 0;              // ⟨g, v⟩ and ⟨v, Hv⟩
  long double slope_error = 0, curvature_error = 0;  // their rounding
  long double rounding = 0;                          // of f, relative
  long double first_step = 0;
  int order = 1;
};

constexpr std::size_t most_steps = 11;
constexpr long double ratio = 4;

// The steps of a ladder whose remainder says something: above the floor, and still falling in the
// end. (In between it may cross 0.)
std::vector<const TaylorStep*> telling(const TaylorDirection& d, int order) {
  std::vector<const TaylorStep*> result;
  for (const TaylorStep& step : d.steps)
    if (step.remainder[order] > step.floor[order]) result.push_back(&step);
  // What falls slower than √h is rounding that the floor did not know of.
  const long double slow = std::sqrt(ratio);
  while (result.size() > 1 &&
         result[result.size() - 2]->remainder[order] < slow * result.back()->remainder[order])
    result.pop_back();
  return result;
}

// Whether the slopes to both sides stay apart as h falls.
bool on_a_kink(const Line& line, long double f, long double h, std::string& note, bool& between) {
  long double jump[2], left = 0, right = 0;
  for (int i = 0; i < 2; ++i, h /= ratio) {
    right = (line.f(h) - f) / h;
    left = (f - line.f(-h)) / h;
    jump[i] = std::fabs(right - left);
  }
  const long double larger = std::max(std::fabs(right), std::fabs(left));
  if (!(jump[1] > 0.7L * jump[0]) || !(jump[1] > 1e-6L * larger)) return false;
  const long double slack = 1e-3L * larger;
  between =
      line.slope >= std::min(left, right) - slack && line.slope <= std::max(left, right) + slack;
  note = "x lies on a kink: the slopes along v are " + number_text(left, 6) + " and " +
         number_text(right, 6) +
         (between ? ", the gradient's is between them; test beside it"
                  : ", the gradient's is not between them");
  return true;
}

void judge(const Line& line, TaylorDirection& d, long double f) {
  for (int n = 0; n <= line.order; ++n) {
    const auto steps = telling(d, n);
    const TaylorStep& smallest = d.steps.back();
    if (steps.size() < 2 && n > 0 && smallest.remainder[n] > smallest.floor[n]) {
      d.verdict[n] = Verdict::inconclusive;
      d.note[n] = "does not fall: f jumps at x, or loses digits (see digits_lost)";
      continue;
    }
    if (steps.size() < 2) {
      d.verdict[n] = n == 0 ? Verdict::inconclusive : Verdict::pass;
      d.note[n] = n == 0   ? "f does not change along v: try another x, or look for a missing path"
                  : n == 1 ? "all rounding: f is linear along v"
                           : "all rounding: f is quadratic along v";
      continue;
    }
    const TaylorStep &last = *steps.back(), &before = *steps[steps.size() - 2];
    const long double rate =
        std::log(before.remainder[n] / last.remainder[n]) / std::log(before.h / last.h);
    d.rate[n] = rate;
    const auto wanted = static_cast<long double>(n + 1);
    // An error of the slope may cancel the curvature in one step, not in its neighbours too.
    if (n == 1)
      for (const TaylorStep& step : d.steps)
        if (step.h <= before.h)
          d.resolution =
              std::max(d.resolution, std::max(step.remainder[1], step.floor[1]) / step.h);
    if (n == 0 || rate >= wanted - 0.1L) continue;
    if (rate > wanted - 0.5L) {
      d.verdict[n] = Verdict::inconclusive;
      d.note[n] = "between rates: start with a smaller first_step";
      continue;
    }
    const long double off = last.remainder[n] / std::pow(last.h, wanted - 1);
    const long double size = std::fabs(n == 1 ? line.slope : line.curvature / 2);
    d.verdict[n] = Verdict::fail;
    d.note[n] = (n == 1 ? "⟨g, v⟩ is off by " : "⟨v, Hv⟩/2 is off by ") + number_text(off, 3) +
                " of " + number_text(size, 6);
    bool between = false;
    if (n == 1 && on_a_kink(line, f, last.h, d.note[n], between) && between)
      d.verdict[n] = Verdict::inconclusive;
    // What a wrong first order leaves hides the second.
    if (n == 1) break;
  }
}

TaylorDirection examine(const Line& line) {
  TaylorDirection d;
  d.along = line.slope;
  const long double f = line.f(0);
  long double h = line.first_step;
  for (std::size_t i = 0; i < most_steps; ++i, h /= ratio) {
    TaylorStep& step = d.steps.emplace_back();
    step.h = h;
    const long double there = line.f(h), change = there - f;
    const long double noise = line.rounding * std::max(std::fabs(f), std::fabs(there));
    const long double first = change - h * line.slope;
    step.remainder[0] = std::fabs(change);
    step.remainder[1] = std::fabs(first);
    step.remainder[2] = std::fabs(first - h * h / 2 * line.curvature);
    step.floor[0] = noise;
    step.floor[1] = noise + h * line.slope_error;
    step.floor[2] = step.floor[1] + h * h / 2 * line.curvature_error;
    if (!std::isfinite(there)) {
      d.verdict[0] = Verdict::inconclusive;
      d.note[0] =
          "f is not finite at h = " + number_text(h, 3) + ": start with a smaller first_step";
      return d;
    }
  }
  judge(line, d, f);
  return d;
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
    if (tape.slot(slot).record != none || !tape.slot(slot).active) continue;
    const BasicVariable<T> leaf = tape.handle(slot);
    leaves.push_back({leaf, leaf.value(), {}, gradient[leaf]});
  }
  if (leaves.empty() || !J.active())
    throw Error("check_taylor: " + tape.describe(J.index(), "J") +
                " depends on no variable; nothing can be tested");
  return leaves;
}

// ⟨v, Hv⟩ by a recorded gradient, and the sum of the magnitudes of its terms.
template <class T>
std::pair<long double, long double> curvature(const BasicVariable<T>& J,
                                              const std::vector<Leaf<T>>& leaves) {
  BasicTape<T>& tape = *J.tape();
  const auto before = tape.mark();
  std::vector<BasicVariable<T>> x;
  for (const auto& leaf : leaves) x.push_back(leaf.variable);
  std::pair<long double, long double> result;
  try {
    const auto recorded = recorded_gradients<T>(J, x);
    BasicVariable<T> along = tape.constant(T(0));
    for (std::size_t i = 0; i < x.size(); ++i)
      along = along + sum(recorded[i] * tape.constant(Array<T>(leaves[i].v)));
    const auto hv = gradients(along);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto row = hv[x[i]];
      for (std::size_t e = 0; e < leaves[i].v.size(); ++e) {
        const long double term = leaves[i].v.data()[e] * row.data()[e];
        result.first += term;
        result.second += std::fabs(term);
      }
    }
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
  if (!J.valid()) BasicTape<T>::throw_empty("check_taylor");
  check_options(options, 2);
  std::vector<Leaf<T>> leaves = leaves_of(J);
  constexpr long double eps = 16 * static_cast<long double>(std::numeric_limits<T>::epsilon());
  TaylorReport report{options.order, {}};
  Random random(options.seed);
  for (std::size_t i = 0; i < options.directions; ++i) {
    Line line;
    long double size = 0;
    for (Leaf<T>& leaf : leaves) {
      leaf.v = direction(random, {leaf.x.data(), leaf.x.size()}, leaf.variable.shape());
      // Exact in T, so that the Hessian is taken along the same direction.
      for (long double& v : leaf.v) v = static_cast<T>(v);
      for (std::size_t e = 0; e < leaf.v.size(); ++e) {
        const long double term = leaf.v.data()[e] * leaf.gradient.data()[e];
        line.slope += term;
        size += std::fabs(term);
      }
    }
    line.slope_error = eps * size;
    line.order = options.order;
    if (options.order == 2) {
      const auto [value, terms] = curvature(J, leaves);
      line.curvature = value;
      line.curvature_error = eps * terms;
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
  TaylorReport report{1, {}};
  Random random(options.seed);
  const Array<long double> wide = x;
  for (std::size_t i = 0; i < options.directions; ++i) {
    const Array<double> v = direction(random, {wide.data(), wide.size()}, shape);
    Line line;
    long double size = 0;
    for (std::size_t e = 0; e < v.size(); ++e) {
      const long double term = static_cast<long double>(v.data()[e]) * gradient.data()[e];
      line.slope += term;
      size += std::fabs(term);
    }
    line.slope_error = 16 * static_cast<long double>(std::numeric_limits<double>::epsilon()) * size;
    line.rounding = rounding;
    line.first_step = options.first_step;
    line.f = [&](long double h) -> long double { return f(x + static_cast<double>(h) * v); };
    report.directions.push_back(examine(line));
  }
  return report;
}

Verdict TaylorReport::verdict() const {
  Verdict all = directions.empty() ? Verdict::inconclusive : Verdict::pass;
  for (const TaylorDirection& d : directions)
    for (int n = 0; n <= order; ++n) all = both(all, d.verdict[n]);
  return all;
}

std::string TaylorReport::text() const {
  const auto bad = [&](const TaylorDirection& d) {
    Verdict all = Verdict::pass;
    for (int n = 0; n <= order; ++n) all = both(all, d.verdict[n]);
    return all == Verdict::fail ? 2 : all == Verdict::inconclusive ? 1 : 0;
  };
  std::string text = "Taylor test of order " + std::to_string(order) + " along " +
                     std::to_string(directions.size()) + " directions: " + to_string(verdict()) +
                     "\n";
  const auto worst = std::ranges::max_element(directions, {}, bad);
  if (worst == directions.end()) return text;
  static constexpr const char* what[] = {"f(x + hv) - f(x)", "... - h⟨g, v⟩", "... - h²/2⟨v, Hv⟩"};
  for (int n = 0; n <= order; ++n) {
    text += "  R" + std::to_string(n) + " = |" + what[n] + "|: ";
    if (worst->rate[n])
      text +=
          "rate " + number_text(*worst->rate[n], 3) + ", " + std::to_string(n + 1) + " is right: ";
    text += to_string(worst->verdict[n]);
    if (!worst->note[n].empty()) text += ", " + worst->note[n];
    text += "\n";
  }
  if (worst->resolution > 0 && verdict() == Verdict::pass)
    text += "  an error of ⟨g, v⟩ = " + number_text(worst->along, 6) + " above " +
            number_text(worst->resolution, 3) + " would be seen\n";
  std::vector<std::vector<std::string>> rows = {{"h", "R0", "R1"}};
  if (order == 2) rows.front().emplace_back("R2");
  for (const TaylorStep& step : worst->steps) {
    auto& row = rows.emplace_back();
    row.push_back(number_text(step.h, 3));
    for (int n = 0; n <= order; ++n)
      row.push_back(number_text(step.remainder[n], 3) +
                    (step.remainder[n] > step.floor[n] ? "" : " (rounding)"));
  }
  return text + detail::columns(rows);
}

template TaylorReport check_taylor(const BasicVariable<double>&, const TaylorOptions&);
template TaylorReport check_taylor(const BasicVariable<float>&, const TaylorOptions&);

}  // namespace xtape
