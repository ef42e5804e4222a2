#include <cmath>
#include <string>
#include <xtape/nn/initializers.hpp>

namespace xtape::nn {
namespace {

using Distribution = Initializer::Distribution;
using Scheme = Initializer::Scheme;

}  // namespace

double Initializer::deviation_for(const Shape& shape) const {
  if (scheme_ == Scheme::fixed) return deviation_;
  if (shape.rank() != 2)
    throw ShapeError("Initializer: a weight " + to_string(shape) +
                     ": Xavier's and He's need a matrix (inputs, outputs)");
  const auto inputs = static_cast<double>(shape[0]), outputs = static_cast<double>(shape[1]);
  return std::sqrt(2 / (scheme_ == Scheme::xavier ? inputs + outputs : inputs));
}

template <class T>
void Initializer::operator()(BasicParameter<T>& weight, Random& random) const {
  const double deviation = deviation_for(weight.shape());
  weight.update([&](T* values, std::size_t count) {
    if (distribution_ == Distribution::normal) {
      random.fill_normal(values, count, mean_, deviation);
    } else {
      const double reach = std::sqrt(3.0) * deviation;  // the variance of [-r, r) is r²/3
      random.fill_uniform(values, count, mean_ - reach, mean_ + reach);
    }
  });
}

Initializer normal(double mean, double deviation) {
  if (!(deviation >= 0) || !std::isfinite(deviation) || !std::isfinite(mean))
    throw std::invalid_argument("normal: mean " + std::to_string(mean) + ", deviation " +
                                std::to_string(deviation) +
                                ": has to be finite, the deviation not negative");
  return {Distribution::normal, Scheme::fixed, mean, deviation};
}
Initializer xavier_normal() { return {Distribution::normal, Scheme::xavier, 0, 0}; }
Initializer xavier_uniform() { return {Distribution::uniform, Scheme::xavier, 0, 0}; }
Initializer he_normal() { return {Distribution::normal, Scheme::he, 0, 0}; }
Initializer he_uniform() { return {Distribution::uniform, Scheme::he, 0, 0}; }

template void Initializer::operator()(BasicParameter<double>&, Random&) const;
template void Initializer::operator()(BasicParameter<float>&, Random&) const;

}  // namespace xtape::nn
