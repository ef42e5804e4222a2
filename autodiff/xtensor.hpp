#pragma once
// The one header that knows where xtensor keeps its own: it moved them into folders in 0.26.

#if __has_include(<xtensor/containers/xarray.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#endif

#include <memory>

namespace xtape {

/// The array that the library owns and hands out: xt::xarray<T> as it is without macros. Layout and
/// allocator are named because a user's XTENSOR_USE_XSIMD or XTENSOR_DEFAULT_LAYOUT changes the
/// defaults, and so the type: the compiled library would then not fit the program.
template <class T>
using Array = xt::xarray<T, xt::layout_type::row_major, std::allocator<T>>;

}  // namespace xtape
