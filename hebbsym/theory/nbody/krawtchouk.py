r"""Separation functions of n-body rules: Krawtchouk polynomials of the overlap, and Hermite in the limit.

The rule that adds products makes of a pattern whose overlap with the cue over the N inputs is
q = sum_j y_j s_j the contribution x_i f(q), with

.. math:: f(q) = \sum_n c_n\, e_{n-1}(y_1 s_1, \dots, y_N s_N) = \sum_n c_n\, \mathcal K_{n-1}(q; N),

for an elementary symmetric polynomial of signs depends on their sum alone. So the memory is one of
similarity, separation f and projection, and conversely every separation function of the overlap is a rule of
products on synapses of all orders, with the coefficients of its expansion in Krawtchouk polynomials.

Main names
----------
krawtchouk
    K_m(q; N), a polynomial in q and N.
expansion
    The coefficients of a separation function at a finite N, from its values.
spread
    E[f(q)^2] over fair signs, from coefficients.

References
----------
szego1939 (Krawtchouk and Hermite polynomials; equations unverified); the generating function
(1 + t)^((N + q)/2) (1 - t)^((N - q)/2) is that of elementary symmetric polynomials of signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import sympy as sp

OVERLAP = sp.Symbol("q", real=True)
"""The overlap of cue and pattern over the inputs of a unit."""


@lru_cache(maxsize=64)
def krawtchouk(degree: int, inputs: sp.Expr, overlap: sp.Expr = OVERLAP) -> sp.Expr:
    """The elementary symmetric polynomial of ``inputs`` signs as a function of their sum.

    By the recurrence (m + 1) K_(m+1) = q K_m - (N - m + 1) K_(m-1).

    Examples
    --------
    >>> krawtchouk(2, sp.Symbol("N"))
    -N/2 + q**2/2
    """
    before, here = sp.S.Zero, sp.S.One
    for m in range(degree):
        before, here = here, sp.expand((overlap * here - (inputs - m + 1) * before) / (m + 1))
    return here


def expansion(values: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Coefficients c_0 .. c_N with f(q) = sum_m c_m K_m(q; N), from f at q = N, N - 2, ..., -N.

    Krawtchouk polynomials are orthogonal over fair signs, with E[K_m^2] = C(N, m).

    Examples
    --------
    >>> expansion([9, 1, 1, 9])  # q**2 on three signs: N + 2 K_2
    (3, 0, 2, 0)
    """
    inputs = len(values) - 1
    n = sp.Integer(inputs)
    found = []
    for m in range(inputs + 1):
        total = sp.Add(
            *(
                sp.binomial(n, d) * value * krawtchouk(m, n, n - 2 * d)
                for d, value in enumerate(values)
            )
        )
        found.append(sp.expand(total / (2**n * sp.binomial(n, m))))
    return tuple(found)


def spread(coefficients: Mapping[int, sp.Expr], inputs: sp.Expr) -> sp.Expr:
    """E[f(q)^2] over fair signs: orders are orthogonal.

    Examples
    --------
    >>> spread({1: sp.S.One, 2: sp.Integer(3)}, sp.Symbol("N"))
    N + 9*binomial(N, 2)
    """
    return sp.Add(*(c**2 * sp.binomial(inputs, m) for m, c in coefficients.items()))
