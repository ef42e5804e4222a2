#include <xtape/autodiff/gradients.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace xtape {
namespace {

template <class T>
using Set = GradientSet<T>;

// The arrays of a record, gathered for the engine. Most records have few inputs; the many go to
// scratch memory.
template <class T>
struct Arrays {
  std::array<View<const T>, 8> few;
  std::array<View<const T>, 8> out;
  std::span<const View<const T>> in;

  Arrays(BasicTape<T>& tape, const Record<T>& record) {
    const auto inputs = tape.inputs_of(record);
    View<const T>* const views =
        inputs.size() <= few.size()
            ? few.data()
            : tape.engine().scratch().template allocate<View<const T>>(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) views[i] = tape.slot(inputs[i]).view;
    for (std::uint32_t i = 0; i < record.outputs; ++i)
      out[i] = tape.slot(record.first_output + i).view;
    in = {views, inputs.size()};
  }
};

template <class T>
T* zeros(Arena& arena, const Shape& shape) {
  const View<T> view = Engine<T>::allocate(arena, shape);
  std::fill_n(view.data, std::max(shape.size(), Engine<T>::vector_size), T(0));
  return view.data;
}

// The cotangents of a record's outputs; false where none arrived. A missing one among several is
// zeros.
template <class T>
bool cotangents(const BasicTape<T>& tape, const Record<T>& record, Set<T>& set,
                std::array<View<const T>, 8>& g) {
  bool any = false;
  for (std::uint32_t i = 0; i < record.outputs; ++i)
    any |= set.at[record.first_output + i].assigned;
  if (!any) return false;
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    T*& gradient = set.at[record.first_output + i].data;
    const Shape& shape = tape.slot(record.first_output + i).shape();
    if (gradient == nullptr) gradient = zeros<T>(set.arena, shape);
    g[i] = {gradient, &shape};
  }
  return true;
}

template <class T>
View<T> gradient_of(const BasicTape<T>& tape, Set<T>& set, std::uint32_t slot) {
  const Shape& shape = tape.slot(slot).shape();
  T*& data = set.at[slot].data;
  if (data == nullptr) data = Engine<T>::allocate(set.arena, shape).data;
  return {data, &shape};
}

// The common case of an elementwise record: every input has the output's layout or is a single
// number. False where it is another case; nothing was done then.
template <class T>
bool sweep_in_place(BasicTape<T>& tape, const Record<T>& record, const T* g, Set<T>& set) {
  const Engine<T>& engine = tape.engine();
  const Slot<T>& y = tape.slot(record.first_output);
  const std::size_t n = y.shape().size();
  const auto inputs = tape.inputs_of(record);
  KernelArguments<T> arguments;
  for (std::uint32_t k = 0; k < record.inputs; ++k) {
    const Slot<T>& x = tape.slot(inputs[k]);
    const std::size_t size = x.shape().size();
    arguments.in[k] = x.view.data;
    arguments.step[k] = size != 1;
    if (!x.view.padded() || size != n) {
      if (size != 1 || x.active) return false;
    }
  }
  arguments.operation = record.operation;
  arguments.count = engine.whole_vectors(n);
  arguments.in[record.inputs] = y.view.data;
  arguments.in[record.inputs + 1] = g;
  if (record.stored != nullptr) {
    arguments.in[0] = g;
    arguments.in[1] = record.stored;
  }
  for (std::uint32_t k = 0; k < record.inputs; ++k) {
    if (!tape.slot(inputs[k]).active) continue;
    arguments.out = gradient_of(tape, set, inputs[k]).data;
    arguments.accumulate = std::exchange(set.at[inputs[k]].assigned, true);
    engine.kernel(record.stored != nullptr ? engine.from_stored()
                                           : record.rule->backward[k])(arguments);
  }
  return true;
}

// A rule's mistake, with the operation and the line that recorded it.
template <class T>
[[noreturn]] void throw_in_vjp(const BasicTape<T>& tape, const Record<T>& record, std::uint32_t k,
                               const std::string& problem) {
  throw ShapeError(std::string(record.rule->name) + ": the vjp for " +
                   tape.describe(tape.inputs_of(record)[k], k) + ": " + problem +
                   to_string(record.place()));
}

