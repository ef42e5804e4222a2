#pragma once
// The lab's gradients, derived by hand and written as on the sheet. Nothing here knows a tape: it
// is what the tape's gradients are compared with.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace lab {

/// Samples: x is (N, inputs), row by row, and t has N targets.
template <class T>
struct Samples {
  const T* x;
  const T* t;
  std::size_t N, inputs;
};

/// One element of a gradient: the sum, the largest magnitude among its summands, and what rounding
/// errors are measured by: the sum of the summands with |y| + |t| in the place of y - t, since a
/// rounding of y is as large when t is next to it.
template <class T>
struct Element {
  std::string name;
  T value;
  T largest;
  T magnitudes;
};

/// The parts of the formulas that a student gets wrong, so that a test can.
template <class T>
struct Formulas {
  /// σ(a) = 1 / (1 + exp(-a))   (2.1)
  T (*sigmoid)(T a) = [](T a) { return 1 / (1 + std::exp(-a)); };
  /// σ'(a) = e / (1 + e)² with e = exp(-|a|): y (1 - y) has no digits left where y rounds to 1.
  T(*sigmoid_prime)
  (T a) = [](T a) {
    const T e = std::exp(-std::abs(a));
    return e / ((1 + e) * (1 + e));
  };
  /// The hidden layer's activation and its derivative; σ and σ' unless others are given.
  T (*hidden)(T a) = nullptr;
  T (*hidden_prime)(T a) = nullptr;
  /// 1/N
  T (*mean)(std::size_t N) = [](std::size_t N) { return 1 / static_cast<T>(N); };
};

/// The formulas for a network whose hidden layer has the activation of this name, s:
///
///     tanh      s'(a) = 1 / cosh²(a) = 4 e / (1 + e)² with e = exp(-2 |a|)
///     relu      s(a) = max(0, a); s'(a) = 1 for a > 0, else 0: at the kink 0 the least subgradient
///     softplus  s(a) = log(1 + exp(a)) = max(0, a) + log(1 + exp(-|a|)); s'(a) = σ(a)
///
/// @throws std::invalid_argument for a name that is none of these, nor sigmoid.
template <class T>
Formulas<T> formulas_of(const std::string& activation) {
  Formulas<T> f;
  if (activation == "sigmoid") return f;
  if (activation == "tanh") {
    f.hidden = [](T a) { return std::tanh(a); };
    f.hidden_prime = [](T a) {
      const T e = std::exp(-2 * std::abs(a));
      return 4 * e / ((1 + e) * (1 + e));
    };
  } else if (activation == "relu") {
    f.hidden = [](T a) { return std::max(T{0}, a); };
    f.hidden_prime = [](T a) { return a > 0 ? T{1} : T{0}; };
  } else if (activation == "softplus") {
    f.hidden = [](T a) { return std::max(T{0}, a) + std::log1p(std::exp(-std::abs(a))); };
    f.hidden_prime = [](T a) { return 1 / (1 + std::exp(-a)); };
  } else {
    throw std::invalid_argument("no formula for the activation " + activation);
  }
  return f;
}

/// Σᵢ of summands in T, added in extended precision.
template <class T>
class Sum {
 public:
  void add(T summand, T magnitude) {
    sum_ += static_cast<long double>(summand);
    magnitudes_ += static_cast<long double>(std::abs(magnitude));
    largest_ = std::max(largest_, std::abs(summand));
  }
  [[nodiscard]] Element<T> element(const std::string& name) const {
    return {name, static_cast<T>(sum_), largest_, static_cast<T>(magnitudes_)};
  }

 private:
  long double sum_ = 0, magnitudes_ = 0;
  T largest_ = 0;
};

inline std::string indexed(const std::string& name, std::size_t k) {
  return name + "[" + std::to_string(k) + "]";
}

