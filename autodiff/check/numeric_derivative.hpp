#pragma once
// The derivative of a function of one number from its values alone, with an honest error bar.

#include <functional>
#include <limits>

namespace xtape {

/// One value of a function: how far from the point it was really taken, and what came out.
struct Sample {
  long double at;
  long double value;
};
/// Evaluates the function near the displacement asked for: as near as the arithmetic can say.
using Probe = std::function<Sample(long double displacement)>;

/// A number and how far it may be off.
struct Estimate {
  long double value = 0;
  long double bar = 0;
  long double step = 0;  // the largest displacement that it was made from
  bool known = false;
};

/// What is known of the function before it is evaluated.
struct NumericOptions {
  double epsilon = 0;     // of the function's arithmetic
  long double scale = 1;  // a displacement of natural size: |x|, or that of its neighbours
  long double farthest = std::numeric_limits<long double>::infinity();  // displacement allowed
  long double spacing = 0;       // the distance of the numbers that can be represented at the point
  long double expected = 0;      // of a derivative of about this size …
  long double precision = 1e-6;  // … the bar should be this part of it
  // What the derivative is said to be: where it is not, finer steps are asked, too. NaN: not said.
  long double claimed = std::numeric_limits<long double>::quiet_NaN();
  long double noise = 0;  // of the function, where it is known; 0: to be measured
  int most_levels = 72;   // of steps, each half the one before
};

/// The derivatives of a function at a point, and what was seen on the way.
struct NumericDerivative {
  Estimate best;  // the derivative, where there is one
  Estimate central, left, right;
  // Where the values move in steps that are not seen next to the point: the derivative there, if
  // they are the function's own and no rounding.
  Estimate near;
  Estimate coarse;            // where finer steps say something else: before they were heard
  Estimate natural;           // by steps up to the natural scale alone, where larger ones are best
  bool kink = false;          // the slopes from the left and from the right differ
  bool jump = false;          // the function does not go to its value at the point
  bool flat = false;          // nothing changed at any step …
  bool bounded = false;       // … of those that were allowed
  bool stairs = false;        // the noise is more than the rounding of the values
  long double value = 0;      // of the function at the point
  long double variation = 0;  // the largest slope of a secant up to the natural scale …
  long double bend = 0;       // … and up to a sixteenth of it
  long double noise = 0;      // of the function's values
  long double range = 0;      // how far they go within the largest steps
  int evaluations = 0;
};

/// Differentiates at displacement 0.
///
/// **Steps.** Function values at ±h for eight h, each half the one before, beginning at a quarter
/// of the natural scale; then larger ones where rounding rules, smaller ones where truncation does,
/// until the bar is small enough or nothing is left to try. A quotient takes the displacements that
/// were really made.
///
/// **Values.** Richardson extrapolation of the central and of both one-sided quotients. An entry of
/// the table costs as truncation the larger of its distances to the two entries that it was made
/// of, as rounding what the noise of the values gives at most. The entry of the smallest bar is
/// taken, but never against finer steps: where those say something else, beyond their own bars, the
/// bar grows to the difference. Secants at far finer steps, down to where the noise hides them, are
/// asked too: where one differs, all steps down to it are taken. So a step that strides over a kink
/// or a period is found out, and a function that is another one next to the point.
///
/// **Noise.** Taken from differences of high order of eight values at each side of the point, as
/// near to each other as the function still sees: four of their deviations, and at least half a
/// unit in the last place. It is measured on either side alone: a kink at one side looks like
/// noise.
///
/// A derivative exists where all three agree, and the one of the smallest bar is `best`. Where the
/// one-sided ones differ beyond their bars, finer steps are tried until the noise ends the search;
/// if they differ still, it is a kink.
///
/// Sources: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in
/// Engineering Software 4, 1982; J. J. Moré, S. M. Wild, "Estimating computational noise", SIAM J.
/// Sci. Comput. 33, 2011 (the differences, and how near the values should be).
NumericDerivative numeric_derivative(const Probe& probe, const NumericOptions& options);

}  // namespace xtape
