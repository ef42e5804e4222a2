// What a recording tells about a gradient: its rounding, and what the mistakes would give.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <xtape/autodiff/check/adjoint_trial.hpp>
#include <xtape/autodiff/check/diagnosis_names.hpp>
#include <xtape/autodiff/check/diagnosis_sweep.hpp>
#include <xtape/autodiff/check/diagnosis_terms.hpp>
#include <xtape/autodiff/check/kinks.hpp>
#include <xtape/autodiff/replay.hpp>

namespace xtape::detail {
namespace {

template <class T>
class RecordedOf : public Recorded {
 public:
  RecordedOf(const BasicVariable<T>& J, const BasicVariable<T>& x)
      : tape_(*J.tape()),
        J_(J),
        x_(x),
        sweep_(tape_, J.index(), x.index()),
        sum_(tape_, J.index(), sweep_) {}

  void check() const override {
    tape_.check(J_, "compare");
    tape_.check(x_, "compare");
    tape_.check_parameters("compare");
  }
  [[nodiscard]] Shape shape() const override { return x_.shape(); }
  [[nodiscard]] std::string name() const override { return tape_.describe(x_.index(), "x"); }
  [[nodiscard]] double epsilon() const override {
    return static_cast<double>(std::numeric_limits<T>::epsilon());
  }

  std::optional<long double> wide_slope(std::size_t element) override {
    if (tape_.slot(x_.index()).record != no_index) return {};
    auto direction = Array<long double>::from_shape(x_.shape());
    direction.fill(0);
    direction.data()[element] = 1;
    WideReplay<T> replay(tape_);
    replay.set_tangent(x_, direction);
    replay.run();
    return replay.tangent(J_).data()[0];
  }
  std::string wrong_rule() override {
    const AdjointReport report =
        adjoints_of(tape_, {}, [&](std::uint32_t record, std::uint32_t in) {
          const auto& made = tape_.record_at(record);
          if (record > tape_.slot(J_.index()).record || !sweep_.on_path(in)) return false;
          for (std::uint32_t i = 0; i < made.outputs; ++i)
            if (sweep_.on_path(made.first_output + i)) return true;
          return false;
        });
    const AdjointResult* const first = report.first_failure();
    if (first == nullptr) return {};
    return "the rule of record " + std::to_string(first->record) + ", " + first->path +
           first->operation + to_string(first->place) +
           ", disagrees with its value: check_adjoints says where";
  }

  [[nodiscard]] std::pair<std::size_t, std::size_t> samples() const override {
    return sum_.samples();
  }
  [[nodiscard]] std::vector<std::uint32_t> term_slots() const override { return sum_.slots(); }
  std::vector<Term> terms(double epsilon, std::size_t terms, const Notation& notation) override {
    std::vector<Term> result;
    const Names<T> names(tape_, notation);
    for (const std::uint32_t slot : term_slots())
      result.push_back({slot, names.term(slot), [this, epsilon, terms, slot](Bars bars) {
                          return sweep_.predict({.seeds = {{slot, sum_.weight(slot)}}}, x_.index(),
                                                epsilon, terms, bars);
                        }});
    return result;
  }
  [[nodiscard]] std::string left_out() const override {
    const bool functions = slopes().size() > affordable();
    if (!functions && !sum_.too_many()) return {};
    return std::string("J has more ") + (sum_.too_many() ? "terms" : "") +
           (sum_.too_many() && functions ? " and " : "") + (functions ? "functions" : "") +
           " than are looked at one by one";
  }

  [[nodiscard]] std::string kink() const override {
    for (const auto& each : kink_values(tape_).records) {
      if (!sweep_.on_path(tape_.record_at(each.record).first_output)) continue;
      const auto at = std::ranges::find(each.values, 0);
      if (at == each.values.end()) continue;
      return site_text(each, static_cast<std::size_t>(at - each.values.begin()));
    }
    return {};
  }
  Predicted beside_kinks(bool above, double epsilon, std::size_t terms) override {
    return sweep_.predict({.beside_kinks = above ? 1 : -1}, x_.index(), epsilon, terms);
  }

