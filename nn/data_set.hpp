#pragma once
// Samples with their targets, and batches of them.

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/xtensor.hpp>

namespace xtape::nn {

/// What becomes of the last batch of an epoch when it is not full: left out, or given as it is.
enum class Last { drop, keep };

/// Some samples of a data set, copied together. A loop over batches lends the data set's buffers,
/// which the next batch overwrites: whoever wants to keep the arrays copies them.
template <class T>
struct Batch {
  Array<T> inputs;                            ///< (batch size, features...)
  Array<T> targets;                           ///< (batch size, ...)
  std::size_t index = 0;                      ///< the batch's number in its epoch, from 0
  std::span<const std::size_t> samples = {};  ///< for each row, which sample it is: a view
};

template <class T>
class Batches;
template <class T>
struct DataSplit;

/// Inputs of shape (N, features...) and targets of shape (N, ...): N samples, N > 0, one per row of
/// the first axis. A value: a copy is a deep copy. `DataSet` is double, `DataSetF` float.
///
/// The data set also owns the buffers that batches are copied into, which is why making batches is
/// no const operation: one thread at a time, and the data set stays where it is while they are
/// used. From the second epoch of a batch size on nothing is allocated, also when sizes alternate.
template <class T>
class BasicDataSet {
 public:
  using value_type = T;

  /// Takes over arrays that are moved in, and copies any other xtensor expression.
  /// Throws xtape::Error where the first axes differ, where one has no axis, or where N is 0.
  BasicDataSet(Array<T> inputs, Array<T> targets);
  BasicDataSet(const BasicDataSet& other);
  BasicDataSet(BasicDataSet&& other) noexcept;
  BasicDataSet& operator=(const BasicDataSet& other);
  BasicDataSet& operator=(BasicDataSet&& other) noexcept;
  ~BasicDataSet();

  /// N, the number of samples.
  [[nodiscard]] std::size_t size() const { return inputs_.shape()[0]; }
  /// (N, features...)
  [[nodiscard]] const Array<T>& inputs() const { return inputs_; }
  /// (N, ...)
  [[nodiscard]] const Array<T>& targets() const { return targets_; }

  /// The samples of an epoch in batches, in a random order that is drawn anew whenever iteration
  /// begins; the order depends on the generator's state alone, not on earlier epochs:
  ///
  ///     for (auto& batch : data.batches(500, rng)) use(batch.inputs, batch.targets);
  ///
  /// The generator must live as long as the range. Throws xtape::Error where the batch size is 0
  /// or larger than the data set.
  [[nodiscard]] Batches<T> batches(std::size_t batch_size, Random& random, Last last = Last::drop);

  /// The samples in batches as they lie, for an evaluation: none is dropped unless it is asked for.
  /// Errors as `batches`.
  [[nodiscard]] Batches<T> batches_in_order(std::size_t batch_size, Last last = Last::keep);

  /// Draws `count` samples at random: two data sets, the rest and the drawn, each in the order that
  /// the samples had. Throws xtape::Error unless 0 < count < N.
  [[nodiscard]] DataSplit<T> split(std::size_t count, Random& random) const;

  /// The data set of these samples, in this order; one may come more than once. Throws xtape::Error
  /// where there is no index, or one is not below N.
  [[nodiscard]] BasicDataSet take(std::span<const std::size_t> indices) const;
  [[nodiscard]] BasicDataSet take(std::initializer_list<std::size_t> indices) const {
    return take(std::span(indices.begin(), indices.size()));
  }

 private:
  friend class Batches<T>;

  // What one loop over batches writes to. Each loop that is under way has its own, so that a loop
  // within a loop is safe; when it ends, the next of its batch size takes over.
  struct Buffers {
    std::size_t batch_size;
    bool used = false;
    std::vector<std::size_t> order = {};
    Batch<T> full = {}, rest = {};
  };
  struct Pool {
    Pool() = default;
    Pool(const Pool&) {}  // buffers are no part of the value
    Pool(Pool&&) noexcept = default;
    Pool& operator=(const Pool&) {
      buffers.clear();
      return *this;
    }
    Pool& operator=(Pool&&) noexcept = default;
    ~Pool() = default;
    std::vector<std::unique_ptr<Buffers>> buffers;
  };

  void check_batch_size(std::size_t batch_size) const;
  Buffers& acquire(std::size_t batch_size, std::size_t rest);
  void gather(std::span<const std::size_t> samples, Batch<T>& batch) const;

  Array<T> inputs_, targets_;
  Pool pool_;
};

/// What `BasicDataSet::split` returns.
template <class T>
struct DataSplit {
  BasicDataSet<T> rest;   ///< N - count samples
  BasicDataSet<T> drawn;  ///< count samples
};

/// The batches of one data set: a range to iterate over, with one iteration at a time. It belongs
/// to the data set that made it, and is neither copied nor moved.
template <class T>
class Batches {
 public:
  class Iterator {
   public:
    using value_type = Batch<T>;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    const Batch<T>& operator*() const { return *batches_->current_; }
    const Batch<T>* operator->() const { return batches_->current_; }
    Iterator& operator++() {
      batches_->load(batches_->current_->index + 1);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return batches_->current_ == nullptr; }

   private:
    friend class Batches;
    explicit Iterator(Batches* batches) : batches_(batches) {}
    Batches* batches_ = nullptr;
  };

  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;
  ~Batches() { buffers_.used = false; }

  /// Shuffles, unless the batches are in order, and copies the first batch.
  [[nodiscard]] Iterator begin();
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }
  /// The number of batches.
  [[nodiscard]] std::size_t size() const { return full_batches_ + (rest_ > 0 ? 1 : 0); }

 private:
  friend class BasicDataSet<T>;
  Batches(BasicDataSet<T>& data, std::size_t batch_size, Random* random, Last last);
  void load(std::size_t index);

  BasicDataSet<T>& data_;
  Random* random_;  // none: in order
  std::size_t full_batches_, rest_;
  typename BasicDataSet<T>::Buffers& buffers_;
  Batch<T>* current_ = nullptr;  // none: at the end
};

using DataSet = BasicDataSet<double>;
using DataSetF = BasicDataSet<float>;

}  // namespace xtape::nn
