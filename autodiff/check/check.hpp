#pragma once
// Verification of gradients.

#include <xtape/autodiff/check/gradient_check.hpp>
#include <xtape/autodiff/check/report.hpp>
#include <xtape/autodiff/check/verdict.hpp>