template <class T>
void sweep(BasicTape<T>& tape, const BasicVariable<T>& J, Set<T>& set) {
  Engine<T>& engine = tape.engine();
  const std::uint32_t last = tape.slot(J.index()).record;
  if (last == none) return;
  std::array<View<const T>, 8> g;
  for (std::uint32_t r = last + 1; r-- > 0;) {
    const Record<T>& record = tape.record_at(r);
    if (!tape.slot(record.first_output).active) continue;
    if (record.rule->elementwise()) {
      const auto& cotangent = set.at[record.first_output];
      if (!cotangent.assigned) continue;
      if (sweep_in_place(tape, record, static_cast<const T*>(cotangent.data), set)) continue;
    }
    if (!cotangents(tape, record, set, g)) continue;
    const ScratchScope scope(engine.scratch());
    const Arrays<T> arrays(tape, record);
    const auto inputs = tape.inputs_of(record);
    for (std::uint32_t k = 0; k < record.inputs; ++k) {
      if (!tape.slot(inputs[k]).active) continue;
      const View<T> to = gradient_of(tape, set, inputs[k]);
      const bool accumulate = std::exchange(set.at[inputs[k]].assigned, true);
      try {
        engine.pull(*record.rule, record.operation, k, g.data(), arrays.in, arrays.out.data(),
                    record.stored, to, accumulate);
      } catch (const ShapeError& error) {
        throw_in_vjp(tape, record, k, error.what());
      }
    }
  }
}

template <class T>
std::uint32_t extra_outputs(const BasicTape<T>& tape, const BasicVariable<T>& J) {
  const std::uint32_t record = tape.slot(J.index()).record;
  if (record == none) return 0;
  const Record<T>& r = tape.record_at(record);
  return r.first_output + r.outputs - 1 - J.index();
}

template <class T>
void begin(BasicTape<T>& tape, const BasicVariable<T>& J, Set<T>& set) {
  tape.check(J, "gradients");
  tape.check_parameters("gradients");
  set.tape = &tape;
  set.stamp = tape.stamp();
  set.slots = tape.slots();
  set.arena.rewind();
  set.entries.clear();
  set.at.assign(J.index() + 1 + extra_outputs(tape, J), {nullptr, false});
}

template <class T>
void seed_one(BasicTape<T>& tape, const BasicVariable<T>& J, Set<T>& set) {
  const Slot<T>& slot = tape.slot(J.index());
  if (slot.shape().size() != 1)
    throw ShapeError("gradients: " + tape.describe(J.index(), "J") + " has " +
                     std::to_string(slot.shape().size()) +
                     " elements; reduce it to one (sum, mean) or give its cotangent");
  auto& [gradient, assigned] = set.at[J.index()];
  if (gradient == nullptr) gradient = Engine<T>::allocate(set.arena, slot.shape()).data;
  assigned = true;
  std::fill_n(gradient, Engine<T>::vector_size, T(1));
}

template <class T>
BasicTape<T>& tape_of(const BasicVariable<T>& J, const char* who) {
  if (!J.valid()) BasicTape<T>::throw_empty(who);
  return *J.tape();
}

}  // namespace

template <class T>
GradientSet<T>& GradientPool<T>::take() {
  for (const auto& set : sets_)
    if (set->holders == 0) return *set;
  sets_.push_back(std::make_unique<GradientSet<T>>());
  return *sets_.back();
}

template <class T>
BasicGradients<T> gradients(const BasicVariable<T>& J) {
  BasicTape<T>& tape = tape_of(J, "gradients");
  BasicGradients<T> result(tape.pool());
  begin(tape, J, result.set());
  seed_one(tape, J, result.set());
  sweep(tape, J, result.set());
  return result;
}

template <class T>
BasicGradients<T> gradients_with(const BasicVariable<T>& J, const View<const T>& cotangent) {
  BasicTape<T>& tape = tape_of(J, "gradients");
  BasicGradients<T> result(tape.pool());
  Set<T>& set = result.set();
  begin(tape, J, set);
  const Shape& shape = tape.slot(J.index()).shape();
  if (cotangent.shape() != shape)
    throw ShapeError("gradients: " + tape.describe(J.index(), "J") + " with a cotangent of shape " +
                     to_string(cotangent.shape()) + ": the shapes have to be equal");
  const View<T> seed = Engine<T>::allocate(set.arena, shape);
  tape.engine().copy(cotangent, seed);
  set.at[J.index()] = {seed.data, true};
  sweep(tape, J, set);
  return result;
}

