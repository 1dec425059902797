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
A search in doubles gives the start of secant steps. The result is certified: at mu just below and just above
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
    with mpmath.workdps(wanted + GUARD):

        def at(signal: Any) -> tuple[Any, Point]:
            _, point = at_temperature(T, signal, nu, memory, mpmath.mp)
            return target(point), point

        mu = secant(lambda signal: at(signal)[0], mu, mpmath.mpf(10) ** -(wanted + 3))
        margin = mu * mpmath.mpf(10) ** -wanted
        below, above = at(mu - margin)[0], at(mu + margin)[0]
        if (below > 0) == (above > 0):
            raise InvalidValue(f"the state at T = {mpmath.nstr(T, 6)} could not be certified")
        return at(mu)[1]


def secant(function: Callable[[Any], Any], start: Any, tolerance: Any) -> Any:
    """A zero by secant steps from a start that is right to about ten digits.

    Examples
    --------
    >>> print(mpmath.nstr(secant(lambda t: t * t - 2, mpmath.mpf("1.4142"), mpmath.mpf(10) ** -12), 10))
    1.414213562
    """
    before, here = start, start * (1 + mpmath.mpf(10) ** -9)
    f_before, f_here = function(before), function(here)
    for _ in range(_STEPS):
        if f_here == f_before or abs(here - before) <= tolerance * here:
            return here
        step = f_here * (here - before) / (f_here - f_before)
        before, f_before, here = here, f_here, here - step
        f_here = function(here)
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
