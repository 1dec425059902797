r"""The saddle-point equations at a temperature T, solved for the largest load with a retrieval state.

With the field mu + nu z in units of T, t = tanh(mu + nu z), averages over a standard normal z,

.. math:: m = \langle t \rangle, \quad q = \langle t^2 \rangle, \quad T = m/\mu, \quad
          C = (1 - q)/T, \quad \Sigma = (\nu T)^2 = \alpha q \Big( \frac{g}{(1-C)^2} + s \Big):

everything is explicit in (mu, nu). At a given T the load has its maximum where the gradients of T and of
ln(alpha) are parallel.

Main names
----------
CriticalLoad, CriticalOverlap, FirstOrderLoad
    alpha_c(T, g, s), the overlap there, and alpha_1(T, g, s), as functions that a formula can hold.
at_fields
    m, q, T, alpha and the determinant of the gradients at (mu, nu).

Implementation notes
--------------------
The averages are sums over an equidistant grid, whose error falls off exponentially: the integrand is
analytic in a strip of half-width pi/(2 nu) about the real line. A search in doubles gives the start of
Newton's steps. The result is certified: at signal-over-noise just below and just above it the
determinant has opposite signs, each at a mu that has the temperature asked for.

References
----------
amit1987.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, final

import mpmath

from hebbsym.errors import InvalidValue
from hebbsym.solutions import NumericFunction

COLDEST = mpmath.mpf(1) / 50
"""Least temperature: the grid grows like 1/T; below it take T = 0."""
_GUARD = 14
_STEPS = 60


class Point(NamedTuple):
    """What (mu, nu) stands for."""

    overlap: Any
    order: Any
    temperature: Any
    load: Any
    determinant: Any
    slope: Any
    """Derivative of the temperature by mu."""


def averages(mu: Any, nu: Any, context: Any) -> tuple[Any, ...]:
    """The means of tanh^k(mu + nu z), k = 1..4, at the context's precision.

    Examples
    --------
    >>> [round(t, 6) for t in averages(1.0, 0.0, mpmath.fp)] == [
    ...     round(mpmath.tanh(1) ** k, 6) for k in (1, 2, 3, 4)]
    True
    """
    step, count = _grid(nu, context)
    totals, norm = [context.zero] * 4, context.zero
    weight, fall, ratio = _ends(step, count, context)
    power, growth = context.exp(2 * (mu - nu * count * step)), context.exp(2 * nu * step)
    for _ in range(
        2 * count + 1
    ):  # weight and exp(2 (mu + nu z)) by recurrence: no call in the loop
        t = (power - 1) / (power + 1)
        moment = weight
        norm += moment
        for k in range(4):
            moment *= t
            totals[k] += moment
        weight, fall, power = weight * fall, fall * ratio, power * growth
    return tuple(total / norm for total in totals)


def _grid(nu: Any, context: Any) -> tuple[Any, int]:
    """Step and half the number of points of the grid on which the averages are exact enough."""
    digits = 16 if context is mpmath.fp else context.dps
    reach = context.sqrt(2 * digits * context.ln(10)) + 1
    shift = min(context.pi / (2 * nu + context.eps) * 9 / 10, reach)  # inside of the strip
    step = 2 * context.pi * shift / (digits * context.ln(10) + 3 + shift**2 / 2)
    return step, int(reach / step) + 1


def _ends(step: Any, count: int, context: Any) -> tuple[Any, Any, Any]:
    """exp(-z^2/2) at the left end of the grid, its first ratio, and the ratio of ratios."""
    left = context.exp(-((count * step) ** 2) / 2)
    return left, context.exp(step**2 * (2 * count - 1) / 2), context.exp(-(step**2))


def at_fields(mu: Any, nu: Any, g: Any, s: Any, context: Any = mpmath.mp) -> Point:
    """The state of signal mu and noise nu, in units of T, and the load that it needs.

    Examples
    --------
    >>> point = at_fields(2.0, 0.5, 1, 0, mpmath.fp)
    >>> round(point.temperature * 2.0 - point.overlap, 12)
    0.0
    """
    t1, t2, t3, t4 = averages(mu, nu, context)
    m, q = t1, t2
    m_mu, m_nu = 1 - t2, -2 * nu * (t1 - t3)
    q_mu, q_nu = 2 * (t1 - t3), nu * (2 - 8 * t2 + 6 * t4)
    temperature = m / mu
    T_mu, T_nu = (m_mu * mu - m) / mu**2, m_nu / mu
    C = (1 - q) / temperature
    C_mu = -q_mu / temperature - C * T_mu / temperature
    C_nu = -q_nu / temperature - C * T_nu / temperature
    noise = g / (1 - C) ** 2 + s
    load = (nu * temperature) ** 2 / (q * noise)
    response = 2 * g / (1 - C) ** 3 / noise
    log_mu = 2 * T_mu / temperature - q_mu / q - response * C_mu
    log_nu = 2 / nu + 2 * T_nu / temperature - q_nu / q - response * C_nu
    return Point(m, q, temperature, load, log_nu * T_mu - log_mu * T_nu, T_mu)


def _at_temperature(T: Any, nu: Any, start: Any, g: Any, s: Any, context: Any) -> tuple[Any, Point]:
    """The mu at which a noise nu has the temperature T, by Newton's steps, and the state there."""
    mu, tolerance = start, context.eps * 10**6
    for _ in range(_STEPS):
        point = at_fields(mu, nu, g, s, context)
        gap = point.temperature - T
        if abs(gap) <= tolerance * T:
            return mu, point
        mu = max(mu - gap / point.slope, mu / 2)
    raise InvalidValue(f"no state of temperature {mpmath.nstr(T, 6)} was found")


