r"""What the claims about n-body memories share, and the enumeration that judges them.

Main names
----------
NBodyBench
    Moments, laws, best rule of one setting; comparison with every set of patterns and cues.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Evidence, Method
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import x
from hebbsym.theory.nbody.enumeration import NBodyEnumeration, number_of_sets
from hebbsym.theory.nbody.moments import NBodyMoments
from hebbsym.theory.nbody.optimum import NBodyOptimum
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Bench, same

ENUMERATED = 2**15
"""Sets of patterns and cues up to which a claim's evidence enumerates them."""


@final
class NBodyBench(Bench):
    """Everything that is derived once for an n-body rule in a setting.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> from hebbsym.theory.setting import Setting
    >>> bench = NBodyBench(Setting(nbody_products((4,))))
    >>> bench.moments.rho, bench.decoupled
    ((D - 3)*(D - 2)*(D - 1)/(6*K - 6), True)
    """

    @cached_property
    def moments(self) -> NBodyMoments:
        """M, V, signal and noise."""
        return NBodyMoments(self.setting)

    @cached_property
    def optimum(self) -> NBodyOptimum:
        """s, N and c* over all coefficients of the rule's orders."""
        return NBodyOptimum(self.moments)

    @property
    def synapses(self) -> sp.Expr:
        """Number of plastic synapses of one unit."""
        inputs = self.setting.inputs
        return sp.Add(*(sp.binomial(inputs, n - 1) for n in self.moments.rule.bodies))

    @cached_property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        moments = self.moments
        low, high = (
            FieldLaw(
                moments.expression(moments.at_value(moments.mean, value)),
                moments.expression(moments.at_value(moments.variance, value)),
                probability,
            )
            for value, probability in self.setting.post.alphabet
        )
        return low, high

    @cached_property
    def decoupled(self) -> bool:
        """Whether the rule adds products only, of unbiased signs, and the cue is of signs.

        Then x_i times the field is f(q) of the cued pattern plus independent terms of mean zero.
        """
        signs = {sp.S.NegativeOne, sp.S.One}
        fair = all(
            {v for v, _ in law.alphabet} == signs and law.moment(1) == 0
            for law in (self.setting.post, self.setting.pre)
        )
        products = all(p == 1 and k == n - 1 for n, p, k in self.moments.rule.terms)
        return fair and products and self._cue_values <= signs

    @property
    def _cue_values(self) -> set[sp.Expr]:
        cue, pre = self.setting.cue, self.setting.pre
        return {s for v, _ in pre.alphabet for s, _ in cue.transitions(pre, v)}

    @cached_property
    def agreement(self) -> sp.Expr:
        """E[y s], the overlap of cue and stored pattern per input: 1 - 2 delta for flipped signs."""
        return sp.expand(self.setting.cue.moment(self.setting.pre, 1, 1))

    @cached_property
    def enumeration(self) -> NBodyEnumeration:  # type: ignore[override]
        """All patterns of the smallest network that has every kind of synapse, K = 2."""
        return NBodyEnumeration(self.setting, self.smallest, 2)

    @property
    def smallest(self) -> int:
        """D of the enumeration: one unit more than the largest synapse joins, where that is few."""
        n = self.moments.rule.bodies[-1]
        larger = number_of_sets(self.setting, n + 1, 2) <= ENUMERATED
        return n + 1 if larger else n

    def walked(
        self, what: str, formula: sp.Expr, truth: Callable[[NBodyEnumeration], sp.Expr]
    ) -> Evidence | None:
        """Evidence that a formula equals the enumeration, identically in all symbols."""
        if number_of_sets(self.setting, self.smallest, 2) > ENUMERATED:
            return None
        sizes = {notation.D: sp.Integer(self.smallest), notation.K: sp.Integer(2)}
        return Evidence(
            Method.ENUMERATION,
            f"{what} over all patterns and cues at D = {self.smallest}, K = 2, weights stored subset "
            "by subset, zero tolerance",
            lambda: same(formula.xreplace(sizes).doit(), truth(self.enumeration)),
        )

    def at_letters(
        self,
        what: str,
        formula: sp.Expr,
        truth: Callable[[NBodyEnumeration, sp.Expr], sp.Expr],
    ) -> Evidence | None:
        """The enumeration at both stored values."""

        def at(value: sp.Expr) -> Evidence | None:
            return self.walked(what, formula.xreplace({x: value}), lambda all_: truth(all_, value))

        tests = [test for test in map(at, self.moments.values) if test is not None]
        if not tests:
            return None
        return Evidence(
            Method.ENUMERATION, tests[0].statement, lambda: all(test.holds() for test in tests)
        )


def assumed(bench: NBodyBench) -> tuple[str, ...]:
    """What every claim about an n-body memory assumes."""
    bodies = ", ".join(map(str, bench.moments.rule.bodies))
    return (
        *conditions(bench.setting),
        f"synapses of {bodies} bodies: the field is the sum over subsets of the inputs of the "
        "synapse's weight times the product of the cue's entries in the subset",
    )
