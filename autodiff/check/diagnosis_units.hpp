#pragma once
// Which axes of the parameters are the same units, and gradients whose units are numbered
// otherwise.

#include <cstdint>
#include <string>
#include <vector>

#include <xtape/autodiff/check/compare.hpp>

namespace xtape::detail {

// A parameter that a module names.
struct NamedLeaf {
  std::string name;
  Shape shape;
};

/// The axes of arrays by the units that they run over: W̃'s columns, b̃'s elements and w's rows are
/// the same hidden units. No unit: the axis has one element, or something is done to it that is not
/// the same for every element.
struct Units {
  static constexpr std::uint32_t no_unit = 0xFFFFFFFF;
  std::vector<std::vector<std::uint32_t>> of_axis;  // by array and axis: the number of the units
  std::vector<std::string> names;                   // by number: "hidden", or ""
  std::vector<std::size_t> extents;                 // by number
  std::size_t samples = 0, elements = 0;            // of the loss
};

/// Follows the axes through the recording: an elementwise operation keeps them, others say by their
/// `entry` which index of an input is which of the output or is summed over along with another's.
template <class T>
Units units_of(const BasicVariable<T>& J, const std::vector<BasicVariable<T>>& parameters,
               const std::vector<NamedLeaf>& leaves, std::size_t samples);

/// Numberings of the units, each in all arrays at once, that make every gradient by hand
/// autodiff's, to rounding; the simplest first: with a factor only where `scaled` says so and none
/// does without. Layer after layer: an order is sought where those of the other axes are known.
std::vector<Diagnosis> renumbered(const std::vector<Comparison>& parameters, const Units& units,
                                  bool scaled);

}  // namespace xtape::detail
