r"""Claims about rules polynomial in the weight, at fixed K: to leading orders in the learning rate.

The low powers of eta of the exact moments are kept, for every age; what is dropped is small when eta K
is. For large eta K see :mod:`hebbsym.theory.settling`.

Every claim is of leading order, names what was dropped, and gives its size: of the next two orders,
derived at the numbers that are asked for and not from the claim's own formula.

Main names
----------
RateBench
    What the claims of one setting share.
QUANTITIES
    weight_mean, weight_variance, weight_covariance:post, field_mean, field_variance, snr.

References
----------
derived here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Cut, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import D, K, age, equation, eta, field_mean, field_variance, w, x
from hebbsym.theory.ages.bench import OF_AGE
from hebbsym.theory.conditioned import Conditioned
from hebbsym.theory.enumeration import Enumeration, enumerate_fields
from hebbsym.theory.flow import Flow
from hebbsym.theory.rates import RateExpansion, Series
from hebbsym.theory.ratios import regression
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import SMALL, Bench, Quantity, needs_two_values, same

FEWEST_ORDERS = 2
"""How many orders in the rate beyond the leading one are kept at least."""

CHEAP_ORDER = 9
"""Up to here an expansion at given numbers takes about a second."""

Values = Mapping[sp.Symbol, sp.Expr]
Truth = Callable[[Enumeration | Conditioned, sp.Expr], sp.Expr]
"""What the exact averages of a small network say of a quantity, at a stored value."""

_omega = sp.Symbol("omega")
_rest = sp.Function("O")
_E, _Var, _Cov = (sp.Function(rf"\operatorname{{{name}}}") for name in ("E", "Var", "Cov"))
SLOW = "slow learning: the claim is a polynomial in the rate, cut at a stated order"


@final
class RateBench(Bench):
    """Everything that is derived once for a rule polynomial in the weight.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
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
        mean, variance = (_spelled(self.expansion, *part) for part in (_MEAN, _VARIANCE))
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


# ---- fixed K ------------------------------------------------------------------------------

_Part = tuple[Callable[[RateExpansion], Series], int, bool]
_MEAN: _Part = (lambda e: e.field_moment(1), 1, True)
_VARIANCE: _Part = (RateExpansion.field_variance, 2, True)


def _spelled(
    expansion: RateExpansion, series: Callable[[RateExpansion], Series], power: int, field: bool
) -> sp.Expr:
    spell = expansion.field_expression if field else expansion.weight_expression
    return spell(series(expansion), power)


def _beyond(bench: RateBench, part: _Part) -> Remainder:
    """The absolute values of the orders that were dropped, up to the first that is not zero."""
    series, power, field = part

    def size(further: RateExpansion, values: Values) -> sp.Expr:
        spell = further.field_expression if field else further.weight_expression
        first = bench.order + 1
        return sp.Add(
            *(
                sp.Abs(further.drive.rate ** (power + m) * spell((c,), 0).xreplace(dict(values)))
                for m, c in enumerate(series(further)[first:], first)
            )
        )

    return bench.beyond(size)


def _dropped(bench: RateBench, power: int) -> str:
    """What an expansion at fixed K leaves out, in words."""
    rate = bench.expansion.drive.rate
    what = "eta" if rate == eta else "the number of updates in a term"
    return (
        f"orders {power + bench.order + 1} and higher in {what}; relative to what is kept they are "
        "small when eta*K is"
    )


def _expanded(
    name: str,
    title: str,
    symbol: sp.Expr,
    part: _Part,
    truth: Truth,
) -> Callable[[RateBench], Claim]:
    """A claim about one moment, at fixed K."""

    def build(bench: RateBench) -> Claim:
        series, power, by_value = part
        expansion = bench.expansion
        formula = _spelled(expansion, *part)
        made = series(expansion)
        r, parts = sp.Symbol("r", integer=True), sp.IndexedBase("f")
        steps = (
            Step(
                equation(
                    sp.Symbol("omega'"),
                    _omega
                    + sp.Sum(eta**r * parts[r] * _omega**r, (r, 0, len(expansion.drive.parts) - 1)),
                ),
                "the scaled weight omega = w/eta starts at zero; each further power of it comes with a "
                "power of eta, so that moments close at every order",
            ),
            Step(
                equation(
                    symbol, formula + _rest(expansion.drive.rate ** (power + bench.order + 1))
                ),
                "the triangular recurrence of the moments of one pattern more, whose rates are all 1: each "
                "coefficient is a polynomial in K and in the age",
                bench.taylor(made, power, by_value, truth),
            ),
        )
        return Claim(
            name,
            title,
            formula,
            Regime.LEADING_ORDER,
            (*conditions(bench.setting), SLOW, *bench.flow.notes()),
            Derivation(steps),
            symbol=symbol,
            dropped=_dropped(bench, power),
            remainder=_beyond(bench, part),
            observable=name,
            requirements=(OF_AGE,) if by_value else (),
            cut=bench.cut(power + bench.order + 1, truth, by_value),
        )

    return build


