#include <algorithm>
#include <cmath>
#include <limits>
#include <xtape/autodiff/check/adjoint_trial.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape::detail {

Products products(const std::vector<Wides>& u, const std::vector<Wides>& jv, const Wides& c,
                  const Wides& v) {
  Products result;
  for (std::size_t o = 0; o < u.size(); ++o)
    for (std::size_t p = 0; p < u[o].size(); ++p) {
      if (u[o][p] == 0) continue;  // left out
      const long double term = u[o][p] * jv[o][p];
      result.largest = std::max(result.largest, std::fabs(u[o][p]));
      result.forward += term;
      result.size += std::fabs(term);
    }
  for (std::size_t q = 0; q < v.size(); ++q) {
    const long double term = c[q] * v[q];
    result.backward += term;
    result.size += std::fabs(term);
  }
  return result;
}

template <class T>
AdjointTrial<T>::AdjointTrial(RuleSide<T>& rule, ValueSide<T>& value, const Random& random,
                              AdjointResult& result)
    : rule_(rule), value_(value), random_(random), result_(result) {
  std::size_t terms = value.in_size();
  for (std::size_t o = 0; o < value.outputs(); ++o) {
    u_.emplace_back(value.out_size(o));
    terms = std::max(terms, value.out_size(o));
  }
  // An elementwise contribution sums over stretched axes alone.
  if (value.elementwise()) terms /= std::max<std::size_t>(value.in_size(), 1);
  v_.resize(value.in_size());
  count_ = static_cast<long double>(terms);
  result.limit = 16 + 2 * std::sqrt(count_);
  result.source = value.source();
}

// Of magnitudes 1/2 to 2 and of either sign, exact in T.
template <class T>
void AdjointTrial<T>::fill(Wides& numbers) {
  const std::uint64_t draw = random_.new_draw();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double x = random_.uniform_at(draw, i) * 3 - 1.5;
    numbers[i] = static_cast<float>(x < 0 ? x - 0.5 : x + 0.5);
  }
}

template <class T>
void AdjointTrial<T>::draw() {
  for (std::size_t o = 0; o < u_.size(); ++o) {
    fill(u_[o]);
    result_.skipped = 0;
    for (std::size_t p = 0; p < u_[o].size(); ++p)
      if (!value_.finite(o, p)) {
        u_[o][p] = 0;
        ++result_.skipped;
      }
  }
  fill(v_);
  // Of an elementwise operation every term counts alike: a small partial beside large ones is
  // seen. (Powers of two, of which T can hold the product with any wrong partial.)
  constexpr int most = std::numeric_limits<T>::max_exponent / 2 - 4;
  for (std::size_t p = 0; value_.elementwise() && p < u_[0].size(); ++p)
    if (const long double partial = value_.partial(p); partial != 0)
      u_[0][p] = std::ldexp(u_[0][p], -std::clamp(std::ilogb(partial), -most, most));
}

// Elementwise operations leave out what is not finite; a structural one has no such choice.
template <class T>
bool AdjointTrial<T>::finite(const Wides& c, const std::vector<Wides>& jv) {
  const auto good = [](long double x) { return std::isfinite(x); };
  if (!value_.elementwise())
    for (const Wides& array : jv)
      if (!std::ranges::all_of(array, good)) {
        result_.verdict = Verdict::inconclusive;
        result_.note = "the derivative is not finite here";
        return false;
      }
  if (std::ranges::all_of(c, good)) return true;
  result_.verdict = Verdict::fail;
  result_.note = "the rule gives a number that is not finite, the value's derivative is finite";
  result_.error = std::numeric_limits<long double>::infinity();
  return false;
}

template <class T>
long double AdjointTrial<T>::unit(const Products& products) const {
  constexpr auto half_ulp = std::numeric_limits<T>::epsilon() / 2;
  constexpr auto tiny = std::numeric_limits<T>::denorm_min();
  // Numbers below the smallest normal one are rounded by themselves, not by their size.
  const auto terms = static_cast<long double>(v_.size()) * (count_ + 1);
  return half_ulp * products.size + tiny * terms * products.largest;
}

template <class T>
void AdjointTrial<T>::run(std::size_t rounds) {
  for (std::size_t round = 0; round < rounds; ++round) {
    draw();
    const Wides& c = rule_.contribution(u_);
    const std::vector<Wides>& jv = value_.tangent(v_);
    if (!finite(c, jv)) return;
    const Products now = products(u_, jv, c, v_);
    const long double error = units(now);
    any_ = any_ || now.size != 0;
    if (round > 0 && error <= result_.error) continue;
    result_.error = error;
    result_.forward = now.forward;
    result_.backward = now.backward;
    if (!(error <= result_.limit)) break;
  }
  if (result_.error > result_.limit) decide();
  if (result_.verdict == Verdict::pass && !any_) {
    result_.verdict = Verdict::inconclusive;
    result_.note = result_.skipped > 0
                       ? "no element has a finite derivative here"
                       : "both sides are nothing but zeros here; test at other inputs";
  }
}

// Halves v and then ū, always going on with the half that differs more.
template <class T>
void AdjointTrial<T>::locate() {
  const auto halve = [](std::size_t size, auto&& differs) {
    std::size_t first = 0, last = size;
    while (last - first > 1) {
      const std::size_t middle = first + (last - first) / 2;
      const long double left = differs(first, middle), right = differs(middle, last);
      // Not a number: where it is, is what matters.
      (left >= right || std::isnan(left) ? last : first) = middle;
    }
    return first;
  };
  Wides v(v_.size());
  const std::size_t q = halve(v.size(), [&](std::size_t first, std::size_t last) {
    std::ranges::fill(v, 0);
    std::copy(v_.begin() + static_cast<std::ptrdiff_t>(first),
              v_.begin() + static_cast<std::ptrdiff_t>(last),
              v.begin() + static_cast<std::ptrdiff_t>(first));
    return std::fabs(difference(u_, v));
  });
  std::ranges::fill(v, 0);
  v[q] = 1;
  std::vector<Wides> u = u_;
  std::size_t o = 0;
  long double most = -1;
  for (std::size_t i = 0; i < u.size(); ++i) {
    for (Wides& array : u) std::ranges::fill(array, 0);
    u[i] = u_[i];
    const long double here = std::fabs(difference(u, v));
    if (here > most) {
      most = here;
      o = i;
    }
  }
  for (Wides& array : u) std::ranges::fill(array, 0);
  const std::size_t p = halve(u[o].size(), [&](std::size_t first, std::size_t last) {
    std::ranges::fill(u[o], 0);
    std::copy(u_[o].begin() + static_cast<std::ptrdiff_t>(first),
              u_[o].begin() + static_cast<std::ptrdiff_t>(last),
              u[o].begin() + static_cast<std::ptrdiff_t>(first));
    return std::fabs(difference(u, v));
  });
  std::ranges::fill(u[o], 0);
  u[o][p] = 1;
  result_.entry =
      AdjointEntry{o, indices_of(value_.out_shape(o), p), indices_of(value_.in_shape(), q),
                   rule_.contribution(u)[q], value_.tangent(v)[o][p]};
}

template class AdjointTrial<double>;
template class AdjointTrial<float>;

}  // namespace xtape::detail
