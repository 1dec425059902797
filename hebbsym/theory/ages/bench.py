r"""What the claims about a rule affine in the weight share, and the evidence that judges them.

Main names
----------
AgedBench
    Moments, fields and laws by age, for finite K and in the limit of many patterns.
renewed
    A claim that can be derived anew where its general formula is a quotient 0/0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, final

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.claim import Claim, Evidence, Method, Requirement
from hebbsym.errors import NotDerivable
from hebbsym.families.thresholds import FieldLaw
from hebbsym.theory.ages.fields import AgedField
from hebbsym.theory.ages.forms import Forms
from hebbsym.theory.ages.fractions import forms
from hebbsym.theory.ages.moments import AgedMoments
from hebbsym.theory.enumeration import Enumeration, enumerate_fields
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import SMALL, Bench, needs_two_values, same

Numbers = Mapping[sp.Symbol, sp.Rational]

OF_AGE = Requirement("the age", notation.age, notation.K - 1, strict=False)
"""Patterns are as old as there are later ones."""


@final
class AgedBench(Bench):
    """Everything that is derived once for a rule affine in the weight.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> AgedBench(Setting(rules["oja"])).field.mean
    eta*x*(1 - eta)**age*(D - 1)
    """

    @cached_property
    def moments(self) -> AgedMoments:
        """Moments of weights and fields to second order."""
        return AgedMoments(self.setting)

    @cached_property
    def forms(self) -> Forms:
        """In what they are put together."""
        return forms(self.moments)

    @cached_property
    def field(self) -> AgedField:
        """The field of a pattern of any age after K patterns."""
        return AgedField(self.forms, self.forms.of)

    @cached_property
    def stationary(self) -> AgedField:
        """The same in the limit of many patterns.

        Raises
        ------
        NotDerivable
            When second moments of the weights cannot settle, whatever the values of the symbols.
        """
        rate = self.retention(2)
        if (rate - 1).is_nonnegative:
            raise NotDerivable(
                f"there is no stationary law: a pattern multiplies E[w^2] by {rate}, which is "
                "nowhere below 1"
            )
        return AgedField(self.forms, self.forms.stationary)

    def retention(self, power: int) -> sp.Expr:
        """E[(1 + A)**power]: what a pattern multiplies the mean of w**power by."""
        rate = self.moments.rate("", power)
        return self.forms.expression(self.forms.lifted(rate))

    @property
    def settling(self) -> Requirement:
        """What the second moments of the weights need to have a stationary law."""
        return Requirement("E[(1 + A)^2]", self.retention(2))

    @cached_property
    def higher(self) -> AgedField:
        """The field with its moments to fourth order."""
        made = forms(AgedMoments(self.setting, order=4))
        return AgedField(made, made.of)

    @cached_property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        """The laws of the field under the lower and under the higher stored value."""
        reason = needs_two_values(self.setting)
        if reason:
            raise NotDerivable(reason)
        low, high = (
            FieldLaw(
                self.field.mean.xreplace({notation.x: value}),
                self.field.variance.xreplace({notation.x: value}),
                probability,
            )
            for value, probability in self.setting.post.alphabet
        )
        return low, high

    # ---- evidence -------------------------------------------------------------------------

    @property
    def enumeration(self) -> Enumeration:
        """All patterns of a network of three units and two patterns, the last one recalled."""
        return self.enumerations[0]

    @cached_property
    def enumerations(self) -> tuple[Enumeration, ...]:
        """The same for every age."""
        return tuple(small_enumeration(self.setting, age) for age in range(SMALL[notation.K]))

    def on_alphabet(self, polynomial: sp.Expr) -> sp.Expr:
        """A polynomial in x with the powers that the alphabet of the stored values leaves."""
        values = [v for v, _ in self.setting.post.alphabet]
        if not values:
            return sp.expand(polynomial)
        return sp.rem(polynomial, sp.Mul(*(notation.x - v for v in values)), notation.x)

    def at_every_age(
        self,
        what: str,
        derived: Callable[[int], PolyElement],
        truth: Callable[[Enumeration, sp.Expr], sp.Expr],
    ) -> Evidence | None:
        """Evidence that the recurrence gives the enumeration at every age and stored value."""
        if not self.finite:
            return None

        def holds() -> bool:
            return all(
                same(self._at_value(derived(age), value), truth(enumeration, value))
                for age, enumeration in enumerate(self.enumerations)
                for value, _ in self.setting.post.alphabet
            )

        return Evidence(
            Method.ENUMERATION,
            f"{what} at every age and stored value, over all patterns and cues at D = 3, K = 2, as "
            "polynomials in all symbols",
            holds,
        )

    def _at_value(self, element: PolyElement, value: sp.Expr) -> sp.Expr:
        sizes: dict[sp.Symbol, sp.Expr] = {s: sp.Integer(n) for s, n in SMALL.items()}
        return self.moments.named(element.as_expr()).xreplace({notation.x: value, **sizes})

    def iterated(
        self,
        formula: sp.Expr,
        truth: Callable[[int, int, Callable[[PolyElement], Any]], sp.Expr],
        largest: int = 4,
    ) -> Evidence:
        """Evidence that a closed form in age and K equals the recurrence, run pattern by pattern.

        ``truth(age, K, seen)`` runs it on what ``seen`` makes of its entries: exact rational numbers,
        at rational values of all symbols.
        """

        def holds() -> bool:
            for values in self.points(formula):
                seen = self.moments.numbers(values)
                for patterns in range(1, largest + 1):
                    for age in range(patterns):
                        at = {notation.K: sp.Integer(patterns), notation.age: sp.Integer(age)}
                        found = truth(age, patterns, seen).xreplace(values)
                        if formula.xreplace({**values, **at}) != found:
                            return False
            return True

        return Evidence(
            Method.SECOND_ROUTE,
            f"closed form against the recurrence run pattern by pattern, every age up to K = {largest}, "
            "exactly, at rational values of all symbols",
            holds,
        )

    def counted(
        self, what: str, formula: sp.Expr, truth: Callable[[Enumeration, sp.Expr], sp.Expr]
    ) -> Evidence | None:
        """Evidence that a closed form is what the enumeration gives, at values of all symbols."""
        if not self.finite:
            return None

        def holds() -> bool:
            sizes = {s: sp.Integer(n) for s, n in SMALL.items()}
            for values in self.points(formula):
                numeric = self.setting.at(values)
                for age in range(SMALL[notation.K]):
                    at = {**values, **sizes, notation.age: sp.Integer(age)}
                    law = small_enumeration(numeric, age)
                    for value, _ in numeric.post.alphabet:
                        if formula.xreplace({**at, notation.x: value}) != truth(law, value):
                            return False
            return True

        return Evidence(
            Method.ENUMERATION,
            f"{what} at every age and stored value, over all patterns and cues at D = 3, K = 2, exactly, "
            "at rational values of all symbols",
            holds,
        )

    def points(self, formula: sp.Expr) -> Iterator[Numbers]:
        """Rational values, all different and below 1/2, of every symbol but age and K.

        At 1/2 a cue may know nothing of the pattern, and a ratio is zero.
        """
        ring = self.moments.engine.ring
        names = {*formula.free_symbols, *self.setting.free_symbols, notation.x}
        names |= {s for s in ring.symbols if not s.name.endswith("_")}
        order = sorted(names - {notation.K, notation.age, notation.D}, key=str)
        for shift in (0, 1):
            yield {
                notation.D: sp.Integer(5 + shift),
                **{
                    symbol: sp.Rational(2 * place + 1 + shift, 4 * place + 7)
                    for place, symbol in enumerate(order)
                },
            }

    def settling_points(self, formula: sp.Expr) -> Iterator[Numbers]:
        """Rational values like those, coefficients ever nearer to zero, at which the moments settle."""
        rate, own = self.retention(2), self.setting.rule.free_symbols
        for values in self.points(formula):
            for scale in (sp.Rational(sign, 2**k) for k in range(6) for sign in (1, -1)):
                near = {s: v * scale if s in own else v for s, v in values.items()}
                if rate.xreplace(near) < 1:
                    yield near
                    break


def small_enumeration(setting: Setting, age: int) -> Enumeration:
    """The enumeration at the smallest sizes, for a pattern of an age."""
    sizes = {s.name: n for s, n in SMALL.items() if s != notation.M or not setting.auto}
    return enumerate_fields(setting, **sizes, age=age)


def renewed(build: Callable[[AgedBench], Claim]) -> Callable[[AgedBench], Claim]:
    """The claim, able to be derived anew with values put in first.

    A general closed form divides by differences of rates; at values where two rates are equal the
    derivation with these values gives the powers of age and K that stand there instead.
    """

    def with_renewal(bench: AgedBench) -> Claim:
        def anew(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Basic:
            return build(AgedBench(bench.setting.at(values))).formula

        return replace(build(bench), anew=anew)

    return with_renewal
