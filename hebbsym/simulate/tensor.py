r"""Dense memories whose weights are stored: one tensor of n indices, W_(i j1 .. j(n-1)) = sum_mu xi_i xi_j1 ... xi_j(n-1).

Main names
----------
tensor_weights
    The tensor of some patterns, with all indices or with distinct ones only.
tensor_fields
    Fields of cues, by contracting all indices but the first.
separate_fields
    The same from the patterns themselves, kept apart.

Limits
------
A tensor has D^n entries of 8 bytes; one past the memory is refused, before anything is made.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, SizeLimit

Array: TypeAlias = NDArray[Any]

MEMORY = 2**30
"""Bytes that a tensor may take unless told otherwise."""


def tensor_weights(
    patterns: Array, n: int, *, distinct: bool = False, memory: int = MEMORY
) -> Array:
    """The weights of n indices, shape (D, ..., D).

    Parameters
    ----------
    patterns : array, shape (K, D)
    n : int
        The number of indices, 2 or more.
    distinct : bool
        Whether weights with coinciding indices are left out (set to 0).
    memory : int
        Bound in bytes.

    Raises
    ------
    InvalidValue
        For n below 2.
    SizeLimit
        When the tensor does not fit.

    Examples
    --------
    >>> x = np.array([[1.0, -1.0]])
    >>> tensor_weights(x, 2).tolist(), tensor_weights(x, 2, distinct=True).tolist()
    ([[1.0, -1.0], [-1.0, 1.0]], [[0.0, -1.0], [-1.0, 0.0]])
    """
    if n < 2:
        raise InvalidValue(f"n is {n}; a weight joins 2 units or more")
    units = patterns.shape[1]
    needed = 8 * units**n
    if 2 * needed > memory:  # one more while the last pattern is added
        raise SizeLimit(
            f"{units}^{n} weights take {needed:.3g} bytes, twice while they are made, past the memory of "
            f"{memory:.3g}: keep the patterns apart (separate_fields), or take a smaller D or n"
        )
    w = np.zeros((units,) * n)
    for x in patterns.astype(np.float64):
        product = x
        for _ in range(n - 1):
            product = np.multiply.outer(product, x)
        w += product
    if distinct:
        index: tuple[Array, ...] = np.indices(w.shape, sparse=True)
        for one, other in itertools.combinations(index, 2):
            w *= one != other
    return w


def tensor_fields(weights: Array, cues: Array) -> Array:
    """Fields of cues, shape (cues, D): sum over j1 .. j(n-1) of W_(i j1 ..) s_j1 ... s_j(n-1).

    Examples
    --------
    >>> x = np.array([[1.0, -1.0, 1.0]])
    >>> tensor_fields(tensor_weights(x, 3), x).tolist()
    [[9.0, -9.0, 9.0]]
    """
    made = np.broadcast_to(weights, (len(cues), *weights.shape))
    for _ in range(weights.ndim - 1):
        made = np.einsum("c...j,cj->c...", made, cues)
    return made


def separate_fields(patterns: Array, cues: Array, n: int, *, distinct: bool = False) -> Array:
    """Fields of cues from the patterns: sum_mu xi_i f(xi . s), without any tensor.

    f is the power n - 1 of the overlap, with the unit inside; for distinct indices (n - 1)! times the elementary
    symmetric polynomial of degree n - 1 of the products xi_j s_j at the other units.

    Examples
    --------
    >>> x = np.array([[1.0, -1.0, 1.0]])
    >>> separate_fields(x, x, 3).tolist(), separate_fields(x, x, 3, distinct=True).tolist()
    ([[9.0, -9.0, 9.0]], [[2.0, -2.0, 2.0]])
    """
    if not distinct:
        return np.asarray((cues @ patterns.T) ** (n - 1) @ patterns)
    products = cues[:, None, :] * patterns[None, :, :]
    whole = [np.ones(products.shape[:2])]
    for degree in range(1, n):  # Newton's identities
        total = sum(
            (-1) ** (k - 1) * whole[degree - k] * (products**k).sum(axis=2)
            for k in range(1, degree + 1)
        )
        whole.append(np.asarray(total) / degree)
    outside = np.ones_like(products)  # of the units but one: divide by 1 + t xi_i s_i
    for degree in range(1, n):
        outside = whole[degree][:, :, None] - products * outside
    return np.asarray(math.factorial(n - 1) * np.einsum("ckd,kd->cd", outside, patterns))
