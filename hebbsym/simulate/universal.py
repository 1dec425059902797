r"""Universal Hopfield networks: two matrix products with similarity and separation in between.

Main names
----------
UniversalNetwork
    What one simulated network is: everything but the seed.
Likeness, Weighing
    What a similarity and a separator must offer.
universal_fields
    The fast path: many cues at once, in tiles whose similarities stay within a bound.
Universal
    The engine.
plain_fields
    The slow readable twin: entry by entry, in exact numbers where the entries are.

Conventions
-----------
Ties between the most similar patterns are decided by the order of the patterns, which chance decides anew for
every network: each of those that tie is taken with the same probability.

Limits
------
Fields beyond 1e150 are refused, for their squares would overflow: take ``softmax`` in the place of
``exponential``, whose signs are the same. float32 is used where every sum is a whole number that it holds
exactly. A field that is zero but for rounding is a tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import NotDerivable, SizeLimit
from hebbsym.simulate.dense import EXACT_IN_FLOAT32, LARGEST_FIELD
from hebbsym.simulate.memory import CueLaw, Engine, Law, Memory, Sums
from hebbsym.simulate.rows import centred, counted
from hebbsym.simulate.sampling import Stream, draw, generator
from hebbsym.simulate.workspace import Workspace

Array: TypeAlias = NDArray[Any]

_ENTRIES = 2**20
"""Similarities of one tile."""
_ROUNDED = 1e-12
"""A field of this share of what its terms could add up to is zero."""


class Likeness(Protocol):
    """A similarity."""

    def score(self, pattern: Sequence[Any], cue: Sequence[Any]) -> Any:
        """The similarity of two vectors."""

    def scores(self, patterns: Array, cues: Array, signs: bool) -> Array:
        """Similarities, shape (cues, K)."""


class Weighing(Protocol):
    """A separator."""

    pointwise: ClassVar[bool]
    """Whether a pattern's weight is a function of its own similarity alone."""

    def draws(
        self, scores: Sequence[Any], similarity: Any, units: int
    ) -> Sequence[tuple[Sequence[Any], Any]]:
        """Pairs (weights of the patterns, probability)."""

    def weigh(self, scores: Array, similarity: Any, units: int) -> Array:
        """Weights from similarities, which may be written over."""

    def whole(self, similarity: Any) -> bool:
        """Whether the weights of sign vectors are whole numbers."""

    def largest(self, similarity: Any, units: int) -> float:
        """A bound on the weights of sign vectors."""


@final
@dataclass(frozen=True)
class UniversalNetwork(Memory):
    """One universal Hopfield network, without its seed.

    Parameters
    ----------
    units, patterns : int
        D and K.
    similarity : Likeness
    separator : Weighing
    law, cue
        As for :class:`hebbsym.simulate.memory.Memory`; the options are those of all memories.

    Raises
    ------
    SizeLimit
        When a field of signs could exceed 1e150.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> UniversalNetwork(20, 9, Dot(), Identity(), Bipolar(), Exact()).kind
    <class 'numpy.float32'>
    """

    units: int
    patterns: int
    similarity: Likeness
    separator: Weighing
    law: Law
    cue: CueLaw

    def __post_init__(self) -> None:
        self.check_sizes()
        if not self._largest < LARGEST_FIELD:
            raise SizeLimit(
                f"one pattern weighs up to {self._largest / self.patterns:.3g} here, and fields are bounded "
                f"by {LARGEST_FIELD:g}: take softmax, whose signs are those of exponential, or a smaller D, "
                "power or beta"
            )

    def engine(self) -> Engine:
        """Two matrix products."""
        return Universal(self)

    @cached_property
    def _largest(self) -> float:
        """A bound on the fields of signs."""
        return self.separator.largest(self.similarity, self.units) * self.patterns

    @cached_property
    def kind(self) -> Any:
        """The floating type: float32 where it holds every sum of signs exactly."""
        signs = self.values == self.sources == (-1.0, 1.0)
        exact = signs and self.separator.whole(self.similarity) and self._largest < EXACT_IN_FLOAT32
        return np.float32 if exact else np.float64

    @cached_property
    def table(self) -> Array | None:
        """Weights of sign vectors by their overlap -D, ..., D; nothing where other patterns matter."""
        if not self.separator.pointwise:
            return None
        pattern = np.ones((1, self.units))
        cues = np.where(np.arange(self.units) < np.arange(self.units + 1)[:, None], -1.0, 1.0)
        scores = self.similarity.scores(pattern, cues, True)
        made = np.zeros(2 * self.units + 1)  # overlaps of the other parity do not occur
        made[::-2] = self.separator.weigh(scores, self.similarity, self.units)[:, 0]
        return made.astype(self.kind)

    def weights(self, addresses: Array, cues: Array) -> Array:
        """Weights of the patterns, shape (cues, K): for signs one product and a table, in one pass."""
        signs = self.sources == (-1.0, 1.0) and bool(np.all(np.abs(cues) == 1))
        if self.table is None or not signs:
            v = self.similarity.scores(addresses, cues, signs)
            return self.separator.weigh(v, self.similarity, self.units)
        from hebbsym.simulate.separating import separated  # numba is slow to import

        overlaps: Array = cues @ addresses.T
        table = self.table.astype(overlaps.dtype, copy=False)
        separated(overlaps, table, np.zeros_like(table), np.zeros(len(overlaps)))
        return overlaps


