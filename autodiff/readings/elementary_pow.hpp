#pragma once
// pow by SLEEF, compiled for each instruction set: elementary_pow_<set>.cpp. SLEEF declares the
// functions of an instruction set only to a file that is compiled for it; such a file holds nothing
// else, so that no code that is shared with other files is compiled for that instruction set.

#if defined(XTAPE_HAVE_SLEEF) && defined(__x86_64__)

namespace xtape::elementary::detail {

void pow_baseline(const double* a, const double* b, double* out, int n) noexcept;
void pow_baseline(const float* a, const float* b, float* out, int n) noexcept;
void pow_avx2(const double* a, const double* b, double* out, int n) noexcept;
void pow_avx2(const float* a, const float* b, float* out, int n) noexcept;
void pow_avx512(const double* a, const double* b, double* out, int n) noexcept;
void pow_avx512(const float* a, const float* b, float* out, int n) noexcept;

}  // namespace xtape::elementary::detail

/// The body of one of them. What is left of the array goes through a vector that is padded with
/// ones.
#define XTAPE_POW(name, Number, width, load, store, power)                              \
  void name(const Number* a, const Number* b, Number* out, int n) noexcept {            \
    int i = 0;                                                                          \
    for (; i + width <= n; i += width) store(out + i, power(load(a + i), load(b + i))); \
    if (i == n) return;                                                                 \
    Number base[width], exponent[width];                                                \
    for (int j = 0; j < width; ++j) {                                                   \
      base[j] = i + j < n ? a[i + j] : Number(1);                                       \
      exponent[j] = i + j < n ? b[i + j] : Number(1);                                   \
    }                                                                                   \
    store(base, power(load(base), load(exponent)));                                     \
    for (int j = 0; i + j < n; ++j) out[i + j] = base[j];                               \
  }

#endif
