"""What the claims of one setting share, derived once and on demand; and how a claim is announced.

Main names
----------
Bench
    What every setting has, whatever its rule: laws of the field, a threshold, an enumeration.
Workbench
    The bench of an additive rule: fields, signal, coefficients.
Quantity
    One entry of the table of quantities: when it exists, and how its claim is made.
Table
    The quantities of one class of rules, and the bench that they are derived on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar, final

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Evidence, Method
from hebbsym.errors import NotDerivable
from hebbsym.families.thresholds import FieldLaw
from hebbsym.theory.enumeration import Enumeration, enumerate_fields
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.optimum import CoefficientTheorem
from hebbsym.theory.setting import Setting
from hebbsym.theory.signal import Signal

SMALL = {notation.D: 3, notation.K: 2, notation.M: 2}
"""Sizes at which closed forms are compared with the enumeration of all patterns."""


class Bench(ABC):
    """What is derived once for a setting, whatever the class of its rule.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> Workbench(Setting(ExpandedRule(2, {(1, 1): 1}))).theta
    0
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @property
    @abstractmethod
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        """The laws of the field under the lower and under the higher stored value."""

    @property
    @abstractmethod
    def enumeration(self) -> Enumeration:
        """All patterns of a network of three units and two patterns."""

    @property
    def plain_theta(self) -> sp.Expr:
        """A threshold that does not follow from the laws of the field."""
        unused = FieldLaw(sp.S.Zero, sp.S.One, sp.S.Half)
        return self.setting.threshold.value(unused, unused)

    @cached_property
    def theta(self) -> sp.Expr:
        """The threshold's value."""
        return self.setting.threshold.value(*self.laws)

    @property
    def finite(self) -> bool:
        """Whether the patterns can be enumerated."""
        return bool(self.setting.post.alphabet and self.setting.pre.alphabet)

    def enumerated(
        self, what: str, formula: sp.Expr, truth: Callable[[], sp.Expr]
    ) -> Evidence | None:
        """Evidence that a formula equals the enumeration, identically in all symbols."""
        if not self.finite:
            return None
        sizes = "D = 3, K = 2" + ("" if self.setting.auto else ", M = 2")

        def holds() -> bool:
            return same(formula.xreplace({s: sp.Integer(n) for s, n in SMALL.items()}), truth())

        return Evidence(
            Method.ENUMERATION,
            f"{what} over all patterns and cues at {sizes}, zero tolerance",
            holds,
        )


@final
class Workbench(Bench):
    """Everything that is derived once for an additive rule in a setting.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> Workbench(Setting(ExpandedRule(2, {(1, 1): 1}))).signal.rho
    (D - 1)/(K - 1)
    """

    @cached_property
    def fields(self) -> FieldMoments:
        """Moments of the field to second order."""
        return FieldMoments(self.setting)

    @cached_property
    def higher(self) -> FieldMoments:
        """Moments of the field to fourth order."""
        return FieldMoments(self.setting, order=4)

    @cached_property
    def signal(self) -> Signal:
        """Signal and noise."""
        return Signal(self.fields)

    @cached_property
    def coefficients(self) -> CoefficientTheorem:
        """s and N in the plain basis."""
        return CoefficientTheorem(self.setting)

    @cached_property
    def centred_coefficients(self) -> CoefficientTheorem:
        """s, N and c* in the centred basis."""
        return CoefficientTheorem(self.setting, centred=True)

    @cached_property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        """The laws of the field under the lower and under the higher stored value."""
        reason = needs_two_values(self.setting)
        if reason:
            raise NotDerivable(reason)
        fields = self.fields
        low, high = (
            FieldLaw(
                fields.expression(fields.at_value(fields.mean, value)),
                fields.expression(fields.at_value(fields.variance, value)),
                probability,
            )
            for value, probability in self.setting.post.alphabet
        )
        return low, high

    @cached_property
    def symmetric(self) -> bool:
        """Whether both conditional errors are Q(sqrt(rho)) identically: M+ + M- = 2 theta, V+ = V-."""
        fields = self.fields
        low, high = fields.values
        same = fields.at_value(fields.variance, low) == fields.at_value(fields.variance, high)
        if self.setting.threshold.balances:
            return bool(same)
        total = fields.at_value(fields.mean, low) + fields.at_value(fields.mean, high)
        return bool(same) and fields.expression(total) == 2 * self.theta

    @cached_property
    def post_part(self) -> bool:
        """Whether the rule has a part that depends on the postsynaptic unit alone (B != 0)."""
        return bool(self.fields.anatomy.post)

    @cached_property
    def enumeration(self) -> Enumeration:
        """All patterns of a network of three units and two patterns."""
        sizes = {s.name: n for s, n in SMALL.items() if s != notation.M or not self.setting.auto}
        return enumerate_fields(self.setting, **sizes)


def same(first: sp.Expr, second: sp.Expr) -> bool:
    """Whether two rational expressions are identical.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> same((x + 1) ** 2, x**2 + 2 * x + 1), same(x, x + 1)
    (True, False)
    """
    difference = first - second
    if not all(power.exp.is_nonnegative for power in difference.atoms(sp.Pow)):
        difference, _ = sp.fraction(sp.together(difference))  # polynomials have no denominator
    return bool(sp.expand(difference) == 0)


def needs_two_values(setting: Setting) -> str:
    """The reason why a setting has no bit error, or nothing."""
    if setting.post.two_valued:
        return setting.output.objection(tuple(v for v, _ in setting.post.alphabet))
    return (
        f"a bit error needs two-valued patterns; {setting.post.name} patterns have "
        f"{len(setting.post.alphabet) or 'a continuum of'} values (snr is defined for them)"
    )


def needs_nothing(setting: Setting) -> str:
    """For quantities that exist in every setting."""
    return ""


B = TypeVar("B", bound=Bench)


@dataclass(frozen=True)
class Quantity(Generic[B]):
    """A quantity that can be derived.

    Parameters
    ----------
    build : callable
        Makes the claim.
    absent : callable
        The reason why a setting does not have the quantity; empty when it has.
    by_default : bool
        Whether it is derived when no quantity is named.
    """

    build: Callable[[B], Claim]
    absent: Callable[[Setting], str] = needs_nothing
    by_default: bool = True


Quantities = Mapping[str, Quantity[B]]


@dataclass(frozen=True)
class Table(Generic[B]):
    """What can be asked of one class of rules.

    Parameters
    ----------
    bench : callable
        Makes the bench of a setting.
    quantities : callable
        Gives the quantities of a setting by name, in the order in which they are listed.
    """

    bench: Callable[[Setting], B]
    quantities: Callable[[Setting], Quantities[B]]
