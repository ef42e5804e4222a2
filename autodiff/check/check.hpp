#pragma once
// Verification of gradients, all of it.

#include <xtape/autodiff.hpp>
#include <xtape/autodiff/check/adjoint.hpp>
#include <xtape/autodiff/check/compare.hpp>
#include <xtape/autodiff/check/compare_module.hpp>
#include <xtape/autodiff/check/digits.hpp>
#include <xtape/autodiff/check/gradient_check.hpp>
#include <xtape/autodiff/check/report.hpp>
#include <xtape/autodiff/check/taylor.hpp>
#include <xtape/autodiff/check/verdict.hpp>
