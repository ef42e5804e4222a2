#pragma once
// Random numbers that are ours: the same seed gives the same numbers, bit for bit, with every
// compiler, standard library and instruction set, and a number is a function of its place.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

namespace xtape {

/// A counter-based generator: Philox4x32-10.
///
/// Element `index` of draw `draw` is a pure function of (key, draw, index): see `bits`. A generator
/// is a key and a running count of draws, a value that is copied freely; two copies go on alike.
/// Each number, array or shuffle takes one draw, so that an array of any length moves the generator
/// by the same amount, and its elements may be computed anew, in any order, on any thread.
///
/// Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", SC'11, 2011.
class Random {
 public:
  using Block = std::array<std::uint32_t, 4>;
  using Key = std::array<std::uint32_t, 2>;

  /// The seed is the key: two seeds are two streams.
  explicit constexpr Random(std::uint64_t seed) noexcept : key_(seed) {}

  /// A generator of an independent stream; takes one draw, so the next fork is another one.
  [[nodiscard]] Random fork() noexcept;

  /// The independent stream of this number; the same for every call, and no draw is taken. Differs
  /// from every fork and depends on the key alone, not on the draws taken so far.
  [[nodiscard]] Random split(std::uint64_t stream) const noexcept;

  /// Takes a draw: returns its number, for the pure functions below.
  std::uint64_t new_draw() noexcept { return draw_++; }

  /// The number of draws taken.
  [[nodiscard]] std::uint64_t draws() const noexcept { return draw_; }

  /// 64 uniform bits: element `index` of draw `draw`. `index` is below 2^63.
  [[nodiscard]] std::uint64_t bits(std::uint64_t draw, std::uint64_t index) const noexcept;
  /// Elements `first`, `first` + 1, … of draw `draw`: what `bits` gives, in half the time.
  void bits(std::uint64_t draw, std::uint64_t first, std::span<std::uint64_t> out) const noexcept;
  /// Uniform in [0, 1), a multiple of 2^-53: element `index` of draw `draw`.
  [[nodiscard]] double uniform_at(std::uint64_t draw, std::uint64_t index) const noexcept;
  /// Standard normal: element `index` of draw `draw`. Between -8.3 and 8.3.
  [[nodiscard]] double normal_at(std::uint64_t draw, std::uint64_t index) const noexcept;

  /// 64 uniform bits. This and each of the following takes one draw.
  std::uint64_t next() noexcept { return bits(draw_++, 0); }
  /// Uniform in [0, 1), 53 bits.
  double uniform() noexcept { return uniform_at(draw_++, 0); }
  /// Uniform in [lo, hi); lo where the two are equal. Throws xtape::Error where lo > hi
  /// or where hi - lo is not finite.
  double uniform(double lo, double hi);
  /// Standard normal: mean 0, deviation 1.
  double normal() noexcept { return normal_at(draw_++, 0); }
  /// Normal. Throws xtape::Error where the deviation is negative or one is not finite.
  double normal(double mean, double deviation);

  /// Uniform among 0, 1, …, n - 1, without bias. Throws xtape::Error where n is 0.
  /// A rejection, which has a probability below n / 2^64, takes one more draw.
  /// Source: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019.
  std::size_t below(std::size_t n);

  /// Fills with uniform numbers of [lo, hi); a float is the double rounded, still below hi.
  /// Element i is element i of one draw. Errors as `uniform(lo, hi)`.
  void fill_uniform(double* out, std::size_t n, double lo, double hi);
  void fill_uniform(float* out, std::size_t n, double lo, double hi);
  /// Fills with normal numbers; a float is the double rounded. Errors as `normal(mean, deviation)`.
  void fill_normal(double* out, std::size_t n, double mean, double deviation);
  void fill_normal(float* out, std::size_t n, double mean, double deviation);

  /// Puts the elements of a random-access range into a uniformly random order (Fisher and Yates).
  /// Takes one draw (a rejection, rarer than size / 2^32 per element, takes one more).
  template <class Range>
  void shuffle(Range&& range) {
    using std::swap;
    const auto first = std::begin(range);
    using Step = typename std::iterator_traits<decltype(std::begin(range))>::difference_type;
    const auto draw = new_draw();
    const std::size_t size = std::size(range);
    std::array<std::size_t, 128> picks;
    for (std::size_t left = size; left > 1;) {
      const std::size_t count = std::min(picks.size(), left - 1);
      pick(draw, size, left, std::span(picks.data(), count));
      for (std::size_t i = 0; i < count; ++i) {
        --left;
        swap(first[static_cast<Step>(left)], first[static_cast<Step>(picks[i])]);
      }
    }
  }

  /// The same key and count of draws: what follows is the same.
  friend bool operator==(const Random&, const Random&) = default;

  /// The block function itself: ten rounds of Philox4x32 of a counter under a key.
  [[nodiscard]] static constexpr Block philox(Block counter, Key key) noexcept {
    for (int round = 0; round < 10; ++round) {
      const auto [a_high, a_low] = multiply(0xD2511F53U, counter[0]);
      const auto [b_high, b_low] = multiply(0xCD9E8D57U, counter[2]);
      counter = {b_high ^ counter[1] ^ key[0], b_low, a_high ^ counter[3] ^ key[1], a_low};
      key = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};  // Weyl: the golden ratio, sqrt(3) - 1
    }
    return counter;
  }

  /// The standard normal's quantile: the x with P(normal < x) = p, to about 1 part in 10^15, by
  /// plain IEEE operations alone. ∓inf at 0 and 1, NaN outside of [0, 1]. Below p = exp(-27^2)
  /// = 2.6e-317 the relative accuracy fades. Source: M. J. Wichura, "Algorithm AS 241: the
  /// percentage points of the normal distribution", Applied Statistics 37, 1988: the routine
  /// PPND16.
  [[nodiscard]] static double normal_quantile(double p) noexcept;

 private:
  struct Product {
    std::uint32_t high, low;
  };
  static constexpr Product multiply(std::uint32_t a, std::uint32_t b) noexcept {
    const std::uint64_t product = std::uint64_t{a} * b;
    return {static_cast<std::uint32_t>(product >> 32), static_cast<std::uint32_t>(product)};
  }

  template <class T>
  void fill_uniform_as(T* out, std::size_t n, double lo, double hi);
  template <class T>
  void fill_normal_as(T* out, std::size_t n, double mean, double deviation);

  // out[j] becomes uniform below left - j; `size` - `left` steps of the shuffle are behind.
  void pick(std::uint64_t draw, std::size_t size, std::size_t left, std::span<std::size_t> out);

  std::uint64_t key_;
  std::uint64_t draw_ = 0;
};

}  // namespace xtape
