r"""Averages over the history of a unit, in numbers: histories are followed in clusters.

The moments of a term given the history go through one affine map for every pattern, of two that are
drawn by chance: 2^t points after t patterns. Where they are many, points that lie in one small cell
are merged into one, at their mean and with their covariance, which the maps carry on exactly. In the end
a cluster is averaged over as four points that have its mean and covariance, so that what merging costs
is of third order in the width of the cells. The width is halved until the average settles.

Main names
----------
average
    The average of a function of the cumulants of a field over all histories.
Histories
    The numbers that the maps are made of.
PARTS
    What can be averaged.
ACCURACY
    The relative change at which an average has settled.

Conventions
-----------
A cell is a fraction ``width`` of the noise of a field in the mean, and of the mean variance of a term in
the variance; what has many patterns still to come may be coarser, for they shrink it. Fields without
noise stay apart. Few histories are gone through one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import SizeLimit
from hebbsym.histories import columns

Array: TypeAlias = NDArray[Any]

ACCURACY = 3e-7
"""The relative change, at half the width, at which an average has settled."""
FEW = 2**13
"""Number of histories that are gone through one by one."""
MOST_POINTS = 2**21
"""Bound on the points of one step."""
_WIDTHS = tuple(0.2 / 2**k for k in range(9))
_CERTAIN = 1e-12
_COARSEST = 1e3
_LED = 3  # the moments (1, 1), (2, 1), (2, 2), which mean and variance need


@dataclass(frozen=True)
class Histories:
    """The recurrence of the moments of one term, in doubles; see :mod:`hebbsym.histories`."""

    theta: float
    side: int
    inputs: int
    later: int
    earlier: int
    chance: float
    given: tuple[Sequence[Sequence[float]], Sequence[Sequence[float]]]
    shown: Sequence[Sequence[float]]
    cue: Sequence[float]

    @property
    def order(self) -> int:
        """The highest moment that is followed."""
        return len(self.cue)

    @property
    def count(self) -> int:
        """How many histories there are."""
        return int(2 ** (self.later + self.earlier))


class _Map(NamedTuple):
    """An affine map of the moments by columns."""

    matrix: Array
    shift: Array

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]], cue: Sequence[float]) -> _Map:
        """From a row of E[a^m B^(l-m)] for each column, and the moments of the cue from E[1] on."""
        kept = columns(len(cue) - 1)
        place = {kl: n for n, kl in enumerate(kept)}
        matrix, shift = np.zeros((len(kept), len(kept))), np.zeros(len(kept))
        for n, ((k, power), row) in enumerate(zip(kept, rows, strict=True)):
            shift[n] = row[0] * cue[k]
            for m in range(1, power + 1):
                matrix[n, place[k, m]] = row[m]
        return cls(matrix, shift)


class Points(NamedTuple):
    """Clusters of histories: probabilities, mean moments by column, covariances of the first three."""

    weights: Array
    moments: Array
    spread: Array

    def through(self, one: _Map) -> Points:
        """After one pattern."""
        led = one.matrix[:_LED, :_LED]
        return Points(
            self.weights, self.moments @ one.matrix.T + one.shift, led @ self.spread @ led.T
        )

    def scaled(self, chance: float) -> Points:
        """The same, each as likely as ``chance`` says."""
        return self._replace(weights=self.weights * chance)


def _both(first: Points, second: Points) -> Points:
    return Points(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def followed(case: Histories, width: float) -> Points:
    """The clusters after all patterns; every history for itself where the width is 0.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_POINTS`.
    """
    kept = columns(case.order)
    nothing = (1.0,) * (case.order + 1)
    known = (1.0, *case.cue)
    before, after = (
        [_Map.of([table[power - 1] for _, power in kept], cue) for table in case.given]
        for cue in (nothing, known)
    )
    rate = sum(p * one.matrix[2, 2] for p, one in zip(_chances(case), before, strict=True))
    mixing = max(abs(one.matrix[2, 1]) for one in before)
    now = Points(np.ones(1), np.zeros((1, len(kept))), np.zeros((1, _LED, _LED)))
    total = case.later + case.earlier
    for time in range(total + 1):
        if time == case.earlier:
            now = now.through(_Map.of(case.shown, nothing))
        if time == total:
            return now
        maps = before if time < case.earlier else after
        now = _both(
            *(now.through(one).scaled(p) for p, one in zip(_chances(case), maps, strict=True))
        )
        if width:
            coarser = min(_COARSEST, max(rate, 1e-9) ** (-(total - time - 1) / 2))
            now = _merged(now, width * coarser, case.inputs, mixing)
        if len(now.weights) > MOST_POINTS:
            raise SizeLimit(
                f"the histories of {total} patterns make more than {MOST_POINTS} clusters at the "
                f"accuracy of {ACCURACY:.0e}; fewer patterns, or a faster decay"
            )
    return now


def _chances(case: Histories) -> tuple[float, float]:
    return 1 - case.chance, case.chance


def _merged(points: Points, width: float, inputs: int, mixing: float) -> Points:
    """Points of one cell as one, with what the cell holds of covariance."""
    weights, moments, spread = points
    mean, other, square = moments[:, :_LED].T
    own = square - mean**2
    certain = own <= _CERTAIN * square
    typical = float(weights @ own) / float(weights.sum())
    if typical <= 0:
        return points
    cells = [certain, _cells(own, width * typical)]
    if mixing:
        cells.append(_cells(other, width * typical / mixing))
    cells.append(
        np.where(
            certain,
            _cells(mean, _CERTAIN * float(np.abs(mean).max())),
            _cells(mean, width * math.sqrt(typical / inputs)),
        )
    )
    order = np.lexsort(cells)
    apart = np.zeros(len(order) - 1, dtype=bool)
    for cell in cells:
        apart |= np.diff(cell[order].astype(np.int64)) != 0
    starts = np.flatnonzero(np.concatenate([[True], apart]))
    weights, moments = weights[order], moments[order]
    total = np.add.reduceat(weights, starts)
    centre = np.add.reduceat(weights[:, None] * moments, starts) / total[:, None]
    sizes = np.diff(np.append(starts, len(order)))
    off = (moments - np.repeat(centre, sizes, axis=0))[:, :_LED]
    inside = weights[:, None, None] * (spread[order] + off[:, :, None] * off[:, None, :])
    return Points(total, centre, np.add.reduceat(inside, starts) / total[:, None, None])


def _cells(values: Array, width: float) -> Array:
    if width == 0:
        return np.zeros(len(values), dtype=np.int64)
    return np.floor(values / width).astype(np.int64)


# ---- what is averaged ----------------------------------------------------------------------


class _Field(NamedTuple):
    """Fields with noise: distances t from the threshold, and the cumulants that shape their laws."""

    t: Array
    skew: Array
    excess: Array
    side: int


def _density(t: Array) -> Array:
    return np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)


def _corrections(field: _Field) -> tuple[Array, ...]:
    """The first terms of Edgeworth's series beyond the Gaussian, that of the order 1/sqrt(n) first."""
    t, skew, excess, side = field
    density = _density(t)
    return (
        -side * density * skew / 6 * (t**2 - 1),
        density * excess / 24 * (t**3 - 3 * t),
        density * skew**2 / 72 * (t**5 - 10 * t**3 + 15 * t),
    )


def _error(field: _Field) -> Array:
    from scipy.special import erfc

    tail: Array = erfc(field.t / math.sqrt(2)) / 2
    return tail


def _series(field: _Field) -> Array:
    return _error(field) + sum(_corrections(field))


def _terms(field: _Field) -> Array:
    return np.sum([abs(term) for term in _corrections(field)], axis=0)


def _last(field: _Field) -> Array:
    return np.sum([abs(term) for term in _corrections(field)[1:]], axis=0)


class _Part(NamedTuple):
    """A function of a field, its share of a field without noise that is wrong, and its accuracy."""

    of: Callable[[_Field], Array]
    certain: float
    accuracy: float


PARTS = {
    "error": _Part(_error, 1.0, ACCURACY),
    "series": _Part(_series, 1.0, ACCURACY),
    "terms": _Part(_terms, 0.0, 1e-3),
    "last": _Part(_last, 0.0, 1e-3),
}
"""What can be averaged over histories, by the name that a :class:`hebbsym.histories.HistoryFunction` gives."""


def _averaged(case: Histories, part: _Part, width: float) -> float:
    weights, moments, spread = followed(case, width)
    place = {kl: column for column, kl in enumerate(columns(case.order))}
    first, second = moments[:, place[1, 1]], moments[:, place[2, 2]]
    noisy = second - first**2 > _CERTAIN * second
    away = case.side * np.sign(case.inputs * first[~noisy] - case.theta)
    sure = part.certain * float(weights[~noisy] @ ((1 - away) / 2))
    weights, moments, spread = weights[noisy], moments[noisy], spread[noisy]
    first, second = first[noisy], second[noisy]
    shape = _shape(moments, place, case.inputs)
    shifts = _directions(spread) if width else [(0.0, 0.0)]
    total = 0.0
    for p, r in ((first + one, second + other) for one, other in shifts):
        t = case.side * (case.inputs * p - case.theta) / np.sqrt(case.inputs * (r - p**2))
        total += float(weights @ part.of(_Field(t, *shape, case.side)))
    return sure + total / len(shifts)


def _shape(moments: Array, place: Mapping[tuple[int, int], int], inputs: int) -> tuple[Array, Array]:
    """Skewness and excess of a sum of independent terms, where fourth moments are followed."""
    if (4, 4) not in place:
        return np.zeros(len(moments)), np.zeros(len(moments))
    first, second, third, fourth = (moments[:, place[k, k]] for k in (1, 2, 3, 4))
    own = second - first**2
    skew = third - 3 * second * first + 2 * first**3
    excess = fourth - 4 * third * first + 6 * second * first**2 - 3 * first**4 - 3 * own**2
    return skew / own**1.5 / math.sqrt(inputs), excess / own**2 / inputs


def _directions(spread: Array) -> list[tuple[Array, Array]]:
    """Four shifts of (E[s w], E[(s w)^2]) that have mean zero and the covariance of the cluster."""
    along = np.sqrt(2 * np.maximum(spread[:, 0, 0], 0))
    slope = np.divide(2 * spread[:, 0, 2], along, out=np.zeros_like(along), where=along > 0)
    across = np.sqrt(np.maximum(2 * spread[:, 2, 2] - slope**2, 0))
    none = np.zeros_like(along)
    return [(along, slope), (-along, -slope), (none, across), (none, -across)]


def average(case: Histories, part: str) -> float:
    """The average of a part over all histories, right to 6 digits.

    Parameters
    ----------
    case : Histories
    part : str
        A key of :data:`PARTS`.

    Raises
    ------
    SizeLimit
        When it does not settle within the bounds on the number of clusters.

    Examples
    --------
    Weights w' = 9/10 w + u v + u/5 on fair signs, two patterns of which the last is recalled:

    >>> rows = [((u / 5, 0.9), (1.04, 0.36 * u, 0.81)) for u in (-1, 1)]
    >>> shown = ((1, 0), (0.2, 0.9), (1.04, 0.36, 0.81))
    >>> round(average(Histories(0.0, 1, 5, 0, 1, 0.5, tuple(rows), shown, (0, 1)), "error"), 6)
    0.008771
    """
    chosen = PARTS[part]
    if case.count <= FEW:
        return _averaged(case, chosen, 0.0)
    before = math.inf
    for width in _WIDTHS:
        now = _averaged(case, chosen, width)
        if abs(now - before) <= chosen.accuracy * abs(now):
            return now
        before = now
    raise SizeLimit(
        f"an average over the histories of {case.later + case.earlier} patterns does not settle to "
        f"{chosen.accuracy:.0e}; fewer patterns"
    )
