#include <limits>
#include <memory>
#include <mutex>
#include <vector>
#include <xtape/autodiff/tape/anchor.hpp>

namespace xtape {
namespace {

// All anchors ever made. Never destroyed: a handle may be asked at the very end of the program.
template <class T>
struct Anchors {
  std::mutex mutex;  // each tape belongs to one thread, but there may be many
  std::vector<std::unique_ptr<TapeAnchor<T>>> all;
  std::vector<TapeAnchor<T>*> left;

  static Anchors& instance() {
    static auto* const anchors = new Anchors;
    return *anchors;
  }
};

}  // namespace

template <class T>
TapeAnchor<T>& TapeAnchor<T>::take(BasicTape<T>& tape) {
  Anchors<T>& anchors = Anchors<T>::instance();
  const std::scoped_lock lock(anchors.mutex);
  if (anchors.left.empty()) {
    // (Room for both, so that leaving an anchor, in a destructor, cannot fail.)
    anchors.left.reserve(anchors.all.size() + 1);
    anchors.all.push_back(std::make_unique<TapeAnchor>());
    anchors.left.push_back(anchors.all.back().get());
  }
  TapeAnchor& anchor = *anchors.left.back();
  anchors.left.pop_back();
  anchor.tape = &tape;
  return anchor;
}

template <class T>
void TapeAnchor<T>::leave(std::uint64_t next) {
  Anchors<T>& anchors = Anchors<T>::instance();
  const std::scoped_lock lock(anchors.mutex);
  tape = nullptr;
  if (next > std::numeric_limits<std::uint32_t>::max() / 2) return;
  first = static_cast<std::uint32_t>(next);
  anchors.left.push_back(this);
}

template struct TapeAnchor<double>;
template struct TapeAnchor<float>;

}  // namespace xtape
