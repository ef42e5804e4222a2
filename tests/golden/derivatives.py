#!/usr/bin/env python3
"""Writes tests/golden/derivatives.inc: python3 derivatives.py > derivatives.inc

Values and derivatives of orders 1 and 2 of the elementwise operations, by mpmath's numerical
differentiation at 800 digits: nothing here knows a formula of a derivative. Each row is the
operation's struct, the arguments a and b, and f, f_a, f_b, f_aa, f_ab, f_bb rounded to double.
All arguments are numbers of single precision, so that both element types use the same rows.
"""
import struct

from mpmath import diff, mp, mpf
import mpmath as m

mp.dps = 800


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def sigmoid(x):
    return 1 / (1 + m.exp(-x))


near = [-9.7, -3.3, -1.0, -0.4, -0.0123, 1e-3, 0.3, 0.9, 1.7, 4.4, 11.0]
positive = [1e-30, 1e-6, 0.02, 0.5, 0.97, 1.0, 1.4, 7.0, 300.0, 1e20]
ONE = {
    "Negate": (lambda x: -x, near),
    "Square": (lambda x: x * x, near + [1e-15, -1e15]),
    "Sqrt": (m.sqrt, positive),
    "Exp": (m.exp, near + [-600.0, -80.0, -40.0, 80.0, 600.0, 1e-20]),
    "Expm1": (m.expm1, near + [-600.0, -80.0, -40.0, 80.0, 600.0, 1e-20, -1e-20]),
    "Log": (m.log, positive),
    "Log1p": (lambda x: m.log(1 + x), positive + [-0.97, -0.5, -1e-4, 1e-20, -1e-20]),
    "Sin": (m.sin, near + [100.0, 1e5, 1e-20, 3.1415927]),
    "Cos": (m.cos, near + [100.0, 1e5, 1e-20, 1.5707963]),
    "Tanh": (m.tanh, near + [-19.0, -40.0, 19.0, 40.0, 300.0, 1e-20, 0.0]),
    "Sigmoid": (sigmoid, near + [-600.0, -80.0, -37.0, 20.0, 36.0, 37.0, 80.0, 600.0, 1e-20, 0.0]),
    "Softplus": (lambda x: m.log(1 + m.exp(x)),
                 near + [-600.0, -80.0, -37.0, 20.01, 36.0, 37.0, 80.0, 600.0, 1e-20, 0.0]),
    "Relu": (lambda x: x if x > 0 else mpf(0), near),
    "Abs": (abs, near),
}
PAIRS = [(2.5, 1.3), (-2.5, 0.7), (1e-3, -9.0), (-4.0, -0.3), (1e10, 3.0), (1e-10, 7e-6), (0.7, 2e9)]
POWERS = [(2.5, 1.3), (0.3, -2.2), (1e-5, 2.0), (7.0, 10.5), (1.0, -3.0), (1.25, 100.0), (0.9, 0.0),
          (300.0, -7.25), (0.5, 1.0)]
TWO = {
    "Add": (lambda a, b: a + b, PAIRS),
    "Subtract": (lambda a, b: a - b, PAIRS),
    "Multiply": (lambda a, b: a * b, PAIRS),
    "Divide": (lambda a, b: a / b, PAIRS),
    "Maximum": (lambda a, b: a if a > b else b, PAIRS),
    "Minimum": (lambda a, b: a if a < b else b, PAIRS),
    "Power": (lambda a, b: a**b, POWERS),
}


def literal(x):
    x = float(x)
    return "0" if x == 0 else x.hex().replace("0000000000000p", "p")


def derivative(f, at, order):
    """Differentiates with steps relative to the arguments, and drops what is rounding alone."""
    y = diff(f, at if len(at) > 1 else at[0], order if len(at) > 1 else order[0], h=mpf(10) ** -300)
    return mpf(0) if abs(y) < mpf(10) ** -280 else y


print("// Made by derivatives.py: do not edit.")
for name, (f, points) in ONE.items():
    for x in points:
        x = mpf(single(x))
        row = [x, 0, f(x), derivative(f, [x], [1]), 0, derivative(f, [x], [2]), 0, 0]
        print("{%s}," % ", ".join(['"%s"' % name] + [literal(v) for v in row]))
for name, (f, points) in TWO.items():
    for a, b in points:
        at = [mpf(single(a)), mpf(single(b))]
        orders = [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
        row = at + [f(*at)] + [derivative(f, at, order) for order in orders]
        print("{%s}," % ", ".join(['"%s"' % name] + [literal(v) for v in row]))