def _coarse(T: float, g: float, s: float) -> tuple[float, float]:
    """The maximum of the load along one temperature, in doubles: first a walk in nu, then bisection."""

    def determinant(nu: float) -> tuple[float, float]:
        mu, point = _at_temperature(T, nu, 1 / T, g, s, mpmath.fp)
        return point.determinant, mu

    nu = 0.02
    sign = determinant(nu)[0] > 0
    for _ in range(200):
        beyond = nu * 1.15
        if (determinant(beyond)[0] > 0) != sign:
            break
        nu = beyond
    else:
        raise InvalidValue("the load has no maximum along this temperature")
    low, high = nu, nu * 1.15
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if (determinant(middle)[0] > 0) == sign else (low, middle)
    return determinant(low)[1], low


def require_warm(T: Any) -> None:
    """Refuse a temperature at which no state is looked for.

    Examples
    --------
    >>> require_warm(mpmath.mpf(2))
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: T = 2.0: a retrieval state is looked for at 1/50 <= T < 1, and at T = 0
    """
    if not COLDEST * (1 - mpmath.mpf(10) ** -9) <= T < 1:
        raise InvalidValue(
            f"T = {mpmath.nstr(T, 6)}: a retrieval state is looked for at 1/50 <= T < 1, and at T = 0"
        )


def critical(T: Any, g: Any, s: Any) -> Point:
    """The state at the largest load that has one, at mpmath's current precision, certified.

    Raises
    ------
    InvalidValue
        For a temperature outside (1/50, 1), where no retrieval state exists or the grid is too fine.

    Examples
    --------
    >>> with mpmath.workdps(15):
    ...     bool(0 < critical(mpmath.mpf(1) / 2, 1, 0).load < 0.1379)
    True
    """
    require_warm(T)
    return _certified(T, g, s, mpmath.mp.dps)


@lru_cache(maxsize=256)
def _certified(T: Any, g: Any, s: Any, wanted: int) -> Point:
    """The same, once for each temperature and precision."""
    mu, nu = map(mpmath.mpf, _coarse(float(T), float(g), float(s)))
    with mpmath.workdps(wanted + _GUARD):

        def determinant(noise: Any) -> tuple[Any, Any, Point]:
            found, point = _at_temperature(T, noise, mu, g, s, mpmath.mp)
            return point.determinant, found, point

        nu = _secant(lambda noise: determinant(noise)[0], nu, mpmath.mpf(10) ** -(wanted + 3))
        margin = nu * mpmath.mpf(10) ** -wanted
        below, above = determinant(nu - margin)[0], determinant(nu + margin)[0]
        if (below > 0) == (above > 0):
            raise InvalidValue(f"the maximum at T = {mpmath.nstr(T, 6)} could not be certified")
        return determinant(nu)[2]


def _secant(function: Callable[[Any], Any], start: Any, tolerance: Any) -> Any:
    """A zero by secant steps from a start that is right to about ten digits."""
    before, here = start, start * (1 + mpmath.mpf(10) ** -9)
    f_before, f_here = function(before), function(here)
    for _ in range(_STEPS):
        if f_here == f_before or abs(here - before) <= tolerance * here:
            return here
        step = f_here * (here - before) / (f_here - f_before)
        before, f_before, here = here, f_here, here - step
        f_here = function(here)
    raise InvalidValue("the maximum of the load does not settle")


@final
class CriticalLoad(NumericFunction):
    """alpha_c(T, g, s): the largest load with a retrieval state, pairwise weights.

    Examples
    --------
    >>> import sympy as sp
    >>> CriticalLoad(sp.Symbol("T"), 1, 0)
    CriticalLoad(T, 1, 0)
    """

    @staticmethod
    def law(T: Any, g: Any, s: Any) -> Any:
        """At mpmath's current precision."""
        return +critical(T, g, s).load


