r"""Affine rules whose decay is a product of a post- and a presynaptic factor: weighted overlaps.

.. math::
    w_{ij} = \sum_\mu B(z_i^\mu, z_j^\mu) \prod_{\nu > \mu} \alpha(z_i^\nu) \beta(z_j^\nu), \qquad
    h = \sum_p \Big(S\, G_p^{\mathsf T}\Big) U_p

with U_p the powers of the contents times what later patterns left of them, and G_p the terms of
B that meet them, likewise. Plain decay, Oja on signs, instar, outstar and presynaptic decay are of
this kind; W is not formed where the overlaps are cheaper.

Main names
----------
Decaying
    The engine.
survival
    What later patterns leave of an earlier one, unit by unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import final

import numpy as np

from hebbsym.simulate.dual import Array, recode
from hebbsym.simulate.memory import Engine, Sums
from hebbsym.simulate.network import Network
from hebbsym.simulate.rows import centred, counted, held
from hebbsym.simulate.sampling import Draw, draw
from hebbsym.simulate.weights import weight_sums, weight_units
from hebbsym.simulate.workspace import Workspace

_VANISHED = 1e-290
"""Below it a factor is zero: products of smaller numbers would be slow and say nothing."""


@final
class Decaying(Engine):
    """Networks under an affine rule with 1 + A = alpha(x_i) beta(x_j).

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> oja = Network(9, 2, {(1, 1): 0.1}, Bipolar(), Exact(), on_weight={(2, 0, 1): -0.1})
    >>> Decaying(oja).sums(range(1), 0, True, False, Workspace()).columns["count"].sum(axis=1)
    array([18])
    """

    def __init__(self, network: Network) -> None:
        assert network.transition.factors is not None
        self.network = network
        self.alpha, self.beta = network.transition.factors
        self.added = network.transition.powers[0]

    @property
    def batch(self) -> int:
        return 1

    @property
    def demand(self) -> int:
        network = self.network
        sizes = network.patterns * (network.units + network.width + network.cues)
        primal = network.width * network.units if self._primal else 0
        return held(network) + 8 * (4 * sizes + primal)

    @property
    def _primal(self) -> bool:
        """Whether W is cheaper than the overlaps."""
        d, m, k = self.network.units, self.network.width, self.network.patterns
        c = self.network.cues
        return m * d * (k + c) < c * k * (d + m)

    def sums(
        self, numbers: range, seed: int, moments: bool, weights: bool, scratch: Workspace
    ) -> Sums:
        (number,) = numbers
        network, drawn = self.network, draw(self.network, seed, number)
        h = np.zeros((network.cues, network.width))
        few = weight_units(network)
        first = np.zeros((min(few, network.width), min(few, network.units)))
        for u, g in self._factors(drawn):
            self._add(h, u, g, centred(network, drawn))
            if weights:
                first += u[:, :few].T @ g[:, :few]
        sums = counted(network, drawn, h, moments, scratch)
        if weights:
            sums.columns["weights"] = weight_sums(first, auto=network.auto)[None]
        return sums

    def _factors(self, drawn: Draw) -> list[tuple[Array, Array]]:
        """Pairs U_p and G_p, shapes (K, width) and (K, D), whose products sum up to W."""
        network = self.network
        z_post = recode(network.values, drawn.post[:, : network.width]).astype(np.float64)
        z_pre = recode(network.sources, drawn.pre).astype(np.float64)
        post, pre = survival(self.alpha, z_post), survival(self.beta, z_pre)
        made = []
        for p in sorted({p for p, _ in self.added}):
            inside = {q: c for (r, q), c in self.added.items() if r == p}
            g = np.broadcast_to(pre * polynomial(inside, z_pre), z_pre.shape)
            u = np.broadcast_to(post * polynomial({p: Fraction(1)}, z_post), z_post.shape)
            made.append((np.ascontiguousarray(u), np.ascontiguousarray(g)))
        return made

    def _add(self, h: Array, u: Array, g: Array, cues: Array) -> None:
        """Add the fields of one term, in place; auto-association has no diagonal."""
        h += cues @ (g.T @ u) if self._primal else (cues @ g.T) @ u
        if self.network.auto:
            units = slice(0, self.network.width)
            h -= cues[:, units] * np.vecdot(u.T, g[:, units].T)


def polynomial(terms: Mapping[int, Fraction], z: Array) -> Array:
    """A polynomial at every entry; its constant where it is one.

    Examples
    --------
    >>> polynomial({0: Fraction(1), 2: Fraction(1, 2)}, np.array([2.0, 3.0]))
    array([3. , 5.5])
    """
    made = np.full((1,) * z.ndim, float(terms.get(0, 0)))
    for n, c in terms.items():
        if n:
            made = made + float(c) * z**n
    return made


def survival(factor: Mapping[int, Fraction], z: Array) -> Array:
    """Product of the factors of all later patterns, shape (K, units), or (K, 1) where it is a number.

    Examples
    --------
    >>> survival({0: Fraction(1, 2)}, np.ones((3, 2)))
    array([[0.25],
           [0.5 ],
           [1.  ]])
    """
    each = polynomial(factor, z)
    if each.shape != z.shape:
        each = np.broadcast_to(each, (len(z), 1))
    made = np.ones_like(each)
    np.cumprod(each[:0:-1], axis=0, out=made[-2::-1])
    made[np.abs(made) < _VANISHED] = 0.0
    return made
