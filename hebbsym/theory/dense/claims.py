r"""Claims about signal, crosstalk and field of a dense memory.

Main names
----------
QUANTITIES
    energy, signal, crosstalk_mean, crosstalk_variance, crosstalk_cumulant:4, field_mean,
    field_variance, snr.
assumed
    What every claim assumes.

Conventions
-----------
Signal and crosstalk are times the stored value at the unit; the crosstalk is that of one other pattern.
With the update ``difference`` all of them are those of the whole difference of two energies.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Requirement, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.dense import DenseRule
from hebbsym.families.profiles import General, R
from hebbsym.notation import D, K, equation, field_mean, field_variance, rho, x
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.enumeration import DenseEnumeration, unrolled
from hebbsym.theory.dense.lyapunov import descends, descent_step
from hebbsym.theory.dense.overlaps import cumulants, tidy
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity

_SIZES = ((3, 2), (3, 3))
_EVEN_SIZES = ((2, 3), (4, 2))
_EXPONENTIAL_SIZES = ((3, 2),)
_S, _C = sp.Symbol("S_i"), sp.Symbol("C_i")
_average = sp.Function(r"\operatorname{E}")
_variance = sp.Function(r"\operatorname{Var}")
_kappa = sp.Function(r"\kappa_4")
_u = sp.Symbol("u")


def rule_of(setting: Setting) -> DenseRule:
    """The rule of a setting that has a dense one."""
    assert isinstance(setting.rule, DenseRule)
    return setting.rule


def assumed(setting: Setting) -> tuple[str, ...]:
    """What every claim about a dense memory assumes.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> assumed(Setting(dense_rule(Power(2), "gradient", "power")))[0]
    'unbiased bipolar patterns, independent over units and patterns'
    """
    rule = rule_of(setting)
    monotone = rule.separation.monotone_of_sum
    return (
        "unbiased bipolar patterns, independent over units and patterns",
        f"the cue is {setting.cue.text} of one stored pattern, unit by unit, independently",
        f"F = {rule.separation.energy} of the overlap m",
        rule.step.statement,
        *((monotone,) if monotone else ()),
    )


def judged(
    bench: DenseBench, what: str, formula: sp.Expr, truth: Callable[[DenseEnumeration], sp.Expr]
) -> Evidence:
    """Evidence that a formula equals the enumeration of all patterns and cues.

    A symbolic power is set to 3, for an energy with an open power has no values to add up.
    """
    open_power = isinstance(bench.profile, General)
    pinned = {s: sp.Integer(3) for s in bench.rule.free_symbols} if open_power else {}
    sizes = _SIZES if bench.rule.separation.rate is None else _EXPONENTIAL_SIZES
    sizes = sizes if bench.rule.admits(3) else _EVEN_SIZES

    def holds() -> bool:
        setting = bench.setting.at(pinned)
        for units, patterns in sizes:
            at = {**pinned, D: sp.Integer(units), K: sp.Integer(patterns)}
            found = unrolled(formula.subs(at))
            other = truth(DenseEnumeration(setting, units, patterns))
            if sp.expand(found - other) != 0 and sp.expand((found - other).rewrite(sp.exp)) != 0:
                return False
        return True

    where = "; ".join(f"D = {units}, K = {patterns}" for units, patterns in sizes)
    given = ", ".join(f"{s} = {v}" for s, v in pinned.items())
    return Evidence(
        Method.ENUMERATION,
        f"{what} from the energy over all patterns and cues at {where}"
        f"{', ' + given if given else ''}, zero tolerance",
        holds,
    )


def _energy(bench: DenseBench) -> Claim:
    i, mu, xi, sigma = notation.i, notation.mu, notation.xi, notation.sigma
    overlap = sp.Sum(xi[mu, i] * sigma[i], (i, 1, D))
    separation = bench.rule.separation
    formula = -sp.Sum(separation.energy.xreplace({notation.m: overlap}), (mu, 1, K))
    return Claim(
        "energy",
        "energy" if not separation.monotone_of_sum else "the sum that the energy is a function of",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((Step(equation(sp.Symbol("E"), formula), "definition"), *descent_step(bench))),
        symbol=sp.Symbol("E"),
        observable="descent" if descends(bench.rule) else None,
        prediction=sp.S.Zero,
    )


def _signal(bench: DenseBench) -> Claim:
    formula = tidy(bench.signal(1))
    profile = bench.profile.expression
    steps = (
        Step(
            equation(_S, profile.xreplace({R: sp.Symbol("R_1")})),
            "the stored value times what the cued pattern adds; R_1 is its overlap with the cue outside "
            "the unit" + (", to which the unit's own entry is added" if bench.rule.coupled else ""),
        ),
        Step(
            equation(_average(_S), formula),
            "the overlap is a sum of independent steps",
            judged(bench, "the signal", formula, lambda e: e.signal(1)),
        ),
    )
    return Claim(
        "signal",
        "signal: what the cued pattern adds to the field, times the stored value",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(steps),
        symbol=_average(_S),
    )


def _crosstalk_step(bench: DenseBench) -> Step:
    coupled = "; with the own unit the entry u is one of the D steps of the overlap"
    return Step(
        equation(_C, _u * bench.profile.expression),
        "times the stored value, another pattern adds a fair sign u times a function of its overlap, "
        "a sum of fair signs" + (coupled if bench.rule.coupled else ", which u is independent of"),
    )


def _crosstalk_mean(bench: DenseBench) -> Claim:
    formula = tidy(bench.crosstalk(1))
    reason = (
        "every step of the overlap is as good as the own one: E[u F'(m)] = E[m F'(m)]/D"
        if bench.rule.coupled
        else "u is a fair sign and independent of the overlap outside the unit"
    )
    return Claim(
        "crosstalk_mean",
        "mean crosstalk of one other pattern, times the stored value",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(
            (
                _crosstalk_step(bench),
                Step(
                    equation(_average(_C), formula),
                    reason,
                    judged(bench, "the mean crosstalk", formula, lambda e: e.crosstalk(1)),
                ),
            )
        ),
        symbol=_average(_C),
    )


def _crosstalk_cumulant(order: int) -> Callable[[DenseBench], Claim]:
    names = {
        2: ("crosstalk_variance", "variance of the crosstalk of one other pattern", _variance),
        4: ("crosstalk_cumulant:4", "fourth cumulant of that crosstalk", _kappa),
    }
    name, title, symbol = names[order]

    def build(bench: DenseBench) -> Claim:
        formula = tidy(cumulants([bench.crosstalk(r) for r in range(1, order + 1)])[-1])
        step = Step(
            equation(symbol(_C), formula),
            "moments of a sum of n independent steps by the recurrence phi M' = n phi' M, in n and D",
            judged(
                bench,
                title,
                formula,
                lambda e: cumulants([e.crosstalk(r) for r in range(1, order + 1)])[-1],
            ),
        )
        return Claim(
            name,
            title,
            formula,
            Regime.EXACT,
            assumed(bench.setting),
            Derivation((_crosstalk_step(bench), step)),
            symbol=symbol(_C),
        )

    return build


def _field_mean(bench: DenseBench) -> Claim:
    formula = x * tidy(bench.field_mean)
    return Claim(
        "field_mean",
        "mean of the field at a unit that stores x",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(
            (
                Step(
                    equation(field_mean(x), x * (_average(_S) + (K - 1) * _average(_C))),
                    "one signal and K - 1 crosstalks",
                ),
                Step(
                    equation(field_mean(x), formula),
                    "averages inserted",
                    judged(bench, "the mean", formula.xreplace({x: sp.S.One}), lambda e: e.field(1)),
                ),
            )
        ),
        symbol=field_mean(x),
        observable="field_mean",
    )  # fmt: skip


def _field_variance(bench: DenseBench) -> Claim:
    formula = tidy(bench.field_variance)
    return Claim(
        "field_variance",
        "variance of the field at a unit that stores x, over patterns and cue",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(
            (
                Step(
                    equation(field_variance(x), _variance(_S) + (K - 1) * _variance(_C)),
                    "given the cue, signal and crosstalks are independent"
                    + (
                        "; the unit's own entry of the cue, common to all of them, is averaged last"
                        if bench.rule.coupled
                        else ""
                    ),
                ),
                Step(
                    equation(field_variance(x), formula),
                    "averages inserted",
                    judged(bench, "the variance", formula, lambda e: e.field(2) - e.field(1) ** 2),
                ),
            )
        ),
        symbol=field_variance(x),
        observable="field_variance",
    )


def require_noise(bench: DenseBench) -> None:
    """Refuse a field that does not scatter.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> require_noise(DenseBench(Setting(dense_rule(Power(2), "gradient", "power"))))
    """
    if bench.field_variance == 0:
        raise NotDerivable("the field does not scatter here: there is no ratio to the noise")


ANOTHER = Requirement(
    "the number of patterns", -K, sp.Integer(-2), False,
    "has no value for K = 1: there is no other pattern, and no noise; take K of at least 2",
)  # fmt: skip
"""For what is compared with the noise of other patterns alone."""


def _snr(bench: DenseBench) -> Claim:
    require_noise(bench)
    formula = bench.rho
    mean, variance = sp.Symbol("M"), sp.Symbol("V")
    swamped = bench.crosstalk(1) != 0
    return Claim(
        "snr",
        "signal-to-noise ratio",
        formula,
        Regime.EXACT,
        (
            *assumed(bench.setting),
            *(
                (
                    "the crosstalk has a mean, which holds up the cue's own entry, right or wrong: "
                    "it is part of M, so that rho does not measure what is retrieved",
                )
                if swamped
                else ()
            ),
        ),
        Derivation(
            (
                Step(
                    equation(rho, mean**2 / variance),
                    "(M(+1) - M(-1))^2 / (4 V), the field being odd in the stored value",
                ),
                Step(equation(rho, formula), "mean and variance of the field inserted"),
            )
        ),
        symbol=rho,
        observable="snr",
        requirements=(ANOTHER,) if bench.by_load[1][0] == 0 else (),
    )


QUANTITIES: dict[str, Quantity[DenseBench]] = {
    "energy": Quantity(_energy),
    "signal": Quantity(_signal),
    "crosstalk_mean": Quantity(_crosstalk_mean),
    "crosstalk_variance": Quantity(_crosstalk_cumulant(2)),
    "crosstalk_cumulant:4": Quantity(_crosstalk_cumulant(4), by_default=False),
    "field_mean": Quantity(_field_mean),
    "field_variance": Quantity(_field_variance),
    "snr": Quantity(_snr),
}
