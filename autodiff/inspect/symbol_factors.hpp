#pragma once
// Taking formulas apart: what is multiplied in them, and other symbols in the place of names.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <xtape/autodiff/readings/entry.hpp>

namespace xtape::detail {

/// The expression with others in the place of its names.
Symbol replaced(const Symbol& expression, const std::map<std::string, Symbol>& names);
/// How many operations it is made of.
std::size_t calls_in(const Symbol& expression);
/// What is multiplied: numbers and signs on their own, a division by a count as a factor 1/N. A
/// factor 1 is left out.
std::vector<Symbol> factors_of(const Symbol& expression, const EntryWriter& entries);
/// n, where the factor is 1/n of a count.
std::optional<std::size_t> inverse_count(const Symbol& factor, const EntryWriter& entries);

}  // namespace xtape::detail
