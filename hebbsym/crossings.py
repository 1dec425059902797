r"""The number of patterns at which an error passes a bound: one search for formula and simulation.

Main names
----------
crossing
    Two numbers of patterns between which an error passes.
passage
    Where a simulated error passes, with its standard error.
between
    Where the straight line through two points passes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from hebbsym.simulate import Estimate


def crossing(
    error: Callable[[int], float], epsilon: float, most: int, tolerance: float, start: int = 2
) -> tuple[float, float]:
    """Two numbers of patterns between which the error passes a bound.

    Parameters
    ----------
    error : callable
        The error at a whole number of patterns, 2 or more.
    epsilon : float
    most : int
        Larger numbers are not looked at.
    tolerance : float
        The relative distance at which the search ends; 1 apart is as near as numbers come.
    start : int
        Where the search begins: from 2 on it finds the first passage.

    Returns
    -------
    (low, high)
        (0, 0) where the error is too large with two patterns already, (inf, inf) where it is not with ``most``.

    Examples
    --------
    >>> crossing(lambda k: k / 1000, 0.0305, 10**6, 0), crossing(lambda k: k / 1000, 0.0305, 10**6, 0, 500)
    ((30, 31), (30, 31))
    >>> crossing(lambda k: 0.5, 0.1, 100, 0), crossing(lambda k: 0.01, 0.1, 100, 0)
    ((0, 0), (inf, inf))
    """
    low = high = max(2, min(start, most))
    while error(low) > epsilon:
        if low == 2:
            return 0, 0
        low, high = max(2, low // 2), low
    while high == low or error(high) <= epsilon:
        if high >= most:
            return math.inf, math.inf
        low, high = high, min(2 * high, most)
    while high - low > max(1, tolerance * low):
        middle = (low + high) // 2
        low, high = (low, middle) if error(middle) > epsilon else (middle, high)
    return low, high


def between(low: float, at_low: float, high: float, at_high: float, epsilon: float) -> float:
    """Where the straight line through two points is epsilon.

    Examples
    --------
    >>> between(10, 0.01, 20, 0.03, 0.02)
    15.0
    """
    return low + (high - low) * (epsilon - at_low) / (at_high - at_low)


def passage(
    run: Callable[[int, float], Estimate], epsilon: float, most: int
) -> tuple[float, float]:
    """The number of patterns at which a simulated error passes a bound, with its standard error.

    Parameters
    ----------
    run : callable
        The error at a number of patterns, with a share of the networks that there are.
    epsilon : float
    most : int
        The largest number of patterns.

    Returns
    -------
    (load, stderr)
        (0, 0) where the error is too large with two patterns already, (inf, most) where it is not with ``most``.

    Examples
    --------
    >>> passage(lambda patterns, share: Estimate(patterns / 1000, 0.002, 9), 0.0305, 4096)
    (30.5, 2.0)
    """
    # a coarse search with few networks says where that with all of them begins
    near, _ = crossing(lambda k: run(k, 0.25).value, epsilon, most, 0.3)
    begin = most if math.isinf(near) else int(near)
    low, high = crossing(lambda k: run(k, 1).value, epsilon, most, 0.2, begin)
    if low == high:
        return (0.0, 0.0) if low == 0 else (math.inf, float(most))
    # the slope from farther apart: between neighbours it is noise, and the bracket was chosen by that noise
    centre = min((int(low), int(high)), key=lambda k: abs(run(k, 1).value - epsilon))
    below, above = max(2, 2 * centre // 3), min(3 * centre // 2 + 1, most)
    here, down, up = (run(k, 1) for k in (centre, below, above))
    slope = (up.value - down.value) / (above - below)
    if slope <= 0:
        return float(centre), float(above - below)
    found = centre + (epsilon - here.value) / slope
    return max(1.0, found), here.stderr / slope  # one pattern disturbs none
