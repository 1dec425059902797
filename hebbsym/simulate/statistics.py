r"""Sufficient statistics of fields: sums within each network, one row a network.

Main names
----------
COLUMNS
    What is summed, by name, with the shape of one network's entry.
Tally
    What is summed over a slice of fields.

Conventions
-----------
Statistics conditional on the stored value have one entry for each value of the alphabet, in
ascending order. A tie, h equal to the threshold, is not an error: it is counted apart, and a pattern
without wrong bits that has t ties adds 1 - 2**-t to ``tied_patterns``, the probability of an error if
each tie is broken by a fair coin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.workspace import Workspace

Array: TypeAlias = NDArray[Any]
Columns: TypeAlias = dict[str, Array]

ENTRIES_AT_ONCE = 2**18
"""Fields that are looked at in one go: their marks fit into a processor's cache."""

COLUMNS = {
    "count": "number of fields, by stored value",
    "sum": "sum of h, by stored value",
    "square": "sum of h^2, by stored value",
    "cube": "sum of h^3, by stored value, when asked for",
    "fourth": "sum of h^4, by stored value, when asked for",
    "errors": "number of wrong bits, by stored value (two-valued)",
    "ties": "number of ties, by stored value (two-valued)",
    "patterns": "number of recalled patterns (two-valued)",
    "wrong_patterns": "number of patterns with a wrong bit (two-valued)",
    "tied_patterns": "expected further wrong patterns if ties are broken by a fair coin (two-valued)",
    "regression": "n and the sums of x, x^2, h, h^2, x h (real-valued)",
    "weights": "sums over weights, see hebbsym.simulate.weights",
}


@dataclass(frozen=True)
class Tally:
    """What is summed, and over what.

    Parameters
    ----------
    features : sequence of float
        The values of the alphabet (or their features), ascending; empty when they are real.
    threshold : float
        In the units of the fields that are handed in.
    moments : int
        The highest power of the fields that is summed: 0 (errors only), 2, or 4.
    scratch : Workspace

    Examples
    --------
    >>> h = np.array([[[3.0, -1.0, 0.0]]])
    >>> sums = Tally((-1.0, 1.0), 0.0).of(h, np.array([[[1.0, 1.0, -1.0]]]))
    >>> sums["errors"].tolist(), sums["ties"].tolist()
    ([[0, 1]], [[1, 0]])
    """

    features: Sequence[float]
    threshold: float
    moments: int = 2
    scratch: Workspace = field(default_factory=Workspace)

    def of(self, h: Array, stored: Array) -> Columns:
        """Sums over the fields ``h`` of each network, shape (networks, rows, M).

        ``stored`` holds the stored values (or their features) at the same units.
        """
        if len(self.features) == 2 and self.moments < 4:
            return self._two_valued(h, stored)
        networks, rows, length = h.shape
        step = rows
        if networks == 1:
            step = -(-rows // max(1, -(-rows * length // ENTRIES_AT_ONCE)))
        total: Columns = {}
        for start in range(0, rows, step):
            part = slice(start, start + step)
            add(total, self._slice(h[:, part], stored[:, part]))
        return total

    def _slice(self, h: Array, stored: Array) -> Columns:
        if not self.features:
            return _regression(h, stored)
        masks = [stored == v for v in self.features]
        two = len(self.features) == 2
        columns = self._two_valued(h, stored) if two else self._moments(h, masks)
        if self.moments >= 4:
            cube = h.astype(np.float64) ** 3
            for name, power in (("cube", cube), ("fourth", cube * h)):
                sums = [(power * mask).sum(axis=(1, 2)) for mask in masks]
                columns[name] = np.stack(sums, axis=1)
        return columns

    def _two_valued(self, h: Array, stored: Array) -> Columns:
        from hebbsym.simulate.counting import tally  # numba is slow to import

        made = self.room(len(h))
        cuts = self.cuts(h.dtype.type)
        tally(np.ascontiguousarray(h), np.ascontiguousarray(stored), cuts, *made)
        return self.columns(h.shape[1], *made)

    def cuts(self, kind: type[Any]) -> Array:
        """The lower value and the two of :func:`cut`, for two-valued patterns."""
        return np.array([self.features[0], *cut(self.threshold, kind)], dtype=kind)

    def room(self, n: int) -> tuple[Array, Array, Array]:
        """Zeros for the counts, recalls and sums of ``n`` networks or loads."""
        shape = (n if self.moments else 0, 2, 2)
        return np.zeros((n, 3, 2), dtype=np.int64), np.zeros((n, 2)), np.zeros(shape)

    def columns(self, patterns: Any, counts: Array, recalls: Array, sums: Array) -> Columns:
        """What was tallied, of how many patterns: their number, or one for each row."""
        columns: Columns = {
            "count": counts[:, 0],
            "errors": counts[:, 1],
            "ties": counts[:, 2],
            "patterns": np.full(len(counts), patterns),
            "wrong_patterns": recalls[:, 0].astype(np.int64),
            "tied_patterns": recalls[:, 1],
        }
        if self.moments:
            columns |= {"sum": sums[:, 0], "square": sums[:, 1]}
        return columns

    def _moments(self, h: Array, masks: Sequence[Array]) -> Columns:
        """Counts and sums of h and h^2 under each mask."""
        shape = (len(h), h.shape[1] * h.shape[2])
        flat = self.scratch.take("field", shape, np.float64)
        np.copyto(flat.reshape(h.shape), h)
        squares = self.scratch.multiply("squares", flat, flat)
        rows: list[tuple[Array, Array, Array]] = []
        for mask in masks[1:]:
            chosen = self.scratch.take("chosen", shape, np.float64)
            np.copyto(chosen.reshape(h.shape), mask)
            rows.append((_count(mask), np.vecdot(flat, chosen), np.vecdot(squares, chosen)))
        totals = (np.full(len(h), shape[1]), flat.sum(axis=1), np.vecdot(flat, flat))
        # the first value has what the others leave: one pass less
        first = tuple(t - sum(r[k] for r in rows) for k, t in enumerate(totals))
        columns = [np.stack([f, *(r[k] for r in rows)], axis=1) for k, f in enumerate(first)]
        return dict(zip(("count", "sum", "square"), columns, strict=True))


def cut(threshold: float, kind: type[Any]) -> tuple[Any, Any]:
    """The threshold for fields of a floating type, as exactly as it is known: (level, tie).

    A field of that type is above the threshold when it is greater than ``level``, and equal to it
    when it equals ``tie``: not a number where the type does not have the threshold.

    Examples
    --------
    >>> cut(2.0, np.float32) == (2, 2)
    True
    >>> level, tie = cut(0.1, np.float32)  # the nearest float32 is above 0.1
    >>> float(level) < 0.1 < float(np.nextafter(level, np.float32(1))), bool(np.isnan(tie))
    (True, True)
    """
    level = kind(threshold)
    if float(level) == threshold:
        return level, level
    if float(level) > threshold:
        level = np.nextafter(level, kind(-np.inf))
    return level, kind(np.nan)


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


def concatenated(parts: Sequence[Mapping[str, Array]]) -> Columns:
    """The networks of several sums, one after the other.

    Examples
    --------
    >>> concatenated([{"count": np.array([1])}, {"count": np.array([2])}])
    {'count': array([1, 2])}
    """
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


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
