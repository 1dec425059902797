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

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import final

import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.profiles import Profile
from hebbsym.families.rules import Rule, RuleClass
from hebbsym.families.separations import Separation
from hebbsym.notation import D, x_i
from hebbsym.registry import Registry

MOST_OVERLAPS = 2**14
"""Bound on D for a given F that is no polynomial: it is looked at overlap by overlap."""


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
        missing = [reason for units in (2, 3) if (reason := self._missing(units))]
        if len(missing) == 2:  # and the overlaps of D - 2 units are among those of D
            raise InvalidValue(f"there is no D for it: {'; '.join(missing)}")

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
        """The rule with symbols replaced; raises when F has no value or slope that a given D needs."""
        if values.get(D, sp.S.Half).is_Integer:
            self.require_units(int(values[D]))
        return replace(self, separation=self.separation.at(values))

    def require_units(self, units: int) -> None:
        """Refuse a number of units with an overlap at which F has no value, or no slope where it is followed.

        Raises
        ------
        InvalidValue
            Names the overlap.
        SizeLimit
            When there are more overlaps than are looked at one by one.

        Examples
        --------
        >>> from hebbsym.families.separations import Given
        >>> from hebbsym.notation import m
        >>> DenseRule(Given(sp.Abs(m)), updates["gradient"]).require_units(3)
        Traceback (most recent call last):
        ...
        hebbsym.errors.InvalidValue: F = Abs(m) has no slope at the overlap 0, which occurs for D = 3
        """
        outside = units if self.coupled else units - 1
        try:
            self.separation.require_values(_overlaps(units))
            if not self.step.by_energy:
                self.separation.require_slopes(_overlaps(outside))
        except InvalidValue as error:
            raise InvalidValue(f"{error}, which occurs for D = {units}") from None

    def admits(self, units: int) -> bool:
        """Whether F has the values and slopes that so many units need.

        Examples
        --------
        >>> from hebbsym.families.separations import Given
        >>> from hebbsym.notation import m
        >>> rule = DenseRule(Given(sp.Abs(m)), updates["gradient"])
        >>> [units for units in range(1, 7) if rule.admits(units)]
        [2, 4, 6]
        """
        return not self._missing(units)

    def _missing(self, units: int) -> str:
        """What F lacks for so many units, or nothing."""
        try:
            self.require_units(units)
        except InvalidValue as error:
            return str(error)
        return ""

    @property
    def coupled(self) -> bool:
        """Whether a unit's own entry of the cue enters its field."""
        return self.step.includes_self and self.separation.sees_itself


def _overlaps(units: int) -> Iterator[int]:
    """All overlaps of so many signs, small ones first."""
    if units > MOST_OVERLAPS:
        raise SizeLimit(
            f"F is looked at overlap by overlap, and D = {units} is past the bound of {MOST_OVERLAPS}"
        )
    yield from sorted(range(-units, units + 1, 2), key=abs)


def dense_rule(separation: Separation, update: str, normalisation: str) -> DenseRule:
    """The rule of a separation, an update and a normalisation, by their names.

    Examples
    --------
    >>> from hebbsym.families.separations import Power
    >>> dense_rule(Power(4), "gradient", "rectified").name
    'rectified(n=4), gradient'
    """
    return DenseRule(normalisations[normalisation](separation), updates[update])
