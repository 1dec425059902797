r"""Ties of fields that carry rounding: seen in float64, looked for in float32.

Main names
----------
near, settled
    Which fields in float32 have to be computed again, and what float64 says of them.
largest, finished
    The size of the fields of each cue; population means subtracted, ties made exact.

Conventions
-----------
The size of a cue's fields is their largest absolute value. A field nearer to the threshold than
1e-10 of it is a tie: sums of products in float64 are off by less, and a field that is none falls there
about once in 1e10 times. Sums in float32 are off by less than 2**-15 of the size (2**-18 was the most seen in
5e5 fields up to D = 4000), so what is further away keeps its side of the threshold.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.memory import Memory

Array: TypeAlias = NDArray[Any]

_TIE = 1e-10
_NEAR = 2.0**-15


def largest(h: Array) -> Array:
    """The size of the fields of each cue, shape (cues, 1).

    Examples
    --------
    >>> largest(np.array([[1.0, -3.0], [2.0, 0.0]]))
    array([[3.],
           [2.]])
    """
    return np.asarray(np.maximum(h.max(axis=1, keepdims=True), -h.min(axis=1, keepdims=True)))


def near(h: Array, size: Array, theta: float) -> tuple[Array, Array]:
    """Cues and units of the fields that float32 may have on the wrong side of the threshold.

    Examples
    --------
    >>> near(np.array([[1e-6, 5.0], [1e-3, 1.0]]), np.array([[5.0], [1.0]]), 0.0)
    (array([0]), array([0]))
    """
    (entries,) = np.nonzero((np.abs(h - h.dtype.type(theta)) <= h.dtype.type(_NEAR) * size).ravel())
    rows, units = np.divmod(entries, h.shape[1])
    return rows, units


def settled(values: Array, size: Array, theta: float) -> Array:
    """Fields in float64, those that are ties being on the threshold.

    Examples
    --------
    >>> settled(np.array([1.0, 2e-13]), np.array([1.0, 10.0]), 0.0)
    array([1., 0.])
    """
    return np.where(np.abs(values - theta) <= _TIE * size, theta, values)


def field_kind(theta: float) -> Any:
    """The type that fields are kept in after their products in float32: one that holds the threshold.

    Examples
    --------
    >>> field_kind(0.5).__name__, field_kind(0.1).__name__
    ('float32', 'float64')
    """
    return np.float32 if float(np.float32(theta)) == theta else np.float64


def finished(memory: Memory, h: Array) -> Array:
    """Fields in float64 less the population's mean where it is subtracted, ties made exact.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> network = Network(3, 1, {(1, 1): 1}, Bipolar(), Exact(), inhibition=True)
    >>> finished(network, np.array([[1.0, 2.0, 0.0]]))
    array([[ 0.,  1., -1.]])
    """
    if memory.inhibition:
        h = h - h.mean(axis=1, keepdims=True)
    if len(memory.values) == 2:
        h = settled(h, largest(h), float(memory.threshold))
    return h
