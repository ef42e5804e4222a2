#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <xtape/autodiff/random.hpp>
#include <xtape/nn/data_set.hpp>

using xtape::Array;
using xtape::Random;
using xtape::nn::BasicDataSet;
using xtape::nn::DataSet;
using xtape::nn::DataSetF;
using xtape::nn::Last;

static_assert(std::input_iterator<xtape::nn::Batches<double>::Iterator>);
static_assert(std::sentinel_for<std::default_sentinel_t, xtape::nn::Batches<double>::Iterator>);

namespace {

// Sample i has the inputs 100 i, 100 i + 1, … and the target -i: each number tells where it was.
template <class T>
BasicDataSet<T> numbered(std::size_t n, std::size_t features) {
  auto inputs = Array<T>::from_shape({n, features});
  auto targets = Array<T>::from_shape({n, 1});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < features; ++j)
      inputs.data()[i * features + j] = static_cast<T>(100 * i + j);
    targets.data()[i] = -static_cast<T>(i);
  }
  return {std::move(inputs), std::move(targets)};
}

// (N, 1); xtensor takes {{0}, {1}} for either of two things.
template <class T>
Array<T> column(std::initializer_list<T> values) {
  auto result = Array<T>::from_shape({values.size(), 1});
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

template <class Batch>
void check_rows(const Batch& batch, std::size_t size, std::size_t features) {
  using T = std::decay_t<decltype(*batch.inputs.data())>;
  REQUIRE(batch.inputs.dimension() == 2);
  REQUIRE(batch.inputs.shape()[0] == size);
  REQUIRE(batch.inputs.shape()[1] == features);
  REQUIRE(batch.targets.shape()[0] == size);
  REQUIRE(batch.targets.shape()[1] == 1);
  REQUIRE(batch.samples.size() == size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < features; ++j)
      REQUIRE(batch.inputs.data()[i * features + j] == static_cast<T>(100 * batch.samples[i] + j));
    REQUIRE(batch.targets.data()[i] == -static_cast<T>(batch.samples[i]));
  }
}

template <class Range>
std::vector<std::size_t> order_of(Range&& range) {
  std::vector<std::size_t> order;
  for (auto& batch : range) order.insert(order.end(), batch.samples.begin(), batch.samples.end());
  return order;
}

std::string error_of(auto&& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a data set is made of any expressions, and takes over what is moved in") {
  const xt::xarray<double> x = {{1, 2}, {3, 4}, {5, 6}};
  const auto labels = column<int>({0, 1, 1});
  const DataSet expressions(2.0 * x + 1.0, labels);
  CHECK(expressions.size() == 3);
  CHECK(expressions.inputs() == xt::xarray<double>{{3, 5}, {7, 9}, {11, 13}});
  CHECK(expressions.targets() == column<double>({0, 1, 1}));
  const xt::xarray<double, xt::layout_type::column_major> by_columns = x;
  CHECK(DataSet(by_columns, labels).inputs() == x);
  CHECK(DataSet(by_columns, labels).inputs().data()[1] == 2);
  CHECK(DataSetF(x, labels).inputs() == xt::xarray<float>{{1, 2}, {3, 4}, {5, 6}});

  Array<double> moved = x;
  const double* address = moved.data();
  CHECK(DataSet(std::move(moved), labels).inputs().data() == address);
}

TEST_CASE_TEMPLATE("batches: whole samples, each at most once, in an order drawn anew", T, double,
                   float) {
  for (const std::size_t features : std::vector<std::size_t>{1, 2, 3, 4, 5, 17}) {
    CAPTURE(features);
    auto data = numbered<T>(103, features);
    Random random(1);
    std::size_t index = 0;
    std::set<std::size_t> seen;
    for (auto& batch : data.batches(10, random)) {
      CHECK(batch.index == index++);
      check_rows(batch, 10, features);
      seen.insert(batch.samples.begin(), batch.samples.end());
    }
    CHECK(index == 10);
    CHECK(seen.size() == 100);
    CHECK(random.draws() == 1);
  }
}

