r"""The load at which the retrieval state ceases to be the state of least free energy, at a temperature.

The free energy of a unit, with the conventions of :mod:`hebbsym.capacity.states`,

.. math:: f = \frac{n-1}{n} m^n + \frac{\alpha g}{2} \Big( 1 + T \ln(1-C) - \frac{q}{1-C} + \frac{q\,C}{(1-C)^2} \Big)
          - \frac{\alpha s}{2 n T} \big( 1 + (n-1) q^n - n q^{n-1} \big) - T \langle \ln 2 \cosh(\mu + \nu z) \rangle,

is compared with that of the states which are not correlated with any pattern. For pairs that is the
replica-symmetric spin glass, m = 0. For n > 2 it is a bound: the energies of such states are
Gaussian of variance alpha/n for each unit, and the mean of their number (the annealed average) gives

.. math:: f \ge -\frac{\alpha}{2 n T} - T \ln 2 \quad\text{at}\quad T \ge T_0 = \sqrt{\alpha/(2 n \ln 2)}, \qquad
          f \ge -\sqrt{2 \alpha \ln 2/n} \quad\text{below},

since f falls with T. So for n > 2 the retrieval state is the state of least free energy at all loads below
alpha_1; the true first-order load lies at or above it, and tends to it as n grows.

Main names
----------
FirstOrderLoad
    alpha_1(T, g, s, n), as a function that a formula can hold.
free_energy
    Of a state of signal mu and noise nu.
annealed
    The bound on all states that are not correlated with any pattern.

References
----------
amit1987 (pairs); derrida1981 (Gaussian energies) (equations unverified).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, final

import mpmath

from hebbsym.capacity.states import (
    Memory,
    Point,
    at_temperature,
    averages,
    enclosed,
    even_averages,
    grid_points,
    strongest,
    walked,
)
from hebbsym.capacity.thermal import GUARD, critical, refined, require_warm
from hebbsym.errors import InvalidValue
from hebbsym.solutions import NumericFunction


def free_energy(mu: Any, nu: Any, T: Any, memory: Memory, context: Any) -> Any:
    """Of a unit, in a state of signal mu and noise nu (in units of T) at its own load.

    Examples
    --------
    >>> cold = free_energy(20.0, 4.0, 0.05, Memory(1, 0, 2), mpmath.fp)
    >>> bool(-0.52 < cold < -0.4)
    True
    """
    m, q, _, _ = averages(mu, nu, context)
    return _energy(m, q, mu, nu, T, memory, context)


def _energy(m: Any, q: Any, mu: Any, nu: Any, T: Any, memory: Memory, context: Any) -> Any:
    """The free energy where m and q of the state are known."""
    g, s, n = memory
    C = (1 - q) / T
    load = (nu * T) ** 2 / (g * q / (1 - C) ** 2 + s * q ** (n - 1))
    patterns = 1 + T * context.log(1 - C) - q / (1 - C) + q / (1 - C) ** 2 * C if g else 0
    static = load * s * (1 + (n - 1) * q**n - n * q ** (n - 1)) / (2 * n * T)
    level = (n - 1) * m**n / n
    return level + load * g / 2 * patterns - static - T * _log_mean(mu, nu, context)


def _log_mean(mu: Any, nu: Any, context: Any) -> Any:
    """The mean of ln(2 cosh(mu + nu z)), on the grid of the averages: one logarithm for z and -z."""
    (_, _, power), *pairs = grid_points(mu, nu, context)
    total, norm = context.log(1 + power) - mu, context.one
    for weight, z, right, left in pairs:
        total += weight * (context.log((1 + 1 / right) * (1 + left)) + 2 * nu * z)
        norm += 2 * weight
    return total / norm


def annealed(load: Any, T: Any, n: int, context: Any) -> Any:
    """What the free energy of states without a pattern does not fall below.

    Examples
    --------
    >>> round(annealed(0.2, 0.0, 3, mpmath.fp), 6) == round(-(0.4 * mpmath.fp.log(2) / 3) ** 0.5, 6)
    True
    """
    frozen = context.sqrt(load / (2 * n * context.log(2)))
    heat = max(T, frozen)
    return -load / (2 * n * heat) - heat * context.log(2)


class _Glass(NamedTuple):
    """The state without overlap: its noise, and the mean of the square of the local magnetisation."""

    nu: Any
    q: Any


def _glass(load: Any, T: Any, memory: Memory, start: Any, context: Any) -> _Glass:
    """The state without overlap at a load, by Newton's steps in ln(nu), kept inside of a bracket."""
    g, s, _ = memory
    nu, tolerance = start, context.eps * 10**6
    low, high = context.zero, None  # the load that a state needs grows with its noise
    for _ in range(_STEPS):
        q, t4 = even_averages(nu, context)
        C = (1 - q) / T
        if C < 1:
            factor = g / (1 - C) ** 2 + s
            gap = context.log((nu * T) ** 2 / (q * factor * load))
            if abs(gap) <= tolerance:
                return _Glass(nu, q)
            by_nu = nu * (2 - 8 * q + 6 * t4)  # of q
            slope = 2 - nu * by_nu * (1 / q - 2 * g / (T * (1 - C) ** 3 * factor))
            step = nu * context.exp(-gap / slope) if slope > 0 else low
        else:  # above the temperature of the glass: there is no such state at any load
            gap, step = -context.one, low
        low, high = (low, nu) if gap > 0 else (nu, high)
        if not low < step or (high is not None and not step < high):
            step = 2 * nu if high is None else (low + high) / 2
        nu = min(step, 2 * nu)
    raise InvalidValue(f"no state without a pattern was found at T = {mpmath.nstr(T, 6)}")


