#pragma once
// Autodiff beside the formulas derived by hand, number by number.

#include <cmath>
#include <limits>
#include <string>
#include <vector>
#include <xtape/nn.hpp>

#include "hand_derived.hpp"

namespace lab {

/// The largest difference that rounding explains, in ulp of the sum of the summands' magnitudes
/// (see Element).
///
/// In ulp of the largest summand there is no such number: 500 summands of one sign make a sum whose
/// own last digit is worth 128 ulp of each of them, and where they cancel, their roundings remain,
/// 500 of them. That measure is reported too, but decides nothing.
inline constexpr double ulp_limit = 16;

/// One number of a gradient, computed in both ways.
struct Comparison {
  std::string name;
  double by_autodiff, by_hand;
  double difference;  // in ulp of the summands' magnitudes; infinite where one is NaN
  double of_summand;  // the same in ulp of the largest summand alone
};

/// The distance from |x| to the next larger number of its type.
template <class T>
T ulp(T x) {
  return std::nextafter(std::abs(x), std::numeric_limits<T>::infinity()) - std::abs(x);
}

/// Compares the gradients of a module's parameters with the elements derived by hand, which are in
/// the same order.
template <class T>
std::vector<Comparison> compare(const xtape::BasicParameterGradients<T>& gradients,
                                const std::vector<Element<T>>& by_hand) {
  std::vector<Comparison> result;
  for (const auto& entry : gradients.entries())
    for (std::size_t i = 0; i < entry.parameter->shape().size(); ++i) {
      const Element<T>& element = by_hand.at(result.size());
      const T found = entry.gradient[i];
      const T difference = std::abs(found - element.value);
      const auto in_ulp = [&](T of) {
        const auto count = static_cast<double>(difference / ulp(of));
        return std::isnan(count) ? std::numeric_limits<double>::infinity() : count;
      };
      result.push_back({element.name, static_cast<double>(found),
                        static_cast<double>(element.value), in_ulp(element.magnitudes),
                        in_ulp(element.largest)});
    }
  return result;
}

/// The largest difference of all; infinite where there is nothing to compare.
double largest_difference(const std::vector<Comparison>& comparisons);

/// A line for each number, and the verdict.
std::string report(const std::vector<Comparison>& comparisons);

/// The gradients of the neuron's half mean square over the samples, derived by hand.
template <class T>
std::vector<Element<T>> by_hand(const xtape::nn::BasicNeuron<T>& neuron, const Samples<T>& samples,
                                const Formulas<T>& formulas = {}) {
  return neuron_gradient(samples, neuron.weight.value().data(), neuron.bias.value().data()[0],
                         formulas);
}
/// The same for a network with one hidden layer and one output.
template <class T>
std::vector<Element<T>> by_hand(const xtape::nn::BasicNetwork<T>& network,
                                const Samples<T>& samples, const Formulas<T>& formulas = {}) {
  const auto& hidden = network.layers.at(0).map;
  const auto& output = network.layers.at(1).map;
  return network_gradient(samples, hidden.bias.size(), hidden.weight.value().data(),
                          hidden.bias.value().data(), output.weight.value().data(),
                          output.bias.value().data()[0], formulas);
}

}  // namespace lab
