r"""Claims about signal, crosstalk and field of a dense memory, and the error of one bit.

Main names
----------
QUANTITIES
    energy, signal, crosstalk_mean, crosstalk_variance, crosstalk_cumulant:4, field_mean,
    field_variance, snr, bit_error.
assumed
    What every claim assumes.

Conventions
-----------
Signal and crosstalk are times the stored value at the unit; the crosstalk is that of one other pattern.
With the update ``difference`` all of them are those of the whole difference of two energies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact
from hebbsym.families.dense import DenseRule
from hebbsym.families.profiles import General, Polynomial, R
from hebbsym.notation import D, K, equation, field_mean, field_variance, rho, tail, x
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.enumeration import DenseEnumeration, unrolled
from hebbsym.theory.dense.lyapunov import descent_step
from hebbsym.theory.dense.overlaps import cumulants, tidy
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity

_SIZES = ((3, 2), (3, 3))
_EXPONENTIAL_SIZES = ((3, 2),)
_S, _C = sp.Symbol("S_i"), sp.Symbol("C_i")
_average = sp.Function(r"\operatorname{E}")
_variance = sp.Function(r"\operatorname{Var}")
_kappa = sp.Function(r"\kappa_4")
_error = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_u = sp.Symbol("u")
_kept = sp.Symbol("k", integer=True, positive=True)
_flipped = sp.Symbol("k", integer=True, nonnegative=True)


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

    def holds() -> bool:
        setting = bench.setting.at(pinned)
        for units, patterns in sizes:
            at = {**pinned, D: sp.Integer(units), K: sp.Integer(patterns)}
            found = unrolled(formula.subs(at)).rewrite(sp.exp)
            other = truth(DenseEnumeration(setting, units, patterns))
            if sp.expand(found - other) != 0:
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


def _require_noise(bench: DenseBench) -> None:
    if bench.field_variance == 0:
        raise NotDerivable("the field does not scatter here: there is no ratio to the noise")


def _snr(bench: DenseBench) -> Claim:
    _require_noise(bench)
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
    )


def error_of_bit(bench: DenseBench) -> sp.Expr:
    """The Gaussian error of one bit, a mixture over the unit's own entry of the cue where it matters.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> bench = DenseBench(Setting(dense_rule(Power(2), "gradient", "power")))
    >>> error_of_bit(bench).subs({D: 9, K: 3})
    erfc(sqrt(2))/2
    """
    if bench.square != 1:
        return _error_of_masked(bench)
    if mixed_by_flips(bench):
        return _error_of_flipped(bench)
    parts = [bench.field_given(y) for y, _ in bench.branches]
    if all(part == parts[0] for part in parts):
        mean, variance = parts[0]
        return tail(tidy(mean) / sp.sqrt(tidy(variance)))
    return sp.Add(
        *(
            p * tail(tidy(mean) / sp.sqrt(tidy(variance)))
            for (mean, variance), (_, p) in zip(parts, bench.branches, strict=True)
        )
    )


def mixed_by_flips(bench: DenseBench) -> bool:
    """Whether the signal scatters with the flips of the cue as no Gaussian does: F' is not linear.

    Examples
    --------
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> flips = Flip(sp.Rational(1, 10))
    >>> [mixed_by_flips(DenseBench(Setting(dense_rule(Power(n), "gradient", "power"), cue=flips))) for n in (2, 3)]
    [False, True]
    """
    linear = isinstance(bench.profile, Polynomial) and len(bench.profile.coefficients) <= 2
    return bool(bench.square == 1 and bench.mean != 1 and not bench.rule.coupled and not linear)


def _error_of_flipped(bench: DenseBench) -> sp.Expr:
    """The average over the number k of entries that are flipped outside the unit.

    Given it the signal is fixed, and what is left is the crosstalk of the others, which is independent of the cue.
    """
    spread = sp.sqrt((K - 1) * tidy(cumulants([bench.crosstalk(r) for r in (1, 2)])[1]))
    error = tail(bench.profile.expression.xreplace({R: D - 1 - 2 * _flipped}) / spread)
    n, p = D - 1, sp.expand((1 - bench.mean) / 2)
    law = sp.binomial(n, _flipped) * p**_flipped * (1 - p) ** (n - _flipped)
    return sp.Sum(law * error, (_flipped, 0, n))


def _error_of_masked(bench: DenseBench) -> sp.Expr:
    """The average over the number k of entries that are kept outside the unit.

    It scales signal and noise alike, so that the field is no Gaussian however many patterns there are.
    With k entries the memory is one of k + 1 units with an exact cue.
    """
    whole = DenseBench(bench.setting.with_cue(Exact()))
    mean, variance = whole.field_given(sp.S.One)
    error = tail(tidy(mean) / sp.sqrt(tidy(variance))).xreplace({D: _kept + 1})
    n, p = D - 1, bench.mean
    law = sp.binomial(n, _kept) * p**_kept * (1 - p) ** (n - _kept)
    return (1 - p) ** n / 2 + sp.Sum(law * error, (_kept, 1, n))


def _bit_error(bench: DenseBench) -> Claim:
    _require_noise(bench)
    formula, masked, flipped = error_of_bit(bench), bench.square != 1, mixed_by_flips(bench)
    return Claim(
        "bit_error",
        "probability that one bit is wrong after one step",
        formula,
        Regime.LEADING_ORDER,
        (
            *assumed(bench.setting),
            "the field is taken as Gaussian with its exact mean and variance"
            + (", given how many entries are kept" if masked else "")
            + (", given how many entries are flipped" if flipped else "")
            + ": K large at fixed D",
            "a tie counts as half an error",
            *(
                ("a cue without any entry outside the unit counts as half an error",)
                if masked
                else ()
            ),
        ),
        Derivation(
            (
                Step(
                    equation(_error, formula),
                    "central limit theorem over the other patterns, which are independent given the cue",
                ),
            )
        ),
        symbol=_error,
        observable="bit_error",
        dropped=(
            "Edgeworth's terms: skewness and kurtosis of the field. The steeper F is, the heavier are the "
            "tails of one crosstalk; where K is not far above its kurtosis, the true error is larger"
        ),
        remainder=edgeworth_size(bench),
    )


def edgeworth_size(bench: DenseBench) -> Remainder:
    """The size of Edgeworth's terms that a Gaussian error drops: the first order and the second."""

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        numeric = DenseBench(bench.setting.at(values))
        at = {s: values[s] for s in (D, K) if s in values}
        if mixed_by_flips(numeric):
            return _size_of_flipped(numeric, at)
        if numeric.square == 1:
            return sp.Add(*(p * _size_given(numeric, y, at) for y, p in numeric.branches))
        whole, n, p = DenseBench(numeric.setting.with_cue(Exact())), int(at[D]) - 1, numeric.mean
        return sp.Add(
            *(
                sp.binomial(n, k) * p**k * (1 - p) ** (n - k)
                * _size_given(whole, sp.S.One, {**at, D: sp.Integer(k + 1)})
                for k in range(1, n + 1)
            )
        )  # fmt: skip

    return size


