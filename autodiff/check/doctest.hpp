#pragma once
// For tests with doctest, which has to be included before: the macros print the report where the
// verdict is no PASS.

#include <xtape/autodiff/check/gradient_check.hpp>

/// Checks that check_gradients(...) passes; prints the report where it does not.
#define CHECK_GRADIENTS(...)                                          \
  do {                                                                \
    const auto xtape_report_ = ::xtape::check_gradients(__VA_ARGS__); \
    CHECK_MESSAGE(xtape_report_.passed(), xtape_report_.text());      \
  } while (false)
/// The same, and ends the test case there.
#define REQUIRE_GRADIENTS(...)                                        \
  do {                                                                \
    const auto xtape_report_ = ::xtape::check_gradients(__VA_ARGS__); \
    REQUIRE_MESSAGE(xtape_report_.passed(), xtape_report_.text());    \
  } while (false)
/// Checks a claimed gradient without a tape, check_gradient(...).
#define CHECK_GRADIENT(...)                                          \
  do {                                                               \
    const auto xtape_report_ = ::xtape::check_gradient(__VA_ARGS__); \
    CHECK_MESSAGE(xtape_report_.passed(), xtape_report_.text());     \
  } while (false)
