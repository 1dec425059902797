r"""Claims about the field of a bounded memory by the age of the pattern: M, V, rho.

Main names
----------
snr
    rho by age.
QUANTITIES
    field_mean, field_variance, snr.

Conventions
-----------
``age`` is the number of patterns that were shown after the recalled one.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import K, age, equation, field_mean, field_variance, x
from hebbsym.theory.bounded.bench import SynapseBench, assumed, renewed
from hebbsym.theory.bounded.paths import PathEnumeration
from hebbsym.theory.workbench import Quantity

_average = sp.Function(r"\operatorname{E}")
_variance = sp.Function(r"\operatorname{Var}")
_n, _s, _zeta, _other = sp.symbols("n s zeta zeta'")
_pi0, _P, _w = sp.Symbol(r"\pi_0"), sp.Symbol("P", commutative=False), sp.Symbol("w")
_S = sp.Function("S", commutative=False)


def _field_mean(bench: SynapseBench) -> Claim:
    steps = (
        Step(
            equation(field_mean(x), _n * _average(_zeta)),
            "the field is the sum of n terms zeta_j = s_j w_ij of one law",
        ),
        Step(
            equation(_average(_zeta), _pi0 * _P ** (K - 1 - age) * _S(x) * _P**age * _w),
            "K - 1 - age patterns before the cued one, averaged over their values (P); the cued "
            "one, weighted by its cue, S(x) = E[s T(x, v)] over the cued value v; age patterns after it",
        ),
        Step(
            equation(field_mean(x), bench.mean),
            bench.moments.closed or "the powers at whole numbers, in exact numbers",
            _at_letters(bench, "mean of the field", bench.mean, PathEnumeration.field_mean),
        ),
    )
    return Claim(
        "field_mean",
        "mean of the field at a unit that stores x, by the age of the pattern",
        bench.mean,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(steps),
        symbol=field_mean(x),
        observable="field_mean",
        display=_n * _average(_zeta),
    )


def _at_letters(
    bench: SynapseBench,
    what: str,
    formula: sp.Expr,
    truth: Callable[[PathEnumeration, sp.Expr], sp.Expr],
) -> Evidence:
    """The enumeration at every stored value."""

    def at(value: sp.Expr) -> Evidence:
        return bench.walked(
            what, formula.xreplace({x: value}), lambda paths: truth(paths, value), True
        )

    tests = [at(value) for value, _ in bench.setting.post.alphabet]
    return Evidence(
        Method.ENUMERATION, tests[0].statement, lambda: all(test.holds() for test in tests)
    )


def _field_variance(bench: SynapseBench) -> Claim:
    shape = _n * (_average(_zeta**2) - _average(_zeta * _other)) + _n**2 * (
        _average(_zeta * _other) - _average(_zeta) ** 2
    )
    steps = (
        Step(
            equation(field_variance(x), shape),
            "the terms of two presynaptic units are not independent: they share the history of "
            "the unit, so that E[zeta zeta'] is that of two chains stepped together, with the "
            "average over u of the product T(u) x T(u)",
        ),
        Step(
            equation(field_variance(x), bench.variance),
            bench.moments.closed or "the powers at whole numbers, in exact numbers",
            _at_letters(
                bench, "variance of the field", bench.variance, PathEnumeration.field_variance
            ),
        ),
    )
    return Claim(
        "field_variance",
        "variance of the field at a unit that stores x, by the age of the pattern",
        bench.variance,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(steps),
        symbol=field_variance(x),
        observable="field_variance",
        display=shape,
    )


def snr(bench: SynapseBench) -> sp.Expr:
    """rho by age, exact.

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> from hebbsym.theory.setting import Setting
    >>> q = sp.Symbol("q")
    >>> snr(SynapseBench(Setting(rule("binary-synapse(q_plus=q, q_minus=q)"))))
    q**2*(1 - q)**(2*age)*(D - 1)/(-q**2*(1 - q)**(2*age) + 1)
    """
    letters = bench.setting.post.alphabet
    laws = [bench.law_at(k) for k in range(len(letters))]
    if len(laws) == 2:
        low, high = laws
        if low.mean == -high.mean and low.variance == high.variance:
            signal, noise = high.mean**2, high.variance
        else:
            signal = (high.mean - low.mean) ** 2
            noise = 2 * (low.variance + high.variance)
    else:
        spread = sp.Add(*(p * v**2 for v, p in letters)) - sp.Add(*(p * v for v, p in letters)) ** 2
        height = sp.Add(*(law.probability * law.mean for law in laws))
        along = sp.Add(
            *(p * v * (law.mean - height) for (v, p), law in zip(letters, laws, strict=True))
        )
        power = sp.Add(
            *(law.probability * (law.variance + (law.mean - height) ** 2) for law in laws)
        )
        signal, noise = along**2, power * spread - along**2
    if signal == 0:
        raise NotDerivable(
            f"rule {bench.setting.rule.name!r} carries no signal in this setting: "
            "M(x) does not depend on x"
        )
    if noise == 0:
        raise NotDerivable(f"the field has no noise in this setting ({bench.setting.text})")
    n = bench.inputs
    return sp.factor_terms(signal / n) / sp.factor_terms(sp.expand_mul(noise / n, deep=False))


def _snr(bench: SynapseBench) -> Claim:
    formula = snr(bench)
    letters = [v for v, _ in bench.setting.post.alphabet]
    evidence = bench.walked("snr", formula, PathEnumeration.snr, True)
    if len(letters) == 2:
        low, high = letters
        shape = (field_mean(high) - field_mean(low)) ** 2 / (
            2 * (field_variance(high) + field_variance(low))
        )
    else:
        shape = sp.Function(r"\operatorname{Cov}")(sp.Symbol("h"), x) ** 2 / (
            _variance(x) * _variance(sp.Symbol("h"))
            - sp.Function(r"\operatorname{Cov}")(sp.Symbol("h"), x) ** 2
        )
    steps = (
        Step(equation(notation.rho, shape), "definition; M and V are those of the pattern's age"),
        Step(equation(notation.rho, formula), "M and V inserted", evidence),
    )
    return Claim(
        "snr",
        "signal-to-noise ratio by the age of the pattern",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(steps),
        symbol=notation.rho,
        observable="snr",
        display=shape,
    )


QUANTITIES: dict[str, Quantity[SynapseBench]] = {
    "field_mean": Quantity(renewed(_field_mean)),
    "field_variance": Quantity(renewed(_field_variance)),
    "snr": Quantity(renewed(_snr)),
}