def _size_of_flipped(bench: DenseBench, at: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The size averaged over the number of flips outside the unit, given which the signal is fixed."""
    c = cumulants([bench.crosstalk(r).xreplace(dict(at)) for r in range(1, 7)])
    variance, fourth, sixth = ((at[K] - 1) * c[r - 1] for r in (2, 4, 6))
    n, p = int(at[D]) - 1, (1 - bench.mean) / 2
    profile = bench.profile.expression.xreplace(dict(at))
    return sp.Add(
        *(
            sp.binomial(n, k) * p**k * (1 - p) ** (n - k)
            * edgeworth_terms(
                profile.subs(R, sp.Integer(n - 2 * k)), variance, sp.S.Zero, fourth, sixth
            )
            for k in range(n + 1)
        )
    )  # fmt: skip


def _size_given(bench: DenseBench, y: sp.Expr, at: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The size at one value of the unit's own entry of the cue."""
    s = cumulants([bench.signal_given(y, r).xreplace(dict(at)) for r in range(1, 5)])
    c = cumulants([bench.crosstalk_given(y, r).xreplace(dict(at)) for r in range(1, 7)])
    k = K.xreplace(dict(at)) - 1
    mean, variance, third, fourth = (a + k * b for a, b in zip(s, c[:4], strict=True))
    return edgeworth_terms(mean, variance, third, fourth, k * c[5])


def edgeworth_terms(
    mean: sp.Expr, variance: sp.Expr, third: sp.Expr, fourth: sp.Expr, sixth: sp.Expr
) -> sp.Expr:
    """Sizes of the first and second order of Edgeworth's series at zero, from cumulants.

    Examples
    --------
    >>> edgeworth_terms(sp.S.One, sp.S.One, sp.S.Zero, sp.S.Zero, sp.S.Zero)
    0
    """
    if variance == 0:
        return sp.S.Zero
    t = mean / sp.sqrt(variance)
    skew, kurtosis, higher = (
        part / variance**power
        for part, power in ((third, sp.Rational(3, 2)), (fourth, 2), (sixth, 3))
    )
    h2, h3 = t**2 - 1, t**3 - 3 * t
    h5 = t**5 - 10 * t**3 + 15 * t
    h7 = t**7 - 21 * t**5 + 105 * t**3 - 105 * t
    first = sp.Abs(skew * h2) / 6 + sp.Abs(kurtosis * h3 / 24 + skew**2 * h5 / 72)
    second = sp.Abs(higher * h5) / 720 + kurtosis**2 * sp.Abs(h7) / 1152
    return (first + second) * sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)


QUANTITIES: dict[str, Quantity[DenseBench]] = {
    "energy": Quantity(_energy),
    "signal": Quantity(_signal),
    "crosstalk_mean": Quantity(_crosstalk_mean),
    "crosstalk_variance": Quantity(_crosstalk_cumulant(2)),
    "crosstalk_cumulant:4": Quantity(_crosstalk_cumulant(4), by_default=False),
    "field_mean": Quantity(_field_mean),
    "field_variance": Quantity(_field_variance),
    "snr": Quantity(_snr),
    "bit_error": Quantity(_bit_error),
}
