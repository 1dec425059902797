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
LEAST
    The relative change beyond which an average is refused.

Conventions
-----------
A cell is a fraction ``width`` of the final noise of a field in what it changes of its mean, and of the
variance of a term in what it changes of that. Fields without noise stay apart. Few histories are gone
through one by one. An average has settled when half the width changes it by no more than its accuracy, and
the step before by no more than ten times as much. Where it has not at the smallest width it is known to
that change, in fewer digits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import SizeLimit
from hebbsym.histories import columns
from hebbsym.noise import ACCURACY, PARTS, NoisyField, Part

Array: TypeAlias = NDArray[Any]

LEAST = 1e-4
"""The relative change beyond which an average is refused; in between it has fewer digits."""
FEW = 2**13
"""Number of histories that are gone through one by one."""
MOST_POINTS = 2**21
"""Bound on the points of one step."""
_WIDTHS = tuple(0.2 / 2**k for k in range(9))
_CERTAIN = 1e-12
_FAINT = 1e-8  # below this share of the mean noise all noises are alike
_FEW_OF_ALL = 0.02
_NOTHING = 1e-200
_INSIDE = 0.9
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


Stage: TypeAlias = "tuple[tuple[float, _Map], ...]"
"""What one pattern may do, each with its probability."""


def _after(now: Points, stage: Stage) -> Points:
    parts = [now.through(one).scaled(chance) for chance, one in stage]
    return Points(*(np.concatenate(part) for part in zip(*parts, strict=True)))


class _Scale(NamedTuple):
    """What a change of the moments does to the final ones, and what else the final noise is made of."""

    effect: Array
    rest: float


def _stages(case: Histories) -> list[Stage]:
    """Pattern by pattern, the recalled one among them."""
    kept = columns(case.order)
    nothing, known = (1.0,) * (case.order + 1), (1.0, *case.cue)
    before, after = (
        tuple(
            (chance, _Map.of([table[power - 1] for _, power in kept], cue))
            for chance, table in zip((1 - case.chance, case.chance), case.given, strict=True)
        )
        for cue in (nothing, known)
    )
    shown: Stage = ((1.0, _Map.of(case.shown, nothing)),)
    return [before] * case.earlier + [shown] + [after] * case.later


def _start(case: Histories) -> Points:
    return Points(np.ones(1), np.zeros((1, len(columns(case.order)))), np.zeros((1, _LED, _LED)))


def _scales(case: Histories, stages: Sequence[Stage]) -> list[_Scale]:
    """By stage; the mean over all histories and their covariance are followed by one cluster, exactly."""
    now, typical = _start(case), []
    for stage in stages:
        now = _after(now, stage)
        now = _in_cells(now, np.zeros(len(now.weights), dtype=np.int64), [])
        typical.append(max(0.0, float(_own(now)[0] - now.spread[0, 0, 0])))
    effect, scales = np.eye(_LED), []
    for stage, noise in zip(reversed(stages), reversed(typical), strict=True):
        scales.append(_Scale(effect, max(0.0, typical[-1] - abs(effect[2, 2]) * noise)))
        effect = effect @ sum(chance * one.matrix[:_LED, :_LED] for chance, one in stage)
    return scales[::-1]


def _own(points: Points) -> Array:
    """The variance of one term, or its mean over a cluster less what the means differ by."""
    own: Array = points.moments[:, 2] - points.moments[:, 0] ** 2
    return own


def followed(case: Histories, width: float, share: float = 1.0) -> Points:
    """The clusters after all patterns; every history for itself where the width is 0.

    ``share`` of the mean noise that is still to come is counted on, where cells are measured.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_POINTS`.
    """
    stages, now = _stages(case), _start(case)
    scales = _scales(case, stages) if width else [None] * len(stages)
    for stage, scale in zip(stages, scales, strict=True):
        now = _after(now, stage)
        if scale is not None:
            now = _merged(now, width, case.inputs, scale._replace(rest=share * scale.rest))
        if len(now.weights) > MOST_POINTS:
            raise SizeLimit(
                f"the histories of {len(stages)} patterns make more than {MOST_POINTS} clusters at the "
                f"accuracy of {ACCURACY:.0e}; fewer patterns, or a faster decay"
            )
    return now


