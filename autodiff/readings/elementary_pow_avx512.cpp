// pow for one instruction set; compiled with -mavx512f.

#include <xtape/autodiff/readings/elementary_pow.hpp>

#if defined(XTAPE_HAVE_SLEEF) && defined(__x86_64__)
#include <sleef.h>

namespace xtape::elementary::detail {

XTAPE_POW(pow_avx512, double, 8, _mm512_loadu_pd, _mm512_storeu_pd, Sleef_powd8_u10avx512f)
XTAPE_POW(pow_avx512, float, 16, _mm512_loadu_ps, _mm512_storeu_ps, Sleef_powf16_u10avx512f)

}  // namespace xtape::elementary::detail
#endif
