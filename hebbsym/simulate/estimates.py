r"""Estimates with standard errors from networks, the only independent units of a simulation.

Bits of one network share its patterns: the variance of an error rate is two to three times the
binomial one, that of a noise variance about twenty times. So every estimate is a function of averages
over networks, and its standard error is the jackknife's over networks.

Main names
----------
Statistics
    Per-network sums of a run; they join with those of further networks.
Estimate
    A value, its standard error and the number of networks behind it.
ESTIMATORS
    The quantities by name.

References
----------
efron1981 (the jackknife); the value is corrected for its bias of first order, which makes variances
exactly unbiased.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.simulate.statistics import Columns, concatenated

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error, clustered by network.

    ``kurtosis`` is that of what single networks contribute: 3 of Gaussian ones. Where it is large, rare
    networks make up the value, the rarest have not been drawn, and the standard error is too small.

    Examples
    --------
    >>> low, high = Estimate(1.0, 0.1, 50).interval(0.95)
    >>> round(low, 3), round(high, 3)
    (0.799, 1.201)
    """

    value: float
    stderr: float
    networks: int
    kurtosis: float = 3.0

    def interval(self, level: float) -> tuple[float, float]:
        """Confidence interval by Student's t with one degree of freedom less than networks."""
        from scipy.special import stdtrit

        reach = float(stdtrit(max(self.networks - 1, 1), (1 + level) / 2)) * self.stderr
        return self.value - reach, self.value + reach