def _merged(points: Points, width: float, inputs: int, scale: _Scale) -> Points:
    """Points of one cell as one; a cell is measured by what it will be of the final noise."""
    mean, other, square = points.moments[:, :_LED].T
    own = square - mean**2
    certain = own <= _CERTAIN * square
    by_mean, by_other, by_own = (
        max(abs(float(scale.effect[place])), _NOTHING) for place in ((0, 0), (2, 1), (2, 2))
    )
    noise = by_own * np.maximum(own, 0) + scale.rest
    if not noise.any():
        return points
    typical = float(points.weights @ noise) / float(points.weights.sum())
    levels = _cells(np.log(np.maximum(noise / typical, _FAINT)), width)
    noise = typical * np.exp(width * levels)
    steps = width * np.sqrt(noise / inputs) / by_mean
    apart = certain & (scale.rest == 0)  # without noise for good
    steps[apart] = _CERTAIN * (np.abs(mean).max() or 1.0)
    return _in_cells(
        points, levels, [_cells(mean, steps), _cells(other, width * noise / by_other), apart]
    )


def _cells(values: Array, width: Array | float) -> Array:
    return np.floor(values / width).astype(np.int64)


def _in_cells(points: Points, levels: Array, others: Sequence[Array]) -> Points:
    """Points that agree in all of their cells as one, with the covariance that the cell holds."""
    cells = [levels, *others]
    order = np.lexsort(cells)
    apart = np.zeros(len(order) - 1, dtype=bool)
    for cell in cells:
        apart |= np.diff(cell[order].astype(np.int64)) != 0
    starts = np.flatnonzero(np.concatenate([[True], apart]))
    weights, moments, spread = (part[order] for part in points)
    total = np.add.reduceat(weights, starts)
    centre = np.add.reduceat(weights[:, None] * moments, starts) / total[:, None]
    sizes = np.diff(np.append(starts, len(order)))
    off = (moments - np.repeat(centre, sizes, axis=0))[:, :_LED]
    inside = weights[:, None, None] * (spread + off[:, :, None] * off[:, None, :])
    return Points(total, centre, np.add.reduceat(inside, starts) / total[:, None, None])


# ---- what is averaged ----------------------------------------------------------------------


def _averaged(case: Histories, part: Part, points: Points) -> float:
    weights, moments, spread = points
    place = {kl: column for column, kl in enumerate(columns(case.order))}
    first, second = moments[:, place[1, 1]], moments[:, place[2, 2]]
    own = second - first**2 - spread[:, 0, 0]
    noisy = own > _CERTAIN * second
    away = case.side * np.sign(case.inputs * first[~noisy] - case.theta)
    sure = part.certain * float(weights[~noisy] @ ((1 - away) / 2))
    weights, moments, spread = weights[noisy], moments[noisy], spread[noisy]
    first, own = first[noisy], own[noisy]
    shape = _shape(moments, place, case.inputs)
    shifts = _directions(spread, first, own) if spread.any() else [(0.0, 0.0)]
    total = 0.0
    for p, v in ((first + one, own + other) for one, other in shifts):
        t = case.side * (case.inputs * p - case.theta) / np.sqrt(case.inputs * v)
        total += float(weights @ part.of(NoisyField(t, *shape, case.side)))
    return sure + total / len(shifts)


def _shape(
    moments: Array, place: Mapping[tuple[int, int], int], inputs: int
) -> tuple[Array, Array]:
    """Skewness and excess of a sum of independent terms, where fourth moments are followed."""
    if (4, 4) not in place:
        return np.zeros(len(moments)), np.zeros(len(moments))
    first, second, third, fourth = (moments[:, place[k, k]] for k in (1, 2, 3, 4))
    own = second - first**2
    skew = third - 3 * second * first + 2 * first**3
    excess = fourth - 4 * third * first + 6 * second * first**2 - 3 * first**4 - 3 * own**2
    return skew / own**1.5 / math.sqrt(inputs), excess / own**2 / inputs


