// A tape that is used again must not be told from a new one: random programs that are recorded over
// and over, a little changed each time, and the changes that are easiest to overlook, one by one.

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff.hpp>

#include "recordings.hpp"

namespace {

using recordings::bits;
using recordings::list;
using recordings::some;
using xtape::Array;
using xtape::BasicGradients;
using xtape::BasicParameter;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::Random;
using xtape::Shape;

enum class What {
  // leaves
  variable, constant, moved, borrowed, number, parameter,
  // one array
  tanh, sigmoid, softplus, square, relu, negate, power, at_least, scaled, times_parameter, sum_last,
  mean_first, sum_all, flat, column, stretched, some_rows, transposed, halves,
  // two or three
  plus, minus, times, over, larger, chosen, product, map, joined, count
};
constexpr auto first_operation = static_cast<std::size_t>(What::tanh);

struct Item {
  What what = What::variable;
  std::array<std::size_t, 3> in{};  // of the arrays so far, counted cyclically
  double factor = 1;
  Shape shape;  // of a leaf
  std::uint64_t id = 0;
  unsigned line = 0, scopes = 0, detour = 0;
  bool named = false;
};

struct Program {
  std::vector<Item> items;
  std::uint64_t values = 0;
  std::size_t J = 0, form = 0;
  std::vector<std::size_t> listed;  // parameters that gradients are asked for
};

/// What programs share: parameters, and arrays that are lent to the tapes.
template <class T>
struct World {
  std::vector<BasicParameter<T>> parameters;
  std::map<std::uint64_t, Array<T>> lent;
  std::vector<std::size_t> listed;
  void parameters_(auto& each) {
    for (const std::size_t i : listed) each("p", parameters[i % parameters.size()]);
  }
};
