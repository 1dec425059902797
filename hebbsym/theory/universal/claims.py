r"""Claims about the signal and the crosstalk of a universal network, and the error of one bit.

Main names
----------
QUANTITIES
    separation, signal, crosstalk_mean, crosstalk_variance, field_mean, field_variance, snr, bit_error.
assumed, separation
    What every claim assumes, and the claim that every network has.

Conventions
-----------
Signal and crosstalk are times the stored value at the unit; the crosstalk is that of one other pattern. Where
the separator divides all weights by a common positive number, they are those before it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import mpmath
import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.universal import UniversalRule
from hebbsym.notation import D, K, equation, field_mean, field_variance, m, rho, x
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.enumeration import unrolled
from hebbsym.theory.dense.errors import edgeworth_terms
from hebbsym.theory.dense.overlaps import cumulants, tidy
from hebbsym.theory.setting import Setting
from hebbsym.theory.universal.bench import UniversalBench, binomial_law
from hebbsym.theory.universal.enumeration import UniversalEnumeration
from hebbsym.theory.workbench import Bench, Quantity

_SIZES = ((3, 2), (2, 3))
_S, _C, _u = sp.Symbol("S_i"), sp.Symbol("C_i"), sp.Symbol("u")
_average, _variance = sp.Function(r"\operatorname{E}"), sp.Function(r"\operatorname{Var}")
ERROR = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_g = sp.Function("g")


def assumed(setting: Setting) -> tuple[str, ...]:
    """What every claim about a universal network assumes.

    Examples
    --------
    >>> from hebbsym.families.separators import Softmax
    >>> from hebbsym.families.similarities import Dot
    >>> assumed(Setting(UniversalRule(Dot(), Softmax(1))))[-1]
    'the softmax divides all weights by their sum: that changes no sign, and is left out'
    """
    rule = setting.rule
    assert isinstance(rule, UniversalRule)
    divided = rule.separator.divided
    return (
        "unbiased bipolar patterns, independent over units and patterns",
        f"the cue is {setting.cue.text} of one stored pattern, unit by unit, independently",
        "recall is the sign of the stored patterns' sum, with the unit inside the overlap"
        if setting.auto
        else "recall is the sign of the sum of contents, which are independent of the addresses",
        *((f"{divided}: that changes no sign, and is left out",) if divided else ()),
    )


def separation(bench: Bench) -> Claim:
    """The claim that the weight of a pattern is a function of its overlap with the cue, and which."""
    rule = bench.setting.rule
    assert isinstance(rule, UniversalRule)

    def holds() -> bool:
        for units in (2, 3, 4):
            signs = list(product((-1, 1), repeat=units))
            for one, other in product(signs, repeat=2):
                overlap = sum(a * s for a, s in zip(one, other, strict=True))
                law = rule.similarity.of_overlap(sp.Integer(overlap)).subs(D, units)
                if sp.expand(law - rule.similarity.score(one, other)) != 0:
                    return False
        return True

    return Claim(
        "separation",
        "weight of a stored pattern, as a function of its overlap with the cue",
        rule.weight,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation(
            (
                Step(
                    equation(sp.Symbol("v"), rule.similarity.of_overlap(m)),
                    "all sign vectors have the length sqrt(D), and entries that differ do so by 2: the "
                    "similarity of pattern and cue is an affine function of their overlap",
                    Evidence(
                        Method.ENUMERATION, "every two sign vectors of 2, 3 and 4 entries", holds
                    ),
                ),
                Step(equation(_g(m), rule.weight), "the separator of that similarity"),
            )
        ),
        "derived here; millidge2022 for the three factors (equation numbers unverified)",
        symbol=_g(m),
    )


def judged(
    bench: UniversalBench,
    what: str,
    formula: sp.Expr,
    truth: Callable[[UniversalEnumeration], sp.Expr],
) -> Evidence:
    """Evidence that a formula equals the enumeration of all patterns and cues, a symbolic beta left open."""
    pinned = bench.rule.separator.example

    def holds() -> bool:
        setting = bench.setting.at(pinned)
        for units, patterns in _SIZES:
            at = {**pinned, D: sp.Integer(units), K: sp.Integer(patterns)}
            found = unrolled(formula.subs(at)).rewrite(sp.exp)
            other = truth(UniversalEnumeration(setting, units, patterns))
            if sp.powsimp(sp.expand(sp.expand(found) - sp.expand(other))) != 0:
                return False
        return True

    where = "; ".join(f"D = {units}, K = {patterns}" for units, patterns in _SIZES)
    return Evidence(
        Method.ENUMERATION,
        f"{what} from vectors, over all patterns and cues at {where}, zero tolerance",
        holds,
    )


def _crosstalk_step(bench: UniversalBench) -> Step:
    inside = sp.Symbol("R") + _u * sp.Symbol("y") if bench.setting.auto else m
    reason = (
        "times the stored value another pattern adds a fair sign u times its weight; y is the unit's own "
        "entry of the cue times its stored value, and u y the unit's part of the overlap"
        if bench.setting.auto
        else "contents are independent of addresses: a fair sign u times the weight"
    )
    return Step(equation(_C, _u * _g(inside)), reason)


def _moment(
    name: str,
    title: str,
    symbol: sp.Expr,
    formula: Callable[[UniversalBench], sp.Expr],
    truth: Callable[[UniversalEnumeration], sp.Expr],
    reason: str,
) -> Quantity[UniversalBench]:
    """A claim about one pattern's part of the field."""

    def build(bench: UniversalBench) -> Claim:
        found = tidy(formula(bench))
        step = Step(equation(symbol, found), reason, judged(bench, title, found, truth))
        steps = (step,) if symbol.has(_S) else (_crosstalk_step(bench), step)
        return Claim(
            name,
            title,
            found,
            Regime.EXACT,
            assumed(bench.setting),
            Derivation(steps),
            symbol=symbol,
        )

    return Quantity(build)


