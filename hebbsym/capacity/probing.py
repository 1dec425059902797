"""Evidence at rational points: identities and limits evaluated to 30 digits.

Main names
----------
probe
    Rational values for all symbols, inside the domains of the theory.
agrees
    Whether two expressions agree at such a point.
"""

from __future__ import annotations

import sympy as sp

from hebbsym import notation
from hebbsym.notation import K, z
from hebbsym.numeric import evaluate


def probe(*expressions: sp.Expr) -> dict[sp.Symbol, sp.Expr]:
    """Rational values for all symbols, inside the domains of the theory."""
    free = sorted(set().union(*(e.free_symbols for e in expressions)), key=str)
    sizes = {notation.D: 1009, notation.M: 499, K: 23, z: sp.Rational(5, 2)}
    small = {notation.epsilon: sp.Rational(1, 200), notation.delta: sp.Rational(1, 11)}
    known = {**sizes, **small, notation.a: sp.Rational(1, 3), notation.f: sp.Rational(2, 7)}
    return {
        s: sp.Integer(1) * known[s] if s in known else sp.Rational(5 + 2 * place, 11 + place)
        for place, s in enumerate(free)
    }


def agrees(first: sp.Expr, second: sp.Expr, digits: int = 25) -> bool:
    """Whether two expressions agree at a rational point to many digits."""
    point = probe(first, second)
    one, other = (evaluate(e, {s: point[s] for s in e.free_symbols}) for e in (first, second))
    return bool(abs(one - other) <= abs(other) * sp.Rational(1, 10**digits))
