// Hidden units that are numbered otherwise, in all arrays that know them.

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <xtape/autodiff/check/compare_module.hpp>

#include "check_sheet.hpp"

using namespace xtape;

namespace {

using Order = std::vector<std::size_t>;

// Slice i of the result is slice order[i].
Array<double> reordered(const Array<double>& a, std::size_t axis, const Order& order) {
  const std::vector<std::ptrdiff_t> keep(order.begin(), order.end());
  if (axis == 1) return xt::view(a, xt::all(), xt::keep(keep));
  return xt::view(a, xt::keep(keep));
}

// Targets of three samples.
const Array<double> column = xt::reshape_view(xt::xarray<double>{0, 1, 0.5}, {3, 1});

// An order of n that is not the order they are in.
Order other_order(Random& random, std::size_t n) {
  Order order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  while (std::ranges::is_sorted(order))
    for (std::size_t i = n - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

std::vector<std::string> told(const ModuleComparison& c) {
  std::vector<std::string> result;
  for (const Diagnosis& d : c.joint) {
    std::string text;
    for (const Mistake mistake : d.mistakes)
      text += (text.empty() ? "" : " & ") + std::string(to_string(mistake));
    result.push_back(text + (d.factor.empty() ? "" : " " + d.factor));
  }
  return result;
}
using Told = std::vector<std::string>;

ByHand renumbered(ByHand by_hand, const Order& order) {
  by_hand["hidden.weight"] = reordered(by_hand["hidden.weight"], 1, order);
  by_hand["hidden.bias"] = reordered(by_hand["hidden.bias"], 0, order);
  by_hand["output.weight"] = reordered(by_hand["output.weight"], 0, order);
  return by_hand;
}
ByHand times(ByHand by_hand, double factor) {
  for (auto& [name, array] : by_hand) array *= factor;
  return by_hand;
}

}  // namespace

TEST_CASE("hidden units that are numbered otherwise are one mistake, with a factor too") {
  constexpr std::size_t networks = 50;
  for (std::size_t i = 0; i < networks; ++i) {
    sheet::Problem p(100 + i, i == 0 ? 2 : 2 + 198 * i / (networks - 1), 2 + i % 3, 2 + i / 3 % 4);
    const sheet::Recorded recorded(p);
    const ByHand right = p.by_hand();
    const Order order = other_order(p.random, p.hidden);
    const auto compared = [&](const ByHand& by_hand) {
      return compare(recorded.J, p.net, by_hand);
    };
    CHECK(compared(right).passed());
    CHECK(compared(right).joint.empty());

    const auto c = compared(renumbered(right, order));
    CAPTURE(c.text());
    CHECK(c.verdict() == Verdict::fail);
    REQUIRE(told(c) == Told{"renumbered"});
    CHECK(c.joint[0].permutation == order);
    CHECK(c.tells_apart.empty());
    CHECK(told(compared(times(renumbered(right, order), -1))) == Told{"renumbered & factor -1"});
    const Told scaled = told(compared(times(renumbered(right, order), static_cast<double>(p.N))));
    CHECK(scaled == (p.N == 2 ? Told{"renumbered & factor N", "renumbered & factor 2"}
                              : Told{"renumbered & factor N"}));

    // One array that keeps its order makes it no numbering.
    for (const std::string name : {"hidden.weight", "hidden.bias", "output.weight"}) {
      ByHand mixed = renumbered(right, order);
      mixed[name] = right.at(name);
      CHECK(told(compared(mixed)).empty());
    }
    // Nor is a mistake that is more than that one.
    ByHand wrong = renumbered(right, order);
    wrong["hidden.weight"](0, 0) *= 1.01;
    CHECK(told(compared(wrong)).empty());
  }
}

TEST_CASE("the units are said by the layer that makes them, as they are counted") {
  const sheet::Problem p(7, 30, 3, 3);
  const sheet::Recorded recorded(p);
  const nn::Network& net = p.net;
  const ByHand by_hand = renumbered(p.by_hand(), {2, 0, 1});
  const std::string end = "\nFAIL: 1 of 4 gradients agree with autodiff\n";
  CHECK(
      compare(recorded.J, net, by_hand)
          .text()
          .ends_with("One mistake explains those that differ, ∂J/∂hidden.weight, ∂J/∂hidden.bias, "
                     "∂J/∂output.weight:\n"
                     "  diagnosis: the units of hidden are numbered otherwise: yours 0 is ours 2, "
                     "yours 1 is ours "
                     "0, yours 2 is ours 1 (counted from 0)" +
                     end));
  CHECK(compare(recorded.J, net, by_hand, {.as_on_paper = true})
            .text()
            .ends_with("yours 1 is ours 3, yours 2 is ours 1, yours 3 is ours 2 (counted from 1)" +
                       end));
}

TEST_CASE("what a numbering cannot be told from is said too") {
  // Two units of which one is the other's negative: to exchange them is to change the sign.
  Random random(3);
  nn::Network net({2, 2, 1}, tanh, random);
  net.layers[0].map.weight.update(
      [](double* W, std::size_t) { W[0] = 0.5, W[1] = -0.5, W[2] = -0.75, W[3] = 0.75; });
  net.layers[1].map.weight.update([](double* w, std::size_t) { w[0] = 0.25, w[1] = -0.25; });
  for (auto& layer : net.layers)
    layer.map.bias.update([](double* b, std::size_t n) { std::fill_n(b, n, 0.0); });
  Tape tape;
  const auto x = tape.constant(Array<double>{{0.5, -1.0}, {2.0, 0.3}, {-1.5, 0.8}}, "x");
  const auto J = nn::half_mse(net(x), tape.constant(column, "t"));
  const auto grad = gradients(J);
  ByHand by_hand;
  nn::for_each_parameter(
      net, [&](const std::string& name, const Parameter& q) { by_hand[name] = grad[q]; });
  Told found = told(compare(J, net, renumbered(by_hand, {1, 0})));
  std::ranges::sort(found);
  CHECK(found == Told{"factor -1", "renumbered"});
}

TEST_CASE("several layers that are numbered otherwise are found, one after the other") {
  Random random(5);
  nn::Network net({2, 3, 4, 1}, sigmoid, random);
  Tape tape;
  auto X = Array<double>::from_shape({9, 2}), t = Array<double>::from_shape({9, 1});
  random.fill_uniform(X.data(), X.size(), -2, 2);
  random.fill_uniform(t.data(), t.size(), 0, 1);
  const auto J = nn::half_mse(net(tape.constant(X, "x")), tape.constant(t, "t"));
  const auto grad = gradients(J);
  std::vector<std::string> names;
  ByHand by_hand;
  nn::for_each_parameter(net, [&](const std::string& name, const Parameter& q) {
    names.push_back(name);
    by_hand[name] = grad[q];
  });
  const Order first = {1, 2, 0}, second = {3, 1, 0, 2};
  by_hand[names[0]] = reordered(by_hand[names[0]], 1, first);
  by_hand[names[1]] = reordered(by_hand[names[1]], 0, first);
  by_hand[names[2]] = reordered(reordered(by_hand[names[2]], 0, first), 1, second);
  by_hand[names[3]] = reordered(by_hand[names[3]], 0, second);
  by_hand[names[4]] = reordered(by_hand[names[4]], 0, second);
  const auto c = compare(J, net, by_hand);
  CAPTURE(c.text());
  REQUIRE(told(c) == Told{"renumbered"});
  CHECK(c.joint[0].permutation == first);
  CHECK(c.joint[0].text.find("yours 0 is ours 3, yours 2 is ours 0, yours 3 is ours 2") !=
        std::string::npos);
}

namespace {
// A unit that is used once more by its number is not just any.
struct FirstIsUsed {
  nn::Linear first, second;
  bool again;
  Variable operator()(const Variable& x) const {
    const auto h = sigmoid(first(x));
    const auto y = second(h);
    return again ? y + slice(h, {{}, {0, 1}}) : y;
  }
  void parameters(auto& each) { each("first", first), each("second", second); }
};
}  // namespace

TEST_CASE("units that are told from each other by their place are not numbered otherwise") {
  for (const bool again : {false, true}) {
    Random random(11);
    FirstIsUsed module{{2, 3, random}, {3, 1, random}, again};
    Tape tape;
    const auto x = tape.constant(Array<double>{{0.5, -1.0}, {2.0, 0.3}, {-1.5, 0.8}}, "x");
    const auto J = nn::half_mse(module(x), tape.constant(column, "t"));
    const auto grad = gradients(J);
    const Order order = {1, 0, 2};
    const ByHand by_hand = {{"first.weight", reordered(grad[module.first.weight], 1, order)},
                            {"first.bias", reordered(grad[module.first.bias], 0, order)},
                            {"second.weight", reordered(grad[module.second.weight], 0, order)},
                            {"second.bias", grad[module.second.bias]}};
    CHECK(told(compare(J, module, by_hand)) == (again ? Told{} : Told{"renumbered"}));
  }
}
