#pragma once
// A recording as a table to be read: what was computed, from what, and how J changes with it.

#include <string>

#include <xtape/autodiff/gradients.hpp>

namespace xtape {

/// One row for each leaf and each output of a record, in the order of recording: the record's
/// number, the name (or "%7", by which other rows mean it), the operation with its inputs, the
/// shape and the value. Long arrays are summarised, "[0.1, 0.2, …, 0.9] (500)"; what was recorded
/// in a scope is indented under its name; a record of a recorded sweep says which record and input
/// it derives. Plain text in UTF-8, columns aligned, one line a row.
/// @throws StaleParameterError when a parameter was updated after it was recorded.
template <class T>
std::string table(const BasicTape<T>& tape);
/// The same with the gradients of a sweep: "0" where nothing arrived, "-" where none can flow.
/// @throws HandleError when they are of another tape.
template <class T>
std::string table(const BasicTape<T>& tape, const BasicGradients<T>& gradients);

extern template std::string table(const BasicTape<double>&);
extern template std::string table(const BasicTape<float>&);
extern template std::string table(const BasicTape<double>&, const BasicGradients<double>&);
extern template std::string table(const BasicTape<float>&, const BasicGradients<float>&);

}  // namespace xtape