def _snr_at(expansion: RateExpansion, setting: Setting, order: int) -> sp.Expr:
    """The quotient of signal and noise, each to a number of orders beyond the leading one."""
    mean = expansion.field_moment(1)[: order + 1]
    variance = expansion.field_variance()[: order + 1]
    letters = [v for v, _ in setting.post.alphabet]
    if len(letters) != 2:
        spelled = (expansion.field_expression(part, 0) for part in (mean, variance))
        return regression(setting, *spelled)
    low, high = (
        [[expansion.at_value(part, value) for part in series] for series in (mean, variance)]
        for value in letters
    )
    gap = tuple(up - down for up, down in zip(high[0], low[0], strict=True))
    noise = tuple(2 * (up + down) for up, down in zip(high[1], low[1], strict=True))
    return expansion.field_expression(gap, 0) ** 2 / expansion.field_expression(noise, 0)


def _snr(bench: RateBench) -> Claim:
    expansion, setting = bench.expansion, bench.setting
    formula = _snr_at(expansion, setting, bench.order)
    if formula == 0:
        raise NotDerivable(
            f"rule {setting.rule.name!r} carries no signal to this order: M(x) does not depend on x"
        )

    def size(further: RateExpansion, values: Values) -> sp.Expr:
        numeric = setting.at(values)
        kept, more = (
            _snr_at(further, numeric, order).xreplace(dict(values))
            for order in (bench.order, further.order)
        )
        middle = _snr_at(further, numeric, (bench.order + further.order) // 2).xreplace(
            dict(values)
        )
        return sp.Abs(more - middle) + sp.Abs(middle - kept)

    return Claim(
        "snr",
        "signal-to-noise ratio of a pattern of given age",
        formula,
        Regime.LEADING_ORDER,
        (*conditions(setting), SLOW, *bench.flow.notes()),
        Derivation(
            (
                Step(
                    equation(notation.rho, formula),
                    "definition, with M and V expanded in the rate, whose common powers cancel",
                    _snr_evidence(bench),
                ),
            )
        ),
        symbol=notation.rho,
        dropped=f"relative order {bench.order + 1} in eta, small when eta*K is",
        remainder=bench.beyond(size),
        observable="snr",
        requirements=(OF_AGE,),
        cut=bench.cut(bench.order + 1, lambda truth, value: truth.snr(), True, relative=True),
    )


def _snr_evidence(bench: RateBench) -> Evidence | None:
    """rho at rate zero is that of the additive rule f_0, enumerated."""
    if not bench.finite:
        return None
    first = bench.expansion.drive.parts[0]
    additive = bench.setting.with_rule(first)
    sizes = {s.name: n for s, n in SMALL.items() if s != notation.M or not bench.setting.auto}

    def holds() -> bool:
        at = {s: sp.Integer(n) for s, n in SMALL.items()} | {age: sp.S.Zero}
        mine = _snr_at(bench.expansion, bench.setting, 0).xreplace(at)
        return same(mine, enumerate_fields(additive, **sizes).snr())

    return Evidence(
        Method.LIMIT, "rate to zero: the additive rule f_0, all patterns at D = 3, K = 2", holds
    )


QUANTITIES: dict[str, Quantity[RateBench]] = {
    "weight_mean": Quantity(
        _expanded(
            "weight_mean",
            "mean of a weight after K patterns",
            _E(w),
            (lambda e: e.weight_moment("", 1), 1, False),
            lambda truth, value: truth.weight_mean(),
        )
    ),
    "weight_variance": Quantity(
        _expanded(
            "weight_variance",
            "variance of a weight after K patterns",
            _Var(w),
            (lambda e: e.weight_covariance(""), 2, False),
            lambda truth, value: truth.weight_variance(),
        )
    ),
    "weight_covariance:post": Quantity(
        _expanded(
            "weight_covariance:post",
            "covariance of two weights onto one unit",
            _Cov(w, sp.Symbol("w'")),
            (lambda e: e.weight_covariance("post"), 2, False),
            lambda truth, value: truth.weight_covariance("post"),
        )
    ),
    "field_mean": Quantity(
        _expanded(
            "field_mean",
            "mean of the field at a unit that stores x, by age",
            field_mean(x),
            _MEAN,
            lambda truth, value: truth.field_mean(value),
        )
    ),
    "field_variance": Quantity(
        _expanded(
            "field_variance",
            "variance of the field at a unit that stores x, by age",
            field_variance(x),
            _VARIANCE,
            lambda truth, value: truth.field_variance(value),
        )
    ),
    "snr": Quantity(_snr),
}
