r"""What the claims about bounded synapses share, and the evidence that judges them.

Main names
----------
SynapseBench
    Averages, fields and laws of one setting; comparison with every path.
assumed, renewed
    What every claim assumes; a claim that is derived anew where two rates agree at numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Evidence, Method
from hebbsym.errors import NotDerivable
from hebbsym.exactfunctions import WholeFunction
from hebbsym.families.bounded import BoundedRule
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import K, age
from hebbsym.theory.ages.bench import OF_AGE
from hebbsym.theory.bounded.closed import moments_of
from hebbsym.theory.bounded.paths import PathEnumeration
from hebbsym.theory.bounded.synapse import SynapseMoments, chain_of
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Bench, needs_two_values, same

ENUMERATED = ((3, 2), (3, 3))
"""Sizes (D, K) at which claims are compared with every path, at every age."""


@final
class SynapseBench(Bench):
    """Everything that is derived once for a bounded rule in a setting.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> SynapseBench(Setting(rule("sign-clipped"))).mean
    2**(1 - K)*x*(D - 1)*binomial(K - 1, floor(K/2))
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        chain_of(setting, 3)  # refuses patterns without a finite alphabet
        if setting.threshold.inhibits:
            raise NotDerivable(
                "inhibition is not derived for bounded rules; take a fixed threshold, or "
                "'active', which follows the cue"
            )

    @cached_property
    def moments(self) -> SynapseMoments:
        """Averages over one synapse and over two."""
        return moments_of(self.setting)

    @property
    def inputs(self) -> sp.Expr:
        """The number n of terms of the field."""
        return self.setting.inputs

    @cached_property
    def mean(self) -> sp.Expr:
        """M(x), by age."""
        return self.inputs * self.moments.term(1)

    def law_at(self, letter: int) -> FieldLaw:
        """The law of the field under one stored value."""
        one, two, both = self.moments.at_value(letter)
        n = self.inputs
        mean = n * one
        shared = both - one**2
        variance = n * (two - both) + n**2 * shared if shared != 0 else n * (two - one**2)
        return FieldLaw(mean, variance, self.setting.post.alphabet[letter][1])

    @cached_property
    def variance(self) -> sp.Expr:
        """V(x), by age."""
        n, moments = self.inputs, self.moments
        values = [moments.at_value(k) for k in range(len(self.setting.post.alphabet))]
        if all(both == one**2 for one, _, both in values):
            return n * (moments.term(2) - moments.product())
        square = moments.interpolated(lambda k: values[k][0] ** 2)
        return n * (moments.term(2) - moments.product()) + n**2 * (moments.product() - square)

    @cached_property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        reason = needs_two_values(self.setting)
        if reason:
            raise NotDerivable(reason)
        return self.law_at(0), self.law_at(1)

    @cached_property
    def theta(self) -> sp.Expr:
        """Theta; the offset alone where the threshold follows the cue."""
        law = self.setting.threshold
        if law.share != 0:
            return law.offset
        return law.value(*self.laws) if law.depends_on_load else self.plain_theta

    @property
    def enumeration(self) -> PathEnumeration:  # type: ignore[override]
        """Every path of a network of three units and two patterns, age 0."""
        return self._paths(*ENUMERATED[0], 0, symbolic=True)

    def _paths(self, units: int, patterns: int, age_: int, *, symbolic: bool) -> PathEnumeration:
        """Every path at given sizes, with the symbols of the setting or with numbers for them."""
        key = (units, patterns, age_, symbolic)
        if key not in self._walks:
            setting = self.setting if symbolic else self.setting.at(self._numbers)
            posts = None if self.setting.auto else 2
            self._walks[key] = PathEnumeration(setting, units, patterns, posts, age_)
        return self._walks[key]

    @cached_property
    def _walks(self) -> dict[tuple[int, int, int, bool], PathEnumeration]:
        return {}

    @cached_property
    def _numbers(self) -> dict[sp.Symbol, sp.Expr]:
        """Numbers for the symbols of the setting, where a formula is known at numbers only."""
        symbols = sorted(self.setting.free_symbols, key=str)
        return {s: sp.Rational(2 * n + 1, 7 + 2 * n) for n, s in enumerate(symbols)}

    def walked(
        self, what: str, formula: sp.Expr, truth: Callable[[PathEnumeration], sp.Expr], aged: bool
    ) -> Evidence:
        """Evidence that a formula equals the enumeration of all paths, at every age."""
        symbols = len(self.setting.free_symbols)
        numbers_only = formula.has(WholeFunction)
        pinned = [numbers_only or (patterns > 2 and symbols > 1) for _, patterns in ENUMERATED]

        def holds() -> bool:
            for (units, patterns), at_numbers in zip(ENUMERATED, pinned, strict=True):
                for age_ in range(patterns if aged else 1):
                    at = {notation.D: units, K: patterns, age: age_}
                    numbers = {s: sp.Integer(n) for s, n in at.items()}
                    values = self._numbers if at_numbers else {}
                    found = formula.xreplace({**values, **numbers}).doit()
                    paths = self._paths(units, patterns, age_, symbolic=not at_numbers)
                    if not same(found, truth(paths)):
                        return False
            return True

        return Evidence(
            Method.ENUMERATION,
            f"{what} over all patterns, cues and paths of the synapses at D = 3, K = 2 and 3, "
            f"{'every age, ' if aged else ''}{_how(pinned, self._numbers)}",
            holds,
        )


def _how(pinned: list[bool], values: dict[sp.Symbol, sp.Expr]) -> str:
    """Whether symbols were kept or given numbers."""
    shown = ", ".join(f"{s} = {v}" for s, v in values.items())
    if not any(pinned) or not values:
        return "zero tolerance" if not values else "identically in all symbols"
    return (
        f"at {shown}"
        if all(pinned)
        else f"identically in all symbols at K = 2, at {shown} at K = 3"
    )


def assumed(setting: Setting) -> tuple[str, ...]:
    """What every claim about a bounded rule assumes."""
    assert isinstance(setting.rule, BoundedRule)
    return (
        *conditions(setting),
        setting.rule.statement,
        *(
            (
                f"theta follows the cue: {setting.threshold.share} times the cue's sum over the "
                "inputs of the unit is subtracted from every field, its mean and its variance",
            )
            if setting.threshold.share != 0
            else ()
        ),
        "patterns are shown once each, in order; age 0 is the pattern shown last",
    )


def renewed(build: Callable[[SynapseBench], Claim]) -> Callable[[SynapseBench], Claim]:
    """The claim with what an age must meet, and derived anew where two rates agree at numbers."""

    def made(bench: SynapseBench) -> Claim:
        claim = build(bench)

        def anew(values: Mapping[sp.Symbol, sp.Expr | int]) -> sp.Basic:
            own = {s: sp.Integer(v) if isinstance(v, int) else v for s, v in values.items()}
            kept = {s: v for s, v in own.items() if s in bench.setting.free_symbols}
            return build(SynapseBench(bench.setting.at(kept))).formula

        aged = notation.age in claim.formula.free_symbols
        return replace(claim, requirements=(OF_AGE,) if aged else (), anew=anew)

    return made
