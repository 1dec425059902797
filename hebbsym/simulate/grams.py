r"""Sums of products of fields by stored value, in one compiled pass for each pair.

Main names
----------
gram
    The sums for networks whose patterns have finitely many values.
plain_gram
    The slow twin, by matrix products.

Numba is slow to import: import this module where it is used.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.counting import compiled

Array: TypeAlias = NDArray[Any]


@compiled
def _fill(f: Array, stored: Array, letters: Array, room: Array, out: Array) -> None:
    """The upper triangle of the sums of products of (1, F_1, F_2, ...); ``room`` holds two rows."""
    networks, rows, length = f.shape
    mask, chosen = room[0], room[1]
    for n in range(networks):
        for k in range(len(letters)):
            count = 0.0
            for i in range(length):
                mask[i] = 1.0 if stored[n, i] == letters[k] else 0.0
                count += mask[i]
            out[n, k, 0, 0] = count
            for a in range(rows):
                total = 0.0
                for i in range(length):
                    chosen[i] = mask[i] * f[n, a, i]
                    total += chosen[i]
                out[n, k, 0, a + 1] = total
                for b in range(a, rows):
                    total = 0.0
                    for i in range(length):
                        total += chosen[i] * f[n, b, i]
                    out[n, k, a + 1, b + 1] = total


def gram(f: Array, stored: Array, letters: Array) -> Array:
    """Sums of products of 1 and all fields by stored value, shape (networks, values, m + 1, m + 1).

    Parameters
    ----------
    f : array, shape (networks, m, fields)
        In float64.
    stored : array, shape (networks, fields)
    letters : array
        The values.

    Examples
    --------
    >>> f, x = np.array([[[1.0, 2.0, 4.0]]]), np.array([[1.0, -1.0, 1.0]])
    >>> gram(f, x, np.array([-1.0, 1.0])).tolist()
    [[[[1.0, 2.0], [2.0, 4.0]], [[2.0, 5.0], [5.0, 17.0]]]]
    """
    networks, rows, length = f.shape
    out = np.zeros((networks, len(letters), rows + 1, rows + 1))
    values = np.asarray(letters, dtype=stored.dtype)
    _fill(f, np.ascontiguousarray(stored), values, np.empty((2, length)), out)
    lower = np.tril_indices(rows + 1, -1)
    out[..., lower[0], lower[1]] = out[..., lower[1], lower[0]]
    return out


def plain_gram(f: Array, stored: Array, letters: Array) -> Array:
    """The same by masks and matrix products.

    Examples
    --------
    >>> plain_gram(np.array([[[3.0]]]), np.array([[1.0]]), np.array([1.0])).tolist()
    [[[[1.0, 3.0], [3.0, 9.0]]]]
    """
    every = np.concatenate([np.ones((len(f), 1, f.shape[2])), f], axis=1)
    turned = every.transpose(0, 2, 1)
    return np.stack([(every * (stored[:, None] == v)) @ turned for v in letters], axis=1)
