// Every structural operation: its cotangents against tangents that its rule has no part in. The
// tangents come from the value, read with wide dual numbers.

#include <doctest/doctest.h>

#include <numeric>
#include <set>

#include "structural_table.hpp"

namespace {

using namespace structural_table;
using numbers::Worst;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::Shape;
using Numbers = std::vector<long double>;

/// Everything that is compared, computed for some inputs, directions and a cotangent.
struct Results {
  Numbers value;
  std::vector<Numbers> direct, recorded;  // gradients of <u, y>, by input
  std::vector<Numbers> forward;           // derivative of <gradient k, v> for u: the tangent of y
  std::vector<std::vector<Numbers>> second;  // the same for the inputs
};

struct Point {
  std::vector<Numbers> x, v;
  Numbers u;

  Point(const Case& c, std::uint64_t seed) {
    xtape::Random random(seed);
    const auto fill = [&](Numbers& numbers, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i)  // exact in float
        numbers.push_back(
            static_cast<float>(random.uniform(0.5, 2) * (random.uniform() < 0.5 ? -1 : 1)));
    };
    for (const Shape& shape : c.shapes) {
      fill(x.emplace_back(), shape.size());
      fill(v.emplace_back(), shape.size());
    }
    fill(u, c.output().size());
  }
  /// With every sign positive: what is computed from it are the magnitudes of the terms.
  [[nodiscard]] Point magnitudes() const {
    Point result = *this;
    const auto absolute = [](Numbers& numbers) {
      for (long double& number : numbers) number = std::fabs(number);
    };
    for (Numbers& numbers : result.x) absolute(numbers);
    for (Numbers& numbers : result.v) absolute(numbers);
    absolute(result.u);
    return result;
  }
};

template <class T>
xtape::Array<T> array(const Shape& shape, const Numbers& numbers) {
  return numbers::array<T>(shape,
                           [i = std::size_t{0}, &numbers]() mutable { return numbers[i++]; });
}

template <class T>
Results results(const Case& c, const Point& at) {
  Results r;
  BasicTape<T> tape;
  std::vector<BasicVariable<T>> x;
  for (std::size_t k = 0; k < c.shapes.size(); ++k)
    x.push_back(tape.variable(array<T>(c.shapes[k], at.x[k])));
  const auto y = c.operation(x);
  REQUIRE(y.shape() == c.output());
  r.value = numbers::elements(y.value());
  const auto u = tape.variable(array<T>(c.output(), at.u));
  const auto direct = xtape::gradients(y, u.value());
  const auto recorded = xtape::recorded_gradients<T>(xtape::sum(y * u), x);
  for (std::size_t k = 0; k < x.size(); ++k) {
    REQUIRE(Shape(direct[x[k]].shape()) == c.shapes[k]);
    REQUIRE(recorded[k].shape() == c.shapes[k]);
    r.direct.push_back(numbers::elements(direct[x[k]]));
    r.recorded.push_back(numbers::elements(recorded[k].value()));
    const auto along = xtape::sum(recorded[k] * tape.constant(array<T>(c.shapes[k], at.v[k])));
    const auto again = xtape::gradients(along);
    r.forward.push_back(numbers::elements(again[u]));
    auto& second = r.second.emplace_back();
    for (const auto& input : x) second.push_back(numbers::elements(again[input]));
  }
  return r;
}

/// The value and its tangent along v[k].
std::pair<Numbers, Numbers> reference(const Case& c, const std::vector<Numbers>& x,
                                      const std::vector<Numbers>& v, std::size_t k) {
  using xtape::Wide;
  std::vector<std::vector<Wide>> wide(x.size());
  std::vector<xtape::View<const Wide>> in;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t e = 0; e < x[i].size(); ++e)
      wide[i].emplace_back(xtape::Real<long double>(x[i][e]),
                           xtape::Real<long double>(i == k ? v[i][e] : 0));
    in.push_back({wide[i].data(), &c.shapes[i], true});
  }
  const Shape shape = c.output();
  std::vector<Wide> y(shape.size());
  const xtape::View<Wide> out{y.data(), &shape, true};
  c.operation.rule_double->reference(c.operation.operation.get(), in, &out);
  std::pair<Numbers, Numbers> result;
  for (const Wide& number : y) {
    result.first.push_back(number.value.value);
    result.second.push_back(number.tangent.value);
  }
  return result;
}

