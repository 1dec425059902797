r"""Compiled loops over patterns: a block of weights receives all its updates while it is in cache.

.. math:: w_{ij} \leftarrow \sum_k \Big(\sum_q g^\mu_{ikq}\, z_j^q\Big) w_{ij}^k,
          \qquad \mu = 1, \dots, K

Main names
----------
affine
    Two-valued presynaptic units and k up to 1: three fused multiply-adds an update.
polynomial
    Any degrees, by Horner in w and in z_j.

Conventions
-----------
This module imports numba and is imported where a network is run, never before. Weights are float64:
a tie must not hang on the seventh digit, and rates near 1 lose no patterns. The only liberty given to
the compiler is to fuse a product with a sum, which leaves a rounding out; nothing is reassociated, so
that results do not depend on blocks. Compiled code is kept on disk beside this file, or in the user's
cache where the folder cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

COLUMNS = 256
"""Weights of a row that are updated by a few patterns before the next row's are."""


def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    """Compile on the first call; keep it on disk wherever a folder can be written."""
    options: dict[str, Any] = {"fastmath": {"contract"}, "nogil": True}
    try:
        made: Callable[..., None] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(**options)(function)
    return made


@_compiled
def affine(w: Array, g: Array, z: Array) -> None:
    """Update a block of weights by all patterns, in place: k and q up to 1.

    Parameters
    ----------
    w : array of float64, shape (rows, D)
    g : array of float64, shape (K, rows, 2, 2)
        The coefficients by k and q.
    z : array of float64, shape (K, D)

    Examples
    --------
    >>> w, g = np.ones((1, 3)), np.array([[[[1.0, 2.0], [0.5, 0.0]]]])
    >>> affine(w, g, np.array([[1.0, -1.0, 0.0]]))  # w/2 + 1 + 2 z
    >>> w
    array([[ 3.5, -0.5,  1.5]])
    """
    count, rows = g.shape[0], g.shape[1]
    whole = count - count % 4
    for left in range(0, w.shape[1], COLUMNS):
        for first in range(0, whole, 4):
            z0, z1 = z[first, left : left + COLUMNS], z[first + 1, left : left + COLUMNS]
            z2, z3 = z[first + 2, left : left + COLUMNS], z[first + 3, left : left + COLUMNS]
            for i in range(rows):
                row = w[i, left : left + COLUMNS]
                b0, c0, a0, s0 = (
                    g[first, i, 0, 0],
                    g[first, i, 0, 1],
                    g[first, i, 1, 0],
                    g[first, i, 1, 1],
                )
                b1, c1 = g[first + 1, i, 0, 0], g[first + 1, i, 0, 1]
                a1, s1 = g[first + 1, i, 1, 0], g[first + 1, i, 1, 1]
                b2, c2 = g[first + 2, i, 0, 0], g[first + 2, i, 0, 1]
                a2, s2 = g[first + 2, i, 1, 0], g[first + 2, i, 1, 1]
                b3, c3 = g[first + 3, i, 0, 0], g[first + 3, i, 0, 1]
                a3, s3 = g[first + 3, i, 1, 0], g[first + 3, i, 1, 1]
                for j in range(row.shape[0]):
                    x = row[j]
                    x = (a0 + s0 * z0[j]) * x + (b0 + c0 * z0[j])
                    x = (a1 + s1 * z1[j]) * x + (b1 + c1 * z1[j])
                    x = (a2 + s2 * z2[j]) * x + (b2 + c2 * z2[j])
                    x = (a3 + s3 * z3[j]) * x + (b3 + c3 * z3[j])
                    row[j] = x
        for mu in range(whole, count):
            z0 = z[mu, left : left + COLUMNS]
            for i in range(rows):
                row = w[i, left : left + COLUMNS]
                b0, c0, a0, s0 = g[mu, i, 0, 0], g[mu, i, 0, 1], g[mu, i, 1, 0], g[mu, i, 1, 1]
                for j in range(row.shape[0]):
                    row[j] = (a0 + s0 * z0[j]) * row[j] + (b0 + c0 * z0[j])


@_compiled
def polynomial(w: Array, g: Array, z: Array) -> None:
    """Update a block of weights by all patterns, in place.

    Parameters
    ----------
    w : array of float64, shape (rows, D)
    g : array of float64, shape (K, rows, degree in w + 1, degree in z + 1)
    z : array of float64, shape (K, D)

    Examples
    --------
    >>> w, g = np.full((1, 2), 2.0), np.zeros((1, 1, 3, 2))
    >>> g[0, 0, 2, 1], g[0, 0, 0, 0] = 1.0, 1.0  # z w**2 + 1
    >>> polynomial(w, g, np.array([[1.0, 3.0]]))
    >>> w
    array([[ 5., 13.]])
    """
    count, rows, powers, letters = g.shape
    coefficient, value = np.empty(COLUMNS), np.empty(COLUMNS)
    for left in range(0, w.shape[1], COLUMNS):
        for mu in range(count):
            here = z[mu, left : left + COLUMNS]
            for i in range(rows):
                row = w[i, left : left + COLUMNS]
                size = row.shape[0]
                c, y = coefficient[:size], value[:size]
                for k in range(powers - 1, -1, -1):
                    top = g[mu, i, k, letters - 1]
                    for j in range(size):
                        c[j] = top
                    for q in range(letters - 2, -1, -1):
                        lower = g[mu, i, k, q]
                        for j in range(size):
                            c[j] = c[j] * here[j] + lower
                    if k == powers - 1:
                        for j in range(size):
                            y[j] = c[j]
                    else:
                        for j in range(size):
                            y[j] = y[j] * row[j] + c[j]
                for j in range(size):
                    row[j] = y[j]