def _observed(bench: UniversalBench, observable: str) -> str | None:
    """The field can be looked at where no common number divides the weights."""
    return None if bench.rule.separator.divided else observable


def _field_mean(bench: UniversalBench) -> Claim:
    formula = x * tidy(bench.field_mean)
    step = Step(
        equation(field_mean(x), x * (_average(_S) + (K - 1) * _average(_C))),
        "one signal and K - 1 crosstalks",
        judged(bench, "the mean", formula.xreplace({x: sp.S.One}), lambda e: e.field(1)),
    )
    return Claim(
        "field_mean",
        "mean of the field at a unit that stores x",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=field_mean(x),
        observable=_observed(bench, "field_mean"),
    )


def _field_variance(bench: UniversalBench) -> Claim:
    formula = tidy(bench.field_variance)
    step = Step(
        equation(field_variance(x), formula),
        "given y, signal and crosstalks are independent; y, common to all of them, is averaged last",
        judged(bench, "the variance", formula, lambda e: e.field(2) - e.field(1) ** 2),
    )
    return Claim(
        "field_variance",
        "variance of the field at a unit that stores x, over patterns and cue",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=field_variance(x),
        observable=_observed(bench, "field_variance"),
    )


def require_noise(bench: UniversalBench) -> None:
    """Refuse fields that do not scatter.

    Examples
    --------
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> require_noise(UniversalBench(Setting(UniversalRule(Dot(), Identity()))))
    """
    if bench.field_variance == 0:
        raise NotDerivable("the field does not scatter here: there is no ratio to the noise")


