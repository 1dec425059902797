r"""Claims about signal and noise: M(x), V(x), rho, and what the noise is made of.

Main names
----------
QUANTITIES
    field_mean, field_variance, field_cumulant:3, field_cumulant:4, snr, drift, drift:post.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import D, K, equation, field_mean, field_variance, x
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, Workbench

INDEPENDENT = "entries are independent and identically distributed over units and patterns"

_h = sp.Symbol("h_i")
_g = sp.Function("g")
_y, _s, _u, _v = sp.symbols("y s u v")
_average = sp.Function(r"\operatorname{E}")
_variance = sp.Function(r"\operatorname{Var}")
_covariance = sp.Function(r"\operatorname{Cov}")
_A, _B = sp.symbols("A B")
_phi = sp.Function("varphi")


def conditions(setting: Setting) -> tuple[str, ...]:
    """What every claim about the field assumes."""
    cue = f"the cue is {setting.cue.text} of one stored pattern, unit by unit, independently"
    where = (
        "no self-coupling: h_i is the sum over j != i"
        if setting.auto
        else ("hetero-association: h_i is the sum over all D presynaptic units")
    )
    inhibited = (
        ("the mean field of the population is subtracted from every field",)
        if setting.threshold.inhibits
        else ()
    )
    return (INDEPENDENT, cue, where, *inhibited)


def _second_route(bench: Workbench, part: str, found: PolyElement) -> Evidence | None:
    """The law of total variance against the coincidence patterns, as ring elements."""
    if bench.setting.threshold.inhibits:
        return None
    fields = bench.fields
    n, k = fields.sizes

    def agrees() -> bool:
        other = fields.anatomy.mean(n, k) if part == "mean" else fields.anatomy.variance(n, k)
        return bool(fields.reduce(other) == found)

    return Evidence(
        Method.SECOND_ROUTE,
        "sum over coinciding units and patterns (set partitions) against conditioning on the "
        "history of the unit, as polynomials in all symbols",
        agrees,
    )


def _at_values(bench: Workbench, what: str, formula: sp.Expr) -> Evidence | None:
    """The enumeration at every stored value."""
    if not bench.finite:
        return None

    def truth(value: sp.Expr) -> Callable[[], sp.Expr]:
        return lambda: getattr(bench.enumeration, what)(value)

    parts = [
        bench.enumerated(what, formula.xreplace({x: v}), truth(v)) for v in bench.fields.values
    ]
    tests = [p.test for p in parts if p is not None]
    statement = next(p.statement for p in parts if p is not None)
    return Evidence(
        Method.ENUMERATION, statement.replace("_", " "), lambda: all(test() for test in tests)
    )


def _field_mean(bench: Workbench) -> Claim:
    fields = bench.fields
    formula = fields.expression(fields.mean)
    n = bench.setting.inputs
    parts = n * (_average(_s * _g(x, _y)) + (K - 1) * _A * _average(_s))
    steps = [
        Step(
            equation(_h, sp.Symbol(r"\sum_{j}\sum_{\mu} g(\xi^\mu_i, \xi^\mu_j)\, s_j")),
            "the field is linear in the weights, and the weights are sums over patterns",
        )
    ]
    if not bench.setting.threshold.inhibits:
        steps.append(
            Step(
                equation(field_mean(x), parts),
                "the cued pattern contributes through the correlation of cue and stored value, "
                "each of the K - 1 other patterns through the mean increment A = E[g]",
                _second_route(bench, "mean", fields.mean),
            )
        )
    steps.append(
        Step(
            equation(field_mean(x), formula),
            "averages of single entries inserted",
            _at_values(bench, "field_mean", formula),
        )
    )
    return Claim(
        "field_mean",
        "mean of the field at a unit that stores x",
        formula,
        Regime.EXACT,
        conditions(bench.setting),
        Derivation(tuple(steps)),
        symbol=field_mean(x),
        observable="field_mean",
    )


def _total_variance(setting: Setting) -> sp.Expr:
    """V(x) by the law of total variance, in words of single-entry averages."""
    n, k = setting.inputs, K - 1
    mean_s = _average(_s)
    own = _variance(_s * _g(x, _y))
    crossing = 2 * k * _A * _covariance(_s * _g(x, _y), _s)
    crosstalk = k * (_average(_s**2) * _variance(_g(_u, _v)) - mean_s**2 * _B)
    drifting = k**2 * _A**2 * _variance(_s)
    return n * (own + crossing + crosstalk + drifting) + n**2 * k * mean_s**2 * _B


def _field_variance(bench: Workbench) -> Claim:
    fields, setting = bench.fields, bench.setting
    formula = fields.variance_expression
    steps = []
    if not setting.threshold.inhibits:
        steps.append(
            Step(
                equation(field_variance(x), _total_variance(setting)),
                "law of total variance: given the history u of the unit, the field is a sum of "
                "independent terms, one for each presynaptic unit; A = E[g] is the drift and "
                "B = Var(E[g | u]) the post part",
                _second_route(bench, "variance", fields.variance),
            )
        )
    steps.append(
        Step(
            equation(field_variance(x), formula),
            "averages of single entries inserted; exact for every D and K",
            _at_values(bench, "field_variance", formula),
        )
    )
    return Claim(
        "field_variance",
        "variance of the field at a unit that stores x",
        formula,
        Regime.EXACT,
        conditions(setting),
        Derivation(tuple(steps)),
        symbol=field_variance(x),
        observable="field_variance",
        display=None if setting.threshold.inhibits else _total_variance(setting),
    )


def _cumulant(order: int) -> Callable[[Workbench], Claim]:
    def build(bench: Workbench) -> Claim:
        fields = bench.higher
        formula = fields.expression(fields.cumulant(order))
        step = Step(
            formula,
            "sum over coinciding units and patterns of the products of single-entry moments",
            _cumulant_evidence(bench, order, formula),
        )
        return Claim(
            f"field_cumulant:{order}",
            f"cumulant of order {order} of the field at a unit that stores x",
            formula,
            Regime.EXACT,
            conditions(bench.setting),
            Derivation((step,)),
            symbol=sp.Function(rf"\kappa_{order}")(x),
            observable=f"field_cumulant:{order}",
        )

    return build


def _cumulant_evidence(bench: Workbench, order: int, formula: sp.Expr) -> Evidence | None:
    if not bench.finite:
        return None

    def truth(value: sp.Expr) -> Callable[[], sp.Expr]:
        return lambda: bench.enumeration.field_cumulant(order, value)

    def holds() -> bool:
        parts = (
            bench.enumerated("", formula.xreplace({x: v}), truth(v)) for v in bench.fields.values
        )
        return all(part.holds() for part in parts if part is not None)

    return Evidence(
        Method.ENUMERATION, f"cumulant {order} over all patterns and cues at D = 3, K = 2", holds
    )


def _without_inhibition(setting: Setting) -> str:
    if setting.threshold.inhibits:
        return "cumulants of order 3 and 4 are derived for the field without inhibition"
    return ""


def _snr(bench: Workbench) -> Claim:
    signal, setting = bench.signal, bench.setting
    formula = signal.rho
    if formula == 0:
        raise NotDerivable(
            f"rule {setting.rule.name!r} carries no signal in this setting: M(x) does not depend on x"
        )
    if signal.two_valued:
        low, high = bench.fields.values
        shape = (field_mean(high) - field_mean(low)) ** 2 / (
            2 * (field_variance(high) + field_variance(low))
        )
        reason = (
            "definition for a two-valued ensemble: squared half-distance of the two means over "
            "the mean of the two variances; the means differ through the cued pattern only"
        )
    else:
        shape = _covariance(sp.Symbol("h"), x) ** 2 / (
            _variance(x) * _variance(sp.Symbol("h")) - _covariance(sp.Symbol("h"), x) ** 2
        )
        reason = (
            "definition for real values: explained over residual variance of the linear "
            "regression of h on x"
        )
    evidence = bench.enumerated("snr", formula, lambda: bench.enumeration.snr())
    steps = (
        Step(equation(notation.rho, shape), reason),
        Step(equation(notation.rho, formula), "M and V inserted, common factors removed", evidence),
        *_limits(bench, formula),
    )
    return Claim(
        "snr",
        "signal-to-noise ratio",
        formula,
        Regime.EXACT,
        conditions(setting),
        Derivation(steps),
        "derived here at finite D and K; dayan1991 has its leading order (equation unverified)",
        symbol=notation.rho,
        observable="snr",
        display=shape,
    )


def _limits(bench: Workbench, formula: sp.Expr) -> tuple[Step, ...]:
    """A limit that a reader can check in the head: unbiased patterns and the plain Hebb rule."""
    corr = notation.coefficient(1, 1)
    only = {s: sp.S.Zero for s in formula.free_symbols if s.name.startswith("c_") and s != corr}
    bias = bench.setting.patterns.free_symbols
    if (
        corr not in formula.free_symbols
        or not bench.setting.auto
        or bench.setting.threshold.inhibits
    ):
        return ()
    if bench.fields.values != (-1, 1) or bench.setting.cue.free_symbols:
        return ()
    plain = formula.xreplace({**only, **{s: sp.S.Zero for s in bias}})
    expected = (D - 1) / (K - 1)
    return (
        Step(
            equation(notation.rho, expected),
            "for c_2^corr alone and unbiased patterns this is the ratio of the plain Hebb rule",
            Evidence(
                Method.LIMIT,
                "other coefficients and the bias to zero",
                lambda: sp.cancel(plain - expected) == 0,
            ),
        ),
    )


def _drift(bench: Workbench) -> Claim:
    fields = bench.fields
    formula = fields.expression(fields.anatomy.drift)
    evidence = bench.enumerated(
        "mean weight over K", K * formula, lambda: bench.enumeration.weight_mean()
    )
    return Claim(
        "drift",
        "drift: the mean increment of a weight",
        formula,
        Regime.EXACT,
        (INDEPENDENT,),
        Derivation((Step(equation(_A, formula), "average of g over both entries", evidence),)),
        symbol=_A,
        observable="weight_mean",
        prediction=K * formula,
    )


def _post_drift(bench: Workbench) -> Claim:
    fields = bench.fields
    formula = fields.expression(fields.anatomy.post)
    evidence = bench.enumerated(
        "covariance of two weights onto one unit, over K",
        K * formula,
        lambda: bench.enumeration.weight_covariance("post"),
    )
    step = Step(
        equation(_B, formula),
        "variance over u of the average of g(u, v) over v; it is also the covariance of two "
        "weights onto the same unit, for each pattern",
        evidence,
    )
    return Claim(
        "drift:post",
        "post part: how much the mean increment depends on the post unit",
        formula,
        Regime.EXACT,
        (INDEPENDENT,),
        Derivation((step,)),
        symbol=_B,
        observable="weight_covariance:post",
        prediction=K * formula,
    )


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "drift": Quantity(_drift),
    "drift:post": Quantity(_post_drift),
    "field_mean": Quantity(_field_mean),
    "field_variance": Quantity(_field_variance),
    "field_cumulant:3": Quantity(_cumulant(3), _without_inhibition, by_default=False),
    "field_cumulant:4": Quantity(_cumulant(4), _without_inhibition, by_default=False),
    "snr": Quantity(_snr),
}
