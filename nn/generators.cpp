#include <array>
#include <cmath>
#include <locale>
#include <numbers>
#include <sstream>
#include <string>
#include <utility>
#include <vector>
#include <xtape/autodiff/error.hpp>
#include <xtape/nn/generators.hpp>

namespace xtape::nn {
namespace {

using Point = std::array<double, 2>;
constexpr double two_pi = 2.0 * std::numbers::pi;

std::string text_of(double x) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << x;
  return text.str();
}

// point(class, u, v): where a point without noise is, for two numbers uniform in [0, 1).
template <class Curve>
DataSet draw(const char* name, Random& random, std::size_t n, double noise, std::size_t classes,
             const Curve& point) {
  const auto fail = [&](const std::string& what) { throw Error(std::string(name) + ": " + what); };
  if (classes < 2) fail("classes = " + std::to_string(classes) + ": at least 2 are expected");
  if (n < classes)
    fail("n = " + std::to_string(n) + " for " + std::to_string(classes) +
         " classes: each needs at least one point");
  if (!(noise >= 0.0) || !std::isfinite(noise))
    fail("noise = " + text_of(noise) + ": a finite number that is not negative is expected");
  auto inputs = Array<double>::from_shape({n, 2});
  auto targets = Array<double>::from_shape({n, 1});
  std::vector<std::size_t> places(n);
  for (std::size_t i = 0; i < n; ++i) places[i] = i;
  random.shuffle(places);
  const auto first = random.new_draw(), second = random.new_draw(), noises = random.new_draw();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t label = i % classes, place = places[i];
    const Point at = point(label, random.uniform_at(first, i), random.uniform_at(second, i));
    for (std::size_t axis = 0; axis < 2; ++axis)
      inputs.data()[2 * place + axis] = at[axis] + noise * random.normal_at(noises, 2 * i + axis);
    targets.data()[place] = static_cast<double>(label);
  }
  return DataSet(std::move(inputs), std::move(targets));
}

Point on_circle(double radius, double turns) {
  return {radius * std::cos(two_pi * turns), radius * std::sin(two_pi * turns)};
}

double part(std::size_t label, std::size_t classes) {
  return static_cast<double>(label) / static_cast<double>(classes);
}

}  // namespace

DataSet moons(Random& random, std::size_t n, double noise) {
  return draw("moons", random, n, noise, 2, [](std::size_t label, double u, double) -> Point {
    const auto [x, y] = on_circle(1.0, u / 2);
    return label == 0 ? Point{x, y} : Point{1.0 - x, 0.5 - y};
  });
}

DataSet circles(Random& random, std::size_t n, double noise, double factor) {
  if (!(factor > 0.0 && factor < 1.0))
    throw Error("circles: factor = " + text_of(factor) + ": a number between 0 and 1 is expected");
  return draw("circles", random, n, noise, 2, [&](std::size_t label, double u, double) {
    return on_circle(label == 0 ? 1.0 : factor, u);
  });
}

DataSet spirals(Random& random, std::size_t n, double noise, std::size_t classes, double turns) {
  if (!std::isfinite(turns))
    throw Error("spirals: turns = " + text_of(turns) + ": a finite number is expected");
  return draw("spirals", random, n, noise, classes, [&](std::size_t label, double u, double) {
    const double radius = 0.1 + 0.9 * u;
    return on_circle(radius, turns * radius + part(label, classes));
  });
}

DataSet exclusive_or(Random& random, std::size_t n, double noise) {
  return draw("exclusive_or", random, n, noise, 2,
              [](std::size_t label, double u, double v) -> Point {
                const bool right = u < 0.5;  // half of [0, 1) chooses the side, the rest is |x|
                const double x = 1.0 - (right ? 2.0 * u : 2.0 * u - 1.0), y = 1.0 - v;
                return {right ? x : -x, right == (label == 0) ? y : -y};
              });
}

DataSet blobs(Random& random, std::size_t n, double noise, std::size_t classes) {
  return draw("blobs", random, n, noise, classes, [&](std::size_t label, double, double) {
    return on_circle(3.0, part(label, classes));
  });
}

}  // namespace xtape::nn
