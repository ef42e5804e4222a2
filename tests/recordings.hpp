#pragma once
// What the tests of the tape share: numbers of an expression, bits, operations of a user.

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <xtape/autodiff.hpp>

namespace recordings {

/// The elements of any xtensor expression, row by row.
template <class E>
auto list(const E& expression) {
  using T = std::remove_cvref_t<decltype(*expression.begin())>;
  return std::vector<T>(expression.begin(), expression.end());
}

/// The bits of the elements: -0 and 0 differ, and NaN equals itself.
template <class E>
auto bits(const E& expression) {
  using T = std::remove_cvref_t<decltype(*expression.begin())>;
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  std::vector<Bits> result;
  for (const T element : expression) result.push_back(std::bit_cast<Bits>(element));
  return result;
}

/// An array of that shape with different elements, none of them 0, exact in float.
template <class T>
xtape::Array<T> some(const xtape::Shape& shape, int first = 1) {
  auto result = xtape::Array<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
  int i = first;
  for (T& element : result) {
    element = static_cast<T>((i * 37 % 64 - 31.5) / 16);
    ++i;
  }
  return result;
}

/// Sums each kind of contribution as the documentation says, from the last record to the first and
/// by input, and compares the bits with the gradients. Returns how many contributions there were.
template <class T>
std::size_t check_contributions(xtape::BasicTape<T>& tape, const xtape::BasicVariable<T>& J,
                                const xtape::BasicGradients<T>& gradients) {
  std::size_t contributions = 0;
  for (std::uint32_t slot = 0; slot < tape.slots(); ++slot) {
    const auto x = tape.handle(slot);
    if (slot == J.index() || !gradients.reached(x)) continue;
    xtape::Array<T> total;
    bool any = false;
    for (std::uint32_t r = tape.records(); r-- > 0;) {
      const auto inputs = tape.inputs_of(tape.record_at(r));
      bool swept = false;
      for (std::uint32_t i = 0; i < tape.record_at(r).outputs; ++i)
        swept |= gradients.reached(tape.handle(tape.record_at(r).first_output + i));
      for (std::size_t k = 0; k < inputs.size() && swept; ++k) {
        if (inputs[k] != slot) continue;
        const xtape::Array<T> one = contribution(tape, r, k, gradients);
        CHECK(xtape::Shape(one.shape()) == x.shape());
        total = any ? xtape::Array<T>(total + one) : one;
        any = true;
        ++contributions;
      }
    }
    REQUIRE(any);
    CHECK(bits(total) == bits(gradients[x]));
  }
  return contributions;
}

/// The first half of a vector and the rest, as a user would write it: an operation of two outputs.
struct Halves {
  static constexpr auto name = "halves";
  static constexpr std::size_t outputs = 2;
  static std::array<xtape::Shape, 2> output_shape(const xtape::Shape& x) {
    if (x.rank() != 1) throw xtape::ShapeError("x has to be a vector");
    return {xtape::Shape{x[0] / 2}, xtape::Shape{x[0] - x[0] / 2}};
  }
  template <class E>
  static void value(std::span<const xtape::View<E>, 2> y, xtape::View<const E> x) {
    const std::size_t half = y[0].size();
    for (std::size_t i = 0; i < x.size(); ++i)
      (i < half ? y[0].data[i] : y[1].data[i - half]) = x.data[i];
  }
  static auto vjp(xtape::wrt<0>, auto g, auto x) {
    const xtape::Shape& whole = shape_of(x);
    return embed(g[0], part(shape_of(g[0]), 0), whole) +
           embed(g[1], part(shape_of(g[1]), shape_of(g[0])[0]), whole);
  }
  static xtape::Slice part(const xtape::Shape& shape, std::size_t first) {
    xtape::Slice result{.shape = shape};
    result.first[0] = static_cast<std::ptrdiff_t>(first);
    result.step.fill(1);
    return result;
  }
};

/// Both outputs of Halves.
template <class T>
std::array<xtape::BasicVariable<T>, 2> halves(const xtape::BasicVariable<T>& x) {
  const auto first = apply(Halves{}, x);
  return {first, x.tape()->handle(first.index() + 1)};
}

}  // namespace recordings
