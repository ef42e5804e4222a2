#include <xtape/autodiff/replay.hpp>

#include <xtape/autodiff/operations/structural.hpp>

namespace xtape {
namespace {

// The slot of a leaf whose values are to be replaced.
template <class T>
std::uint32_t leaf_slot(const BasicTape<T>& tape, const BasicVariable<T>& leaf, const Shape& shape,
                        std::size_t slots) {
  const std::uint32_t slot = tape.check(leaf, "replay");
  if (slot >= slots) throw HandleError("replay: a variable recorded after the replay was made");
  if (tape.slot(slot).record != no_index)
    throw HandleError("replay: " + tape.describe(slot, 0) + " was computed by " +
                      tape.record_at(tape.slot(slot).record).rule->name +
                      "; only leaves can be given other values");
  if (shape != tape.slot(slot).shape())
    throw ShapeError("replay: " + tape.describe(slot, 0) + " with values of shape " +
                     to_string(shape) + ": the shapes have to be equal");
  return slot;
}

template <class T>
void check_stands(const BasicTape<T>& tape, const typename BasicTape<T>::Mark& made) {
  if (!tape.stands(made))
    throw HandleError("replay: the recording that it was made of is gone; make another");
}

}  // namespace

template <class T>
BasicReplay<T>::BasicReplay(BasicTape<T>& tape) : tape_(tape), made_(tape.mark()) {
  tape.check_parameters("replay");
  for (std::uint32_t i = 0; i < tape.slots(); ++i) views_.push_back(tape.slot(i).view);
}

template <class T>
T* BasicReplay<T>::place(const BasicVariable<T>& leaf, const Shape& shape) {
  check_stands(tape_, made_);
  const std::uint32_t slot = leaf_slot(tape_, leaf, shape, views_.size());
  View<const T>& view = views_[slot];
  if (view.data == tape_.slot(slot).view.data) {
    const View<T> own = Engine<T>::allocate(arena_, tape_.slot(slot).shape());
    view = {own.data, own.extents()};
  }
  return const_cast<T*>(view.data);
}

template <class T>
void BasicReplay<T>::changed(const BasicVariable<T>& leaf) {
  const View<const T>& view = views_[leaf.index()];
  Engine<T>::repeat_single({const_cast<T*>(view.data), view.extents()});
}

template <class T>
void BasicReplay<T>::run() {
  check_stands(tape_, made_);
  tape_.check_parameters("replay");
  std::vector<View<const T>> in;
  std::vector<View<T>> out;
  for (std::uint32_t r = 0; r < made_.records; ++r) {
    const Record<T>& record = tape_.record_at(r);
    in.clear();
    out.clear();
    for (const std::uint32_t slot : tape_.inputs_of(record)) in.push_back(views_[slot]);
    for (std::uint32_t i = 0; i < record.outputs; ++i) {
      const std::uint32_t slot = record.first_output + i;
      const View<T> own = views_[slot].data == tape_.slot(slot).view.data
                              ? Engine<T>::allocate(arena_, tape_.slot(slot).shape())
                              : View<T>(const_cast<T*>(views_[slot].data), views_[slot].extents());
      views_[slot] = {own.data, own.extents()};
      out.push_back(own);
    }
    tape_.engine().compute(*record.rule, record.operation(), in, out.data());
  }
}

template <class T>
ArrayView<T> BasicReplay<T>::operator[](const BasicVariable<T>& variable) const {
  const std::uint32_t slot = tape_.check(variable, "replay");
  if (slot >= views_.size())
    throw HandleError("replay: a variable recorded after the replay was made");
  return adapt(views_[slot].data, views_[slot].shape());
}

template <class T>
WideReplay<T>::WideReplay(BasicTape<T>& tape)
    : tape_(tape), made_(tape.mark()), values_(tape.slots()) {
  tape.check_parameters("replay");
  for (std::uint32_t i = 0; i < tape.slots(); ++i) {
    const View<const T>& view = tape.slot(i).view;
    for (std::size_t e = 0; e < view.size(); ++e) values_[i].push_back(Wide(view.data[e]));
  }
}

template <class T>
void WideReplay<T>::set_tangent_of(const BasicVariable<T>& leaf, const Shape& shape,
                                   const long double* values) {
  std::vector<Wide>& own = values_[leaf_slot(tape_, leaf, shape, values_.size())];
  for (std::size_t i = 0; i < own.size(); ++i) own[i].tangent = values[i];
}

template <class T>
void WideReplay<T>::run() {
  check_stands(tape_, made_);
  for (std::uint32_t r = 0; r < made_.records; ++r) run_record(tape_.record_at(r));
}

template <class T>
void WideReplay<T>::set_values_of(const BasicVariable<T>& leaf, const Shape& shape,
                                  const long double* values) {
  check_stands(tape_, made_);
  std::vector<Wide>& own = values_[leaf_slot(tape_, leaf, shape, values_.size())];
  for (std::size_t i = 0; i < own.size(); ++i) own[i].value = values[i];
}

template <class T>
void WideReplay<T>::run_record(const Record<T>& record) {
  in_.clear();
  out_.clear();
  for (const std::uint32_t slot : tape_.inputs_of(record)) in_.push_back(values_[slot].data());
  for (std::uint32_t i = 0; i < record.outputs; ++i)
    out_.push_back(values_[record.first_output + i].data());
  detail::read_wide<T>(tape_, record, in_, out_);
}

template <class T>
void detail::read_wide(const BasicTape<T>& tape, const Record<T>& record,
                       std::span<const Wide* const> from, std::span<Wide* const> to) {
  std::vector<std::vector<Wide>> stretched;
  std::vector<View<const Wide>> in;
  std::vector<View<Wide>> out;
  const Shape& shape = tape.slot(record.first_output).shape();
  const auto slots = tape.inputs_of(record);
  stretched.reserve(record.inputs);
  in.reserve(record.inputs);
  for (std::size_t k = 0; k < slots.size(); ++k) {
    const Shape& own = tape.slot(slots[k]).shape();
    if (!record.rule->elementwise() || own == shape) {
      in.emplace_back(from[k], &own);
      continue;
    }
    std::vector<Wide>& values = stretched.emplace_back(shape.size());
    detail::gather<Wide>({values.data(), &shape}, {from[k], &own}, 0,
                         broadcast_strides(own, shape));
    in.emplace_back(values.data(), &shape);
  }
  for (std::uint32_t i = 0; i < record.outputs; ++i)
    out.emplace_back(to[i], &tape.slot(record.first_output + i).shape());
  record.rule->reference(record.operation(), in, out.data());
}

namespace {

template <class T, class Part>
Array<long double> collect(const BasicTape<T>& tape, const BasicVariable<T>& variable,
                           const std::vector<std::vector<Wide>>& values, Part&& part) {
  const std::uint32_t slot = tape.check(variable, "replay");
  if (slot >= values.size())
    throw HandleError("replay: a variable recorded after the replay was made");
  const Shape& shape = tape.slot(slot).shape();
  auto result =
      Array<long double>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
  for (std::size_t i = 0; i < values[slot].size(); ++i) result.data()[i] = part(values[slot][i]);
  return result;
}

}  // namespace

template <class T>
Array<long double> WideReplay<T>::value(const BasicVariable<T>& variable) const {
  return collect(tape_, variable, values_, [](const Wide& w) { return w.value.value; });
}

template <class T>
Array<long double> WideReplay<T>::tangent(const BasicVariable<T>& variable) const {
  return collect(tape_, variable, values_, [](const Wide& w) { return w.tangent.value; });
}

template class BasicReplay<double>;
template class BasicReplay<float>;
template class WideReplay<double>;
template class WideReplay<float>;
template void detail::read_wide(const BasicTape<double>&, const Record<double>&,
                                std::span<const Wide* const>, std::span<Wide* const>);
template void detail::read_wide(const BasicTape<float>&, const Record<float>&,
                                std::span<const Wide* const>, std::span<Wide* const>);

}  // namespace xtape
