#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <xtape/autodiff/check/adjoint_record.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {

template <class T>
void read_wide(const BasicTape<T>& tape, const Record<T>& record, const Arrays& in, Arrays& out) {
  std::vector<const Wide*> from;
  std::vector<Wide*> to;
  for (const auto& array : in) from.push_back(array.data());
  for (auto& array : out) to.push_back(array.data());
  read_wide<T>(tape, record, from, to);
}

template <class T>
RuleSide<T>::RuleSide(BasicTape<T>& tape, std::uint32_t record, std::size_t k, bool recorded)
    : tape_(tape), index_(record), k_(k), recorded_(recorded) {}

template <class T>
void RuleSide<T>::plan() {
  const Record<T>& record = tape_.record_at(index_);
  const auto slots = tape_.inputs_of(record);
  auto* const in = memory_.allocate<View<const T>>(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) in[i] = tape_.slot(slots[i]).view;
  auto* const out = memory_.allocate<View<const T>>(record.outputs);
  auto* const g = memory_.allocate<View<const T>>(record.outputs);
  for (std::uint32_t o = 0; o < record.outputs; ++o) {
    out[o] = tape_.slot(record.first_output + o).view;
    const View<T> own = Engine<T>::allocate(memory_, out[o].shape());
    std::fill_n(own.data, std::max(own.size(), Engine<T>::vector_size), T(0));
    g_.push_back(own);
    g[o] = {own.data, own.extents()};
  }
  to_ = Engine<T>::allocate(memory_, in[k_].shape());
  try {
    plan_.pull(*record.rule, k_, record.arguments, g, {in, slots.size()}, out, to_, false);
  } catch (const ShapeError& error) {
    tape_.throw_in_vjp(record, static_cast<std::uint32_t>(k_), error.what());
  }
}

template <class T>
const Wides& RuleSide<T>::contribution(const std::vector<Wides>& u) {
  if (recorded_) {
    record(u);
    return result_;
  }
  if (!std::exchange(planned_, true)) plan();
  for (std::size_t o = 0; o < u.size(); ++o) {
    for (std::size_t i = 0; i < u[o].size(); ++i) g_[o].data[i] = static_cast<T>(u[o][i]);
    Engine<T>::repeat_single(g_[o]);
  }
  plan_.run();
  result_.assign(to_.data, to_.data + to_.size());
  return result_;
}

// As the recorded sweep does; what it records is forgotten again.
template <class T>
void RuleSide<T>::record(const std::vector<Wides>& u) {
  using V = BasicVariable<T>;
  const auto before = tape_.mark();
  const Record<T> record = tape_.record_at(index_);  // a copy: recording moves the records
  const auto inputs = tape_.inputs_of(record);
  const std::vector<std::uint32_t> slots(inputs.begin(), inputs.end());
  std::vector<V> in, out, g;
  for (const std::uint32_t slot : slots) in.push_back(tape_.handle(slot));
  for (std::uint32_t o = 0; o < record.outputs; ++o) {
    out.push_back(tape_.handle(record.first_output + o));
    const Shape& shape = out.back().shape();
    auto values = Array<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
    std::transform(u[o].begin(), u[o].end(), values.data(),
                   [](long double x) { return static_cast<T>(x); });
    g.push_back(tape_.constant(std::move(values)));
  }
  const Shape shape = in[k_].shape();
  result_.assign(shape.size(), 0);
  try {
    V c = record.rule->recorded(record.operation(), k_, g.data(), in, out.data());
    if (c.valid()) {
      if (record.rule->elementwise()) c = sum_to(broadcast_to(c, out[0].shape()), shape);
      if (c.shape() != shape)
        tape_.throw_in_vjp(record, static_cast<std::uint32_t>(k_),
                           "gives an array of shape " + to_string(c.shape()));
      const View<const T>& view = tape_.slot(c.index()).view;
      result_.assign(view.data, view.data + view.size());
    }
  } catch (...) {
    tape_.rewind(before);
    throw;
  }
  tape_.rewind(before);
}

template <class T>
ValueSide<T>::ValueSide(const BasicTape<T>& tape, std::uint32_t record, std::size_t k,
                        const Elementary* elementary)
    : tape_(tape),
      record_(tape.record_at(record)),
      k_(k),
      in_shape_(&tape.slot(tape.inputs_of(record_)[k]).shape()),
      elementwise_(record_.rule->elementwise()) {
  for (const std::uint32_t slot : tape.inputs_of(record_)) {
    const View<const T>& view = tape.slot(slot).view;
    in_.emplace_back(view.data, view.data + view.size());
  }
  for (std::uint32_t o = 0; o < record_.outputs; ++o) {
    const std::size_t size = out_shape(o).size();
    out_.emplace_back(size);
    finite_.emplace_back(size, true);
    tangent_.emplace_back(size);
  }
  if (!elementwise_) return;
  find_partials();
  if (elementary != nullptr) {
    if (elementary->value != nullptr) {
      find_partials(*elementary);
    } else {
      find_partials_with_kinks();
    }
  }
  constexpr auto most = static_cast<long double>(std::numeric_limits<T>::max()) / 8;
  const auto good = [](long double x) { return std::fabs(x) <= most; };
  for (std::size_t p = 0; p < partial_.size(); ++p)
    finite_[0][p] = good(partial_[p]) && good(out_[0][p].value.value);
}