def _directions(spread: Array, mean: Array, own: Array) -> list[tuple[Array, Array]]:
    """Four shifts of the mean and the variance of a term: mean zero, the covariance of the cluster.

    A variance stays positive, which binds in wide cells only.
    """
    by_mean = spread[:, 0, 0]
    mixed = spread[:, 0, 2] - 2 * mean * by_mean
    by_own = spread[:, 2, 2] - 4 * mean * spread[:, 0, 2] + 4 * mean**2 * by_mean
    along = np.sqrt(2 * np.maximum(by_mean, 0))
    slope = np.divide(2 * mixed, along, out=np.zeros_like(along), where=along > 0)
    slope = np.clip(slope, -_INSIDE * own, _INSIDE * own)
    across = np.minimum(np.sqrt(np.maximum(2 * by_own - slope**2, 0)), _INSIDE * own)
    none = np.zeros_like(along)
    return [(along, slope), (-along, -slope), (none, across), (none, -across)]


class Average(NamedTuple):
    """A number, and how many digits of it have settled."""

    value: float
    digits: int


def average(case: Histories, part: str) -> Average:
    """The average of a part over all histories, with the digits to which it settles.

    An average that does not settle to :data:`hebbsym.noise.ACCURACY` at the smallest width, or at the smallest one
    within the bound on clusters, is known to its last change; it is refused where that is more than
    :data:`LEAST`.

    Parameters
    ----------
    case : Histories
    part : str
        A key of :data:`hebbsym.noise.PARTS`.

    Raises
    ------
    SizeLimit
        When it does not settle to :data:`LEAST` within the bounds on widths and clusters.

    Examples
    --------
    Weights w' = 9/10 w + u v + u/5 on fair signs, two patterns of which the last is recalled:

    >>> rows = [((u / 5, 0.9), (1.04, 0.36 * u, 0.81)) for u in (-1, 1)]
    >>> shown = ((1, 0), (0.2, 0.9), (1.04, 0.36, 0.81))
    >>> found = average(Histories(0.0, 1, 5, 0, 1, 0.5, tuple(rows), shown, (0, 1)), "error")
    >>> round(found.value, 6), found.digits
    (0.008771, 6)
    """
    chosen = PARTS[part]
    if case.count <= FEW:
        return Average(_averaged(case, chosen, followed(case, 0.0)), _digits(chosen.accuracy))
    values: list[float] = []
    share, least = 1.0, max(chosen.accuracy, LEAST)
    for width in _WIDTHS:
        try:
            points = followed(case, width, share)
        except SizeLimit:
            if _change(values) > least:
                raise
            break
        values.append(_averaged(case, chosen, points))
        if _change(values) <= chosen.accuracy:
            return Average(values[-1], _digits(chosen.accuracy))
        share = _least_share(points)
    change = _change(values)
    if change > least:
        raise SizeLimit(
            f"an average over the histories of {case.later + case.earlier} patterns does not settle to "
            f"{least:.0e}; fewer patterns"
        )
    return Average(values[-1], _digits(change))


def _digits(accuracy: float) -> int:
    """How many digits a relative accuracy is worth."""
    return math.floor(-math.log10(accuracy))


def _change(values: Sequence[float]) -> float:
    """The last relative change, or a tenth of the one before: a change may be small by chance."""
    changes = [abs(new - old) for old, new in itertools.pairwise(values)]
    if len(changes) < 2:
        return math.inf
    largest = max(changes[-1], changes[-2] / 10)
    if largest == 0:
        return 0.0
    return largest / abs(values[-1]) if values[-1] else math.inf


def _least_share(points: Points) -> float:
    """A noise that few histories stay below, as a share of the mean."""
    own = np.maximum(_own(points), 0)
    mean = float(points.weights @ own)
    if mean == 0:
        return 1.0
    order = np.argsort(own)
    below = np.cumsum(points.weights[order])
    return float(own[order][np.searchsorted(below, _FEW_OF_ALL * below[-1])]) / mean
