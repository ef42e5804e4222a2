#pragma once
// The formulas of the losses, as operations of y (or the logits z) and the targets t.

#include <cstddef>

#include <xtape/autodiff.hpp>
#include <xtape/nn/mean_loss.hpp>

namespace xtape::nn {

/// (y - t)²/2.
struct HalfSquaredError {
  static constexpr auto name = "half_squared_error", mean = "half_mse", slope = "half_mse'";
  static auto value(auto y, auto t) { return square(y - t) / 2; }
  static auto partial(wrt<0>, auto y, auto t) { return y - t; }
  static auto partial(wrt<1>, auto y, auto t) { return t - y; }
  template <std::size_t K, std::size_t J>
  static auto second(wrt<K>, wrt<J>, auto, auto) {
    return K == J ? 1 : -1;
  }
};

/// (y - t)².
struct SquaredError {
  static constexpr auto name = "squared_error", mean = "mse", slope = "mse'";
  static auto value(auto y, auto t) { return square(y - t); }
  static auto partial(wrt<0>, auto y, auto t) { return 2 * (y - t); }
  static auto partial(wrt<1>, auto y, auto t) { return 2 * (t - y); }
  template <std::size_t K, std::size_t J>
  static auto second(wrt<K>, wrt<J>, auto, auto) {
    return K == J ? 2 : -2;
  }
};

/// -t log σ(z) - (1 - t) log σ(-z) as -zt or z(1 - t), whichever is positive for the sign of z, and
/// log(1 + e^-|z|): without overflow, and without cancellation for t of [0, 1]. The partial for z,
/// σ(z) - t, is written so that it keeps its digits in either tail.
struct LogitCrossEntropy {
  static constexpr auto name = "logit_cross_entropy", mean = "bce_with_logits",
                        slope = "bce_with_logits'";
  static auto value(auto z, auto t) {
    return select(z < 0, -(z * t), z * (1 - t)) + log1p(exp(select(z < 0, z, -z)));
  }
  static auto partial(wrt<0>, auto z, auto t) { return (1 - t) * sigmoid(z) - t * sigmoid(-z); }
  static auto partial(wrt<1>, auto z, auto) { return -z; }
  static auto second(wrt<0>, wrt<0>, auto z, auto) { return sigmoid(z) * sigmoid(-z); }
  static auto second(wrt<0>, wrt<1>, auto, auto) { return -1; }
  static auto second(wrt<1>, wrt<0>, auto, auto) { return -1; }
  static auto second(wrt<1>, wrt<1>, auto, auto) { return 0; }
};

}  // namespace xtape::nn

namespace xtape {

// Their tables are compiled once, in losses.cpp.
#define XTAPE_LOSS_RULES(keyword, Loss, T)                                       \
  keyword template const Rule<T> RuleOf<nn::MeanOf<nn::Loss>, T, 2>::rule;       \
  keyword template const Rule<T> RuleOf<nn::LossSlope<nn::Loss, 0>, T, 3>::rule; \
  keyword template const Rule<T> RuleOf<nn::LossSlope<nn::Loss, 1>, T, 3>::rule;
#define XTAPE_ALL_LOSS_RULES(keyword)                  \
  XTAPE_LOSS_RULES(keyword, HalfSquaredError, double)  \
  XTAPE_LOSS_RULES(keyword, HalfSquaredError, float)   \
  XTAPE_LOSS_RULES(keyword, SquaredError, double)      \
  XTAPE_LOSS_RULES(keyword, SquaredError, float)       \
  XTAPE_LOSS_RULES(keyword, LogitCrossEntropy, double) \
  XTAPE_LOSS_RULES(keyword, LogitCrossEntropy, float)
XTAPE_ALL_LOSS_RULES(extern)

}  // namespace xtape
