#pragma once
// What somebody would write who needs this one model and nothing else: scalar loops, every formula
// derived by hand, one pass over the samples. Compiled with -O3 and for the processor at hand.
//
// This header includes nothing of ours and nothing that is inlined elsewhere, so that no code for
// the processor at hand finds its way into the rest of the program.

#include <cstddef>

namespace hand_written {

/// The loss J = 1/(2N) Σ (y - t)² and its gradient. `theta` and `gradient` hold the parameters
/// layer by layer: weights (inputs, outputs) row by row, then biases.
using Gradients = double (*)(const double* theta, const double* x, const double* t, std::size_t n,
                             double* gradient);
/// The same, and theta ← theta - rate ∂J/∂theta. Returns the loss before the update.
using Step = double (*)(double* theta, const double* x, const double* t, std::size_t n,
                        double rate);

/// y = σ(x·w + b), two inputs.
double neuron_gradients(const double* theta, const double* x, const double* t, std::size_t n,
                        double* gradient);
double neuron_step(double* theta, const double* x, const double* t, std::size_t n, double rate);

/// 2-2-1 with σ: nine parameters.
double network_gradients(const double* theta, const double* x, const double* t, std::size_t n,
                         double* gradient);
double network_step(double* theta, const double* x, const double* t, std::size_t n, double rate);

/// 3-5-2-1 with tanh: 35 parameters.
double tanh_network_gradients(const double* theta, const double* x, const double* t, std::size_t n,
                              double* gradient);
double tanh_network_step(double* theta, const double* x, const double* t, std::size_t n,
                         double rate);

/// 1000 operations on four elements: sin, plus x, tanh, times x, and so on, beginning with x.
/// `gradient` becomes that of the sum of the last values, which is returned.
inline constexpr std::size_t chain_operations = 1000, chain_elements = 4;
double chain(const double* x, double* gradient);

/// The sum of tanh(x) exp(-x²) + σ(3x) sin(x), and its gradient.
double expression(const double* x, std::size_t n, double* gradient);

}  // namespace hand_written
