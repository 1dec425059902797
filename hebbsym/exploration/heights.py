r"""A criterion as a function of the coefficients of a rule, in doubles: what a search climbs.

Main names
----------
Height
    The logarithm of a claim at coefficients and a number of patterns.

Conventions
-----------
The formula of a claim is compiled once for all numbers of patterns. A finite sum (over the history of a unit) is made over
an array of its index; what does not depend on the coefficients, the law of the history, is worked out once for each
number of patterns, through its logarithm: binomial coefficients past 1e308 are no doubles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, final

import numpy as np
import sympy as sp

from hebbsym.exploration.ascent import Array
from hebbsym.notation import K
from hebbsym.numeric import numeric_function

_ERFC = sp.Function("erfc")  # keeps the sign of its argument


@final
class Height:
    """The logarithm of a claim's formula at coefficients, with the sign that makes it large.

    Parameters
    ----------
    formula : expression
        With no symbol but the coefficients and K.
    symbols : sequence of symbol
        The coefficients.
    sense : int
        1 for what is to be made large, -1 for what is to be made small.

    Examples
    --------
    >>> c = sp.Symbol("c", real=True)
    >>> Height(c**2 / K, [c], -1).at(5)(np.array([10.0])) == -math.log(20)
    True
    """

    def __init__(self, formula: sp.Expr, symbols: Sequence[sp.Symbol], sense: int) -> None:
        sums = sorted(formula.atoms(sp.Sum), key=str)
        places = [sp.Dummy() for _ in sums]
        outer = formula.xreplace(dict(zip(sums, places, strict=True)))
        self.sense = sense
        self._outer = numeric_function(_far(outer), [K, *symbols, *places])
        self._inner = [_Average(one, symbols) for one in sums]

    def at(self, load: Any) -> Callable[[Array], float]:
        """The function of the coefficients at a number of patterns; minus infinity where there is none."""
        patterns = float(load)

        def function(c: Array) -> float:
            with np.errstate(all="ignore"):
                found = float(self._outer(patterns, *c, *(one(patterns, c) for one in self._inner)))
            if not (found > 0 and math.isfinite(found)):
                return -math.inf
            return self.sense * math.log(found)

        return function

    def value(self, height: float) -> float:
        """The claim where its logarithm is this high."""
        return math.exp(self.sense * height)


@final
class _Average:
    """A finite sum whose terms are a law of the index times a function of the coefficients."""

    def __init__(self, total: sp.Sum, symbols: Sequence[sp.Symbol]) -> None:
        ((index, low, high),) = total.limits
        law, term = total.function.as_independent(*symbols, as_Add=False)
        self._ends = tuple(sp.lambdify([K], end) for end in (low, high))
        # of a whole number SymPy turns the logarithm of a factorial back
        free = {symbol: sp.Dummy(symbol.name, positive=True) for symbol in (index, K)}
        self._law = numeric_function(_logarithm(law.xreplace(free)), list(free.values()))
        self._term = numeric_function(_far(term), [index, K, *symbols])
        self._placed = lru_cache(maxsize=64)(self._places)

    def _places(self, patterns: float) -> tuple[Array, Array]:
        low, high = (int(end(patterns)) for end in self._ends)
        places = np.arange(low, high + 1, dtype=np.float64)
        return places, np.exp(self._law(places, patterns))

    def __call__(self, patterns: float, c: Array) -> float:
        places, weights = self._placed(patterns)
        return float(weights @ self._term(places, patterns, *c))


def _logarithm(law: sp.Expr) -> sp.Expr:
    """ln of a product of positive numbers, that of a factorial without the factorial."""
    logarithm = sp.expand_log(sp.log(law.rewrite(sp.gamma)), force=True)
    whole = {
        part: sp.loggamma(*part.args[0].args)
        for part in logarithm.atoms(sp.log)
        if part.args[0].func is sp.gamma
    }
    return logarithm.xreplace(whole)


def _far(expression: sp.Expr) -> sp.Expr:
    """2 - erfc(t), as SymPy writes erfc(-t), turned back: the difference has no digits where the error is small."""
    turned = {}
    for part in expression.atoms(sp.Add):
        constant, rest = part.as_coeff_Add()
        factor, function = rest.as_coeff_Mul()
        if function.func is sp.erfc and constant == -2 * factor:
            turned[part] = -factor * _ERFC(-function.args[0])
    return expression.xreplace(turned)