/// The single neuron: a = X w + b, y = σ(a). The elements of ∂J/∂w, then ∂J/∂b:
///
///     ∂J/∂w_k = 1/N Σᵢ (yᵢ - tᵢ) σ'(aᵢ) x_{i,k}     (2.3)
///     ∂J/∂b   = 1/N Σᵢ (yᵢ - tᵢ) σ'(aᵢ)             (2.4)
template <class T>
std::vector<Element<T>> neuron_gradient(const Samples<T>& samples, const T* w, T b,
                                        const Formulas<T>& f = {}) {
  std::vector<Sum<T>> dw(samples.inputs);
  Sum<T> db;
  for (std::size_t i = 0; i < samples.N; ++i) {
    const T* const x = samples.x + i * samples.inputs;
    T a = 0;
    for (std::size_t k = 0; k < samples.inputs; ++k) a += x[k] * w[k];
    a += b;
    const T y = f.sigmoid(a);
    const T da = f.mean(samples.N) * (y - samples.t[i]) * f.sigmoid_prime(a);
    const T size = f.mean(samples.N) * (std::abs(y) + std::abs(samples.t[i])) * f.sigmoid_prime(a);
    for (std::size_t k = 0; k < samples.inputs; ++k) dw[k].add(da * x[k], size * x[k]);
    db.add(da, size);
  }
  std::vector<Element<T>> result;
  for (std::size_t k = 0; k < samples.inputs; ++k)
    result.push_back(dw[k].element(indexed("weight", k)));
  result.push_back(db.element("bias"));
  return result;
}

/// The network with one hidden layer: ã = X W̃ + b̃, h = s(ã), a = h w + b, y = σ(a), where s is σ
/// on the sheet. W̃ is (inputs, hidden), row by row. The elements of ∂J/∂W̃, ∂J/∂b̃, ∂J/∂w, then
/// ∂J/∂b:
///
///     ∂J/∂W̃_{j,k} = 1/N Σᵢ (yᵢ - tᵢ) σ'(aᵢ) w_k s'(ã_{i,k}) x_{i,j}
///     ∂J/∂b̃_k     = 1/N Σᵢ (yᵢ - tᵢ) σ'(aᵢ) w_k s'(ã_{i,k})
///     ∂J/∂w_k     = 1/N Σᵢ (yᵢ - tᵢ) σ'(aᵢ) h_{i,k}
///     ∂J/∂b       = 1/N Σᵢ (yᵢ - tᵢ) σ'(aᵢ)
template <class T>
std::vector<Element<T>> network_gradient(const Samples<T>& samples, std::size_t hidden,
                                         const T* W_hidden, const T* b_hidden, const T* w, T b,
                                         const Formulas<T>& f = {}) {
  std::vector<Sum<T>> dW_hidden(samples.inputs * hidden), db_hidden(hidden), dw(hidden);
  Sum<T> db;
  std::vector<T> a_hidden(hidden), h(hidden);
  const auto s = f.hidden != nullptr ? f.hidden : f.sigmoid;
  const auto s_prime = f.hidden_prime != nullptr ? f.hidden_prime : f.sigmoid_prime;
  for (std::size_t i = 0; i < samples.N; ++i) {
    const T* const x = samples.x + i * samples.inputs;
    T a = 0;
    for (std::size_t k = 0; k < hidden; ++k) {
      a_hidden[k] = 0;
      for (std::size_t j = 0; j < samples.inputs; ++j)
        a_hidden[k] += x[j] * W_hidden[j * hidden + k];
      a_hidden[k] += b_hidden[k];
      h[k] = s(a_hidden[k]);
      a += h[k] * w[k];
    }
    a += b;
    const T y = f.sigmoid(a);
    const T da = f.mean(samples.N) * (y - samples.t[i]) * f.sigmoid_prime(a);
    const T size = f.mean(samples.N) * (std::abs(y) + std::abs(samples.t[i])) * f.sigmoid_prime(a);
    for (std::size_t k = 0; k < hidden; ++k) {
      const T da_hidden = da * w[k] * s_prime(a_hidden[k]);
      const T size_hidden = size * w[k] * s_prime(a_hidden[k]);
      for (std::size_t j = 0; j < samples.inputs; ++j)
        dW_hidden[j * hidden + k].add(da_hidden * x[j], size_hidden * x[j]);
      db_hidden[k].add(da_hidden, size_hidden);
      dw[k].add(da * h[k], size * h[k]);
    }
    db.add(da, size);
  }
  std::vector<Element<T>> result;
  for (std::size_t j = 0; j < samples.inputs; ++j)
    for (std::size_t k = 0; k < hidden; ++k)
      result.push_back(dW_hidden[j * hidden + k].element("hidden.weight[" + std::to_string(j) +
                                                         "," + std::to_string(k) + "]"));
  for (std::size_t k = 0; k < hidden; ++k)
    result.push_back(db_hidden[k].element(indexed("hidden.bias", k)));
  for (std::size_t k = 0; k < hidden; ++k)
    result.push_back(dw[k].element(indexed("output.weight", k)));
  result.push_back(db.element("output.bias"));
  return result;
}

}  // namespace lab
