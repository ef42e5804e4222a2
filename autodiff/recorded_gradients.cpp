#include <xtape/autodiff/gradients.hpp>

namespace xtape {

namespace {

// Which slots depend on one of these variables: gradients are recorded for no others.
template <class T>
std::vector<bool> depend_on(const BasicTape<T>& tape, std::span<const BasicVariable<T>> x) {
  std::vector<bool> result(tape.slots());
  for (const auto& variable : x) result[variable.index()] = true;
  for (std::uint32_t r = 0; r < tape.records(); ++r) {
    const Record<T>& record = tape.record_at(r);
    for (const std::uint32_t input : tape.inputs_of(record))
      if (result[input])
        for (std::uint32_t i = 0; i < record.outputs; ++i) result[record.first_output + i] = true;
  }
  return result;
}

template <class T>
std::vector<BasicVariable<T>> sweep_recorded(BasicTape<T>& tape, const BasicVariable<T>& J,
                                             std::span<const BasicVariable<T>> x) {
  using V = BasicVariable<T>;
  const std::vector<bool> wanted = depend_on(tape, x);
  std::vector<V> gradient(tape.slots());
  gradient[J.index()] = broadcast_to(tape.constant(T(1)), J.shape());
  const std::uint32_t last = tape.slot(J.index()).record;
  for (std::uint32_t r = last == no_index ? 0 : last + 1; r-- > 0;) {
    const Record<T> record = tape.record_at(r);  // a copy: recording moves the records
    if (!tape.slot(record.first_output).active) continue;
    bool any = false;
    for (std::uint32_t i = 0; i < record.outputs; ++i)
      any |= gradient[record.first_output + i].valid();
    if (!any) continue;
    std::vector<V> in, out, g;
    const auto inputs = tape.inputs_of(record);
    const std::vector<std::uint32_t> slots(inputs.begin(), inputs.end());
    for (const std::uint32_t slot : slots) in.push_back(tape.handle(slot));
    for (std::uint32_t i = 0; i < record.outputs; ++i) {
      const std::uint32_t slot = record.first_output + i;
      out.push_back(tape.handle(slot));
      g.push_back(gradient[slot].valid() ? gradient[slot]
                                         : broadcast_to(tape.constant(T(0)), out.back().shape()));
    }
    for (std::uint32_t k = 0; k < slots.size(); ++k) {
      if (!tape.slot(slots[k]).active || !wanted[slots[k]]) continue;
      const typename BasicTape<T>::Derivation derivation(tape, r, k);
      V c = record.rule->recorded(record.operation(), k, g.data(), in, out.data());
      if (!c.valid()) continue;
      const Shape shape = in[k].shape();
      // An elementwise contribution has the output's shape, or a smaller one where it is constant:
      // stretched first, then summed. A structural rule gives the input's.
      if (record.rule->elementwise()) c = sum_to(broadcast_to(c, out[0].shape()), shape);
      if (c.shape() != shape)
        tape.throw_in_vjp(record, k, "gives an array of shape " + to_string(c.shape()));
      V& sum = gradient[slots[k]];
      sum = sum.valid() ? sum + c : c;
    }
  }
  std::vector<V> result;
  for (const V& target : x) {
    const V& found = gradient[target.index()];
    result.push_back(found.valid() ? found
                                   : broadcast_to(tape.constant(T(0)), Shape(target.shape())));
  }
  return result;
}

}  // namespace

template <class T>
std::vector<BasicVariable<T>> recorded_gradients(const BasicVariable<T>& J,
                                                 std::span<const BasicVariable<T>> x) {
  BasicTape<T>& tape = BasicTape<T>::of(J, "recorded_gradients");
  tape.check(J, "recorded_gradients");
  tape.check_parameters("recorded_gradients");
  for (const auto& target : x) tape.check_active(target, "recorded_gradients");
  if (J.shape().size() != 1)
    throw ShapeError("recorded_gradients: " + tape.describe(J.index(), "J") + " has " +
                     std::to_string(J.shape().size()) + " elements; reduce it to one (sum, mean)");
  const auto before = tape.mark();
  try {
    return sweep_recorded(tape, J, x);
  } catch (...) {
    tape.rewind(before);
    throw;
  }
}

template <class T>
BasicVariable<T> recorded_gradient(const BasicVariable<T>& J, const BasicVariable<T>& x) {
  return recorded_gradients<T>(J, std::span(&x, 1)).front();
}

#define XTAPE_INSTANTIATE(T)                                                                     \
  template BasicVariable<T> recorded_gradient(const BasicVariable<T>&, const BasicVariable<T>&); \
  template std::vector<BasicVariable<T>> recorded_gradients(const BasicVariable<T>&,             \
                                                            std::span<const BasicVariable<T>>);
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(float)
#undef XTAPE_INSTANTIATE

}  // namespace xtape
