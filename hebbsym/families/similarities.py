r"""Similarities of a cue with a stored pattern, the first factor of a universal Hopfield network.

===============  ==================================================================================
similarity       on vectors; on signs, as a function of the overlap m (which has the unit inside)
===============  ==================================================================================
dot              a . s; m
cosine           a . s / (|a| |s|); m/D
euclidean        -|a - s|^2/2; m - D
manhattan        -sum_j |a_j - s_j|; m - D
===============  ==================================================================================

Main names
----------
Similarity
    The contract: a law on signs, an exact value on vectors, and values on arrays.
similarities
    The registry, by the name that a user types.

Conventions
-----------
A distance counts negatively, so that a larger similarity is nearer; the square is halved, so that it differs from
the dot product by (|a|^2 + |s|^2)/2. millidge2022 divides 1 by the distance, which has no value where a cue is
a stored pattern; where the most similar pattern is taken there is no difference.

References
----------
millidge2022 (equation numbers unverified).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import sympy as sp

from hebbsym.families.parameters import Parametric
from hebbsym.notation import D
from hebbsym.registry import Registry

if TYPE_CHECKING:
    from numpy.typing import NDArray

Vector = Sequence[Any]


class Similarity(Parametric, ABC):
    """How alike two vectors are: the larger, the more."""

    whole: ClassVar[bool] = True
    """Whether similarities of sign vectors are whole numbers."""

    @property
    @abstractmethod
    def affine(self) -> tuple[sp.Expr, sp.Expr]:
        """(slope, shift): slope (m + shift) on sign vectors of overlap m."""

    @abstractmethod
    def score(self, pattern: Vector, cue: Vector) -> sp.Expr:
        """The similarity of two vectors, entry by entry, exact for exact entries."""

    @abstractmethod
    def scores(self, patterns: NDArray[Any], cues: NDArray[Any], signs: bool) -> NDArray[Any]:
        """Similarities of arrays (K, D) and (cues, D), shape (cues, K); ``signs``: all entries are."""

    @final
    def of_overlap(self, overlap: sp.Expr) -> sp.Expr:
        """The similarity of sign vectors of D entries and a given overlap.

        Examples
        --------
        >>> from hebbsym.notation import m
        >>> Euclidean().of_overlap(D), Cosine().of_overlap(m)
        (0, m/D)
        """
        slope, shift = self.affine
        return slope * (overlap + shift)


@final
@dataclass(frozen=True)
class Dot(Similarity):
    """The inner product.

    Examples
    --------
    >>> Dot().score((1, 2), (3, -1))
    1
    """

    name: ClassVar[str] = "dot"

    @property
    def affine(self) -> tuple[sp.Expr, sp.Expr]:
        return sp.S.One, sp.S.Zero

    def score(self, pattern: Vector, cue: Vector) -> sp.Expr:
        return _inner(pattern, cue)

    def scores(self, patterns: NDArray[Any], cues: NDArray[Any], signs: bool) -> NDArray[Any]:
        made: NDArray[Any] = cues @ patterns.T
        return made


@final
@dataclass(frozen=True)
class Cosine(Similarity):
    """The inner product over both lengths; 0 where a vector has none.

    Examples
    --------
    >>> Cosine().score((1, 2), (2, 4)), Cosine().score((0, 0), (2, 4))
    (1, 0)
    """

    name: ClassVar[str] = "cosine"
    whole: ClassVar[bool] = False

    @property
    def affine(self) -> tuple[sp.Expr, sp.Expr]:
        return 1 / D, sp.S.Zero

    def score(self, pattern: Vector, cue: Vector) -> sp.Expr:
        lengths = _inner(pattern, pattern) * _inner(cue, cue)
        return sp.S.Zero if lengths == 0 else _inner(pattern, cue) / sp.sqrt(lengths)

    def scores(self, patterns: NDArray[Any], cues: NDArray[Any], signs: bool) -> NDArray[Any]:
        import numpy as np

        made = cues @ patterns.T
        for vectors, over in ((patterns, (None, slice(None))), (cues, (slice(None), None))):
            lengths = np.sqrt(np.vecdot(vectors, vectors))
            lengths[lengths == 0] = 1  # the product is 0 there
            made /= lengths[over]
        return np.asarray(made)


@final
@dataclass(frozen=True)
class Euclidean(Similarity):
    """Minus half the square of the distance.

    Examples
    --------
    >>> Euclidean().score((1, 2), (3, -1))
    -13/2
    """

    name: ClassVar[str] = "euclidean"

    @property
    def affine(self) -> tuple[sp.Expr, sp.Expr]:
        return sp.S.One, -D

    def score(self, pattern: Vector, cue: Vector) -> sp.Expr:
        gap = [a - s for a, s in zip(pattern, cue, strict=True)]
        return -_inner(gap, gap) / 2

    def scores(self, patterns: NDArray[Any], cues: NDArray[Any], signs: bool) -> NDArray[Any]:
        import numpy as np

        made = cues @ patterns.T
        made -= np.vecdot(patterns, patterns)[None, :] / 2
        made -= np.vecdot(cues, cues)[:, None] / 2
        return np.asarray(made)


@final
@dataclass(frozen=True)
class Manhattan(Similarity):
    """Minus the sum of the distances of the entries.

    Examples
    --------
    >>> Manhattan().score((1, 2), (3, -1))
    -5
    """

    name: ClassVar[str] = "manhattan"

    @property
    def affine(self) -> tuple[sp.Expr, sp.Expr]:
        return sp.S.One, -D

    def score(self, pattern: Vector, cue: Vector) -> sp.Expr:
        return -sp.Add(*(sp.Abs(a - s) for a, s in zip(pattern, cue, strict=True)))

    def scores(self, patterns: NDArray[Any], cues: NDArray[Any], signs: bool) -> NDArray[Any]:
        import numpy as np

        if signs:  # |a - s| = 1 - a s
            return np.asarray(cues @ patterns.T - cues.dtype.type(patterns.shape[1]))
        made = np.zeros((len(cues), len(patterns)), dtype=cues.dtype)
        for column, entries in zip(patterns.T, cues.T, strict=True):
            made -= np.abs(entries[:, None] - column[None, :])
        return made


def _inner(one: Vector, other: Vector) -> sp.Expr:
    return sp.Add(*(a * b for a, b in zip(one, other, strict=True)))


similarities: Registry[type[Any]] = Registry("similarity")
"""The similarities by the name that a user types."""
for _similarity in (Dot, Cosine, Euclidean, Manhattan):
    similarities.add(_similarity.name, _similarity)
