r"""States at a temperature T: the saddle-point equations, explicit in signal and noise.

With the field mu + nu z in units of T, t = tanh(mu + nu z), averages over a standard normal z, and synapses of
n bodies,

.. math:: m = \langle t \rangle, \quad q = \langle t^2 \rangle, \quad T = m^{n-1}/\mu, \quad C = (1 - q)/T, \quad
          \Sigma = (\nu T)^2 = \alpha \Big( \frac{g\,q}{(1-C)^2} + s\,q^{n-1} \Big):

everything is explicit in (mu, nu). The amplified share g is there for n = 2 only. At a given T the load
has its maximum where the gradients of T and of ln(alpha) are parallel.

Two copies of the state, under the same patterns, have the overlap q. A small deviation of it goes on to

.. math:: \delta q' = \frac{\alpha}{T^2} \Big( \frac{g}{(1-C)^2} + s (n-1) q^{n-2} \Big) \langle (1 - t^2)^2 \rangle\, \delta q,

since d<t t'>/dc = nu^2 <(1 - t^2)^2> at equal fields, c the correlation of their noises. Above one the two
copies drift apart, and replica symmetry breaks (the line of de Almeida and Thouless).

Main names
----------
Memory
    What tells one memory from another: g, s and n.
averages, even_averages, grid_points
    The means over z, and what they are summed over.
at_fields
    m, q, T, alpha, the determinant of the gradients and the growth of deviations at (mu, nu).
at_temperature, walked, enclosed
    The state of one signal and temperature; a walk along all states of a temperature; a zero on the way.
hottest
    The temperature at which the retrieval state of an empty memory ceases to exist: 1 for pairs.

Implementation notes
--------------------
The averages are sums over an equidistant grid, whose error falls off exponentially: the integrand is
analytic in a strip of half-width pi/(2 nu) about the real line. The states of one temperature are walked
by mu, from that of an empty memory downwards; nu follows, for T falls with nu. (By nu it does not work
for n > 2: the line of states turns back in nu before the load is largest.)

References
----------
amit1987 (pairs); gardner1987 (n-body); almeida1978 (stability) (equations unverified).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import mpmath

from hebbsym.errors import InvalidValue

COLDEST = mpmath.mpf(1) / 50
"""Least temperature: the grid grows like 1/T; below it take T = 0."""
_STEPS = 60


class Memory(NamedTuple):
    """The amplified and the static share of the noise, and the number of units that a synapse joins."""

    g: Any
    s: Any
    n: int

    @classmethod
    def of(cls, g: Any, s: Any, n: Any) -> Memory:
        """From numbers as a formula gives them.

        Examples
        --------
        >>> Memory.of(mpmath.mpf(1), mpmath.mpf(0), mpmath.mpf(2)).n
        2
        """
        return cls(g, s, int(n))

    @property
    def rough(self) -> Memory:
        """The same in doubles."""
        return Memory(float(self.g), float(self.s), self.n)


class Point(NamedTuple):
    """What (mu, nu) stands for."""

    overlap: Any
    order: Any
    temperature: Any
    load: Any
    determinant: Any
    slope: Any
    """Derivative of the temperature by nu."""
    growth: Any
    """Factor of a small deviation between two copies."""


def averages(mu: Any, nu: Any, context: Any) -> tuple[Any, ...]:
    """The means of tanh^k(mu + nu z), k = 1..4, at the context's precision.

    Examples
    --------
    >>> [round(t, 6) for t in averages(1.0, 0.0, mpmath.fp)] == [
    ...     round(mpmath.tanh(1) ** k, 6) for k in (1, 2, 3, 4)]
    True
    """
    totals, norm = [context.zero] * 4, context.zero
    for weight, _, *powers in grid_points(mu, nu, context):
        norm += weight * len(powers)
        for power in (
            powers
        ):  # outwards: past the range of doubles it is 0 or infinite, which are its limits
            t = 1 - 2 / (power + 1)
            moment = weight
            for k in range(4):
                moment *= t
                totals[k] += moment
    return tuple(total / norm for total in totals)


def grid_points(mu: Any, nu: Any, context: Any) -> Iterator[tuple[Any, ...]]:
    """The grid from its middle outwards: weight, z, and exp(2 (mu + nu z)) at z and, but for the middle, at -z.

    All by recurrence: no function is called on the way.

    Examples
    --------
    >>> middle, first, *_ = grid_points(0.5, 0.25, mpmath.fp)
    >>> middle == (1.0, 0.0, mpmath.fp.exp(1.0))
    True
    >>> weight, z, right, left = first
    >>> round(right * left / mpmath.fp.exp(2.0), 12), round(weight / mpmath.fp.exp(-z * z / 2), 12)
    (1.0, 1.0)
    """
    step, count = grid(nu, context)
    right = left = context.exp(2 * mu)
    growth, shrinking = context.exp(2 * nu * step), context.exp(-2 * nu * step)
    weight, fall, ratio = context.one, context.exp(-(step**2) / 2), context.exp(-(step**2))
    yield weight, context.zero, right
    for k in range(1, count + 1):
        weight, fall = weight * fall, fall * ratio
        right, left = right * growth, left * shrinking
        yield weight, k * step, right, left


def even_averages(nu: Any, context: Any) -> tuple[Any, Any]:
    """The means of tanh^2(nu z) and tanh^4(nu z): one half of the grid tells them.

    Examples
    --------
    >>> q, fourth = even_averages(0.7, mpmath.fp)
    >>> full = averages(0.0, 0.7, mpmath.fp)
    >>> abs(q - full[1]) < 1e-14, abs(fourth - full[3]) < 1e-14
    (True, True)
    """
    second = fourth = norm = context.zero
    for weight, _, power, *_ in grid_points(context.zero, nu, context):
        square = (1 - 2 / (power + 1)) ** 2
        norm += weight
        second += weight * square
        fourth += weight * square**2
    norm -= context.one / 2  # the middle, where tanh is zero, stands once for two
    return second / norm, fourth / norm


def grid(nu: Any, context: Any) -> tuple[Any, int]:
    """Step and half the number of points of the grid on which the averages are exact enough.

    Examples
    --------
    >>> step, count = grid(0.5, mpmath.fp)
    >>> step * count > 8
    True
    """
    digits = 16 if context is mpmath.fp else context.dps
    reach = context.sqrt(2 * digits * context.ln(10)) + 1
    shift = min(context.pi / (2 * nu + context.eps) * 9 / 10, reach)  # inside of the strip
    step = 2 * context.pi * shift / (digits * context.ln(10) + 3 + shift**2 / 2)
    return step, int(reach / step) + 1


def at_fields(mu: Any, nu: Any, memory: Memory, context: Any = mpmath.mp) -> Point:
    """The state of signal mu and noise nu, in units of T, and the load that it needs.

    Examples
    --------
    >>> point = at_fields(2.0, 0.5, Memory(1, 0, 2), mpmath.fp)
    >>> round(point.temperature * 2.0 - point.overlap, 12)
    0.0
    """
    g, s, n = memory
    t1, t2, t3, t4 = averages(mu, nu, context)
    m, q = t1, t2
    m_mu, m_nu = 1 - t2, -2 * nu * (t1 - t3)
    q_mu, q_nu = 2 * (t1 - t3), nu * (2 - 8 * t2 + 6 * t4)
    field, field_m = m ** (n - 1), (n - 1) * m ** (n - 2)
    temperature = field / mu
    T_mu, T_nu = (field_m * m_mu * mu - field) / mu**2, field_m * m_nu / mu
    C = (1 - q) / temperature
    C_mu = -q_mu / temperature - C * T_mu / temperature
    C_nu = -q_nu / temperature - C * T_nu / temperature
    noise = g * q / (1 - C) ** 2 + s * q ** (n - 1)
    by_q, by_C = g / (1 - C) ** 2 + s * (n - 1) * q ** (n - 2), 2 * g * q / (1 - C) ** 3
    load = (nu * temperature) ** 2 / noise
    log_mu = 2 * T_mu / temperature - (by_q * q_mu + by_C * C_mu) / noise
    log_nu = 2 / nu + 2 * T_nu / temperature - (by_q * q_nu + by_C * C_nu) / noise
    growth = load * by_q * (1 - 2 * t2 + t4) / temperature**2
    return Point(m, q, temperature, load, log_nu * T_mu - log_mu * T_nu, T_nu, growth)


def at_temperature(T: Any, mu: Any, start: Any, memory: Memory, context: Any) -> tuple[Any, Point]:
    """The nu at which a signal mu has the temperature T, by Newton's steps, and the state there.

    Examples
    --------
    >>> nu, point = at_temperature(0.5, 1.8, 0.5, Memory(1, 0, 2), mpmath.fp)
    >>> round(point.temperature, 12)
    0.5
    """
    nu, tolerance = start, context.eps * 10**6
    low, high = context.zero, None  # the temperature falls with nu
    for _ in range(_STEPS):
        point = at_fields(mu, nu, memory, context)
        gap = point.temperature - T
        if abs(gap) <= tolerance * T:
            return nu, point
        low, high = (nu, high) if gap > 0 else (low, nu)
        step = nu - gap / point.slope if point.slope < 0 else low
        if not low < step or (high is not None and not step < high):
            step = 2 * nu if high is None else (low + high) / 2
        nu = min(step, 2 * nu)
    raise InvalidValue(f"no state of temperature {mpmath.nstr(T, 6)} was found")


def _empty(mu: Any, n: int) -> Any:
    """The temperature of the empty memory whose field is mu."""
    return mpmath.fp.tanh(mu) ** (n - 1) / mu


@lru_cache(maxsize=64)
def _turn(n: int) -> float:
    """The field at which that is highest: sinh(2 mu) = 2 (n - 1) mu; zero for pairs."""
    low, high = 0.0, 4.0 * n
    for _ in range(100):
        middle = (low + high) / 2
        # 2 mu >= 700 overflows; it is far beyond the root
        beyond = middle > 300 or mpmath.fp.sinh(2 * middle) > 2 * (n - 1) * middle
        low, high = (low, middle) if beyond else (middle, high)
    return low


def hottest(n: int) -> float:
    """Above this temperature an empty memory of n-body synapses has no retrieval state.

    Examples
    --------
    >>> hottest(2), round(hottest(3), 4)
    (1.0, 0.5826)
    """
    return float(_empty(_turn(n), n)) if n > 2 else 1.0


def strongest(T: float, n: int) -> float:
    """The field mu of the retrieval state of an empty memory.

    Examples
    --------
    >>> round(strongest(0.5, 2), 6)
    1.915008
    """
    low, high = max(_turn(n), 1e-9), 1 / T
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _empty(middle, n) > T else (low, middle)
    return low


def walked(T: float, memory: Memory, target: Callable[[Point], float]) -> tuple[float, float]:
    """The first state on the walk from the empty memory at which a quantity changes its sign, in doubles.

    Raises
    ------
    InvalidValue
        Where it changes its sign nowhere.

    Examples
    --------
    >>> mu, nu = walked(0.5, Memory(1, 0, 2), lambda point: point.determinant)
    >>> 0 < nu < mu < 2
    True
    """
    top, start = strongest(T, memory.n), 0.05

    def found(share: float) -> tuple[float, float]:
        nonlocal start
        start, point = at_temperature(T, top * (1 - share), start, memory, mpmath.fp)
        return target(point), start

    share, ratio = 1e-4, 1.25
    sign = found(share)[0] > 0
    while share * ratio < 1:
        if (found(share * ratio)[0] > 0) != sign:
            break
        share *= ratio
    else:
        raise InvalidValue(f"nothing changes along the temperature {T}")
    last = enclosed(lambda share: found(share)[0], share, share * ratio, 1e-13)
    return top * (1 - last), found(last)[1]


def enclosed(
    function: Callable[[float], float], low: float, high: float, tolerance: float
) -> float:
    """A zero in doubles between two points at which the signs differ: regula falsi that halves a stale end.

    Examples
    --------
    >>> round(enclosed(lambda t: t * t - 2, 1.0, 2.0, 1e-12), 10)
    1.4142135624
    """
    f_low, f_high = function(low), function(high)
    point = low
    for _ in range(_STEPS):
        before = point
        point = (low * f_high - high * f_low) / (f_high - f_low)
        f_point = function(point)
        if f_point == 0 or abs(point - before) <= tolerance * abs(point):
            return point
        if (f_point > 0) != (f_high > 0):
            low, f_low = high, f_high
        else:
            f_low /= 2
        high, f_high = point, f_point
    return point
