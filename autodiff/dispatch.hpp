#pragma once
// Instruction sets chosen at run time. A kernel is one always-inlined template over its lanes; it
// is compiled once per instruction set, also in a file that is itself compiled for plain x86-64.

#include <array>
#include <cstddef>

#include <xtape/autodiff/readings/lanes.hpp>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define XTAPE_X86 1
#define XTAPE_AVX2 __attribute__((target("avx2,fma,bmi,bmi2"), flatten))
#define XTAPE_AVX512 \
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi,bmi2"), flatten))
#else
#define XTAPE_X86 0
#define XTAPE_AVX2
#define XTAPE_AVX512
#endif
#define XTAPE_FLATTEN __attribute__((flatten))

namespace xtape {

/// The instruction sets that kernels are compiled for; the value is an index into a kernel's table.
enum class InstructionSet : unsigned { baseline, avx2, avx512 };

/// The widest instruction set of this processor, or the one that the environment variable
/// XTAPE_ISA names (baseline, avx2, avx512) when the processor has it. Looked up once.
InstructionSet instruction_set() noexcept;

/// One kernel compiled for each instruction set.
///
/// `Body::run<L>(a...)` is an always-inlined static template over the lanes L; `T` is the element
/// type; `A...` are the kernel's argument types (pointers, sizes, references).
template <class Body, class T, class... A>
struct Compiled {
  using Function = void (*)(A...);

  XTAPE_FLATTEN static void baseline(A... a) { Body::template run<Lanes<T, 16 / sizeof(T)>>(a...); }
#if XTAPE_X86
  XTAPE_AVX2 static void avx2(A... a) { Body::template run<Lanes<T, 32 / sizeof(T)>>(a...); }
  XTAPE_AVX512 static void avx512(A... a) { Body::template run<Lanes<T, 64 / sizeof(T)>>(a...); }
  static constexpr std::array<Function, 3> table = {baseline, avx2, avx512};
#else
  static constexpr std::array<Function, 3> table = {baseline, baseline, baseline};
#endif
};

}  // namespace xtape
