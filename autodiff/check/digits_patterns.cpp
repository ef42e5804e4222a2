#include <algorithm>
#include <xtape/autodiff/check/digits_patterns.hpp>

namespace xtape::detail {
namespace {

// A slot as a formula: what made it, and of what. Collects the records that a pattern went through.
template <class T>
class Formula {
 public:
  Formula() = default;
  Formula(const BasicWalk<T>& walk, const BasicSlotView<T>& slot) : walk_(&walk), slot_(&slot) {}

  explicit operator bool() const { return slot_ != nullptr; }
  friend bool operator==(const Formula& a, const Formula& b) { return a.slot_ == b.slot_; }
  [[nodiscard]] const std::string& label() const { return slot_->label; }
  [[nodiscard]] std::uint32_t record() const { return slot_->record; }
  [[nodiscard]] bool is(std::string_view operation) const {
    return slot_ != nullptr && slot_->record != no_index &&
           (*walk_)[slot_->record].operation == operation;
  }
  [[nodiscard]] Formula in(std::size_t k) const {
    return {*walk_, (*walk_)[slot_->record].inputs[k]};
  }
  [[nodiscard]] bool is_one() const {
    return slot_->kind == ArrayKind::constant &&
           std::ranges::all_of(slot_->value, [](T x) { return x == 1; });
  }
  /// What an operation of one input was applied to, or nothing.
  [[nodiscard]] Formula of(std::string_view operation) const {
    return is(operation) ? in(0) : Formula();
  }
  /// a of 1 + a or a + 1.
  [[nodiscard]] Formula plus_one() const {
    if (!is("add")) return {};
    return in(0).is_one() ? in(1) : in(1).is_one() ? in(0) : Formula();
  }
  /// a of 1 - a.
  [[nodiscard]] Formula one_minus() const {
    return is("subtract") && in(0).is_one() ? in(1) : Formula();
  }
  /// a of a² or a·a.
  [[nodiscard]] Formula squared() const {
    if (is("multiply") && in(0) == in(1)) return in(0);
    return of("square");
  }

 private:
  const BasicWalk<T>* walk_ = nullptr;
  const BasicSlotView<T>* slot_ = nullptr;
};

template <class T>
std::optional<DigitsAdvice> match(const Formula<T>& y) {
  using F = Formula<T>;
  const auto advise = [&](std::initializer_list<F> parts, const std::string& formula,
                          const std::string& instead, const char* why) {
    DigitsAdvice advice{{y.record()}, formula, instead, why};
    for (const F& part : parts) advice.records.push_back(part.record());
    return advice;
  };
  if (const F u = y.of("log")) {
    if (const F e = u.plus_one()) {
      if (const F x = e.of("exp"))
        return advise({u, e}, "log(1 + exp(" + x.label() + "))", "softplus(" + x.label() + ")",
                      "1 swallows exp of a negative number, and exp of a large one overflows");
      return advise({u}, "log(1 + " + e.label() + ")", "log1p(" + e.label() + ")",
                    "1 swallows the digits of a small number");
    }
    if (const F x = u.of("sigmoid"))
      return advise({u}, "log(sigmoid(" + x.label() + "))", "-softplus(-" + x.label() + ")",
                    "sigmoid becomes 1 above, and 0 far below");
    if (const F s = u.one_minus())
      if (const F x = s.of("sigmoid"))
        return advise({u, s}, "log(1 - sigmoid(" + x.label() + "))", "-softplus(" + x.label() + ")",
                      "1 - sigmoid cancels above");
  }
  if (y.is("multiply"))
    for (const std::size_t k : {0U, 1U})
      if (const F s = y.in(k).one_minus(); s && s == y.in(1 - k))
        if (const F x = s.of("sigmoid"))
          return advise({y.in(k), s}, s.label() + " * (1 - " + s.label() + ")",
                        "sigmoid(" + x.label() + ") * sigmoid(-" + x.label() + ")",
                        "1 - sigmoid cancels above");
  if (const F s = y.one_minus()) {
    if (const F x = s.of("sigmoid"))
      return advise({s}, "1 - sigmoid(" + x.label() + ")", "sigmoid(-" + x.label() + ")",
                    "it cancels where sigmoid is near 1");
    if (const F t = s.squared())
      if (const F x = t.of("tanh"))
        return advise({s, t}, "1 - tanh(" + x.label() + ")²",
                      "4 * sigmoid(2 * " + x.label() + ") * sigmoid(-2 * " + x.label() + ")",
                      "it cancels where tanh is near 1");
    if (const F x = s.of("cos"))
      return advise({s}, "1 - cos(" + x.label() + ")", "2 * square(sin(" + x.label() + " / 2))",
                    "it cancels where cos is near 1");
  }
  if (y.is("subtract")) {
    const F a = y.in(0), b = y.in(1);
    if (const F x = a.of("exp"); x && b.is_one())
      return advise({a}, "exp(" + x.label() + ") - 1", "expm1(" + x.label() + ")",
                    "it cancels near 0");
    if (const F mean_of = a.of("mean"))
      if (const F m = b.squared())
        if (const F x = mean_of.squared(); x && m.of("mean") == x)
          return advise({a, mean_of, b, m}, "mean(" + x.label() + "²) - mean(" + x.label() + ")²",
                        "mean(square(" + x.label() + " - mean(" + x.label() + ")))",
                        "it cancels where the mean is large beside the deviation");
  }
  if (const F s = y.of("sqrt"))
    if (const F q = s.of("sum"))
      if (const F x = q.squared())
        return advise(
            {s, q}, "sqrt(sum(" + x.label() + "²))",
            "where(s > 0, sqrt(where(s > 0, s, 1)), 0) with s = sum(square(" + x.label() + "))",
            "its derivative at 0 is infinite times 0");
  return std::nullopt;
}

}  // namespace

template <class T>
std::vector<DigitsAdvice> find_patterns(const BasicWalk<T>& walk) {
  std::vector<DigitsAdvice> all;
  for (const auto& record : walk)
    if (auto advice = match(Formula<T>(walk, record.outputs[0]))) {
      // What is part of a longer formula is not named apart.
      std::erase_if(all, [&](const DigitsAdvice& other) {
        return std::ranges::find(advice->records, other.records[0]) != advice->records.end();
      });
      all.push_back(std::move(*advice));
    }
  return all;
}

template std::vector<DigitsAdvice> find_patterns(const BasicWalk<double>&);
template std::vector<DigitsAdvice> find_patterns(const BasicWalk<float>&);

}  // namespace xtape::detail
