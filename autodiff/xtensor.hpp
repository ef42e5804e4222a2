#pragma once
// The one header that knows where xtensor keeps its own: it moved them into folders in 0.26.

#if __has_include(<xtensor/containers/xarray.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#endif

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>

#include <xtape/autodiff/shape.hpp>

namespace xtape {

/// The array that the library owns and hands out: xt::xarray<T> as it is without macros. Layout and
/// allocator are named because a user's XTENSOR_USE_XSIMD or XTENSOR_DEFAULT_LAYOUT changes the
/// defaults, and so the type: the compiled library would then not fit the program.
template <class T>
using Array = xt::xarray<T, xt::layout_type::row_major, std::allocator<T>>;

/// Any xtensor expression: a container, a view, an unevaluated formula.
template <class E>
concept XtensorExpression = xt::is_xexpression<std::remove_cvref_t<E>>::value;

/// A row-major xtensor expression over memory that is the library's own: reads without a copy.
template <class T>
using ArrayView = decltype(xt::adapt(std::declval<const T*>(), std::size_t{}, xt::no_ownership(),
                                     std::declval<const xt::dynamic_shape<std::size_t>&>()));

/// An xtensor expression over `data`, of that shape.
template <class T>
ArrayView<T> adapt(const T* data, const Shape& shape) {
  return xt::adapt(static_cast<const T*>(data), shape.size(), xt::no_ownership(),
                   xt::dynamic_shape<std::size_t>(shape.begin(), shape.end()));
}

namespace detail {
template <class D>
std::true_type is_container(const xt::xcontainer<D>*);
std::false_type is_container(const void*);
}  // namespace detail

/// Whether E is a container or an adaptor whose elements lie one after the other, row by row, as T.
/// A view is not: its data() is that of the whole array.
template <class E, class T>
concept RowMajorContainer = requires(const E& e) {
  { e.data() } -> std::convertible_to<const T*>;
}
&&decltype(detail::is_container(static_cast<std::remove_cvref_t<E>*>(
    nullptr)))::value&& std::remove_cvref_t<E>::static_layout == xt::layout_type::row_major;

/// Whether E has memory of its own, which goes where the object is moved; an adaptor only looks on.
template <class E>
inline constexpr bool owns_elements = false;
template <class S, xt::layout_type L, class A, class Tag>
inline constexpr bool owns_elements<xt::xarray_container<S, L, A, Tag>> = true;
template <class S, std::size_t N, xt::layout_type L, class Tag>
inline constexpr bool owns_elements<xt::xtensor_container<S, N, L, Tag>> = true;

/// Writes the elements of an expression row by row, converted to T.
template <class E, class T>
void copy_elements(const E& expression, T* to) {
  if constexpr (RowMajorContainer<E, T>) {
    if (expression.size() != 0) std::memmove(to, expression.data(), expression.size() * sizeof(T));
  } else {
    std::transform(expression.template begin<xt::layout_type::row_major>(),
                   expression.template end<xt::layout_type::row_major>(), to,
                   [](const auto& element) { return static_cast<T>(element); });
  }
}

}  // namespace xtape
