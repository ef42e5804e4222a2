#pragma once
// What a check can say.

#include <cstdint>

namespace xtape {

/// The verdict on one number or on a whole check. `inconclusive` means that the check could not
/// have seen an error of the size that matters: it is neither a pass nor a failure, and the report
/// says what would help. The worse of two is the greater one.
enum class Verdict : std::uint8_t { pass, inconclusive, fail };

/// "PASS", "FAIL", "INCONCLUSIVE".
const char* to_string(Verdict verdict);

/// The verdict on two things together: a failure of either is one of both, and what is not
/// conclusive stays so.
constexpr Verdict both(Verdict a, Verdict b) { return a < b ? b : a; }

}  // namespace xtape
