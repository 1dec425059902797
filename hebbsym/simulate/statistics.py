r"""Sufficient statistics of fields: sums within each network, one row a network.

Main names
----------
COLUMNS
    What is summed, by name, with the shape of one network's entry.
tally
    The sums of one slice of fields.

Conventions
-----------
Statistics conditional on the stored value have one entry for each value of the alphabet, in
ascending order. A tie, h equal to the threshold, is not an error: it is counted apart, and a pattern
without wrong bits that has t ties adds 1 - 2**-t to ``tied_patterns``, the probability of an error if
each tie is broken by a fair coin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Columns: TypeAlias = dict[str, Array]

ENTRIES_AT_ONCE = 2**17
"""Fields that are summed at a time: they fit into a processor's cache."""

COLUMNS = {
    "count": "number of fields, by stored value",
    "sum": "sum of h, by stored value",
    "square": "sum of h^2, by stored value",
    "errors": "number of wrong bits, by stored value (two-valued)",
    "ties": "number of ties, by stored value (two-valued)",
    "patterns": "number of recalled patterns (two-valued)",
    "wrong_patterns": "number of patterns with a wrong bit (two-valued)",
    "tied_patterns": "expected further wrong patterns if ties are broken by a fair coin (two-valued)",
    "regression": "n and the sums of x, x^2, h, h^2, x h (real-valued)",
    "weights": "sums over weights, see hebbsym.simulate.weights",
}


def tally(h: Array, stored: Array, features: Sequence[float], threshold: float) -> Columns:
    """Sums over the fields of each network.

    Parameters
    ----------
    h : array, shape (networks, rows, M)
        Fields.
    stored : array, shape (networks, rows, M)
        Stored values (or features) at the same units.
    features : sequence of float
        The values of the alphabet, ascending; empty when they are real.
    threshold : float

    Examples
    --------
    >>> h = np.array([[[3.0, -1.0, 0.0]]])
    >>> sums = tally(h, np.array([[[1.0, 1.0, -1.0]]]), (-1.0, 1.0), 0.0)
    >>> sums["errors"].tolist(), sums["ties"].tolist()
    ([[0, 1]], [[1, 0]])
    """
    rows, length = h.shape[1:]
    parts = max(1, -(-rows * length // ENTRIES_AT_ONCE))
    step = -(-rows // parts)
    total: Columns = {}
    for start in range(0, rows, step):
        part = slice(start, start + step)
        add(total, _one_slice(h[:, part], stored[:, part], features, threshold))
    return total


def add(total: Columns, more: Columns) -> None:
    """Add the sums ``more`` to ``total``, in place.

    Examples
    --------
    >>> total = {"count": np.array([1])}
    >>> add(total, {"count": np.array([2])})
    >>> total
    {'count': array([3])}
    """
    for name, value in more.items():
        total[name] = total[name] + value if name in total else value


def _one_slice(h: Array, stored: Array, features: Sequence[float], threshold: float) -> Columns:
    if not features:
        return _regression(h, stored)
    if len(features) == 2:
        return _two_valued(h, stored > (features[0] + features[1]) / 2, threshold)
    flat = h.reshape(len(h), -1).astype(np.float64)
    masks = [(stored == v).reshape(len(h), -1) for v in features]
    return _moments(flat, masks)


def _moments(flat: Array, masks: Sequence[Array]) -> Columns:
    """Counts and sums of h and h^2 under each mask, from fields of shape (networks, entries)."""
    chosen = [m.astype(np.float64) for m in masks]
    squares = flat * flat
    return {
        "count": np.stack([np.count_nonzero(m, axis=1) for m in masks], axis=1),
        "sum": np.stack([np.vecdot(flat, m) for m in chosen], axis=1),
        "square": np.stack([np.vecdot(squares, m) for m in chosen], axis=1),
    }


def _two_valued(h: Array, high: Array, threshold: float) -> Columns:
    """All sums for two values; ``high`` says where the higher one is stored."""
    above, tied = h > threshold, h == threshold
    wrong = above != high
    wrong &= ~tied
    missed = wrong & high
    networks = len(h)
    flat = h.reshape(networks, -1).astype(np.float64)
    mask = high.reshape(networks, -1).astype(np.float64)
    squares = flat * flat
    count = _count(high)
    sums, both = np.vecdot(flat, mask), flat.sum(axis=1)
    powers, all_powers = np.vecdot(squares, mask), np.vecdot(flat, flat)
    columns = {
        "count": np.stack([flat.shape[1] - count, count], axis=1),
        "sum": np.stack([both - sums, sums], axis=1),
        "square": np.stack([all_powers - powers, powers], axis=1),
        "errors": np.stack([_count(wrong) - _count(missed), _count(missed)], axis=1),
        "ties": np.stack([_count(tied & ~high), _count(tied & high)], axis=1),
        "patterns": np.full(networks, h.shape[1]),
    }
    bad = wrong.any(axis=2)
    columns["wrong_patterns"] = np.count_nonzero(bad, axis=1)
    columns["tied_patterns"] = np.zeros(networks)
    if columns["ties"].any():
        tossed = np.where(bad, 0, np.count_nonzero(tied, axis=2))
        columns["tied_patterns"] = (1.0 - np.exp2(-tossed.astype(np.float64))).sum(axis=1)
    return columns


def _count(mask: Array) -> Array:
    """Number of true entries of each network."""
    if len(mask) == 1:
        return np.array([np.count_nonzero(mask)])
    return np.asarray(np.count_nonzero(mask.reshape(len(mask), -1), axis=1))


def _regression(h: Array, stored: Array) -> Columns:
    x = stored.reshape(len(h), -1).astype(np.float64)
    y = h.reshape(len(h), -1).astype(np.float64)
    sums = [
        np.full(len(h), float(x.shape[1])),
        x.sum(axis=1),
        np.vecdot(x, x),
        y.sum(axis=1),
        np.vecdot(y, y),
        np.vecdot(x, y),
    ]
    return {"regression": np.stack(sums, axis=1)}
