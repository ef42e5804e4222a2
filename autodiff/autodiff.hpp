#pragma once
// Reverse-mode automatic differentiation on a tape, over xtensor arrays.

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/functions.hpp>
#include <xtape/autodiff/gradients.hpp>
#include <xtape/autodiff/replay.hpp>
#include <xtape/autodiff/tape/tape.hpp>
