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

namespace xtape::detail {
/// Whether E is a variable, or stands beside one in a formula: not an element of an array.
template <class E>
inline constexpr bool is_recordable = false;
}  // namespace xtape::detail

// xtensor's operators and functions take whatever stands beside an array as an element of it, and
// would win over ours: x * A would be an array of as many variables as A has elements. Where there
// is no type of what they give they step back, and the array becomes an operand.
namespace xt::detail {
template <class F, class... E>
struct xfunction_type;
template <class F, class... E>
requires(::xtape::detail::is_recordable<std::remove_cvref_t<E>> ||
         ...) struct xfunction_type<F, E...> {
};
}  // namespace xt::detail

namespace xtape {

/// The array that the library owns and hands out: xt::xarray<T> as it is without macros. Layout and
/// allocator are named because a user's XTENSOR_USE_XSIMD or XTENSOR_DEFAULT_LAYOUT changes the
/// defaults, and so the type: the compiled library would then not fit the program.
template <class T>
using Array = xt::xarray<T, xt::layout_type::row_major, std::allocator<T>>;

/// Any xtensor expression: a container, a view, an unevaluated formula.
template <class E>
concept XtensorExpression = xt::is_xexpression<std::remove_cvref_t<E>>::value;

/// An xtensor expression of truth values, such as X > 0.
template <class E>
concept TruthValues = XtensorExpression<E> && std::is_same_v<typename E::value_type, bool>;

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

/// An array to be read where it is; see borrow().
template <class E>
struct Borrowed {
  const E& array;
};
/// Lets a tape read a row-major container of its element type in place, as
/// `tape.constant(borrow(X))` or as an operand, `y - borrow(T)`. The array has to stay as it is
/// while the recording lives. (A small one is copied all the same.)
template <class E>
Borrowed<E> borrow(const E& array) {
  return {array};
}
template <class E>
Borrowed<E> borrow(const E&& array) = delete;
template <class E>
inline constexpr bool detail::is_recordable<Borrowed<E>> = true;

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
