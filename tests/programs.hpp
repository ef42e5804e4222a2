#pragma once
// Random programs for a tape, what is seen when they run, and small changes of them.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff.hpp>

#include "recordings.hpp"

namespace programs {

using xtape::Array;
using xtape::BasicGradients;
using xtape::BasicParameter;
using xtape::BasicTape;
using xtape::BasicVariable;
using xtape::concatenate;
using xtape::Random;
using xtape::Shape;

inline constexpr std::size_t leaves = 6;       // kinds of leaves
inline constexpr std::size_t operations = 29;  // kinds of operations
inline constexpr std::size_t forms = 5;        // of asking for gradients

/// Records one array.
struct Item {
  bool leaf = false;
  std::size_t kind = 0;
  std::array<std::size_t, 3> in{};  // of the arrays made so far, counted cyclically
  double number = 1;
  Shape shape;           // of a leaf
  std::uint64_t id = 0;  // of its values
  unsigned line = 0, scopes = 0;
  std::size_t detour = 0;  // what is recorded before it and taken back
  bool named = false;
};

struct Program {
  std::vector<Item> items;
  std::uint64_t values = 0;
  std::size_t J = 0, form = 0;
  std::vector<std::size_t> listed;  // the parameters that gradients are asked for
};

/// The parameters of the programs, and the arrays that they lend to the tapes.
template <class T>
struct World {
  std::vector<BasicParameter<T>> all;
  std::map<std::string, Array<T>> lent;
};

template <class T>
struct Module {
  std::vector<BasicParameter<T>*> listed;
  void parameters(auto& each) {
    for (BasicParameter<T>* const p : listed) each("p", *p);
  }
};

template <class T>
Array<T> values_of(const Shape& shape, std::uint64_t seed) {
  auto result = Array<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
  Random(seed).fill_uniform(result.data(), result.size(), -1.5, 1.5);
  return result;
}

/// Runs programs on one tape and writes down everything that can be seen.
template <class T>
class Runner {
 public:
  using V = BasicVariable<T>;
  using Trace = std::vector<std::uint64_t>;

  Runner(World<T>& world, bool only_once) : world_(world), only_once_(only_once) {}

  Trace run(const Program& program) {
    misfits.assign(program.items.size(), false);
    trace_.clear();
    made_.clear();
    tape.record();
    for (std::size_t i = 0; i < program.items.size(); ++i) {
      if (!only_once_) detour(program, program.items[i]);
      misfits[i] = !record(program, program.items[i]);
    }
    if (!made_.empty()) differentiate(program, made_[program.J % made_.size()]);
    see_recording();
    return trace_;
  }
  /// Gradients of earlier recordings, whose handles still live, have the numbers that they had.
  void check_kept() {
    for (const Kept& k : kept_) CHECK(bits_at(k.numbers, k.bits.size()) == k.bits);
    if (kept_.size() > 4) kept_.clear();
  }

  BasicTape<T> tape;
  std::vector<bool> misfits;  // the items that threw

 private:
  struct Kept {
    BasicGradients<T> handle;
    const T* numbers;
    Trace bits;
  };
  static Trace bits_at(const T* numbers, std::size_t count) {
    using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
    Trace result(count);
    std::transform(numbers, numbers + count, result.begin(),
                   [](T number) { return std::bit_cast<Bits>(number); });
    return result;
  }
  void see(std::uint64_t number) { trace_.push_back(number); }
  void see(std::string_view text) { see(std::hash<std::string_view>{}(text)); }
  template <class E>
  void see_numbers(const E& expression) {
    see(std::string_view(to_string(Shape(expression.shape()))));
    const Trace seen = bits_at(expression.data(), expression.size());
    trace_.insert(trace_.end(), seen.begin(), seen.end());
  }
  void see_recording() {
    for (std::uint32_t i = 0; i < tape.slots(); ++i) {
      see(tape.name_of(i));
      see(tape.handle(i).active());
      see(tape.slot(i).record);
      see_numbers(tape.handle(i).value());
    }
    for (std::uint32_t r = 0; r < tape.records(); ++r) {
      const auto& record = tape.record_at(r);
      see(record.rule->name);
      see(record.line);
      see(record.first_output);
      see(record.derives_record);
      see(record.derives_input);
      for (const std::uint32_t input : tape.inputs_of(record)) see(input);
      for (auto s = record.scope; s != xtape::no_index; s = tape.scope_at(s).parent)
        see(tape.scope_at(s).name);
    }
  }

