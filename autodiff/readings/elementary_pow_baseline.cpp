// pow for one instruction set; compiled with no flags of its own.

#include <xtape/autodiff/readings/elementary_pow.hpp>

#if defined(XTAPE_HAVE_SLEEF) && defined(__x86_64__)
#include <sleef.h>

namespace xtape::elementary::detail {

XTAPE_POW(pow_baseline, double, 2, _mm_loadu_pd, _mm_storeu_pd, Sleef_powd2_u10sse2)
XTAPE_POW(pow_baseline, float, 4, _mm_loadu_ps, _mm_storeu_ps, Sleef_powf4_u10sse2)

}  // namespace xtape::elementary::detail
#endif
