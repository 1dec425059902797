"""The separation of overlaps in machine code: one pass between two matrix products.

Main names
----------
separated
    Overlaps to what they are worth, in place, with the sum that the own unit is owed.

Conventions
-----------
Overlaps are whole numbers from -D to D held as floats; tables have 2D + 1 entries. This module imports
numba and is imported where a network is run, never before.
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

from numpy.typing import NDArray

from hebbsym.simulate.counting import compiled

Array: TypeAlias = NDArray[Any]


_compiled = partial(compiled, liberties=frozenset())


@_compiled
def separated(overlaps: Array, mean: Array, half: Array, owed: Array) -> None:
    """Replace overlaps by the entries of ``mean``, and add those of ``half`` up by row.

    Parameters
    ----------
    overlaps : array of floats, shape (cues, patterns)
    mean, half : arrays of the same type, shape (2D + 1,)
    owed : array of float64, shape (cues,)
        Added to.

    Examples
    --------
    >>> import numpy as np
    >>> overlaps, owed = np.array([[-1.0, 1.0]]), np.zeros(1)
    >>> separated(overlaps, np.array([5.0, 0.0, 7.0]), np.array([1.0, 0.0, 2.0]), owed)
    >>> overlaps.tolist(), owed.tolist()
    ([[5.0, 7.0]], [3.0])
    """
    middle = (mean.shape[0] - 1) // 2
    for c in range(overlaps.shape[0]):
        total = 0.0
        for mu in range(overlaps.shape[1]):
            place = int(overlaps[c, mu]) + middle
            overlaps[c, mu] = mean[place]
            total += half[place]
        owed[c] += total