template <class T>
ArrayView<T> BasicGradients<T>::at(std::uint32_t slot) const {
  Set<T>& s = set();
  if (!s.covers(slot))
    throw HandleError("gradient: " + s.tape->describe(slot, "an array") +
                      " was recorded after these gradients were computed");
  const Shape& shape = s.tape->slot(slot).shape();
  if (slot >= s.at.size()) s.at.resize(slot + 1, {nullptr, false});
  if (s.at[slot].data == nullptr) s.at[slot].data = zeros<T>(s.arena, shape);
  return adapt(static_cast<const T*>(s.at[slot].data), shape);
}

template <class T>
ArrayView<T> BasicGradients<T>::operator[](const BasicVariable<T>& x) const {
  return at(set().tape->check(x, "gradient"));
}

template <class T>
ArrayView<T> BasicGradients<T>::operator[](const BasicParameter<T>& parameter) const {
  const std::uint32_t slot = set().tape->find_leaf(parameter.storage().get());
  if (slot == none)
    throw HandleError("gradient: parameter " + parameter.name() + " is not in this recording");
  return at(slot);
}

template <class T>
bool BasicGradients<T>::reached(const BasicVariable<T>& x) const {
  return reached_at(set().tape->check(x, "reached"));
}

template <class T>
bool BasicGradients<T>::reached_at(std::uint32_t slot) const {
  const Set<T>& s = set();
  return slot < s.at.size() && s.covers(slot) && s.at[slot].assigned;
}

template <class T>
bool BasicGradients<T>::reached(const BasicParameter<T>& parameter) const {
  return reached_at(set().tape->find_leaf(parameter.storage().get()));
}

template <class T>
const typename BasicParameterGradients<T>::Entry& BasicParameterGradients<T>::find(
    const BasicParameter<T>& parameter) const {
  for (const Entry& entry : entries())
    if (entry.parameter == parameter.storage().get()) return entry;
  throw Error("gradient: parameter " + parameter.name() + " is none of those asked for");
}

template <class T>
ArrayView<T> BasicParameterGradients<T>::operator[](const BasicParameter<T>& parameter) const {
  const Entry& entry = find(parameter);
  return adapt(static_cast<const T*>(entry.gradient), entry.parameter->shape());
}

template <class T>
bool BasicParameterGradients<T>::reached(const BasicParameter<T>& parameter) const {
  return find(parameter).reached;
}

namespace detail {

template <class T>
BasicParameterGradients<T> begin_parameter_gradients(const BasicVariable<T>& J) {
  BasicTape<T>& tape = tape_of(J, "gradients");
  BasicParameterGradients<T> result(tape.pool());
  begin(tape, J, result.set());
  return result;
}

template <class T>
void sweep_parameters(const BasicVariable<T>& J, GradientSet<T>& set) {
  BasicTape<T>& tape = *J.tape();
  std::size_t total = 0;
  const auto padded = [](const ParameterStorage<T>& p) {
    constexpr std::size_t whole = Engine<T>::vector_size;
    return (std::max<std::size_t>(p.shape().size(), 1) + whole - 1) / whole * whole;
  };
  for (const auto& entry : set.entries) total += padded(*entry.parameter);
  T* next = set.arena.template allocate<T>(total);
  for (auto& entry : set.entries) {
    entry.gradient = next;
    next += padded(*entry.parameter);
    const std::uint32_t slot = tape.find_leaf(entry.parameter);
    entry.slot = slot < set.at.size() ? slot : none;
    if (entry.slot == none) continue;
    // The same parameter under two names has one gradient, which both entries point to.
    if (set.at[slot].data != nullptr) entry.gradient = set.at[slot].data;
    set.at[slot].data = entry.gradient;
  }
  seed_one(tape, J, set);
  sweep(tape, J, set);
  for (auto& entry : set.entries) {
    entry.reached = entry.slot != none && set.at[entry.slot].assigned;
    if (!entry.reached) std::fill_n(entry.gradient, padded(*entry.parameter), T(0));
  }
}

}  // namespace detail

// ---- The recorded sweep

