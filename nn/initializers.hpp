#pragma once
// What a weight is before training. Biases are zero.

#include <xtape/autodiff/parameter.hpp>
#include <xtape/autodiff/random.hpp>

namespace xtape::nn {

/// Draws a weight's values. A layer takes this or any callable (BasicParameter<T>&, Random&).
///
/// The schemes that depend on the layer's width take the weight to be a matrix (inputs, outputs).
class Initializer {
 public:
  enum class Distribution : unsigned char { normal, uniform };
  enum class Scheme : unsigned char { fixed, xavier, he };

  constexpr Initializer(Distribution distribution, Scheme scheme, double mean, double deviation)
      : distribution_(distribution), scheme_(scheme), mean_(mean), deviation_(deviation) {}

  /// Takes one draw. @throws ShapeError where a scheme needs a matrix and the weight is none.
  template <class T>
  void operator()(BasicParameter<T>& weight, Random& random) const;

 private:
  [[nodiscard]] double deviation_for(const Shape& shape) const;

  Distribution distribution_;
  Scheme scheme_;
  double mean_, deviation_;
};

/// Normal numbers; without arguments the lab's, of mean 0 and deviation 0.58.
/// @throws std::invalid_argument where the deviation is negative or one of the two is not finite.
Initializer normal(double mean = 0, double deviation = 0.58);
/// Variance 2 / (inputs + outputs). Source: X. Glorot, Y. Bengio, "Understanding the difficulty of
/// training deep feedforward neural networks", AISTATS 2010.
Initializer xavier_normal();
Initializer xavier_uniform();
/// Variance 2 / inputs, for relu. Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into
/// rectifiers", ICCV 2015.
Initializer he_normal();
Initializer he_uniform();

/// What a layer may be given to draw its weight.
template <class Init, class T>
concept InitializerFor = requires(const Init& init, BasicParameter<T>& weight, Random& random) {
  init(weight, random);
};

}  // namespace xtape::nn
