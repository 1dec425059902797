r"""The largest load with a retrieval state at a temperature T, and that up to which replica symmetry holds.

Along the states of one temperature (:mod:`hebbsym.capacity.states`) the load has its maximum where the gradients
of T and of ln(alpha) are parallel; replica symmetry holds while deviations between two copies of a state do not
grow (:mod:`hebbsym.capacity.stability`).

Main names
----------
CriticalLoad, CriticalOverlap, SymmetricLoad
    alpha_c(T, g, s, n), the overlap there, and the load up to which replica symmetry holds, as functions that
    a formula can hold.

Implementation notes
--------------------
A search in doubles gives the start of secant steps, at a precision that grows with what is known. The result is certified: at mu just below and just above
it the quantity that vanishes has opposite signs, each at a nu that has the temperature asked for.

References
----------
amit1987 (pairs); gardner1987 (n-body); almeida1978 (stability) (equations unverified).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, final

import mpmath

from hebbsym.capacity.states import COLDEST, Memory, Point, at_temperature, hottest, walked
from hebbsym.errors import InvalidValue
from hebbsym.solutions import NumericFunction

GUARD = 14
_STEPS = 60
_ROUGH = 9
"""Digits of a start that was found in doubles."""
_SAFELY = 1000


def require_warm(T: Any, n: int = 2) -> None:
    """Refuse a temperature at which no state is looked for.

    Examples
    --------
    >>> require_warm(mpmath.mpf(2))
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: T = 2.0: a retrieval state is looked for at 1/50 <= T < 1.0, and at T = 0
    """
    if not COLDEST * (1 - mpmath.mpf(10) ** -9) <= T < hottest(n):
        raise InvalidValue(
            f"T = {mpmath.nstr(T, 6)}: a retrieval state is looked for at 1/50 <= T < "
            f"{mpmath.nstr(mpmath.mpf(hottest(n)), 5)}, and at T = 0"
        )


def _turning(point: Point) -> Any:
    """Zero at the largest load."""
    return point.determinant


def _drifting(point: Point) -> Any:
    """Zero where two copies begin to drift apart."""
    return point.growth - 1


def critical(T: Any, memory: Memory) -> Point:
    """The state at the largest load that has one, at mpmath's current precision, certified.

    Raises
    ------
    InvalidValue
        For a temperature below 1/50, where the grid is too fine, or where no retrieval state exists.

    Examples
    --------
    >>> with mpmath.workdps(15):
    ...     bool(0 < critical(mpmath.mpf(1) / 2, Memory(1, 0, 2)).load < 0.1379)
    True
    """
    require_warm(T, memory.n)
    return _certified(T, memory, _turning, mpmath.mp.dps)


def symmetric(T: Any, memory: Memory) -> Any:
    """The load up to which the retrieval state exists and keeps replica symmetry, certified.

    Examples
    --------
    >>> with mpmath.workdps(15):
    ...     bool(symmetric(mpmath.mpf(1) / 2, Memory(1, 0, 2))
    ...          == critical(mpmath.mpf(1) / 2, Memory(1, 0, 2)).load)
    True
    """
    last = critical(T, memory)
    if last.growth < 1:
        return last.load
    return _certified(T, memory, _drifting, mpmath.mp.dps).load


@lru_cache(maxsize=256)
def _certified(T: Any, memory: Memory, target: Callable[[Point], Any], wanted: int) -> Point:
    """The state at which a quantity vanishes, between two at which it has opposite signs."""
    mu, nu = map(mpmath.mpf, walked(float(T), memory.rough, target))

    def at(signal: Any) -> tuple[Any, Point]:
        nonlocal nu
        nu, point = at_temperature(T, signal, nu, memory, mpmath.mp)
        return target(point), point

    mu = refined(lambda signal: at(signal)[0], mu, wanted)
    with mpmath.workdps(wanted + GUARD):
        margin = mu * mpmath.mpf(10) ** -wanted
        below, above = at(mu - margin)[0], at(mu + margin)[0]
        if (below > 0) == (above > 0):
            raise InvalidValue(f"the state at T = {mpmath.nstr(T, 6)} could not be certified")
        return at(mu)[1]


def refined(function: Callable[[Any], Any], start: Any, digits: int) -> Any:
    """A zero from a start in doubles, by secant steps at a precision that about doubles from stage to stage.

    Parameters
    ----------
    function : callable
        At mpmath's current precision.
    start : number
        Right to about ten digits.
    digits : int

    Examples
    --------
    >>> print(mpmath.nstr(refined(lambda t: t * t - 2, 1.41421356237, 30), 30))
    1.41421356237309504880168872421
    """
    stages = [digits]
    while stages[-1] > 2 * _ROUGH:
        stages.append(stages[-1] // 2 + 4)
    here, apart = mpmath.mpf(start), mpmath.mpf(10) ** -_ROUGH
    for stage in reversed(stages):
        with mpmath.workdps(stage + GUARD):
            here = secant(function, here, mpmath.mpf(10) ** -(stage + 3), apart)
        apart = mpmath.mpf(10) ** -stage
    return here


def secant(function: Callable[[Any], Any], start: Any, tolerance: Any, apart: Any) -> Any:
    """A zero by secant steps from two points, a start and one at a relative distance from it.

    Examples
    --------
    >>> print(mpmath.nstr(secant(lambda t: t * t - 2, mpmath.mpf("1.4142"), 1e-12, 1e-5), 10))
    1.414213562
    """
    before, here = start, start * (1 + apart)
    f_before, f_here = function(before), function(here)
    for _ in range(_STEPS):
        if f_here == f_before:
            return here
        new = here - f_here * (here - before) / (f_here - f_before)
        # the error of a step is about the product of the two before it; it is not looked at again
        if abs((new - before) * (new - here)) <= tolerance * new**2 / _SAFELY:
            return new
        before, f_before, here, f_here = here, f_here, new, function(new)
    raise InvalidValue("the state does not settle")


@final
class CriticalLoad(NumericFunction):
    """alpha_c(T, g, s, n): the largest load with a retrieval state.

    Examples
    --------
    >>> import sympy as sp
    >>> CriticalLoad(sp.Symbol("T"), 1, 0, 2)
    CriticalLoad(T, 1, 0, 2)
    """

    @staticmethod
    def law(T: Any, g: Any, s: Any, n: Any) -> Any:
        """At mpmath's current precision."""
        return +critical(T, Memory.of(g, s, n)).load


@final
class CriticalOverlap(NumericFunction):
    """The overlap of the retrieval state at alpha_c(T, g, s, n)."""

    @staticmethod
    def law(T: Any, g: Any, s: Any, n: Any) -> Any:
        """At mpmath's current precision."""
        return +critical(T, Memory.of(g, s, n)).overlap


@final
class SymmetricLoad(NumericFunction):
    """The load up to which the retrieval state exists and is stable against replica-symmetry breaking."""

    @staticmethod
    def law(T: Any, g: Any, s: Any, n: Any) -> Any:
        """At mpmath's current precision."""
        return +symmetric(T, Memory.of(g, s, n))
