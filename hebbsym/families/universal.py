r"""Universal Hopfield networks: recall as projection of the separated similarities of patterns and cue.

.. math:: h = C^\top\, \mathrm{sep}\bigl(\mathrm{sim}(A, s)\bigr)

with the addresses A of the stored patterns, the cue s, and the contents C.

Main names
----------
UniversalRule
    A similarity (:mod:`~hebbsym.families.similarities`) and a separator
    (:mod:`~hebbsym.families.separators`), as a rule of its own class.
Projection, projections
    What the patterns are: the contents of their own addresses, or others.

Conventions
-----------
The projection is auto-associative where the patterns are
an ensemble (C = A) and hetero-associative where they are a pair.

References
----------
millidge2022 (the three factors; equation numbers unverified).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.families.ensembles import Ensemble, Pair
from hebbsym.families.parameters import Parametric
from hebbsym.families.rules import Rule, RuleClass
from hebbsym.families.separators import Separator
from hebbsym.families.similarities import Similarity
from hebbsym.notation import m, x_i
from hebbsym.registry import Registry

if TYPE_CHECKING:
    pass


@final
@dataclass(frozen=True)
class UniversalRule(Rule):
    """A universal Hopfield network: the patterns are kept, and the cue is compared with each.

    Parameters
    ----------
    similarity : Similarity
    separator : Separator

    Examples
    --------
    >>> from hebbsym.families.separators import Power
    >>> from hebbsym.families.similarities import Cosine
    >>> UniversalRule(Cosine(), Power(3)).name
    'cosine, power(n=3)'
    """

    similarity: Similarity
    separator: Separator

    def __post_init__(self) -> None:
        if not isinstance(self.similarity, Similarity):
            raise InvalidValue(f"{str(self.similarity)[:60]!r} is no similarity")
        if not isinstance(self.separator, Separator):
            raise InvalidValue(f"{str(self.separator)[:60]!r} is no separator")

    @property
    def name(self) -> str:  # type: ignore[override]
        """Similarity and separator."""
        return f"{self.similarity.text}, {self.separator.text}"

    @property
    def weight(self) -> sp.Expr:
        """What a pattern of overlap m weighs, on signs."""
        return self.separator.of_score(self.similarity.of_overlap(m), self.similarity)

    @property
    def update(self) -> sp.Expr:
        """What one pattern adds to the field, m being its overlap with the cue."""
        return x_i * self.weight

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return self.similarity.free_symbols | self.separator.free_symbols

    @property
    def rule_class(self) -> RuleClass:
        return RuleClass.UNIVERSAL

    def for_means(self, post_mean: sp.Expr, pre_mean: sp.Expr) -> UniversalRule:
        return self

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> UniversalRule:
        return replace(
            self, similarity=self.similarity.at(values), separator=self.separator.at(values)
        )

    def stable(self) -> UniversalRule:
        """The rule whose recall has the same signs and whose weights never overflow."""
        return replace(self, separator=self.separator.stable())


class Projection(Parametric, ABC):
    """Which contents the weighted patterns are read out as."""

    @abstractmethod
    def patterns(self, ensemble: Ensemble) -> Ensemble | Pair:
        """The patterns of a setting whose addresses are of an ensemble."""


@final
@dataclass(frozen=True)
class Auto(Projection):
    """The stored patterns themselves.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> Auto().patterns(Bipolar()).text
    'bipolar(mean=0)'
    """

    name: ClassVar[str] = "auto"

    def patterns(self, ensemble: Ensemble) -> Ensemble | Pair:
        return ensemble


@final
@dataclass(frozen=True)
class Hetero(Projection):
    """Other contents, independent of the addresses and of the same law.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> Hetero().patterns(Bipolar()).text
    'pair(content=bipolar(mean=0), address=bipolar(mean=0))'
    """

    name: ClassVar[str] = "hetero"

    def patterns(self, ensemble: Ensemble) -> Ensemble | Pair:
        return Pair(content=ensemble, address=ensemble)


projections: Registry[type[Any]] = Registry("projection")
"""The projections by the name that a user types."""
for _projection in (Auto, Hetero):
    projections.add(_projection.name, _projection)
