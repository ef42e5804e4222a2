#include <algorithm>
#include <cmath>
#include <iomanip>
#include <locale>
#include <sstream>
#include <utility>
#include <vector>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/shape.hpp>
#include <xtape/nn/standardise.hpp>

namespace xtape::nn {
namespace {

// What becomes of each element x of feature j: f(x, mean, deviation), or 1 for a deviation of 0.
template <class T, class F>
Array<T> mapped(const Array<T>& from, const Array<T>& mean, const Array<T>& deviation, const F& f) {
  auto to = Array<T>::from_shape(from.shape());
  const std::size_t features = mean.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t j = i % features;
    const T scale = deviation.data()[j];
    to.data()[i] = f(from.data()[i], mean.data()[j], scale == T(0) ? T(1) : scale);
  }
  return to;
}

}  // namespace

template <class T>
BasicStandardiser<T>::BasicStandardiser(const BasicDataSet<T>& train) {
  const Array<T>& x = train.inputs();
  const auto shape = std::vector<std::size_t>(x.shape().begin() + 1, x.shape().end());
  mean_ = Array<T>::from_shape(shape);
  deviation_ = Array<T>::from_shape(shape);
  const std::size_t n = train.size(), features = mean_.size();
  const auto fail = [](std::size_t feature, const std::string& what) {
    throw Error("Standardiser: feature " + std::to_string(feature + 1) + what);
  };
  for (std::size_t j = 0; j < features; ++j) {
    const T first = x.data()[j];
    long double sum = 0;
    bool constant = true;
    for (std::size_t i = 0; i < n; ++i) {
      const T value = x.data()[i * features + j];
      if (!std::isfinite(value))
        fail(j, " of sample " + std::to_string(i + 1) + " is not a finite number");
      constant = constant && value == first;
      sum += static_cast<long double>(value);
    }
    if (constant) {  // exactly: a rounded mean would leave a tiny deviation
      mean_.data()[j] = first;
      deviation_.data()[j] = T(0);
      continue;
    }
    const auto count = static_cast<long double>(n);
    const long double mean = sum / count;
    long double squares = 0, rest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const long double difference = static_cast<long double>(x.data()[i * features + j]) - mean;
      squares += difference * difference;
      rest += difference;  // 0 but for the mean's rounding
    }
    mean_.data()[j] = static_cast<T>(mean + rest / count);
    deviation_.data()[j] = static_cast<T>(std::sqrt((squares - rest * rest / count) / count));
    // Only where long double is no wider than T: else the squares of any T have room.
    if (!std::isfinite(mean_.data()[j]) || !std::isfinite(deviation_.data()[j]))
      fail(j, " has numbers that are too large for a deviation");
  }
}

template <class T>
void BasicStandardiser<T>::check(const char* name, const Array<T>& inputs) const {
  const auto& shape = inputs.shape();
  if (shape.empty() || shape.size() != mean_.dimension() + 1 ||
      !std::equal(mean_.shape().begin(), mean_.shape().end(), shape.begin() + 1))
    throw Error(std::string("Standardiser: ") + name + " " + to_string(Shape(inputs.shape())) +
                ": it was fitted on samples of shape " + to_string(Shape(mean_.shape())));
}

template <class T>
Array<T> BasicStandardiser<T>::operator()(const Array<T>& inputs) const {
  check("inputs", inputs);
  return mapped(inputs, mean_, deviation_, [](T x, T mean, T scale) { return (x - mean) / scale; });
}

template <class T>
BasicDataSet<T> BasicStandardiser<T>::operator()(const BasicDataSet<T>& data) const {
  return BasicDataSet<T>((*this)(data.inputs()), data.targets());
}

template <class T>
Array<T> BasicStandardiser<T>::inverse(const Array<T>& standardised) const {
  check("standardised", standardised);
  return mapped(standardised, mean_, deviation_,
                [](T z, T mean, T scale) { return z * scale + mean; });
}

template <class T>
std::string to_string(const BasicStandardiser<T>& standardiser) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::setw(7) << "feature" << std::setw(14) << "mean" << std::setw(14) << "deviation\n";
  for (std::size_t j = 0; j < standardiser.mean().size(); ++j) {
    text << std::setw(7) << j + 1 << std::setw(14) << standardiser.mean().data()[j];
    const T deviation = standardiser.deviation().data()[j];
    text << std::setw(13);
    if (deviation == T(0)) {
      text << "constant";
    } else {
      text << deviation;
    }
    text << "\n";
  }
  return text.str();
}

template class BasicStandardiser<double>;
template class BasicStandardiser<float>;
template std::string to_string(const BasicStandardiser<double>&);
template std::string to_string(const BasicStandardiser<float>&);

}  // namespace xtape::nn
