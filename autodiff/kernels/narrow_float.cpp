#include <xtape/autodiff/kernels/narrow_linear.hpp>

template void xtape::kernels::narrow_linear(const float*, const float*, bool, const float*, float*,
                                            std::size_t, std::size_t, std::size_t);
