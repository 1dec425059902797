"""What the claims of one setting share, derived once and on demand; and how a claim is announced.

Main names
----------
Workbench
    Fields, signal, laws of the field, threshold and the enumeration of a setting.
Quantity
    One entry of the table of quantities: when it exists, and how its claim is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

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


class Workbench:
    """Everything that is derived once for a setting.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> Workbench(Setting(ExpandedRule(2, {(1, 1): 1}))).signal.rho
    (D - 1)/(K - 1)
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

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

    @property
    def plain_theta(self) -> sp.Expr:
        """A threshold that does not follow from the laws of the field."""
        unused = FieldLaw(sp.S.Zero, sp.S.One, sp.S.Half)
        return self.setting.threshold.value(unused, unused)

    @cached_property
    def theta(self) -> sp.Expr:
        """The threshold's value."""
        return self.setting.threshold.value(*self.laws)

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


def same(first: sp.Expr, second: sp.Expr) -> bool:
    """Whether two rational expressions are identical.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> same((x + 1) ** 2, x**2 + 2 * x + 1), same(x, x + 1)
    (True, False)
    """
    top, _ = sp.fraction(sp.together(first - second))
    return bool(sp.expand(top) == 0)


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


@dataclass(frozen=True)
class Quantity:
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

    build: Callable[[Workbench], Claim]
    absent: Callable[[Setting], str] = needs_nothing
    by_default: bool = True


Quantities = Mapping[str, Quantity]
