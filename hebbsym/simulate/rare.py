r"""Rare errors of additive rules by importance sampling: the whole probe's noise is tilted.

Given that r of the k = K - 1 other patterns hold the higher value at the unit, its field is a sum of n
independent terms with one law (see :mod:`hebbsym.simulate.tilted`), of cumulant generating function
kappa_r. Drawn from the tilted law, of density proportional to exp(t z), with n kappa_r'(t) = theta, the
field passes the threshold every second time, and each draw is weighed by

.. math:: \frac{\binom{k}{r} p^r (1 - p)^{k - r}}{q_r} \, e^{n \kappa_r(t) - t h} .

r is drawn from q_r, its own law times the size of the error there. Weights on the error's side of
the threshold are bounded by their value at it, so that their variance is finite.

Main names
----------
rare_errors
    The probability of a wrong bit, with its standard error.
terms_of, tilts
    What one presynaptic unit adds, and how far it is tilted for each history.

Conventions
-----------
A tie counts as half an error. A field counts as tied when it is nearer to the threshold than
rounding can tell, 1e-12 of the sum of its parts. Every draw has its own history, so that draws are
independent and their standard error needs no clusters. Probabilities below 1e-300 are zero.

References
----------
esscher1932 (tilting); the relative variance of a draw grows like the square root of -2 ln P only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.simulate.estimates import Estimate
from hebbsym.simulate.network import Network
from hebbsym.simulate.tilted import FiniteTerms, NormalTerms, Terms

Array: TypeAlias = NDArray[Any]

FIRST_DRAWS = 2**12
MOST_DRAWS = 2**21
"""Draws for each stored value, from the first block to the last; every block doubles their number."""

_TIED = 1e-12
_OWN_LAW = 0.05  # share of histories that are drawn from their own law, whatever the estimate says
_STEEPEST = 200.0  # the largest tilt, over the field's standard deviation
_ITERATIONS = 60


def rare_errors(
    network: Network, *, seed: int, relative: float = 0.02, side: str = "", most: int = MOST_DRAWS
) -> Estimate:
    """The probability of a wrong bit, by importance sampling.

    Parameters
    ----------
    network : Network
        An additive rule on two stored values; the addresses have finitely many values, or are normal
        and enter the update linearly.
    seed : int
    relative : float
        Draws are doubled until the relative standard error is below this.
    side : {"", "high", "low"}
        Given that this value is stored; the average over both values without it.
    most : int
        Bound on the draws for each stored value.

    Returns
    -------
    Estimate
        Its ``networks`` are the draws, each of a network of its own.

    Raises
    ------
    NotDerivable
        When the field given the unit's history is no sum of independent terms, or a term has no
        exponential moments.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> found = rare_errors(Network(1000, 28, {(1, 1): 1}, Bipolar(), Exact()), seed=1)
    >>> abs(found.value / 5.886e-10 - 1) < 0.1, found.stderr < 0.02 * found.value
    (True, True)
    """
    _require(network)
    if not 0 < relative < 1:
        raise InvalidValue(f"the relative error lies between 0 and 1, not at {relative}")
    (_, lower), (_, higher) = network.law.alphabet
    shares = {"low": float(lower), "high": float(higher)}
    if side:
        shares = {side: 1.0}
    tails = [
        (_Tail(network, high=name == "high"), share) for name, share in shares.items() if share
    ]
    sums, draws, block = np.zeros((len(tails), 2)), 0, FIRST_DRAWS
    while True:
        for place, (tail, _) in enumerate(tails):
            key = (1 if tail.high else 0, draws)
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
            sums[place] += tail.weights(rng, block)
        draws += block
        found = _estimate(sums, [(tail.level, share) for tail, share in tails], draws)
        if found.stderr <= relative * found.value or 2 * draws > most:
            return found
        block = draws


def _require(network: Network) -> None:
    """Refuse what tilting cannot reach."""
    reason = ""
    if len(network.values) != 2:
        reason = "a bit error needs two stored values"
    elif not network.transition.additive:
        reason = "importance sampling is for rules that do not depend on the weight"
    elif network.inhibition:
        reason = (
            "with inhibition the population's mean field couples the presynaptic units, and given the "
            "unit's history the field is no sum of independent terms"
        )
    elif not network.source.alphabet and not network.source.standard_normal:
        reason = "the addresses have a continuum of values, and no law that can be tilted is known"
    elif not network.source.alphabet and any(q > 1 for (_, q), c in network.update.items() if c):
        reason = (
            "with a square of normal addresses in the update the field has no exponential moments, and "
            "cannot be tilted"
        )
    if reason:
        raise NotDerivable(reason)


def _estimate(sums: Array, scales: list[tuple[float, float]], draws: int) -> Estimate:
    """The average over stored values; weights are held relative to the largest possible one."""
    value = variance = 0.0
    for (first, second), (level, share) in zip(sums, scales, strict=True):
        scale = share * math.exp(level) if level > -690 else 0.0
        mean = first / draws
        value += scale * mean
        variance += scale**2 * max(0.0, second / draws - mean**2) / (draws - 1)
    # draws that are all alike have seen nothing of what is rarer than one in their number
    return Estimate(float(value), max(math.sqrt(variance), float(value) / draws), draws)


@dataclass(frozen=True)
class _Histories:
    """For each r: the tilt, the cumulant generating function there, and both laws of r."""

    tilt: Array
    height: Array
    log_chance: Array
    chosen: Array


class _Tail:
    """One stored value's error: the tilts of all histories, and draws from them."""

    def __init__(self, network: Network, high: bool) -> None:
        self.high = high
        self.terms = terms_of(network, high)
        self.theta = float(network.threshold)
        self.histories = self._histories(float(network.law.alphabet[1][1]))
        ratio = self.histories.log_chance - np.log(self.histories.chosen)
        bound = self.histories.height - self.histories.tilt * self.theta
        self.ratio = ratio
        self.level = float(np.max(ratio + np.minimum(bound, 0.0)))
        """The logarithm of the largest weight that a draw can have."""

    def _histories(self, p: float) -> _Histories:
        from scipy.special import gammaln, xlog1py, xlogy

        k, n = self.terms.others, self.terms.inputs
        r = np.arange(k + 1)
        log_chance = gammaln(k + 1) - gammaln(r + 1) - gammaln(k - r + 1)
        log_chance = log_chance + xlogy(r, p) + xlog1py(k - r, -p)
        possible = np.isfinite(log_chance)
        r, log_chance = r[possible], log_chance[possible]
        tilt = tilts(self.terms, r, self.theta, -1.0 if self.high else 1.0)
        height, _, spread = self.terms.cumulants(tilt, r)
        height, size = n * height, np.abs(tilt) * np.sqrt(2 * math.pi * n * np.maximum(spread, 0))
        guess = log_chance + np.minimum(height - tilt * self.theta, 0.0) - np.log1p(size)
        guess = np.exp(guess - guess.max())
        own = np.exp(log_chance)
        chosen = (1 - _OWN_LAW) * guess / guess.sum() + _OWN_LAW * own / own.sum()
        self.r = r
        # a history that is chosen with a probability below 1e-300 is below that in the result as well
        return _Histories(tilt, height, log_chance, np.maximum(chosen, 1e-300))

    def weights(self, rng: np.random.Generator, draws: int) -> tuple[float, float]:
        """Sum and sum of squares of the weights, over that of :attr:`level`."""
        chosen = self.histories.chosen / self.histories.chosen.sum()
        place = rng.choice(len(self.r), size=draws, p=chosen)
        tilt = self.histories.tilt[place]
        h, size = self.terms.draw(rng, tilt, self.r[place])
        off = (self.theta - h) if self.high else (h - self.theta)
        counted = np.where(off > 0, 1.0, 0.0)
        counted[np.abs(off) <= _TIED * (np.abs(self.theta) + size)] = 0.5
        log_weight = self.ratio[place] + self.histories.height[place] - tilt * h - self.level
        weight = counted * np.exp(np.where(counted > 0, log_weight, 0.0))
        return float(weight.sum()), float(np.square(weight).sum())


