#pragma once
// A recording as a picture, in the language of Graphviz: `dot -Tsvg`.

#include <string>

#include <xtape/autodiff/gradients.hpp>

namespace xtape {

/// How a picture is written.
struct DotOptions {
  int digits = 4;              // significant ones of each number
  bool left_to_right = false;  // instead of from the top down
};

/// The graph of a recording: a node for each leaf and each record, with its shape and value (of
/// long arrays the ends of each axis), scopes as clusters. Told apart without colour: constants are
/// dashed boxes, variables solid ones, parameters boxes with a double border, operations rounded.
/// Where output and input have one element each, the edge says the derivative ∂out/∂in. The names
/// of nodes are those of the tape ("s3" for slot %3, "r2" for record 2), so equal recordings give
/// equal texts.
/// @throws StaleParameterError when a parameter was updated after it was recorded.
template <class T>
std::string to_dot(const BasicTape<T>& tape, const DotOptions& options = {});
/// The same with the gradient of J on every node that one arrives at.
/// @throws HandleError when the gradients are of another tape or of an earlier recording.
template <class T>
std::string to_dot(const BasicTape<T>& tape, const BasicGradients<T>& gradients,
                   const DotOptions& options = {});

#define XTAPE_DOTS(keyword, T)                                                       \
  keyword template std::string to_dot(const BasicTape<T>&, const DotOptions&);       \
  keyword template std::string to_dot(const BasicTape<T>&, const BasicGradients<T>&, \
                                      const DotOptions&);
XTAPE_DOTS(extern, double)
XTAPE_DOTS(extern, float)

}  // namespace xtape
