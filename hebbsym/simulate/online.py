r"""The slow readable twin: weights by the rule's own update, one pattern after the other.

.. math:: w_{ij} \leftarrow w_{ij} + f(w_{ij}; x_i, x_j), \qquad h_i = \sum_j w_{ij} s_j

Main names
----------
online_weights
    W after all patterns were shown once, in order.
online_fields
    h = W s.

Conventions
-----------
The update is a callable ``update(w, post, pre)`` on arrays that broadcast, so that rules whose
increment depends on the weight run here as well. Auto-association leaves out the diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Update: TypeAlias = Callable[[Array, Array, Array], Array]


def polynomial_update(
    update: Mapping[tuple[int, int], Any],
    on_weight: Mapping[tuple[int, int, int], Any] | None = None,
) -> Update:
    """The increment sum of c[p, q] x_i**p x_j**q + sum of c[p, q, k] x_i**p x_j**q w**k.

    Examples
    --------
    >>> polynomial_update({(1, 1): 2})(np.zeros(1), np.array([3.0]), np.array([5.0]))
    array([30.])
    >>> oja = polynomial_update({(1, 1): 1}, {(2, 0, 1): -1})
    >>> oja(np.array([0.5]), np.array([2.0]), np.array([3.0]))
    array([4.])
    """
    powers = [((p, q, 0), c) for (p, q), c in update.items()] + list((on_weight or {}).items())

    def increment(w: Array, post: Array, pre: Array) -> Array:
        total = np.zeros(np.broadcast_shapes(w.shape, post.shape, pre.shape))
        for (p, q, k), c in powers:
            total = total + float(c) * post**p * pre**q * w**k
        return total

    return increment


def online_weights(update: Update, post: Array, pre: Array, *, auto: bool) -> Array:
    """W after every pattern was shown once, from W = 0.

    Parameters
    ----------
    update : callable
        ``update(w, x_i, x_j)``, the increment of the weights.
    post : array, shape (patterns, M)
    pre : array, shape (patterns, D)
    auto : bool
        Whether the diagonal is kept at zero.

    Returns
    -------
    array, shape (M, D)

    Examples
    --------
    >>> x = np.array([[1, -1, 1], [1, 1, -1]])
    >>> online_weights(polynomial_update({(1, 1): 1}), x, x, auto=True)
    array([[ 0.,  0.,  0.],
           [ 0.,  0., -2.],
           [ 0., -2.,  0.]])
    """
    post, pre = np.asarray(post, dtype=float), np.asarray(pre, dtype=float)
    weights = np.zeros((post.shape[1], pre.shape[1]))
    for x, y in zip(post, pre, strict=True):
        weights = weights + update(weights, x[:, None], y[None, :])
        if auto:
            np.fill_diagonal(weights, 0.0)
    return weights


def online_fields(weights: Array, cues: Array) -> Array:
    """Local fields h = W s of every cue, shape (cues, M).

    Examples
    --------
    >>> online_fields(np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([[1, 3]]))
    array([[6., 1.]])
    """
    return np.asarray(cues, dtype=float) @ weights.T
