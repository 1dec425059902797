r"""Compiled loops for errors that are averages over the history of a unit.

.. math:: P = \sum_{r=0}^{k} \binom{k}{r} p^r (1 - p)^{k - r}\, Q(d(r))

with k the number of other patterns and d(r) the distance of the mean field from the threshold, in standard
deviations, when r of them hold the higher value at the unit.

Main names
----------
Mean, variance and error given r are functions of k and of t = r - k p, the deviation of r from its mean.

error_loop
    The error of each rule of a block, each at its own load.

Conventions
-----------
A law has three numbers for its mean, those of 1, k and t, and six for its variance, those of 1, k, k^2, t, k t
and t^2. The sum goes outwards from the largest weight, on both sides. It ends where all weights that are left, which a
geometric series bounds because their ratio falls, are below ``LEFT`` of the sum: an error is at most 1. Weights are
scaled to 1 at their largest and divided by their own sum, so that no logarithm of a factorial costs digits.
A field without variance is right, wrong, or tied, which counts half.

See :mod:`hebbsym.exploration.loops` for what holds for all loops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np  # noqa: F401 - for the examples

from hebbsym.exploration.loops import ROUNDING, Array, compiled

LEFT = 1e-18
"""The share of a sum that its missing terms are below, on each side."""
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _kept(function: _Function) -> _Function:
    """Machine code, kept on disk for the next process."""
    made: _Function = compiled(function, cache=True)
    return made


@_kept
def conditional(
    mean: float, size: float, variance: float, rounding: float, theta: float, high: bool
) -> float:
    """The error of a Gaussian field with this mean and variance; ``rounding`` is what is no variance.

    Examples
    --------
    >>> conditional(1.0, 1.0, 0.0, 0.0, 1.0, True), conditional(1.0, 1.0, 0.0, 0.0, 2.0, True)
    (0.5, 1.0)
    """
    distance = mean - theta if high else theta - mean
    if variance > rounding:
        return 0.5 * math.erfc(distance / math.sqrt(2.0 * variance))
    if abs(distance) <= ROUNDING * (size + abs(theta)):
        return 0.5
    return 0.0 if distance > 0.0 else 1.0


@_kept
def given(means: Array, variances: Array, k: float, t: float, theta: float, high: bool) -> float:
    """The error given t, from the numbers of a law at a load."""
    linear, square = means[1] * k, variances[2] * k * k
    mean = means[0] + linear + means[2] * t
    size = abs(means[0]) + abs(linear) + abs(means[2] * t)
    steady, tilted = variances[1] * k, (variances[3] + variances[4] * k) * t
    curved = variances[5] * t * t
    variance = variances[0] + steady + square + tilted + curved
    sizes = abs(variances[0]) + abs(steady) + abs(square) + abs(tilted) + abs(curved)
    return conditional(mean, size, variance, ROUNDING * sizes, theta, high)


@_kept
def spread(means: Array, variances: Array) -> bool:
    """Whether the law of the field depends on r."""
    tilted = variances[3] != 0.0 or variances[4] != 0.0 or variances[5] != 0.0
    return bool(means[2] != 0.0 or tilted)


@_kept
def averaged(means: Array, variances: Array, k: float, p: float, theta: float, high: bool) -> float:
    """The average over r of the error given r.

    Examples
    --------
    >>> coin = np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    >>> averaged(*coin, 2.0, 0.5, 0.0, True)  # t is -1, 0 or 1: wrong, tied, right
    0.5
    """
    if math.isnan(theta) or not spread(means, variances):
        return given(means, variances, k, 0.0, theta, high)
    odds = p / (1.0 - p)
    mode = min(math.floor((k + 1.0) * p), k)
    total, mass = given(means, variances, k, mode - k * p, theta, high), 1.0
    weight, r, ratio = 1.0, mode, (k - mode) / (mode + 1.0) * odds
    while r < k:
        weight *= ratio
        r += 1.0
        total += weight * given(means, variances, k, r - k * p, theta, high)
        mass += weight
        ratio = (k - r) / (r + 1.0) * odds
        if weight * ratio <= LEFT * total * (1.0 - ratio) or weight == 0.0:
            break
    weight, r, ratio = 1.0, mode, mode / (k - mode + 1.0) / odds
    while r > 0.0:
        weight *= ratio
        r -= 1.0
        total += weight * given(means, variances, k, r - k * p, theta, high)
        mass += weight
        ratio = r / (k - r + 1.0) / odds
        if weight * ratio <= LEFT * total * (1.0 - ratio) or weight == 0.0:
            break
    return total / mass


@_kept
def error_loop(
    theta: Array, means: Array, variances: Array, high: Array, chances: Array, k: Array, p: float,
    found: Array,
) -> None:  # fmt: skip
    """The error of a bit of each rule.

    Parameters
    ----------
    theta, k : array
        Threshold and number of other patterns; (rules,).
    means, variances : array
        (laws, 3, rules) and (laws, 6, rules).
    high, chances : array
        Whether the higher value is stored, and the weight of the law in the error; (laws,).
    p : float
        The probability of the higher value.
    found : array
        What is filled; (rules,).
    """
    for i in range(found.shape[0]):
        error = 0.0
        for law in range(means.shape[0]):
            error += chances[law] * averaged(
                means[law, :, i], variances[law, :, i], k[i], p, theta[i], high[law]
            )
        found[i] = error
