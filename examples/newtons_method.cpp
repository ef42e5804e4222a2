// Newton's method: w ← w − H⁻¹ ∇J, with the Hessian H by a gradient of a recorded gradient. Each
// step doubles the number of right digits. J is the loss of a logistic regression: versicolor or
// virginica, by the length and the width of a petal. Usage: newtons_method [iris.csv]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <vector>

#include <xtape/nn.hpp>
#include <xtape/nn/files.hpp>

namespace {

using Matrix = xtape::Array<double>;

/// The solution of H s = g for a symmetric positive H, by elimination.
Matrix solve(Matrix H, Matrix g) {
  const std::size_t n = g.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = H(i, k) / H(k, k);
      for (std::size_t j = k; j < n; ++j) H(i, j) -= factor * H(k, j);
      g(i) -= factor * g(k);
    }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) g(k) -= H(k, j) * g(j);
    g(k) /= H(k, k);
  }
  return g;
}

double length(const Matrix& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

int run(const char* path) {
  const Matrix table = xtape::nn::read_csv_table(path);
  std::vector<double> rows, classes;  // 1, length, width
  for (std::size_t i = 0; i < table.shape()[0]; ++i)
    if (table(i, 4) > 0) {
      rows.insert(rows.end(), {1, table(i, 2), table(i, 3)});
      classes.push_back(table(i, 4) - 1);
    }
  const std::size_t n = classes.size();
  const Matrix X = xt::adapt(rows, {n, std::size_t{3}}), T = xt::adapt(classes, {n});

  xtape::Tape tape;
  Matrix w = xt::zeros<double>({3});
  std::vector<Matrix> path_of_w = {w};
  std::vector<double> slopes;  // |∇J|
  double asymmetry = 0;
  for (int step = 0; step < 11; ++step) {
    const auto recording = tape.record();
    const auto at = tape.variable(w);
    const auto J = xtape::nn::bce_with_logits(matmul(tape.constant(xtape::borrow(X)), at),
                                              tape.constant(xtape::borrow(T)));
    const auto g = recorded_gradient(J, at);
    auto H = Matrix::from_shape({3, 3});
    for (std::size_t k = 0; k < 3; ++k) {
      Matrix unit = xt::zeros<double>({3});
      unit(k) = 1;
      const Matrix row = gradients(g, unit)[at];  // ∂(g·unit)/∂w
      for (std::size_t j = 0; j < 3; ++j) H(k, j) = row(j);
    }
    // The rows were made by three sweeps; that the Hessian is symmetric is not built in.
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t j = 0; j < k; ++j)
        asymmetry = std::max(asymmetry, std::abs(H(k, j) - H(j, k)));
    slopes.push_back(length(g.value()));
    w = w - solve(H, g.value());
    path_of_w.push_back(w);
  }

  std::printf("step       |∇J|    error e   e/(error before)²\n");
  double constant = 0;
  for (std::size_t k = 0; k < slopes.size() - 1; ++k) {
    const double error = length(path_of_w[k] - w);
    const double before = k == 0 ? 0 : length(path_of_w[k - 1] - w);
    std::printf("%4zu  %9.2e  %9.2e", k, slopes[k], error);
    if (k > 0 && error > 1e-9) {
      std::printf("  %8.4f", error / (before * before));
      constant = error / (before * before);
    }
    std::printf("\n");
  }
  std::printf("w = %.10f %.10f %.10f, H symmetric within %.1e\n", w(0), w(1), w(2), asymmetry);
  return slopes.back() < 1e-14 && constant > 0 && constant < 1 && asymmetry < 1e-14 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : EXAMPLES_DATA "/iris.csv");
  } catch (const xtape::nn::FileError& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
