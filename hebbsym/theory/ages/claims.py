r"""Claims about the field by the age of the recalled pattern: M, V, cumulants, rho.

Main names
----------
QUANTITIES
    field_mean, field_variance, field_cumulant:3, field_cumulant:4, snr, snr:stationary, snr:ceiling.

Conventions
-----------
``age`` is the number of patterns that were shown after the recalled one; K counts all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.averages import cumulants_of
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import K, age, equation, field_mean, field_variance, x
from hebbsym.numeric import evaluate
from hebbsym.theory.ages.bench import OF_AGE, AgedBench, renewed
from hebbsym.theory.ages.fields import AgedField
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity

_m, _P, _C = (sp.Function(name)(x) for name in ("m", "P", "C"))
_h = sp.Symbol("h_i")
_rho_limit = sp.Symbol(r"\rho_\infty")


def assumed(setting: Setting) -> tuple[str, ...]:
    """What every claim by age assumes."""
    return (
        *conditions(setting),
        "patterns are shown once each, in order; W = 0 before learning",
        "the recalled pattern has the age ``age``: so many patterns were shown after it",
    )


Seen = Callable[[PolyElement], Any]


def run(bench: AgedBench, order: int, old: int, patterns: int, seen: Seen) -> sp.Expr:
    """The mean or the variance of the field by the recurrence, pattern by pattern, a polynomial in x."""
    n, moments = bench.setting.inputs, bench.moments

    def average(*powers: int) -> sp.Expr:
        parts = enumerate(moments.iterated(powers, old, patterns, seen))
        return sp.Add(*(x**k * part for k, part in parts))

    mean = n * average(1)
    if order == 1:
        return sp.expand(mean)
    second = n * average(2) + n * (n - 1) * average(1, 1)
    return bench.on_alphabet(second - mean**2)


def _polynomial(bench: AgedBench, order: int, old: int) -> PolyElement:
    """The same after two patterns, in all symbols."""
    moments = bench.moments
    raw = [moments.field_at(r, old, 2) for r in range(1, order + 1)]
    return moments.lowered(cumulants_of(raw)[-1])


def _field_mean(bench: AgedBench) -> Claim:
    formula = bench.field.mean
    steps = (
        Step(
            equation(_h, sp.Symbol(r"\sum_{j} w_{ij} s_j")),
            "the field is a sum of n terms s_j w_ij, exchangeable given the stored value x; m is the "
            "mean of one of them",
        ),
        Step(
            equation(field_mean(x), bench.setting.inputs * _m),
            "each pattern turns E[s w] into E[1 + A] E[s w] + E[B] E[s], except the recalled one, whose "
            "values the cue knows: E[(1 + A) s | x] E[w] + E[B s | x]",
            bench.at_every_age(
                "mean of the field",
                lambda old: _polynomial(bench, 1, old),
                lambda e, value: e.field_mean(value),
            ),
        ),
        Step(
            equation(field_mean(x), formula),
            "the recurrence solved: geometric terms in the age and in the K - 1 - age patterns before",
            bench.iterated(formula, lambda *at: run(bench, 1, *at)),
        ),
    )
    return Claim(
        "field_mean",
        "mean of the field at a unit that stores x, by age",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(steps),
        symbol=field_mean(x),
        observable="field_mean",
        requirements=(OF_AGE,),
    )


def _variance_shape(bench: AgedBench) -> sp.Expr:
    n = bench.setting.inputs
    return n * (_P - _m**2) + n * (n - 1) * (_C - _m**2)


def _field_variance(bench: AgedBench) -> Claim:
    formula = bench.field.variance
    steps = (
        Step(
            equation(field_variance(x), _variance_shape(bench)),
            "variance of a sum of n exchangeable terms: P is the mean square of one, C the mean product "
            "of two; C - m^2 is due to the history of the unit that they share",
            bench.at_every_age(
                "variance of the field",
                lambda old: _polynomial(bench, 2, old),
                lambda e, value: e.field_variance(value),
            ),
        ),
        Step(
            equation(field_variance(x), formula),
            "the triangular recurrence of E[s w], E[(s w)^2] and E[s w s' w'] solved",
            bench.iterated(formula, lambda *at: run(bench, 2, *at)),
        ),
    )
    return Claim(
        "field_variance",
        "variance of the field at a unit that stores x, by age",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(steps),
        symbol=field_variance(x),
        observable="field_variance",
        display=_variance_shape(bench),
        requirements=(OF_AGE,),
    )


def _cumulant(order: int) -> Callable[[AgedBench], Claim]:
    def build(bench: AgedBench) -> Claim:
        formula = bench.higher.cumulant(order)
        return Claim(
            f"field_cumulant:{order}",
            f"cumulant of order {order} of the field at a unit that stores x, by age",
            formula,
            Regime.EXACT,
            assumed(bench.setting),
            Derivation(
                (
                    Step(
                        formula,
                        "moments of the field as sums over which of its terms coincide; each by the "
                        "triangular recurrence of products of weights",
                        bench.counted(
                            f"cumulant {order} of the field",
                            formula,
                            lambda e, value: e.field_cumulant(order, value),
                        ),
                    ),
                )
            ),
            symbol=sp.Function(rf"\kappa_{order}")(x),
            observable=f"field_cumulant:{order}",
            requirements=(OF_AGE,),
        )

    return renewed(build)


def _shape(bench: AgedBench) -> tuple[sp.Expr, str]:
    """rho by its definition."""
    if bench.setting.post.two_valued:
        (low, _), (high, _) = bench.setting.post.alphabet
        gap = field_mean(high) - field_mean(low)
        shape = gap**2 / (2 * (field_variance(high) + field_variance(low)))
        return shape, (
            "definition for a two-valued ensemble: squared half-distance of the two means over the "
            "mean of the two variances"
        )
    h = sp.Symbol("h")
    covariance = sp.Function(r"\operatorname{Cov}")(h, x)
    variance = sp.Function(r"\operatorname{Var}")
    return covariance**2 / (variance(x) * variance(h) - covariance**2), (
        "definition for real values: explained over residual variance of the linear regression of h on x"
    )


def _snr(bench: AgedBench) -> Claim:
    formula = bench.field.snr
    shape, reason = _shape(bench)
    enumerated = bench.counted("ratio", formula, lambda e, value: e.snr())
    return Claim(
        "snr",
        "signal-to-noise ratio by age",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(
            (
                Step(equation(notation.rho, shape), reason),
                Step(equation(notation.rho, formula), "M and V inserted", enumerated),
            )
        ),
        "derived here; nadal1986 and mezard1986 for decay on unbiased signs (equation unverified)",
        symbol=notation.rho,
        observable="snr",
        display=shape,
        requirements=(OF_AGE,),
    )


def _stationary(bench: AgedBench) -> Claim:
    formula, finite = bench.stationary.snr, bench.field.snr

    def dropped(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        given = AgedBench(bench.setting.at(values))  # rates may coincide there
        return (given.stationary.snr - given.field.snr).xreplace(dict(values))

    return Claim(
        "snr:stationary",
        "signal-to-noise ratio by age, after many patterns",
        formula,
        Regime.LEADING_ORDER,
        (*assumed(bench.setting), f"{bench.settling.text}: the moments of the weights settle"),
        Derivation(
            (
                Step(
                    equation(_rho_limit, formula),
                    "K to infinity at a fixed age: every geometric term in K vanishes",
                    _limit_evidence(bench, formula, finite),
                ),
            )
        ),
        symbol=_rho_limit,
        dropped="terms that a pattern multiplies by a rate below 1: they fall like its power K - age",
        remainder=dropped,
        observable="snr",
        requirements=(OF_AGE, bench.settling),
    )


def _limit_evidence(bench: AgedBench, formula: sp.Expr, finite: sp.Expr) -> Evidence:
    """The finite ratio comes closer and closer, at values of the symbols that let it settle."""

    def tends() -> bool:
        distances = []
        for values in bench.settling_points(formula):
            at = {**values, age: sp.Integer(1)}
            limit = evaluate(formula, at)
            settling = 1 / (1 - bench.retention(2).xreplace(values))
            loads = (2 + sp.ceiling(times * settling) for times in (10, 20, 60))
            gaps = [abs(evaluate(finite, {**at, K: load}) / limit - 1) for load in loads]
            distances.append(gaps)
        return bool(distances) and all(a >= b >= c and c < 1e-6 for a, b, c in distances)

    return Evidence(
        Method.LIMIT,
        "relative distance after 10, 20 and 60 times the 1/(1 - E[(1 + A)^2]) patterns in which the "
        "weights settle, below 1e-6 at last",
        tends,
    )


def _ceiling(bench: AgedBench) -> Claim:
    field: AgedField = bench.stationary
    formula = field.ceiling
    if formula == sp.oo:
        raise NotDerivable(
            "rho has no ceiling in this setting: it grows with D without bound, for the unit's history "
            "does not change the mean of the field"
        )
    limit = sp.Symbol(r"\rho_{D \to \infty}")
    signal, _, common = (field.forms.expression(part) for part in field.signal_and_noise)
    return Claim(
        "snr:ceiling",
        "signal-to-noise ratio by age that no number of units can lift, after many patterns",
        formula,
        Regime.LEADING_ORDER,
        (*assumed(bench.setting), f"{bench.settling.text}: the moments of the weights settle"),
        Derivation(
            (
                Step(
                    equation(limit, sp.Symbol("s") / sp.Symbol("c")),
                    "rho = n s / (p + (n - 1) c): the part c of the noise is due to the unit's history, "
                    "common to all its inputs, and grows like the signal",
                ),
                Step(equation(limit, signal / common), "s and c inserted"),
            )
        ),
        symbol=limit,
        dropped="p / (n c), the share of the noise that is not common",
        requirements=(bench.settling,),
    )


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "field_mean": Quantity(renewed(_field_mean)),
    "field_variance": Quantity(renewed(_field_variance)),
    "field_cumulant:3": Quantity(_cumulant(3), by_default=False),
    "field_cumulant:4": Quantity(_cumulant(4), by_default=False),
    "snr": Quantity(renewed(_snr)),
    "snr:stationary": Quantity(renewed(_stationary), by_default=False),
    "snr:ceiling": Quantity(renewed(_ceiling), by_default=False),
}
