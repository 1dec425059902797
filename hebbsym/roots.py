r"""Roots of equations in one unknown, certified by a change of sign.

Main names
----------
root
    The first solution above a starting point; of a sum over an integer, the last integer before it.

Implementation notes
--------------------
A grid whose steps double brackets the first change of sign; Ridders' steps narrow it down, and the signs on
both sides of the result are looked at again. A sign that changes at a pole is no root.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeAlias

import mpmath
import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.evaluation import compiled
from hebbsym.precision import (
    COARSE,
    GUARD,
    Unsettled,
    Values,
    as_expression,
    as_number,
    exact_values,
    settled,
)

_Function: TypeAlias = Callable[[Any, int], Any]
_LARGEST = 400  # the largest power of two that a bracket is looked for


def root(
    equation: sp.Basic,
    unknown: sp.Symbol,
    values: Values | None = None,
    digits: int = 30,
    *,
    start: sp.Expr | int | None = None,
) -> mpmath.mpf:
    """The first solution of an equation above ``start``, certified by a change of sign.

    An unknown that stands in the limits of a sum exists at integers only: the result is
    then the last integer before the function rises through zero (with the equation "error = epsilon", the
    largest load at which the error has not passed epsilon; where a single pattern ties, it only falls at first).

    Parameters
    ----------
    equation : sympy.Eq or sympy.Expr
        An expression stands for its being zero.
    unknown : sympy.Symbol
        Looked for from 1 upwards if it is a positive integer (a number of units or of
        patterns; the solution may still be real), from 2**-400 if positive.
    start : exact number, optional
        Where to begin instead.

    Raises
    ------
    InvalidValue
        When no change of sign is found, or when it is that of a pole.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> print(mpmath.nstr(root(sp.Eq(x**2, 2), x), 30))
    1.41421356237309504880168872421
    >>> n, k = sp.symbols("n k", integer=True, positive=True)
    >>> print(root(sp.Eq(sp.Sum(k, (k, 1, n)), 50), n))
    9.0
    """
    if isinstance(equation, sp.logic.boolalg.BooleanAtom):
        raise InvalidValue(
            f"the equation is {equation}: it holds for no value of {unknown} or for all"
        )
    function = equation.lhs - equation.rhs if isinstance(equation, sp.Eq) else equation
    at = exact_values(function, {s: v for s, v in (values or {}).items() if s != unknown})
    free = sorted(map(str, set(function.free_symbols) - set(at) - {unknown}))
    if free:
        raise InvalidValue(f"{', '.join(free)} has no value")
    if unknown not in function.free_symbols:
        raise InvalidValue(f"{unknown} does not occur in the equation")
    tree = compiled(function)
    discrete = any(
        unknown in limit.free_symbols for s in function.atoms(sp.Sum) for limit in s.limits
    )

    def at_point(point: Any, precision: int) -> mpmath.mpf:
        try:
            return settled(tree, {**at, unknown: point}, function, precision)
        except Unsettled:  # below every precision: the point is the root
            return mpmath.mpf(0)

    low, high = _bracket(at_point, unknown, start, discrete)
    if discrete:
        return _last_integer(at_point, low, high)
    return _refined(at_point, low, high, digits)


def _grid(unknown: sp.Symbol, start: sp.Expr | int | None, discrete: bool) -> list[sp.Expr]:
    """Points from ``start`` upwards whose distances from it double."""
    powers = range(0 if discrete else -_LARGEST, _LARGEST)
    steps = [sp.Integer(2) ** n for n in powers]
    if start is None and not unknown.is_positive:
        return [*(-step for step in reversed(steps)), sp.S.Zero, *steps]
    lowest = sp.S.One if unknown.is_integer else sp.S.Zero
    origin = lowest if start is None else as_expression(start)
    return [origin, *(origin + step for step in steps)]


def _bracket(
    function: _Function, unknown: sp.Symbol, start: sp.Expr | int | None, discrete: bool
) -> tuple[sp.Expr, sp.Expr]:
    """The first two neighbouring points of the grid with values of opposite sign, rising if ``discrete``.

    Points at which the function is not a real number are passed over.
    """
    before: tuple[sp.Expr, Any] | None = None
    for point in _grid(unknown, start, discrete):
        try:
            now = function(point, COARSE)
        except InvalidValue:
            continue
        except SizeLimit:
            break
        if now == 0:
            return point, point
        if before is not None and (now > 0) != (before[1] > 0) and not (discrete and now < 0):
            return before[0], point
        before = point, now
    raise InvalidValue(f"no change of sign was found: the equation has no solution for {unknown}")


def _last_integer(function: _Function, low: sp.Expr, high: sp.Expr) -> mpmath.mpf:
    """The last integer before the function is above zero."""
    a, b = int(low), int(high)
    while b - a > 1:
        middle = (a + b) // 2
        if function(middle, COARSE) > 0:
            b = middle
        else:
            a = middle
    return mpmath.mpf(a)


def _refined(function: _Function, low: sp.Expr, high: sp.Expr, digits: int) -> mpmath.mpf:
    """The root in the bracket: Ridders' steps, then the signs on both sides of the result."""
    with mpmath.workdps(digits + GUARD):
        a, b = as_number(low), as_number(high)
        if a == b:
            return a
        fa, fb = function(a, digits), function(b, digits)
        height, tolerance = max(abs(fa), abs(fb)), mpmath.mpf(10) ** -(digits + 1)
        last = None
        for _ in range(4 * digits + 2 * _LARGEST):
            middle = (a + b) / 2
            fm = function(middle, digits)
            slope = mpmath.sqrt(fm**2 - fa * fb)
            point = middle + (middle - a) * (1 if fa > fb else -1) * fm / slope
            fp = function(point, digits)
            if fp == 0 or (last is not None and abs(point - last) <= tolerance * abs(point)):
                return _certified(function, point, tolerance, height)
            last = point
            ends = sorted(((a, fa), (middle, fm), (point, fp), (b, fb)))
            (a, fa), (b, fb) = next(
                (s, t) for s, t in itertools.pairwise(ends) if (s[1] > 0) != (t[1] > 0)
            )
    raise InvalidValue(f"the root between {low} and {high} does not settle to {digits} digits")


def _certified(function: _Function, point: Any, tolerance: Any, height: Any) -> mpmath.mpf:
    """The point itself, after the function was seen to pass zero within the tolerance."""
    around = [function(point * (1 + side * tolerance), COARSE) for side in (-1, 1)]
    if (around[0] > 0) == (around[1] > 0):
        raise InvalidValue(f"no change of sign at {mpmath.nstr(point, 15)}")
    if max(map(abs, around)) > height:
        raise InvalidValue(f"the sign changes at a pole, {mpmath.nstr(point, 15)}, not at a root")
    return point
