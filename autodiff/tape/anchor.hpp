#pragma once
// How a handle knows that its tape is gone.

#include <cstdint>

namespace xtape {

template <class T>
class BasicTape;

/// Where the handles of a tape find it. An anchor outlives its tape: the next one takes it over and
/// counts its stamps on, so that every handle on the one before is older than `first`.
template <class T>
struct TapeAnchor {
  BasicTape<T>* tape = nullptr;
  std::uint32_t first = 1;  // the lowest stamp of the tape that is there now

  /// An anchor for a new tape, of one that is gone where there is one.
  static TapeAnchor& take(BasicTape<T>& tape);
  /// Leaves it to the next tape, whose stamps begin at `next`. Where the stamps come to their end
  /// it is left for good.
  void leave(std::uint64_t next);
};

extern template struct TapeAnchor<double>;
extern template struct TapeAnchor<float>;

}  // namespace xtape
