// The kernels neither read nor write outside their arrays: each array lies against a page that must
// not be touched, once with its end and once with its beginning. (The narrow kernels are not
// compiled with sanitizers, so this is what guards them.)

#include <doctest/doctest.h>

#if defined(__unix__)
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/kernels/products.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>

namespace {

// An array between two inaccessible pages, against the one behind it or the one before it.
template <class T>
class Fenced {
 public:
  Fenced(std::size_t count, bool at_end) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inside = (count * sizeof(T) + page - 1) / page * page + page;
    bytes_ = inside + 2 * page;
    base_ = static_cast<char*>(
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    mprotect(base_, page, PROT_NONE);
    mprotect(base_ + page + inside, page, PROT_NONE);
    data = reinterpret_cast<T*>(at_end ? base_ + page + inside - count * sizeof(T) : base_ + page);
    for (std::size_t i = 0; i < count; ++i) data[i] = static_cast<T>(i % 7) - T(3);
  }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  ~Fenced() { munmap(base_, bytes_); }

  T* data;

 private:
  char* base_;
  std::size_t bytes_;
};

template <class T>
void products_within_bounds(std::size_t rows, std::size_t in, std::size_t out, bool at_end) {
  const Fenced<T> x(rows * in, at_end), w(in * out, at_end), b(out, at_end), g(rows * out, at_end);
  const Fenced<T> y(rows * out, at_end), dx(rows * in, at_end), dw(in * out, at_end);
  xtape::kernels::linear<T>(x.data, w.data, b.data, y.data, rows, in, out);
  xtape::kernels::matmul<T>(x.data, w.data, y.data, rows, in, out);
  xtape::kernels::matmul_nt<T>(g.data, w.data, dx.data, rows, out, in);
  xtape::kernels::matmul_tn<T>(x.data, g.data, dw.data, in, rows, out);
  const std::size_t shape[] = {rows, out};
  xtape::kernels::reduce_sum<T>(g.data, b.data, shape, 1U);
  CHECK(b.data[0] == b.data[0]);
}

}  // namespace

TEST_CASE_TEMPLATE("products and sums stay within their arrays", T, double, float) {
  for (const bool at_end : {true, false})
    for (const std::size_t rows : {1UL, 2UL, 7UL, 8UL, 9UL, 16UL, 33UL, 100UL, 257UL})
      for (std::size_t in = 1; in <= 9; ++in)
        for (std::size_t out = 1; out <= 9; ++out) products_within_bounds<T>(rows, in, out, at_end);
}

TEST_CASE_TEMPLATE("a borrowed array is read within its bounds, though it ends inside a vector", T,
                   double, float) {
  const std::size_t n = 2001;  // too large to be copied
  const Fenced<T> fenced(n, true);
  const xtape::Shape shape{n};
  const auto lent = xtape::adapt<T>(fenced.data, shape);
  xtape::BasicTape<T> tape;
  const auto x = tape.constant(xtape::borrow(lent)), w = tape.variable(T(2));
  REQUIRE(x.value().data() == fenced.data);
  const auto J = sum(x * w), K = sum(sigmoid(w * x) * x);
  CHECK(gradients(J)[w]() == J.item() / 2);
  CHECK(gradients(K).reached(w));
  // In chunks, beside a row that is stretched.
  const Fenced<T> matrix(3 * 667, true);
  const xtape::Shape wide{3, 667};
  const auto lent_matrix = xtape::adapt<T>(matrix.data, wide);
  const auto column = reshape(tape.variable(xtape::Array<T>{1, 10, 100}), {3, 1});
  const auto y = tape.constant(xtape::borrow(lent_matrix)) * column;
  CHECK(y.value()(2, 666) == matrix.data[n - 1] * 100);
  CHECK(gradients(sum(y)).reached(column));
}
#endif