TEST_CASE("the order: new in each epoch and at each begin, the same from the same generator") {
  auto data = numbered<double>(50, 2);
  Random random(2);
  auto copy = random;
  auto range = data.batches(10, random);
  const auto first = order_of(range), second = order_of(range);
  const auto third = order_of(data.batches(10, random));
  CHECK(first != second);
  CHECK(second != third);
  CHECK(first != third);
  auto same = numbered<double>(50, 2);
  CHECK(order_of(same.batches(10, copy)) == first);
  // A training that is taken up again has its generator, not its data set's past.
  auto later = numbered<double>(50, 2);
  CHECK(order_of(later.batches(5, copy)) == second);
}

TEST_CASE("the last batch: dropped, or kept with buffers of its own size") {
  auto data = numbered<double>(25, 2);
  Random random(3);
  CHECK(data.batches(10, random).size() == 2);
  CHECK(data.batches(10, random, Last::keep).size() == 3);
  CHECK(data.batches(5, random, Last::keep).size() == 5);
  std::set<std::size_t> seen;
  std::vector<std::size_t> sizes;
  for (auto& batch : data.batches(10, random, Last::keep)) {
    check_rows(batch, batch.index == 2 ? 5 : 10, 2);
    sizes.push_back(batch.samples.size());
    seen.insert(batch.samples.begin(), batch.samples.end());
  }
  CHECK(sizes == std::vector<std::size_t>{10, 10, 5});
  CHECK(seen.size() == 25);
  CHECK(order_of(data.batches(10, random)).size() == 20);  // the same buffers, not keeping now
  CHECK(order_of(data.batches(25, random)).size() == 25);
}

TEST_CASE("batches in order: all samples as they lie, without a draw") {
  auto data = numbered<double>(25, 3);
  Random random(4);
  (void)order_of(data.batches(10, random));  // leaves a shuffled order in the buffers
  std::vector<std::size_t> expected(25);
  for (std::size_t i = 0; i < 25; ++i) expected[i] = i;
  CHECK(order_of(data.batches_in_order(10)) == expected);
  for (auto& batch : data.batches_in_order(10)) check_rows(batch, batch.index == 2 ? 5 : 10, 3);
  expected.resize(20);
  CHECK(order_of(data.batches_in_order(10, Last::drop)) == expected);
  CHECK(random.draws() == 1);
}

TEST_CASE("buffers are the same from epoch to epoch, also when sizes alternate") {
  auto data = numbered<double>(103, 2);
  Random random(5);
  const auto addresses = [&](std::size_t size, Last last) {
    std::vector<const void*> all;
    for (auto& batch : data.batches(size, random, last))
      all.insert(all.end(), {&batch, batch.inputs.data(), batch.targets.data(),
                             batch.samples.data() - batch.index * size});
    return all;
  };
  const auto tens = addresses(10, Last::keep), sevens = addresses(7, Last::drop);
  CHECK(std::set<const void*>(tens.begin(), tens.end()).size() == 3 + 3 + 1);  // full, rest, order
  for (int epoch = 0; epoch < 3; ++epoch) {
    CHECK(addresses(10, Last::keep) == tens);
    CHECK(addresses(7, Last::drop) == sevens);
    for (auto& batch : data.batches_in_order(7))
      if (batch.index < 14) CHECK(batch.inputs.data() == sevens[1]);
  }
}

TEST_CASE("a loop within a loop has buffers of its own") {
  auto data = numbered<double>(40, 2);
  Random random(6);
  std::size_t outer_count = 0;
  std::set<std::size_t> seen;
  for (auto& outer : data.batches(10, random)) {
    ++outer_count;
    for (auto& inner : data.batches_in_order(10)) {
      CHECK(inner.inputs.data() != outer.inputs.data());
      check_rows(inner, 10, 2);
    }
    check_rows(outer, 10, 2);
    seen.insert(outer.samples.begin(), outer.samples.end());
  }
  CHECK(outer_count == 4);
  CHECK(seen.size() == 40);
}

TEST_CASE("a copy is a deep copy with buffers of its own") {
  auto data = numbered<double>(30, 2);
  Random random(7);
  (void)order_of(data.batches(10, random));
  auto copy = data;
  CHECK(copy.inputs() == data.inputs());
  CHECK(copy.inputs().data() != data.inputs().data());
  const auto range = [&](DataSet& set) { return (*set.batches(10, random).begin()).inputs.data(); };
  CHECK(range(copy) != range(data));
  copy = numbered<double>(12, 5);  // the buffers of the old size must not stay
  for (auto& batch : copy.batches(10, random)) check_rows(batch, 10, 5);
  const auto other = numbered<double>(13, 4);
  copy = other;
  for (auto& batch : copy.batches(10, random)) check_rows(batch, 10, 4);
}

