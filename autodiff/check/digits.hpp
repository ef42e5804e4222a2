#pragma once
// How many digits each record of a recording loses, where, and what to write instead.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtape/autodiff/check/verdict.hpp>
#include <xtape/autodiff/gradients.hpp>

namespace xtape {

struct DigitsOptions {
  /// A record is a place of loss where six tenths of all digits come in, fewer go out, and so many
  /// are lost; 0: a quarter of all.
  double loss = 0;
  /// The most operations spent on one structural record's extended derivative; above it the
  /// record's own rule is used, and what it loses itself backward is not seen.
  std::size_t work = 10'000'000;
};

/// The element of a record that loses most, forward or backward.
struct DigitsLoss {
  double before = 0;          ///< right decimal digits of what comes in
  double after = 0;           ///< of what goes out
  std::size_t element = 0;    ///< of the output; backward, of the input
  long double value = 0;      ///< as recorded or swept
  long double exact = 0;      ///< in extended precision
  long double made_here = 0;  ///< relative error that the record's own rounding makes; forward only
  long double amplified = 1;  ///< relative error out by relative error in; forward only
  bool finite = true;         ///< whether the value is a finite number
  [[nodiscard]] double lost() const { return before - after; }
};

/// A record with its losses. What it has lost of the gradient is that of its worst input.
struct DigitsRow {
  std::uint32_t record = 0;
  std::string operation;  ///< with the scopes around it
  std::string array;      ///< its first output, as the tape's table calls it
  Place place;
  std::vector<std::pair<std::string, long double>> operands;  ///< names, and numbers at the element
  DigitsLoss forward;
  std::optional<DigitsLoss> backward;  ///< of records that J depends on
  std::size_t input = 0;               ///< which input `backward` is of
  bool by_rule = false;                ///< backward from its own rule, being too large
  bool at_kink = false;                ///< of the row at `backward`: put on a side by rounding
};

/// A formula that loses digits somewhere, and one that does not.
struct DigitsAdvice {
  std::vector<std::uint32_t> records;  ///< that are the formula
  std::string formula, instead, why;
  bool lost_here = false;  ///< or only at other inputs
};

struct DigitsReport {
  double full = 0;  ///< the digits of the element type
  std::vector<DigitsRow> rows;
  std::optional<std::size_t> forward, backward;  ///< the first rows that lose, in their order
  std::vector<DigitsAdvice> advice;

  /// FAIL if there is a place of loss.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool passed() const { return verdict() == Verdict::pass; }
  /// The places in full, the advice, and a table of the records.
  [[nodiscard]] std::string text() const;
};

/// Runs the recording of J again in extended precision, forward and backward, and says of every
/// record how many decimal digits its worst element has before and after it.
///
/// The extended values come from the operations' values; their own uncertainty goes along with
/// them, by dual numbers, and limits the digits of what even extended precision cannot resolve
/// (log(1 + exp(-45)) is 0 there too). The extended gradient is made of dual readings, element by
/// element, never of the rules. An element that comes near 0 in a sum loses digits too, and may
/// be harmless: the operands tell. A 0 for 0, and what cancels backward, is no place of loss where
/// J and the gradients of all leaves have their digits in the end.
///
/// Limits: what happens inside of one operation beyond extended precision is not resolved, nor is
/// the derivative of an elementary function independent of its rule.
/// @throws as `gradients`, and Error for a negative loss.
template <class T>
DigitsReport digits_lost(const BasicVariable<T>& J, const DigitsOptions& options = {});

extern template DigitsReport digits_lost(const BasicVariable<double>&, const DigitsOptions&);
extern template DigitsReport digits_lost(const BasicVariable<float>&, const DigitsOptions&);

}  // namespace xtape