def _snr(bench: UniversalBench) -> Claim:
    require_noise(bench)
    mean, variance = sp.Symbol("M"), sp.Symbol("V")
    swamped = bench.setting.auto and any(
        bench.crosstalk_given(y, 1) != 0 for y, _ in bench.branches
    )
    return Claim(
        "snr",
        "signal-to-noise ratio",
        bench.rho,
        Regime.EXACT,
        (
            *assumed(bench.setting),
            "where M is negative, recall gives the inverse",
            *(
                (
                    "the crosstalk has a mean given the unit's own entry of the cue, which it holds up, "
                    "right or wrong: rho alone does not measure what is retrieved",
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
                Step(equation(rho, bench.rho), "mean and variance of the field inserted"),
            )
        ),
        symbol=rho,
        observable=_observed(bench, "snr"),
    )


def dropped_by_gauss(bench: UniversalBench) -> Callable[[Mapping[sp.Symbol, sp.Expr]], sp.Expr]:
    """The size of Edgeworth's terms that a Gaussian error drops, given the cue and averaged over it."""

    def dropped(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        numeric = UniversalBench(bench.setting.at(values))
        at = {s: values[s] for s in (D, K) if s in values}
        total, k = sp.S.Zero, at[K] - 1
        for y, chance in numeric.branches:
            moments = [numeric.crosstalk_given(y, r).xreplace(at) for r in range(1, 7)]
            c = cumulants([_rounded(moment) for moment in moments])
            weight = _rounded(numeric.weight_given(y).xreplace(at))
            n = int(numeric.cued.steps.xreplace(at))
            wrong = numeric.wrong
            for flips in range(n + 1 if wrong != 0 else 1):
                law = sp.binomial(n, flips) * wrong**flips * (1 - wrong) ** (n - flips)
                signal = numeric.weight(n + y - 2 * flips).xreplace(at)
                mean, variance, third, fourth, _, sixth = (k * part for part in c)
                mean += signal
                size = edgeworth_terms(mean, variance, third, fourth, sixth)
                total += chance * law * (size + _lumps(mean, variance, weight, k))
        return total

    return dropped


def _lumps(mean: sp.Expr, variance: sp.Expr, weight: sp.Expr, others: sp.Expr) -> sp.Expr:
    """Half the probability of a tie where all weights were their mean w, times how far it is from being smeared.

    The field is near the multiples of 2 w then, each a lump of the variance ``others`` Var g: by Poisson's summation
    the lumps show as exp(-(pi^2/2) Var / w^2).
    """
    if weight == 0 or variance == 0:
        return sp.S.Zero
    spread = variance / weight**2 - others  # of the sum of sizes, over w^2
    tie = sp.Abs(weight) * sp.exp(-(mean**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
    return tie * sp.exp(-(sp.pi**2) / 2 * sp.Max(spread, 0))


def _rounded(moment: sp.Expr) -> sp.Expr:
    """A fraction in the place of a long sum: the size of a remainder needs no more digits."""
    return sp.Rational(mpmath.nstr(evaluate(moment), 25))


GAUSSIAN = "given the cue the field is taken as Gaussian with its exact mean and variance: K large at fixed D"
DROPPED = (
    "Edgeworth's terms: skewness and kurtosis of the crosstalk. The steeper the separator is, the fewer patterns "
    "make up the noise, and the less it is Gaussian; where all weights are nearly alike the field is near a lattice"
)


def _bit_error(bench: UniversalBench) -> Claim:
    require_noise(bench)
    build = _counted_error if bench.exact else _gaussian_error
    return build(bench)


def _gaussian_error(bench: UniversalBench) -> Claim:
    return Claim(
        "bit_error",
        "probability that one bit is wrong after one step",
        bench.error,
        Regime.LEADING_ORDER,
        (*assumed(bench.setting), GAUSSIAN, "a tie counts as half an error"),
        Derivation(
            (
                Step(
                    equation(ERROR, bench.error),
                    "given the cue, the other patterns are independent: central limit theorem over them, then "
                    "the average over the cue's wrong entries",
                ),
            )
        ),
        symbol=ERROR,
        observable="bit_error",
        dropped=DROPPED,
        remainder=dropped_by_gauss(bench),
    )


def _counted_error(bench: UniversalBench) -> Claim:
    votes, against = sp.symbols("n j", integer=True, nonnegative=True)
    chance, wrong = sp.symbols("p_y q_y")
    verdict = (1 - sp.sign(votes + _S - 2 * against)) / 2
    inner = sp.Sum(binomial_law(votes, against, wrong) * verdict, (against, 0, votes))
    shown = _average(sp.Sum(binomial_law(K - 1, votes, chance) * inner, (votes, 0, K - 1)))
    return Claim(
        "bit_error",
        "probability that one bit is wrong after one step",
        bench.error,
        Regime.EXACT,
        (*assumed(bench.setting), "a tie counts as half an error"),
        Derivation(
            (
                Step(
                    equation(ERROR, shown),
                    "every pattern of enough overlap has one vote: given the unit's own entry y of the cue, another "
                    "pattern has one with probability p_y = E C^2, and with the wrong content in the share "
                    "q_y = (E C^2 - E C)/(2 E C^2) of the cases; n vote, j of them against the stored value; the "
                    "average is over y and over the cued pattern's own vote S_i",
                    judged(bench, "the error of a bit", bench.error, lambda e: e.bit_error()),
                ),
            )
        ),
        symbol=ERROR,
        observable="bit_error",
        display=shown,
    )


QUANTITIES: dict[str, Quantity[UniversalBench]] = {
    "separation": Quantity(separation),
    "signal": _moment(
        "signal",
        "signal: what the cued pattern adds to the field, times the stored value",
        _average(_S),
        lambda bench: bench.signal(1),
        lambda e: e.signal(1),
        "its overlap is a sum of independent steps, and the unit's own one",
    ),
    "crosstalk_mean": _moment(
        "crosstalk_mean",
        "mean crosstalk of one other pattern, times the stored value",
        _average(_C),
        lambda bench: bench.crosstalk(1),
        lambda e: e.crosstalk(1),
        "average over u, y and the overlap outside the unit",
    ),
    "crosstalk_variance": _moment(
        "crosstalk_variance",
        "variance of the crosstalk of one other pattern",
        _variance(_C),
        lambda bench: cumulants([bench.crosstalk(r) for r in (1, 2)])[1],
        lambda e: cumulants([e.crosstalk(r) for r in (1, 2)])[1],
        "moments of a sum of independent signs",
    ),
    "field_mean": Quantity(_field_mean),
    "field_variance": Quantity(_field_variance),
    "snr": Quantity(_snr),
    "bit_error": Quantity(_bit_error),
}
