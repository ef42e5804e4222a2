#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/inspect/explain.hpp>
#include <xtape/autodiff/inspect/formula.hpp>

namespace xtape {
namespace {

// Where an element lies, row by row.
template <class T>
std::uint32_t flat(const BasicTape<T>& tape, std::uint32_t slot,
                   const std::vector<std::size_t>& element) {
  const Shape& shape = tape.slot(slot).shape();
  if (element.empty() && shape.size() == 1) return 0;
  std::size_t result = 0;
  bool inside = element.size() == shape.rank();
  for (std::size_t axis = 0; axis < shape.rank() && inside; ++axis) {
    inside = element[axis] < shape[axis];
    result = result * shape[axis] + element[axis];
  }
  if (inside) return static_cast<std::uint32_t>(result);
  std::string asked;
  for (const std::size_t index : element)
    asked += (asked.empty() ? "" : ", ") + std::to_string(index);
  throw ShapeError("explain: " + tape.describe(slot, "w") + " has no element (" + asked +
                   "); an index for each axis is needed, counted from 0");
}

// The spacing of numbers of T at x.
template <class T>
long double ulp(long double x) {
  const T at = std::max(static_cast<T>(std::abs(x)), std::numeric_limits<T>::min());
  return static_cast<long double>(std::nextafter(at, std::numeric_limits<T>::infinity())) -
         static_cast<long double>(at);
}

double in_ulps(long double difference, long double unit) {
  return difference == 0 ? 0 : static_cast<double>(difference / unit);
}

Explanation::Path with_numbers(const detail::ElementPath& path) {
  Explanation::Path result{};
  for (const detail::PathStep& step : path.steps)
    result.factors.push_back({step.record, step.input, step.out, step.in, step.value});
  result.product = path.product;
  return result;
}

bool takes(const detail::ElementPath& path, const detail::RoutePaths& route) {
  return std::ranges::equal(path.steps, route.steps,
                            [](const auto& a, const auto& b) { return a.same_way(b); });
}

template <class T>
class Explainer {
 public:
  Explainer(BasicTape<T>& tape, std::uint32_t J, std::uint32_t w, std::uint32_t element,
            const ExplainOptions& options)
      : options_(options),
        element_(element),
        graph_(tape, J, w, element, options.work),
        walk_(tape, nullptr, "explain"),
        writer_(tape, walk_, options.notation, J) {
    const detail::Phrase name = writer_.element(w, element), of = writer_.element(J, 0);
    result_.derivative = "∂" + of.text + "/∂" + name.text;
    result_.derivative_latex = "\\frac{\\partial " + of.latex + "}{\\partial " + name.latex + "}";
    result_.digits = options.digits;
    result_.all_digits = std::numeric_limits<T>::max_digits10;
  }

  Explanation explanation(long double gradient) {
    const auto heaviest = graph_.heaviest(std::max<std::size_t>(options_.paths, 1));
    add_routes(heaviest);
    for (const detail::Phrase& line : writer_.legend()) {
      result_.legend.push_back(line.text);
      result_.legend_latex.push_back(line.latex);
    }
    const detail::PathSums& sums = graph_.sums();
    result_.paths = sums.count;
    result_.sum = sums.sum;
    result_.magnitudes = sums.magnitudes;
    if (const auto all = graph_.enumerated(options_.enumerate)) result_.enumerated = all->sum;
    result_.gradient = gradient;
    const long double largest = heaviest.empty() ? 0 : heaviest[0].product;
    const long double difference = std::abs(sums.sum - gradient);
    result_.ulps_of_largest = in_ulps(difference, ulp<T>(largest));
    result_.ulps_of_magnitudes = in_ulps(difference, ulp<T>(sums.magnitudes));
    return std::move(result_);
  }

 private:
  void add_routes(const std::vector<detail::ElementPath>& heaviest) {
    const auto routes = graph_.routes(options_.routes);
    for (const detail::RoutePaths& route : routes) {
      const detail::Formula formula = writer_.route(route.steps, element_);
      result_.routes.push_back(
          {route.count, route.sum, formula.product.text, formula.product.latex});
    }
    for (std::size_t i = 0; i < std::min(options_.paths, heaviest.size()); ++i) {
      Explanation::Path path = with_numbers(heaviest[i]);
      path.route = static_cast<std::size_t>(
          std::ranges::find_if(routes,
                               [&](const auto& route) { return takes(heaviest[i], route); }) -
          routes.begin());
      const detail::Formula formula = writer_.path(heaviest[i].steps, element_);
      path.formula = formula.product.text;
      path.formula_latex = formula.product.latex;
      path.where = formula.letters.text;
      path.where_latex = formula.letters.latex;
      path.shown = formula.shows_factor;
      result_.heaviest.push_back(std::move(path));
    }
  }

  const ExplainOptions& options_;
  std::uint32_t element_;
  detail::PathGraph<T> graph_;
  BasicWalk<T> walk_;
  detail::FormulaWriter<T> writer_;
  Explanation result_;
};

}  // namespace

template <class T>
Explanation explain(const BasicVariable<T>& J, const BasicVariable<T>& w,
                    const std::vector<std::size_t>& element, const ExplainOptions& options) {
  BasicTape<T>& tape = BasicTape<T>::of(J, "explain");
  const std::uint32_t from = tape.check(J, "explain"), to = tape.check(w, "explain");
  tape.check_parameters("explain");
  if (const std::size_t n = tape.slot(from).shape().size(); n != 1)
    throw ShapeError("explain: " + tape.describe(from, "J") + " has " + std::to_string(n) +
                     " elements; reduce it to one (sum, mean), or explain one of them by a slice");
  if (!tape.slot(to).active)
    throw Error("explain: " + tape.describe(to, "w") +
                " is a constant, which no gradient flows to; record it as a variable");
  const std::uint32_t at = flat(tape, to, element);
  const BasicGradients<T> grad = gradients(J);
  const long double gradient =
      to < grad.set().at.size() && grad.set().at[to].assigned ? grad.set().at[to].data[at] : T(0);
  return Explainer<T>(tape, from, to, at, options).explanation(gradient);
}

template <class T>
Explanation explain(const BasicVariable<T>& J, const BasicParameter<T>& w,
                    const std::vector<std::size_t>& element, const ExplainOptions& options) {
  BasicTape<T>& tape = BasicTape<T>::of(J, "explain");
  const std::uint32_t slot = tape.find_leaf(w.storage().get());
  if (slot == no_index)
    throw HandleError("explain: parameter " + w.name() + " is not in this recording");
  return explain(J, tape.handle(slot), element, options);
}

XTAPE_EXPLAIN(, double)
XTAPE_EXPLAIN(, float)

}  // namespace xtape
