// A tape belongs to one thread; parameters may be read by many at once. What is chosen or set up at
// its first use is chosen here by many threads together. The thread sanitizer has the last word
// (preset tsan): it sees a race also where the numbers come out right.
//
// The tests of one file run in a process of their own, so first uses really are first ones.

#include <barrier>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <xtape/autodiff.hpp>
#include <xtape/nn.hpp>

namespace {

constexpr std::size_t crowd = 8;

// Runs `work(thread)` in `crowd` threads that begin together.
template <class Work>
void together(const Work& work) {
  std::barrier start(static_cast<std::ptrdiff_t>(crowd));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < crowd; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Deterministic numbers without a generator: sines, which fill (-1, 1).
template <class T>
xtape::Array<T> numbers(std::size_t rows, std::size_t columns, double step) {
  xtape::Array<T> a = xtape::Array<T>::from_shape({rows, columns});
  for (std::size_t i = 0; i < a.size(); ++i)
    a.data()[i] = static_cast<T>(std::sin(step * static_cast<double>(i + 1)));
  return a;
}

template <class T>
std::vector<T> flat(const xtape::BasicParameterGradients<T>& gradients) {
  std::vector<T> all;
  for (const auto& entry : gradients.entries())
    all.insert(all.end(), entry.gradient, entry.gradient + entry.size);
  return all;
}

// An operation of a user's: its table and kernels are made in this file.
struct Swish {
  static constexpr auto name = "swish";
  static auto value(auto x) { return x * sigmoid(x); }
  static auto partial(auto x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
};

// Parameters as a module names them.
template <class T>
struct Two {
  xtape::BasicParameter<T> w, b;
  void parameters(auto& each) {
    each("w", w);
    each("b", b);
  }
};

// Everything that is chosen lazily: the kernels of products of several shapes, of sums, layouts,
// elementwise operations, pow, the losses; and the large product that sets BLAS to one thread.
template <class T>
std::vector<T> first_uses(Two<T>& shared, const xtape::Array<T>& x, const xtape::Array<T>& t) {
  xtape::BasicTape<T> tape;
  auto input = tape.constant(xtape::borrow(x), "x");
  auto y = apply(Swish{}, linear(input, shared.w, shared.b));
  auto z = matmul(y, transpose(tape.parameter(shared.w)));  // (rows, inputs)
  auto p = pow(square(z) + T(1), T(0.5)) + tanh(z) * sin(z);
  auto loss = xtape::nn::half_mse(sigmoid(y), tape.constant(xtape::borrow(t))) + mean(p) +
              mean(sum(exp(-square(y)), {0}));
  return flat(gradients(loss, shared));
}

template <class T>
void check_first_uses(std::size_t rows, std::size_t inputs, std::size_t outputs) {
  Two<T> shared{xtape::BasicParameter<T>(numbers<T>(inputs, outputs, 0.7), "w"),
                xtape::BasicParameter<T>(xtape::Shape{outputs}, "b")};
  const auto x = numbers<T>(rows, inputs, 1.1), t = numbers<T>(rows, outputs, 0.3);
  std::vector<std::vector<T>> results(crowd);
  together([&](std::size_t i) { results[i] = first_uses(shared, x, t); });

  const std::vector<T> alone = first_uses(shared, x, t);
  REQUIRE(alone.size() == inputs * outputs + outputs);
  for (std::size_t i = 0; i < crowd; ++i) {
    CAPTURE(i);
    CHECK(results[i] == alone);  // bit by bit
  }
}

}  // namespace

TEST_CASE("first uses by many threads at once: the same bits as alone") {
  SUBCASE("small, double") { check_first_uses<double>(10, 2, 2); }
  SUBCASE("small, float") { check_first_uses<float>(10, 2, 2); }
  SUBCASE("products by BLAS, double") { check_first_uses<double>(160, 150, 140); }
  SUBCASE("products by BLAS, float") { check_first_uses<float>(160, 150, 140); }
}

TEST_CASE("many tapes read the same parameters") {
  xtape::Random rng(3);
  xtape::nn::Network net({2, 8, 1}, xtape::tanh, rng);
  const auto x = numbers<double>(64, 2, 0.9), t = numbers<double>(64, 1, 0.4);
  const auto step = [&](xtape::Tape& tape) {
    auto recording = tape.record();
    auto loss =
        xtape::nn::half_mse(net(tape.constant(xtape::borrow(x))), tape.constant(xtape::borrow(t)));
    return flat(gradients(loss, net));
  };
  xtape::Tape own;
  const std::vector<double> expected = step(own);
  REQUIRE(expected.size() == 33);

  std::vector<int> different(crowd, 0);
  together([&](std::size_t i) {
    xtape::Tape tape;  // recorded again and again: known recordings, planned sweeps
    for (int n = 0; n < 50; ++n) different[i] += step(tape) != expected;
  });
  CHECK(different == std::vector<int>(crowd, 0));
}

TEST_CASE("data-parallel training: gradients by threads, the update by one, as in one thread") {
  const auto train = [](bool parallel) {
    xtape::Random rng(5);
    xtape::nn::Network net({2, 4, 1}, xtape::sigmoid, rng);
    xtape::nn::Sgd sgd(net, {.learning_rate = 0.5});
    std::vector<xtape::Tape> tapes(crowd);
    std::vector<double> losses(crowd);
    for (int n = 0; n < 20; ++n) {
      // The first shard's gradients make the step; the others are read beside it, before it.
      std::vector<std::vector<double>> all(crowd);
      const auto shard = [&](std::size_t i) {
        const auto x = numbers<double>(32, 2, 0.5 + static_cast<double>(i));
        const auto t = numbers<double>(32, 1, 0.2 + static_cast<double>(i));
        auto recording = tapes[i].record();
        auto loss = xtape::nn::half_mse(net(tapes[i].constant(x)), tapes[i].constant(t));
        losses[i] = loss.value()();
        all[i] = flat(gradients(loss, net));
      };
      if (parallel) {
        together(shard);
      } else {
        for (std::size_t i = 0; i < crowd; ++i) shard(i);
      }
      std::size_t at = 0;
      xtape::nn::for_each_parameter(net, [&](const std::string&, xtape::Parameter& parameter) {
        parameter.update([&](double* values, std::size_t count) {
          for (std::size_t k = 0; k < count; ++k)
            for (const auto& g : all) values[k] -= 0.5 / crowd * g[at + k];
          at += count;
        });
      });
    }
    return losses;
  };
  CHECK(train(true) == train(false));
}

TEST_CASE("messages and formulas, which are made on demand, by many threads") {
  std::vector<std::string> messages(crowd);
  together([&](std::size_t i) {
    xtape::Tape tape;
    auto a = tape.variable(numbers<double>(2, 3, 1), "a");
    try {
      matmul(a, a);
    } catch (const xtape::ShapeError& error) {
      messages[i] = error.what();
    }
  });
  CHECK(messages[0].find("matmul") != std::string::npos);
  CHECK(messages == std::vector<std::string>(crowd, messages[0]));
}
