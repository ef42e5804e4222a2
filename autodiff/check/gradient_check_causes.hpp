#pragma once
// Why a gradient may be wrong. Not for users.

#include <span>

#include <xtape/autodiff/check/gradient_check_task.hpp>

namespace xtape::detail {

/// Says of each input that failed what its wrong numbers have in common.
void find_causes(GradientReport& report, int order);
/// Says of each input that failed which operation may be at fault: the first on its way whose rule
/// disagrees with its own value (the adjoint test); if there is none, what else changes with the
/// input, which is moved no farther than the settings' scale. `slots` are those of the inputs in
/// the recording of the point.
template <class T>
void find_suspects(CheckTask<T>& task, BasicTape<T>& tape, std::span<const std::uint32_t> slots,
                   const Settings& settings, GradientReport& report);

}  // namespace xtape::detail
