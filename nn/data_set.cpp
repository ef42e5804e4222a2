#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/shape.hpp>
#include <xtape/nn/data_set.hpp>

namespace xtape::nn {
namespace {

template <class T>
std::size_t row_size(const Array<T>& array) {
  return array.size() / array.shape()[0];
}

// An array of the same rows, but `rows` of them.
template <class T>
Array<T> rows_like(const Array<T>& array, std::size_t rows) {
  auto shape = array.shape();
  shape[0] = rows;
  return Array<T>::from_shape(shape);
}

// A copy of a size that the compiler knows is a move or two; a call of memcpy is not.
template <std::size_t width, class T>
void copy_narrow_rows(const T* from, std::span<const std::size_t> rows, T* to) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(from + rows[i] * width, width, to + i * width);
}

template <class T>
void copy_rows(const Array<T>& source, std::span<const std::size_t> rows, Array<T>& target) {
  const T* from = source.data();
  T* to = target.data();
  const std::size_t width = row_size(source);
  switch (width) {
    case 0:
      return;
    case 1:
      return copy_narrow_rows<1>(from, rows, to);
    case 2:
      return copy_narrow_rows<2>(from, rows, to);
    case 3:
      return copy_narrow_rows<3>(from, rows, to);
    case 4:
      return copy_narrow_rows<4>(from, rows, to);
    default:
      for (std::size_t i = 0; i < rows.size(); ++i)
        std::memcpy(to + i * width, from + rows[i] * width, width * sizeof(T));
  }
}

std::vector<std::size_t> numbers_below(std::size_t n) {
  std::vector<std::size_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

}  // namespace

template <class T>
BasicDataSet<T>::BasicDataSet(Array<T> inputs, Array<T> targets)
    : inputs_(std::move(inputs)), targets_(std::move(targets)) {
  const auto fail = [this](const std::string& why) {
    throw Error("DataSet: inputs " + to_string(Shape(inputs_.shape())) + " and targets " +
                to_string(Shape(targets_.shape())) + ": " + why);
  };
  if (inputs_.dimension() == 0 || targets_.dimension() == 0)
    fail("each needs a first axis, the samples");
  const auto rows = inputs_.shape()[0], labels = targets_.shape()[0];
  if (rows != labels)
    fail("first axes " + std::to_string(rows) + " and " + std::to_string(labels) + " differ");
  if (rows == 0) fail("there is no sample");
}

template <class T>
BasicDataSet<T>::BasicDataSet(const BasicDataSet& other) = default;
template <class T>
BasicDataSet<T>::BasicDataSet(BasicDataSet&& other) noexcept = default;
template <class T>
BasicDataSet<T>& BasicDataSet<T>::operator=(const BasicDataSet& other) = default;
template <class T>
BasicDataSet<T>& BasicDataSet<T>::operator=(BasicDataSet&& other) noexcept = default;
template <class T>
BasicDataSet<T>::~BasicDataSet() = default;

template <class T>
void BasicDataSet<T>::check_batch_size(std::size_t batch_size) const {
  if (batch_size == 0) throw Error("DataSet: batch size 0: a batch has at least one sample");
  if (batch_size > size())
    throw Error("DataSet: batch size " + std::to_string(batch_size) + " is larger than the " +
                std::to_string(size()) + " samples of the data set");
}

template <class T>
auto BasicDataSet<T>::acquire(std::size_t batch_size, std::size_t rest) -> Buffers& {
  auto& all = pool_.buffers;
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& buffers) {
    return !buffers->used && buffers->batch_size == batch_size;
  });
  if (found == all.end()) {
    auto made = std::make_unique<Buffers>(Buffers{.batch_size = batch_size});
    made->order = numbers_below(size());
    made->full.inputs = rows_like(inputs_, batch_size);
    made->full.targets = rows_like(targets_, batch_size);
    all.push_back(std::move(made));
    found = all.end() - 1;
  }
  Buffers& buffers = **found;
  if (rest > 0 && buffers.rest.inputs.dimension() == 0) {  // not yet made
    buffers.rest.inputs = rows_like(inputs_, rest);
    buffers.rest.targets = rows_like(targets_, rest);
  }
  buffers.used = true;
  return buffers;
}

template <class T>
void BasicDataSet<T>::gather(std::span<const std::size_t> samples, Batch<T>& batch) const {
  copy_rows(inputs_, samples, batch.inputs);
  copy_rows(targets_, samples, batch.targets);
  batch.samples = samples;
}

template <class T>
Batches<T> BasicDataSet<T>::batches(std::size_t batch_size, Random& random, Last last) {
  check_batch_size(batch_size);
  return Batches<T>(*this, batch_size, &random, last);
}

template <class T>
Batches<T> BasicDataSet<T>::batches_in_order(std::size_t batch_size, Last last) {
  check_batch_size(batch_size);
  return Batches<T>(*this, batch_size, nullptr, last);
}

template <class T>
DataSplit<T> BasicDataSet<T>::split(std::size_t count, Random& random) const {
  if (count == 0 || count >= size())
    throw Error("DataSet: split of " + std::to_string(count) + " from " + std::to_string(size()) +
                " samples: both parts need at least one");
  auto order = numbers_below(size());
  random.shuffle(order);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  const std::span<const std::size_t> all = order;
  return {.rest = take(all.subspan(count)), .drawn = take(all.first(count))};
}

template <class T>
BasicDataSet<T> BasicDataSet<T>::take(std::span<const std::size_t> indices) const {
  if (indices.empty()) throw Error("DataSet: take without an index: there would be no sample");
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] >= size())
      throw Error("DataSet: take: index " + std::to_string(indices[i]) + " at position " +
                  std::to_string(i) + " is not below the " + std::to_string(size()) + " samples");
  Batch<T> taken{.inputs = rows_like(inputs_, indices.size()),
                 .targets = rows_like(targets_, indices.size())};
  gather(indices, taken);
  return BasicDataSet(std::move(taken.inputs), std::move(taken.targets));
}

template <class T>
Batches<T>::Batches(BasicDataSet<T>& data, std::size_t batch_size, Random* random, Last last)
    : data_(data),
      random_(random),
      full_batches_(data.size() / batch_size),
      rest_(last == Last::keep ? data.size() % batch_size : 0),
      buffers_(data.acquire(batch_size, rest_)) {}

template <class T>
auto Batches<T>::begin() -> Iterator {
  auto& order = buffers_.order;
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (random_ != nullptr) random_->shuffle(order);
  load(0);
  return Iterator(this);
}

template <class T>
void Batches<T>::load(std::size_t index) {
  const bool is_rest = index == full_batches_;
  if (index >= size()) {
    current_ = nullptr;
    return;
  }
  current_ = is_rest ? &buffers_.rest : &buffers_.full;
  current_->index = index;
  data_.gather(std::span<const std::size_t>(buffers_.order)
                   .subspan(index * buffers_.batch_size, is_rest ? rest_ : buffers_.batch_size),
               *current_);
}

template class BasicDataSet<double>;
template class BasicDataSet<float>;
template class Batches<double>;
template class Batches<float>;

}  // namespace xtape::nn
