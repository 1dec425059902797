r"""Affine rules whose decay is a product of a post- and a presynaptic factor: weighted overlaps.

.. math::
    w_{ij} = \sum_\mu B(z_i^\mu, z_j^\mu) \prod_{\nu > \mu} \alpha(z_i^\nu) \beta(z_j^\nu), \qquad
    h = \sum_p \Big(S\, G_p^{\mathsf T}\Big) U_p

with U_p the powers of the contents times what later patterns left of them, and G_p the terms of
B that meet them, likewise. Plain decay, Oja on signs, instar, outstar and presynaptic decay are of
this kind; W is not formed where the overlaps are cheaper.

Products are float32, and fields near the threshold are computed again in float64, so that errors and
ties are those of float64; moments are right to about 1e-6.

Main names
----------
Decaying
    The engine.
survival
    What later patterns leave of an earlier one, unit by unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import numpy as np

from hebbsym.errors import OutsideClass
from hebbsym.simulate.dual import Array, powers, recode
from hebbsym.simulate.memory import Engine, Number, Sums, fraction
from hebbsym.simulate.network import Network
from hebbsym.simulate.rows import centred, counted, held
from hebbsym.simulate.sampling import Draw, draw
from hebbsym.simulate.ties import field_kind, inhibited, largest, near, settled
from hebbsym.simulate.weights import weight_sums, weight_units
from hebbsym.simulate.workspace import Workspace

_GROWTH = 40.0
"""Logarithm of what later patterns may make of an earlier one in float32."""


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
        self.network = network
        self.alpha, self.beta = _balanced(network)
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
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        (number,) = numbers
        network, drawn = self.network, draw(self.network, seed, number)
        kind = np.float32 if self._fits_float32 else np.float64
        terms = self._terms(drawn, kind)
        h, size = self._fields(terms, centred(network, drawn, kind))
        if kind is np.float64:
            h = inhibited(network, h)
        elif len(network.values) == 2:
            h = self._settled(h, size, drawn)
        sums = counted(network, drawn, h, moments, scratch)
        if weights:
            few = weight_units(network)
            first = np.zeros((min(few, network.width), min(few, network.units)))
            for u, g in self._terms(drawn, np.float64):
                first += u[:, :few].T @ g[:, :few]
            sums.columns["weights"] = weight_sums(first, auto=network.auto)[None]
        return sums

    @cached_property
    def _fits_float32(self) -> bool:
        """Whether products may be float32: nothing overflows, and fields are no integers."""
        if self.network.inhibition or self.network.integral:
            return False
        growth = 1.0
        for factor, law in ((self.alpha, self.network.law), (self.beta, self.network.source)):
            extent = _extent(factor, [v for v, _ in law.alphabet])
            if extent is None:
                return False
            growth *= float(max(extent, Fraction(1)))
        return self.network.patterns * math.log(growth) < _GROWTH

    def _terms(self, drawn: Draw, kind: Any, units: Any = slice(None)) -> list[tuple[Array, Array]]:
        """Pairs U_p and G_p, shapes (K, units) and (K, D), whose products sum up to W.

        ``units`` are some of those that are simulated.
        """
        network = self.network
        z_post = recode(network.values, drawn.post[:, : network.width][:, units]).astype(kind)
        z_pre = z_post
        if drawn.pre is not drawn.post or z_post.shape != drawn.pre.shape:
            z_pre = recode(network.sources, drawn.pre).astype(kind)
        post, pre = survival(self.alpha, z_post, kind), survival(self.beta, z_pre, kind)
        made = []
        for p in sorted({p for p, _ in self.added}):
            inside = {q: c for (r, q), c in self.added.items() if r == p}
            factors = ((post, {p: Fraction(1)}, z_post), (pre, inside, z_pre))
            u, g = (
                np.ascontiguousarray(np.broadcast_to(left * polynomial(terms, z), z.shape))
                for left, terms, z in factors
            )
            made.append((u, g))
        return made

    def _fields(self, terms: list[tuple[Array, Array]], cues: Array) -> tuple[Array, Array]:
        """Fields, shape (cues, width), and for each cue the largest part of one."""
        h = np.zeros((len(cues), self.network.width), dtype=cues.dtype)
        size = np.zeros((len(cues), 1), dtype=cues.dtype)
        for n, (u, g) in enumerate(terms):
            part = cues @ (g.T @ u) if self._primal else (cues @ g.T) @ u
            size += largest(part)
            h = h + part if n else part
        if self.network.auto:  # which has no diagonal
            width = self.network.width
            own = sum(np.einsum("ki,ki->i", u, g[:, :width]) for u, g in terms)
            h -= cues[:, :width] * own
            size += np.abs(own).max(initial=0) * np.abs(cues).max()
        return h, size

    def _settled(self, h: Array, size: Array, drawn: Draw) -> Array:
        """Fields in float32, those near the threshold from float64 and on it where they are ties."""
        theta = float(self.network.threshold)
        rows, units = near(h, size, theta)
        if not len(rows):
            return h
        which, row = np.unique(rows, return_inverse=True)
        some, unit = np.unique(units, return_inverse=True)
        again = np.zeros(len(rows))
        cues = centred(self.network, drawn._replace(cues=drawn.cues[which]), np.float64)
        for u, g in self._terms(drawn, np.float64, some):
            again += np.vecdot((cues @ g.T)[row], u.T[unit])
            if self.network.auto:
                again -= cues[row, units] * np.vecdot(u.T, g.T[some])[unit]
        h = h.astype(field_kind(theta), copy=False)
        h[rows, units] = settled(again, size[rows, 0], theta)
        return h


def polynomial(terms: Mapping[int, Fraction], z: Array) -> Array:
    """A polynomial at every entry, in the type of z; its constant alone where it is one.

    Examples
    --------
    >>> polynomial({0: Fraction(1), 2: Fraction(1, 2)}, np.array([2.0, 3.0]))
    array([3. , 5.5])
    """
    made = np.full((1,) * z.ndim, float(terms.get(0, 0)), dtype=z.dtype)
    for n, c in terms.items():
        if n:
            power = powers(z, n) if c == 1 else powers(z, n) * z.dtype.type(float(c))
            made = made + power if made.size > 1 or made.any() else power
    return made


def survival(factor: Mapping[int, Fraction], z: Array, kind: Any) -> Array:
    """Product of the factors of all later patterns, shape (K, units), or (K, 1) where it is a number.

    Examples
    --------
    >>> survival({0: Fraction(1, 2)}, np.ones((3, 2)), np.float64)
    array([[0.25],
           [0.5 ],
           [1.  ]])
    """
    if not any(factor):
        made = float(factor.get(0, 0)) ** np.arange(len(z) - 1, -1, -1.0)[:, None]
    else:
        # rounded in float32, the factors of hundreds of patterns would add up to a visible error
        each = polynomial(factor, z.astype(np.float64, copy=False))
        made = np.ones(each.shape)
        for later in range(len(z) - 1, 0, -1):
            np.multiply(made[later], each[later], out=made[later - 1])
    made[np.abs(made) < np.finfo(kind).tiny] = 0.0  # what is smaller is slow and says nothing
    return np.asarray(made, dtype=kind)


def _balanced(network: Network) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """alpha and beta, scaled so that neither vanishes while the other one explodes.

    A constant beta is 1; otherwise the largest absolute value of alpha is 1, where it has one.
    """
    factors = network.transition.factors
    if factors is None:
        raise OutsideClass("1 + A is no product of a function of x_i and one of x_j")
    alpha, beta = factors
    scale = _extent(alpha, [v for v, _ in network.law.alphabet])
    if not any(beta):
        scale = 1 / beta[0] if beta else None
    if not scale:
        return alpha, beta
    return {p: c / scale for p, c in alpha.items()}, {q: c * scale for q, c in beta.items()}


def _extent(factor: Mapping[int, Fraction], values: Sequence[Number]) -> Fraction | None:
    """The largest absolute value of a polynomial in the features of an alphabet; None if unbounded."""
    if not values and any(factor):
        return None
    features = [Fraction(-1), Fraction(1)] if len(values) == 2 else [fraction(v) for v in values]
    sizes = [abs(Fraction(sum(c * z**n for n, c in factor.items()))) for z in features]
    return max(sizes) if values else abs(factor.get(0, Fraction(0)))
