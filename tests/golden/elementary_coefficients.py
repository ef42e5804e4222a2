#!/usr/bin/env python3
"""Writes autodiff/readings/elementary_coefficients.hpp: python3 elementary_coefficients.py > ...

Each polynomial minimises the largest weighted error on its interval (Remez's exchange, on a grid,
60 digits); the weight makes it the relative error of the function that the polynomial is part of.
The coefficients are then rounded to the nearest number of the format. Constants that a reduction
subtracts in several parts (Cody & Waite) are cut so that their products with the reduction's
integer are exact.
"""
from mpmath import mp, mpf, matrix, lu_solve, polyval, linspace
import mpmath as m

mp.dps = 60


def remez(g, weight, a, b, degree, rounds=12):
    """The polynomial p of that degree with the least max |(p - g) weight| on [a, b]."""
    grid = [(a + b) / 2 - (b - a) / 2 * m.cos(m.pi * i / 1200) for i in range(1201)]
    grid = [x for x in grid if abs(x) > mpf(10) ** -14]
    values = [g(x) for x in grid]
    weights = [weight(x) for x in grid]
    count = degree + 2
    at = [round(i * (len(grid) - 1) / (count - 1)) for i in range(count)]
    # Chebyshev's extrema, as the grid is dense towards the ends.
    for _ in range(rounds):
        system = matrix(count, count)
        for row, i in enumerate(at):
            for j in range(degree + 1):
                system[row, j] = grid[i] ** j
            system[row, degree + 1] = (-1) ** row / weights[i]
        solution = lu_solve(system, matrix([values[i] for i in at]))
        c = list(solution)[:-1]
        error = [(polyval(c[::-1], x) - v) * w for x, v, w in zip(grid, values, weights)]
        # One extremum from each run of equal sign, then the best `count` in a row.
        extrema = []
        for i, e in enumerate(error):
            if extrema and (error[extrema[-1]] > 0) == (e > 0):
                if abs(e) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > count:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        if len(extrema) < count or extrema == at:
            break
        at = extrema
    return c, max(abs(e) for e in error)


def rounded(x, bits):
    """x to the nearest number of that many significant bits."""
    if x == 0:
        return mpf(0)
    exponent = m.floor(m.log(abs(x), 2)) + 1
    return m.nint(m.ldexp(x, int(bits - exponent))) * m.ldexp(1, int(exponent - bits))


def parts(x, bits):
    """x as a sum of numbers of these widths."""
    result = []
    for b in bits:
        result.append(rounded(x, b))
        x -= result[-1]
    return result


def literal(x, suffix):
    return float(x).hex().replace("0000000p", "p") + suffix


LN2 = m.log(2)
TINY = mpf(10) ** -20


def odd(f):  # (f(x) - x) / x^3 as a function of z = x^2
    return lambda z: (f(m.sqrt(z)) - m.sqrt(z)) / m.sqrt(z) ** 3


def odd_weight(f):
    return lambda z: m.sqrt(z) ** 3 / f(m.sqrt(z))


QUARTER = (m.pi / 4) ** 2 * mpf("1.001")
POLYNOMIALS = {
    "exp": ("(exp(r) - 1 - r) / r^2, |r| <= ln(2) / 2, relative to exp(r)",
            lambda r: (m.expm1(r) - r) / r**2, lambda r: r * r / m.exp(r),
            -LN2 / 2 * mpf("1.001"), LN2 / 2 * mpf("1.001")),
    "expm1": ("the same, relative to expm1(r)",
              lambda r: (m.expm1(r) - r) / r**2, lambda r: r * r / abs(m.expm1(r)),
              -LN2 / 2 * mpf("1.001"), LN2 / 2 * mpf("1.001")),
    "log": ("(log(1 + f) - f + f^2 / 2) / f^3, sqrt(1/2) <= 1 + f <= sqrt(2), relative to log",
            lambda f: (m.log1p(f) - f + f * f / 2) / f**3, lambda f: f**3 / m.log1p(f) if f else 0,
            m.sqrt(mpf(1) / 2) - 1, m.sqrt(mpf(2)) - 1),
    "tanh": ("(tanh(x) - x) / x^3 in x^2, |x| <= 0.55, relative to tanh",
             odd(m.tanh), odd_weight(m.tanh), TINY, mpf("0.551") ** 2),
    "sin": ("(sin(r) - r) / r^3 in r^2, |r| <= pi / 4, relative to sin",
            odd(m.sin), odd_weight(m.sin), TINY, QUARTER),
    "cos": ("(cos(r) - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi / 4",
            lambda z: (m.cos(m.sqrt(z)) - 1 + z / 2) / z**2, lambda z: z * z, TINY, QUARTER),
}
# type, significant bits, suffix, degrees, bits of ln(2)'s upper part
FORMATS = [
    ("double", 53, "", dict(exp=9, expm1=10, log=19, tanh=10, sin=5, cos=5), 40),
    ("float", 24, "f", dict(exp=4, expm1=5, log=8, tanh=4), 15),
]

if __name__ == "__main__":
    print("#pragma once")
    print("// Written by tests/golden/elementary_coefficients.py, which says how.")
    print()
    print("namespace xtape::elementary::detail {")
    print()
    print("template <class T>\nstruct Coefficients;")
    for name, bits, suffix, degrees, upper in FORMATS:
        print(f"\ntemplate <>\nstruct Coefficients<{name}> {{")

        def array(key, what, c, error, kind=name, end=suffix, width=bits):
            print(f"  // {what}; error 2^{m.nstr(m.log(error, 2), 3)}")
            body = ", ".join(literal(rounded(v, width), end) for v in c)
            print(f"  static constexpr {kind} {key}[] = {{{body}}};")

        for key, degree in degrees.items():
            what, g, weight, a, b = POLYNOMIALS[key]
            array(key, what, *remez(g, weight, a, b, degree))
        if name == "float":  # evaluated in double
            for key, degree in dict(sin=3, cos=2).items():
                what, g, weight, a, b = POLYNOMIALS[key]
                array(key, what, *remez(g, weight, a, b, degree), "double", "", 53)
        print("  // ln(2) in two parts; the products of the upper part with exponents are exact.")
        for key, value in zip(("ln2_upper", "ln2_lower"), parts(LN2, (upper, bits))):
            print(f"  static constexpr {name} {key} = {literal(value, suffix)};")
        print(f"  static constexpr {name} log2_e = {literal(rounded(1 / LN2, bits), suffix)};")
        print("  // pi / 2 in parts; products with integers below 2^15 (float: 2^22) are exact.")
        widths = (38, 38, 53) if name == "double" else (30, 53)
        body = ", ".join(literal(v, "") for v in parts(m.pi / 2, widths))
        print(f"  static constexpr double half_pi[] = {{{body}}};")
        print("};")
    print("\n}  // namespace xtape::elementary::detail")
