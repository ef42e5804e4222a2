#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/diagnosis_sweep.hpp>
#include <xtape/autodiff/check/diagnosis_symbols.hpp>
#include <xtape/autodiff/check/kinks.hpp>
#include <xtape/autodiff/inspect/element.hpp>
#include <xtape/autodiff/random.hpp>

namespace xtape::detail {
namespace {

constexpr int draws = 8;
// A difference of so many root mean squares is no rounding.
constexpr double wide = 16;

// How far values are disturbed: far enough that the arithmetic's own rounding is not seen, near
// enough that the answer is proportional to it.
template <class T>
double disturbance() {
  return std::sqrt(static_cast<double>(std::numeric_limits<T>::epsilon()));
}

}  // namespace

template <class T>
MutantSweep<T>::MutantSweep(BasicTape<T>& tape, std::uint32_t J, std::uint32_t x)
    : tape_(tape),
      J_(J),
      x_(x),
      end_(tape.slot(J).record == no_index ? 0 : tape.slot(J).record + 1) {
  std::vector<char> from_x(tape.slots(), 0);
  on_path_.assign(tape.slots(), 0);
  from_x[x] = 1;
  for (std::uint32_t r = 0; r < end_; ++r) {
    const Record<T>& record = tape.record_at(r);
    bool any = false;
    for (const std::uint32_t in : tape.inputs_of(record)) any |= from_x[in] != 0;
    for (std::uint32_t i = 0; i < record.outputs; ++i) {
      const std::uint32_t out = record.first_output + i;
      from_x[out] = static_cast<char>(from_x[out] | (any && tape.slot(out).active ? 1 : 0));
    }
  }
  on_path_[J] = from_x[J];
  for (std::uint32_t r = end_; r-- > 0;) {
    const Record<T>& record = tape.record_at(r);
    bool any = false;
    for (std::uint32_t i = 0; i < record.outputs; ++i)
      any |= on_path_[record.first_output + i] != 0;
    if (any)
      for (const std::uint32_t in : tape.inputs_of(record)) on_path_[in] |= from_x[in];
  }
}

template <class T>
View<T> MutantSweep<T>::copy(Arena& arena, View<const T> from) const {
  const View<T> to = Engine<T>::allocate(arena, from.shape());
  Engine<T>::copy(from, to);
  return to;
}

template <class T>
void MutantSweep<T>::disturb(View<T> view, Random* noise) {
  if (noise == nullptr) return;
  random_.resize(view.size());
  noise->fill_uniform(random_.data(), view.size(), -1, 1);
  const auto delta = static_cast<T>(disturbance<T>());
  for (std::size_t i = 0; i < view.size(); ++i) view.data[i] *= 1 + delta * random_[i];
  Engine<T>::repeat_single(view);
}

// The recording computed again: with other leaves, or a little off.
template <class T>
void MutantSweep<T>::compute(Values& values, bool others, Random* noise) {
  values.arena.rewind();
  values.at.clear();
  for (std::uint32_t slot = 0; slot < tape_.slots(); ++slot)
    values.at.push_back(tape_.slot(slot).view);
  if (!others && noise == nullptr) return;
  for (std::uint32_t slot = 0; slot < tape_.slots(); ++slot) {
    if (tape_.slot(slot).record != no_index) continue;
    const View<T> leaf = copy(values.arena, values.at[slot]);
    const auto other = others_.find(slot);
    if (others && other != others_.end()) {
      std::transform(other->second.begin(), other->second.end(), leaf.data,
                     [](double number) { return static_cast<T>(number); });
      Engine<T>::repeat_single(leaf);
    }
    disturb(leaf, noise);
    values.at[slot] = {leaf.data, leaf.extents()};
  }
  std::vector<View<const T>> in;
  std::vector<View<T>> out;
  for (std::uint32_t r = 0; r < end_; ++r) {
    const Record<T>& record = tape_.record_at(r);
    in.clear();
    out.clear();
    for (const std::uint32_t slot : tape_.inputs_of(record)) in.push_back(values.at[slot]);
    for (std::uint32_t i = 0; i < record.outputs; ++i)
      out.push_back(Engine<T>::allocate(values.arena, tape_.slot(record.first_output + i).shape()));
    engine_.compute(*record.rule, record.operation(), in, out.data());
    for (std::uint32_t i = 0; i < record.outputs; ++i) {
      disturb(out[i], noise);
      values.at[record.first_output + i] = {out[i].data, out[i].extents()};
    }
  }
}

// What is at its kink computed again with the next number as its first input.
template <class T>
void MutantSweep<T>::step_beside_kinks(Values& values, int side) {
  const T limit = static_cast<T>(side) * std::numeric_limits<T>::infinity();
  for (std::uint32_t r = 0; r < end_; ++r) {
    const Record<T>& record = tape_.record_at(r);
    const std::uint32_t out = record.first_output;
    if (record.rule->kink == nullptr || !on_path(out)) continue;
    std::vector<View<const T>> in;
    for (const std::uint32_t slot : tape_.inputs_of(record)) in.push_back(values.at[slot]);
    const Shape& shape = tape_.slot(out).shape();
    const View<T> moved = copy(values.arena, in[0]);
    bool any = false;
    for (std::size_t e = 0; e < shape.size(); ++e) {
      const auto there = [&](std::uint32_t k) {
        return in[k].data[element_of_input(in[k].shape(), shape, e)];
      };
      if (kink_at(record, there) != 0) continue;
      const std::size_t i = element_of_input(in[0].shape(), shape, e);
      moved.data[i] = std::nextafter(in[0].data[i], limit);
      any = true;
    }
    if (!any) continue;
    Engine<T>::repeat_single(moved);
    in[0] = {moved.data, moved.extents()};
    const View<T> y = Engine<T>::allocate(values.arena, shape);
    engine_.compute(*record.rule, record.operation(), in, &y);
    values.at[tape_.inputs_of(record)[0]] = in[0];
    values.at[out] = {y.data, y.extents()};
  }
}

template <class T>
void MutantSweep<T>::set_other(std::uint32_t leaf, const std::vector<double>& values) {
  others_[leaf] = values;
  compute(other_values_, true, nullptr);
}

template <class T>
bool MutantSweep<T>::differs(std::uint32_t slot) {
  if (others_.empty()) return false;
  const View<const T> now = tape_.slot(slot).view, other = other_values_.at[slot];
  return !std::equal(now.data, now.data + now.size(), other.data);
}

// f′ of another argument than the recorded one.
template <class T>
View<T> MutantSweep<T>::slope_at(const Record<T>& record, View<const T> x) {
  const Rule<T>& rule = *record.rule;
  const View<T> y = Engine<T>::allocate(memory_, x.shape()),
                slope = Engine<T>::allocate(memory_, x.shape());
  const std::vector<View<const T>> in = {x};
  const auto arguments = engine_.arrange(record.operation(), in, y, slope.data);
  if (rule.forward_storing != nullptr) {
    engine_.forward(engine_.chosen(*rule.forward_storing), arguments, in, x.shape());
    return slope;
  }
  engine_.forward(engine_.chosen(*rule.forward), arguments, in, x.shape());
  const View<T> ones = Engine<T>::allocate(memory_, x.shape());
  std::fill_n(ones.data, std::max(ones.size(), Engine<T>::vector_size), T(1));
  engine_.backward(engine_.chosen(rule.backward[0]), arguments, in, x.shape(), ones.data,
                   slope.data, false);
  return slope;
}

template <class T>
void MutantSweep<T>::pull_replaced(const Record<T>& record, Slope replacement, const Values& values,
                                   View<const T> g, View<T> to, bool accumulate) {
  const View<const T> x = values.at[tape_.inputs_of(record)[0]], y = values.at[record.first_output];
  const View<T> slope = replacement == Slope::at_output ? slope_at(record, y)
                                                        : Engine<T>::allocate(memory_, x.shape());
  if (replacement == Slope::one) std::fill_n(slope.data, slope.size(), T(1));
  if (replacement == Slope::textbook || replacement == Slope::textbook_of_input) {
    const Symbol formula = record.rule->textbook_symbol(record.operation());
    for (std::size_t i = 0; i < x.size(); ++i)
      slope.data[i] =
          evaluated(formula, x.data[i], replacement == Slope::textbook ? y.data[i] : x.data[i]);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T c = g.data[i] == 0 ? T(0) : g.data[i] * slope.data[i];
    to.data[i] = accumulate ? to.data[i] + c : c;
  }
  Engine<T>::repeat_single(to);
}

template <class T>
void MutantSweep<T>::pull(const Record<T>& record, std::uint32_t k, const Values& values,
                          const std::vector<View<T>>& gradients, View<T> to, bool accumulate) {
  const Rule<T>& rule = *record.rule;
  std::vector<View<const T>> in, out, g;
  for (const std::uint32_t slot : tape_.inputs_of(record)) in.push_back(values.at[slot]);
  for (std::uint32_t i = 0; i < record.outputs; ++i) {
    out.push_back(values.at[record.first_output + i]);
    const View<T>& gradient = gradients[record.first_output + i];
    g.emplace_back(gradient.data, gradient.extents());
  }
  KernelArguments<T> arguments = record.arguments;
  if (rule.elementwise()) {
    const View<T> y = copy(memory_, out[0]), stored = Engine<T>::allocate(memory_, out[0].shape());
    arguments = engine_.arrange(record.operation(), in, y, stored.data);
    if (rule.forward_storing != nullptr) {  // into an array of its own: y may be another one
      auto storing = arguments;
      storing.out = Engine<T>::allocate(memory_, out[0].shape()).data;
      engine_.forward(engine_.chosen(*rule.forward_storing), storing, in, out[0].shape());
    }
  }
  Plan<T> plan;
  try {
    plan.pull(rule, k, arguments, g.data(), in, out.data(), to, accumulate);
  } catch (const ShapeError& error) {
    tape_.throw_in_vjp(record, k, error.what());
  }
  plan.run();
}

template <class T>
std::vector<double> MutantSweep<T>::sweep(const Mutation& mutation, std::uint32_t slot,
                                          const Values& values, Random* noise) {
  memory_.rewind();
  const auto gradient = [&](std::uint32_t at) {
    const View<T> view = Engine<T>::allocate(memory_, tape_.slot(at).shape());
    std::fill_n(view.data, std::max(view.size(), Engine<T>::vector_size), T(0));
    return view;
  };
  std::vector<View<T>> gradients(tape_.slots(), View<T>{nullptr, nullptr});
  const std::vector<std::pair<std::uint32_t, double>> whole = {{J_, 1}};
  for (const auto& [at, weight] : mutation.seeds.empty() ? whole : mutation.seeds) {
    if (gradients[at].data == nullptr) gradients[at] = gradient(at);
    gradients[at].data[0] += static_cast<T>(weight);
    Engine<T>::repeat_single(gradients[at]);
  }
  std::vector<const Slope*> replaced(end_, nullptr);
  for (const auto& [r, slope] : mutation.slopes) replaced[r] = &slope;
  for (std::uint32_t r = end_; r-- > 0;) {
    const Record<T>& record = tape_.record_at(r);
    bool any = false, arrived = false;
    for (std::uint32_t out = record.first_output; out < record.first_output + record.outputs;
         ++out) {
      any |= on_path(out);
      arrived |= gradients[out].data != nullptr;
    }
    if (!any || !arrived) continue;
    for (std::uint32_t out = record.first_output; out < record.first_output + record.outputs;
         ++out) {
      if (gradients[out].data == nullptr) gradients[out] = gradient(out);
      disturb(gradients[out], noise);
    }
    const auto inputs = tape_.inputs_of(record);
    for (std::uint32_t k = 0; k < inputs.size(); ++k) {
      const std::uint32_t in = inputs[k];
      if (!on_path(in)) continue;
      const bool accumulate = gradients[in].data != nullptr;
      if (!accumulate) gradients[in] = gradient(in);
      if (replaced[r] != nullptr) {
        const View<T>& g = gradients[record.first_output];
        pull_replaced(record, *replaced[r], values, {g.data, g.extents()}, gradients[in],
                      accumulate);
      } else {
        pull(record, k, values, gradients, gradients[in], accumulate);
      }
    }
  }
  if (gradients[slot].data == nullptr) gradients[slot] = gradient(slot);
  return {gradients[slot].data, gradients[slot].data + gradients[slot].size()};
}

template <class T>
Predicted MutantSweep<T>::predict(const Mutation& mutation, std::uint32_t slot, double epsilon,
                                  std::size_t terms, Bars bars) {
  Values values, others;
  const auto run = [&](Random* noise) {
    compute(values, false, noise);
    if (!mutation.others.empty()) {
      compute(others, true, noise);
      for (const std::uint32_t other : mutation.others) values.at[other] = others.at[other];
    }
    if (mutation.beside_kinks != 0) step_beside_kinks(values, mutation.beside_kinks);
    return sweep(mutation, slot, values, noise);
  };
  Predicted result;
  result.shape = tape_.slot(slot).shape();
  result.values = run(nullptr);
  if (bars == Bars::rough) {
    double largest = 0;
    for (const double number : result.values)
      if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
    result.bar.assign(result.values.size(), 0);
    result.wide.assign(result.values.size(), largest / 100);
    return result;
  }
  std::vector<double> squares(result.values.size(), 0);
  Random noise(20220427);
  for (int draw = 0; draw < draws; ++draw) {
    const std::vector<double> disturbed = run(&noise);
    for (std::size_t i = 0; i < squares.size(); ++i) {
      const double change = (disturbed[i] - result.values[i]) / disturbance<T>();
      squares[i] += change * change / draws;
    }
  }
  const double root = std::sqrt(static_cast<double>(std::max<std::size_t>(terms, 1)));
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const double magnitude = std::abs(result.values[i]);
    const double change = std::sqrt(squares[i]);
    const double size = std::isfinite(change) ? change : magnitude;
    // (What is not finite is near nothing but itself.)
    const double bar = (wide * root * size + 4 * magnitude) * epsilon;
    result.bar.push_back(std::isfinite(magnitude) ? bar : 0);
  }
  result.wide = result.bar;
  return result;
}

template class MutantSweep<double>;
template class MutantSweep<float>;

}  // namespace xtape::detail
