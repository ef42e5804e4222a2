#include <xtape/autodiff/check/gradient_check.hpp>

#include <algorithm>
#include <optional>
#include <xtape/autodiff/check/gradient_check_causes.hpp>
#include <xtape/autodiff/check/gradient_check_task.hpp>

namespace xtape {

template <class T>
void BasicCheckInput<T>::throw_integers(const Shape& shape) {
  throw Error("check_gradients: an input " + to_string(shape) +
              " of integers, which have no derivative; convert it to floating-point numbers");
}
template class BasicCheckInput<double>;
template class BasicCheckInput<float>;

namespace detail {
namespace {

// Errors in the options, before anything is evaluated.
template <class T>
void check_options(const GradientCheckOptions& options, const std::vector<TaskInput<T>>& inputs,
                   const std::string& who) {
  if (!(options.tolerance >= 0 && options.tolerance < 0.1))
    throw Error(who + ": a tolerance of " + short_text(options.tolerance) +
                "; it is relative and has to be below 0.1, or wrong gradients pass");
  if (options.order != 1 && options.order != 2)
    throw Error(who + ": order " + std::to_string(options.order) + "; it is 1 or 2");
  if (!(options.scale >= 0) || !std::isfinite(options.scale))
    throw Error(who + ": a scale of " + short_text(options.scale));
  if (options.directions == 0) throw Error(who + ": no directions");
  if (options.names.size() > inputs.size())
    throw Error(who + ": " + std::to_string(options.names.size()) + " names for " +
                std::to_string(inputs.size()) + " inputs");
  for (const auto* list : {&options.expect_zero, &options.skip})
    for (const std::string& entry : *list) {
      const bool found = std::ranges::any_of(inputs, [&](const auto& input) {
        if (entry == input.name) return true;
        if (!entry.starts_with(input.name)) return false;
        for (std::size_t e = 0; e < input.shape.size(); ++e)
          if (entry == input.name + index_text(input.shape, e)) return true;
        return false;
      });
      if (!found)
        throw Error(who + ": \"" + entry + "\" in the options is no input and no element");
    }
}

template <class T>
void check_inputs(const std::vector<TaskInput<T>>& inputs, const std::string& who) {
  if (inputs.empty()) throw Error(who + ": no inputs");
  for (const auto& input : inputs) {
    if (std::ranges::count(inputs, input.name, &TaskInput<T>::name) > 1)
      throw Error(who + ": two inputs have the name " + input.name);
    if (input.base.empty())
      throw Error(who + ": " + input.name + " " + to_string(input.shape) + " has no elements");
    for (std::size_t e = 0; e < input.base.size(); ++e)
      if (!std::isfinite(input.base[e]))
        throw Error(who + ": " + input.name + index_text(input.shape, e) + " is " +
                    short_text(static_cast<long double>(input.base[e])));
  }
}

// The function has one value at the point, and that is a number.
void check_value(long double first, long double second, const std::string& who) {
  if (!std::isfinite(first))
    throw Error(who + ": the function is " + short_text(first) +
                " at the point; there is no derivative there");
  if (first != second)
    throw Error(
        who + ": the function gave two values at one point, " + short_text(first) +
        " and one that differs by " + short_text(second - first) +
        "; it has to be deterministic (randomness: give a generator in .record and draw from "
        "the tape's)");
}

// A function on a tape: records it anew for each value.
template <class T>
class Recorder {
 public:
  using V = BasicVariable<T>;
  Recorder(std::vector<CheckLeaf<T>>& leaves, const CheckedFunction<T>& function,
           const GradientCheckOptions& options)
      : leaves_(leaves), function_(function), options_(options) {
    if (options.record.random.generator != nullptr) random_ = *options.record.random.generator;
  }

