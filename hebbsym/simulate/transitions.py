r"""Weights of a few units under a rule that is polynomial in them, by compiled updates.

Main names
----------
Compiled
    The learner of :class:`hebbsym.simulate.network.Network`.
"""

from __future__ import annotations

from typing import final

import numpy as np

from hebbsym.simulate.dual import Array, recode
from hebbsym.simulate.network import Network
from hebbsym.simulate.rows import Learner

TILE = 512
"""Weights of a row that are held in cache together with those of the other rows, at most."""


@final
class Compiled(Learner):
    """All patterns are applied to a block of W, one after the other.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> gated = Network(3, 2, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(1, 1, 1): 1})
    >>> x = np.array([[1, -1, 1], [1, 1, 1]], dtype=np.int8)
    >>> Compiled(gated).weights(x, Compiled(gated).prepared(x), np.random.default_rng(0))
    array([[ 3., -1.,  3.],
           [-1.,  3., -1.],
           [ 3., -1.,  3.]])
    """

    def __init__(self, network: Network) -> None:
        self.values = network.values
        self.sources = network.sources
        self.units = network.units
        self.coefficients = network.transition.array()

    def prepared(self, pre: Array) -> Array:
        """Features as :func:`hebbsym.simulate.compiled.updates` takes them, filled up with zeros."""
        from hebbsym.simulate.compiled import TOGETHER

        tiles, width = self._tiling
        groups = -(-len(pre) // TOGETHER)
        z = np.zeros((groups * TOGETHER, tiles * width))
        z[: len(pre), : self.units] = recode(self.sources, pre)
        return np.ascontiguousarray(z.reshape(groups, TOGETHER, tiles, width).transpose(2, 0, 1, 3))

    def weights(self, post: Array, pre: Array, rng: np.random.Generator) -> Array:
        from hebbsym.simulate.compiled import TOGETHER, coefficients, updates

        degree, _, letters = (n - 1 for n in self.coefficients.shape)
        rows = post.shape[1]
        g = np.empty((pre.shape[1], rows, TOGETHER, degree + 1, letters + 1))
        coefficients(recode(self.values, post).astype(np.float64), self.coefficients, g)
        w = np.zeros((len(pre), rows, pre.shape[3]))
        updates(degree, letters)(w, g, pre)
        return w.transpose(1, 0, 2).reshape(rows, -1)[:, : self.units]

    @property
    def _tiling(self) -> tuple[int, int]:
        """Number and width of the tiles of a row; the width is a multiple of a vector."""
        tiles = -(-self.units // TILE)
        return tiles, -(-self.units // (8 * tiles)) * 8

    def demand(self, rows: int, patterns: int, units: int) -> int:
        powers, _, q = self.coefficients.shape
        shown, wide = patterns + 4, units + 8 * self._tiling[0]
        held: int = 2 * shown * wide + rows * (2 * wide + shown * (powers * q + 1))
        return 8 * held
