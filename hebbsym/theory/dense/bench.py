r"""Moments of signal and crosstalk of a dense memory, exact at finite D and K.

Times the stored value at the unit, the field is S + C_2 + ... + C_K: the signal S of the cued pattern and
one crosstalk from each other pattern. Given y, the unit's own entry of the cue times its stored value,
all of them are independent, and each is a function of one walk:

.. math:: S = g(R_1), \quad C = u\, g(R) \qquad \text{or, with the own unit,} \quad S = F'(R_1 + y),
          \quad C = u\, F'(R + u y)

with u = xi_i^mu xi_i^1 a fair sign. With the own unit R + uy is a walk of D steps, and a step of it is as
good as any other: E[w F'(m)^r] = E[m F'(m)^r]/D.

Main names
----------
DenseBench
    Moments of S and C, and through its base those of the field.

Neglects
--------
Nothing at finite D and K for unbiased bipolar patterns. Where a masked cue and the own unit meet, other
patterns are correlated through the mask, and the claim is refused.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym.claim import Claim, Requirement
from hebbsym.errors import NotDerivable
from hebbsym.exactfunctions import WholeFunction, whole_function
from hebbsym.families.dense import DenseRule
from hebbsym.families.profiles import Polynomial, Profile, Walk
from hebbsym.families.thresholds import Zero
from hebbsym.notation import D
from hebbsym.theory.dense.enumeration import DenseEnumeration
from hebbsym.theory.dense.overlaps import Branches, OverlapBench, plain
from hebbsym.theory.setting import Setting


@final
class DenseBench(OverlapBench):
    """Everything that is derived once for a dense memory in a setting.

    Parameters
    ----------
    setting : Setting
    units : sympy.Expr
        D, or a number in its place.

    Raises
    ------
    NotDerivable
        For patterns that are not unbiased signs, for a threshold other than zero.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> bench = DenseBench(Setting(dense_rule(Power(4), "gradient", "power")))
    >>> bench.signal(1), bench.crosstalk(2)
    (D**3 - 3*D**2 + 3*D - 1, 15*D**3 - 75*D**2 + 121*D - 61)
    """

    def __init__(self, setting: Setting, units: sp.Expr = D) -> None:
        super().__init__(setting)
        self.units = units
        rule = setting.rule
        assert isinstance(rule, DenseRule)
        self.rule = rule
        if not setting.auto or {v for v, _ in setting.post.alphabet} != {-1, 1} or (
            setting.post.moment(1) != 0
        ):  # fmt: skip
            raise NotDerivable(
                "a dense memory is derived for unbiased bipolar patterns: its crosstalk moments are "
                f"those of a sum of fair signs, and the patterns are {setting.patterns.text}"
            )
        if not isinstance(setting.threshold, Zero):
            raise NotDerivable(
                f"a dense memory has threshold zero, not {setting.threshold.text}: its field is odd "
                "in the stored value"
            )
        if self.rule.separation.of_signs and self.square != 1:
            raise NotDerivable(
                f"{self.rule.separation.name!r} is a function of the overlap for cues of signs only; "
                "take a flipped cue, or the plain power"
            )
        if self.rule.coupled and self.square != 1:
            raise NotDerivable(
                "with the own unit in the overlap a masked cue correlates the other patterns; take "
                "the update 'gradient' or 'difference'"
            )

    # ---- the walks ------------------------------------------------------------------------

    @cached_property
    def branches(self) -> Branches:
        """Pairs (cue entry times stored value, probability)."""
        return self.setting.cue.transitions(self.setting.post, sp.S.One)

    @cached_property
    def mean(self) -> sp.Expr:
        """E of the cue entry times the stored value: 1 - 2 delta of a flipped cue."""
        return sp.expand(sp.Add(*(v * p for v, p in self.branches)))

    @cached_property
    def square(self) -> sp.Expr:
        """E of its square: 1 but for masked cues."""
        return sp.expand(sp.Add(*(v**2 * p for v, p in self.branches)))

    @cached_property
    def cued(self) -> Walk:
        """The overlap of the cued pattern outside the unit."""
        return Walk(1, self.mean, self.square, self.units)

    @cached_property
    def other(self) -> Walk:
        """The overlap of another pattern outside the unit."""
        return Walk(1, sp.S.Zero, self.square, self.units)

    @cached_property
    def whole(self) -> Walk:
        """The whole overlap of another pattern with a cue of signs."""
        return Walk(0, units=self.units)

    @cached_property
    def profile(self) -> Profile:
        """g, without the own unit."""
        return self.rule.step.profile(self.rule.separation)

    # ---- given the own entry of the cue ---------------------------------------------------

    def signal_given(self, y: sp.Expr, power: int) -> sp.Expr:
        """E[S**power | y]."""
        shift = int(y) if self.rule.coupled else 0
        profile = self.rule.separation.slope(shift) if shift else self.profile
        if self.cued.mean == 1 and self.cued.square == 1:
            return plain(profile.certain(self.cued, power))
        return profile.power(power).average(self.cued)

    def crosstalk_given(self, y: sp.Expr, power: int) -> sp.Expr:
        """E[C**power | y]."""
        profile = self.profile.power(power)
        if not (self.rule.coupled and y != 0):
            return sp.S.Zero if power % 2 else profile.average(self.other)
        if power % 2 == 0:
            return profile.average(self.whole)
        return y * profile.along(self.whole)

    @cached_property
    def enumeration(self) -> DenseEnumeration:  # type: ignore[override]
        """All patterns and cues of three units and three patterns."""
        return DenseEnumeration(self.setting, 3, 3)

    def admitted(self, claim: Claim) -> Claim:
        """The claim with what D must meet: F has values and slopes at all overlaps that occur."""
        if self.rule.separation.everywhere:
            return claim
        needed = Requirement(
            "the number of overlaps without F", _missing(self.rule)(D), sp.S.Zero, False
        )
        text = "F has a value" + ("" if self.rule.step.by_energy else ", and a slope,")
        return replace(
            claim,
            assumptions=(*claim.assumptions, f"{text} at every overlap that occurs for this D"),
            requirements=(*claim.requirements, needed),
        )

    @property
    def polynomial(self) -> bool:
        """Whether moments are polynomials in D."""
        return isinstance(self.profile, Polynomial)


def _missing(rule: DenseRule) -> type[WholeFunction]:
    """0, or the error that names the first overlap at which F is not known."""

    def law(units: sp.Expr) -> sp.Expr:
        rule.require_units(int(units))
        return sp.S.Zero

    return whole_function("missing", law)
