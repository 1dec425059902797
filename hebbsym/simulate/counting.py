r"""Loops in machine code: one pass over memory where NumPy would need several.

Main names
----------
tally
    Marks (wrong bits, ties, wrong patterns) and sums of the fields of two-valued patterns.
grow_and_tally
    The same at several loads, the fields being made on the way.
plainly_counted, plainly_added_up
    The slow twins of a tally, by masks: what it has to give, whatever the fields.

Conventions
-----------
``cuts`` are three numbers of the type of the fields: low, level and tie. The higher value is stored
where ``stored > low``, the lower value. A field is above the threshold when it is greater than
``level``, and tied when it equals ``tie``, which is not a number where no field can. ``counts`` has the
numbers of fields, wrong bits and ties by stored value, shape (3, 2); ``recalls`` the number of patterns
with a wrong bit, and what is expected beyond them if ties are broken by a fair coin; ``sums`` those of
h and h^2 by stored value, shape (2, 2). All are added to. Machine code is kept on disk between
processes. A row is summed on its own and rows are added in order, so that sums do not depend on how
rows are handed in. Numba is slow to import: import this module where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


SUMS = frozenset({"reassoc", "contract", "nsz"})
"""Liberties of the compiler: sums in several lanes; counts stay exact, and equal inputs give equal bits."""


def compiled(
    function: Callable[..., None], liberties: frozenset[str] = SUMS
) -> Callable[..., None]:
    """The function in machine code, kept on disk where there is a folder to keep it in.

    Examples
    --------
    >>> def fill(x):
    ...     for i in range(len(x)):
    ...         x[i] = i
    >>> x = np.empty(3)
    >>> compiled(fill)(x)
    >>> x.tolist()
    [0.0, 1.0, 2.0]
    """
    code = partial(njit, fastmath=set(liberties))
    made: Callable[..., None]
    try:
        made = code(cache=True)(function)
    except RuntimeError:  # numba finds no folder that can be written
        made = code()(function)
    return made


@compiled
def _mark(fields: Array, values: Array, cuts: Array, counts: Array, recalls: Array) -> None:
    """Add the marks of one row."""
    # lanes are as wide as the fields: in float32 a row is exact up to 2**24 units
    one, zero = fields.dtype.type(1), fields.dtype.type(0)
    low, level, tie = values.dtype.type(cuts[0]), cuts[1], cuts[2]
    highs = aboves = hits = ties = high_ties = zero
    for i in range(len(fields)):
        high = one if values[i] > low else zero
        above = one if fields[i] > level else zero
        tied = one if fields[i] == tie else zero
        highs += high
        aboves += above
        hits += high * above
        ties += tied
        high_ties += high * tied
    missed = highs - hits - high_ties
    wrong = aboves - hits
    counts[0, 0] += len(fields) - highs
    counts[0, 1] += highs
    counts[1, 0] += wrong
    counts[1, 1] += missed
    counts[2, 0] += ties - high_ties
    counts[2, 1] += high_ties
    if wrong + missed > 0:
        recalls[0] += 1
    elif ties > 0:
        recalls[1] += 1.0 - math.ldexp(1.0, -int(ties))


@compiled
def _add_up(fields: Array, values: Array, cuts: Array, sums: Array) -> None:
    """Add the sums of one row."""
    low = values.dtype.type(cuts[0])
    lows, highs, low_squares, high_squares = 0.0, 0.0, 0.0, 0.0
    for i in range(len(fields)):
        field = float(fields[i])
        one = field if values[i] > low else 0.0
        other = field - one
        highs += one
        lows += other
        high_squares += one * one
        low_squares += other * other
    sums[0, 0] += lows
    sums[0, 1] += highs
    sums[1, 0] += low_squares
    sums[1, 1] += high_squares


@compiled
def tally(h: Array, stored: Array, cuts: Array, counts: Array, recalls: Array, sums: Array) -> None:
    """Add marks of fields of shape (networks, rows, units), and sums where there is room for them.

    Examples
    --------
    >>> h, x = np.array([[[3.0, -1.0, 0.0, 2.0]]]), np.array([[[1.0, 1.0, -1.0, -1.0]]])
    >>> counts, recalls, sums = np.zeros((1, 3, 2)), np.zeros((1, 2)), np.zeros((1, 2, 2))
    >>> tally(h, x, np.array([-1.0, 0.0, 0.0]), counts, recalls, sums)
    >>> counts[0].tolist(), recalls[0].tolist(), sums[0].tolist()
    ([[2.0, 2.0], [1.0, 1.0], [1.0, 0.0]], [1.0, 0.0], [[2.0, 2.0], [4.0, 10.0]])
    """
    for n in range(len(h)):
        for row in range(h.shape[1]):
            _mark(h[n, row], stored[n, row], cuts, counts[n], recalls[n])
            if len(sums):
                _add_up(h[n, row], stored[n, row], cuts, sums[n])


@compiled
def _add_patterns(total: Array, a: Array, u: Array, start: int, stop: int) -> None:
    """Add ``a[k] * u[k]`` to one row for the patterns from ``start`` to ``stop``."""
    k = start
    while k + 4 <= stop:
        a0, a1, a2, a3 = a[k], a[k + 1], a[k + 2], a[k + 3]
        for i in range(len(total)):
            total[i] += (a0 * u[k, i] + a1 * u[k + 1, i]) + (a2 * u[k + 2, i] + a3 * u[k + 3, i])
        k += 4
    if k + 2 <= stop:
        a0, a1 = a[k], a[k + 1]
        for i in range(len(total)):
            total[i] += a0 * u[k, i] + a1 * u[k + 1, i]
        k += 2
    if k < stop:
        a0 = a[k]
        for i in range(len(total)):
            total[i] += a0 * u[k, i]


@compiled
def grow_and_tally(
    loads: Array, active: Array, a: Array, u: Array, levels: Array, own: Array, cues: Array,
    stored: Array, cuts: Array, total: Array, h: Array,
    counts: Array, recalls: Array, sums: Array,
) -> None:  # fmt: skip
    """Add the marks (and sums) of the first ``active`` cues at every load, in one go.

    Parameters
    ----------
    loads, active : array of int, shape (loads,)
        How many patterns there are, and how many of the cues are those of stored patterns.
    a, u : array, shapes (rows, patterns) and (patterns, units)
        The fields of the cues are ``a @ u``, of as many patterns as there are,
    levels, own : array, shapes (loads, rows) and (loads, units)
        plus ``levels`` and less ``own * cues``.
    cues, stored : array, shape (rows, units)
    cuts : array, shape (3,)
    total, h : array, shapes (rows, units) and (units,)
        To work in; ``total`` holds zeros.
    counts, recalls, sums : array, shapes (loads, 3, 2), (loads, 2) and (loads, 2, 2) or (0, 2, 2)

    Examples
    --------
    >>> x = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, -1.0]])
    >>> counts, recalls, sums = np.zeros((2, 3, 2)), np.zeros((2, 2)), np.zeros((0, 2, 2))
    >>> own = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])  # plain Hebb has a diagonal of K
    >>> grow_and_tally(
    ...     np.array([1, 2]), np.array([1, 2]), x @ x.T, x, np.zeros((2, 2)), own, x, x,
    ...     np.array([-1.0, 0.0, 0.0]), np.zeros((2, 3)), np.zeros(3), counts, recalls, sums,
    ... )
    >>> counts[:, 0].tolist(), counts[:, 1].tolist(), counts[:, 2].tolist()
    ([[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]])
    """
    start = 0
    for k in range(len(loads)):
        for row in range(len(a)):
            _add_patterns(total[row], a[row], u, start, loads[k])
            if row < active[k]:
                for i in range(len(h)):
                    h[i] = total[row, i] + levels[k, row] - own[k, i] * cues[row, i]
                _mark(h, stored[row], cuts, counts[k], recalls[k])
                if len(sums):
                    _add_up(h, stored[row], cuts, sums[k])
        start = loads[k]


def plainly_counted(h: Array, stored: Array, low: Any, theta: float) -> tuple[Array, Array]:
    """The counts and recalls of :func:`tally`, by masks.

    Examples
    --------
    >>> found = plainly_counted(np.array([[[3.0, -1.0, 0.0]]]), np.array([[[1, 1, -1]]]), -1, 0.0)
    >>> [part.tolist() for part in found]
    [[[[1, 2], [0, 1], [1, 0]]], [[1.0, 0.0]]]
    """
    fields = h.astype(np.float64)
    high, tied = stored > low, fields == theta
    wrong = ((fields > theta) != high) & ~tied
    masks = [(marks & ~high, marks & high) for marks in (np.ones_like(high), wrong, tied)]
    counts = np.array([[m.sum(axis=(1, 2)) for m in pair] for pair in masks]).transpose(2, 0, 1)
    bad = wrong.any(axis=2)
    tossed = np.where(bad, 0.0, 1.0 - 0.5 ** tied.sum(axis=2)).sum(axis=1)
    return counts, np.stack([bad.sum(axis=1), tossed], axis=1)


def plainly_added_up(h: Array, stored: Array, low: Any) -> Array:
    """The sums of :func:`tally`, by masks.

    Examples
    --------
    >>> plainly_added_up(np.array([[[3.0, -1.0, 2.0]]]), np.array([[[1, -1, -1]]]), -1).tolist()
    [[[1.0, 3.0], [5.0, 9.0]]]
    """
    fields = h.astype(np.float64)
    masks = (stored <= low, stored > low)
    return np.array([[(fields**k * m).sum(axis=(1, 2)) for m in masks] for k in (1, 2)]).transpose(
        2, 0, 1
    )
