#include <xtape/autodiff/gradients.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace xtape {
namespace {

template <class T>
using Set = GradientSet<T>;

template <class T>
T* zeros(Arena& arena, const Shape& shape) {
  const View<T> view = Engine<T>::allocate(arena, shape);
  std::fill_n(view.data, std::max(shape.size(), Engine<T>::vector_size), T(0));
  return view.data;
}

template <class T>
View<T> gradient_of(const BasicTape<T>& tape, Set<T>& set, std::uint32_t slot) {
  const Shape& shape = tape.slot(slot).shape();
  T*& data = set.at[slot].data;
  if (data == nullptr) {
    const auto fits = [&](const View<T>& spare) { return spare.size() == shape.size(); };
    const auto spare = std::find_if(set.spare.begin(), set.spare.end(), fits);
    if (spare == set.spare.end()) {
      data = Engine<T>::allocate(set.arena, shape).data;
    } else {
      data = spare->data;
      set.spare.erase(spare);
    }
  }
  return {data, &shape};
}

// A record with the cotangents of its outputs.
template <class T>
class Swept {
 public:
  // False where no cotangent arrived. A missing one among several is zeros.
  bool load(const BasicTape<T>& tape, const Record<T>& record, Set<T>& set) {
    bool any = false;
    for (std::uint32_t i = 0; i < record.outputs; ++i)
      any |= set.at[record.first_output + i].assigned;
    if (!any) return false;
    record_ = &record;
    for (std::uint32_t i = 0; i < record.outputs; ++i) {
      const std::uint32_t slot = record.first_output + i;
      T*& gradient = set.at[slot].data;
      out_[i] = tape.slot(slot).view;
      if (gradient == nullptr) gradient = zeros<T>(set.arena, out_[i].shape());
      g_[i] = {gradient, out_[i].extents()};
    }
    return true;
  }
  void pull(Plan<T>& plan, const BasicTape<T>& tape, std::uint32_t k, View<T> to,
            bool accumulate) const {
    try {
      plan.pull(*record_->rule, k, record_->arguments, g_.data(), record_->in(), out_.data(), to,
                accumulate);
    } catch (const ShapeError& error) {
      tape.throw_in_vjp(*record_, k, error.what());
    }
  }

