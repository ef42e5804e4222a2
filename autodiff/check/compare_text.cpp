// Comparisons as text.

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <xtape/autodiff/check/compare_parts.hpp>
#include <xtape/autodiff/inspect/text.hpp>

namespace xtape {
namespace detail {
namespace {

// Numbers in order, as integers.
template <class Bits, class T>
double steps(T a, T b) {
  const auto place = [](T x) {
    const auto bits = std::bit_cast<Bits>(x);
    constexpr Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
    return (bits & sign) != 0 ? -static_cast<double>(bits & ~sign) : static_cast<double>(bits);
  };
  const auto small = [](T x) { return std::bit_cast<Bits>(std::abs(x)); };
  if ((a < 0) == (b < 0))  // exact
    return static_cast<double>(std::max(small(a), small(b)) - std::min(small(a), small(b)));
  return std::abs(place(a) - place(b));
}

}  // namespace

double ulp_distance(double a, double b, int digits) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::infinity();
  if (a == b) return 0;
  if (digits <= std::numeric_limits<float>::digits)
    return steps<std::uint32_t>(static_cast<float>(a), static_cast<float>(b));
  return steps<std::uint64_t>(a, b);
}

bool agree(const std::vector<double>& numbers, const Predicted& predicted) {
  if (numbers.size() != predicted.values.size()) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double other = predicted.values[i];
    if (numbers[i] == other || (std::isnan(numbers[i]) && std::isnan(other))) continue;
    if (!(std::abs(numbers[i] - other) <= predicted.bar[i])) return false;
  }
  return true;
}

std::string what_tells_apart(const std::vector<Diagnosis>& diagnoses) {
  std::vector<std::string> ways;
  for (std::size_t i = 0; i < diagnoses.size(); ++i)
    for (std::size_t j = i + 1; j < diagnoses.size(); ++j) {
      const std::string way = xtape::tells_apart(diagnoses[i], diagnoses[j]);
      if (std::ranges::find(ways, way) == ways.end()) ways.push_back(way);
    }
  std::string text;
  for (const std::string& way : ways) text += (text.empty() ? "" : "; ") + way;
  return text;
}

std::string reasons(const std::vector<Diagnosis>& diagnoses, const std::string& tells_apart) {
  std::string text;
  for (const Diagnosis& diagnosis : diagnoses)
    text += (text.empty() ? "  diagnosis: " : "  or:        ") + diagnosis.text + "\n";
  if (diagnoses.size() > 1)
    text += "  These numbers cannot tell which it is. What would: " + tells_apart + ".\n";
  return text;
}

namespace {

std::string index_text(const std::vector<std::size_t>& index, const Shape& shape, bool paper) {
  std::string text;
  for (std::size_t axis = 0; axis < index.size(); ++axis)
    if (!paper || shape[axis] != 1)
      text += (text.empty() ? "" : ",") + std::to_string(index[axis] + (paper ? 1 : 0));
  return text.empty() && paper ? " " : "[" + text + "]";  // (an empty column would be left out)
}

std::vector<std::string> row_of(const ComparedElement& e, const Shape& shape, bool paper) {
  int digits = 10;
  if (e.autodiff != e.by_hand && e.verdict != Verdict::pass &&
      number_text(static_cast<long double>(e.autodiff), digits) ==
          number_text(static_cast<long double>(e.by_hand), digits))
    digits = 17;
  const auto number = [](double x, int d) { return number_text(static_cast<long double>(x), d); };
  return {index_text(e.index, shape, paper),
          number(e.autodiff, digits),
          number(e.by_hand, digits),
          number(e.ulps, 3),
          number(e.relative, 2),
          e.verdict == Verdict::fail           ? "differs"
          : e.verdict == Verdict::inconclusive ? "unclear"
                                               : ""};
}

std::string table_of(const Comparison& comparison, const CompareTextOptions& options) {
  const auto& elements = comparison.elements;
  std::vector<std::size_t> order(elements.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (options.worst_first)
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      if (elements[a].verdict != elements[b].verdict)
        return elements[a].verdict > elements[b].verdict;
      return elements[a].relative > elements[b].relative;  // (a NaN stays where it is)
    });
  const std::size_t shown = std::min(order.size(), options.rows);
  std::vector<std::vector<std::string>> rows = {
      {"element", "autodiff", "by hand", "ulp", "relative", ""}};
  for (std::size_t i = 0; i < shown; ++i)
    rows.push_back(row_of(elements[order[i]], comparison.autodiff_shape, comparison.on_paper));
  std::string text = columns(rows, {1, 2, 3, 4}, "  ");
  if (shown < order.size()) text += "  … and " + std::to_string(order.size() - shown) + " more\n";
  return text;
}

std::string headline(const Comparison& c) {
  const std::size_t n = c.elements.size();
  const auto count = [&](Verdict verdict) {
    return static_cast<std::size_t>(
        std::ranges::count_if(c.elements, [&](const auto& e) { return e.verdict == verdict; }));
  };
  const std::size_t differ = count(Verdict::fail), unclear = count(Verdict::inconclusive);
  std::string text = c.name + ": " + to_string(c.verdict());
  const std::string of_all = n == 1 ? "the number " : " of " + std::to_string(n) + " elements ";
  const auto some = [&](std::size_t k, const char* one, const char* several) {
    return (n == 1 ? of_all : std::to_string(k) + of_all) + (n == 1 || k == 1 ? one : several);
  };
  if (n == 0) return text;
  if (differ > 0) return text + ", " + some(differ, "differs", "differ");
  if (unclear > 0) return text + ", " + some(unclear, "is unclear", "are unclear");
  if (c.autodiff_shape != c.by_hand_shape)
    return text + ", the shapes differ" + (n == 1 ? "" : "; all numbers agree");
  return text + (n == 1 ? ", the number agrees" : ", all " + std::to_string(n) + " elements agree");
}

}  // namespace
}  // namespace detail

std::string Comparison::text(const CompareTextOptions& options) const {
  std::string text = detail::headline(*this) + "\n";
  if (!elements.empty()) text += detail::table_of(*this, options);
  text += detail::reasons(diagnoses, tells_apart);
  if (!doubt.empty()) text += "  " + doubt + ".\n";
  if (!finding.empty()) text += "  " + finding + ".\n";
  return text;
}

}  // namespace xtape