long double dot(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0L);
}

template <class T>
void compare(const Numbers& got, const Numbers& right, const Numbers& magnitude,
             long double limit) {
  REQUIRE(got.size() == right.size());
  Worst<T> worst;
  for (std::size_t i = 0; i < got.size(); ++i)
    worst.see(i, static_cast<T>(got[i]), right[i], std::fabs(magnitude[i]));
  INFO(worst.text());
  CHECK(worst.distance <= limit);
}
template <class T>
void compare(long double got, long double right, long double magnitude, long double limit) {
  compare<T>(Numbers{got}, Numbers{right}, Numbers{magnitude}, limit);
}

template <class T>
void test_case(const Case& c) {
  CAPTURE(c.text());
  const Point at(c, 5), size = at.magnitudes();
  const Results got = results<T>(c, at), sizes = results<T>(c, size);
  const std::size_t inputs = c.shapes.size();
  compare<T>(got.value, reference(c, at.x, at.v, 0).first, reference(c, size.x, size.v, 0).first,
             4);
  for (std::size_t k = 0; k < inputs; ++k) {
    CAPTURE(k);
    compare<T>(got.recorded[k], got.direct[k], sizes.direct[k], 4);
    const Numbers tangent = reference(c, at.x, at.v, k).second;
    const Numbers tangent_size = reference(c, size.x, size.v, k).second;
    // <gradient, v> = <u, tangent>, for each input alone.
    compare<T>(dot(got.direct[k], at.v[k]), dot(at.u, tangent), dot(size.u, tangent_size), 4);
    compare<T>(got.forward[k], tangent, tangent_size, 4);
    // A gradient is linear in every input that it depends on: what v[k] changes is the difference
    // of tangents with v[k] and with zeros in the place of x[k].
    for (std::size_t l = 0; l < inputs; ++l) {
      CAPTURE(l);
      auto moved = at.x, still = at.x;
      moved[k] = at.v[k];
      std::fill(still[k].begin(), still[k].end(), 0.0L);
      const long double right = dot(at.u, reference(c, moved, at.v, l).second) -
                                dot(at.u, reference(c, still, at.v, l).second);
      compare<T>(dot(got.second[k][l], at.v[l]), right,
                 dot(size.u, reference(c, size.x, size.v, l).second) * 4, 8);
    }
  }
}

}  // namespace

TEST_CASE("every structural operation has rows in the table") {
  std::set<std::pair<std::string, std::size_t>> tested;
  for (const Case& c : structural()) tested.emplace(c.operation.type, c.operation.inputs);
#define XTAPE_COMPILED_ONCE(Operation, inputs)                         \
  if constexpr (xtape::Structural<xtape::Operation>) {                 \
    const std::pair<std::string, std::size_t> row(#Operation, inputs); \
    INFO(row.first);                                                   \
    CHECK(tested.contains(row));                                       \
  }
#include <xtape/autodiff/operations/compiled_once.inc>
}

TEST_CASE_TEMPLATE("a structural operation's cotangents are the adjoints of its tangents", T,
                   double, float) {
  for (const Case& c : structural()) test_case<T>(c);
}

TEST_CASE_TEMPLATE("NaN in gives NaN out of structural operations", T, double, float) {
  for (const Case& c : structural()) {
    CAPTURE(c.text());
    for (std::size_t k = 0; k < c.shapes.size(); ++k) {
      if (c.shapes[k].size() == 0 || c.output().size() == 0 || c.drops_elements) continue;
      Point at(c, 6);
      at.x[k].back() = numbers::nan;
      const auto right = reference(c, at.x, at.v, 0).first;
      const auto got = results<T>(c, at).value;
      bool any = false;
      for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(std::isnan(got[i]) == std::isnan(right[i]));
        any |= std::isnan(got[i]);
      }
      CHECK(any);
    }
  }
}
