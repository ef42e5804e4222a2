// Backprop by hand: the lab's network of two inputs, two hidden neurons and one output on two
// samples. Every array and its gradient J̄ = ∂J/∂(array), once by loops and once by the tape.

#include <cmath>
#include <cstdio>
#include <initializer_list>

#include <xtape/autodiff.hpp>

namespace {

double sigma(double a) { return 1 / (1 + std::exp(-a)); }
double sigma_prime(double a) { return sigma(a) * (1 - sigma(a)); }

bool all_agree = true;

// A line for each element of an array: by hand, by the tape, and whether they agree.
void compare(const char* name, std::initializer_list<double> by_hand,
             const xtape::ArrayView<double>& by_tape) {
  const double* tape = by_tape.data();
  for (const double hand : by_hand) {
    const bool agree = std::abs(hand - *tape) <= 1e-15;  // all of them are below 1 or near it
    std::printf("%-8s %20.16f %20.16f%s\n", name, hand, *tape++, agree ? "" : "   DIFFERS");
    all_agree = all_agree && agree;
  }
}

}  // namespace

int main() {
  constexpr std::size_t N = 2;  // samples i; inputs j and hidden neurons k are 0 or 1
  const double X[N][2] = {{0.5, -1.0}, {-0.8, 0.3}}, T[N] = {0, 1};
  const double W[2][2] = {{0.4, -0.7}, {0.2, 0.9}}, B[2] = {0.1, -0.2};  // of the hidden layer
  const double w[2] = {0.6, -0.5}, b = 0.05;                             // of the output

  // Forward: ã = X W + B, h = σ(ã), a = h w + b, y = σ(a), J = 1/(2N) Σ (y − t)².
  double A[N][2], h[N][2], a[N], y[N], J = 0;
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t k = 0; k < 2; ++k) {
      A[i][k] = X[i][0] * W[0][k] + X[i][1] * W[1][k] + B[k];
      h[i][k] = sigma(A[i][k]);
    }
    a[i] = h[i][0] * w[0] + h[i][1] * w[1] + b;
    y[i] = sigma(a[i]);
    J += (y[i] - T[i]) * (y[i] - T[i]) / (2 * N);
  }

  // Backward: from J to the inputs of what made it, then to theirs. What is used by both samples
  // gets a contribution from each: +=.
  double dy[N], da[N], dh[N][2], dA[N][2], dW[2][2] = {}, dB[2] = {}, dw[2] = {}, db = 0;
  for (std::size_t i = 0; i < N; ++i) {
    dy[i] = (y[i] - T[i]) / N;          // J = 1/(2N) Σ (y − t)²
    da[i] = dy[i] * sigma_prime(a[i]);  // y = σ(a)
    db += da[i];                        // a = h w + b
    for (std::size_t k = 0; k < 2; ++k) {
      dw[k] += da[i] * h[i][k];                                            // a = h w + b
      dh[i][k] = da[i] * w[k];                                             // a = h w + b
      dA[i][k] = dh[i][k] * sigma_prime(A[i][k]);                          // h = σ(ã)
      dB[k] += dA[i][k];                                                   // ã = X W + B
      for (std::size_t j = 0; j < 2; ++j) dW[j][k] += dA[i][k] * X[i][j];  // ã = X W + B
    }
  }

  // The tape records the forward half; the backward half is `gradients`.
  xtape::Tape tape;
  using Matrix = xtape::Array<double>;
  const auto x = tape.constant(Matrix{{X[0][0], X[0][1]}, {X[1][0], X[1][1]}});
  const auto t = tape.constant(Matrix{T[0], T[1]});
  const auto W_ = tape.variable(Matrix{{W[0][0], W[0][1]}, {W[1][0], W[1][1]}});
  const auto B_ = tape.variable(Matrix{B[0], B[1]}), w_ = tape.variable(Matrix{w[0], w[1]});
  const auto b_ = tape.variable(b);
  const auto A_ = matmul(x, W_) + B_, h_ = sigmoid(A_);
  const auto a_ = matmul(h_, w_) + b_, y_ = sigmoid(a_);
  const auto J_ = mean(square(y_ - t)) / 2;
  const auto grad = gradients(J_);

  std::printf("%-8s %20s %20s\n", "", "by hand", "by the tape");
  compare("ã", {A[0][0], A[0][1], A[1][0], A[1][1]}, A_.value());
  compare("h", {h[0][0], h[0][1], h[1][0], h[1][1]}, h_.value());
  compare("a", {a[0], a[1]}, a_.value());
  compare("y", {y[0], y[1]}, y_.value());
  compare("J", {J}, J_.value());
  compare("∂J/∂y", {dy[0], dy[1]}, grad[y_]);
  compare("∂J/∂a", {da[0], da[1]}, grad[a_]);
  compare("∂J/∂w", {dw[0], dw[1]}, grad[w_]);
  compare("∂J/∂b", {db}, grad[b_]);
  compare("∂J/∂h", {dh[0][0], dh[0][1], dh[1][0], dh[1][1]}, grad[h_]);
  compare("∂J/∂ã", {dA[0][0], dA[0][1], dA[1][0], dA[1][1]}, grad[A_]);
  compare("∂J/∂W̃", {dW[0][0], dW[0][1], dW[1][0], dW[1][1]}, grad[W_]);
  compare("∂J/∂b̃", {dB[0], dB[1]}, grad[B_]);
  std::printf("%s\n", all_agree ? "every number agrees" : "some numbers differ");
  return all_agree ? 0 : 1;
}
