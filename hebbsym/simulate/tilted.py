r"""The terms of a field, tilted exponentially: their cumulants, and exact draws of their sum.

Given that r of the k other patterns hold the higher value at the unit, presynaptic unit j adds

.. math:: z = s \Big( g(u, y) + \sum_{\mu=1}^{r} g(+, y_\mu) + \sum_{\mu=1}^{k-r} g(-, y_\mu) \Big),

where s is the cue of y and g the increment. The tilted law, of density proportional to exp(t z), factors: a
branch (s, y) of the cue with its own weight and, given s, independent y_mu tilted by t s g. So the sum of
n terms is drawn from a few numbers: how many units are in each branch, and, over all of
them together, how many other patterns hold each value (or the sums of normal values).

Main names
----------
Terms
    The contract.
FiniteTerms
    Addresses of finitely many values, whatever the coefficients: counts are multinomial.
NormalTerms
    Normal addresses that enter the update linearly; the tilted law is normal in each branch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hebbsym.simulate.network import Network

Array: TypeAlias = NDArray[Any]


class Terms(ABC):
    """The law of one term of the field, for every history r.

    Attributes
    ----------
    inputs, others : int
        n, the number of terms, and k = K - 1.
    """

    inputs: int
    others: int

    @abstractmethod
    def cumulants(self, tilt: Array, r: Array) -> tuple[Array, Array, Array]:
        """kappa, kappa' and kappa'' at each tilt and history; infinite where they do not exist."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, tilt: Array, r: Array) -> tuple[Array, Array]:
        """A field for each tilt and history, and the sum of the sizes of its parts."""


def _sizes(network: Network) -> tuple[int, int]:
    return network.units - 1 if network.auto else network.units, network.patterns - 1


def _increment(network: Network, post: float, pre: float) -> float:
    return sum(float(c) * post**p * pre**q for (p, q), c in network.update.items())


@final
@dataclass(frozen=True)
class FiniteTerms(Terms):
    """Addresses of finitely many values.

    Parameters
    ----------
    inputs, others : int
    cue, own, weight : array, shape (branches,)
        s, g(u, y) and the probability of each branch of the cue.
    low, high, chance : array, shape (values,)
        g(-, y), g(+, y) and the probability of each value y.
    """

    inputs: int
    others: int
    cue: Array
    own: Array
    weight: Array
    low: Array
    high: Array
    chance: Array

    @classmethod
    def of(cls, network: Network, high: bool) -> FiniteTerms:
        """The terms of a network's unit that stores the higher (or the lower) value."""
        lower, higher = network.values
        stored = higher if high else lower
        pairs = [(float(y), float(q), y) for y, q in network.source.alphabet if q != 0]
        branches = [
            (float(s), _increment(network, stored, y), q * float(w))
            for y, q, exact in pairs
            for s, w in network.cue.transitions(network.source, exact)
        ]
        cue, own, weight = (np.array(column) for column in zip(*branches, strict=True))
        low_, high_ = (
            np.array([_increment(network, post, y) for y, _, _ in pairs])
            for post in (lower, higher)
        )
        chance = np.array([q for _, q, _ in pairs])
        return cls(*_sizes(network), cue, own, weight, low_, high_, chance)

    def _side(self, values: Array, tau: Array) -> tuple[Array, Array]:
        """The logarithm of E[exp(tau g)] and the tilted probabilities, for each tau."""
        exponents = tau[..., None] * values + np.log(self.chance)
        top = exponents.max(axis=-1, keepdims=True)
        shares = np.exp(exponents - top)
        total = shares.sum(axis=-1, keepdims=True)
        return np.log(total[..., 0]) + top[..., 0], shares / total

    def _branches(self, tilt: Array, r: Array) -> tuple[Array, Array, tuple[Array, Array]]:
        """kappa, the tilted weights of the branches, and those of the values given each branch."""
        tau = tilt[:, None] * self.cue
        (up, highs), (down, lows) = self._side(self.high, tau), self._side(self.low, tau)
        counts = r[:, None]
        exponents = (
            np.log(self.weight) + tau * self.own + counts * up + (self.others - counts) * down
        )
        top = exponents.max(axis=1, keepdims=True)
        shares = np.exp(exponents - top)
        total = shares.sum(axis=1, keepdims=True)
        return np.log(total[:, 0]) + top[:, 0], shares / total, (highs, lows)

    def cumulants(self, tilt: Array, r: Array) -> tuple[Array, Array, Array]:
        height, shares, (highs, lows) = self._branches(tilt, r)
        counts = r[:, None]
        mean, variance = self.own + 0.0 * shares, 0.0 * shares
        for values, chances, number in (
            (self.high, highs, counts),
            (self.low, lows, self.others - counts),
        ):
            first = chances @ values
            mean = mean + number * first
            variance = variance + number * (chances @ values**2 - first**2)
        mean, variance = self.cue * mean, self.cue**2 * variance
        slope = (shares * mean).sum(axis=1)
        curve = (shares * (variance + (mean - slope[:, None]) ** 2)).sum(axis=1)
        return height, slope, curve

    def draw(self, rng: np.random.Generator, tilt: Array, r: Array) -> tuple[Array, Array]:
        _, shares, (highs, lows) = self._branches(tilt, r)
        counts = rng.multinomial(self.inputs, shares)
        up = rng.multinomial(counts * r[:, None], highs)
        down = rng.multinomial(counts * (self.others - r[:, None]), lows)
        parts = self.cue * (counts * self.own + up @ self.high + down @ self.low)
        sizes = counts * np.abs(self.own) + up @ np.abs(self.high) + down @ np.abs(self.low)
        return parts.sum(axis=1), (np.abs(self.cue) * sizes).sum(axis=1)


