#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <xtape/autodiff/check/compare.hpp>
#include <xtape/autodiff/check/compare_parts.hpp>
#include <xtape/autodiff/check/diagnosis_patterns.hpp>
#include <xtape/autodiff/inspect/element.hpp>

namespace xtape {

void CompareContext::throw_not_there(const std::string& name) {
  throw HandleError("compare: parameter " + name + " is not in this recording");
}

void CompareContext::other_values(const void* tape, std::uint32_t slot,
                                  const detail::Numbers& values, const std::string& label) {
  if (recorded_ == nullptr)
    throw Error("compare: other values need the recording that they are others of");
  if (slot == no_index) throw HandleError("compare: the parameter is not in this recording");
  recorded_->check();
  recorded_->other_values(recorded_->leaf(tape, slot), values.values, label);
}

namespace detail {
namespace {

// By hand in the shape of autodiff's, where that is a matter of axes alone; `why` says what was
// done. False where the shapes do not fit at all.
bool align(const Numbers& autodiff, Numbers& by_hand, std::optional<Diagnosis>& why) {
  if (by_hand.shape == autodiff.shape) return true;
  const auto without_ones = [](const Shape& shape) {
    Shape result;
    for (const std::size_t extent : shape)
      if (extent != 1) result.push_back(extent);
    return result;
  };
  Diagnosis diagnosis;
  const std::string shapes =
      "by hand the shape is " + to_string(by_hand.shape) + ", not " + to_string(autodiff.shape);
  const bool turned =
      by_hand.shape.rank() == 2 && autodiff.shape.rank() == 2;  // a row for a column
  if (without_ones(by_hand.shape) == without_ones(autodiff.shape) && !turned) {
    diagnosis.mistakes = {Mistake::shape};
    diagnosis.text = shapes + ": the axes of one element differ";
    by_hand.shape = autodiff.shape;
    why = diagnosis;
    return true;
  }
  Predicted whole{by_hand.values, by_hand.values, by_hand.values, by_hand.shape};
  whole = transposed(whole);
  if (whole.shape != autodiff.shape) return false;
  diagnosis.mistakes = {Mistake::transposed};
  diagnosis.text = shapes + ": the array is transposed, rows stand for columns";
  by_hand.shape = autodiff.shape;
  by_hand.values = whole.values;
  why = diagnosis;
  return true;
}

Verdict verdict_of(const ComparedElement& e, double wide, double smallest) {
  const double difference = std::abs(e.autodiff - e.by_hand);
  const bool equal = e.autodiff == e.by_hand;
  const bool next = e.ulps <= 4;  // where the bar itself underflows
  if (!equal && !(difference <= wide) && !next) {
    const bool neither = std::isnan(e.autodiff) && std::isnan(e.by_hand);
    return neither ? Verdict::inconclusive : Verdict::fail;
  }
  if (!equal && difference > e.bar && !next) return Verdict::inconclusive;
  // What rounding may change by this much would have hidden a mistake.
  constexpr double much = 0.01;
  const double size = std::max(std::abs(e.autodiff), std::abs(e.by_hand));
  const bool hidden = e.bar > much * size || (size != 0 && smallest / much > size);
  return hidden && !std::isinf(e.autodiff) ? Verdict::inconclusive : Verdict::pass;
}

std::vector<ComparedElement> elements_of(const Numbers& by_hand, const Predicted& right,
                                         int digits) {
  const double smallest = digits == std::numeric_limits<float>::digits
                              ? static_cast<double>(std::numeric_limits<float>::denorm_min())
                              : std::numeric_limits<double>::denorm_min();
  std::vector<ComparedElement> elements;
  for (std::size_t i = 0; i < by_hand.values.size(); ++i) {
    ComparedElement e;
    e.index = indices_of(right.shape, i);
    e.autodiff = right.values[i];
    e.by_hand = by_hand.values[i];
    e.ulps = ulp_distance(e.autodiff, e.by_hand, digits);
    e.relative = e.autodiff == e.by_hand ? 0
                                         : std::abs(e.autodiff - e.by_hand) /
                                               std::max(std::abs(e.autodiff), std::abs(e.by_hand));
    e.bar = right.bar[i];
    e.verdict = verdict_of(e, right.wide[i], smallest);
    elements.push_back(std::move(e));
  }
  return elements;
}

Verdict of_elements(const std::vector<ComparedElement>& elements) {
  Verdict verdict = Verdict::pass;
  for (const ComparedElement& e : elements) verdict = both(verdict, e.verdict);
  return verdict;
}

bool all_zero(const std::vector<ComparedElement>& elements) {
  return std::ranges::all_of(elements,
                             [](const auto& e) { return e.autodiff == 0 && e.by_hand == 0; });
}

const std::string digits_are_too_few =
    "; but it has lost so many of them that a mistake could not be seen: compare at other weights "
    "or data, or write the slope in another form";

// The derivation is right and its own formula loses digits: the elements are judged by its bars.
// Where these have eaten half of the digits no mistake could have been seen.
void judge_rounding(Comparison& comparison, const Evidence& e) {
  for (const Hypothesis& each : e.recorded->hypotheses(e.epsilon, e.terms, e.notation)) {
    if (!each.diagnosis.has(Mistake::formula_rounding)) continue;
    const Predicted textbook = each.predict(Bars::exact);
    for (std::size_t i = 0; i < comparison.elements.size(); ++i) {
      ComparedElement& element = comparison.elements[i];
      element.bar = std::max(element.bar, textbook.bar[i]);
      element.verdict = element.bar > std::sqrt(e.epsilon) * std::abs(element.autodiff)
                            ? Verdict::inconclusive
                            : Verdict::pass;
    }
  }
  if (comparison.passed()) return;
  comparison.diagnoses[0].text += digits_are_too_few;
}

// By hand the slope on one side of a kink, where autodiff has another: neither is wrong.
bool judge_kinks(Comparison& comparison, const Evidence& e) {
  const std::string kink = e.recorded == nullptr ? "" : e.recorded->kink();
  if (kink.empty()) return false;
  for (const bool above : {true, false}) {
    if (!fits(e.by_hand.values, e.recorded->beside_kinks(above, e.epsilon, e.terms))) continue;
    for (ComparedElement& element : comparison.elements)
      if (element.verdict == Verdict::fail) element.verdict = Verdict::inconclusive;
    comparison.finding =
        "J has no derivative here: " + kink + " is at its kink, and by hand there is the slope " +
        (above ? "above" : "below") + " it, which is no mistake: compare at other weights or data";
    return true;
  }
  return false;
}

void explain_verdict(Comparison& comparison, const Evidence& e, bool aligned) {
  const auto& elements = comparison.elements;
  if (of_elements(elements) == Verdict::fail) {
    if (judge_kinks(comparison, e)) return;
    const Doubt doubt = e.recorded == nullptr ? Doubt{} : doubt_of(comparison, *e.recorded);
    comparison.doubt = doubt.certain;
    if (!comparison.doubt.empty()) return;
    comparison.diagnoses = diagnose(e);
    const bool rounding =
        !comparison.diagnoses.empty() &&
        comparison.diagnoses[0].mistakes == std::vector<Mistake>{Mistake::formula_rounding};
    if (comparison.diagnoses.empty() || rounding) {
      comparison.doubt = doubt.possible;
      if (!comparison.doubt.empty()) return comparison.diagnoses.clear();
    }
    if (comparison.diagnoses.empty()) {
      const std::string left_out = e.recorded == nullptr ? "" : e.recorded->left_out();
      comparison.finding = "nothing in the catalogue of mistakes fits: " + in_common(e) +
                           (left_out.empty() ? "" : "; " + left_out);
    } else if (aligned && rounding)
      judge_rounding(comparison, e);
  } else if (elements.empty()) {
    comparison.finding = "there are no elements, so nothing was compared";
  } else if (all_zero(elements)) {
    comparison.finding =
        "both are nothing but zeros, so any formula that is zero here would pass: "
        "compare where J depends on it, at other weights or data";
  } else if (of_elements(elements) == Verdict::inconclusive) {
    comparison.finding =
        e.recorded == nullptr
            ? "some differences may be rounding, of sums that cancel or of y - t where both are "
              "near, "
              "or may be none: with the recording, {J, x}, that is known"
            : "rounding may change some elements by more than 1 %, which would hide a mistake: "
              "compare at other weights or data";
  }
}

Evidence evidence_for(const Numbers& autodiff, const Numbers& by_hand, const Predicted& right,
                      double epsilon, std::size_t terms, const CompareContext& context) {
  Recorded* const recording = context.recording();
  auto [samples, elements] =
      recording == nullptr ? std::pair<std::size_t, std::size_t>{} : recording->samples();
  if (context.given_samples() != 0) samples = context.given_samples();
  return {autodiff,
          by_hand,
          right,
          epsilon,
          terms,
          samples,
          elements,
          context.earlier_gradients(),
          context.names(),
          recording,
          context.on_paper()};
}

}  // namespace

std::vector<Diagnosis> diagnose_shape(const Evidence& e) {
  std::vector<Diagnosis> result;
  const auto add = [&](Mistake mistake, const std::string& text) {
    Diagnosis diagnosis;
    diagnosis.mistakes = {mistake};
    diagnosis.text = text;
    result.push_back(diagnosis);
  };
  for (const Hypothesis& each : wrong_axes(e))
    if (fits(e.by_hand.values, each.predict(Bars::exact))) result.push_back(each.diagnosis);
  const Predicted by_hand{e.by_hand.values, e.by_hand.values, e.by_hand.values, e.by_hand.shape};
  for (std::size_t axis = 0; axis < e.by_hand.shape.rank(); ++axis)
    if (fits(summed(by_hand, axis).values, e.right))
      add(Mistake::shape, "the sum over axis " + number_of(axis, e) + " of " +
                              to_string(e.by_hand.shape) +
                              " is missing: it gives the right numbers" + counted(e));
  for (std::size_t axis = 0; axis < e.right.shape.rank(); ++axis)
    if (fits(e.by_hand.values, summed(e.right, axis)))
      add(Mistake::shape, "autodiff's " + to_string(e.right.shape) + " was summed over axis " +
                              number_of(axis, e) + " as well: an index is lost" + counted(e));
  if (result.empty())
    add(Mistake::shape, "by hand the shape is " + to_string(e.by_hand.shape) + ", not " +
                            to_string(e.right.shape) +
                            ": a gradient has the shape of its parameter");
  return result;
}

Comparison compare_numbers(std::string_view name, const Numbers& autodiff, const Numbers& given,
                           const CompareContext& context) {
  Comparison result;
  result.name = name;
  result.autodiff_shape = autodiff.shape;
  result.by_hand_shape = given.shape;
  result.on_paper = context.on_paper();
  Recorded* const recording = context.recording();
  const int digits = std::min(autodiff.digits, given.digits);
  double epsilon = std::ldexp(1.0, 1 - digits);
  std::size_t terms = context.given_samples();
  Predicted right;
  if (recording != nullptr) {
    recording->check();
    epsilon = std::max(epsilon, recording->epsilon());
    terms = std::max<std::size_t>({terms, recording->samples().first, 16});
    right = recording->right(epsilon, terms);
    if (right.shape != autodiff.shape || !agree(autodiff.values, right))
      throw Error("compare: " + std::string(name) + " is not the gradient of J for " +
                  recording->name() + ", which the context names");
    right.values = autodiff.values;
    result.slopes = recording->slopes();
    result.terms = recording->term_slots();
  } else {
    if (terms == 0) terms = 1024;  // for want of better
    right = of_arrays(autodiff, epsilon, terms);
  }
  Numbers by_hand = given;
  std::optional<Diagnosis> why;
  const Evidence evidence = evidence_for(autodiff, by_hand, right, epsilon, terms, context);
  if (!align(autodiff, by_hand, why)) {
    result.diagnoses = diagnose_shape(evidence);
    return result;
  }
  result.elements = elements_of(by_hand, right, digits);
  explain_verdict(result, evidence, !why);
  if (why) {
    for (Diagnosis& each : result.diagnoses) {
      each.mistakes.insert(each.mistakes.begin(), why->mistakes.begin(), why->mistakes.end());
      each.text = why->text + "; beside that, " + each.text;
    }
    if (result.diagnoses.empty()) result.diagnoses.push_back(*why);
  }
  result.tells_apart = what_tells_apart(result.diagnoses);
  return result;
}

}  // namespace detail

Verdict Comparison::verdict() const {
  if (autodiff_shape != by_hand_shape) return Verdict::fail;
  if (detail::all_zero(elements)) return Verdict::inconclusive;
  return detail::of_elements(elements);
}

}  // namespace xtape