  void detour(const Program& program, const Item& item) {
    if (item.detour == 0 || item.detour > 3 || made_.empty()) return;
    const auto before = made_;
    const auto mark = tape.mark();
    if (item.detour == 1) {
      record(program, item);
    } else {
      const V y = tanh(made_.back().named("on a detour") * item.number);
      if (item.detour == 2) static_cast<void>(gradients(sum(y)));
    }
    tape.rewind(mark);
    made_ = before;
  }
  bool record(const Program& program, const Item& item) {
    std::optional<typename BasicTape<T>::Scope> outer, inner;
    if (item.scopes > 0) outer.emplace(tape, "outer", xtape::Place{"program.cpp", item.line});
    if (item.scopes > 1) inner.emplace(tape, "inner", xtape::Place{"program.cpp", 1});
    if (!item.leaf && made_.empty()) return false;
    try {
      const V y = item.leaf ? leaf(program, item) : operation(item);
      if (item.named) y.named("item " + std::to_string(item.line));
      if (y.shape().size() < 1500) made_.push_back(y);
    } catch (const xtape::ShapeError&) {
      return false;
    }
    return true;
  }
  BasicParameter<T>& parameter(std::size_t i) { return world_.all[i % world_.all.size()]; }
  V leaf(const Program& program, const Item& item) {
    const std::uint64_t seed = program.values * 1000 + item.id;
    if (item.kind == 0) return tape.variable(values_of<T>(item.shape, seed), "x");
    if (item.kind == 1) return tape.constant(values_of<T>(item.shape, seed) + 0);
    if (item.kind == 2) return tape.constant(values_of<T>(item.shape, seed));  // taken over
    if (item.kind == 3) {
      Array<T>& lent = world_.lent[std::to_string(item.id) + to_string(item.shape)];
      const Array<T> values = values_of<T>(item.shape, seed);
      if (lent.shape() != values.shape()) lent = values;
      std::copy(values.begin(), values.end(), lent.begin());
      return tape.constant(xtape::borrow(lent));
    }
    if (item.kind == 4) return tape.variable(static_cast<T>(item.number), "number");
    return tape.parameter(parameter(item.id));
  }
  struct Inputs {
    V a, b, c;
    const BasicParameter<T>& p;
    double number;
    std::size_t n;  // elements of a
  };
  V operation(const Item& item) {
    const auto in = [&](std::size_t i) { return made_[item.in[i] % made_.size()]; };
    using Operation = V (*)(const Inputs& x);
    static constexpr std::array<Operation, operations> all = {
        [](const Inputs& x) -> V { return tanh(x.a); },
        [](const Inputs& x) -> V { return sigmoid(x.a); },
        [](const Inputs& x) -> V { return softplus(x.a) * sin(x.b); },
        [](const Inputs& x) -> V { return square(x.a); },
        [](const Inputs& x) -> V { return relu(x.a); },
        [](const Inputs& x) -> V { return -x.a; },
        [](const Inputs& x) -> V { return pow(softplus(x.a), x.number); },
        [](const Inputs& x) -> V { return maximum(x.a, x.number); },
        [](const Inputs& x) -> V { return x.a * x.number; },
        [](const Inputs& x) -> V { return x.a * x.p; },
        [](const Inputs& x) -> V { return sum(x.a, -1, x.number > 1); },
        [](const Inputs& x) -> V { return mean(x.a, 0); },
        [](const Inputs& x) -> V { return sum(x.a); },
        [](const Inputs& x) -> V { return reshape(x.a, {x.n}); },
        [](const Inputs& x) -> V {
          return reshape(x.a, {x.n, 1});
        },
        [](const Inputs& x) -> V {
          return broadcast_to(x.a, x.n < 70 ? before(2, x.a.shape()) : x.a.shape());
        },
        [](const Inputs& x) -> V {
          return slice(x.a, {{0, x.number > 1 ? 3 : 2, 1 + (x.number > 1.5)}});
        },
        [](const Inputs& x) -> V { return transpose(x.a); },
        [](const Inputs& x) -> V { return recordings::halves(reshape(x.a, {x.n}))[x.number > 1]; },
        [](const Inputs& x) -> V { return x.a + x.b; },
        [](const Inputs& x) -> V { return x.a - x.b; },
        [](const Inputs& x) -> V { return x.a * x.b; },
        [](const Inputs& x) -> V { return x.a / (square(x.b) + 1); },
        [](const Inputs& x) -> V { return maximum(x.a, x.b); },
        [](const Inputs& x) -> V { return where(x.a > x.number, x.b, x.c * x.number); },
        [](const Inputs& x) -> V { return matmul(x.a, x.b); },
        [](const Inputs& x) -> V { return linear(x.a, x.b, x.c); },
        [](const Inputs& x) -> V {
          return concatenate({x.a, x.b, x.a}, x.number > 1 ? -1 : 0);
        },
        [](const Inputs& x) -> V { return tanh(x.a) * x.a + x.b * x.c; },
    };
    return all[item.kind](
        {in(0), in(1), in(2), parameter(item.id), item.number, in(0).shape().size()});
  }
  static Shape before(std::size_t extent, const Shape& shape) {
    Shape result = {extent};
    for (const std::size_t e : shape) result.push_back(e);
    return result;
  }

