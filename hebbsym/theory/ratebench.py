r"""What the claims about a rule that is polynomial in the weight share, derived once for a setting.

Main names
----------
RateBench
    The expansion in the rate at fixed K, the flow, and the exact averages that judge them.
Part, MEAN, VARIANCE, spelled
    A moment by its series, its leading power of eta and whether it is of the field; its expression.

References
----------
derived here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeAlias, final

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Cut, Evidence, Method, Remainder
from hebbsym.errors import NotDerivable
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import D, K, age, eta, x
from hebbsym.theory.conditioned import Conditioned
from hebbsym.theory.enumeration import Enumeration, enumerate_fields
from hebbsym.theory.flow import Flow
from hebbsym.theory.rates import RateExpansion, Series
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import SMALL, Bench, needs_two_values, same

FEWEST_ORDERS = 2
"""How many orders in the rate beyond the leading one are kept at least."""

CHEAP_ORDER = 9
"""Up to here an expansion at given numbers takes about a second."""

Values: TypeAlias = Mapping[sp.Symbol, sp.Expr]
Truth: TypeAlias = Callable[[Enumeration | Conditioned, sp.Expr], sp.Expr]
"""What the exact averages of a small network say of a quantity, at a stored value."""

SLOW = "slow learning: the claim is a polynomial in the rate, cut at a stated order"

Part: TypeAlias = tuple[Callable[[RateExpansion], Series], int, bool]
MEAN: Part = (lambda e: e.field_moment(1), 1, True)
VARIANCE: Part = (RateExpansion.field_variance, 2, True)


def spelled(
    expansion: RateExpansion, series: Callable[[RateExpansion], Series], power: int, field: bool
) -> sp.Expr:
    """A moment of an expansion as an expression, by its series and its leading power of eta.

    Examples
    --------
    >>> from hebbsym.notation import w
    >>> decaying = RateBench(Setting(ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w})))
    >>> spelled(RateExpansion(decaying.setting, 0), *MEAN)
    eta*x*(D - 1)
    """
    spell = expansion.field_expression if field else expansion.weight_expression
    return spell(series(expansion), power)


@final
class RateBench(Bench):
    """Everything that is derived once for a rule polynomial in the weight.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.notation import w
    >>> saturating = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**3}, "saturating")
    >>> RateBench(Setting(saturating)).order
    3
    """

    @cached_property
    def flow(self) -> Flow:
        """The mean-field flow."""
        return Flow(self.setting)

    @cached_property
    def order(self) -> int:
        """Orders kept beyond the leading one: so many that every power of the weight has its say."""
        return max(FEWEST_ORDERS, len(self.setting.rule.require_expanded().by_weight) - 1)

    @cached_property
    def expansion(self) -> RateExpansion:
        """The expansion at fixed K."""
        return RateExpansion(self.setting, self.order)

    @cached_property
    def _further(self) -> dict[tuple[object, ...], RateExpansion]:
        return {}

    def next_orders(self, values: Values, steps: int) -> RateExpansion:
        """The expansion at given numbers, further orders that can occur included."""
        key = (*sorted(values.items(), key=str), steps)
        if key not in self._further:
            order = self.order + steps * self.expansion.drive.stride
            self._further[key] = RateExpansion(self.setting.at(values), order)
        return self._further[key]

    def beyond(self, size: Callable[[RateExpansion, Values], sp.Expr]) -> Remainder:
        """The size of the next two orders that were dropped; of the first alone where both are dear.

        One order is not enough in general: its coefficient, a polynomial in K, may have a zero near
        the K that is asked for, and it may vanish by symmetry.
        """
        cheap = self.order + 2 * self.expansion.drive.stride <= CHEAP_ORDER

        def remainder(values: Values) -> sp.Expr:
            total = sp.S.Zero if cheap else size(self.next_orders(values, 1), values)
            return size(self.next_orders(values, 2), values) if total == 0 else total

        return remainder

    @cached_property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        """The laws of the field under the lower and under the higher stored value."""
        reason = needs_two_values(self.setting)
        if reason:
            raise NotDerivable(reason)
        mean, variance = (spelled(self.expansion, *part) for part in (MEAN, VARIANCE))
        low, high = (
            FieldLaw(mean.xreplace({x: value}), variance.xreplace({x: value}), probability)
            for value, probability in self.setting.post.alphabet
        )
        return low, high

    @cached_property
    def enumeration(self) -> Enumeration:
        """All patterns of a network of three units and two patterns, the recalled one shown last."""
        return self.enumerated_at(0)

    def enumerated_at(self, shown: int) -> Enumeration:
        """The same with the recalled pattern shown last but some; the rule has eta in front."""
        drive, rule = self.expansion.drive, self.setting.rule.require_expanded()
        terms = {pq: sp.expand(c * eta / drive.rate) for pq, c in rule.terms.items()}
        timed = self.setting.with_rule(ExpandedRule(rule.order, terms, "timed"))
        sizes = {s.name: n for s, n in SMALL.items() if s != notation.M or not self.setting.auto}
        return enumerate_fields(timed, **sizes, age=shown)

    def taylor(self, series: Series, power: int, by_value: bool, truth: Truth) -> Evidence | None:
        """Evidence that a series has the Taylor coefficients of the enumeration, at every age."""
        if not self.finite:
            return None
        spell = self.expansion.field_expression if by_value else self.expansion.weight_expression
        values = [v for v, _ in self.setting.post.alphabet] if by_value else [sp.S.Zero]

        def holds() -> bool:
            for shown in range(SMALL[K]):
                at = {s: sp.Integer(n) for s, n in SMALL.items()} | {age: sp.Integer(shown)}
                for value in values:
                    in_rate = sp.Poly(truth(self.enumerated_at(shown), value), eta)
                    for m, part in enumerate(series):
                        mine = spell((part,), 0).xreplace({**at, x: value})
                        if not same(mine, in_rate.coeff_monomial(eta ** (power + m))):
                            return False
            return True

        return Evidence(
            Method.ENUMERATION,
            "coefficients of the powers of eta in the average over all patterns and cues, at "
            "D = 3, K = 2, both ages, zero tolerance",
            holds,
        )

    # ---- the order of what is dropped ---------------------------------------------------------

    def cut(self, first: int, truth: Truth, aged: bool, relative: bool = False) -> Cut | None:
        """What an expansion at fixed K is compared with: exact averages of a network of three units.

        There are three patterns, the recalled one being shown before the last. A rule without eta has
        no rate that could shrink.
        """
        if self.expansion.drive.rate != eta:
            return None
        sizes = {D: 3, K: 3, notation.M: 2, **({age: 1} if aged else {})}
        if self.setting.auto:
            del sizes[notation.M]

        known: dict[tuple[Setting, sp.Expr], sp.Expr] = {}

        def exactly(values: Values) -> sp.Expr:
            value = values.get(x, sp.S.Zero)
            numeric = self.setting.at({s: v for s, v in values.items() if s != eta})
            if (numeric, value) not in known:  # a polynomial in the rate
                known[numeric, value] = truth(self._counted(numeric), value)
            return known[numeric, value].xreplace(dict(values))

        return Cut(
            eta,
            first,
            exactly,
            "all patterns at D = 3, K = 3" if self.finite else "exact averages at D = 3, K = 3",
            {s: sp.Integer(n) for s, n in sizes.items()},
            relative=relative,
        )

    @cached_property
    def _known(self) -> dict[Setting, Enumeration | Conditioned]:
        return {}

    def _counted(self, numeric: Setting) -> Enumeration | Conditioned:
        """All patterns at given numbers, the rate left open; real-valued ones by their moments."""
        if numeric not in self._known:
            auto = numeric.auto
            self._known[numeric] = (
                enumerate_fields(numeric, 3, 3, None if auto else 2, age=1)
                if self.finite
                else Conditioned(numeric, 2 if auto else 3, 3, 1)
            )
        return self._known[numeric]
