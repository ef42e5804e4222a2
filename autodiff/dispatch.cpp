#include <xtape/autodiff/dispatch.hpp>

#include <cstdlib>
#include <string_view>

namespace xtape {
namespace {

InstructionSet detect() noexcept {
#if XTAPE_X86
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512bw");
  const char* const wish = std::getenv("XTAPE_ISA");
  const std::string_view name = wish != nullptr ? wish : "";
  if (name == "baseline") return InstructionSet::baseline;
  if (avx512 && name != "avx2") return InstructionSet::avx512;
  if (avx2) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

}  // namespace

InstructionSet instruction_set() noexcept {
  static const InstructionSet chosen = detect();
  return chosen;
}

}  // namespace xtape
