r"""Sums over weights, for their mean, variance and covariances.

Main names
----------
weight_sums
    Per-network sums over the weights among a few units.
WEIGHT_UNITS
    How many units are looked at.

Conventions
-----------
The law of a weight depends on its two units only, so the weights among the first units of a network
(all of them where there are few) carry it whole. Diagonal weights of auto-association, and in
hetero-association nothing, are left out. Two different weights may share their postsynaptic unit
(w_ij, w_ik), their presynaptic unit (w_ij, w_kj), or be reciprocal (w_ij, w_ji).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.memory import Memory
from hebbsym.simulate.network import Kernel

Array: TypeAlias = NDArray[Any]

WEIGHT_UNITS = 64
"""Units, post- and presynaptic, whose weights are looked at."""


def weight_units(memory: Memory) -> int:
    """How many post- and presynaptic units of a memory are looked at.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> weight_units(Network(100, 10, {(1, 1): 1}, Bipolar(), Exact(), rows=16))
    16
    """
    return min(WEIGHT_UNITS, memory.width) if memory.auto else WEIGHT_UNITS


def weight_matrix(kernel: Kernel, post: Array, pre: Array) -> Array:
    """W times the kernel's scale from features of shapes (K, M) and (K, D), diagonal included.

    Examples
    --------
    >>> weight_matrix(Kernel({(1, 1): 1}, 1, True), np.array([[1, -1]]), np.array([[1, -1]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    u, v = post.astype(np.float64), pre.astype(np.float64)
    total = np.zeros((post.shape[1], pre.shape[1]))
    for (p, q), c in kernel.terms.items():
        total += c * (u**p).T @ v**q
    return total


def weight_sums(weights: Array, *, auto: bool) -> Array:
    """The nine sums: for each of weights, and pairs sharing post, pre, reciprocal.

    Parameters
    ----------
    weights : array, shape (m, d)
        The weights among the first units.
    auto : bool
        Whether m = d and the diagonal is left out.

    Returns
    -------
    array, shape (9,)
        Number, sum and sum of squares of the weights; then number and sum of products of the ordered
        pairs that share the postsynaptic unit, share the presynaptic unit, and are reciprocal.

    Examples
    --------
    >>> x = np.array([1.0, -1.0, 1.0])
    >>> weight_sums(np.outer(x, x), auto=True).tolist()
    [6.0, -2.0, 6.0, 6.0, -2.0, 6.0, -2.0, 6.0, 6.0]
    """
    w = weights.copy()
    m, d = w.shape
    if auto:
        np.fill_diagonal(w, 0.0)
    inputs, outputs = (d - 1, m - 1) if auto else (d, m)
    count, squares = m * inputs, float(np.vdot(w, w))
    sharing_post = float(np.square(w.sum(axis=1)).sum()) - squares
    sharing_pre = float(np.square(w.sum(axis=0)).sum()) - squares
    reciprocal = float(np.vdot(w, w.T)) if auto else 0.0
    return np.array(
        [
            count, w.sum(), squares,
            count * (inputs - 1), sharing_post,
            d * outputs * (outputs - 1), sharing_pre,
            count if auto else 0, reciprocal,
        ],
        dtype=np.float64,
    )  # fmt: skip