@final
class CriticalOverlap(NumericFunction):
    """The overlap of the retrieval state at alpha_c(T, g, s)."""

    @staticmethod
    def law(T: Any, g: Any, s: Any) -> Any:
        """At mpmath's current precision."""
        return +critical(T, g, s).overlap


# ---- where retrieval state and spin glass have the same free energy ------------------------------


def free_energy(mu: Any, nu: Any, T: Any, g: Any, s: Any, context: Any) -> Any:
    """Of a unit, in a state of signal mu and noise nu (in units of T) at its own load.

    Examples
    --------
    >>> cold = free_energy(20.0, 4.0, 0.05, 1, 0, mpmath.fp)
    >>> bool(-0.52 < cold < -0.4)
    True
    """
    t1, q, _, _ = averages(mu, nu, context)
    m = t1 if mu != 0 else context.zero
    C = (1 - q) / T
    load = (nu * T) ** 2 / (q * (g / (1 - C) ** 2 + s))
    patterns = 1 + T * context.log(1 - C) - q / (1 - C) + q / (1 - C) ** 2 * C
    static = load * s * (1 - q) ** 2 / (4 * T)
    return m**2 / 2 + load * g / 2 * patterns - static - T * _log_mean(mu, nu, context)


def _log_mean(mu: Any, nu: Any, context: Any) -> Any:
    """The mean of ln(2 cosh(mu + nu z)), on the grid of :func:`averages`."""
    step, count = _grid(nu, context)
    total = norm = context.zero
    for k in range(-count, count + 1):
        weight, size = context.exp(-((k * step) ** 2) / 2), abs(mu + nu * k * step)
        norm += weight
        total += weight * (size + context.log(1 + context.exp(-2 * size)))
    return total / norm


def _glass(load: Any, T: Any, g: Any, s: Any, start: Any, context: Any) -> Any:
    """The noise of the state without overlap at a load, by bisection in ln(nu), then secant steps."""

    def excess(nu: Any) -> Any:
        _, q, _, _ = averages(context.zero, nu, context)
        C = (1 - q) / T
        if C >= 1:
            return -context.one
        return (nu * T) ** 2 / (q * (g / (1 - C) ** 2 + s)) / load - 1

    if start is not None:
        return _secant(excess, start, context.eps * 10**7)
    low, high = context.mpf(0.01), context.mpf(200)
    for _ in range(60):
        middle = context.sqrt(low * high)
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return low


def first_order(T: Any, g: Any, s: Any) -> Any:
    """The load at which the two states have the same free energy, certified by a change of sign.

    Examples
    --------
    >>> with mpmath.workdps(10):
    ...     bool(0 < first_order(mpmath.mpf(1) / 2, 1, 0) < 0.0519)
    True
    """
    edge = _coarse(float(T), float(g), float(s))[1]

    def excess(nu: Any, starts: Any, context: Any) -> tuple[Any, Any, Any, Any]:
        mu, point = _at_temperature(T, nu, starts[0], g, s, context)
        glass = _glass(point.load, T, g, s, starts[1], context)
        gap = free_energy(mu, nu, T, g, s, context)
        gap -= free_energy(context.zero, glass, T, g, s, context)
        return gap, mu, glass, point.load

    wanted, heat = mpmath.mp.dps, T
    T, fp = float(T), mpmath.fp
    low, high = edge / 50, edge
    for _ in range(36):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle, (1 / T, None), fp)[0] > 0 else (middle, high)
    _, mu, glass, _ = excess(low, (1 / T, None), fp)
    T = heat
    with mpmath.workdps(wanted + _GUARD):
        starts = (mpmath.mpf(mu), mpmath.mpf(glass))
        nu = _secant(lambda v: excess(v, starts, mpmath.mp)[0], mpmath.mpf(low),
                     mpmath.mpf(10) ** -(wanted + 3))  # fmt: skip
        margin = nu * mpmath.mpf(10) ** -wanted
        below, above = (excess(nu + side * margin, starts, mpmath.mp)[0] for side in (-1, 1))
        if (below > 0) == (above > 0):
            raise InvalidValue(f"the first-order load at T = {mpmath.nstr(T, 6)} was not certified")
        return excess(nu, starts, mpmath.mp)[3]


@final
class FirstOrderLoad(NumericFunction):
    """alpha_1(T, g, s): the load at which retrieval state and spin glass have the same free energy."""

    @staticmethod
    def law(T: Any, g: Any, s: Any) -> Any:
        """At mpmath's current precision."""
        return +_first_order_once(T, g, s, mpmath.mp.dps)


@lru_cache(maxsize=256)
def _first_order_once(T: Any, g: Any, s: Any, digits: int) -> Any:
    """Once for each temperature and precision."""
    require_warm(T)
    return first_order(T, g, s)
