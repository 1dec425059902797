r"""Weights of a few units under a rule that is polynomial in them, by compiled updates.

Main names
----------
Polynomial
    The learner of any rule, pattern by pattern.
Words
    The learner of affine rules on finite presynaptic alphabets, several patterns at a time.
learner
    The faster of the two for a network.
"""

from __future__ import annotations

from typing import final

import numpy as np

from hebbsym.simulate.dual import Array, recode
from hebbsym.simulate.network import Network
from hebbsym.simulate.rows import Learner

TILE = 512
"""Weights of a row that are held in cache together with those of the other rows, at most."""

WORDS = 256
"""Affine maps that are composed for one row, at most."""


def learner(network: Network) -> Learner:
    """The faster learner of a network.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> [
    ...     type(learner(Network(9, 2, {}, Bipolar(), Exact(), on_weight={(1, 1, k): 1}))).__name__
    ...     for k in (1, 2)
    ... ]
    ['Words', 'Polynomial']
    """
    if network.transition.degree == 1 and 2 <= len(network.sources) <= WORDS:
        return Words(network)
    return Polynomial(network)


@final
class Polynomial(Learner):
    """All patterns are applied to a block of W, one after the other, by Horner in w and z_j.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> gated = Network(3, 2, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(1, 1, 1): 1})
    >>> x = np.array([[1, -1, 1], [1, 1, 1]], dtype=np.int8)
    >>> one = Polynomial(gated)
    >>> one.weights(x, one.prepared(x), np.random.default_rng(0))
    array([[ 3., -1.,  3.],
           [-1.,  3., -1.],
           [ 3., -1.,  3.]])
    """

    def __init__(self, network: Network) -> None:
        self.integral = network.integral
        self.values = network.values
        self.sources = network.sources
        self.units = network.units
        self.coefficients = network.transition.array()

    def prepared(self, pre: Array) -> Array:
        """Features, shape (tiles, groups, patterns of a group, width), filled up with zeros."""
        from hebbsym.simulate.compiled import TOGETHER

        tiles, width = self._tiling
        groups = -(-len(pre) // TOGETHER)
        z = np.zeros((groups * TOGETHER, tiles * width))
        z[: len(pre), : self.units] = recode(self.sources, pre)
        return np.ascontiguousarray(z.reshape(groups, TOGETHER, tiles, width).transpose(2, 0, 1, 3))

    def weights(self, post: Array, pre: Array, rng: np.random.Generator) -> Array:
        from hebbsym.simulate.compiled import TOGETHER, coefficients, polynomial_updates

        degree, _, letters = (n - 1 for n in self.coefficients.shape)
        rows = post.shape[1]
        g = np.empty((pre.shape[1], rows, TOGETHER, degree + 1, letters + 1))
        fill = coefficients(degree + 1, letters + 1)
        fill(recode(self.values, post).astype(np.float64), self.coefficients, g)
        w = np.zeros((len(pre), rows, pre.shape[3]))
        polynomial_updates(degree, letters)(w, g, pre)
        return w.transpose(1, 0, 2).reshape(rows, -1)[:, : self.units]

    @property
    def _tiling(self) -> tuple[int, int]:
        """Number and width of the tiles of a row; the width is a multiple of a vector."""
        tiles = -(-self.units // TILE)
        return tiles, -(-self.units // (8 * tiles)) * 8

    @property
    def exact(self) -> bool:
        return self.integral

    def demand(self, rows: int, patterns: int, units: int) -> int:
        powers, _, q = self.coefficients.shape
        shown, wide = patterns + 4, units + 8 * self._tiling[0]
        held: int = 2 * shown * wide + rows * (2 * wide + shown * (powers * q + 1))
        return 8 * held


@final
class Words(Learner):
    """Several patterns at a time: the letters of a presynaptic unit choose one of a row's affine maps.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> gated = Network(3, 2, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(1, 1, 1): 1})
    >>> x = np.array([[1, -1, 1], [1, 1, 1]], dtype=np.int8)
    >>> one = Words(gated)
    >>> one.weights(x, one.prepared(x), np.random.default_rng(0))
    array([[ 3., -1.,  3.],
           [-1.,  3., -1.],
           [ 3., -1.,  3.]])
    """

    def __init__(self, network: Network) -> None:
        self.integral = network.integral
        self.values = network.values
        self.sources = np.array(network.sources)
        letters = np.array((-1.0, 1.0) if len(self.sources) == 2 else network.sources)
        by_power = network.transition.array()
        self.coefficients = by_power @ np.vander(letters, by_power.shape[2], increasing=True).T
        # to compose more maps than there are weights in a row would not pay
        most = min(WORDS, max(len(letters), network.units // 2))
        self.group = max(m for m in range(1, 9) if len(letters) ** m <= most)

    def prepared(self, pre: Array) -> Array:
        """Words of the letters of each group of patterns, shape (groups, D)."""
        groups, count = -(-len(pre) // self.group), len(self.sources)
        letters = np.zeros((groups * self.group, pre.shape[1]), dtype=np.uint8)
        for boundary in (self.sources[1:] + self.sources[:-1]) / 2:
            letters[: len(pre)] += pre > boundary
        words = np.zeros((groups, pre.shape[1]), dtype=np.uint8)
        for m in range(self.group - 1, -1, -1):
            words *= np.uint8(count % 256)
            words += letters[m :: self.group]
        return words

    def weights(self, post: Array, pre: Array, rng: np.random.Generator) -> Array:
        from hebbsym.simulate.compiled import affine_maps, coefficients

        rows, count = post.shape[1], len(self.sources)
        g = np.empty((len(pre), rows, self.group, 2, count))
        fill = coefficients(2, count)
        fill(recode(self.values, post).astype(np.float64), self.coefficients, g)
        w = np.zeros((rows, pre.shape[1]))
        affine_maps(count, self.group)(w, g, pre)
        return w

    @property
    def exact(self) -> bool:
        return self.integral

    def demand(self, rows: int, patterns: int, units: int) -> int:
        shown = patterns + self.group
        return 3 * shown * units + 8 * rows * (units + shown * (2 * len(self.sources) + 1))
