r"""Dense associative memories: a separation function, an update, a normalisation.

.. math:: E(\sigma) = -\sum_\mu F(\xi^\mu \cdot \sigma)

=====================  ====================================================================
update                 h_i, whose sign unit i takes
=====================  ====================================================================
difference             E(sigma_i = -1) - E(sigma_i = +1)
gradient               sum_mu xi_i F'(R), the own unit left out of the overlap
gradient-with-self     sum_mu xi_i F'(m) = - dE/d sigma_i, the own unit in the overlap
=====================  ====================================================================

Main names
----------
DenseRule
    What a dense memory makes of its patterns, as a rule of its own class.
Update, updates, normalisations
    The registries of updates and of normalisations.

Conventions
-----------
The normalisation ``power`` leaves F as it is, ``distinct`` leaves out coinciding indices, ``rectified``
leaves out negative overlaps. For F = m^2/2 the difference is twice the gradient.

References
----------
krotov2016 (energy eq. 2, rectified powers eq. 3, update eq. 4); the prospectus of 9 October 2025, equations 6-9, 11, 13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import final

import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.families.profiles import Profile
from hebbsym.families.rules import Rule, RuleClass
from hebbsym.families.separations import Separation
from hebbsym.notation import x_i
from hebbsym.registry import Registry


@dataclass(frozen=True)
class Update:
    """How the state of a unit is decided.

    Parameters
    ----------
    name : str
    statement : str
        In words, for the assumptions of a claim.
    profile : callable
        What a separation makes of the overlap outside the unit, for patterns without self-coupling.
    includes_self : bool
        Whether the unit itself is in the overlap.
    by_energy : bool
        Whether the energies of both states are compared.
    """

    name: str
    statement: str
    profile: Callable[[Separation], Profile]
    includes_self: bool = False
    by_energy: bool = False


updates: Registry[Update] = Registry("update")
"""The updates by name."""
for _update in (
    Update(
        "difference",
        "h_i is the energy with sigma_i = -1 less the energy with sigma_i = +1",
        lambda separation: separation.difference(),
        by_energy=True,
    ),
    Update(
        "gradient",
        "h_i is the sum of xi_i F'(R) over all patterns, R the overlap without unit i",
        lambda separation: separation.slope(),
    ),
    Update(
        "gradient-with-self",
        "h_i is minus the derivative of the energy: the overlap contains unit i of the cue",
        lambda separation: separation.slope(),
        includes_self=True,
    ),
):
    updates.add(_update.name, _update)

normalisations: Registry[Callable[[Separation], Separation]] = Registry("normalisation")
"""What is made of a separation, by name."""
normalisations.add("power", lambda separation: separation)
normalisations.add("distinct", lambda separation: separation.distinct())
normalisations.add("rectified", lambda separation: separation.rectified())


@final
@dataclass(frozen=True)
class DenseRule(Rule):
    """A dense memory: the patterns are kept, and each is compared with the state.

    Parameters
    ----------
    separation : Separation
        After normalisation.
    step : Update

    Examples
    --------
    >>> from hebbsym.families.separations import Power
    >>> DenseRule(Power(2), updates["gradient"]).update
    R*x_i
    """

    separation: Separation
    step: Update

    def __post_init__(self) -> None:
        if not isinstance(self.separation, Separation):
            raise InvalidValue(f"{self.separation!r} is no separation function")

    @property
    def name(self) -> str:  # type: ignore[override]
        """Separation and update."""
        return f"{self.separation.text}, {self.step.name}"

    @property
    def update(self) -> sp.Expr:
        """What one pattern adds to the field, R being its overlap outside the unit."""
        return x_i * self.step.profile(self.separation).expression

    @property
    def effect(self) -> tuple[str, sp.Symbol, str]:
        where = "the unit itself included" if self.coupled else "the unit itself left out"
        return (
            "Each stored pattern adds to the field of unit i",
            sp.Symbol(r"\Delta h_i"),
            f"There are no weights: the patterns themselves are kept. x_i is a pattern's value at unit i, "
            f"and R its overlap with the cue, {where}. The memory is auto-associative: K patterns, D units.",
        )

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return self.separation.free_symbols

    @property
    def rule_class(self) -> RuleClass:
        return RuleClass.DENSE

    def for_means(self, post_mean: sp.Expr, pre_mean: sp.Expr) -> DenseRule:
        return self

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> DenseRule:
        return replace(self, separation=self.separation.at(values))

    @property
    def coupled(self) -> bool:
        """Whether a unit's own entry of the cue enters its field."""
        return self.step.includes_self and self.separation.sees_itself


def dense_rule(separation: Separation, update: str, normalisation: str) -> DenseRule:
    """The rule of a separation, an update and a normalisation, by their names.

    Examples
    --------
    >>> from hebbsym.families.separations import Power
    >>> dense_rule(Power(4), "gradient", "rectified").name
    'rectified(n=4), gradient'
    """
    return DenseRule(normalisations[normalisation](separation), updates[update])