def universal_fields(
    network: UniversalNetwork, addresses: Array, contents: Array, cues: Array
) -> Array:
    """Fields of cues, shape (cues, M).

    Parameters
    ----------
    network : UniversalNetwork
    addresses, contents : arrays of one floating type, shapes (K, D), (K, M)
        In the order that decides ties.
    cues : array of the same type, shape (cues, D)

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> network = UniversalNetwork(3, 2, Dot(), Identity(), Bipolar(), Exact())
    >>> x = np.array([[1, -1, 1], [1, 1, -1]], dtype=np.float32)
    >>> universal_fields(network, x, x, x).tolist()
    [[2.0, -4.0, 4.0], [2.0, 4.0, -4.0]]
    """
    few = max(1, _ENTRIES // len(addresses))
    largest = _ROUNDED * np.abs(contents).max()
    h = np.empty((len(cues), contents.shape[1]), dtype=cues.dtype)
    for start in range(0, len(cues), few):
        s = cues[start : start + few]
        with np.errstate(over="ignore", invalid="ignore"):
            weights = network.weights(addresses, s)
            part = weights @ contents
        if not float(np.abs(part).max(initial=0.0)) < LARGEST_FIELD:
            raise SizeLimit(
                f"a field is past the bound of {LARGEST_FIELD:g}: take softmax, or a smaller power or beta"
            )
        if network.kind is np.float64:
            part[np.abs(part) <= largest * np.abs(weights).sum(axis=1, keepdims=True)] = 0
        h[start : start + few] = part
    return h


@final
class Universal(Engine):
    """The engine of universal networks.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.families.separators import Max
    >>> from hebbsym.families.similarities import Dot
    >>> engine = UniversalNetwork(9, 2, Dot(), Max(), Bipolar(), Exact()).engine()
    >>> engine.sums(range(1), 0, 2, False, Workspace()).columns["count"].sum(axis=1)
    array([18])
    """

    def __init__(self, network: UniversalNetwork) -> None:
        self.network = network

    @property
    def batch(self) -> int:
        return 1

    @property
    def demand(self) -> int:
        network = self.network
        entries = network.patterns * (network.units + 2 * network.posts)
        tile = max(_ENTRIES, network.patterns)
        return 24 * entries + 40 * network.cues * (network.units + network.posts) + 32 * tile

    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        if weights:
            raise NotDerivable(
                "a universal network has no weights: it keeps the patterns themselves"
            )
        (number,) = numbers
        network, kind = self.network, self.network.kind
        drawn = draw(network, seed, number)
        order = generator(seed, number, Stream.SYNAPSE).permutation(network.patterns)
        addresses, contents = (x[order].astype(kind) for x in (drawn.pre, drawn.post))
        cues = centred(network, drawn, kind)
        h = universal_fields(network, addresses, contents[:, : network.width], cues)
        return counted(network, drawn, h, moments, scratch)


def plain_fields(
    network: UniversalNetwork,
    addresses: Sequence[Sequence[Any]],
    contents: Sequence[Sequence[Any]],
    cue: Sequence[Any],
) -> list[Any]:
    """The field of every unit, by the definition.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> network = UniversalNetwork(3, 2, Dot(), Identity(), Bipolar(), Exact())
    >>> x = [[1, -1, 1], [1, 1, -1]]
    >>> plain_fields(network, x, x, x[0])
    [2, -4, 4]
    """
    scores = [network.similarity.score(one, cue) for one in addresses]
    weights, _ = network.separator.draws(scores, network.similarity, network.units)[0]
    return [
        sum(w * one[i] for w, one in zip(weights, contents, strict=True))
        for i in range(len(contents[0]))
    ]
