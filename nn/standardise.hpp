#pragma once
// Features with mean 0 and deviation 1: fitted on the training data, applied to any.

#include <concepts>
#include <string>
#include <xtape/autodiff/xtensor.hpp>
#include <xtape/nn/data_set.hpp>
#include <xtape/nn/lab_data.hpp>

namespace xtape::nn {

/// z = (x - mean) / deviation for each feature, with the mean and the deviation of the data that it
/// was fitted on: the training data, whatever it is applied to.
///
///     const nn::Standardiser scale(lab.train);
///     lab = scale(lab);             // both parts, by the training part's numbers
///     std::cout << to_string(scale);
///
/// The deviation is that of the samples, √(1/N Σᵢ (xᵢ - mean)²). A feature that is the same in all
/// samples has deviation 0, and is only centred. `Standardiser` is double, `StandardiserF` float.
template <class T>
class BasicStandardiser {
 public:
  /// Fits to the inputs (N, features...). Throws xtape::Error where an element is not finite, or
  /// where the deviation is beyond the
  /// numbers of long double.
  explicit BasicStandardiser(const BasicDataSet<T>& train);

  /// For each feature; shape (features...).
  [[nodiscard]] const Array<T>& mean() const { return mean_; }
  [[nodiscard]] const Array<T>& deviation() const { return deviation_; }

  /// Inputs (M, features...), standardised. Throws xtape::Error where the features are others.
  [[nodiscard]] Array<T> operator()(const Array<T>& inputs) const;
  /// The same samples with standardised inputs; the targets stay as they are.
  [[nodiscard]] BasicDataSet<T> operator()(const BasicDataSet<T>& data) const;
  /// Both parts. (A template, for only a Standardiser of double has lab data.)
  template <std::same_as<LabData> Data>
  requires std::same_as<T, double>
  [[nodiscard]] Data operator()(const Data& data) const {
    return {.train = (*this)(data.train), .test = (*this)(data.test)};
  }
  /// The way back, for instance for a picture in the units of the data: x = z deviation + mean.
  [[nodiscard]] Array<T> inverse(const Array<T>& standardised) const;

 private:
  void check(const char* name, const Array<T>& inputs) const;
  Array<T> mean_, deviation_;
};

/// A line for each feature: its number from 1, mean, deviation; "constant" where the deviation is
/// 0.
template <class T>
std::string to_string(const BasicStandardiser<T>& standardiser);

using Standardiser = BasicStandardiser<double>;
using StandardiserF = BasicStandardiser<float>;

}  // namespace xtape::nn
