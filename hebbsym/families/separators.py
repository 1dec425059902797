r"""Separators: what a pattern weighs, by its similarity with the cue; the second factor of a universal network.

===============  ==================================================================================
separator        what a pattern of similarity v weighs
===============  ==================================================================================
identity         v
power            v^n
exponential      exp(beta v)
softmax          exp(beta v), over the sum of that over all patterns
max              1 for the most similar pattern, else 0; one of those that tie, with equal chances
threshold        1 for v >= the similarity of sign vectors of overlap ``overlap`` times D, else 0
===============  ==================================================================================

Main names
----------
Separator
    The contract: a law on signs, exact weights of vectors, and weights of arrays.
separators
    The registry, by the name that a user types.

References
----------
millidge2022 (equation numbers unverified).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.families.parameters import Parametric
from hebbsym.families.profiles import (
    Exponential,
    General,
    Polynomial,
    Profile,
    R,
    polynomial_in_units,
)
from hebbsym.families.similarities import Similarity
from hebbsym.notation import D
from hebbsym.registry import Registry

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIGHEST_POWER = 32
"""Bound on n: variances are polynomials in D of degree 2n."""

Draws = tuple[tuple[tuple[sp.Expr, ...], sp.Expr], ...]
"""Pairs (weights of the patterns, probability)."""


class Separator(Parametric, ABC):
    """What the similarities make of the weights of the patterns."""

    competitive: ClassVar[bool] = False
    """Whether a pattern's weight depends on other patterns otherwise than by one common positive factor."""
    pointwise: ClassVar[bool] = True
    """Whether a pattern's weight is a function of its own similarity alone."""
    counts: ClassVar[bool] = False
    """Whether weights are 0 and 1, so that the field counts patterns."""
    divided: ClassVar[str] = ""
    """By which positive number, common to all patterns, the weights are divided."""

    @abstractmethod
    def of_score(self, score: sp.Expr, similarity: Similarity) -> sp.Expr:
        """The weight of a pattern of this similarity, before what is common to all divides it."""

    @abstractmethod
    def profile(self, similarity: Similarity, shift: int) -> tuple[sp.Expr, Profile]:
        """(c, p): on signs a pattern of overlap R + shift weighs c p(R), with c > 0 free of R."""

    @abstractmethod
    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        """Weights from an array of similarities, shape (cues, K), which may be written over."""

    def draws(self, scores: Sequence[sp.Expr], similarity: Similarity, units: int) -> Draws:
        """The weights of all patterns, with the chance of each where chance decides ties."""
        at = {D: sp.Integer(units)}
        return ((tuple(self.of_score(v, similarity).subs(at) for v in scores), sp.S.One),)

    def largest(self, similarity: Similarity, units: int) -> float:
        """A bound on the size of a weight where patterns and cue are signs."""
        ends = [float(similarity.of_overlap(sp.Integer(o)).subs(D, units)) for o in (-units, units)]
        return max(self._size(v) for v in ends)

    def _size(self, score: float) -> float:
        return 1.0

    @property
    def example(self) -> Mapping[sp.Basic, sp.Expr]:
        """Values of symbols that an enumeration of vectors cannot leave open."""
        return {}

    def stable(self) -> Separator:
        """A separator whose recall has the same signs, and whose weights never overflow."""
        return self

    def whole(self, similarity: Similarity) -> bool:
        """Whether the weights of sign vectors are whole numbers."""
        return True


class _OfPower(Separator, ABC):
    """What identity and power have in common."""

    @property
    @abstractmethod
    def degree(self) -> sp.Expr:
        """n."""

    def of_score(self, score: sp.Expr, similarity: Similarity) -> sp.Expr:
        return score**self.degree

    def profile(self, similarity: Similarity, shift: int) -> tuple[sp.Expr, Profile]:
        n = self.degree
        slope, offset = similarity.affine
        if not n.is_Integer:
            return slope**n, General((R + shift + offset) ** n)
        expanded = sp.Poly((R + shift + offset) ** n, R)
        coefficients = [polynomial_in_units(c) for c in expanded.all_coeffs()[::-1]]
        return slope**n, Polynomial(tuple(coefficients))

    def whole(self, similarity: Similarity) -> bool:
        return similarity.whole

    def _size(self, score: float) -> float:
        return float(abs(score) ** float(self.degree))