template <class T>
std::vector<BasicVariable<T>> recorded_gradients(const BasicVariable<T>& J,
                                                 std::span<const BasicVariable<T>> x) {
  using V = BasicVariable<T>;
  BasicTape<T>& tape = tape_of(J, "recorded_gradients");
  tape.check(J, "recorded_gradients");
  tape.check_parameters("recorded_gradients");
  for (const V& target : x) tape.check(target, "recorded_gradients");
  if (J.shape().size() != 1)
    throw ShapeError("recorded_gradients: " + tape.describe(J.index(), "J") + " has " +
                     std::to_string(J.shape().size()) + " elements; reduce it to one (sum, mean)");
  std::vector<V> gradient(tape.slots());
  gradient[J.index()] = broadcast_to(tape.constant(T(1)), J.shape());
  const std::uint32_t last = tape.slot(J.index()).record;
  for (std::uint32_t r = last == none ? 0 : last + 1; r-- > 0;) {
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
      if (!tape.slot(slots[k]).active) continue;
      const typename BasicTape<T>::Derivation derivation(tape, r, k);
      V c = record.rule->recorded(record.operation, k, g.data(), in, out.data());
      if (!c.valid()) continue;
      const Shape shape = in[k].shape();
      // An elementwise contribution has the output's shape, or a smaller one where it is constant:
      // stretched first, then summed. A structural rule gives the input's.
      if (record.rule->elementwise()) c = sum_to(broadcast_to(c, out[0].shape()), shape);
      if (c.shape() != shape)
        throw_in_vjp(tape, record, k, "gives an array of shape " + to_string(c.shape()));
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

template <class T>
BasicVariable<T> recorded_gradient(const BasicVariable<T>& J, const BasicVariable<T>& x) {
  return recorded_gradients<T>(J, std::span(&x, 1)).front();
}

template <class T>
Array<T> contribution(BasicTape<T>& tape, std::uint32_t r, std::size_t k,
                      const BasicGradients<T>& gradients) {
  if (r >= tape.records())
    throw Error("contribution: record " + std::to_string(r) + " of " +
                std::to_string(tape.records()));
  tape.check_parameters("contribution");
  const Record<T>& record = tape.record_at(r);
  const auto inputs = tape.inputs_of(record);
  if (k >= inputs.size())
    throw Error("contribution: input " + std::to_string(k) + " of " + record.rule->name +
                ", which has " + std::to_string(inputs.size()));
  const Shape& shape = tape.slot(inputs[k]).shape();
  Array<T> result = Array<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
  std::fill(result.storage().begin(), result.storage().end(), T(0));
  GradientSet<T>& set = gradients.set();
  std::array<View<const T>, 8> g;
  const bool swept = record.first_output < set.at.size() && tape.slot(inputs[k]).active &&
                     tape.slot(record.first_output).active;
  if (!swept || !cotangents(tape, record, set, g)) return result;
  Engine<T>& engine = tape.engine();
  const ScratchScope scope(engine.scratch());
  const Arrays<T> arrays(tape, record);
  const View<T> to = Engine<T>::allocate(engine.scratch(), shape);
  engine.pull(*record.rule, record.operation, k, g.data(), arrays.in, arrays.out.data(),
              record.stored, to, false);
  std::copy_n(to.data, shape.size(), result.data());
  return result;
}

#define XTAPE_INSTANTIATE(T)                                                                      \
  template class GradientPool<T>;                                                                 \
  template class BasicGradients<T>;                                                               \
  template class BasicParameterGradients<T>;                                                      \
  template BasicGradients<T> gradients(const BasicVariable<T>&);                                  \
  template BasicGradients<T> gradients_with(const BasicVariable<T>&, const View<const T>&);       \
  template BasicParameterGradients<T> detail::begin_parameter_gradients(const BasicVariable<T>&); \
  template void detail::sweep_parameters(const BasicVariable<T>&, GradientSet<T>&);               \
  template BasicVariable<T> recorded_gradient(const BasicVariable<T>&, const BasicVariable<T>&);  \
  template std::vector<BasicVariable<T>> recorded_gradients(const BasicVariable<T>&,              \
                                                            std::span<const BasicVariable<T>>);   \
  template Array<T> contribution(BasicTape<T>&, std::uint32_t, std::size_t,                       \
                                 const BasicGradients<T>&);
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(float)
#undef XTAPE_INSTANTIATE

}  // namespace xtape
