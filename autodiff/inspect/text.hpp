#pragma once
// How numbers and names are written where a person reads them: one place for tables, pictures and
// derivations.

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/shape.hpp>

namespace xtape::detail {

/// A number with so many significant digits, the same in every locale: "0.25", "1.2e-07".
std::string number_text(long double number, int digits);

/// An array in the brackets of its axes, "[[1, 2], [3, 4]]"; of a long one the ends of each axis,
/// "[[1, 2], …, [7, 8]]". A single number without axes has no brackets.
template <class T>
std::string array_text(std::span<const T> values, const Shape& shape, int digits);

/// "train.cpp:41", or "" where the place is unknown.
std::string place_text(const Place& place);

/// How many characters wide a UTF-8 text is, each taken as one column; marks that combine with the
/// character before them take none.
std::size_t width(std::string_view text);
/// The text with blanks behind it, or before it, up to that width.
std::string left_aligned(std::string_view text, std::size_t columns);
std::string right_aligned(std::string_view text, std::size_t columns);

/// Rows in columns two blanks apart; the first row is the heading. Columns that are empty below it
/// are left out, and so are blanks at the ends of lines. `right` are the columns of numbers that
/// are aligned at their ends; `before` begins each line.
std::string columns(const std::vector<std::vector<std::string>>& rows,
                    std::initializer_list<std::size_t> right = {}, const char* before = "");

extern template std::string array_text(std::span<const double>, const Shape&, int);
extern template std::string array_text(std::span<const float>, const Shape&, int);

}  // namespace xtape::detail
