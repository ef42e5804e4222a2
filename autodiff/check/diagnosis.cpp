#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <xtape/autodiff/check/diagnosis.hpp>
#include <xtape/autodiff/check/diagnosis_factors.hpp>
#include <xtape/autodiff/check/diagnosis_patterns.hpp>

namespace xtape {

const char* to_string(Mistake mistake) {
  switch (mistake) {
    case Mistake::factor:
      return "factor";
    case Mistake::shape:
      return "shape";
    case Mistake::transposed:
      return "transposed";
    case Mistake::permuted:
      return "permuted";
    case Mistake::bias_summed:
      return "bias summed";
    case Mistake::bias_averaged:
      return "bias averaged";
    case Mistake::bias_axis:
      return "bias summed over the wrong axis";
    case Mistake::missing_slope:
      return "missing slope";
    case Mistake::slope_of_output:
      return "slope of the output";
    case Mistake::textbook_of_input:
      return "textbook's formula of the input";
    case Mistake::stale:
      return "stale";
    case Mistake::accumulated:
      return "accumulated";
    case Mistake::renumbered:
      return "renumbered";
    case Mistake::term_factor:
      return "factor of a term";
    case Mistake::missing_term:
      return "missing term";
    case Mistake::formula_rounding:
      break;
  }
  return "formula rounding";
}

bool Diagnosis::has(Mistake mistake) const {
  return std::ranges::find(mistakes, mistake) != mistakes.end();
}

bool Diagnosis::same_as(const Diagnosis& other) const {
  return std::ranges::is_permutation(mistakes, other.mistakes) && factor == other.factor &&
         axis == other.axis && permutation == other.permutation && records == other.records &&
         term == other.term && (!has(Mistake::stale) || text == other.text) &&
         (!has(Mistake::accumulated) || ratio == other.ratio);
}

std::string tells_apart(const Diagnosis& a, const Diagnosis& b) {
  const auto either = [&](Mistake mistake) { return a.has(mistake) != b.has(mistake); };
  if (a.term != b.term) return "each term of J alone";
  if (either(Mistake::bias_summed) || either(Mistake::bias_averaged))
    return "the weights of the same layer: a factor of the whole loss is in them too";
  if (either(Mistake::accumulated))
    return "the first step alone, before anything can be accumulated";
  const auto scaled = [](const Diagnosis& d) {
    return d.has(Mistake::factor) || d.has(Mistake::term_factor);
  };
  if (scaled(a) && scaled(b) && a.factor != b.factor) return "another number of samples";
  if (either(Mistake::transposed) || (a.has(Mistake::permuted) && b.has(Mistake::permuted)) ||
      either(Mistake::permuted))
    return "an array of more rows than columns, with other numbers";
  if (a.mistakes == b.mistakes && a.records != b.records)
    return "the gradients of the parameters of the other layers";
  return "other data: more samples, other weights";
}

namespace detail {
namespace {

constexpr std::size_t highest_cost = 4;

// Numbers that are made once they are needed.
struct Prediction {
  std::function<Predicted(Bars)> predict;
  std::array<std::optional<Predicted>, 2> predicted = {};

  const Predicted& numbers(Bars bars) {
    auto& numbers = predicted[static_cast<std::size_t>(bars)];
    if (!numbers) numbers = predict(bars);
    return *numbers;
  }
};

// A hypothesis on its way through the search, and what it costs.
struct Candidate {
  std::optional<Diagnosis> diagnosis;  // none: the derivation is right up to here
  std::size_t cost;
  bool plain;  // neither rearranged nor scaled
  Prediction prediction;

