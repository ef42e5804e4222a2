// BLAS is loaded by the first large product and not before; where it cannot be, the message says
// so.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#ifdef XTAPE_BLAS_SONAME

#include <dlfcn.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>

#include <xtape/nn.hpp>

namespace {

bool is_loaded(const char* library) {
  void* const handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
  if (handle != nullptr) dlclose(handle);
  return handle != nullptr;
}

xt::xarray<double> numbers(std::size_t rows, std::size_t columns, double step) {
  auto array = xt::xarray<double>::from_shape({rows, columns});
  for (std::size_t i = 0; i < array.size(); ++i)
    array.data()[i] = std::sin(step * static_cast<double>(i));
  return array;
}

}  // namespace

TEST_CASE("BLAS is loaded by the first large product, not by a small network") {
  const char* const blas = XTAPE_BLAS_SONAME;
  REQUIRE_FALSE(is_loaded(blas));
  xtape::Random random(1);
  xtape::nn::Network net({2, 8, 1}, xtape::tanh, random);
  xtape::nn::Sgd sgd(net);
  xtape::Tape tape;
  const auto x = tape.constant(numbers(500, 2, 0.3));
  sgd.step(gradients(mean(square(net(x))), net));
  CHECK_FALSE(is_loaded(blas));

  const std::size_t m = 160, k = 150, n = 140;
  const xt::xarray<double> a = numbers(m, k, 0.7), b = numbers(k, n, 1.1);
  const auto product = matmul(tape.constant(a), tape.constant(b)).value();
  CHECK(is_loaded(blas));
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      long double sum = 0;
      for (std::size_t p = 0; p < k; ++p)
        sum += static_cast<long double>(a.data()[i * k + p]) * b.data()[p * n + j];
      REQUIRE(std::fabs(product.data()[i * n + j] - static_cast<double>(sum)) < 1e-12);
    }
}

#undef XTAPE_BLAS_SONAME
#undef XTAPE_BLAS_FILE
#define XTAPE_BLAS_SONAME "libxtape-absent.so.7"
#define XTAPE_BLAS_FILE "/absent/libxtape-absent.so"
#define blas_function absent_blas_function
#include <xtape/autodiff/kernels/blas_library.cpp>
#undef blas_function

TEST_CASE("a BLAS that cannot be loaded is named, with what to do") {
  for (int call = 0; call < 2; ++call) {
    std::string text;
    try {
      xtape::kernels::absent_blas_function("cblas_dgemm");
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    CHECK(text ==
          "matrix product: BLAS cannot be loaded: libxtape-absent.so.7: cannot open shared object "
          "file: No such file or directory. Install the library, or link the program with a BLAS "
          "of your own");
  }
}

#else

TEST_CASE("BLAS is linked") {}

#endif
