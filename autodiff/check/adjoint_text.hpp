#pragma once
// Tables of the reports.

#include <string>
#include <vector>

namespace xtape::detail {

/// Rows in columns two blanks apart; the first row is the heading. Columns that are empty below it
/// are left out.
std::string columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace xtape::detail
