#pragma once
// What is thrown when a caller errs, and the place in the caller's text that it names.

#include <stdexcept>
#include <string>

namespace xtape {

/// A line of the user's source text.
struct Place {
  const char* file = nullptr;
  unsigned line = 0;
};

/// " (train.cpp:41)", or nothing where the place is unknown.
std::string to_string(const Place& place);

/// A misuse of the library. The text names the operation, the arrays with their shapes, what is
/// wrong, and the line of the user's text that recorded it.
class Error : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Shapes that do not fit an operation. Thrown by an operation's `shape` with the problem alone;
/// the tape puts the operation, its inputs and the place around it.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A variable that is of another recording or of another tape.
class HandleError : public Error {
 public:
  using Error::Error;
};

/// A parameter that was updated after it was recorded.
class StaleParameterError : public Error {
 public:
  using Error::Error;
};

}  // namespace xtape