  [[nodiscard]] bool is_bias() const override { return stretched() != no_index; }
  [[nodiscard]] std::vector<std::uint32_t> slopes() const override {
    std::vector<std::uint32_t> result;
    for (std::uint32_t r = 0; r < tape_.records() && r <= tape_.slot(J_.index()).record; ++r) {
      const Record<T>& record = tape_.record_at(r);
      if (!record.rule->elementwise() || record.inputs != 1 || record.rule->piecewise_constant ||
          !sweep_.on_path(record.first_output) || !sweep_.on_path(tape_.inputs_of(record)[0]))
        continue;
      if (record.rule->partial_symbol(record.operation(), 0).kind() != Symbol::Kind::number)
        result.push_back(r);
    }
    return result;
  }

  Predicted right(double epsilon, std::size_t terms) override {
    return sweep_.predict({}, x_.index(), epsilon, terms);
  }
  std::optional<Predicted> unsummed(double epsilon, std::size_t terms) override {
    const std::uint32_t slot = stretched();
    if (slot == no_index) return std::nullopt;
    return sweep_.predict({}, slot, epsilon, terms);
  }

  void other_values(std::uint32_t leaf, std::vector<double> values, std::string label) override {
    const std::string name = tape_.describe(leaf, "an array");
    if (tape_.slot(leaf).record != no_index)
      throw Error("compare: " + name + " is no leaf of the recording, so it has no other values");
    if (values.size() != tape_.slot(leaf).view.size())
      throw ShapeError("compare: other values for " + name + " have " +
                       std::to_string(values.size()) + " elements");
    sweep_.set_other(leaf, values);
    labels_[leaf] = std::move(label);
  }
  [[nodiscard]] std::uint32_t leaf(const void* tape, std::uint32_t slot) const override {
    if (tape != &tape_) throw HandleError("compare: other values are of another tape");
    return slot;
  }

  std::vector<Hypothesis> hypotheses(double epsilon, std::size_t terms,
                                     const Notation& notation) override {
    std::vector<Hypothesis> result;
    const Names<T> names(tape_, notation);
    const auto add = [&](Mistake mistake, std::string text, std::vector<std::uint32_t> records,
                         Mutation mutation, std::size_t cost = 1) {
      Diagnosis diagnosis;
      diagnosis.mistakes = {mistake};
      diagnosis.text = std::move(text);
      diagnosis.records = std::move(records);
      result.push_back({std::move(diagnosis),
                        [this, epsilon, terms, mutation](Bars bars) {
                          return sweep_.predict(mutation, x_.index(), epsilon, terms, bars);
                        },
                        cost});
    };
    add_slopes(names, add);
    add_textbook(names, add);
    add_stale(names, add);
    return result;
  }

 private:
  static Mutation with(const std::vector<std::uint32_t>& records, Slope slope) {
    Mutation mutation;
    for (const std::uint32_t r : records) mutation.slopes.emplace_back(r, slope);
    return mutation;
  }
  // A textbook's formula of the output y: one of x alone, as relu's, cannot be given the wrong one,
  // and does not lose its digits where y has.
  [[nodiscard]] bool has_textbook(std::uint32_t record) const {
    const auto& from = tape_.record_at(record);
    if (from.rule->textbook_symbol == nullptr) return false;
    const Symbol formula = from.rule->textbook_symbol(from.operation());
    return to_text(replaced(formula, {{"y", Symbol(std::string("x"))}})) != to_text(formula);
  }