@final
@dataclass(frozen=True)
class NormalTerms(Terms):
    """Standard normal addresses y, an update g(u, y) = alpha(u) + beta(u) y, and cues s = e y.

    Parameters
    ----------
    inputs, others : int
    signs, weight : array, shape (branches,)
        e and its probability.
    own, low, high : pair of float
        alpha and beta of the stored value, the lower and the higher value.
    """

    inputs: int
    others: int
    signs: Array
    weight: Array
    own: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]

    @classmethod
    def of(cls, network: Network, high: bool) -> NormalTerms:
        """The terms of a network's unit that stores the higher (or the lower) value."""
        branches = [(float(e), float(w)) for e, w in network.cue.transitions(network.source, 1)]
        signs, weight = (np.array(column) for column in zip(*branches, strict=True))
        low, up = (
            (alpha, _increment(network, post, 1.0) - alpha)
            for post in network.values
            for alpha in (_increment(network, post, 0.0),)
        )
        return cls(*_sizes(network), signs, weight, up if high else low, low, up)

    def _gathered(self, r: Array) -> tuple[Array, Array]:
        """For each history the sums of alpha and of beta^2 over the other patterns."""
        rest = self.others - r
        alpha = r * self.high[0] + rest * self.low[0]
        return alpha[:, None], (r * self.high[1] ** 2 + rest * self.low[1] ** 2)[:, None]

    def _branches(self, tilt: Array, r: Array) -> tuple[Array, Array, Array]:
        """Tilted density of y in each branch, proportional to exp(linear y - precision y^2 / 2)."""
        alpha, square = self._gathered(r)
        te = tilt[:, None] * self.signs
        linear, precision = te * (self.own[0] + alpha), 1 - 2 * te * self.own[1] - te**2 * square
        with np.errstate(divide="ignore", invalid="ignore"):
            exponents = np.log(self.weight) + linear**2 / (2 * precision) - np.log(precision) / 2
        return np.where(precision > 0, exponents, np.inf), linear, precision

    def _shares(self, exponents: Array) -> tuple[Array, Array]:
        top = exponents.max(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            shares = np.exp(exponents - top)
        total = shares.sum(axis=1, keepdims=True)
        return np.log(total[:, 0]) + top[:, 0], shares / total

    def cumulants(self, tilt: Array, r: Array) -> tuple[Array, Array, Array]:
        exponents, linear, precision = self._branches(tilt, r)
        height, shares = self._shares(exponents)
        alpha, square = self._gathered(r)
        # derivatives in t of linear and precision, and from them those of the exponents
        slope, t = self.signs * (self.own[0] + alpha), tilt[:, None]
        bend = -2 * self.signs * self.own[1] - 2 * t * self.signs**2 * square
        curve = -2 * self.signs**2 * square
        with np.errstate(divide="ignore", invalid="ignore"):
            first = linear * slope / precision - (linear / precision) ** 2 * bend / 2
            first = first - bend / (2 * precision)
            second = slope**2 / precision - 2 * linear * slope * bend / precision**2
            second = second + linear**2 * (bend**2 / precision**3 - curve / (2 * precision**2))
            second = second - curve / (2 * precision) + bend**2 / (2 * precision**2)
            mean = (shares * first).sum(axis=1)
            variance = (shares * (second + (first - mean[:, None]) ** 2)).sum(axis=1)
        there = np.isfinite(height)
        return (
            np.where(there, height, np.inf),
            np.where(there, mean, np.copysign(np.inf, tilt)),
            np.where(there, variance, np.inf),
        )

    def draw(self, rng: np.random.Generator, tilt: Array, r: Array) -> tuple[Array, Array]:
        exponents, linear, precision = self._branches(tilt, r)
        _, shares = self._shares(exponents)
        alpha, square = self._gathered(r)
        counts = rng.multinomial(self.inputs, shares)
        centre, deviation = linear / precision, 1 / np.sqrt(precision)
        noise = rng.standard_normal(counts.shape) * np.sqrt(counts)
        free = np.maximum(counts - 1, 0)
        spread = np.where(free > 0, 2 * rng.standard_gamma(np.maximum(free, 1) / 2), 0.0)
        # y = centre + deviation * normal; its sum and its sum of squares over a branch
        total = counts * centre + deviation * noise
        around = np.divide(noise**2, counts, out=np.zeros(counts.shape), where=counts > 0) + spread
        squares = counts * centre**2 + 2 * centre * deviation * noise + deviation**2 * around
        crosstalk = self.signs**2 * square * squares  # the variance of what the others add
        added = tilt[:, None] * crosstalk + np.sqrt(crosstalk) * rng.standard_normal(counts.shape)
        parts = (
            self.signs * total * (self.own[0] + alpha),
            self.signs * self.own[1] * squares,
            added,
        )
        field = np.sum(parts, axis=(0, 2))
        return field, np.abs(parts).sum(axis=(0, 2))
