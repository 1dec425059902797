r"""Compiled loops over patterns: a block of weights receives all its updates while it is in cache.

.. math:: w_{ij} \leftarrow \sum_k T_k(z_i^\mu, z_j^\mu)\, w_{ij}^k, \qquad \mu = 1, \dots, K

Main names
----------
coefficients
    What each pattern does to a row, from its postsynaptic value.
polynomial_updates
    All patterns on a block, by Horner in w and in z_j.
affine_maps
    The same where w enters linearly and z_j is a letter: m patterns are one of r^m affine maps.

Conventions
-----------
Numba is slow to import: import this module where it is used. Patterns come in
groups; the last one is filled up by patterns that change nothing. Weights are float64: a tie must
not hang on the seventh digit, and slow decay must lose no pattern. The only liberty given to the
compiler is to fuse a product with a sum, which leaves out a rounding; nothing else is reassociated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.counting import compiled

Array: TypeAlias = NDArray[Any]
Loop: TypeAlias = Callable[[Array, Array, Array], None]

TOGETHER = 4
"""Patterns that are applied to a weight while it is in a register."""


_FUSED = frozenset({"contract"})


@lru_cache(maxsize=64)
def coefficients(powers: int, letters: int) -> Loop:
    """The loop that gives the coefficients of each pattern at each row, by Horner in z_i.

    Returns
    -------
    callable
        Takes u, shape (K, rows); c, shape (``powers``, degree in u + 1, ``letters``); and g, shape
        (groups, rows, patterns of a group, ``powers``, ``letters``), which it fills. Patterns past
        the last one leave the weights as they are, at z_j = 0 or the first letter.

    Examples
    --------
    >>> import numpy as np
    >>> g = np.empty((1, 1, 4, 2, 1))
    >>> coefficients(2, 1)(np.array([[3.0]]), np.array([[[1.0], [2.0]], [[1.0], [0.0]]]), g)
    >>> g[0, 0, :, :, 0].tolist()
    [[7.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    """

    def loop(u: Array, c: Array, g: Array) -> None:
        for group in range(g.shape[0]):
            for i in range(g.shape[1]):
                for m in range(g.shape[2]):
                    mu, here = group * g.shape[2] + m, g[group, i, m]
                    if mu < u.shape[0]:
                        value = u[mu, i]
                        for k in range(powers):
                            for q in range(letters):
                                total = c[k, -1, q]
                                for p in range(c.shape[1] - 2, -1, -1):
                                    total = total * value + c[k, p, q]
                                here[k, q] = total
                    else:
                        here[:] = 0.0
                        here[1, 0] = 1.0

    return compiled(loop, _FUSED)


@lru_cache(maxsize=64)
def polynomial_updates(degree: int, letters: int) -> Loop:
    """The loop for degree ``degree`` in w and ``letters`` in z: Horner in both, unrolled.

    Tiles of all rows are in cache one after the other. The degrees are constants of the compiled code, so that the innermost loop is vectorised: one
    fused multiply-add for each coefficient.

    Returns
    -------
    callable
        Takes w, shape (tiles, rows, C), which it changes in place; g as :func:`coefficients` leaves
        it; and z, shape (tiles, groups, TOGETHER, C).

    Examples
    --------
    >>> import numpy as np
    >>> w, z = np.full((1, 1, 2), 2.0), np.zeros((1, 1, 4, 2))
    >>> z[0, 0, 0] = 1.0, 3.0
    >>> c, g = np.zeros((3, 1, 2)), np.empty((1, 1, 4, 3, 2))
    >>> c[2, 0, 1], c[0, 0, 0] = 1.0, 1.0  # z w**2 + 1
    >>> coefficients(3, 2)(np.ones((1, 1)), c, g)
    >>> polynomial_updates(2, 1)(w, g, z)
    >>> w
    array([[[ 5., 13.]]])
    """

    def loop(w: Array, g: Array, z: Array) -> None:
        for tile in range(w.shape[0]):
            for group in range(g.shape[0]):
                here = z[tile, group]
                for i in range(w.shape[1]):
                    row, c = w[tile, i], g[group, i]
                    for j in range(row.shape[0]):
                        x = row[j]
                        for m in range(TOGETHER):
                            v = here[m, j]
                            y = c[m, degree, letters]
                            for q in range(letters - 1, -1, -1):
                                y = y * v + c[m, degree, q]
                            for k in range(degree - 1, -1, -1):
                                t = c[m, k, letters]
                                for q in range(letters - 1, -1, -1):
                                    t = t * v + c[m, k, q]
                                y = y * x + t
                            x = y
                        row[j] = x

    return compiled(loop, _FUSED)


@lru_cache(maxsize=64)
def affine_maps(letters: int, group: int) -> Loop:
    """The loop for rules affine in w on an alphabet of ``letters``, ``group`` patterns at a time.

    For each row the maps of all words of ``group`` letters are composed, and each weight is sent
    through that of its presynaptic unit's word: one multiply-add instead of ``group``.

    Returns
    -------
    callable
        Takes w, shape (rows, D), which it changes in place; g, shape (groups, rows, ``group``, 2,
        ``letters``), the terms added and the factors of w; and the words, shape (groups, D), of
        which the first pattern's letter is the lowest digit.

    Examples
    --------
    >>> import numpy as np
    >>> g = np.array([[[[[1.0, 0.0], [2.0, 3.0]], [[0.0, 5.0], [1.0, 0.0]]]]])
    >>> w = np.ones((1, 4))  # first 2 w + 1 or 3 w, then w or 5
    >>> affine_maps(2, 2)(w, g, np.array([[0, 1, 2, 3]], dtype=np.uint8))
    >>> w
    array([[3., 3., 5., 5.]])
    """

    def loop(w: Array, g: Array, words: Array) -> None:
        factor, term = np.empty(letters**group), np.empty(letters**group)
        for n in range(g.shape[0]):
            word = words[n]
            for i in range(w.shape[0]):
                row, c = w[i], g[n, i]
                factor[0], term[0], size = 1.0, 0.0, 1
                for m in range(group):
                    for letter in range(letters - 1, -1, -1):
                        b, a = c[m, 0, letter], c[m, 1, letter]
                        for k in range(size):
                            term[letter * size + k] = a * term[k] + b
                            factor[letter * size + k] = a * factor[k]
                    size *= letters
                for j in range(row.shape[0]):
                    row[j] = factor[word[j]] * row[j] + term[word[j]]

    return compiled(loop, _FUSED)