  // Records whose slope may be got wrong together.
  struct Group {
    std::vector<std::uint32_t> records;
    std::size_t kinds = 1;  // of functions
    std::string where;      // " of hidden", " of every layer (h, y)"
  };
  // How many mistakes are tried that are one record's: each costs a sweep.
  [[nodiscard]] std::size_t affordable() const {
    constexpr std::size_t work = 500'000, least = 8;
    return std::max(least, work / std::max<std::size_t>(tape_.records(), 1));
  }
  // One layer's slope, that of a line of the text that is run several times, as for each sample,
  // and that of every layer with the same function: a mistake in a function of one's own is made
  // wherever it is called. Made in several functions, it is one for each.
  [[nodiscard]] std::vector<Group> groups(const Names<T>& names) const {
    constexpr std::size_t most = 4;
    std::vector<Group> result;
    std::map<std::string_view, std::vector<std::uint32_t>> alike;
    std::map<typename Names<T>::Line, std::vector<std::uint32_t>> lines;
    const std::vector<std::uint32_t> all = slopes();
    for (const std::uint32_t r : all) {
      alike[tape_.record_at(r).rule->name].push_back(r);
      lines[names.line(r)].push_back(r);
    }
    if (all.size() <= affordable())
      for (const auto& [line, members] : lines)
        for (std::size_t i = 0; i < members.size(); ++i)
          result.push_back({{members[i]}, 1, names.of_one(members, i)});
    std::ranges::sort(result, {}, &Group::records);
    if (lines.size() <= affordable())
      for (const auto& [line, members] : lines)
        if (members.size() > 1 && members.size() < alike[std::get<0>(line)].size())
          result.push_back({members, 1, names.of_line(members)});
    for (const auto& [name, members] : alike) {
      if (members.size() == 1) continue;
      const bool one_line = lines[names.line(members[0])].size() == members.size();
      result.push_back(
          {members, 1,
           one_line ? names.of_line(members) : " of every layer (" + names.layers(members) + ")"});
    }
    std::vector<std::vector<std::uint32_t>> kinds;
    kinds.reserve(alike.size());
    for (const auto& [name, members] : alike) kinds.push_back(members);
    if (kinds.size() > most) kinds.clear();  // (they would be too many)
    for (std::size_t set = 0; set < std::size_t{1} << kinds.size(); ++set) {
      Group group{{}, 0, {}};
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        if ((set >> k & 1) == 0) continue;
        group.records.insert(group.records.end(), kinds[k].begin(), kinds[k].end());
        ++group.kinds;
      }
      if (group.kinds < 2) continue;
      std::ranges::sort(group.records);
      group.where = " of the layers (" + names.layers(group.records) + ")";
      result.push_back(group);
    }
    return result;
  }

  template <class Add>
  void add_slopes(const Names<T>& names, Add& add) const {
    for (const auto& [group, kinds, where] : groups(names)) {
      const std::uint32_t r = group[0];
      const bool one = group.size() == 1;
      const std::string function = names.functions(group);
      const std::string input = one ? names.array(tape_.inputs_of(tape_.record_at(r))[0]) : "a";
      const std::string output = one ? names.output(r) : "y";
      const std::string of_output = kinds == 1 ? function + "(" + output + ") stands where " +
                                                     function + "(" + input + ") belongs"
                                               : "y stands where a belongs";
      add(Mistake::missing_slope,
          (kinds == 1 ? "the factor " + (one ? names.slope(r) : function) + where + " is missing"
                      : "the factors " + function + where + " are missing"),
          group, with(group, Slope::one), kinds);
      add(Mistake::slope_of_output,
          function + where + (kinds == 1 ? " was" : " were") + " taken of the output: " + of_output,
          group, with(group, Slope::at_output), kinds);
      if (!std::ranges::all_of(group, [&](std::uint32_t each) { return has_textbook(each); }))
        continue;
      add(Mistake::textbook_of_input,
          kinds == 1 ? names.textbook(r, true) + " stands where " + names.textbook(r, false) +
                           " belongs: this formula of " + function + where +
                           " is one of the output " + output + ", and was given the input " + input
                     : "the formulas of " + function + where +
                           " are of the output y, and were given the input a",
          group, with(group, Slope::textbook_of_input), kinds);
    }
  }

  template <class Add>
  void add_textbook(const Names<T>& names, Add& add) const {
    std::vector<std::uint32_t> members;
    for (const std::uint32_t r : slopes())
      if (has_textbook(r)) members.push_back(r);
    if (members.empty()) return;
    const std::string formula = names.textbook(members[0], false);
    add(Mistake::formula_rounding,
        "formula rounding, no mistake that can be seen: " + names.function(members[0]) + " = " +
            formula +
            " loses its digits where the function saturates; autodiff's numbers are right there",
        members, with(members, Slope::textbook),
        3);  // its bars are wide, so that it may cover what a sharper explanation fits exactly
  }

