#include <bit>
#include <cfloat>
#include <cmath>
#include <limits>
#include <sstream>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

// Compile this file with -ffp-contract=off: a fused multiply-add rounds once where two operations
// round twice, and then the numbers depend on the processor. The golden numbers of the tests tell.
#ifdef __FAST_MATH__
#error "random.cpp: -ffast-math makes random numbers depend on the compiler"
#endif
static_assert(FLT_EVAL_METHOD == 0, "random.cpp needs plain doubles: on 32-bit x86 -mfpmath=sse");

namespace xtape {
namespace {

constexpr std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

// Two elements to a block: the block's number takes 63 of the counter's 128 bits, the draw 64. The
// bit that is left tells the counters of new keys from those of numbers.
struct Pair {
  std::uint64_t even, odd;
};
Pair pair_at(std::uint64_t key, std::uint64_t draw, std::uint64_t block) {
  const auto words =
      Random::philox({low_word(block), high_word(block), low_word(draw), high_word(draw)},
                     {low_word(key), high_word(key)});
  return {words[0] | std::uint64_t{words[1]} << 32, words[2] | std::uint64_t{words[3]} << 32};
}
constexpr std::uint64_t fork_block = std::uint64_t{1} << 63;
constexpr std::uint64_t split_block = fork_block + 1;

double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// In [lo, hi): the rounding of the sum, or to float, may arrive at hi. Where lo = hi, that number.
template <class T>
T scaled(double unit, double lo, double hi) {
  const T x = static_cast<T>(lo + (hi - lo) * unit);
  return x < hi ? x : std::nextafter(static_cast<T>(hi), static_cast<T>(lo));
}

// A polynomial, the highest power first.
template <std::size_t N>
double horner(const double (&coefficients)[N], double x) {
  double sum = coefficients[0];
  for (std::size_t i = 1; i < N; ++i) sum = sum * x + coefficients[i];
  return sum;
}

// The natural logarithm of a number in (0, 1): x = 2^e m with m in [sqrt(1/2), sqrt(2)), and
// log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172, by its series. Good to an ulp or two.
double log_of_fraction(double x) {
  const bool tiny = x < DBL_MIN;
  const auto word = std::bit_cast<std::uint64_t>(tiny ? x * 0x1p64 : x);
  int e = static_cast<int>(word >> 52) - (tiny ? 1023 + 64 : 1023);
  double m = std::bit_cast<double>((word & 0xFFFFFFFFFFFFFU) | 0x3FF0000000000000U);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++e;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  constexpr double series[] = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                               1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3};
  // The first part of log 2 has 32 bits: its product with e is exact.
  const double high = e * 0x1.62e42feep-1, low = e * 0x1.a39ef35793c76p-33;
  return high + (2.0 * s + (2.0 * s * z * horner(series, z) + low));
}

// The quantile at 1/2 + q for |q| <= 0.425.
double central_quantile(double q) {
  constexpr double a[] = {2.5090809287301226727e+3, 3.3430575583588128105e+4,
                          6.7265770927008700853e+4, 4.5921953931549871457e+4,
                          1.3731693765509461125e+4, 1.9715909503065514427e+3,
                          1.3314166789178437745e+2, 3.3871328727963666080e+0};
  constexpr double b[] = {5.2264952788528545610e+3, 2.8729085735721942674e+4,
                          3.9307895800092710610e+4, 2.1213794301586595867e+4,
                          5.3941960214247511077e+3, 6.8718700749205790830e+2,
                          4.2313330701600911252e+1, 1.0};
  const double r = 0.180625 - q * q;
  return q * horner(a, r) / horner(b, r);
}

// The quantile at 1 - p, a positive number, for 0 < p < 0.075.
double upper_quantile(double p) {
  constexpr double c[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                          2.41780725177450611770e-1, 1.27045825245236838258e+0,
                          3.64784832476320460504e+0, 5.76949722146069140550e+0,
                          4.63033784615654529590e+0, 1.42343711074968357734e+0};
  constexpr double d[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                          1.51986665636164571966e-2, 1.48103976427480074590e-1,
                          6.89767334985100004550e-1, 1.67638483018380384940e+0,
                          2.05319162663775882187e+0, 1.0};
  constexpr double e[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                          1.24266094738807843860e-3, 2.65321895265761230930e-2,
                          2.96560571828504891230e-1, 1.78482653991729133580e+0,
                          5.46378491116411436990e+0, 6.65790464350110377720e+0};
  constexpr double f[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                          1.84631831751005468180e-5,  7.86869131145613259100e-4,
                          1.48753612908506148525e-2,  1.36929880922735805310e-1,
                          5.99832206555887937690e-1,  1.0};
  const double r = std::sqrt(-log_of_fraction(p));  // IEEE 754 has it rounded exactly
  return r <= 5.0 ? horner(c, r - 1.6) / horner(d, r - 1.6)
                  : horner(e, r - 5.0) / horner(f, r - 5.0);
}

// A sign and 52 bits of a probability in (0, 1/2), an odd multiple of 2^-54: never 0, never 1/2,
// and exact, so both tails reach equally far, and are equally fine.
double normal_of(std::uint64_t bits) {
  const double p = (static_cast<double>(bits >> 12) + 0.5) * 0x1p-53;
  const double q = 0.5 - p;
  const double size = q <= 0.425 ? central_quantile(q) : upper_quantile(p);
  return bits & 0x800U ? size : -size;
}

[[noreturn]] void fail(const char* what, double a, const char* between, double b, const char* why) {
  std::ostringstream text;
  text << "Random: " << what << a << between << b << why;
  throw Error(text.str());
}
void check_interval(double lo, double hi) {
  if (!(lo <= hi)) fail("uniform in [", lo, ", ", hi, "): the lower bound is not below the upper");
  if (!std::isfinite(hi - lo)) fail("uniform in [", lo, ", ", hi, "): the width is not finite");
}
void check_normal(double mean, double deviation) {
  if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation < 0.0)
    fail("normal with mean ", mean, " and deviation ", deviation,
         ": both must be finite, the deviation not negative");
}

