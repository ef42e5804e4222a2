#pragma once
// Which slot a parameter has in a recording.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <xtape/autodiff/parameter.hpp>

namespace xtape {

/// An open-addressed table of the parameters that a tape has seen lately, those of the recording
/// among them. It keeps them alive, so that their addresses are not given to others.
template <class T>
class LeafTable {
 public:
  struct Leaf {
    std::shared_ptr<ParameterStorage<T>> parameter;
    std::uint32_t slot = 0;  // when it was recorded last
  };

  LeafTable() : leaves_(16) {}

  [[nodiscard]] const Leaf* find(const ParameterStorage<T>* parameter) const {
    for (std::size_t i = bucket(parameter);; i = (i + 1) & (leaves_.size() - 1)) {
      if (leaves_[i].parameter.get() == parameter) return &leaves_[i];
      if (leaves_[i].parameter == nullptr) return nullptr;
    }
  }
  [[nodiscard]] Leaf* find(const ParameterStorage<T>* parameter) {
    return const_cast<Leaf*>(std::as_const(*this).find(parameter));
  }
  /// Whether there is no room for one more: `sweep` first.
  [[nodiscard]] bool full() const { return 2 * (used_ + 1) > leaves_.size(); }
  /// Lets go of all parameters but those that `keep(leaf)` names, and makes room. (Also of those
  /// that somebody else holds: it might be another tape's table, for the same reason.)
  template <class Keep>
  void sweep(Keep&& keep) {
    std::vector<Leaf> kept;
    for (Leaf& leaf : leaves_)
      if (leaf.parameter != nullptr && keep(leaf)) kept.push_back(std::move(leaf));
    leaves_.clear();
    leaves_.resize(std::bit_ceil(4 * (kept.size() + 4)));
    used_ = 0;
    for (Leaf& leaf : kept) insert(std::move(leaf));
  }
  Leaf* insert(Leaf leaf) {
    std::size_t i = bucket(leaf.parameter.get());
    while (leaves_[i].parameter != nullptr) i = (i + 1) & (leaves_.size() - 1);
    leaves_[i] = std::move(leaf);
    ++used_;
    return &leaves_[i];
  }

 private:
  [[nodiscard]] std::size_t bucket(const ParameterStorage<T>* parameter) const {
    const auto bits = reinterpret_cast<std::uintptr_t>(parameter) >> 4;
    return (bits * 0x9E3779B97F4A7C15U >> 20) & (leaves_.size() - 1);
  }

  std::vector<Leaf> leaves_;  // a power of two
  std::size_t used_ = 0;
};

}  // namespace xtape