 private:
  const Record<T>* record_ = nullptr;
  std::array<View<const T>, most_outputs> g_, out_;
};

// What is only passed through shares memory, when gradients of parameters alone are wanted: so it
// stays in the nearest cache. An elementwise contribution may take the place of the cotangent that
// it is made of, the last time that this is read.
template <class T>
bool take_over(const BasicTape<T>& tape, const Record<T>& record, std::uint32_t input,
               Set<T>& set) {
  auto& from = set.at[record.first_output];
  auto& to = set.at[input];
  if (!record.rule->elementwise() || to.data != nullptr ||
      tape.slot(input).view.size() != tape.slot(record.first_output).view.size())
    return false;
  to.data = from.data;
  return true;
}

template <class T>
void plan_sweep(const BasicTape<T>& tape, std::uint32_t J, Set<T>& set) {
  const bool sharing = !set.entries.empty();
  const std::uint32_t last = tape.slot(J).record;
  Swept<T> swept;
  for (std::uint32_t r = last == no_index ? 0 : last + 1; r-- > 0;) {
    const Record<T>& record = tape.record_at(r);
    if (!tape.slot(record.first_output).active || !swept.load(tape, record, set)) continue;
    const auto inputs = tape.inputs_of(record);
    std::uint32_t last_active = record.inputs;
    while (!tape.slot(inputs[last_active - 1]).active) --last_active;
    bool taken = false;
    for (std::uint32_t k = 0; k < last_active; ++k) {
      if (!tape.slot(inputs[k]).active) continue;
      if (sharing && k + 1 == last_active) taken = take_over(tape, record, inputs[k], set);
      const View<T> to = gradient_of(tape, set, inputs[k]);
      swept.pull(set.plan, tape, k, to, std::exchange(set.at[inputs[k]].assigned, true));
    }
    if (!sharing) continue;
    for (std::uint32_t i = taken ? 1 : 0; i < record.outputs; ++i) {
      const std::uint32_t slot = record.first_output + i;
      // (The zeros of an output without a cotangent are written once and have to last.)
      if (set.at[slot].assigned)
        set.spare.push_back({set.at[slot].data, tape.slot(slot).view.extents()});
    }
  }
}

// One past the last slot that the record of J made.
template <class T>
std::uint32_t end_of(const BasicTape<T>& tape, std::uint32_t J) {
  const std::uint32_t record = tape.slot(J).record;
  if (record == no_index) return J + 1;
  return tape.record_at(record).first_output + tape.record_at(record).outputs;
}

// The gradients of the parameters asked for, one after the other.
template <class T>
void place_entries(const BasicTape<T>& tape, Set<T>& set) {
  const auto padded = [](std::size_t size) {
    constexpr std::size_t whole = Engine<T>::vector_size;
    return (std::max<std::size_t>(size, 1) + whole - 1) / whole * whole;
  };
  std::size_t total = 0;
  for (const auto& entry : set.entries) total += padded(entry.size);
  T* next = set.arena.template allocate<T>(total);
  std::fill_n(next, total, T(0));
  for (auto& entry : set.entries) {
    entry.gradient = next;
    next += padded(entry.size);
    const std::uint32_t slot = tape.find_leaf(entry.parameter);
    if (slot >= set.at.size()) continue;  // none, or recorded after J
    // The same parameter under two names has one gradient, which both entries point to.
    if (set.at[slot].data != nullptr) entry.gradient = set.at[slot].data;
    set.at[slot].data = entry.gradient;
  }
}

template <class T>
void make_plan(const BasicTape<T>& tape, std::uint32_t J, Set<T>& set) {
  set.version = 0;  // until all went well
  set.plan.clear();
  set.arena.rewind();
  set.spare.clear();
  set.at.assign(end_of(tape, J), {nullptr, false});
  set.entries.resize(set.listed);
  place_entries(tape, set);
  gradient_of(tape, set, J);
  set.at[J].assigned = true;
  plan_sweep(tape, J, set);
  for (auto& entry : set.entries) {
    const std::uint32_t slot = tape.find_leaf(entry.parameter);
    entry.reached = slot < set.at.size() && set.at[slot].assigned;
  }
  set.planned = J;
  set.version = tape.version();
}

// Computes the gradients; `seed(view)` writes the cotangent of J.
template <class T, class Seed>
void sweep(BasicTape<T>& tape, const BasicVariable<T>& J, Set<T>& set, Seed&& seed) {
  tape.check_parameters("gradients");
  set.tape = &tape;
  set.swept = tape.now();
  if (set.version != tape.version() || set.planned != J.index() || set.listed != set.entries.size())
    make_plan(tape, J.index(), set);
  seed(View<T>{set.at[J.index()].data, tape.slot(J.index()).view.extents()});
  for (auto& entry : set.entries) entry.version = entry.parameter->version();
  set.plan.run();
}

template <class T>
void sweep_from_one(const BasicVariable<T>& J, Set<T>& set) {
  BasicTape<T>& tape = *J.tape();
  const Shape& shape = tape.slot(tape.check(J, "gradients")).shape();
  if (shape.size() != 1)
    throw ShapeError("gradients: " + tape.describe(J.index(), "J") + " has " +
                     std::to_string(shape.size()) +
                     " elements; reduce it to one (sum, mean) or give its cotangent");
  sweep(tape, J, set, [](View<T> to) { std::fill_n(to.data, Engine<T>::vector_size, T(1)); });
}

}  // namespace

template <class T>
void GradientSet<T>::list(const ParameterStorage<T>* parameter) {
  const std::size_t size = parameter->shape().size();
  if (listed < entries.size() && entries[listed].parameter == parameter &&
      entries[listed].size == size) {
    ++listed;
    return;
  }
  version = 0;
  entries.resize(listed++);
  entries.push_back({parameter, size, nullptr, false, 0});
}

template <class T>
GradientSet<T>& GradientPool<T>::take() {
  for (const auto& set : sets_)
    if (set->holders == 0) {
      set->listed = 0;
      return *set;
    }
  sets_.push_back(std::make_unique<GradientSet<T>>());
  return *sets_.back();
}

template <class T>
BasicGradients<T> gradients(const BasicVariable<T>& J) {
  BasicGradients<T> result(BasicTape<T>::of(J, "gradients").pool());
  sweep_from_one(J, result.set());
  return result;
}