  // Of a leaf's other values; of what is made of several leaves, those of all that it is made of.
  [[nodiscard]] std::string label(const std::vector<std::uint32_t>& of) const {
    std::vector<char> needed(tape_.slots(), 0);
    for (const std::uint32_t slot : of) needed[slot] = 1;
    for (std::uint32_t r = tape_.records(); r-- > 0;) {
      const Record<T>& record = tape_.record_at(r);
      bool any = false;
      for (std::uint32_t i = 0; i < record.outputs; ++i)
        any |= needed[record.first_output + i] != 0;
      if (any)
        for (const std::uint32_t in : tape_.inputs_of(record)) needed[in] = 1;
    }
    std::set<std::string> each;
    for (const auto& [leaf, text] : labels_)
      if (needed[leaf] != 0) each.insert(text);
    std::string all;
    for (const std::string& text : each) all += (all.empty() ? "" : " and ") + text;
    return all;
  }
  // An array from another step in the place of the present one, and all of them.
  template <class Add>
  void add_stale(const Names<T>& names, Add& add) {
    std::vector<std::uint32_t> all, made;
    constexpr std::size_t most = 64;
    for (std::uint32_t slot = 0; slot <= J_.index(); ++slot) {
      if (!sweep_.differs(slot)) continue;
      all.push_back(slot);
      if (tape_.slot(slot).record != no_index) made.push_back(slot);
    }
    if (all.empty()) return;
    for (std::size_t i = 0; i < std::min(all.size(), most); ++i) {
      if (all[i] == J_.index()) continue;
      add(Mistake::stale,
          names.array(all[i]) + " is stale: the gradient was made with its values " +
              label({all[i]}),
          {}, {.others = {all[i]}});
    }
    add(Mistake::stale,
        "all activations are stale: the gradient was made with their values " + label(made), {},
        {.others = made});
    add(Mistake::stale, "the gradient is stale: it is that at the parameters " + label(all), {},
        {.others = all});
  }

  // The array that x was stretched to, where it was used once and added.
  [[nodiscard]] std::uint32_t stretched() const {
    std::uint32_t found = no_index, uses = 0;
    for (std::uint32_t r = 0; r < tape_.records() && r <= tape_.slot(J_.index()).record; ++r) {
      const Record<T>& record = tape_.record_at(r);
      const auto inputs = tape_.inputs_of(record);
      for (std::uint32_t k = 0; k < inputs.size(); ++k) {
        if (inputs[k] != x_.index()) continue;
        ++uses;
        const std::string_view name = record.rule->name;
        const Shape& out = tape_.slot(record.first_output).shape();
        const bool added = (name == "linear" && k == 2) || name == "add" || name == "broadcast_to";
        if (added && out.rank() > 0 && out != x_.shape()) found = record.first_output;
      }
    }
    return uses == 1 ? found : no_index;
  }

  BasicTape<T>& tape_;
  BasicVariable<T> J_, x_;
  MutantSweep<T> sweep_;
  TopSum<T> sum_;
  std::map<std::uint32_t, std::string> labels_;  // of other values, by leaf
};

}  // namespace

template <class T>
std::shared_ptr<Recorded> recorded(const BasicVariable<T>& J, const BasicVariable<T>& x) {
  const BasicTape<T>& tape = BasicTape<T>::of(J, "compare");
  tape.check(J, "compare");
  tape.check(x, "compare");
  tape.check_parameters("compare");
  if (J.shape().size() != 1)
    throw ShapeError("compare: " + tape.describe(J.index(), "J") +
                     " has more than one element, so it has no gradient");
  return std::make_shared<RecordedOf<T>>(J, x);
}

template std::shared_ptr<Recorded> recorded(const BasicVariable<double>&,
                                            const BasicVariable<double>&);
template std::shared_ptr<Recorded> recorded(const BasicVariable<float>&,
                                            const BasicVariable<float>&);

}  // namespace xtape::detail
