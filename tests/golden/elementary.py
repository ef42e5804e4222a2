#!/usr/bin/env python3
"""Writes tests/golden/elementary.inc: python3 elementary.py > elementary.inc

Each row is an argument x, the result y rounded to the format, and by how many units in the last
place of y (spacings at y) the true result lies above y; all from mpmath at 60 digits and more. So an
error can be told to a hundredth of a unit.
"""
import math
import random
import struct
from fractions import Fraction

import mpmath as m
from mpmath import mp, mpf

mp.dps = 60
random.seed(20)


class Format:
    def __init__(self, name, digits, lowest, highest, suffix):
        self.name, self.digits, self.suffix = name, digits, suffix
        self.lowest, self.highest = lowest, highest  # exponents: 2^lowest is the least subnormal
        self.least = math.ldexp(1.0, lowest)
        self.max = math.ldexp(2.0 - 2.0 ** (1 - digits), highest)

    def round(self, x):
        """A float of Python's, an mpf or a fraction, to the nearest of the format."""
        x = mpf(x)
        if x == 0 or not m.isfinite(x):
            return float(x)
        unit = self.spacing(x)
        with mp.workdps(400):
            y = float(m.nint(x / unit) * unit) if abs(x) < mpf(2) ** 1024 else math.inf
        if abs(y) > self.max:
            y = math.copysign(math.inf, y)
        return y

    def spacing(self, x):
        exponent = int(m.floor(m.log(abs(x), 2)))
        if mpf(2) ** exponent > abs(x):
            exponent -= 1
        elif mpf(2) ** (exponent + 1) <= abs(x):
            exponent += 1
        return mpf(2) ** max(exponent - self.digits + 1, self.lowest)

    def near(self, x, steps):
        """The number of the format that is nearest to x, and its neighbours."""
        y = self.round(x)
        unit = self.spacing(y) if y else mpf(self.least)
        return [self.round(mpf(y) + k * unit) for k in range(-steps, steps + 1)]

    def literal(self, x):
        if math.isinf(x):
            return ("-inf" if x < 0 else "inf") + self.suffix
        if x == 0:
            return "-0." + self.suffix if math.copysign(1, x) < 0 else "0." + self.suffix
        mantissa, exponent = x.hex().split("p")
        mantissa = mantissa.rstrip("0")
        exponent = int(exponent)
        if mantissa.startswith("0x0.") or mantissa.startswith("-0x0."):  # Python's subnormals
            mantissa, exponent = normal_hex(x)
        return f"{mantissa}p{exponent}{self.suffix}".replace(".p", "p")


def normal_hex(x):
    fraction, exponent = math.frexp(x)
    mantissa, rest = (fraction * 2).hex().split("p")
    return mantissa.rstrip("0"), exponent - 1 + int(rest)


DOUBLE = Format("double", 53, -1074, 1023, "")
FLOAT = Format("float", 24, -149, 127, "f")


def log_uniform(f, low, high, count, signs=(1, -1)):
    return [f.round(random.choice(signs) * math.ldexp(random.uniform(1, 2), e))
            for e in (random.uniform(low, high) for _ in range(count))
            for e in [math.floor(e)]]


def uniform(f, low, high, count):
    return [f.round(random.uniform(low, high)) for _ in range(count)]


def neighbours(f, points, steps=2):
    return [x for p in points for x in f.near(p, steps)]


def common(f):
    """Zeros, subnormal numbers, the ends of the range, one."""
    smallest = math.ldexp(1.0, f.lowest + f.digits - 1)
    points = [0.0, f.least, 3 * f.least, smallest - f.least, smallest, smallest + f.least, 1.0,
              f.round(1 + 2.0 ** (1 - f.digits)), f.round(1 - 2.0**-f.digits), f.max]
    return points + [-p for p in points]


