#include <xtape/autodiff/kernels/narrow_linear.hpp>

template void xtape::kernels::narrow_linear(const double*, const double*, bool, const double*,
                                            double*, std::size_t, std::size_t, std::size_t);
