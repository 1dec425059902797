r"""What a field with noise is averaged for: its error, and the terms that its cumulants add, in doubles.

.. math:: P(\text{wrong}) = Q(t) + \text{the first terms of Edgeworth's series}

with t the distance of the mean from the threshold, in standard deviations.

Main names
----------
PARTS, Part
    What can be averaged, and to what accuracy.
NoisyField
    Distances from the threshold, and the cumulants that shape a field's law.
ACCURACY
    The relative change at which an average of an error has settled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

ACCURACY = 3e-7
"""The relative change, at half the width, at which an average has settled."""


class NoisyField(NamedTuple):
    """Fields with noise: distances t from the threshold, and the cumulants that shape their laws."""

    t: Array
    skew: Array
    excess: Array
    side: int


def _density(t: Array) -> Array:
    return np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)


def _corrections(field: NoisyField) -> tuple[Array, ...]:
    """The first terms of Edgeworth's series beyond the Gaussian, that of the order 1/sqrt(n) first."""
    t, skew, excess, side = field
    density = _density(t)
    return (
        -side * density * skew / 6 * (t**2 - 1),
        density * excess / 24 * (t**3 - 3 * t),
        density * skew**2 / 72 * (t**5 - 10 * t**3 + 15 * t),
    )


def _error(field: NoisyField) -> Array:
    from scipy.special import erfc

    tail: Array = erfc(field.t / math.sqrt(2)) / 2
    return tail


def _series(field: NoisyField) -> Array:
    found: Array = _error(field) + np.sum(_corrections(field), axis=0)
    return found


def _terms(field: NoisyField) -> Array:
    found: Array = np.sum(np.abs(_corrections(field)), axis=0)
    return found


def _last(field: NoisyField) -> Array:
    found: Array = np.sum(np.abs(_corrections(field)[1:]), axis=0)
    return found


class Part(NamedTuple):
    """A function of a field, its share of a field without noise that is wrong, and its accuracy."""

    of: Callable[[NoisyField], Array]
    certain: float
    accuracy: float


PARTS = {
    "error": Part(_error, 1.0, ACCURACY),
    "series": Part(_series, 1.0, ACCURACY),
    "terms": Part(_terms, 0.0, 1e-2),
    "last": Part(_last, 0.0, 1e-2),
}
"""What can be averaged over histories, by the name that a :class:`hebbsym.histories.HistoryFunction` gives."""
