r"""Networks of n-body synapses, without their weights: fields from overlaps.

A pattern y enters the field of a unit by a polynomial in the numbers of its inputs that have given values
of pattern and cue. For the rule that adds products and cues of signs the overlap alone counts, and two
matrix products do: with q the overlap over all units and f the separation function,
f(q - y_i s_i) = A(q) + B(q) y_i s_i for signs. For any other rule the elementary symmetric polynomials of
the N inputs follow from power sums by Newton's identities, and the unit's own factor is divided out.

Main names
----------
NBodyNetwork
    What one simulated network of n-body synapses is: everything but the seed.
Overlapping
    Its engine.
separation_values
    Krawtchouk polynomials of the overlap, by recurrence.
stored_fields
    The slow readable twin, which really stores a weight for every subset.

Conventions
-----------
``coefficients`` has (n, p, k): the coefficient of x_i^p e_k on synapses of n bodies. Fields are float64, in which
sums of integers are exact below 2^53; ties are seen where coefficients are integers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue
from hebbsym.simulate.memory import CueLaw, Engine, Law, Memory, Number, Sums
from hebbsym.simulate.rows import centred, counted
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.workspace import Workspace

Array: TypeAlias = NDArray[Any]
Coefficients: TypeAlias = Mapping[tuple[int, int, int], Number]

_ENTRIES = 2**22
"""Terms of cue, pattern and unit that are held at a time."""


@final
@dataclass(frozen=True)
class NBodyNetwork(Memory):
    """One associative memory of n-body synapses, without its seed.

    Parameters
    ----------
    units, patterns : int
        D and K.
    coefficients : mapping of (n, p, k) to number
    law, cue
        As for :class:`hebbsym.simulate.memory.Memory`; the options are those of all memories.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> NBodyNetwork(30, 40, {(3, 1, 2): 1}, Bipolar(), Exact()).only_products
    True
    """

    units: int
    patterns: int
    coefficients: Coefficients
    law: Law
    cue: CueLaw

    def __post_init__(self) -> None:
        self.check_sizes()
        for n, p, k in self.coefficients:
            if not (n >= 1 and p in (0, 1) and 0 <= k < n):
                raise InvalidValue(f"there is no coefficient (n, p, k) = {(n, p, k)}")

    def engine(self) -> Engine:
        """Fields from overlaps."""
        return Overlapping(self)

    @property
    def only_products(self) -> bool:
        """Whether every term is a product over all presynaptic units."""
        return all(k == n - 1 for n, _, k in self.coefficients)

    @property
    def signs(self) -> bool:
        """Whether presynaptic values and, unless an entry is masked, cues are -1 and +1."""
        return self.sources == (-1.0, 1.0) and not self.shift


@final
class Overlapping(Engine):
    """The engine of n-body networks.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> engine = NBodyNetwork(9, 5, {(3, 1, 2): 1}, Bipolar(), Exact()).engine()
    >>> engine.sums(range(1), 0, 2, False, Workspace()).columns["count"].sum(axis=1)
    array([45])
    """

    def __init__(self, network: NBodyNetwork) -> None:
        self.network = network

    @property
    def batch(self) -> int:
        return 1

    @property
    def demand(self) -> int:
        network = self.network
        entries = network.patterns * (network.units + network.posts)
        terms = max(_ENTRIES, network.patterns * network.posts)
        most = max(n for n, _, _ in network.coefficients) ** 2
        return 24 * entries + 28 * network.cues * network.posts + 8 * terms * (4 + most)

    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        (number,) = numbers
        drawn = draw(self.network, seed, number)
        cues, width = centred(self.network, drawn), self.network.width
        post, pre = drawn.post[:, :width].astype(np.float64), drawn.pre.astype(np.float64)
        h = fields(self.network, post, pre, cues)
        if self.network.inhibition:
            h -= h.mean(axis=1, keepdims=True)
        return counted(self.network, drawn, h, moments, scratch)


def fields(network: NBodyNetwork, post: Array, pre: Array, cues: Array) -> Array:
    """Fields of all units under all cues, shape (cues, units).

    Parameters
    ----------
    network : NBodyNetwork
    post, pre : array, shapes (K, M), (K, D)
        Stored values.
    cues : array, shape (cues, D)

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> network = NBodyNetwork(3, 1, {(3, 1, 2): 1}, Bipolar(), Exact())
    >>> y = np.array([[1.0, -1.0, 1.0]])
    >>> fields(network, y, y, y)
    array([[ 1., -1.,  1.]])
    """
    few = max(1, _ENTRIES // max(1, len(pre) * (1 if _fast(network, cues) else post.shape[1])))
    work = _by_overlap if _fast(network, cues) else _by_power_sums
    parts = [work(network, post, pre, cues[at : at + few]) for at in range(0, len(cues), few)]
    return np.concatenate(parts)


def _fast(network: NBodyNetwork, cues: Array) -> bool:
    """Whether the overlap alone counts."""
    return network.only_products and network.signs and bool(np.all(np.abs(cues) == 1))


def separation_values(degrees: Mapping[int, float], inputs: int, overlap: Array) -> Array:
    """sum_m c_m K_m(q; N) at overlaps q of N signs.

    Examples
    --------
    >>> separation_values({2: 1.0}, 3, np.array([3.0, 1.0, -1.0]))
    array([ 3., -1., -1.])
    """
    before, here = np.zeros_like(overlap), np.ones_like(overlap)
    total = degrees.get(0, 0.0) * here
    for m in range(max(degrees)):
        before, here = here, (overlap * here - (inputs - m + 1) * before) / (m + 1)
        total += degrees.get(m + 1, 0.0) * here
    return total


def _by_overlap(network: NBodyNetwork, post: Array, pre: Array, cues: Array) -> Array:
    """Two matrix products for the products with x_i, two more for those without."""
    overlap = cues @ pre.T
    auto = network.auto
    inputs = network.units - (1 if auto else 0)
    h = np.zeros((len(cues), post.shape[1]))
    for power in (0, 1):
        degrees = {n - 1: float(c) for (n, p, _), c in network.coefficients.items() if p == power}
        if not degrees:
            continue
        left = post if power else np.ones_like(post)
        if not auto:
            h += separation_values(degrees, inputs, overlap) @ left
            continue
        below = separation_values(degrees, inputs, overlap - 1)  # without an agreeing unit
        above = separation_values(degrees, inputs, overlap + 1)
        own = cues[:, : post.shape[1]]
        h += (above + below) / 2 @ left
        h += own * ((below - above) / 2 @ (left * pre[:, : post.shape[1]]))
    return h


def _by_power_sums(network: NBodyNetwork, post: Array, pre: Array, cues: Array) -> Array:
    """Elementary symmetric polynomials in two kinds of factors, for any values and any cue."""
    order = max(n for n, _, _ in network.coefficients) - 1
    whole = _symmetric(pre, cues, order)
    width = post.shape[1]
    y, s = pre[None, :, :width], cues[:, None, :width]
    apart: dict[tuple[int, int], Array] = {}
    for t, u in sorted(whole, key=sum):
        value = np.broadcast_to(whole[t, u][:, :, None], (len(cues), len(pre), width))
        if network.auto:  # divide by the unit's own factor 1 + t y s + u s
            for other, factor in (((t - 1, u), y * s), ((t, u - 1), s)):
                if min(other) >= 0:
                    value = value - factor * apart[other]
        apart[t, u] = value
    h = np.zeros((len(cues), width))
    for (n, p, k), c in network.coefficients.items():
        term = apart[k, n - 1 - k]
        h += float(c) * np.einsum("ckw,kw->cw", term, post**p)
    return h


def _symmetric(pre: Array, cues: Array, order: int) -> dict[tuple[int, int], Array]:
    """Coefficients of t^k u^l in prod_j (1 + t y_j s_j + u s_j), each of shape (cues, K).

    Newton's identities, degree by degree: r E_r = sum_i (-1)^(i - 1) E_(r - i) P_i, with P_i the
    sum over units of (t y s + u s)^i.
    """
    power = {
        (t, u): math.comb(t + u, t) * (cues ** (t + u) @ (pre**t).T)
        for t in range(order + 1)
        for u in range(order + 1 - t)
        if t + u
    }
    found = {(0, 0): np.ones((len(cues), len(pre)))}
    for degree in range(1, order + 1):
        for t in range(degree + 1):
            total = np.zeros((len(cues), len(pre)))
            for (a, b), sums in power.items():
                rest = (t - a, degree - t - b)
                if min(rest) >= 0:
                    total += (-1) ** (a + b - 1) * sums * found[rest]
            found[t, degree - t] = total / degree
    return found


def stored_fields(network: NBodyNetwork, post: Array, pre: Array, cues: Array) -> Array:
    """Fields from weights that are stored, one for every unit and subset, in plain Python.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> network = NBodyNetwork(3, 1, {(3, 1, 2): 1}, Bipolar(), Exact())
    >>> y = np.array([[1.0, -1.0, 1.0]])
    >>> stored_fields(network, y, y, y)
    array([[ 1., -1.,  1.]])
    """
    h = np.zeros((len(cues), post.shape[1]))
    bodies = sorted({n for n, _, _ in network.coefficients})
    for i in range(post.shape[1]):
        inputs = [j for j in range(pre.shape[1]) if not (network.auto and j == i)]
        for n in bodies:
            for subset in itertools.combinations(inputs, n - 1):
                weight = 0.0
                for x, y in zip(post[:, i], pre, strict=True):
                    weight += _increment(network.coefficients, n, x, [y[j] for j in subset])
                for row, cue in enumerate(cues):
                    h[row, i] += weight * math.prod(cue[j] for j in subset)
    return h


def _increment(coefficients: Coefficients, n: int, x: float, values: list[float]) -> float:
    """g_n, by the definition of the elementary symmetric polynomials."""
    return sum(
        float(c) * x**p * sum(math.prod(chosen) for chosen in itertools.combinations(values, k))
        for (m, p, k), c in coefficients.items()
        if m == n
    )