// The upper half of the product of 128 bits, schoolbook: no compiler's own type is needed.
std::uint64_t upper_half(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a_low = low_word(a), a_high = a >> 32, b_low = low_word(b), b_high = b >> 32;
  const std::uint64_t middle = a_high * b_low + (a_low * b_low >> 32);
  return a_high * b_high + (middle >> 32) + ((a_low * b_high + low_word(middle)) >> 32);
}

}  // namespace

Random Random::fork() noexcept { return Random(pair_at(key_, draw_++, fork_block).even); }

Random Random::split(std::uint64_t stream) const noexcept {
  return Random(pair_at(key_, stream, split_block).even);
}

std::uint64_t Random::bits(std::uint64_t draw, std::uint64_t index) const noexcept {
  const auto pair = pair_at(key_, draw, index / 2);
  return index % 2 == 0 ? pair.even : pair.odd;
}

void Random::bits(std::uint64_t draw, std::uint64_t first,
                  std::span<std::uint64_t> out) const noexcept {
  std::size_t i = 0;
  if (first % 2 == 1 && !out.empty()) out[i++] = bits(draw, first);
  for (; i + 1 < out.size(); i += 2) {
    const auto pair = pair_at(key_, draw, (first + i) / 2);
    out[i] = pair.even;
    out[i + 1] = pair.odd;
  }
  if (i < out.size()) out[i] = bits(draw, first + i);
}

double Random::uniform_at(std::uint64_t draw, std::uint64_t index) const noexcept {
  return unit(bits(draw, index));
}

double Random::normal_at(std::uint64_t draw, std::uint64_t index) const noexcept {
  return normal_of(bits(draw, index));
}

double Random::uniform(double lo, double hi) {
  check_interval(lo, hi);
  return scaled<double>(uniform(), lo, hi);
}

double Random::normal(double mean, double deviation) {
  check_normal(mean, deviation);
  return mean + deviation * normal();
}

std::size_t Random::below(std::size_t n) {
  if (n == 0) throw Error("Random: below(0): there is no number below 0");
  const std::uint64_t range = n;
  for (;;) {
    const std::uint64_t word = next();
    // Of the 2^64 words those are kept whose product's lower half is at least 2^64 mod n: for each
    // result equally many. The remainder, a division, is needed only where the half is below n.
    const std::uint64_t half = word * range;
    if (half >= range || half >= (0 - range) % range)
      return static_cast<std::size_t>(upper_half(word, range));
  }
}

// One Philox block serves four steps: a step takes 32 bits, as long as the range has fewer
// elements.
void Random::pick(std::uint64_t draw, std::size_t size, std::size_t left,
                  std::span<std::size_t> out) {
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = below(left - j);
    return;
  }
  Pair pair{};
  for (std::size_t j = 0; j < out.size(); ++j) {
    const std::size_t step = size - left + j;
    if (j == 0 || step % 4 == 0) pair = pair_at(key_, draw, step / 4);
    const auto word = step % 4 < 2 ? pair.even : pair.odd;
    const auto n = static_cast<std::uint32_t>(left - j);
    const auto [high, low] = multiply(step % 2 == 0 ? low_word(word) : high_word(word), n);
    out[j] = low >= n || low >= (0 - n) % n ? high : below(n);
  }
}

template <class T>
void Random::fill_uniform_as(T* out, std::size_t n, double lo, double hi) {
  check_interval(lo, hi);
  const auto draw = new_draw();
  std::array<std::uint64_t, 64> words;
  for (std::size_t i = 0; i < n; i += words.size()) {
    const auto part = std::span(words).first(std::min(words.size(), n - i));
    bits(draw, i, part);
    for (std::size_t j = 0; j < part.size(); ++j) out[i + j] = scaled<T>(unit(part[j]), lo, hi);
  }
}

template <class T>
void Random::fill_normal_as(T* out, std::size_t n, double mean, double deviation) {
  check_normal(mean, deviation);
  const auto draw = new_draw();
  std::array<std::uint64_t, 64> words;
  for (std::size_t i = 0; i < n; i += words.size()) {
    const auto part = std::span(words).first(std::min(words.size(), n - i));
    bits(draw, i, part);
    for (std::size_t j = 0; j < part.size(); ++j)
      out[i + j] = static_cast<T>(mean + deviation * normal_of(part[j]));
  }
}

void Random::fill_uniform(double* out, std::size_t n, double lo, double hi) {
  fill_uniform_as(out, n, lo, hi);
}
void Random::fill_uniform(float* out, std::size_t n, double lo, double hi) {
  fill_uniform_as(out, n, lo, hi);
}
void Random::fill_normal(double* out, std::size_t n, double mean, double deviation) {
  fill_normal_as(out, n, mean, deviation);
}
void Random::fill_normal(float* out, std::size_t n, double mean, double deviation) {
  fill_normal_as(out, n, mean, deviation);
}

double Random::normal_quantile(double p) noexcept {
  if (!(p >= 0.0 && p <= 1.0)) return std::numeric_limits<double>::quiet_NaN();
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return central_quantile(q);
  const double tail = q < 0.0 ? p : 1.0 - p;
  if (tail == 0.0) return std::copysign(std::numeric_limits<double>::infinity(), q);
  return std::copysign(upper_quantile(tail), q);
}

}  // namespace xtape
