#pragma once
// Gradients for a check to judge, half of them wrong: a function, what somebody claims its gradient
// to be, and the point. torch_verdicts.py has the same ones in PyTorch's words, by the same names.

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace verdicts {

/// A function and its claimed gradient in one type of numbers.
template <class T>
struct Claim {
  std::function<T(std::span<const T> x)> value;
  std::function<void(std::span<const T> x, std::span<T> gradient)> gradient;
  /// The claimed Hessian times v; empty unless it is in question.
  std::function<void(std::span<const T> x, std::span<const T> v, std::span<T> product)> hessian;
};

struct Case {
  std::string kind, name;
  bool right;   // whether the claim is true
  bool single;  // judged in single precision
  std::vector<double> x;
  Claim<double> claim;
  Claim<float> claim_f;
  Claim<long double> claim_l;
  [[nodiscard]] bool second_order() const { return claim.hessian != nullptr; }
};

/// All of them, wrong ones first.
std::vector<Case> all_cases();

}  // namespace verdicts
