#!/usr/bin/env python3
"""What torch.autograd.gradcheck, with its defaults, says of the gradients in cases.cpp.

Prints a line of JSON for each: its name, the verdict, and the function's value and the claimed gradient's
sum at the point, so that the two lists can be held against each other. Second derivatives are given to
gradgradcheck. Needs PyTorch: Debian's python3-torch.
"""

import json
import math
import warnings

import torch

warnings.simplefilter("ignore")  # that single precision is not what gradcheck is for
EXP, LOG, SIN, COS = torch.exp, torch.log, torch.sin, torch.cos
SQRT, TANH, SIGMOID, ABS = torch.sqrt, torch.tanh, torch.sigmoid, torch.abs
WHERE = torch.where


def spread(n):
    return [0.3 + 0.7 * math.sin(1.0 + i * 0.61803398875) for i in range(n)]


def at(element, changed):
    """A claimed gradient in which one element is another."""

    def gradient(x):
        g = changed[0](x).clone()
        g[element] = changed[1](x[element])
        return g

    return gradient


def first_row(x):
    g = x.new_zeros(8)
    g[:6] = 2 * (x[:6] + x[6:].repeat(3))
    g[6:] = g[:2]
    return g


def first_column(x):
    g = x.new_zeros(8)
    g[:6] = 2 * x[6:].repeat_interleave(3) * x[:6]
    g[6], g[7] = x[0] ** 2, x[3] ** 2
    return g


def not_summed(x):
    e = EXP(x[:4] - x[4]) / 4
    return torch.cat([e, -e[:1]])


def softmax_diagonal(x):
    y = EXP(x[0]) / EXP(x).sum()
    g = torch.zeros_like(x)
    g[0] = y * (1 - y)
    return g


def form(x):
    return x[:3] @ x[3:12].reshape(3, 3) @ x[12:]


def form_transposed(x):
    a, A, b = x[:3], x[3:12].reshape(3, 3), x[12:]
    return torch.cat([A @ b, torch.outer(b, a).flatten(), a @ A])


def one_minus_cosine(x):
    z = x * x
    return -x / 12 + x * z / 180 - x * z * z / 6720


def mse(x):
    return ((x - 0.25) ** 2).sum() / x.numel()


def relu(x):
    return WHERE(x > 0, x, 0 * x)


def step(x):
    return (x > 0).to(x.dtype)


def larger(x):
    a = (x[:1] > x[1:]).to(x.dtype)
    return torch.cat([a, 1 - a])


C = 10.0 ** (torch.arange(9, dtype=torch.double) - 4)
BRANCHES = [1.2, -2.3, 0.4, -0.7, 3.1]
OFFSET = [1000.1, 999.7, 1000.6, 999.2]

