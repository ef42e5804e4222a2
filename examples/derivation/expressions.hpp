#pragma once
// What formulas are made of, as they are evaluated.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser.hpp"

namespace derivation {

class Constant : public Expression {
 public:
  explicit Constant(double value) : value_(value) {}
  [[nodiscard]] double at(Letters&) const override { return value_; }

 private:
  double value_;
};

class Binary : public Expression {
 public:
  Binary(char sign, Part a, Part b) : sign_(sign), a_(std::move(a)), b_(std::move(b)) {}
  [[nodiscard]] double at(Letters& letters) const override {
    const double a = a_->at(letters), b = b_->at(letters);
    switch (sign_) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '/':
        return a / b;
      default:
        return b == 2 ? a * a : std::pow(a, b);
    }
  }

 private:
  char sign_;
  Part a_, b_;
};

class Call : public Expression {
 public:
  Call(double (*function)(double), Part x) : function_(function), x_(std::move(x)) {}
  [[nodiscard]] double at(Letters& letters) const override { return function_(x_->at(letters)); }

 private:
  double (*function_)(double);
  Part x_;
};

class Element : public Expression {
 public:
  Element(const xtape::Array<double>& values, std::vector<Index> indices)
      : values_(values), indices_(std::move(indices)) {}
  [[nodiscard]] double at(Letters& letters) const override {
    std::size_t place = 0;
    for (std::size_t axis = 0; axis < indices_.size(); ++axis) {
      const Index& index = indices_[axis];
      place = place * values_.shape()[axis] +
              (index.letter.empty() ? index.number - 1 : letters[index.letter]);
    }
    return values_.data()[place];
  }

 private:
  const xtape::Array<double>& values_;
  std::vector<Index> indices_;
};

// A name of one's own: its letters take the values of the indices.
class Own : public Expression {
 public:
  Own(const Defined& defined, std::vector<Index> indices)
      : right_(defined.right), letters_(defined.letters), indices_(std::move(indices)) {}
  [[nodiscard]] double at(Letters& letters) const override {
    Letters inner;
    for (std::size_t i = 0; i < letters_.size(); ++i)
      inner[letters_[i]] =
          indices_[i].letter.empty() ? indices_[i].number - 1 : letters[indices_[i].letter];
    return right_->at(inner);
  }

 private:
  Part right_;
  std::vector<std::string> letters_;
  std::vector<Index> indices_;
};

class Sum : public Expression {
 public:
  Sum(std::string letter, std::size_t extent, Part body)
      : letter_(std::move(letter)), extent_(extent), body_(std::move(body)) {}
  [[nodiscard]] double at(Letters& letters) const override {
    double sum = 0;
    for (std::size_t i = 0; i < extent_; ++i) {
      letters[letter_] = i;
      sum += body_->at(letters);
    }
    return sum;
  }

 private:
  std::string letter_;
  std::size_t extent_;
  Part body_;
};

struct Function {
  std::string_view name;
  double (*value)(double);
  double (*slope)(double);  // nullptr: not offered
};
inline double sigmoid(double a) { return 1 / (1 + std::exp(-a)); }
inline double sigmoid_slope(double a) {
  const double e = std::exp(-std::abs(a));
  return e / ((1 + e) * (1 + e));
}
inline constexpr Function functions[] = {
    {"sigma", sigmoid, sigmoid_slope},
    {"exp", [](double x) { return std::exp(x); }, nullptr},
    {"log", [](double x) { return std::log(x); }, nullptr},
    {"sqrt", [](double x) { return std::sqrt(x); }, nullptr},
    {"abs", [](double x) { return std::abs(x); }, nullptr},
    {"tanh", [](double x) { return std::tanh(x); }, nullptr},
};
inline const Function* function_named(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(functions, [&](const Function& f) { return f.name == name; });
  return found == std::end(functions) ? nullptr : found;
}

}  // namespace derivation