_STEPS = 200
_NEAREST = 1e-8
"""Least relative distance of the field mu from that of an empty memory at which the comparison starts."""


class _Comparison:
    """Retrieval state less the others along one temperature; each state is the start of the next search."""

    def __init__(self, T: Any, memory: Memory, context: Any, nu: Any, glass: Any) -> None:
        self.T, self.memory, self.context, self.nu, self.glass = T, memory, context, nu, glass

    def others(self, load: Any) -> Any:
        """The free energy that the retrieval state is compared with."""
        if self.memory.n > 2:
            return annealed(load, self.T, self.memory.n, self.context)
        zero = self.context.zero
        self.glass, q = _glass(load, self.T, self.memory, self.glass, self.context)
        return _energy(zero, q, zero, self.glass, self.T, self.memory, self.context)

    def at(self, mu: Any) -> tuple[Any, Point]:
        """The difference of free energies at a signal, and the state."""
        self.nu, point = at_temperature(self.T, mu, self.nu, self.memory, self.context)
        state = point.overlap, point.order, mu, self.nu
        return _energy(*state, self.T, self.memory, self.context) - self.others(point.load), point


def first_order(T: Any, memory: Memory) -> Any:
    """The load at which the two free energies are equal, certified by a change of sign.

    It is alpha_c where the retrieval state has the least free energy as long as it exists.

    Raises
    ------
    InvalidValue
        Where the retrieval state has the least free energy at no load.

    Examples
    --------
    >>> with mpmath.workdps(10):
    ...     bool(0 < first_order(mpmath.mpf(1) / 2, Memory(1, 0, 2)) < 0.0519)
    True
    """
    wanted, top = mpmath.mp.dps, strongest(float(T), memory.n)
    start = _roughly(float(T), memory.rough)
    if start is None:
        return critical(T, memory).load
    share, nu, glass = map(mpmath.mpf, start)
    exact = _Comparison(T, memory, mpmath.mp, nu, glass)

    def at(share: Any) -> tuple[Any, Point]:
        return exact.at(top * (1 - share))

    share = refined(lambda share: at(share)[0], share, wanted)
    with mpmath.workdps(wanted + GUARD):
        margin = share * mpmath.mpf(10) ** -wanted
        below, above = at(share - margin)[0], at(share + margin)[0]
        if (below > 0) == (above > 0):
            raise InvalidValue(f"the first-order load at T = {mpmath.nstr(T, 6)} was not certified")
        return at(share)[1].load


@lru_cache(maxsize=256)
def _roughly(T: float, memory: Memory) -> tuple[float, float, float] | None:
    """The first-order state in doubles: how far mu is from that of an empty memory, and the noise of both states.

    None where the retrieval state has the least free energy as long as it exists.
    """
    top = strongest(T, memory.n)
    mu, nu = walked(T, memory, lambda point: point.determinant)
    rough = _Comparison(T, memory, mpmath.fp, nu, 1.0)

    def gap(distance: float) -> float:
        return float(rough.at(top * (1 - mpmath.fp.exp(distance)))[0])

    if rough.at(mu)[0] < 0:
        return None
    near, far = mpmath.fp.ln(_NEAREST), mpmath.fp.ln(1 - mu / top)  # of the distance from empty
    if gap(near) > 0:
        raise InvalidValue(
            f"at T = {mpmath.nstr(T, 6)} the retrieval state has the least free energy at no load"
        )
    found = enclosed(gap, near, far, 1e-12)
    gap(found)
    return mpmath.fp.exp(found), rough.nu, rough.glass


@final
class FirstOrderLoad(NumericFunction):
    """alpha_1(T, g, s, n): the load up to which the retrieval state has the least free energy."""

    @staticmethod
    def law(T: Any, g: Any, s: Any, n: Any) -> Any:
        """At mpmath's current precision."""
        return +_first_order_once(T, Memory.of(g, s, n), mpmath.mp.dps)


@lru_cache(maxsize=256)
def _first_order_once(T: Any, memory: Memory, digits: int) -> Any:
    """Once for each temperature and precision."""
    require_warm(T, memory.n)
    return first_order(T, memory)