@dataclass(frozen=True)
class Statistics:
    """Sums of each simulated network.

    Parameters
    ----------
    values : tuple of float
        The values that a postsynaptic unit stores, ascending; empty when they are real.
    columns : mapping of str to array
        One row a network; see :data:`hebbsym.simulate.statistics.COLUMNS`.
    networks : int
        Number of rows.
    aged : mapping of int to columns
        The same sums for the recalled pattern of each age, where ages were asked for.

    Examples
    --------
    >>> columns = {"count": np.array([[0, 2], [0, 2]]), "sum": np.array([[0.0, 6.0], [0.0, 10.0]])}
    >>> Statistics((-1.0, 1.0), columns, 2).estimate("field_mean", x=1)
    Estimate(value=4.0, stderr=1.0, networks=2, kurtosis=1.0)
    """

    values: tuple[float, ...]
    columns: Mapping[str, Array]
    networks: int
    aged: Mapping[int, Mapping[str, Array]] = field(default_factory=dict)

    def joined(self, other: Statistics) -> Statistics:
        """These networks followed by the other ones."""
        alike = self.values == other.values and set(self.columns) == set(other.columns)
        if not alike or set(self.aged) != set(other.aged):
            raise InvalidValue("only statistics of the same network can be joined")
        return Statistics(
            self.values,
            concatenated([self.columns, other.columns]),
            self.networks + other.networks,
            {age: concatenated([c, other.aged[age]]) for age, c in self.aged.items()},
        )

    def at_age(self, age: int) -> Statistics:
        """The statistics of the recalled pattern of one age (0 = shown last).

        Examples
        --------
        >>> columns = {"count": np.array([[1, 1]]), "sum": np.array([[-3.0, 5.0]])}
        >>> whole = Statistics((-1.0, 1.0), columns, 1, {4: columns})
        >>> whole.at_age(4).estimate("field_mean", x=1).value
        5.0
        """
        if age not in self.aged:
            known = ", ".join(map(str, sorted(self.aged))) or "none"
            raise InvalidValue(f"no statistics of age {age}; the ages of this run: {known}")
        whole = {name: c for name, c in self.columns.items() if name == "weights"}
        return Statistics(self.values, {**self.aged[age], **whole}, self.networks)

    def estimate(self, quantity: str, x: Any = None) -> Estimate:
        """The estimate of one quantity.

        Parameters
        ----------
        quantity : str
            A name of :data:`ESTIMATORS`.
        x : number, optional
            The stored value, for a quantity that is conditional on it.

        Raises
        ------
        NotDerivable
            When the quantity does not exist for these patterns or was not asked for.
        """
        try:
            estimator = ESTIMATORS[quantity]
        except KeyError:
            raise UnknownName("estimate", quantity, ESTIMATORS) from None
        return self._jackknife(estimator.on(self, x))

    def _jackknife(self, function: Callable[[Columns], Array]) -> Estimate:
        n = self.networks
        columns = {**self.columns, **_whole_networks(self.columns)}
        means = {
            name: column.mean(axis=0, dtype=np.float64, keepdims=True)
            for name, column in columns.items()
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = float(function(means)[0])
            if n < 2:
                return Estimate(whole, float("inf"), n)
            # leave-one-out averages, written as a deviation so that nothing cancels
            left = {
                name: means[name] + (means[name] - column) / (n - 1)
                for name, column in columns.items()
            }
            parts = function(left)
            centre = parts.mean()
            squares = np.square(parts - centre)
            total = float(squares.sum())
            kurtosis = n * float(np.square(squares / total).sum()) if total > 0 else 3.0
        variance = (n - 1) / n * total
        return Estimate(n * whole - (n - 1) * float(centre), variance**0.5, n, kurtosis)

    def position(self, x: Any) -> int:
        """Where the value ``x`` stands in the alphabet."""
        if x is None or float(x) not in self.values:
            known = ", ".join(f"{v:g}" for v in self.values) or "none (real values)"
            raise InvalidValue(f"x is {x}; the stored values are {known}")
        return self.values.index(float(x))

    def require(self, name: str, reason: str) -> None:
        """Raise when the column ``name`` is missing."""
        if name not in self.columns:
            raise NotDerivable(reason)


def _whole_networks(columns: Mapping[str, Array]) -> Columns:
    """For each network the probability that a recalled pattern has a wrong bit, ties being broken."""
    if "wrong_patterns" not in columns:
        return {}
    ties = columns["ties"].sum(axis=1)
    return {"spoilt": np.where(columns["wrong_patterns"] > 0, 1.0, 1 - 0.5**ties)}


@dataclass(frozen=True)
class Estimator:
    """A quantity as a function of averages over networks.

    Parameters
    ----------
    on : callable
        Given statistics and the stored value, the function of the averaged columns.
    """

    on: Callable[[Statistics, Any], Callable[[Columns], Array]]


ESTIMATORS: dict[str, Estimator] = {}
"""What can be estimated, by the name of the claim that it could refute."""

_BITS = "an error needs two stored values"
_ROWS = "an error of whole patterns needs all their units, and only some rows were simulated"
_POWERS = "third and fourth powers of the fields were not summed; ask simulate for moments=4"
_WEIGHTS = "weights were not looked at; ask simulate for weights=True"


def _named(name: str) -> Callable[[Callable[[Statistics, Any], Any]], Any]:
    def enter(on: Callable[[Statistics, Any], Any]) -> Any:
        ESTIMATORS[name] = Estimator(on)
        return on

    return enter


def _mean(c: Columns, k: int) -> Array:
    return np.asarray(c["sum"][:, k] / c["count"][:, k])


_LOST = 1e-11
"""A variance below this share of the mean square is rounding, unless the squares are whole numbers."""
_WHOLE = 1e12


def _variance(c: Columns, k: int) -> Array:
    """Mean square less squared mean; no number where rounding has eaten the difference."""
    square = c["square"][:, k] / c["count"][:, k]
    left = square - _mean(c, k) ** 2
    return np.where((left > _LOST * square) | (square < _WHOLE), left, np.nan)


@_named("field_mean")
def _field_mean(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    k = s.position(x)
    return lambda c: _mean(c, k)


@_named("field_variance")
def _field_variance(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    k = s.position(x)
    return lambda c: _variance(c, k)


def _cumulant(order: int) -> Callable[[Statistics, Any], Callable[[Columns], Array]]:
    """The third or fourth cumulant from averages of powers; the jackknife removes its first bias."""

    def on(s: Statistics, x: Any) -> Callable[[Columns], Array]:
        k = s.position(x)
        s.require("fourth", _POWERS)

        def cumulant(c: Columns) -> Array:
            m, v = _mean(c, k), _variance(c, k)
            third = c["cube"][:, k] / c["count"][:, k]
            central = third - 3 * m * v - m**3
            if order == 3:
                return np.asarray(central)
            fourth = c["fourth"][:, k] / c["count"][:, k]
            return np.asarray(fourth - 4 * m * central - 6 * m**2 * v - m**4 - 3 * v**2)

        return cumulant

    return on


for _order in (3, 4):
    ESTIMATORS[f"field_cumulant:{_order}"] = Estimator(_cumulant(_order))


@_named("snr")
def _snr(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    root = _snr_root(s, x)
    return lambda c: root(c) ** 2


@_named("snr:root")
def _snr_root(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    """The root of the ratio with the sign of the signal: unlike the square, it has a normal law at 0."""
    if len(s.values) == 2:
        return lambda c: (
            (_mean(c, 1) - _mean(c, 0)) / np.sqrt(2 * (_variance(c, 0) + _variance(c, 1)))
        )

    def root(c: Columns) -> Array:
        gain, variance, rest = _linear(s, c)
        return np.asarray(gain * np.sqrt(variance / rest))

    return root


@_named("threshold:balanced")
def _balanced(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    """What is as far from both means in standard deviations, as the fields themselves have it."""
    s.require("errors", _BITS)

    def balanced(c: Columns) -> Array:
        below, above = (np.sqrt(_variance(c, k)) for k in (0, 1))
        return np.asarray((_mean(c, 1) * below + _mean(c, 0) * above) / (below + above))

    return balanced


@_named("information")
def _information(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    """Mutual information in bits between a stored bit and the recalled one, ties being broken."""
    s.require("errors", _BITS)

    def information(c: Columns) -> Array:
        wrong = (c["errors"] + 0.5 * c["ties"]) / c["count"]
        p = c["count"][:, 1] / c["count"].sum(axis=1)
        recalled = p * (1 - wrong[:, 1]) + (1 - p) * wrong[:, 0]
        lost = p * _entropy(wrong[:, 1]) + (1 - p) * _entropy(wrong[:, 0])
        return np.asarray(_entropy(recalled) - lost)

    return information


def _entropy(p: Array) -> Array:
    from scipy.special import entr

    return np.asarray((entr(p) + entr(1 - p)) / np.log(2))


@_named("gain")
def _gain(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    return lambda c: _linear(s, c)[0]


@_named("residual_variance")
def _residual_variance(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    return lambda c: _linear(s, c)[2]


@_named("explained")
def _explained(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    """The share rho/(1 + rho) of the field's variance that the stored value explains: finite without noise."""

    def share(c: Columns) -> Array:
        gain, variance, rest = _linear(s, c)
        return np.asarray(gain**2 * variance / (gain**2 * variance + rest))

    return share


def _linear(s: Statistics, c: Columns) -> tuple[Array, Array, Array]:
    """Gain, variance of x and residual variance of the linear regression of h on x."""
    if s.values:
        v = np.array(s.values)
        n = c["count"].sum(axis=1)
        x, xx = (c["count"] * v).sum(axis=1), (c["count"] * v**2).sum(axis=1)
        h, hh, xh = c["sum"].sum(axis=1), c["square"].sum(axis=1), (c["sum"] * v).sum(axis=1)
    else:
        n, x, xx, h, hh, xh = c["regression"].T
    variance = xx / n - (x / n) ** 2
    gain = (xh / n - x * h / n**2) / variance
    return gain, variance, hh / n - (h / n) ** 2 - gain**2 * variance


def _error(columns: str, values: slice) -> Callable[[Statistics, Any], Callable[[Columns], Array]]:
    def on(s: Statistics, x: Any) -> Callable[[Columns], Array]:
        s.require("errors", _BITS)
        tie = 0.5 if columns == "errors" else 0.0

        def rate(c: Columns) -> Array:
            wrong = (c[columns] + tie * c["ties"])[:, values].sum(axis=1)
            return np.asarray(wrong / c["count"][:, values].sum(axis=1))

        return rate

    return on


for _name, _values in {"": slice(0, 2), ":high": slice(1, 2), ":low": slice(0, 1)}.items():
    ESTIMATORS["bit_error" + _name] = Estimator(_error("errors", _values))
    ESTIMATORS["ties" + _name] = Estimator(_error("ties", _values))


@_named("pattern_error")
def _pattern_error(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    s.require("errors", _BITS)
    s.require("wrong_patterns", _ROWS)
    return lambda c: (c["wrong_patterns"] + c["tied_patterns"]) / c["patterns"]


@_named("network_error")
def _network_error(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    s.require("errors", _BITS)
    s.require("wrong_patterns", _ROWS)
    return lambda c: c["spoilt"]


@_named("weight_mean")
def _weight_mean(s: Statistics, x: Any) -> Callable[[Columns], Array]:
    s.require("weights", _WEIGHTS)
    return lambda c: c["weights"][:, 1] / c["weights"][:, 0]


def _weight_covariance(k: int) -> Callable[[Statistics, Any], Callable[[Columns], Array]]:
    def on(s: Statistics, x: Any) -> Callable[[Columns], Array]:
        s.require("weights", _WEIGHTS)
        if not s.columns["weights"][:, k].any():
            raise NotDerivable("there is no pair of weights of that kind in this network")

        def covariance(c: Columns) -> Array:
            sums = c["weights"]
            product = sums[:, 2] if k == 0 else sums[:, k + 1]
            return np.asarray(product / sums[:, k] - (sums[:, 1] / sums[:, 0]) ** 2)

        return covariance

    return on


for _name, _k in {
    "weight_variance": 0,
    "weight_covariance:post": 3,
    "weight_covariance:pre": 5,
    "weight_covariance:reciprocal": 7,
}.items():
    ESTIMATORS[_name] = Estimator(_weight_covariance(_k))
