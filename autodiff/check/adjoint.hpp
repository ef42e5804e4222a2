#pragma once
// The adjoint dot-product test: each record's rule against the derivative of its value.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/autodiff/check/verdict.hpp>
#include <xtape/autodiff/gradients.hpp>

namespace xtape {

struct AdjointOptions {
  std::uint64_t seed = 1;  ///< of the random ū and v
  std::size_t rounds = 2;  ///< pairs (ū, v) for each input of a record
  bool recorded = false;   ///< Jᵀū from the recorded sweep's rule instead of the direct one's
};

/// Where J v came from, which never is the rule under test.
enum class TangentSource : std::uint8_t {
  dual,          ///< the operation's `value`, read with dual numbers
  complex_step,  ///< Im f(x + ih)/h, with the complex functions of the C library
  differences,   ///< differences of `value`, exact for |x|, max and min, else extrapolated
};
/// "dual numbers", "complex step", "differences".
const char* to_string(TangentSource source);

/// One entry ∂out/∂in of a record's derivative: where a wrong rule shows it most.
struct AdjointEntry {
  std::size_t output = 0;            ///< which output, of an operation with several
  std::vector<std::size_t> out, in;  ///< the indices of both elements, from 0
  long double rule = 0;              ///< what the rule says
  long double value = 0;             ///< what the operation's value says
};

/// What the test says of one record and one of its inputs.
struct AdjointResult {
  std::uint32_t record = 0;
  std::size_t input = 0;  ///< from 0
  std::string operation;
  std::string array;  ///< the input, as the tape's table calls it
  Shape shape;        ///< of the input
  std::string path;   ///< the scopes around the record, "hidden."
  Place place;        ///< the line of the user's text
  Verdict verdict = Verdict::pass;
  TangentSource source = TangentSource::dual;
  long double forward = 0;            ///< ⟨ū, J v⟩, of the worst round
  long double backward = 0;           ///< ⟨Jᵀū, v⟩
  long double error = 0;              ///< |forward - backward| in units of rounding
  long double limit = 0;              ///< what the error may be
  std::size_t skipped = 0;            ///< elements without a finite derivative, which are left out
  std::size_t kinks = 0;              ///< elements at which the slopes to either side differ
  std::string note;                   ///< what else there is to say
  std::optional<AdjointEntry> entry;  ///< of a failure
};

/// The results for a recording, in its order.
struct AdjointReport {
  std::vector<AdjointResult> results;
  std::size_t records = 0;  ///< how many the recording has
  std::size_t without = 0;  ///< records without a derivative: of constants, comparisons
  std::size_t empty = 0;    ///< inputs of records that have no elements, or give none
  bool recorded = false;

  /// FAIL if any is; INCONCLUSIVE if one is, or if nothing was tested.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool passed() const { return verdict() == Verdict::pass; }
  [[nodiscard]] std::size_t count(Verdict verdict) const;
  /// The first failure in the order of recording, or nullptr.
  [[nodiscard]] const AdjointResult* first_failure() const;
  /// The first failure in full, then a table of all that did not pass; of everything with `all`.
  [[nodiscard]] std::string text(bool all = false) const;
};

/// Tests the rule of every record that gradients flow through, for each of its inputs:
///
///     ⟨ū, J v⟩ = ⟨Jᵀū, v⟩
///
/// for random ū and v. Jᵀū is what the record's rule contributes, with its sum over stretched axes.
/// J v is the derivative of the operation's `value` along v, read with dual numbers of extended
/// precision. Dual numbers take the derivative of an elementary function (exp, log, +, ·) from its
/// own rule, so for the records of these J v is a complex step of the C library's function.
///
/// The unit of the error is half an ulp of Σ|ūᵢ(Jv)ᵢ| + Σ|(Jᵀū)ⱼvⱼ|; the limit is 16 + 2√n units, n
/// the number of summands that a number of the contribution may have: n roundings of random sign
/// grow as √n. Where the two differ, the slopes of `value` to both sides of the recorded inputs
/// decide: at a kink any number between them passes; elsewhere a rule that agrees with the
/// differences of `value` passes. So does an elementwise rule that is right to the rounding of its
/// own formula, which is measured: 1 - y² loses digits in saturation.
/// INCONCLUSIVE where no element has a finite derivative, where both sides are nothing but zeros,
/// and where the rule's formula has lost more than half of its digits.
///
/// @throws StaleParameterError when a parameter was updated after it was recorded, Error for no
/// rounds.
/// Source of the test: J. F. Claerbout, "Earth Soundings Analysis", 1992, chapter 5; of the complex
/// step: W. Squire, G. Trapp, SIAM Review 40, 1998.
template <class T>
AdjointReport check_adjoints(BasicTape<T>& tape, const AdjointOptions& options = {});

extern template AdjointReport check_adjoints(BasicTape<double>&, const AdjointOptions&);
extern template AdjointReport check_adjoints(BasicTape<float>&, const AdjointOptions&);

}  // namespace xtape