  [[nodiscard]] bool is_rounding() const {
    return diagnosis && diagnosis->has(Mistake::formula_rounding);
  }
};

// A sum with that many times one of its parts.
Predicted with_factor(const Predicted& sum, const Predicted& part, double factor) {
  Predicted result = sum;
  for (std::size_t i = 0; i < sum.values.size(); ++i) {
    result.values[i] += (factor - 1) * part.values[i];
    result.bar[i] += std::abs(factor - 1) * part.bar[i];
    result.wide[i] += std::abs(factor - 1) * part.wide[i];
  }
  return result;
}

Diagnosis joined(const std::optional<Diagnosis>& first, const Diagnosis& second) {
  if (!first) return second;
  Diagnosis result = *first;
  result.mistakes.insert(result.mistakes.end(), second.mistakes.begin(), second.mistakes.end());
  result.text += "; beside that, " + second.text;
  result.factor += second.factor;
  result.ratio *= second.ratio;
  if (!second.permutation.empty()) {
    result.axis = second.axis;
    result.permutation = second.permutation;
  }
  return result;
}

class Search {
 public:
  explicit Search(const Evidence& evidence)
      : evidence_(evidence), factors_(factors(evidence.samples, evidence.elements)) {
    candidates_.push_back({std::nullopt, 0, false, {[&](Bars) { return evidence_.right; }}});
    for (Hypothesis& each : earlier_steps(evidence))
      candidates_.push_back({each.diagnosis, 1, true, {std::move(each.predict)}});
    if (evidence.recorded == nullptr) return;
    for (Hypothesis& each :
         evidence.recorded->hypotheses(evidence.epsilon, evidence.terms, evidence.notation)) {
      candidates_.push_back({each.diagnosis, each.cost, false, {std::move(each.predict)}});
    }
    for (Hypothesis& each : wrong_axes(evidence))
      candidates_.push_back({each.diagnosis, 1, true, {std::move(each.predict)}});
    add_terms();
  }

  std::vector<Diagnosis> run() {
    for (std::size_t cost = 1; cost <= highest_cost && found_.empty(); ++cost)
      for (Candidate& candidate : candidates_)
        if (candidate.cost <= cost) look(candidate, cost - candidate.cost);
    return std::move(found_);
  }

 private:
  // A factor of one term of J, or the term left out. (Of a single term these are the gradient's.)
  void add_terms() {
    const std::vector<Term> terms =
        evidence_.recorded->terms(evidence_.epsilon, evidence_.terms, evidence_.notation);
    if (terms.size() < 2) return;
    for (const Term& term : terms) {
      const auto part = std::make_shared<Prediction>(Prediction{term.part});
      const auto add = [&](Diagnosis diagnosis, double factor, std::size_t cost) {
        diagnosis.term = term.slot;
        diagnosis.ratio = factor;
        candidates_.push_back({std::move(diagnosis), cost, true, {[this, part, factor](Bars bars) {
                                 return with_factor(evidence_.right, part->numbers(bars), factor);
                               }}});
      };
      Diagnosis missing;
      missing.mistakes = {Mistake::missing_term};
      missing.text = "what comes of the term " + term.name + " of J is missing";
      add(missing, 0, 1);
      for (const Factor& factor : factors_) {
        Diagnosis diagnosis = of(factor, true);
        diagnosis.mistakes = {Mistake::term_factor};
        diagnosis.text = "in what comes of the term " + term.name + " of J, " + diagnosis.text;
        add(diagnosis, factor.value, factor.cost);
      }
    }
  }

  void look(Candidate& candidate, std::size_t left) {
    if (!candidate.is_rounding() && !look(candidate, left, Bars::rough)) return;
    look(candidate, left, Bars::exact);
  }

  // Whether anything fits; what fits exactly is kept.
  bool look(Candidate& candidate, std::size_t left, Bars bars) {
    bars_ = bars;
    const std::vector<Diagnosis> kept = found_;
    if (bars == Bars::rough) found_.clear();
    const std::size_t before = found_.size();
    const Predicted& predicted = candidate.prediction.numbers(bars);
    if (left == 0) {
      const bool fit =
          candidate.is_rounding() ? within_bars(numbers(), predicted) : explained(predicted);
      if (candidate.diagnosis && fit) add(*candidate.diagnosis);
    } else if (!candidate.plain) {
      scaled(candidate, predicted, left);
      repeated(candidate, predicted, left);
      if (left == 1) rearranged(candidate, predicted, nullptr);
      for (const Factor& factor : factors_)
        if (left > 1 && factor.cost == left - 1) rearranged(candidate, predicted, &factor);
    }
    const bool any = found_.size() > before;
    if (bars == Bars::rough) found_ = kept;
    return any;
  }

