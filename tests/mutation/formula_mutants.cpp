// Plants mistakes into every formula of the library and lets the suite's own tests of elementwise
// operations run on each: all of them have to be found. See scripts/mutants.
//
//   xtape_formula_mutants [--list] [part of an operation's name]

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "../operation_table.hpp"
#include "interpreted.hpp"
#include "mutator.hpp"

namespace {

using namespace mutation;
using operation_table::Row;
using xtape::Symbol;

// ---- the suite, run on a table of rows ----------------------------------------------------------

std::string killer;  // the first check that failed

/// Writes down which check failed first.
struct Witness : doctest::IReporter {
  explicit Witness(const doctest::ContextOptions&) {}
  const doctest::TestCaseData* test = nullptr;
  void test_case_start(const doctest::TestCaseData& data) override { test = &data; }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void log_assert(const doctest::AssertData& data) override {
    if (!data.m_failed || !killer.empty()) return;
    killer = name() + ": " + data.m_expr;
  }
  void log_message(const doctest::MessageData& data) override {
    if (data.m_severity != doctest::assertType::is_warn && killer.empty())
      killer = name() + ": " + data.m_string.c_str();
  }
  void test_case_exception(const doctest::TestCaseException& e) override {
    if (killer.empty()) killer = name() + ": " + e.error_string.c_str();
  }
  [[nodiscard]] std::string name() const { return test == nullptr ? "" : test->m_name; }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

/// The check that finds a mistake in these rows, or "".
std::string suite(const std::vector<Row>& rows) {
  operation_table::mutant_rows = &rows;
  killer.clear();
  doctest::Context context;
  context.setOption("reporters", "witness");
  context.setOption("abort-after", 1);
  // Those about the table itself.
  context.addFilter("test-case-exclude", "every *");
  const bool failed = context.run() != 0;
  operation_table::mutant_rows = nullptr;
  if (failed && killer.empty()) killer = "failed";
  return failed ? killer : "";
}

// ---- rows with a formula exchanged --------------------------------------------------------------

/// An operation's trees, which its rows point to.
struct Planted {
  std::deque<Node> nodes;
  std::vector<Row> rows;
};

template <std::size_t N, unsigned kinds, bool storing, bool steps>
Row interpreted(const Row& like, const std::vector<const Node*>& trees) {
  Interpreted<N, kinds, storing, steps> operation;
  operation.value_tree = trees[0];
  for (std::size_t k = 0; k + 1 < trees.size(); ++k) operation.partial_tree[k] = trees[k + 1];
  Row row = operation_table::detail::row<N>("", operation, like.elementary, like.sample, like.hard);
  row.operation.type = like.operation.type;
  row.gradient_limit = like.gradient_limit;
  return row;
}

using MakeRow = Row (*)(const Row& like, const std::vector<const Node*>& trees);

template <std::size_t N, bool storing, std::size_t... kinds>
MakeRow choose(unsigned which, std::index_sequence<kinds...>) {
  MakeRow result = nullptr;
  ((which == kinds ? static_cast<void>(result = interpreted<N, kinds, storing, false>)
                   : static_cast<void>(0)),
   ...);
  return result;
}

constexpr unsigned formula_kind = 0, number_kind = 1, pullback_kind = 2;

MakeRow maker(const Operation& operation, unsigned kinds) {
  if (operation.piecewise_constant)
    return operation.inputs == 1 ? interpreted<1, 0, false, true> : interpreted<2, 0, false, true>;
  if (operation.inputs == 1)
    return operation.stores_partial ? choose<1, true>(kinds, std::index_sequence<0, 1>{})
                                    : choose<1, false>(kinds, std::index_sequence<0, 1>{});
  if (operation.inputs == 2)
    return choose<2, false>(kinds, std::index_sequence<0, 1, 4, 5, 8, 9>{});
  return choose<3, false>(kinds, std::index_sequence<0, 1, 4, 5, 16, 17, 20, 21, 40, 41>{});
}

double parameter_of(const Row& row) {
  return *static_cast<const double*>(row.operation.operation.get());
}

/// The trees with a row's parameter in them. A pullback stays a formula of the cotangent also where
/// it is the same everywhere.
Symbol with_parameter(const Operation& operation, const Formula& formula, const Row& row) {
  Symbol tree = formula.tree;
  if (!operation.parameter.empty())
    tree = folded(substitute(tree, operation.parameter, parameter_of(row)));
  if (tree.kind() != Symbol::Kind::number || !formula.part.starts_with("pullback")) return tree;
  const Symbol g(std::string("g"));
  return Symbol::call("where", {Symbol::call("equal", {g, g}), tree, tree});
}

/// The rows of the library's table for this operation, computing these formulas.
std::unique_ptr<Planted> plant(const Operation& operation, const std::vector<Formula>& formulas) {
  auto planted = std::make_unique<Planted>();
  for (const Row& row : operation_table::library_rows()) {
    if (row.operation.type != operation.type) continue;
    std::vector<const Node*> trees;
    unsigned kinds = 0;
    for (std::size_t i = 0; i < formulas.size(); ++i) {
      const Symbol tree = with_parameter(operation, formulas[i], row);
      trees.push_back(&planted->nodes.emplace_back(compile(tree)));
      if (i == 0) continue;
      const bool pullback = formulas[i].part.starts_with("pullback");
      const bool number = tree.kind() == Symbol::Kind::number;
      kinds |= (pullback ? pullback_kind : number ? number_kind : formula_kind) << 2 * (i - 1);
    }
    const MakeRow make = maker(operation, kinds);
    if (make == nullptr) throw std::logic_error(operation.type + ": a new kind of operation");
    planted->rows.push_back(make(row, trees));
  }
  if (planted->rows.empty()) throw std::logic_error(operation.type + " has no row in the table");
  return planted;
}

// ---- mutants that are no mistakes ---------------------------------------------------------------

/// A mutant that gives the same numbers, and why.
struct Equivalent {
  std::string operation, part, text, proof;
  bool used = false;
};

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

std::vector<Equivalent> read_equivalents(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<Equivalent> all;
  std::string proof;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {  // the proof of what follows
      proof = line;
      continue;
    }
    std::istringstream fields(line);
    Equivalent e;
    std::getline(fields, e.operation, '|');
    std::getline(fields, e.part, '|');
    std::getline(fields, e.text);
    all.push_back({trimmed(e.operation), trimmed(e.part), trimmed(e.text), proof});
  }
  return all;
}

/// Whether two formulas give the same numbers wherever a mistake would hide: at zeros, ties,
/// infinities, NaN, limits of the formats, and at ordinary numbers. Read with dual numbers, so that
/// the slopes are compared too at finite numbers, at all where `tangents`; at finite numbers alone
/// where `finite`.
bool same_numbers(const Operation& operation, const Formula& right, const Symbol& mutant,
                  bool tangents, bool finite) {
  using operation_table::Wide;
  const std::vector<double> special = {
      0.,          -0., 1,    -1,    2,      -2,           0.5,
      -0.5,        0.3, -0.7, 3,     -3.25,  1e-300,       -1e-300,
      5e-324,      40,  -40,  1e300, -1e300, numbers::inf, -numbers::inf,
      numbers::nan};
  const std::size_t slots = 5, n = special.size();
  for (const Row& row : operation_table::library_rows()) {
    if (row.operation.type != operation.type) continue;
    const Node a = compile(with_parameter(operation, right, row));
    const Node b = compile(with_parameter(operation, {right.part, mutant}, row));
    const bool cotangent = right.part.starts_with("pullback");
    std::size_t points = 1;
    for (std::size_t k = 0; k < operation.inputs + (cotangent ? 1 : 0); ++k) points *= n;
    for (std::size_t p = 0; p < points; ++p)
      for (std::size_t direction = 0; direction < operation.inputs; ++direction) {
        std::array<Wide, 5> x;
        std::size_t rest = p;
        bool skip = false, ordinary = true;
        for (std::size_t k = 0; k < operation.inputs; ++k, rest /= n) {
          ordinary = ordinary && std::fabs(special[rest % n]) < 1e100;
          skip = skip || (finite && !(std::fabs(special[rest % n]) < 1e100));
          x[k] = Wide(special[rest % n], k == direction ? 1 : 0);
        }
        if (skip) continue;
        if (cotangent) x[Node::g] = Wide(special[rest % n]);
        std::vector<Wide> in(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(operation.inputs));
        x[Node::y] = row.value(in);
        Slots<Wide> at{};
        for (std::size_t k = 0; k < slots; ++k) at[k] = &x[k];
        const Wide one = evaluate<Wide>(a, at), other = evaluate<Wide>(b, at);
        const auto differ = [](long double u, long double v) {
          return u != v && !(std::isnan(u) && std::isnan(v));
        };
        if (differ(one.value.value, other.value.value)) return false;
        if ((tangents || ordinary) && differ(one.tangent.value, other.tangent.value)) return false;
      }
  }
  return true;
}

// ---- the campaign -------------------------------------------------------------------------------

struct Score {
  std::size_t mutants = 0, killed = 0, equivalent = 0, survived = 0;
  Score& operator+=(const Score& o) {
    mutants += o.mutants;
    killed += o.killed;
    equivalent += o.equivalent;
    survived += o.survived;
    return *this;
  }
};

struct Campaign {
  std::vector<Equivalent> equivalents;
  bool list = false;
  std::map<std::string, std::size_t> by_test{}, by_change{};
  bool faults = false;