@final
@dataclass(frozen=True)
class Identity(_OfPower):
    """The similarity itself.

    Examples
    --------
    >>> from hebbsym.families.similarities import Dot
    >>> Identity().profile(Dot(), 1)[1].expression
    R + 1
    """

    name: ClassVar[str] = "identity"

    @property
    def degree(self) -> sp.Expr:
        return sp.S.One

    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        return scores


@final
@dataclass(frozen=True)
class Power(_OfPower):
    """The n-th power of the similarity.

    Examples
    --------
    >>> from hebbsym.families.similarities import Dot
    >>> Power(3).profile(Dot(), 0)[1].expression
    R**3
    """

    n: sp.Expr
    name: ClassVar[str] = "power"

    def _require_domain(self) -> None:
        if self.n.is_number and (not self.n.is_Integer or self.n < 1):
            raise InvalidValue(
                f"n is {self.n}; the power of a separator is a whole number of at least 1"
            )
        if self.n.is_number and self.n > HIGHEST_POWER:
            raise SizeLimit(
                f"n = {self.n} is past the bound of {HIGHEST_POWER}; 'exponential' is the limit"
            )

    @property
    def degree(self) -> sp.Expr:
        return self.n

    @property
    def example(self) -> Mapping[sp.Basic, sp.Expr]:
        return {s: sp.Integer(3) for s in self.free_symbols}

    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        import numpy as np

        made = scores.copy()
        for _ in range(int(self.n) - 1):
            made *= scores
        return np.asarray(made)


class _OfExponential(Separator, ABC):
    """What the two exponentials have in common."""

    beta: sp.Expr

    def _require_domain(self) -> None:
        if self.beta.is_number and not (self.beta.is_real and self.beta > 0):
            raise InvalidValue(f"beta is {self.beta}, and it is a positive number")

    def of_score(self, score: sp.Expr, similarity: Similarity) -> sp.Expr:
        return sp.exp(self.beta * score)

    def profile(self, similarity: Similarity, shift: int) -> tuple[sp.Expr, Profile]:
        slope, offset = similarity.affine
        rate = self.beta * slope
        return sp.exp(rate * (shift + offset)), Exponential(sp.S.One, rate)

    def whole(self, similarity: Similarity) -> bool:
        return False


@final
@dataclass(frozen=True)
class Exponent(_OfExponential):
    """exp(beta v).

    Examples
    --------
    >>> from hebbsym.families.similarities import Dot
    >>> from hebbsym.notation import m
    >>> Exponent(2).of_score(m, Dot())
    exp(2*m)
    """

    beta: sp.Expr = sp.S.One
    name: ClassVar[str] = "exponential"

    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        import numpy as np

        scores *= scores.dtype.type(float(self.beta))
        return np.asarray(np.exp(scores, out=scores))

    def _size(self, score: float) -> float:
        nats = float(self.beta) * score
        return math.exp(nats) if nats < 700 else math.inf

    def stable(self) -> Separator:
        return Softmax(self.beta)


@final
@dataclass(frozen=True)
class Softmax(_OfExponential):
    """exp(beta v) over the sum of that over all patterns.

    The largest similarity of a cue is subtracted before exponentials are taken, so that none overflows.

    Examples
    --------
    >>> from hebbsym.families.similarities import Dot
    >>> Softmax(1).draws((sp.S.Zero, sp.S.Zero), Dot(), 2)
    (((1/2, 1/2), 1),)
    """

    beta: sp.Expr = sp.S.One
    name: ClassVar[str] = "softmax"
    pointwise: ClassVar[bool] = False
    divided: ClassVar[str] = "the softmax divides all weights by their sum"

    def draws(self, scores: Sequence[sp.Expr], similarity: Similarity, units: int) -> Draws:
        weights = [self.of_score(v, similarity) for v in scores]
        total = sp.Add(*weights)
        return ((tuple(w / total for w in weights), sp.S.One),)

    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        import numpy as np

        scores -= scores.max(axis=1, keepdims=True)
        scores *= scores.dtype.type(float(self.beta))
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return np.asarray(scores)