  void differentiate(const Program& program, const V& y) {
    const V J = program.form == 1 || y.shape().size() == 1 ? y : mean(square(y));
    if (program.form == 2) {
      Module<T> module;
      for (const std::size_t i : program.listed) module.listed.push_back(&parameter(i));
      const auto grad = gradients(J, module);
      for (const auto* const p : module.listed) {
        see_numbers(grad[*p]);
        see(grad.reached(*p));
      }
      return;
    }
    if (program.form == 3) {
      const V x = made_[program.values % made_.size()];
      const V g = x.active() ? recorded_gradient(J, x) : x;
      return see_gradients(gradients(g.shape().size() == 1 ? g : sum(g * g)), 0);
    }
    if (program.form != 1) return see_gradients(gradients(J), program.form);
    see_gradients(gradients(J, values_of<T>(J.shape(), program.values)), 0);
  }
  void see_gradients(const BasicGradients<T>& grad, std::size_t form) {
    for (std::uint32_t i = 0; i < tape.slots(); ++i) {
      see(grad.reached(tape.handle(i)));
      if (tape.handle(i).active()) see_numbers(grad[tape.handle(i)]);
    }
    for (std::uint32_t r = 0; form == 4 && r < tape.records(); r += 3)
      see_numbers(contribution(tape, r, 0, grad));
    if (only_once_ || kept_.size() > 4) return;
    const auto first = std::ranges::find_if(made_, [](const V& x) { return x.active(); });
    if (first == made_.end()) return;
    const auto seen = grad[*first];
    kept_.push_back({grad, seen.data(), bits_at(seen.data(), seen.size())});
  }

  World<T>& world_;
  bool only_once_;
  std::vector<V> made_;
  std::vector<Kept> kept_;
  Trace trace_;
};

/// Makes programs and changes them a little.
template <class T>
class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {
    world.all.assign(5, BasicParameter<T>(Shape{}));
    for (BasicParameter<T>& parameter : world.all) replace(parameter);
    program_ = other_ = invent();
  }

