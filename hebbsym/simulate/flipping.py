"""Sweeps over the units of dense memories in machine code.

Main names
----------
swept
    One sweep over the units of many states, each flip at once in all overlaps.

Conventions
-----------
Whole numbers are summed exactly, in any order. Doubles are summed pattern by pattern in the order in which
they are stored: the compiler may not reassociate, so that a slow twin has the same bits. This module
imports numba and is imported where a memory is run, never before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.counting import compiled

Array: TypeAlias = NDArray[Any]


_compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = partial(
    compiled, liberties=frozenset()
)


@_compiled
def _listen(m: Array, origin: int, tables: Array, agree: Array, differ: Array) -> None:
    """What each pattern adds to the field of a unit, by its overlap."""
    for mu in range(len(m)):
        place = np.uint64(m[mu] - origin)  # unsigned: no look whether it counts from the end
        agree[mu] = tables[1, place]
        differ[mu] = tables[2, place]


@_compiled
def _listen_apart(m: Array, origin: int, tables: Array, both: Array) -> Any:
    """The same as a part by the entry, (g_+ + g_-)/2, and one common to all units, the sum of (g_+ - g_-)/2.

    Twice the two are made, which whole numbers are. Doubles would lose a small g_+ beside a large g_-.
    """
    common = both.dtype.type(0)
    for mu in range(len(m)):
        place = np.uint64(m[mu] - origin)
        one, other = tables[1, place], tables[2, place]
        both[mu] = one + other
        common += one - other
    return common


@_compiled
def _field(x: Array, i: int, state: int, agree: Array, differ: Array) -> Any:
    """The field of a unit times its state."""
    total = agree.dtype.type(0)
    for mu in range(len(agree)):
        total += agree[mu] if x[i, mu] == state else -differ[mu]
    return total


@_compiled
def _projection(x: Array, i: int, both: Array) -> Any:
    """What the patterns add by their entries, see ``_listen_apart``."""
    total = both.dtype.type(0)
    for mu in range(len(both)):
        total += both[mu] if x[i, mu] > 0 else -both[mu]
    return total


@_compiled
def _flip(x: Array, i: int, state: int, origin: int, tables: Array, m: Array) -> Any:
    """Correct the overlaps for a unit that flips; by how much the energy falls."""
    total, step = tables.dtype.type(0), 2 * state
    for mu in range(len(m)):
        before = m[mu] - origin
        after = before - step * x[i, mu]
        total += tables[0, np.uint64(after)] - tables[0, np.uint64(before)]
        m[mu] = after + origin
    return total


@_compiled
def swept(
    x: Array,
    order: Array,
    tables: Array,
    whole: bool,
    relative: bool,
    states: Array,
    overlaps: Array,
    heard: Array,
    settled: Array,
    counts: Array,
    path: Array,
) -> None:
    """Update every unit of every state once, in the given order, in place.

    Parameters
    ----------
    x : array of int8, shape (D, K)
        The entries of all patterns, unit by unit.
    order : array of int64, shape (D,)
    tables : array of int64 or float64, shape (3, 2D + 3)
        By overlap: F, and what a pattern adds to the field times the state where its entry agrees with
        the state of the unit, and where it differs.
    whole : bool
        Whether the tables are whole numbers, for which sums may be taken apart.
    relative : bool
        Whether the tables are counted from the largest overlap down instead of from -D up.
    states : array of int8, shape (cues, D)
    overlaps : array of int64, shape (cues, K)
    heard : array of the type of the tables, shape (2, K)
        Room for what the patterns add.
    settled : array of bool, shape (cues,)
        States that are left alone; those that did not change are added.
    counts : array of int64, shape (cues, 3)
        Sweeps, flips and flips that raised the energy; added to.
    path : array of int32, shape (cues, any)
        The units that flipped, as many as there is room for.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1], [1], [-1]], dtype=np.int8)
    >>> tables = np.array([[9, 4, 1, 0, 1, 4, 9, 0, 0], [0, 0, -4, 0, 0, 0, 4, 0, 0], np.zeros(9)])
    >>> tables[1] = [0, 0, -4, -2, 0, 2, 4, 0, 0]
    >>> tables[2] = [-4, -2, 0, 2, 4, 0, 0, 0, 0]
    >>> state, overlaps = np.array([[1, 1, 1]], dtype=np.int8), np.array([[1]])
    >>> settled, counts = np.zeros(1, dtype=bool), np.zeros((1, 3), dtype=np.int64)
    >>> path = np.full((1, 2), -1, dtype=np.int32)
    >>> heard = np.zeros((2, 1))
    >>> swept(x, np.arange(3), tables, False, False, state, overlaps, heard, settled, counts, path)
    >>> state.tolist(), overlaps.tolist(), counts.tolist(), path.tolist()
    ([[1, 1, -1]], [[3]], [[1, 1, 0]], [[2, -1]])
    """
    units = x.shape[0]
    # rows by number: an unpacked array has another layout, and its loops are 20 times slower. Entries are read in
    # place: a row taken out for each unit is counted in and out, which costs more than its sum
    agree, differ = heard[0], heard[1]
    for c in range(states.shape[0]):
        if settled[c]:
            continue
        m, stale, quiet, origin, common = overlaps[c], True, True, -units, tables.dtype.type(0)
        for n in range(units):
            if stale:
                if relative:
                    origin = m.max() - 2 * units
                if whole:
                    common = _listen_apart(m, origin, tables, agree)
                else:
                    _listen(m, origin, tables, agree, differ)
                stale = False
            i = np.uint64(order[n])
            state = states[c, i]
            if whole:
                field = _projection(x, i, agree) * state + common
            else:
                field = _field(x, i, state, agree, differ)
            if field < 0:
                fall = _flip(x, i, state, origin, tables, m)
                states[c, i] = -state
                if counts[c, 1] < path.shape[1]:
                    path[c, counts[c, 1]] = i
                counts[c, 1] += 1
                counts[c, 2] += fall < 0
                stale, quiet = True, False
        counts[c, 0] += 1
        settled[c] = quiet