  // Records the function: the single number that is differentiated.
  V record() {
    RecordOptions record = options_.record;
    if (random_) {
      draws_ = *random_;
      record.random = *draws_;
    }
    tape_.record(record);
    x_.clear();
    for (CheckLeaf<T>& leaf : leaves_)
      x_.push_back(leaf.parameter != nullptr
                       ? tape_.parameter(*leaf.parameter)
                       : tape_.variable(adapt(leaf.values.data(), leaf.shape), leaf.name));
    const V J = function_(tape_, x_);
    if (!J.valid()) throw HandleError("check_gradients: the function gave an empty variable");
    if (J.tape() != &tape_)
      throw HandleError(
          "check_gradients: the function gave a variable of another tape; it has to record on the "
          "tape of the variables that it is given");
    tape_.check(J, "check_gradients");
    if (J.shape().size() == 1) return J;
    return sum(J * tape_.constant(cotangent(J.shape())));
  }
  // Σ v·∂J/∂x as a number, and recorded.
  long double along_direction() {
    const V J = record();
    const auto grad = gradients(J);
    long double total = 0;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const auto part = grad[x_[i]];
      for (std::size_t e = 0; e < part.size(); ++e)
        total += static_cast<long double>(part.data()[e]) *
                 static_cast<long double>(direction(i).data()[e]);
    }
    return total;
  }
  V recorded_along_direction() {
    const V J = record();
    const auto g = recorded_gradients<T>(J, x_);
    V total;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const V part = sum(g[i] * tape_.constant(direction(i)));
      total = total.valid() ? total + part : part;
    }
    return total;
  }
  [[nodiscard]] BasicTape<T>& tape() { return tape_; }
  [[nodiscard]] std::span<const V> leaves() const { return x_; }
  [[nodiscard]] std::vector<std::uint32_t> slots() const {
    std::vector<std::uint32_t> result;
    for (const V& x : x_) result.push_back(x.index());
    return result;
  }
  [[nodiscard]] bool contracted() const { return cotangent_.has_value(); }

 private:
  Array<T> drawn(const Shape& shape, std::uint64_t stream) const {
    auto result = Array<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
    const Random random = Random(options_.seed).split(stream);
    for (std::size_t e = 0; e < result.size();
         ++e) {  // of sizes that are alike: none is overlooked
      const double u = random.uniform_at(0, e);
      result.data()[e] = static_cast<T>(u < 0.5 ? u + 0.5 : -u);
    }
    return result;
  }
  const Array<T>& cotangent(const Shape& shape) {
    if (!cotangent_) cotangent_ = drawn(shape, 1000000);
    if (Shape(cotangent_->shape()) != shape)
      throw ShapeError("check_gradients: the function gave arrays of two shapes, " +
                       to_string(Shape(cotangent_->shape())) + " and " + to_string(shape));
    return *cotangent_;
  }
  const Array<T>& direction(std::size_t i) {
    while (directions_.size() < leaves_.size())
      directions_.push_back(drawn(leaves_[directions_.size()].shape, 2000000 + directions_.size()));
    return directions_[i];
  }

  std::vector<CheckLeaf<T>>& leaves_;
  const CheckedFunction<T>& function_;
  const GradientCheckOptions& options_;
  BasicTape<T> tape_;
  std::vector<V> x_;
  std::optional<Random> random_, draws_;
  std::optional<Array<T>> cotangent_;
  std::vector<Array<T>> directions_;
};

template <class T>
void take_gradients(CheckTask<T>& task, const BasicVariable<T>& J, Recorder<T>& recorder) {
  if (!J.active() && task.order == 2) {  // a gradient that is constant
    for (auto& input : task.inputs) input.analytic.assign(input.base.size(), 0);
    return;
  }
  const auto grad = gradients(J);
  for (std::size_t i = 0; i < task.inputs.size(); ++i) {
    const auto g = grad[recorder.leaves()[i]];
    task.inputs[i].analytic.assign(g.data(), g.data() + g.size());
    task.inputs[i].reached = grad.reached(recorder.leaves()[i]);
  }
}

}  // namespace

void throw_no_parameters() { throw Error("check_gradients: the module names no parameters"); }

