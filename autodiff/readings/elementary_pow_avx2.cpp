// pow for one instruction set; compiled with -mavx2 -mfma.

#include <xtape/autodiff/readings/elementary_pow.hpp>

#if defined(XTAPE_HAVE_SLEEF) && defined(__x86_64__)
#include <sleef.h>

namespace xtape::elementary::detail {

XTAPE_POW(pow_avx2, double, 4, _mm256_loadu_pd, _mm256_storeu_pd, Sleef_powd4_u10avx2)
XTAPE_POW(pow_avx2, float, 8, _mm256_loadu_ps, _mm256_storeu_ps, Sleef_powf8_u10avx2)

}  // namespace xtape::elementary::detail
#endif
