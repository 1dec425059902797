r"""Local fields of additive networks from matrix products, without ever adding pattern by pattern.

.. math::
    h_i(s) = \sum_{p,q} c_{pq} \sum_\mu (x_i^\mu)^p \sum_j (x_j^\mu)^q s_j
             - s_i \sum_\mu g(x_i^\mu, x_i^\mu)

The last sum, present in auto-association only, is the excluded diagonal.

Main names
----------
Fields
    The fields of a block of networks, a slice of cues at a time, as integers over a scale where
    the patterns are integers.
fields
    The fields of one given set of patterns and cues.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from hebbsym.simulate.dual import (
    EXACT_IN_FLOAT32,
    Array,
    Products,
    as_floats,
    block,
    column_sums,
    primal_is_cheaper,
)
from hebbsym.simulate.network import Network
from hebbsym.simulate.sampling import Draw
from hebbsym.simulate.workspace import Workspace


class Fields:
    """Fields of one or more networks of one kind.

    Parameters
    ----------
    network : Network
    products : Products
        The products of a block of patterns and cues; arrays that :meth:`rows` returns may be
        overwritten by its next call.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> x = np.array([[1, -1, 1], [1, 1, -1]], dtype=np.int8)
    >>> network = Network(3, 2, {(1, 1): 1}, Bipolar(), Exact())
    >>> Fields.of(network, [Draw(x, x, x)]).rows(slice(0, 2)).tolist()
    [[[0.0, -2.0, 2.0], [0.0, 2.0, -2.0]]]
    """

    def __init__(self, network: Network, products: Products) -> None:
        self.network = network
        self.kernel = products.kernel
        self.products = products
        self.block = products.block
        self.scratch = products.scratch
        self.kind: Any = np.float32 if self._bound() < EXACT_IN_FLOAT32 else np.float64

    @classmethod
    def of(
        cls,
        network: Network,
        draws: Sequence[Draw],
        *,
        primal: bool | None = None,
        scratch: Workspace | None = None,
    ) -> Fields:
        """The fields of networks that were drawn.

        Parameters
        ----------
        network : Network
        draws : sequence of Draw
            One for each network of the block.
        primal : bool, optional
            Through W instead of overlaps; the cheaper of the two unless given.
        scratch : Workspace, optional
            Where the work is done.
        """
        scratch = Workspace() if scratch is None else scratch
        if primal is None:
            primal = primal_is_cheaper(network)
        stacked = block(network, draws, scratch)
        return cls(network, Products(network.kernel, stacked, primal, scratch))

    @property
    def scale(self) -> float:
        """What the returned numbers are to be divided by."""
        populations = self.network.posts if self.network.inhibition else 1
        return float(self.kernel.scale * self.network.shift.denominator * populations)

    def _bound(self) -> float:
        """An upper bound on the scaled fields and all their parts; infinite for real values."""
        if not self.block.exact:
            return float("inf")
        size = sum(
            abs(c) * self.block.largest_post**p * self.block.largest_pre**q
            for (p, q), c in self.kernel.terms.items()
        )
        inputs = self.network.units + 1
        return 2 * size * self.network.patterns * inputs * self.block.largest_cue

    def stored(self, part: slice) -> Array:
        """Stored values (features) at the units of :meth:`rows`, same shape."""
        return self.block.post[:, self.network.recalled][:, part]

    def rows(self, part: slice) -> Array:
        """Fields times ``scale`` of a slice of the cues, shape (networks, rows, M).

        Centring of the cue and inhibition are done; the threshold is not subtracted.
        """
        cues = self.scratch.cast("cue floats", self.block.cues[:, part], np.float32)
        h = self._fields(cues, part)
        if self.network.shift:
            h = h.astype(np.float64) * self.network.shift.denominator
            h -= self.network.shift.numerator * self._of_ones
        return inhibited(self.network, h)

    @cached_property
    def _of_ones(self) -> Array:
        """Fields of the cue whose entries are all 1: the row sums of W, shape (networks, 1, M)."""
        ones = np.ones((self.block.pre.shape[0], 1, self.network.units), dtype=np.float32)
        return self._fields(ones, None).astype(np.float64)

    def _fields(self, cues: Array, part: slice | None) -> Array:
        """Fields times the kernel's scale of cues in float32, those of ``part`` if they are."""
        h = self._without_diagonal(cues, part)
        for factor, product in self.products.of(cues, part):
            term = product
            if factor != 1.0:
                term = self.scratch.take("term", product.shape, self.kind)
                np.multiply(product, self.kind(factor), out=term)
            if h is None:
                h = term.astype(self.kind, copy=False)
            else:
                h += term
        if h is None:
            h = np.zeros((*cues.shape[:2], self.network.width), dtype=self.kind)
        self._add_rank_one(h, cues)
        return h

    def _add_rank_one(self, h: Array, cues: Array) -> None:
        """Add the terms with p = 0 or q = 0, in place."""
        terms = self.kernel.terms
        flat = {p: c for (p, q), c in terms.items() if p and not q}
        if flat or terms.get((0, 0)):
            total = cues.sum(axis=2, dtype=np.float64)[:, :, None]
        for p, c in flat.items():
            h += (total * (c * self.products.power_sums(p))[:, None, :]).astype(self.kind)
        level = sum(
            c * self._column_sums(q)[:, None, :] for (p, q), c in terms.items() if not p and q
        )
        if isinstance(level, np.ndarray):
            h += (as_floats(cues, np.float64) @ level.transpose(0, 2, 1)).astype(self.kind)
        if (0, 0) in terms:
            h += (terms[0, 0] * self.network.patterns * total).astype(self.kind)

    def _column_sums(self, q: int) -> Array:
        if self.block.post is self.block.pre:
            return self.products.power_sums(q)
        return column_sums(self.block.pre, q)

    def _without_diagonal(self, cues: Array, part: slice | None) -> Array | None:
        """Minus s_i sum_mu g(x_i, x_i), where the fields have to be corrected by it."""
        if not self.network.auto or (part is not None and self.products.folds_diagonal):
            return None
        own = self._own
        if own is None:
            return None
        s = self.scratch.cast("cue kind", cues[:, :, : self.network.width], self.kind)
        return self.scratch.multiply("field", s, own)

    @cached_property
    def _own(self) -> Any:
        """Minus sum_mu g(x_i, x_i) at every unit: a number where it is the same at all, or None."""
        terms = self.kernel.diagonal
        if not terms:
            return None
        if self.block.signs and all(m % 2 == 0 for m in terms):
            return self.kind(-self.network.patterns * sum(terms.values()))
        own = sum(-c * self.products.power_sums(m)[:, None, :] for m, c in terms.items())
        return np.asarray(own).astype(self.kind)


def inhibited(network: Network, h: Array) -> Array:
    """Fields times M less their sum over the population, where the network has inhibition.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> network = Network(3, 1, {(1, 1): 1}, Bipolar(), Exact(), inhibition=True)
    >>> inhibited(network, np.array([[[1.0, 2.0, 6.0]]])).tolist()
    [[[-6.0, -3.0, 9.0]]]
    """
    if not network.inhibition:
        return h
    h = h.astype(np.float64, copy=False)
    total = h.sum(axis=2, keepdims=True)
    return np.asarray(network.posts * h - total)


def fields(network: Network, patterns: Draw, *, primal: bool | None = None) -> Array:
    """Local fields of all cues of one network, shape (cues, M), in the units of the rule.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> x = np.array([[1, -1, 1], [1, 1, -1]], dtype=np.int8)
    >>> fields(Network(3, 2, {(1, 0): 0.5}, Bipolar(), Exact()), Draw(x, x, x))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    made = Fields.of(network, [patterns], primal=primal)
    return np.asarray(made.rows(slice(0, network.cues))[0].astype(np.float64) / made.scale)