template <class T>
BasicGradients<T> gradients_with(const BasicVariable<T>& J, const View<const T>& cotangent) {
  BasicTape<T>& tape = BasicTape<T>::of(J, "gradients");
  BasicGradients<T> result(tape.pool());
  const Shape& shape = tape.slot(tape.check(J, "gradients")).shape();
  if (cotangent.shape() != shape)
    throw ShapeError("gradients: " + tape.describe(J.index(), "J") + " with a cotangent of shape " +
                     to_string(cotangent.shape()) + ": the shapes have to be equal");
  sweep(tape, J, result.set(), [&](View<T> to) { Engine<T>::copy(cotangent, to); });
  return result;
}

namespace {
template <class T>
const BasicTape<T>& tape_of(const Set<T>& set) {
  if (set.tape == nullptr)
    throw HandleError("gradient: the tape that these gradients were computed on is gone");
  return *set.tape;
}
}  // namespace

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
ArrayView<T> BasicGradients<T>::operator[](const BasicVariable<T>& x) const& {
  return at(tape_of(set()).check_active(x, "gradient"));
}

template <class T>
ArrayView<T> BasicGradients<T>::operator[](const BasicParameter<T>& parameter) const& {
  const std::uint32_t slot = tape_of(set()).find_leaf(parameter.storage().get());
  if (slot == no_index)
    throw HandleError("gradient: parameter " + parameter.name() + " is not in this recording");
  return at(slot);
}

template <class T>
bool BasicGradients<T>::reached(const BasicVariable<T>& x) const {
  return reached_at(tape_of(set()).check(x, "reached"));
}

template <class T>
bool BasicGradients<T>::reached_at(std::uint32_t slot) const {
  const Set<T>& s = set();
  return slot < s.at.size() && s.covers(slot) && s.at[slot].assigned;
}

template <class T>
bool BasicGradients<T>::reached(const BasicParameter<T>& parameter) const {
  return reached_at(tape_of(set()).find_leaf(parameter.storage().get()));
}

template <class T>
const typename BasicParameterGradients<T>::Entry& BasicParameterGradients<T>::find(
    const BasicParameter<T>& parameter) const {
  for (const Entry& entry : entries())
    if (entry.parameter == parameter.storage().get()) return entry;
  throw Error("gradient: parameter " + parameter.name() + " is none of those asked for");
}

template <class T>
ArrayView<T> BasicParameterGradients<T>::operator[](const BasicParameter<T>& parameter) const& {
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
  return BasicParameterGradients<T>(BasicTape<T>::of(J, "gradients").pool());
}

template <class T>
void sweep_parameters(const BasicVariable<T>& J, GradientSet<T>& set) {
  sweep_from_one(J, set);
}

}  // namespace detail

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
  Set<T>& set = gradients.set();
  if (set.tape != &tape) throw HandleError("contribution: the gradients are of another tape");
  if (!set.covers(record.first_output))
    throw HandleError(std::string("contribution: record ") + std::to_string(r) + ", " +
                      record.rule->name + ", was recorded after these gradients were computed");
  const Shape& shape = tape.slot(inputs[k]).shape();
  Array<T> result = Array<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
  std::fill(result.storage().begin(), result.storage().end(), T(0));
  Swept<T> swept;
  const bool reached = record.first_output + record.outputs <= set.at.size() &&
                       tape.slot(inputs[k]).active && tape.slot(record.first_output).active;
  if (!reached || !swept.load(tape, record, set)) return result;
  Arena memory;
  const View<T> to = Engine<T>::allocate(memory, shape);
  Plan<T> plan;
  swept.pull(plan, tape, static_cast<std::uint32_t>(k), to, false);
  plan.run();
  std::copy_n(to.data, shape.size(), result.data());
  return result;
}

#define XTAPE_INSTANTIATE(T)                                                                      \
  template struct GradientSet<T>;                                                                 \
  template class GradientPool<T>;                                                                 \
  template class BasicGradients<T>;                                                               \
  template class BasicParameterGradients<T>;                                                      \
  template BasicGradients<T> gradients(const BasicVariable<T>&);                                  \
  template BasicGradients<T> gradients_with(const BasicVariable<T>&, const View<const T>&);       \
  template BasicParameterGradients<T> detail::begin_parameter_gradients(const BasicVariable<T>&); \
  template void detail::sweep_parameters(const BasicVariable<T>&, GradientSet<T>&);               \
  template Array<T> contribution(BasicTape<T>&, std::uint32_t, std::size_t,                       \
                                 const BasicGradients<T>&);
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(float)
#undef XTAPE_INSTANTIATE

}  // namespace xtape
