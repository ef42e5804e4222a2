#include <algorithm>
#include <array>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/inspect/local_derivative.hpp>

namespace xtape::detail {
namespace {

// A view of an input or output, wherever the record keeps it.
template <class T>
std::vector<View<const T>> views_of_inputs(const BasicTape<T>& tape, const Record<T>& record) {
  std::vector<View<const T>> views;
  for (const std::uint32_t slot : tape.inputs_of(record)) views.push_back(tape.slot(slot).view);
  return views;
}

}  // namespace

template <class T>
LocalDerivative<T>::LocalDerivative(const BasicTape<T>& tape, std::uint32_t r, std::uint32_t input,
                                    std::uint32_t output)
    : input_(input), output_(output) {
  const Record<T>& record = tape.record_at(r);
  const auto in = views_of_inputs(tape, record);
  std::vector<View<const T>> out;
  for (std::uint32_t i = 0; i < record.outputs; ++i)
    out.push_back(tape.slot(record.first_output + i).view);
  in_shape_ = in[input].shape();
  out_shape_ = out[output].shape();
  elementwise_ = record.rule->elementwise();
  try {
    prepare(at_, record, in, out.data());
    if (elementwise_) {  // the partial of every element at once
      std::fill_n(at_.g.data, std::max(out_shape_.size(), Engine<T>::vector_size), T(1));
      at_.plan.run();
      return;
    }
    prepare_beside(record);
  } catch (const ShapeError& error) {
    tape.throw_in_vjp(record, input, error.what());
  }
  cost_ = in_shape_.size();
  for (const auto& view : in) cost_ = std::max(cost_, view.size());
  for (const auto& view : out) cost_ = std::max(cost_, view.size());
}

// The cotangents of all outputs are zeros, that of `output_` is to be set.
template <class T>
void LocalDerivative<T>::prepare(Pull& pull, const Record<T>& record,
                                 std::span<const View<const T>> in, const View<const T>* out) {
  std::array<View<const T>, most_outputs> g;
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    const View<T> zeros = Engine<T>::allocate(memory_, out[i].shape());
    std::fill_n(zeros.data, std::max(zeros.size(), Engine<T>::vector_size), T(0));
    g[i] = {zeros.data, out[i].extents()};
    if (i == output_) pull.g = zeros;
  }
  // Elementwise ones are kept in the shape of the output, before stretched axes are summed.
  pull.to = Engine<T>::allocate(memory_, elementwise_ ? out_shape_ : in_shape_);
  auto* const views = memory_.allocate<View<const T>>(in.size());
  std::copy(in.begin(), in.end(), views);
  auto* const outs = memory_.allocate<View<const T>>(record.outputs);
  std::copy_n(out, record.outputs, outs);
  auto* const cotangents = memory_.allocate<View<const T>>(record.outputs);
  std::copy_n(g.begin(), record.outputs, cotangents);
  pull.plan.pull(*record.rule, input_, record.arguments, cotangents, {views, in.size()}, outs,
                 pull.to, false);
}

template <class T>
void LocalDerivative<T>::prepare_beside(const Record<T>& record) {
  std::vector<View<const T>> in, out;
  std::vector<View<T>> results;
  std::size_t count = 0;
  for (const View<const T>& view : record.in()) {
    const View<T> other = Engine<T>::allocate(memory_, view.shape());
    for (std::size_t i = 0; i < view.size(); ++i) other.data[i] = beside(view.data[i], ++count);
    Engine<T>::repeat_single(other);
    in.push_back({other.data, view.extents()});
  }
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    results.push_back(Engine<T>::allocate(memory_, record.out[i].shape()));
    out.push_back({results.back().data, results.back().extents()});
  }
  Engine<T>::compute_structural(*record.rule, record.operation(), in, results.data());
  prepare(beside_, record, in, out.data());
}

template <class T>
const std::vector<Entry<T>>& LocalDerivative<T>::row(std::size_t p) {
  row_.clear();
  if (elementwise_) {
    row_.push_back({element_of_input(in_shape_, out_shape_, p), at_.to.data[p]});
    return row_;
  }
  for (Pull* const pull : {&at_, &beside_}) {
    const auto set = [&](T value) {
      pull->g.data[p] = value;
      Engine<T>::repeat_single(pull->g);
    };
    set(1);
    pull->plan.run();
    set(0);
  }
  for (std::size_t q = 0; q < in_shape_.size(); ++q)
    if (at_.to.data[q] != 0 || beside_.to.data[q] != 0)
      row_.push_back({static_cast<std::uint32_t>(q), at_.to.data[q]});
  return row_;
}

template class LocalDerivative<double>;
template class LocalDerivative<float>;

}  // namespace xtape::detail
