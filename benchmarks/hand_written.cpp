#include "hand_written.hpp"

#include <cmath>

namespace hand_written {
namespace {

inline double sigma(double a) { return 1 / (1 + std::exp(-a)); }

// The sums are made in local variables, which the compiler may keep in registers.
inline double neuron(const double* theta, const double* x, const double* t, std::size_t n,
                     double* gradient) {
  const double w0 = theta[0], w1 = theta[1], b = theta[2];
  double loss = 0, g0 = 0, g1 = 0, gb = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x0 = x[2 * i], x1 = x[2 * i + 1];
    const double y = sigma(x0 * w0 + x1 * w1 + b);
    const double error = y - t[i];
    const double delta = error * y * (1 - y);
    loss += error * error;
    g0 += delta * x0;
    g1 += delta * x1;
    gb += delta;
  }
  const double scale = 1 / static_cast<double>(n);
  gradient[0] = g0 * scale;
  gradient[1] = g1 * scale;
  gradient[2] = gb * scale;
  return loss * scale / 2;
}

inline double network(const double* theta, const double* x, const double* t, std::size_t n,
                      double* gradient) {
  const double v00 = theta[0], v01 = theta[1], v10 = theta[2], v11 = theta[3];
  const double c0 = theta[4], c1 = theta[5], w0 = theta[6], w1 = theta[7], b = theta[8];
  double loss = 0, gv00 = 0, gv01 = 0, gv10 = 0, gv11 = 0, gc0 = 0, gc1 = 0, gw0 = 0, gw1 = 0,
         gb = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x0 = x[2 * i], x1 = x[2 * i + 1];
    const double h0 = sigma(x0 * v00 + x1 * v10 + c0);
    const double h1 = sigma(x0 * v01 + x1 * v11 + c1);
    const double y = sigma(h0 * w0 + h1 * w1 + b);
    const double error = y - t[i];
    const double delta = error * y * (1 - y);
    const double delta0 = delta * w0 * h0 * (1 - h0);
    const double delta1 = delta * w1 * h1 * (1 - h1);
    loss += error * error;
    gw0 += delta * h0;
    gw1 += delta * h1;
    gb += delta;
    gv00 += delta0 * x0;
    gv01 += delta1 * x0;
    gv10 += delta0 * x1;
    gv11 += delta1 * x1;
    gc0 += delta0;
    gc1 += delta1;
  }
  const double scale = 1 / static_cast<double>(n);
  gradient[0] = gv00 * scale;
  gradient[1] = gv01 * scale;
  gradient[2] = gv10 * scale;
  gradient[3] = gv11 * scale;
  gradient[4] = gc0 * scale;
  gradient[5] = gc1 * scale;
  gradient[6] = gw0 * scale;
  gradient[7] = gw1 * scale;
  gradient[8] = gb * scale;
  return loss * scale / 2;
}

// Here with loops of constant length, which the compiler unrolls.
inline double tanh_network(const double* theta, const double* x, const double* t, std::size_t n,
                           double* gradient) {
  constexpr std::size_t in = 3, first = 5, second = 2, parameters = 35;
  const double *w1 = theta, *b1 = w1 + in * first, *w2 = b1 + first, *b2 = w2 + first * second,
               *w3 = b2 + second, *b3 = w3 + second;
  double sums[parameters] = {};
  double *gw1 = sums, *gb1 = gw1 + in * first, *gw2 = gb1 + first, *gb2 = gw2 + first * second,
         *gw3 = gb2 + second, *gb3 = gw3 + second;
  double loss = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double* const xi = x + in * i;
    double h1[first], h2[second];
    for (std::size_t k = 0; k < first; ++k) {
      double a = b1[k];
      for (std::size_t j = 0; j < in; ++j) a += xi[j] * w1[j * first + k];
      h1[k] = std::tanh(a);
    }
    for (std::size_t k = 0; k < second; ++k) {
      double a = b2[k];
      for (std::size_t j = 0; j < first; ++j) a += h1[j] * w2[j * second + k];
      h2[k] = std::tanh(a);
    }
    double a = b3[0];
    for (std::size_t j = 0; j < second; ++j) a += h2[j] * w3[j];
    const double y = std::tanh(a);

    const double error = y - t[i];
    loss += error * error;
    const double delta = error * (1 - y * y);
    gb3[0] += delta;
    double delta2[second];
    for (std::size_t k = 0; k < second; ++k) {
      gw3[k] += delta * h2[k];
      delta2[k] = delta * w3[k] * (1 - h2[k] * h2[k]);
      gb2[k] += delta2[k];
    }
    double delta1[first];
    for (std::size_t j = 0; j < first; ++j) {
      double back = 0;
      for (std::size_t k = 0; k < second; ++k) {
        gw2[j * second + k] += delta2[k] * h1[j];
        back += delta2[k] * w2[j * second + k];
      }
      delta1[j] = back * (1 - h1[j] * h1[j]);
      gb1[j] += delta1[j];
    }
    for (std::size_t j = 0; j < in; ++j)
      for (std::size_t k = 0; k < first; ++k) gw1[j * first + k] += delta1[k] * xi[j];
  }
  const double scale = 1 / static_cast<double>(n);
  for (std::size_t k = 0; k < parameters; ++k) gradient[k] = sums[k] * scale;
  return loss * scale / 2;
}

