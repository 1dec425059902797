r"""Expressions that stand for a number known through an equation only.

Main names
----------
Solution
    An expression at the solution of an equation for a bound symbol.
NumericFunction
    A function of real numbers that a solver works out, at whatever precision is current.
solved
    The value of a solution at mpmath's current precision, between two points at which the signs differ.

Conventions
-----------
The solution is the first one met by a walk in one direction: from ``start`` by factors ``ratio``
(above 1 upwards, below 1 downwards). That the first one is the one that is meant is the business of
whoever writes the expression. Each value is certified: the equation's two sides are compared just below
and just above it, and must differ in opposite senses.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, final

import mpmath
import sympy as sp

from hebbsym.errors import InvalidValue

_STEPS = 400
_COARSE = 20
_GUARD = 10


@final
class Solution(sp.Expr):  # type: ignore[misc]
    """``body`` at the first solution of ``equation = 0`` for ``unknown`` on a geometric walk.

    Examples
    --------
    >>> from hebbsym.numeric import evaluate
    >>> y = sp.Symbol("y", positive=True)
    >>> root = Solution(y**2 + 1, y**2 - 2, y, sp.S.Half, sp.Rational(3, 2))
    >>> root.free_symbols
    set()
    >>> print(evaluate(root))
    3.0
    """

    is_commutative = True
    is_real = True

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """All symbols but the bound one."""
        body, equation, unknown, start, ratio = self.args
        inside: set[sp.Symbol] = body.free_symbols | equation.free_symbols
        free: set[sp.Symbol] = (inside - {unknown}) | start.free_symbols | ratio.free_symbols
        return free

    def _sympystr(self, printer: Any) -> str:
        body, equation, unknown, *_ = map(printer._print, self.args)
        return f"Solution({body}, {equation}, {unknown})"

    def _latex(self, printer: Any) -> str:
        body, equation, unknown, *_ = map(printer._print, self.args)
        return rf"\left. {body} \right|_{{{unknown}:\ {equation} = 0}}"


class NumericFunction(sp.Function):  # type: ignore[misc]
    """A real function that ``law`` works out from mpmath numbers, at mpmath's current precision."""

    law: Callable[..., Any]

    def _eval_is_real(self) -> bool:
        return True


def solved(
    function: Callable[[Any], Any], start: Any, ratio: Any, name: str = "the equation"
) -> Any:
    """The first zero of a function on the walk ``start * ratio**k``, certified by its signs.

    Raises
    ------
    InvalidValue
        When the walk meets no change of sign, or the signs around the result are equal.

    Examples
    --------
    >>> print(mpmath.nstr(solved(lambda t: t * t - 2, mpmath.mpf(1), mpmath.mpf(2)), 12))
    1.41421356237
    """
    wanted = mpmath.mp.dps
    with mpmath.workdps(_COARSE):
        low, high = _walk(function, mpmath.mpf(start), mpmath.mpf(ratio), name)
    with mpmath.workdps(wanted + _GUARD):
        root = _narrowed(function, low, high, mpmath.mpf(10) ** -(wanted + _GUARD // 2))
        margin = abs(root) * mpmath.mpf(10) ** -wanted
        below, above = function(root - margin), function(root + margin)
        if (below > 0) == (above > 0):
            raise InvalidValue(f"{name} does not change its sign at {mpmath.nstr(root, 15)}")
    return +root


def _walk(function: Callable[[Any], Any], point: Any, ratio: Any, name: str) -> tuple[Any, Any]:
    """Two neighbouring points of the walk at which the signs differ."""
    here = function(point)
    for _ in range(_STEPS):
        beyond = point * ratio
        there = function(beyond)
        if (here > 0) != (there > 0):
            return min(point, beyond), max(point, beyond)
        point, here = beyond, there
    raise InvalidValue(f"no change of sign was found: {name} has no solution on the walk")


def _narrowed(function: Callable[[Any], Any], low: Any, high: Any, tolerance: Any) -> Any:
    """Ridders' steps inside of a bracket."""
    f_low, f_high = function(low), function(high)
    before = None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        f_middle = function(middle)
        if f_middle == 0:
            return middle
        step = (middle - low) * f_middle / mpmath.sqrt(f_middle**2 - f_low * f_high)
        point = middle + (step if f_low > f_high else -step)
        f_point = function(point)
        if f_point == 0 or (before is not None and abs(point - before) <= tolerance * abs(point)):
            return point
        before = point
        ends = sorted(((low, f_low), (middle, f_middle), (point, f_point), (high, f_high)))
        for left, right in itertools.pairwise(ends):
            if (left[1] > 0) != (right[1] > 0):
                (low, f_low), (high, f_high) = left, right
                break
    return (low + high) / 2