# name, point, value, claimed gradient and, for second order, the claimed Hessian times v
CASES = [
    ("1e-6 x^2", [1.0], lambda x: 1e-6 * x * x, lambda x: 0 * x),
    ("sum 1e-5 sin(x)", spread(5), lambda x: 1e-5 * SIN(x), lambda x: 0 * x),
    ("x^4 at 0.01", [0.01], lambda x: x**4, lambda x: 0 * x),
    ("1e-9 exp(x), twice", [0.7], lambda x: 1e-9 * EXP(x), lambda x: 2e-9 * EXP(x)),
    ("1e-8 tanh(x), tanh' missing", [0.9], lambda x: 1e-8 * TANH(x), lambda x: 1e-8 + 0 * x),
    ("6.6e-34 x^2, three times", [1.5], lambda x: 6.6e-34 * x * x, lambda x: 3 * 6.6e-34 * x),
    ("exp(x), 0.09 % off", [0.4], EXP, lambda x: 1.0009 * EXP(x)),
    ("log(x), 0.05 % off", [2.5], LOG, lambda x: 1.0005 / x),
    ("sin(x), 0.05 % off", [0.3], SIN, lambda x: 0.9995 * COS(x)),
    ("sum x^2, a sign", spread(10000), lambda x: x * x, at(6173, (lambda x: 2 * x, lambda x: -2 * x))),
    ("sum x^3 / 3, 1 % off", spread(10000), lambda x: x**3 / 3,
     at(77, (lambda x: x * x, lambda x: 1.01 * x * x))),
    ("sum exp(x), a zero", spread(10000), EXP, at(9999, (EXP, lambda x: 0 * x))),
    ("x^3, second derivative halved", [1.3], lambda x: x**3, lambda x: 3 * x * x,
     lambda x, v: 3 * x * v),
    ("x^2 y, mixed entry missing", [0.8, -1.7], lambda x: x[0] ** 2 * x[1],
     lambda x: torch.stack([2 * x[0] * x[1], x[0] ** 2]),
     lambda x, v: torch.stack([2 * x[1] * v[0], 0 * v[0]])),
    ("sigmoid(x), derivative frozen", [0.6], SIGMOID, lambda x: SIGMOID(x) * (1 - SIGMOID(x)),
     lambda x, v: 0 * v),
    ("sum (X + b)^2, b's first row alone", spread(8),
     lambda x: (x[:6] + x[6:].repeat(3)) ** 2, first_row),
    ("sum s X^2, s's first column alone", spread(8),
     lambda x: x[6:].repeat_interleave(3) * x[:6] ** 2, first_column),
    ("mean exp(x - m), m not summed", spread(5), lambda x: EXP(x[:4] - x[4]) / 4, not_summed),
    ("leaky relu, 0 on the left", BRANCHES, lambda x: WHERE(x > 0, x * x, 0.01 * x),
     lambda x: WHERE(x > 0, 2 * x, 0 * x)),
    ("Huber, its linear part not cut", BRANCHES,
     lambda x: WHERE(ABS(x) < 1, x * x / 2, ABS(x) - 0.5), lambda x: x.clone()),
    ("elu, 1 on the left", BRANCHES, lambda x: WHERE(x > 0, x, torch.expm1(x)),
     lambda x: 1 + 0 * x),
    ("mean (x - t)^2, 1/N missing", spread(10), mse, lambda x: 2 * (x - 0.25)),
    ("mean (x - t)^2, 2 missing", spread(7), mse, lambda x: (x - 0.25) / 7),
    ("mean softplus(x), 1/N twice", spread(4), lambda x: torch.log1p(EXP(x)) / 4,
     lambda x: SIGMOID(x) / 16),
    ("cos(x), sign", [0.9], COS, SIN),
    ("x exp(x), a term", [1.1], lambda x: x * EXP(x), lambda x: x * EXP(x)),
    ("x / y, sign of the second", [1.5, 0.7], lambda x: x[0] / x[1],
     lambda x: torch.stack([1 / x[1], x[0] / x[1] ** 2])),
    ("softmax, its diagonal alone", spread(4), lambda x: EXP(x[0]) / EXP(x).sum(), softmax_diagonal),
    ("a A b, A's gradient transposed", spread(15), form, form_transposed),
    ("norm of x, not divided", spread(6), lambda x: SQRT((x * x).sum()), lambda x: x.clone()),
    ("1e-12 sin(x)", [0.7], lambda x: 1e-12 * SIN(x), lambda x: 1e-12 * COS(x)),
    ("1e12 exp(x)", [0.3], lambda x: 1e12 * EXP(x), lambda x: 1e12 * EXP(x)),
    ("x^2 at 1e-12", [1e-12], lambda x: x * x, lambda x: 2 * x),
    ("sqrt(x) at 1e12", [1e12], SQRT, lambda x: 1 / (2 * SQRT(x))),
    ("sum c x^2, c = 1e-4 ... 1e4", spread(9), lambda x: C * x * x, lambda x: 2 * C * x),
    ("log(x)", [1e8], LOG, lambda x: 1 / x),
    ("x^2", [1e8], lambda x: x * x, lambda x: 2 * x),
    ("sqrt(x^2 + 1)", [-1e8], lambda x: SQRT(x * x + 1), lambda x: x / SQRT(x * x + 1)),
    ("sin(1e-8 x)", [1e8], lambda x: SIN(1e-8 * x), lambda x: 1e-8 * COS(1e-8 * x)),
    ("relu at 1e-7", [1e-7], relu, step),
    ("|x| at -1e-9", [-1e-9], ABS, lambda x: WHERE(x < 0, -1 + 0 * x, 1 + 0 * x)),
    ("max(a, b), a - b = 1e-8", [1.0 + 1e-8, 1.0], lambda x: torch.maximum(x[0], x[1]), larger),
    ("sum relu, 0 at 0", [0.0, 1.5, -0.5], relu, step),
    ("|x|^1.5 at 1e-6", [1e-6], lambda x: ABS(x) ** 1.5, lambda x: 1.5 * SQRT(x)),
    ("1/x at 1e-6", [1e-6], lambda x: 1 / x, lambda x: -1 / (x * x)),
    ("sin(1e4 x)", [0.3], lambda x: SIN(10000 * x), lambda x: 10000 * COS(10000 * x)),
    ("(1 - cos x) / x^2 at 0.01", [0.01], lambda x: (1 - COS(x)) / (x * x), one_minus_cosine),
    ("exp(x) - 1 - x at 0.001", [0.001], lambda x: EXP(x) - 1 - x, torch.expm1),
    ("E[x^2] - E[x]^2 at 1000", OFFSET, lambda x: (x * x).sum() / 4 - (x.sum() / 4) ** 2,
     lambda x: (x - x.sum() / 4) / 2),
    ("sigmoid(30)", [30.0], lambda x: 1 / (1 + EXP(-x)), lambda x: EXP(-x) / (1 + EXP(-x)) ** 2),
    ("sigmoid(-30)", [-30.0], lambda x: 1 / (1 + EXP(-x)), lambda x: EXP(x) / (1 + EXP(x)) ** 2),
    ("tanh(10)", [10.0], TANH, lambda x: 4 * EXP(-2 * x) / (1 + EXP(-2 * x)) ** 2),
    ("softplus(40)", [40.0], lambda x: x + torch.log1p(EXP(-x)), SIGMOID),
    ("exp(x)", [1.0], EXP, EXP),
    ("x^2 at 1e4", [1e4], lambda x: x * x, lambda x: 2 * x),
    ("sigmoid(5)", [5.0], lambda x: 1 / (1 + EXP(-x)), lambda x: EXP(-x) / (1 + EXP(-x)) ** 2),
    ("mean (x - t)^2 of 100", spread(100), mse, lambda x: 2 * (x - 0.25) / 100),
    ("sum cos(x), one at 0", [0.0, 0.8, -1.9], COS, lambda x: -SIN(x)),
    ("sum x^2, one at 0", [0.0, 0.8, -1.9], lambda x: x * x, lambda x: 2 * x),
    ("x^3 - 3 x at 1.001", [1.001], lambda x: x**3 - 3 * x, lambda x: 3 * (x - 1) * (x + 1)),
]
SINGLE = {"exp(x)", "x^2 at 1e4", "sigmoid(5)", "mean (x - t)^2 of 100"}


def claimed(value, gradient, product=None):
    """The function with the derivatives that somebody claims."""

    class Slope(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return gradient(x)

        @staticmethod
        def backward(ctx, v):
            return product(ctx.saved_tensors[0], v)

    class Claimed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return value(x).sum()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * (Slope.apply(x) if product else gradient(x))

    return Claimed.apply


def main():
    for name, point, *claim in CASES:
        dtype = torch.float if name in SINGLE else torch.double
        x = torch.tensor(point, dtype=dtype, requires_grad=True)
        check = torch.autograd.gradgradcheck if len(claim) == 3 else torch.autograd.gradcheck
        try:
            verdict = "PASS" if check(claimed(*claim), (x,)) else "FAIL"
        except RuntimeError as error:  # GradcheckError is one
            first = str(error).splitlines()[0]
            verdict = "FAIL" if "mismatch" in first or "tolerance" in first else f"error: {first}"
        at_point = x.detach()
        print(json.dumps({
            "name": name,
            "verdict": verdict,
            "value": float(claim[0](at_point).sum()),
            "gradient": float(claim[1](at_point).sum()),
        }))


if __name__ == "__main__":
    main()