def terms_of(network: Network, high: bool) -> Terms:
    """The law of what one presynaptic unit adds to the field of a unit that stores one of its values.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> terms = terms_of(Network(50, 10, {(1, 1): 1}, Bipolar(), Exact()), high=True)
    >>> [c.tolist() for c in terms.cumulants(np.zeros(1), np.zeros(1))]  # mean 1, variance 9
    [[0.0], [1.0], [9.0]]
    """
    kind = FiniteTerms if network.source.alphabet else NormalTerms
    return kind.of(network, high)


def tilts(terms: Terms, r: Array, theta: float, direction: float) -> Array:
    """For each history the tilt at which the field's mean is theta, 0 where it lies beyond already.

    Any tilt gives the right average; a poor one gives a large standard error.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> terms = terms_of(Network(50, 10, {(1, 1): 1}, Bipolar(), Exact()), high=True)
    >>> tilt = tilts(terms, np.array([4]), 0.0, -1.0)
    >>> bool(abs(terms.cumulants(tilt, np.array([4]))[1][0]) < 1e-6)
    True
    """
    n = terms.inputs
    zero = np.zeros(len(r))
    _, mean, variance = terms.cumulants(zero, r)
    deviation = np.sqrt(n * np.maximum(variance, 0.0))
    short = direction * (theta - n * mean)  # how far the mean falls short of theta
    moving = (short > 0) & (deviation > 0)
    most = np.divide(_STEEPEST, deviation, out=zero.copy(), where=moving)
    low, high = zero.copy(), most.copy()
    t = np.minimum(np.divide(short, deviation**2, out=zero.copy(), where=moving), most)
    for _ in range(_ITERATIONS):
        _, mean, variance = terms.cumulants(direction * t, r)
        gap = direction * (theta - n * mean)
        finite = np.isfinite(gap)
        below = finite & (gap > 0)
        low, high = np.where(below, t, low), np.where(below, high, t)
        if np.all(~moving | (finite & (np.abs(gap) <= 1e-6 * deviation)) | (low >= most)):
            break
        with np.errstate(all="ignore"):
            step = t + gap / (n * variance)
        inside = np.isfinite(step) & (step > low) & (step < high)
        t = np.where(moving, np.where(inside, step, (low + high) / 2), 0.0)
    height, _, _ = terms.cumulants(direction * t, r)
    return np.asarray(direction * np.where(np.isfinite(height), t, low))
