#include <xtape/autodiff/check/verdict.hpp>

namespace xtape {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "PASS";
    case Verdict::fail:
      return "FAIL";
    case Verdict::inconclusive:
      break;
  }
  return "INCONCLUSIVE";
}

}  // namespace xtape
