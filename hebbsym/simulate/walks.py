"""Compiled steps of many synapses through a table.

Main names
----------
certain
    All patterns, where a pattern maps every level to one other.
tossed
    One pattern, where a coin decides.

Conventions
-----------
This module imports numba and is imported where a network is run, never before. Whole numbers only:
the result does not depend on blocks.
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.counting import compiled

Array: TypeAlias = NDArray[Any]


_compiled = partial(compiled, liberties=frozenset())


@_compiled
def certain(level: Array, post: Array, pre: Array, reached: Array) -> None:
    """Step a block of levels through all patterns, in place.

    Parameters
    ----------
    level : array of int16, shape (rows, D)
    post, pre : array of int8, shapes (K, rows) and (K, D)
        Numbers of the values.
    reached : array of int16, shape (posts, pres, levels)

    Examples
    --------
    >>> level = np.zeros((1, 2), dtype=np.int16)
    >>> up = np.array([[[0, 1], [1, 1]]], dtype=np.int16)
    >>> certain(level, np.array([[0]], dtype=np.int8), np.array([[0, 1]], dtype=np.int8), up)
    >>> level
    array([[0, 1]], dtype=int16)
    """
    for i in range(level.shape[0]):
        for mu in range(post.shape[0]):
            step = reached[post[mu, i]]
            for j in range(level.shape[1]):
                level[i, j] = step[pre[mu, j], level[i, j]]


@_compiled
def tossed(
    level: Array, post: Array, pre: Array, reached: Array, bounds: Array, coins: Array
) -> None:
    """Step a block of levels through one pattern, in place: the first bound above the coin decides.

    Parameters
    ----------
    level : array of int16, shape (rows, D)
    post, pre : array of int8, shapes (rows,) and (D,)
    reached : array of int16, shape (posts, pres, levels, branches)
    bounds : array of int64
        Added probabilities times 2**32, of the same shape.
    coins : array of uint32, shape (rows, D)

    Examples
    --------
    >>> level = np.zeros((1, 2), dtype=np.int16)
    >>> reached = np.array([[[[0, 1], [1, 1]]]], dtype=np.int16)
    >>> bounds = np.array([[[[2**31, 2**32], [2**32, 2**32]]]])
    >>> zero = np.zeros(2, dtype=np.int8)
    >>> tossed(level, zero[:1], zero, reached, bounds, np.array([[0, 2**32 - 1]], dtype=np.uint32))
    >>> level
    array([[0, 1]], dtype=int16)
    """
    branches = reached.shape[3]
    for i in range(level.shape[0]):
        u = post[i]
        for j in range(level.shape[1]):
            v, k = pre[j], level[i, j]
            coin = np.int64(coins[i, j])
            for n in range(branches):
                if coin < bounds[u, v, k, n]:
                    level[i, j] = reached[u, v, k, n]
                    break
