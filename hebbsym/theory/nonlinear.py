r"""Claims about rules polynomial in the weight, at fixed K: to leading orders in the learning rate.

The low powers of eta of the exact moments are kept, for every age; what is dropped is small when eta K
is. For large eta K see :mod:`hebbsym.theory.settling`.

Every claim is of leading order, names what was dropped, and gives its size: of the next two orders,
derived at the numbers that are asked for and not from the claim's own formula.

Main names
----------
QUANTITIES
    weight_mean, weight_variance, weight_covariance:post, field_mean, field_variance, snr.

References
----------
derived here.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import age, equation, eta, field_mean, field_variance, w, x
from hebbsym.theory.ages.bench import OF_AGE
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.ratebench import (
    MEAN,
    SLOW,
    VARIANCE,
    Part,
    RateBench,
    Truth,
    Values,
    spelled,
)
from hebbsym.theory.rates import RateExpansion
from hebbsym.theory.ratios import regression
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import SMALL, Quantity, same

_omega = sp.Symbol("omega")
_rest = sp.Function("O")
_E, _Var, _Cov = (sp.Function(rf"\operatorname{{{name}}}") for name in ("E", "Var", "Cov"))


def _beyond(bench: RateBench, part: Part) -> Remainder:
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
    part: Part,
    truth: Truth,
) -> Callable[[RateBench], Claim]:
    """A claim about one moment, at fixed K."""

    def build(bench: RateBench) -> Claim:
        _, power, by_value = part
        formula = spelled(bench.expansion, *part)
        return Claim(
            name,
            title,
            formula,
            Regime.LEADING_ORDER,
            (*conditions(bench.setting), SLOW, *bench.flow.notes()),
            Derivation(_steps(bench, symbol, formula, part, truth)),
            symbol=symbol,
            dropped=_dropped(bench, power),
            remainder=_beyond(bench, part),
            observable=name,
            requirements=(OF_AGE,) if by_value else (),
            cut=bench.cut(power + bench.order + 1, truth, by_value),
        )

    return build


def _steps(
    bench: RateBench, symbol: sp.Expr, formula: sp.Expr, part: Part, truth: Truth
) -> tuple[Step, ...]:
    """The scaled weight, by powers of which moments close; and their recurrence, solved."""
    series, power, by_value = part
    drive = bench.expansion.drive
    r, parts = sp.Symbol("r", integer=True), sp.IndexedBase("f")
    change = sp.Sum(eta**r * parts[r] * _omega**r, (r, 0, len(drive.parts) - 1))
    return (
        Step(
            equation(sp.Symbol("omega'"), _omega + change),
            "the scaled weight omega = w/eta starts at zero; each further power of it comes with a "
            "power of eta, so that moments close at every order",
        ),
        Step(
            equation(symbol, formula + _rest(drive.rate ** (power + bench.order + 1))),
            "the triangular recurrence of the moments of one pattern more, whose rates are all 1: each "
            "coefficient is a polynomial in K and in the age",
            bench.taylor(series(bench.expansion), power, by_value, truth),
        ),
    )


def _snr_at(expansion: RateExpansion, setting: Setting, order: int) -> sp.Expr:
    """The quotient of signal and noise, each to a number of orders beyond the leading one."""
    mean = expansion.field_moment(1)[: order + 1]
    variance = expansion.field_variance()[: order + 1]
    letters = [v for v, _ in setting.post.alphabet]
    if len(letters) != 2:
        formulas = (expansion.field_expression(part, 0) for part in (mean, variance))
        return regression(setting, *formulas)
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
            MEAN,
            lambda truth, value: truth.field_mean(value),
        )
    ),
    "field_variance": Quantity(
        _expanded(
            "field_variance",
            "variance of the field at a unit that stores x, by age",
            field_variance(x),
            VARIANCE,
            lambda truth, value: truth.field_variance(value),
        )
    ),
    "snr": Quantity(_snr),
}