@final
@dataclass(frozen=True)
class Max(Separator):
    """1 for the most similar pattern, else 0; each of those that tie is taken with the same chance.

    Examples
    --------
    >>> from hebbsym.families.similarities import Dot
    >>> Max().draws((sp.S.One, sp.S.One, sp.S.Zero), Dot(), 2)
    (((1, 0, 0), 1/2), ((0, 1, 0), 1/2))
    """

    name: ClassVar[str] = "max"
    competitive: ClassVar[bool] = True
    pointwise: ClassVar[bool] = False

    def of_score(self, score: sp.Expr, similarity: Similarity) -> sp.Expr:
        return sp.Function("max")(score)

    def profile(self, similarity: Similarity, shift: int) -> tuple[sp.Expr, Profile]:
        raise NotDerivable(
            "the most similar pattern alone is taken: the field is no sum over independent patterns; ask "
            "for recall or bit_error, which are exact"
        )

    def draws(self, scores: Sequence[sp.Expr], similarity: Similarity, units: int) -> Draws:
        best = sp.Max(*scores)
        tied = [k for k, v in enumerate(scores) if v == best]
        ones = (tuple(sp.Integer(k == chosen) for k in range(len(scores))) for chosen in tied)
        return tuple((weights, sp.Rational(1, len(tied))) for weights in ones)

    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        """The first of those that tie: the patterns come in an order that chance decides."""
        import numpy as np

        chosen = scores.argmax(axis=1)
        scores[:] = 0
        scores[np.arange(len(scores)), chosen] = 1
        return scores


@final
@dataclass(frozen=True)
class Threshold(Separator):
    """1 from the similarity of sign vectors of overlap ``overlap`` D on, else 0.

    Examples
    --------
    >>> from hebbsym.families.similarities import Dot
    >>> from hebbsym.notation import m
    >>> Threshold(sp.S.Half).of_score(m, Dot())
    Piecewise((1, m >= D/2), (0, True))
    """

    overlap: sp.Expr = sp.S.Half
    name: ClassVar[str] = "threshold"
    counts: ClassVar[bool] = True

    def _require_domain(self) -> None:
        if self.overlap.is_number and not (self.overlap.is_real and -1 <= self.overlap <= 1):
            raise InvalidValue(f"overlap is {self.overlap}, outside [-1, 1]")

    @property
    def example(self) -> Mapping[sp.Basic, sp.Expr]:
        return {s: sp.S.Half for s in self.free_symbols}

    def _level(self, similarity: Similarity) -> sp.Expr:
        return sp.expand(similarity.of_overlap(self.overlap * D))

    def of_score(self, score: sp.Expr, similarity: Similarity) -> sp.Expr:
        return sp.Piecewise((sp.S.One, score >= self._level(similarity)), (sp.S.Zero, True))

    def profile(self, similarity: Similarity, shift: int) -> tuple[sp.Expr, Profile]:
        reached = R + shift >= self.overlap * D  # the similarity rises with the overlap
        return sp.S.One, General(sp.Piecewise((sp.S.One, reached), (sp.S.Zero, True)))

    def weigh(self, scores: NDArray[Any], similarity: Similarity, units: int) -> NDArray[Any]:
        import numpy as np

        level = float(self._level(similarity).subs(D, units))
        # similarities of signs are multiples of 2/D at least: rounding must not move the edge
        level -= 1e-6 * max(1.0, abs(level))
        return np.asarray((scores >= level).astype(scores.dtype))


separators: Registry[type[Any]] = Registry("separator")
"""The separators by the name that a user types."""
for _separator in (Identity, Power, Exponent, Softmax, Max, Threshold):
    separators.add(_separator.name, _separator)