  // Rough bars tell what is out, nothing of what is known.
  [[nodiscard]] bool explained(const Predicted& predicted, double factor = 1) const {
    return bars_ == Bars::rough ? within_bars(numbers(), predicted, factor)
                                : explains(evidence_, predicted, factor);
  }

  void scaled(const Candidate& candidate, const Predicted& predicted, std::size_t cost) {
    for (const Factor& factor : factors_) {
      if (factor.cost != cost || !explained(predicted, factor.value)) continue;
      add(joined(candidate.diagnosis, of(factor)));
      if (!candidate.diagnosis) of_bias(factor);
    }
  }

  // A bias has a sum of its own to get wrong.
  void of_bias(const Factor& factor) {
    if (evidence_.recorded == nullptr || !evidence_.recorded->is_bias()) return;
    Diagnosis diagnosis = of(factor);
    if (factor.name == "N") {
      diagnosis.mistakes = {Mistake::bias_summed};
      diagnosis.text = "the bias is N = " + short_number(factor.value) +
                       " times too large: summed over the samples where the mean is meant";
      add(diagnosis);
    } else if (factor.name == "1/N") {
      diagnosis.mistakes = {Mistake::bias_averaged};
      diagnosis.text = "the bias is N = " + short_number(1 / factor.value) +
                       " times too small: averaged over the samples where the 1/N of the loss is "
                       "in the summands already";
      add(diagnosis);
    }
  }

  // k times the right one, k a whole number; that many are looked for where nothing simpler fits.
  void repeated(const Candidate& candidate, const Predicted& predicted, std::size_t cost) {
    if (candidate.diagnosis || cost > 2) return;
    const double ratio = largest_ratio(numbers(), predicted.values);
    const double k = std::round(ratio);
    const double most = cost == 1 ? 16 : 1000;
    if (!(k >= 2 && k <= most) || !explained(predicted, k)) return;
    Diagnosis diagnosis;
    diagnosis.mistakes = {Mistake::accumulated};
    diagnosis.ratio = k;
    diagnosis.text = "the gradient was added up " + short_number(k) +
                     " times: was it not set to zero before each sweep?";
    add(diagnosis);
    scaled(candidate, predicted, 2);  // no simpler than two wrong factors
  }

  void rearranged(const Candidate& candidate, const Predicted& predicted, const Factor* factor) {
    const double value = factor == nullptr ? 1 : factor->value;
    const auto found = [&](const Diagnosis& arrangement) {
      const Diagnosis whole = joined(candidate.diagnosis, arrangement);
      add(factor == nullptr ? whole : joined(whole, of(*factor)));
    };
    const Shape& shape = predicted.shape;
    if (shape.rank() == 2 && shape[0] == shape[1] && shape[0] > 1 &&
        explained(transposed(predicted), value)) {
      Diagnosis diagnosis;
      diagnosis.mistakes = {Mistake::transposed};
      diagnosis.text = "the array is transposed: rows stand for columns";
      found(diagnosis);
    }
    // (The order as it is explains nothing that the prediction itself would not have, at less
    // cost.)
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
      if (const auto order = permutation(numbers(), predicted, axis, value))
        if (explained(permuted(predicted, axis, *order), value))
          found(of_permutation(*order, axis, evidence_));
  }

  Diagnosis of(const Factor& factor, bool of_term = false) const {
    Diagnosis diagnosis;
    diagnosis.mistakes = {Mistake::factor};
    diagnosis.factor = factor.name;
    diagnosis.ratio = factor.value;
    diagnosis.text = factor.text(numbers().size() == 1, of_term);
    return diagnosis;
  }

  void add(const Diagnosis& diagnosis) {
    if (std::ranges::none_of(found_, [&](const Diagnosis& d) { return d.same_as(diagnosis); }))
      found_.push_back(diagnosis);
  }
  [[nodiscard]] const std::vector<double>& numbers() const { return evidence_.by_hand.values; }

  const Evidence& evidence_;
  std::vector<Factor> factors_;
  std::vector<Candidate> candidates_;
  std::vector<Diagnosis> found_;
  Bars bars_ = Bars::exact;
};

}  // namespace

std::vector<Diagnosis> diagnose(const Evidence& evidence) { return Search(evidence).run(); }

}  // namespace detail
}  // namespace xtape
