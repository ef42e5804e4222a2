#pragma once
// A recording as a table to be read: what was computed, from what, and how J changes with it.

#include <string>

#include <xtape/autodiff/gradients.hpp>

namespace xtape {

/// How a table is written.
struct TableOptions {
  int digits = 4;       // significant ones of each number
  bool places = false;  // with the line of the user's text that recorded it
};

/// One row for each leaf and each output of a record, in the order of recording: the record's
/// number, the name (or "%7", by which other rows mean it), the operation with its inputs, the
/// shape and the value. Of long arrays the ends of each axis are shown, "[[1, 2], …, [7, 8]]"; what
/// was recorded in a scope is indented under its name; a record of a recorded sweep says which
/// record and input it derives. Plain text in UTF-8, columns aligned, one line a row.
/// @throws StaleParameterError when a parameter was updated after it was recorded.
template <class T>
std::string table(const BasicTape<T>& tape, const TableOptions& options = {});
/// The same with the gradients of a sweep: "0" where nothing arrived, "-" where none can flow,
/// nothing for what was recorded after the sweep.
/// @throws HandleError when they are of another tape or of an earlier recording.
template <class T>
std::string table(const BasicTape<T>& tape, const BasicGradients<T>& gradients,
                  const TableOptions& options = {});

#define XTAPE_TABLES(keyword, T)                                                    \
  keyword template std::string table(const BasicTape<T>&, const TableOptions&);     \
  keyword template std::string table(const BasicTape<T>&, const BasicGradients<T>&, \
                                     const TableOptions&);
XTAPE_TABLES(extern, double)
XTAPE_TABLES(extern, float)

}  // namespace xtape