template <class T>
const Shape& ValueSide<T>::out_shape(std::size_t o) const {
  return tape_.slot(record_.first_output + static_cast<std::uint32_t>(o)).shape();
}

template <class T>
void ValueSide<T>::read(Arrays& out) {
  read_wide(tape_, record_, in_, out);
}

// The derivative of an elementwise operation has one entry for each element of the output.
template <class T>
void ValueSide<T>::find_partials() {
  const std::size_t n = out_[0].size();
  from_.resize(n);
  for (std::size_t p = 0; p < n; ++p) from_[p] = element_of_input(*in_shape_, out_shape(0), p);
  partial_.resize(n);
  for (Wide& x : in_[k_]) x.tangent = 1;
  read(out_);
  for (Wide& x : in_[k_]) x.tangent = 0;
  for (std::size_t p = 0; p < n; ++p) partial_[p] = out_[0][p].tangent.value;
}

template <class T>
void ValueSide<T>::find_partials(const Elementary& elementary) {
  source_ = TangentSource::complex_step;
  const auto slots = tape_.inputs_of(record_);
  const std::size_t n = partial_.size();
  for (std::size_t p = 0; p < n; ++p) {
    std::array<long double, 2> x{};
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const Shape& own = tape_.slot(slots[i]).shape();
      x[i] = in_[i][element_of_input(own, out_shape(0), p)].value.value;
    }
    partial_[p] = elementary.partial(k_, x);
  }
}

// |x|, max and min consist of straight pieces: central differences with a step below the spacing of
// T are exact, and give the mean of both slopes at a tie.
template <class T>
void ValueSide<T>::find_partials_with_kinks() {
  source_ = TangentSource::differences;
  const std::vector<Wide> kept = in_[k_];
  Wides step;
  for (const Wide& x : kept) {
    const long double size = std::fabs(x.value.value);
    step.push_back(
        std::ldexp(1.0L, size == 0 || !std::isfinite(size) ? -1100 : std::ilogb(size) - 58));
  }
  Arrays left = out_;
  for (const int side : {-1, 1}) {
    for (std::size_t i = 0; i < kept.size(); ++i)
      in_[k_][i].value = kept[i].value.value + side * step[i];
    read(side < 0 ? left : out_);
  }
  in_[k_] = kept;
  for (std::size_t p = 0; p < partial_.size(); ++p)
    partial_[p] = (out_[0][p].value.value - left[0][p].value.value) / (2 * step[from_[p]]);
  read(out_);
}

template <class T>
const std::vector<Wides>& ValueSide<T>::tangent(const Wides& v) {
  if (elementwise_) {
    for (std::size_t p = 0; p < partial_.size(); ++p) tangent_[0][p] = partial_[p] * v[from_[p]];
    return tangent_;
  }
  for (std::size_t i = 0; i < v.size(); ++i) in_[k_][i].tangent = v[i];
  read(out_);
  for (Wide& x : in_[k_]) x.tangent = 0;
  for (std::size_t o = 0; o < out_.size(); ++o)
    std::ranges::transform(out_[o], tangent_[o].begin(),
                           [](const Wide& y) { return y.tangent.value; });
  return tangent_;
}

template <class T>
std::vector<Wides> ValueSide<T>::values_at(const Wides& v, long double h) {
  const std::vector<Wide> kept = in_[k_];
  for (std::size_t i = 0; i < v.size(); ++i) in_[k_][i].value = kept[i].value.value + h * v[i];
  read(out_);
  in_[k_] = kept;
  std::vector<Wides> values;
  for (const auto& array : out_) {
    Wides& to = values.emplace_back();
    for (const Wide& y : array) to.push_back(y.value.value);
  }
  return values;
}

template void read_wide(const BasicTape<double>&, const Record<double>&, const Arrays&, Arrays&);
template void read_wide(const BasicTape<float>&, const Record<float>&, const Arrays&, Arrays&);
template class RuleSide<double>;
template class RuleSide<float>;
template class ValueSide<double>;
template class ValueSide<float>;

}  // namespace xtape::detail
