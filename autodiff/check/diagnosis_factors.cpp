#include <algorithm>
#include <cmath>
#include <xtape/autodiff/check/diagnosis_factors.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape::detail {
namespace {

bool same(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(a); }

// Products of N, 2 and -1 to small powers, with their names.
struct Parts {
  int counts, twos, sign;
};

std::string name_of(const Parts& p, const std::string& N) {
  const std::string power = std::abs(p.counts) == 2 ? N + "²" : p.counts == 0 ? "" : N;
  const std::string two = p.twos == 0 ? "" : std::abs(p.twos) == 2 ? "4" : "2";
  std::string above = (p.twos > 0 ? two : "") + (p.counts > 0 ? power : "");
  std::string below = (p.twos < 0 ? two : "") + (p.counts < 0 ? power : "");
  if (above.empty()) above = "1";
  if (!below.empty() && p.twos < 0 && p.counts < 0) below = "(" + below + ")";
  return (p.sign < 0 ? "-" : "") + above + (below.empty() ? "" : "/" + below);
}

}  // namespace

std::string short_number(double number) { return number_text(number, 6); }

std::vector<Factor> factors(std::size_t samples, std::size_t elements) {
  std::vector<Factor> result;
  const auto add = [&](const Parts& p, const std::string& N, double n, std::size_t cost) {
    const Factor factor{name_of(p, N), std::pow(n, p.counts) * std::pow(2.0, p.twos) * p.sign,
                        cost};
    const auto is_known = [&](const Factor& other) {
      return other.name == factor.name ||
             (cost == 2 && other.cost == 1 && same(other.value, factor.value));
    };
    if (same(factor.value, 1) || std::ranges::any_of(result, is_known)) return;
    result.push_back(factor);
  };
  std::vector<std::pair<std::string, double>> counts;
  if (samples > 1) counts.emplace_back("N", static_cast<double>(samples));
  if (elements > 1 && elements != samples) counts.emplace_back("M", static_cast<double>(elements));
  for (const auto& [N, n] : counts) {
    add({1, 0, 1}, N, n, 1);
    add({-1, 0, 1}, N, n, 1);
  }
  add({0, 1, 1}, "", 1, 1);
  add({0, -1, 1}, "", 1, 1);
  add({0, 0, -1}, "", 1, 1);
  for (const auto& [N, n] : counts) {
    for (const int power : {1, -1}) {
      add({power, 0, -1}, N, n, 2);
      add({power, 1, 1}, N, n, 2);
      add({power, -1, 1}, N, n, 2);
    }
    add({2, 0, 1}, N, n, 2);
    add({-2, 0, 1}, N, n, 2);
  }
  add({0, 1, -1}, "", 1, 2);
  add({0, -1, -1}, "", 1, 2);
  add({0, 2, 1}, "", 1, 2);
  add({0, -2, 1}, "", 1, 2);
  return result;
}

std::string Factor::text(bool one_number, bool of_term) const {
  const std::string each = one_number ? "the number is " : "each element is ";
  const std::string count = name.find('M') == std::string::npos ? "N" : "M";
  const std::string meaning =
      count == "N" ? "" : ", the number of elements that the loss is a mean of";
  if (name == count)
    return each + name + " = " + short_number(value) + " times too large" + meaning +
           ": was the 1/" + name + " of the mean forgotten?";
  if (name == "1/" + count)
    return each + count + " = " + short_number(1 / value) + " times too small" + meaning +
           ": was it divided by " + count + " twice?";
  if (name == "2")
    return each + "2 times too large: does the loss have a 1/2 that cancels the 2 of the square?";
  if (name == "1/2")
    return each +
           "half of what it should be: was the 2 of the square's derivative forgotten, or a 1/2 "
           "too many?";
  if (name == "-1")
    return std::string(one_number ? "the number has" : "each element has") + " the wrong sign" +
           (of_term ? "" : ": t - y in the place of y - t?");
  const std::string number = short_number(value);
  return each + name + (number == name ? "" : " = " + number) + " times the right one" + meaning +
         ": two factors are wrong";
}

}  // namespace xtape::detail