  const Program& next(const std::vector<bool>& misfits) {
    // What does not fit is often left out, so that programs come back as they were.
    if (misfits.size() == program_.items.size() && random_.below(8) != 0)
      for (std::size_t i = misfits.size(); i-- > 0;)
        if (misfits[i]) drop(i);
    if (random_.below(8) != 0) program_.values = random_.below(1000000);
    if (random_.below(4) == 0) program_.form = random_.below(forms);
    if (random_.below(2) == 0) change();
    return program_;
  }

  World<T> world;

 private:
  Shape shape() {
    static const std::vector<Shape> shapes = {{},     {1},    {3},    {7},     {8}, {7, 1},
                                              {8, 1}, {1, 8}, {2, 3}, {3, 4},  {4}, {1, 1},
                                              {65},   {600},  {5, 3}, {40, 30}};
    return shapes[random_.below(shapes.size())];
  }
  void replace(BasicParameter<T>& parameter) {
    parameter = BasicParameter<T>(values_of<T>(shape(), random_.next()), "parameter");
  }
  double number() { return std::array{0.5, 1.0, 1.5, 2.0, 2.5}[random_.below(5)]; }
  Item item() {
    Item result;
    result.leaf = random_.below(6) == 0;
    result.kind = random_.below(result.leaf ? leaves : operations);
    for (std::size_t& in : result.in) in = random_.below(40);
    result.number = number();
    result.shape = shape();
    result.id = random_.below(100);
    result.line = static_cast<unsigned>(random_.below(1000));
    result.scopes = static_cast<unsigned>(random_.below(3));
    result.detour = random_.below(60);
    result.named = random_.below(4) == 0;
    return result;
  }
  Program invent() {
    Program result;
    const std::size_t size = 3 + random_.below(30);
    for (std::size_t i = 0; i < size; ++i) {
      result.items.push_back(item());
      if (i < 3) result.items.back().leaf = true;
      if (i < 3) result.items.back().kind %= leaves;
    }
    result.J = random_.below(40);
    result.form = random_.below(forms);
    for (std::size_t i = random_.below(5); i-- > 0;) result.listed.push_back(random_.below(5));
    return result;
  }
  void drop(std::size_t i) {
    if (program_.items.size() > 4)
      program_.items.erase(program_.items.begin() + static_cast<std::ptrdiff_t>(i));
  }
  void change() {
    auto& items = program_.items;
    const std::size_t at = random_.below(items.size());
    const auto place = items.begin() + static_cast<std::ptrdiff_t>(at);
    Item& one = items[at];
    BasicParameter<T>& parameter = world.all[at % world.all.size()];
    const std::array<std::function<void()>, 17> changes = {
        [&] { one.kind = random_.below(one.leaf ? leaves : operations); },
        [&] { one.shape = one.shape == Shape{7} ? Shape{8} : shape(); },
        [&] { one.number = number(); },
        [&] { one.in[random_.below(3)] = random_.below(40); },
        [&] { one.line = static_cast<unsigned>(random_.below(1000)); },
        [&] { one.scopes = (one.scopes + 1) % 3; },
        [&] { one.detour = random_.below(4); },
        [&] { one.named = !one.named; },
        [&] { one.id = random_.below(100); },
        [&] { items.insert(place, item()); },
        [&] { drop(at); },
        [&] { std::swap(one, items[random_.below(items.size())]); },
        [&] { program_.J = random_.below(40); },
        [&] {
          program_.listed = {random_.below(5), random_.below(5), random_.below(5)};
        },
        [&] { parameter.update(values_of<T>(parameter.shape(), random_.next())); },
        [&] { replace(parameter); },
        [&] { std::swap(program_, other_); },  // two batch sizes that alternate
    };
    changes[random_.below(changes.size())]();
    if (random_.below(40) == 0) program_ = invent();
  }

  Random random_;
  Program program_, other_;
};

}  // namespace programs
