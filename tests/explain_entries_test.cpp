// What structural operations say of their derivative in symbols, against the numbers that their
// rules give: the same elements, the same values, for every element of the output.

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>
#include <xtape/autodiff/inspect/formula.hpp>
#include <xtape/autodiff/inspect/local_derivative.hpp>
#include <xtape/nn.hpp>

#include "recordings.hpp"

using namespace xtape;

namespace {

// A symbol's value, its elements read from the tape.
double value_of_symbol(const Symbol& s, const EntryWriter& entries, const Tape& tape) {
  if (s.kind() == Symbol::Kind::number) return s.number();
  if (const auto n = entries.as_count(s)) return static_cast<double>(*n);
  if (const auto* const element = entries.as_element(s)) {
    const auto& slot = tape.slot(static_cast<std::uint32_t>(element->slot));
    std::size_t flat = 0;
    for (std::size_t axis = 0; axis < element->at.size(); ++axis) {
      const AxisIndex i = entries.resolved(element->at[axis]);
      REQUIRE(i.fixed());
      flat = flat * slot.shape()[axis] + static_cast<std::size_t>(i.offset);
    }
    return slot.view.data[flat];
  }
  std::vector<double> x;
  for (const Symbol& input : s.inputs()) x.push_back(value_of_symbol(input, entries, tape));
  if (s.name() == "add") return x[0] + x[1];
  if (s.name() == "subtract") return x[0] - x[1];
  if (s.name() == "multiply") return x[0] * x[1];
  if (s.name() == "divide") return x[0] / x[1];
  if (s.name() == "negate") return -x[0];
  if (s.name() == "sigmoid") return 1 / (1 + std::exp(-x[0]));
  FAIL("no value for " << s.name());
  return 0;
}

// Every choice of the letters in q: the elements of the input and the factor there.
void expand(EntryWriter entries, const SymbolicEntry& entry, const Shape& in, std::size_t axis,
            const Tape& tape, std::map<std::uint32_t, double>& row) {
  if (axis == in.rank()) {
    std::size_t flat = 0;
    for (std::size_t i = 0; i < in.rank(); ++i)
      flat = flat * in[i] + static_cast<std::size_t>(entries.resolved(entry.in[i]).offset);
    const auto [place, is_new] =
        row.emplace(static_cast<std::uint32_t>(flat), value_of_symbol(entry.factor, entries, tape));
    CHECK(is_new);
    return;
  }
  const AxisIndex index = entries.resolved(entry.in[axis]);
  if (index.fixed()) return expand(entries, entry, in, axis + 1, tape, row);
  for (std::size_t n = 0; n < entries.letters()[index.letter].extent; ++n) {
    EntryWriter chosen = entries;
    REQUIRE(chosen.bind(entry.in[axis], n));
    expand(chosen, entry, in, axis + 1, tape, row);
  }
}

// Checks each input's entries of the record that made y.
void check_entries(const Variable& y) {
  const Tape& tape = *y.tape();
  const std::uint32_t r = tape.slot(y.index()).record;
  const auto& record = tape.record_at(r);
  CAPTURE(std::string(record.rule->name));
  const bool has_entry = record.rule->entry != nullptr;
  REQUIRE(has_entry);
  const auto inputs = tape.inputs_of(record);
  std::vector<const Shape*> shapes;
  std::vector<std::size_t> slots;
  for (const std::uint32_t slot : inputs) {
    shapes.push_back(&tape.slot(slot).shape());
    slots.push_back(slot);
  }
  for (std::uint32_t k = 0; k < inputs.size(); ++k) {
    detail::LocalDerivative<double> local(tape, r, k);
    for (std::size_t p = 0; p < y.shape().size(); ++p) {
      std::map<std::uint32_t, double> by_rule, by_symbol;
      for (const auto& entry : local.row(p)) by_rule.emplace(entry.in, entry.value);
      EntryWriter entries;
      entries.begin(shapes, y.shape(), slots, detail::unraveled(y.shape(), p));
      if (const auto entry = record.rule->entry(record.operation(), k, entries)) {
        REQUIRE(entry->in.size() == shapes[k]->rank());
        expand(entries, *entry, *shapes[k], 0, tape, by_symbol);
      }
      REQUIRE(by_rule.size() == by_symbol.size());
      for (const auto& [q, value] : by_rule) {
        REQUIRE(by_symbol.contains(q));
        CHECK(by_symbol.at(q) == doctest::Approx(value).epsilon(1e-13));
      }
    }
  }
}

Variable some(Tape& tape, const Shape& shape, int first = 1) {
  return tape.variable(recordings::some<double>(shape, first));
}

}  // namespace

TEST_CASE("entries of products") {
  Tape tape;
  check_entries(matmul(some(tape, {2, 3}), some(tape, {3, 4}, 7)));
  check_entries(matmul(some(tape, {3}), some(tape, {3, 4}, 7)));
  check_entries(matmul(some(tape, {2, 3}), some(tape, {3}, 7)));
  check_entries(matmul(some(tape, {3}), some(tape, {3}, 7)));
  check_entries(matmul_nt(some(tape, {2, 3}), some(tape, {4, 3}, 7)));
  check_entries(matmul_tn(some(tape, {3, 2}), some(tape, {3, 4}, 7)));
  check_entries(linear(some(tape, {5, 3}), some(tape, {3, 2}, 7), some(tape, {2}, 11)));
  check_entries(linear(some(tape, {1, 3}), some(tape, {3, 1}, 7), some(tape, {1}, 11)));
}

TEST_CASE("entries of reductions and stretched arrays") {
  Tape tape;
  const auto x = some(tape, {2, 3, 4});
  for (const bool keep : {false, true}) {
    check_entries(sum(x, {}, keep));
    check_entries(sum(x, 1, keep));
    check_entries(sum(x, {0, -1}, keep));
    check_entries(mean(x, 1, keep));
    check_entries(mean(x, {}, keep));
  }
  check_entries(broadcast_to(some(tape, {3, 1}), {2, 3, 4}));
  check_entries(broadcast_to(some(tape, {}), {2, 3}));
  check_entries(sum_to(x, {3, 1}));
  check_entries(sum_to(x, {1, 4}));
}

TEST_CASE("entries of rearrangements") {
  Tape tape;
  const auto x = some(tape, {2, 3, 4});
  check_entries(transpose(x));
  check_entries(transpose(x, {2, 0, 1}));
  check_entries(reshape(x, {2, 1, 3, 4, 1}));
  check_entries(reshape(some(tape, {1, 6, 1}), {6}));
  check_entries(slice(x, {{}, {2, Range::open, -1}, {1, 4, 2}}));
  const auto part = slice(x, {{1, 2}, {0, 3, 2}, {3, 0, -2}});
  const Slice& where =
      *static_cast<const Slice*>(tape.record_at(tape.slot(part.index()).record).operation());
  check_entries(embed(part, Slice(where), {2, 3, 4}));
  check_entries(concatenate({some(tape, {2, 2}), some(tape, {2, 1}, 5), some(tape, {2, 3}, 9)}, 1));
  check_entries(concatenate({some(tape, {2, 2}), some(tape, {3, 2}, 5)}, 0));
}

TEST_CASE("entries of losses") {
  Tape tape;
  const auto y = some(tape, {5, 2}), t = some(tape, {5, 2}, 13);
  check_entries(nn::half_mse(y, t));
  check_entries(nn::mse(y, t));
  check_entries(nn::bce_with_logits(y, t));
}
