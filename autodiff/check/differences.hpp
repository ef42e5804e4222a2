#pragma once
// What values next to each other show of the noise of a function: no more than arithmetic.

#include <array>
#include <cstddef>
#include <functional>
#include <optional>

namespace xtape::detail {

constexpr std::size_t neighbours = 8;  // values that the noise is taken from
using Neighbours = std::array<long double, neighbours>;

/// The noise from the second differences, at displacements where a smooth function has none. The
/// two largest may be a kink and do not count: what is left of normal ones has 0.6 of their
/// deviation. `largest` is the largest of all.
long double deviation(const Neighbours& values, long double& largest);

/// What fourth differences show at one distance: the deviation of a value, between which
/// neighbours most happens and the values there, and the usual step from one to the next.
struct Wave {
  long double size = 0, from = 0, to = 0, first = 0, second = 0, usual = 0;
};
/// A single jump among the neighbours is the function's own, and no wave.
Wave wave_of(const Neighbours& values);

/// A jump: its place and its size.
struct Jump {
  long double at, size;
};
/// The jump between two displacements, where the difference to a slope stays when its place is
/// narrowed down. `least` is what a value of that size may jump by its own rounding, `spacing` that
/// of the displacements around one.
std::optional<Jump> find_jump(Wave wave, long double slope,
                              const std::function<long double(long double)>& value_at,
                              const std::function<long double(long double)>& least,
                              const std::function<long double(long double)>& spacing);

}  // namespace xtape::detail
