"""Cues: what is presented in the place of a stored pattern, unit by unit, independently.

Main names
----------
Cue
    The contract: the law of the cue's entry s given the stored entry y.
Exact, Flip, Mask
    s = y; s is the flip of y with probability delta; s = 0 with probability delta.

Conventions
-----------
``centred=1`` subtracts the cue's mean E[s] from every entry, which a network does by
a population inhibition of its input; it removes the terms of the noise that a
non-zero mean activity of the cue multiplies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, final

import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.families.parameters import Parametric
from hebbsym.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class StoredLaw(Protocol):
    """What a cue needs to know of the ensemble: its moments and its flip."""

    def moment(self, k: int) -> sp.Expr: ...
    def flipped(self, x: sp.Expr) -> sp.Expr: ...


_Y = sp.Symbol("y")


class Cue(Parametric, ABC):
    """The law of s given y, as a finite mixture of polynomials of y."""

    reach: ClassVar[sp.Rational] = sp.S.One
    """The largest ``delta`` at which the cue still points to the stored pattern, not to its inverse."""
    centred: sp.Expr

    @abstractmethod
    def branches(self, law: StoredLaw, y: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """Pairs (value of s before centring, probability) given the stored value ``y``."""

    @final
    def transitions(self, law: StoredLaw, y: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """Pairs (value of s, probability) given the stored value ``y``; probability 0 is left out."""
        shift = self.shift(law)
        return tuple((value - shift, p) for value, p in self.branches(law, y) if p != 0)

    @final
    def shift(self, law: StoredLaw) -> sp.Expr:
        """What centring subtracts: E[s] when ``centred`` is 1, else 0."""
        if self.centred == 0:
            return sp.S.Zero
        return self._uncentred(law, 0, 1)

    @final
    def moment(self, law: StoredLaw, k: int, power: int) -> sp.Expr:
        """E[y**k * s**power] of one unit.

        Examples
        --------
        >>> from hebbsym.families.ensembles import Bipolar
        >>> delta = sp.Symbol("delta")
        >>> sp.expand(Flip(delta).moment(Bipolar(), 1, 1))
        1 - 2*delta
        """
        shift = self.shift(law)
        if shift == 0:
            return self._uncentred(law, k, power)
        return sp.expand(
            sum(
                sp.binomial(power, r) * (-shift) ** (power - r) * self._uncentred(law, k, r)
                for r in range(power + 1)
            )
        )

    def _uncentred(self, law: StoredLaw, k: int, power: int) -> sp.Expr:
        total = sp.S.Zero
        for value, probability in self.branches(law, _Y):
            polynomial = sp.Poly(_Y**k * value**power, _Y)
            total += probability * sum(c * law.moment(n) for (n,), c in polynomial.terms())
        return sp.expand(total)

    @abstractmethod
    def sample(
        self, rng: np.random.Generator, patterns: NDArray[Any], law: StoredLaw
    ) -> NDArray[Any]:
        """Cues for patterns of any shape, before centring (see :meth:`shift`)."""

    def _shown(self) -> Mapping[str, sp.Expr]:
        return {p: v for p, v in self.parameters.items() if p != "centred" or v != 0}

    def _require_domain(self) -> None:
        if self.centred not in (0, 1):
            raise InvalidValue(f"centred is 0 or 1, not {self.centred}")
        probability = self.parameters.get("delta", sp.S.Zero)
        inside = not probability.is_number or (probability.is_real and 0 <= probability <= 1)
        if not inside:
            raise InvalidValue(
                f"the probability delta of {self.name} is {probability}, outside [0, 1]"
            )


@final
@dataclass(frozen=True)
class Exact(Cue):
    """The stored pattern itself."""

    centred: sp.Expr = sp.S.Zero
    name: ClassVar[str] = "exact"

    def branches(self, law: StoredLaw, y: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        return ((y, sp.S.One),)

    def sample(
        self, rng: np.random.Generator, patterns: NDArray[Any], law: StoredLaw
    ) -> NDArray[Any]:
        return patterns


@final
@dataclass(frozen=True)
class Flip(Cue):
    """Each entry is flipped with probability ``delta``: the sign changes, and 0 and 1 are exchanged for binary."""

    delta: sp.Expr
    centred: sp.Expr = sp.S.Zero
    name: ClassVar[str] = "flip"
    reach: ClassVar[sp.Rational] = sp.S.Half

    def branches(self, law: StoredLaw, y: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        return ((y, 1 - self.delta), (law.flipped(y), self.delta))

    def sample(
        self, rng: np.random.Generator, patterns: NDArray[Any], law: StoredLaw
    ) -> NDArray[Any]:
        import numpy as np

        self._require_numbers()
        hit = rng.random(patterns.shape) < float(self.delta)
        offset = int(law.flipped(sp.S.Zero))  # the flip is offset - y for every ensemble
        return np.where(hit, patterns.dtype.type(offset) - patterns, patterns)


@final
@dataclass(frozen=True)
class Mask(Cue):
    """Each entry is set to 0 with probability ``delta``."""

    delta: sp.Expr
    centred: sp.Expr = sp.S.Zero
    name: ClassVar[str] = "mask"

    def branches(self, law: StoredLaw, y: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        return ((y, 1 - self.delta), (sp.S.Zero, self.delta))

    def sample(
        self, rng: np.random.Generator, patterns: NDArray[Any], law: StoredLaw
    ) -> NDArray[Any]:
        self._require_numbers()
        kept = rng.random(patterns.shape) >= float(self.delta)
        masked: NDArray[Any] = patterns * kept.astype(patterns.dtype)
        return masked


cues: Registry[type[Any]] = Registry("cue")
"""The cues by the name that a user types."""
for _cue in (Exact, Flip, Mask):
    cues.add(_cue.name, _cue)