TEST_CASE("more axes, and none but the first") {
  auto images = Array<double>::from_shape({6, 2, 3});
  for (std::size_t i = 0; i < 36; ++i) images.data()[i] = static_cast<double>(i);
  const Array<double> labels = {0, 1, 2, 3, 4, 5};
  DataSet data(images, labels);
  Random random(8);
  for (auto& batch : data.batches(4, random)) {
    CHECK(batch.inputs.shape()[1] == 2);
    CHECK(batch.inputs.shape()[2] == 3);
    CHECK(batch.targets.dimension() == 1);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(batch.targets.data()[i] == static_cast<double>(batch.samples[i]));
      for (std::size_t j = 0; j < 6; ++j)
        CHECK(batch.inputs.data()[i * 6 + j] == static_cast<double>(batch.samples[i] * 6 + j));
    }
  }
}

TEST_CASE("split: every sample in one of two parts, both in the order that it had") {
  const auto data = numbered<double>(100, 2);
  Random random(9);
  const auto [rest, drawn] = data.split(30, random);
  CHECK(rest.size() == 70);
  CHECK(drawn.size() == 30);
  std::set<double> seen(rest.targets().begin(), rest.targets().end());
  seen.insert(drawn.targets().begin(), drawn.targets().end());
  CHECK(seen.size() == 100);
  const auto falling = [](const DataSet& part) {
    return std::is_sorted(part.targets().rbegin(), part.targets().rend());
  };
  CHECK(falling(rest));
  CHECK(falling(drawn));
  CHECK(drawn.inputs()(3, 1) == -100 * drawn.targets()(3, 0) + 1);
  CHECK(data.split(30, random).drawn.targets() != drawn.targets());
}

TEST_CASE("take: these samples in this order") {
  const auto data = numbered<float>(10, 2);
  const auto taken = data.take({7, 0, 7});
  CHECK(taken.inputs() == xt::xarray<float>{{700, 701}, {0, 1}, {700, 701}});
  CHECK(taken.targets() == column<float>({-7, 0, -7}));
}

TEST_CASE("errors name shapes and numbers") {
  const auto zeros = [](std::vector<std::size_t> shape) { return Array<double>(shape, 0.0); };
  CHECK(error_of([&] {
          DataSet(zeros({12, 2}), zeros({11, 1}));
        }) == "DataSet: inputs (12, 2) and targets (11, 1): first axes 12 and 11 differ");
  CHECK(error_of([&] { DataSet(zeros({}), zeros({1})); }) ==
        "DataSet: inputs () and targets (1): each needs a first axis, the samples");
  CHECK(error_of([&] {
          DataSet(zeros({0, 2}), zeros({0, 1}));
        }) == "DataSet: inputs (0, 2) and targets (0, 1): there is no sample");
  auto data = numbered<double>(10, 2);
  Random random(10);
  CHECK(error_of([&] { (void)data.batches(0, random); }) ==
        "DataSet: batch size 0: a batch has at least one sample");
  CHECK(error_of([&] { (void)data.batches(11, random); }) ==
        "DataSet: batch size 11 is larger than the 10 samples of the data set");
  CHECK(error_of([&] { (void)data.batches_in_order(11); }) ==
        "DataSet: batch size 11 is larger than the 10 samples of the data set");
  CHECK(error_of([&] { (void)data.batches_in_order(0); }) != "no error");
  CHECK(error_of([&] { (void)data.split(10, random); }) ==
        "DataSet: split of 10 from 10 samples: both parts need at least one");
  CHECK(error_of([&] { (void)data.split(0, random); }) != "no error");
  CHECK(error_of([&] {
          (void)data.take({1, 10});
        }) == "DataSet: take: index 10 at position 1 is not below the 10 samples");
  CHECK(error_of([&] { (void)data.take({}); }) ==
        "DataSet: take without an index: there would be no sample");
}