  void complain(const std::string& text) {
    faults = true;
    std::cout << text << '\n';
  }

  std::vector<std::string> names(const Operation& operation, const Formula& formula) {
    std::vector<std::string> result;
    for (std::size_t k = 0; k < operation.inputs; ++k)
      result.emplace_back(1, operation.inputs == 1 ? 'x' : static_cast<char>('a' + k));
    if (formula.part.starts_with("partial")) result.emplace_back("y");
    if (formula.part.starts_with("pullback")) result.emplace_back("g");
    return result;
  }

  Equivalent* equivalent(const Operation& operation, const Formula& formula,
                         const std::string& text) {
    for (Equivalent& e : equivalents)
      if (e.operation == operation.type && e.part == formula.part && e.text == text) {
        e.used = true;
        return &e;
      }
    return nullptr;
  }

  Score run(const Operation& operation) {
    Score score;
    // Walked as it stands, an operation passes: else nothing that follows would mean anything.
    if (const auto planted = plant(operation, operation.formulas); !suite(planted->rows).empty())
      complain(operation.type + " without a mutation fails: " + killer);
    for (std::size_t i = 0; i < operation.formulas.size(); ++i) {
      const Formula& formula = operation.formulas[i];
      for (const Mutant& mutant :
           mutants(formula.tree, names(operation, formula), operation.parameter)) {
        ++score.mutants;
        const std::string text = to_text(mutant.tree);
        std::vector<Formula> formulas = operation.formulas;
        formulas[i].tree = mutant.tree;
        const auto planted = plant(operation, formulas);
        const std::string by = suite(planted->rows);
        Equivalent* const known = equivalent(operation, formula, text);
        const std::string what = operation.type + " | " + formula.part + " | " + text;
        if (!by.empty()) {
          ++score.killed;
          ++by_test[by.substr(0, by.find(':'))];
          ++by_change[text_of(mutant.change)];
          if (list) std::cout << "  killed     " << what << "   by " << by << '\n';
          if (known != nullptr) complain("  not equivalent, it is killed: " + what);
        } else if (known != nullptr && same_numbers(operation, formula, mutant.tree, false,
                                                    known->proof.starts_with("Finite: "))) {
          ++score.equivalent;
          if (list) std::cout << "  equivalent " << what << "   " << known->proof << '\n';
        } else {
          ++score.survived;
          const bool same = same_numbers(operation, formula, mutant.tree, false, false);
          const bool slopes = same_numbers(operation, formula, mutant.tree, true, false);
          complain("  SURVIVED   " + what + "   (" + to_text(formula.tree) + ")" +
                   (slopes ? " same numbers and slopes"
                    : same ? " same numbers"
                           : ""));
        }
      }
    }
    return score;
  }
};

void print(const std::string& name, const Score& score) {
  std::printf("%-22s %8zu %8zu %11zu %9zu\n", name.c_str(), score.mutants, score.killed,
              score.equivalent, score.survived);
  std::fflush(stdout);
}

int run(const std::vector<std::string>& arguments) {
  Campaign campaign{read_equivalents(XTAPE_EQUIVALENT_MUTANTS)};
  std::string filter;
  for (const std::string& argument : arguments)
    argument == "--list" ? static_cast<void>(campaign.list = true)
                         : static_cast<void>(filter = argument);
  std::printf("%-22s %8s %8s %11s %9s\n", "formulas of", "mutants", "killed", "equivalent",
              "survived");
  Score total;
  std::set<std::string> run;
  for (const Operation& operation : operations()) {
    if (operation.type.find(filter) == std::string::npos) continue;
    run.insert(operation.type);
    const Score score = campaign.run(operation);
    print(operation.type, score);
    total += score;
  }
  print("all", total);
  for (const auto& [test, count] : campaign.by_test)
    std::printf("%8zu killed by \"%s\"\n", count, test.c_str());
  for (const auto& [change, count] : campaign.by_change)
    std::printf("%8zu killed of those with another %s\n", count, change.c_str());
  for (const Equivalent& e : campaign.equivalents)
    if (!e.used && run.contains(e.operation))
      campaign.complain("no such mutant: " + e.operation + " | " + e.part + " | " + e.text);
  if (total.mutants == 0) return 3;
  return total.survived > 0 || campaign.faults ? 1 : 0;
}

}  // namespace

DOCTEST_REGISTER_REPORTER("witness", 1, Witness);

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
}
