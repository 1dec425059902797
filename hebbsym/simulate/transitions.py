r"""Weights of a few units under a rule that is polynomial in them, by compiled updates.

Main names
----------
Compiled
    The learner of :class:`hebbsym.simulate.network.Network`.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np

from hebbsym.simulate.dual import Array, recode
from hebbsym.simulate.network import Network
from hebbsym.simulate.rows import Learner


@final
class Compiled(Learner):
    """All patterns are applied to a block of W, one after the other.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> instar = Network(3, 2, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(1, 1, 1): 1})
    >>> x = np.array([[1, -1, 1], [1, 1, 1]], dtype=np.int8)
    >>> Compiled(instar).weights(x, Compiled(instar).prepared(x), np.random.default_rng(0))
    array([[ 3., -1.,  3.],
           [-1.,  3., -1.],
           [ 3., -1.,  3.]])
    """

    def __init__(self, network: Network) -> None:
        self.values = network.values
        self.sources = network.sources
        self.coefficients = network.transition.array()

    def prepared(self, pre: Array) -> Array:
        return recode(self.sources, pre).astype(np.float64)

    def weights(self, post: Array, pre: Array, rng: np.random.Generator) -> Array:
        from hebbsym.simulate.compiled import affine, polynomial

        u = recode(self.values, post).astype(np.float64)
        powers, p, q = self.coefficients.shape
        # g[pattern, row, k, q]
        g = np.zeros((*u.shape, powers, q))
        for k in range(p - 1, -1, -1):
            g *= u[:, :, None, None]
            g += self.coefficients[:, k, :]
        w = np.zeros((post.shape[1], pre.shape[1]))
        loop: Any = affine if (powers, q) == (2, 2) else polynomial
        loop(w, g, pre)
        return w

    def demand(self, rows: int, patterns: int, units: int) -> int:
        powers, _, q = self.coefficients.shape
        held: int = patterns * units + rows * (units + patterns * (powers * q + 2))
        return 8 * held