def hard_quadrants(f, bound, count):
    """Numbers of the format that lie closest to multiples of pi/2: from continued fractions."""
    found = []
    with mp.workdps(400):
        half_pi = Fraction(int(m.nint(m.pi / 2 * mpf(2) ** 1200)), 2**1200)
        for exponent in range(-1, int(math.log2(bound)) + 1):
            # x = k 2^(exponent - digits + 1), so k / n is close to (pi/2) / 2^(...)
            scale = Fraction(2) ** (exponent - f.digits + 1)
            a = half_pi / scale
            p0, q0, p1, q1 = 0, 1, 1, 0
            rest = a
            for _ in range(60):
                whole = rest.numerator // rest.denominator
                p0, q0, p1, q1 = p1, q1, whole * p1 + p0, whole * q1 + q0
                if 2 ** (f.digits - 1) <= p1 < 2**f.digits:
                    found.append((abs(Fraction(p1) * scale - q1 * half_pi), float(p1 * scale)))
                if p1 >= 2**f.digits or rest == whole:
                    break
                rest = 1 / (rest - whole)
    found.sort()
    return [x for _, x in found[:count]]


def arguments(name, f):
    d = f is DOUBLE
    n = 0.85 if d else 0.7
    some = lambda k: int(k * n)
    ln2 = math.log(2)
    xs = common(f)
    tiny = -1074 if d else -149
    if name in ("exp", "expm1"):
        top, low = (709.7827128933840, -745.1332191019412) if d else (88.72283, -103.97208)
        normal = -708.3964185322641 if d else -87.33654
        xs += neighbours(f, [top, -top, low, normal, low + 5, top - ln2, -37.43, -17.33, -36.04], 3)
        xs += neighbours(f, [(k + 0.5) * ln2 for k in range(-6, 6)], 1)
        xs += uniform(f, low - 1, top + 1, some(170)) + uniform(f, low, normal, some(40))
        xs += uniform(f, -2, 2, some(220)) + log_uniform(f, tiny // 8, 3, some(120))
        xs += log_uniform(f, tiny, 9 if d else 6, some(30))
    elif name == "log":
        xs += neighbours(f, [math.sqrt(0.5), math.sqrt(2), 2, 0.5, math.e, 10], 3)
        xs += neighbours(f, [1], 20)
        xs += [f.round(1 + v) for v in log_uniform(f, -f.digits, -1, some(150))]
        xs += uniform(f, 0.3, 3, some(200)) + log_uniform(f, tiny, f.highest, some(200), (1,))
        xs += log_uniform(f, tiny, tiny + f.digits, some(30), (1,))
        xs = [x for x in xs if x > 0 or x == 0]
    elif name == "log1p":
        xs += neighbours(f, [math.sqrt(0.5) - 1, math.sqrt(2) - 1, -0.5, 2, 4, 1023], 3)
        xs += f.near(-1, 12) + [f.round(-1 + v) for v in log_uniform(f, -f.digits, -1, some(60), (1,))]
        xs += log_uniform(f, -f.digits - 3, 1, some(200)) + uniform(f, -1, 3, some(200))
        xs += log_uniform(f, tiny, f.highest, some(120), (1,)) + log_uniform(f, 40, 70, some(40), (1,))
        xs = [x for x in xs if x >= -1]
    elif name == "tanh":
        xs += neighbours(f, [0.55, -0.55, 19.06, 20, 9.01, 10, ln2 / 4, 0.75 * ln2], 3)
        xs += uniform(f, -3, 3, some(300)) + uniform(f, -22, 22, some(120))
        xs += log_uniform(f, tiny // 8, 5, some(120)) + log_uniform(f, tiny, 10, some(30))
    else:
        bound = 50000 if d else 6e6
        xs += neighbours(f, [bound, -bound], 2)
        xs += neighbours(f, [m.pi / 4 * k for k in range(-9, 30)], 2)
        xs += neighbours(f, [m.pi / 2 * random.randrange(int(bound / 1.58)) for _ in range(40)], 1)
        xs += hard_quadrants(f, bound, 40) + [-x for x in hard_quadrants(f, bound, 10)]
        xs += uniform(f, -8, 8, some(180)) + log_uniform(f, -30, math.log2(bound) - 1, some(200))
        xs += log_uniform(f, tiny, f.highest, some(50)) + hard_quadrants(f, 2.0**100, 70)[40:]
    return [x for x in dict.fromkeys(zip(xs, (math.copysign(1, x) for x in xs)))]


def row(f, values, exact):
    """The literals of one row: arguments, rounded result, and the rest in units of its spacing."""
    if exact == 0 or not m.isfinite(exact):
        y, rest = float(exact), mpf(0)
    else:
        y = f.round(exact)
        with mp.workdps(400):
            rest = mpf(0) if math.isinf(y) else (exact - mpf(y)) / (
                f.spacing(y) if y else mpf(f.least))
    text = f"{float(rest):.2f}".replace("0.", ".").replace("-.00", "0").replace(".00", "0")
    if y == 0 and values[0] == 0 and math.copysign(1, values[0]) < 0:
        y = -0.0  # the functions that are 0 at 0 are odd or keep the sign
    return "{" + ",".join([f.literal(v) for v in values] + [f.literal(y), text]) + "},"


def wrapped(rows):
    lines, line = [], ""
    for r in rows:
        if len(line) + len(r) > 118:
            lines.append(line)
            line = ""
        line += r
    return "\n".join(lines + [line])


FUNCTIONS = {"exp": m.exp, "expm1": m.expm1, "log": lambda x: m.log(x) if x else -m.inf,
             "log1p": lambda x: m.log1p(x) if x > -1 else -m.inf, "sin": m.sin, "cos": m.cos,
             "tanh": m.tanh}


def evaluate(function, x):
    with mp.workdps(400 if abs(x) > 1e10 or abs(x) < 1e-10 else 90):
        return function(mpf(x))


def powers(f):
    d = f is DOUBLE
    pairs = []
    for _ in range(150 if d else 100):
        a = f.round(math.ldexp(random.uniform(1, 2), random.randint(-20, 20)))
        pairs.append((a, f.round(random.uniform(-20, 20) / (1 if d else 6))))
    for _ in range(60):  # up to the ends of the range, subnormal results too
        a = f.round(random.uniform(0.01, 30))
        limit = (1074 if d else 149) * 0.6931 / abs(math.log(a))
        pairs.append((a, f.round(random.uniform(-1, 1) * limit)))
    for _ in range(40):  # next to one, with large exponents
        a = f.round(1 + random.uniform(-1, 1) * 2.0 ** random.randint(-f.digits + 4, -4))
        if a != 1:
            pairs.append((a, f.round(random.uniform(-1, 1) * 60 / abs(math.log(a)))))
    for _ in range(30):
        pairs.append((-f.round(random.uniform(0.1, 9)), float(random.randint(-20, 20))))
        pairs.append((f.round(random.uniform(0, 50)), float(random.choice([2, 3, -1, 0.5, -0.5, 1.5]))))
    return pairs


if __name__ == "__main__":
    print("// Written by tests/golden/elementary.py: x, f(x), and what is left in units of f(x)'s last place.")
    print("// clang-format off")
    for f in (DOUBLE, FLOAT):
        for name, function in FUNCTIONS.items():
            rows = [row(f, [x], evaluate(function, x)) for x, _ in arguments(name, f)]
            print(f"static const Row<{f.name}> {name}_{f.name}[] = {{")
            print(wrapped(rows) + "};")
        rows = []
        for a, b in powers(f):
            with mp.workdps(120):
                exact = m.power(mpf(a), int(b) if b == int(b) else mpf(b))
            rows.append(row(f, [a, b], exact))
        print(f"static const PowRow<{f.name}> pow_{f.name}[] = {{")
        print(wrapped(rows) + "};")
    print("// clang-format on")