template <std::size_t parameters, Gradients gradients>
inline double step(double* theta, const double* x, const double* t, std::size_t n, double rate) {
  double gradient[parameters];
  const double loss = gradients(theta, x, t, n, gradient);
  for (std::size_t k = 0; k < parameters; ++k) theta[k] -= rate * gradient[k];
  return loss;
}

}  // namespace

double neuron_gradients(const double* theta, const double* x, const double* t, std::size_t n,
                        double* gradient) {
  return neuron(theta, x, t, n, gradient);
}
double neuron_step(double* theta, const double* x, const double* t, std::size_t n, double rate) {
  return step<3, neuron>(theta, x, t, n, rate);
}

double network_gradients(const double* theta, const double* x, const double* t, std::size_t n,
                         double* gradient) {
  return network(theta, x, t, n, gradient);
}
double network_step(double* theta, const double* x, const double* t, std::size_t n, double rate) {
  return step<9, network>(theta, x, t, n, rate);
}

double tanh_network_gradients(const double* theta, const double* x, const double* t, std::size_t n,
                              double* gradient) {
  return tanh_network(theta, x, t, n, gradient);
}
double tanh_network_step(double* theta, const double* x, const double* t, std::size_t n,
                         double rate) {
  return step<35, tanh_network>(theta, x, t, n, rate);
}

double chain(const double* x, double* gradient) {
  static double values[chain_operations + 1][chain_elements];
  for (std::size_t j = 0; j < chain_elements; ++j) values[0][j] = x[j];
  for (std::size_t k = 0; k < chain_operations; k += 4) {
    double(*const v)[chain_elements] = values + k;
    for (std::size_t j = 0; j < chain_elements; ++j) v[1][j] = std::sin(v[0][j]);
    for (std::size_t j = 0; j < chain_elements; ++j) v[2][j] = v[1][j] + x[j];
    for (std::size_t j = 0; j < chain_elements; ++j) v[3][j] = std::tanh(v[2][j]);
    for (std::size_t j = 0; j < chain_elements; ++j) v[4][j] = v[3][j] * x[j];
  }
  double result = 0, g[chain_elements], gx[chain_elements];
  for (std::size_t j = 0; j < chain_elements; ++j) {
    result += values[chain_operations][j];
    g[j] = 1;
    gx[j] = 0;
  }
  for (std::size_t k = chain_operations; k > 0; k -= 4) {
    const double(*const v)[chain_elements] = values + (k - 4);
    for (std::size_t j = 0; j < chain_elements; ++j) {
      gx[j] += g[j] * v[3][j];
      g[j] *= x[j];
    }
    for (std::size_t j = 0; j < chain_elements; ++j) g[j] *= 1 - v[3][j] * v[3][j];
    for (std::size_t j = 0; j < chain_elements; ++j) gx[j] += g[j];
    for (std::size_t j = 0; j < chain_elements; ++j) g[j] *= std::cos(v[0][j]);
  }
  for (std::size_t j = 0; j < chain_elements; ++j) gradient[j] = gx[j] + g[j];
  return result;
}

double expression(const double* x, std::size_t n, double* gradient) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double th = std::tanh(x[i]), bell = std::exp(-x[i] * x[i]), s = sigma(3 * x[i]),
                 sine = std::sin(x[i]), cosine = std::cos(x[i]);
    sum += th * bell + s * sine;
    gradient[i] = (1 - th * th) * bell - 2 * x[i] * th * bell + 3 * s * (1 - s) * sine + s * cosine;
  }
  return sum;
}

}  // namespace hand_written