template <class T>
GradientReport check_recorded(std::vector<CheckLeaf<T>> leaves, const CheckedFunction<T>& function,
                              const GradientCheckOptions& options) {
  const std::string who = "check_gradients";
  CheckTask<T> task;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    CheckLeaf<T>& leaf = leaves[i];
    if (i < options.names.size()) leaf.name = options.names[i];
    if (leaf.name.empty()) leaf.name = "input " + std::to_string(i + 1);
    T* data = leaf.parameter != nullptr ? leaf.parameter->storage()->data() : leaf.values.data();
    task.inputs.push_back(
        {leaf.name, leaf.shape, data, std::vector<T>(data, data + leaf.shape.size()), {}, true});
  }
  check_inputs(task.inputs, who);
  check_options(options, task.inputs, who);
  task.moved = [&leaves] {
    for (const auto& leaf : leaves)
      if (leaf.parameter != nullptr) leaf.parameter->storage()->touched();
  };
  Recorder<T> recorder(leaves, function, options);
  task.evaluate = [&recorder] { return static_cast<long double>(recorder.record().item()); };
  task.kinks = [&recorder] { return kink_values(recorder.tape()); };
  const long double first = task.evaluate();
  check_value(first, task.evaluate(), who);

  const Settings settings = Settings::of<T>(options);
  GradientReport report;
  take_gradients(task, recorder.record(), recorder);
  if (recorder.contracted())
    report.notes.emplace_back(
        "the function gives an array: the gradient of its sum with random weights was checked");
  run_check(task, settings, report);
  check_value(first, task.evaluate(), who);  // of a random one the first two may have been alike
  find_causes(report, 1);
  recorder.record();
  find_suspects(task, recorder.tape(), recorder.slots(), settings, report);
  if (options.order == 2) {
    task.order = 2;
    task.kinks = nullptr;
    take_gradients(task, recorder.recorded_along_direction(), recorder);
    task.evaluate = [&recorder] { return recorder.along_direction(); };
    run_check(task, settings, report);
    find_causes(report, 2);
    recorder.recorded_along_direction();
    find_suspects(task, recorder.tape(), recorder.slots(), settings, report);
    report.notes.emplace_back(
        "order 2 is the gradient of the gradient's part along a random direction");
  }
  return report;
}

template <class T>
GradientReport check_values(const std::function<T(std::span<const T>)>& value,
                            std::span<const T> gradient, std::span<const T> x,
                            const GradientCheckOptions& options) {
  const std::string who = "check_gradient";
  std::vector<T> point(x.begin(), x.end());
  CheckTask<T> task;
  Shape shape;
  shape.push_back(point.size());
  task.inputs.push_back(
      {options.names.empty() ? "x" : options.names[0], shape, point.data(), point, {}, true});
  check_inputs(task.inputs, who);
  check_options(options, task.inputs, who);
  if (gradient.size() != x.size())
    throw Error(who + ": a gradient of " + std::to_string(gradient.size()) + " elements for " +
                std::to_string(x.size()) + " of x");
  if (options.order != 1)
    throw Error(who + ": order 2 takes a function on a tape; check the gradient's own gradient");
  task.inputs[0].analytic.assign(gradient.begin(), gradient.end());
  task.evaluate = [&] { return static_cast<long double>(value(point)); };
  const long double first = task.evaluate();
  check_value(first, task.evaluate(), who);
  GradientReport report;
  run_check(task, Settings::of<T>(options), report);
  check_value(first, task.evaluate(), who);
  find_causes(report, 1);
  return report;
}

#define XTAPE_INSTANTIATE(T)                                                                   \
  template GradientReport check_recorded(std::vector<CheckLeaf<T>>, const CheckedFunction<T>&, \
                                         const GradientCheckOptions&);
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(float)
#undef XTAPE_INSTANTIATE
#define XTAPE_INSTANTIATE(T)                                                        \
  template GradientReport check_values(const std::function<T(std::span<const T>)>&, \
                                       std::span<const T>, std::span<const T>,      \
                                       const GradientCheckOptions&);
XTAPE_INSTANTIATE(double)
XTAPE_INSTANTIATE(float)
XTAPE_INSTANTIATE(long double)
#undef XTAPE_INSTANTIATE

}  // namespace detail
}  // namespace xtape
