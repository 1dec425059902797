r"""Claims about bounded synapses: their law, the field by the age of a pattern, the memory span.

Main names
----------
SynapseBench
    What the claims of one setting share.
QUANTITIES
    weights, stationary, weight_mean, weight_variance, the covariances of weights, field_mean,
    field_variance, snr, snr:stationary, span, span:stationary.

Conventions
-----------
``age`` is the number of patterns that were shown after the recalled one. A span is a number of
patterns: those ages whose rho exceeds z**2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.evaluation import WholeFunction
from hebbsym.families.bounded import BoundedRule
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import K, age, equation, field_mean, field_variance, x, z
from hebbsym.theory.ages.bench import OF_AGE
from hebbsym.theory.bounded.chains import Chain
from hebbsym.theory.bounded.closed import moments_of
from hebbsym.theory.bounded.paths import PathEnumeration
from hebbsym.theory.bounded.synapse import SteppedMoments, SynapseMoments, chain_of
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Bench, Quantity, needs_two_values, same

ENUMERATED = ((3, 2), (3, 3))
"""Sizes (D, K) at which claims are compared with every path, at every age."""

_average = sp.Function(r"\operatorname{E}")
_variance = sp.Function(r"\operatorname{Var}")
_n, _s, _zeta, _other = sp.symbols("n s zeta zeta'")
_pi0, _P, _w = sp.Symbol(r"\pi_0"), sp.Symbol("P", commutative=False), sp.Symbol("w")
_S = sp.Function("S", commutative=False)


@final
class SynapseBench(Bench):
    """Everything that is derived once for a bounded rule in a setting.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> SynapseBench(Setting(rule("sign-clipped"))).mean
    2**(1 - K)*x*(D - 1)*binomial(K - 1, floor(K/2))
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        chain_of(setting, 3)  # refuses patterns without a finite alphabet
        if setting.threshold.inhibits:
            raise NotDerivable(
                "inhibition is not derived for bounded rules; take a fixed threshold, or "
                "'active', which follows the cue"
            )

    @cached_property
    def moments(self) -> SynapseMoments:
        """Averages over one synapse and over two."""
        return moments_of(self.setting)

    @property
    def inputs(self) -> sp.Expr:
        """The number n of terms of the field."""
        return self.setting.inputs

    @cached_property
    def mean(self) -> sp.Expr:
        """M(x), by age."""
        return self.inputs * self.moments.term(1)

    def law_at(self, letter: int) -> FieldLaw:
        """The law of the field under one stored value."""
        one, two, both = self.moments.at_value(letter)
        n = self.inputs
        mean = n * one
        shared = both - one**2
        variance = n * (two - both) + n**2 * shared if shared != 0 else n * (two - one**2)
        return FieldLaw(mean, variance, self.setting.post.alphabet[letter][1])

    @cached_property
    def variance(self) -> sp.Expr:
        """V(x), by age."""
        n, moments = self.inputs, self.moments
        values = [moments.at_value(k) for k in range(len(self.setting.post.alphabet))]
        if all(both == one**2 for one, _, both in values):
            return n * (moments.term(2) - moments.product())
        square = moments.interpolated(lambda k: values[k][0] ** 2)
        return n * (moments.term(2) - moments.product()) + n**2 * (moments.product() - square)

    @cached_property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        reason = needs_two_values(self.setting)
        if reason:
            raise NotDerivable(reason)
        return self.law_at(0), self.law_at(1)

    @cached_property
    def theta(self) -> sp.Expr:
        """Theta; the offset alone where the threshold follows the cue."""
        law = self.setting.threshold
        if law.share != 0:
            return law.offset
        return law.value(*self.laws) if law.depends_on_load else self.plain_theta

    @property
    def enumeration(self) -> PathEnumeration:  # type: ignore[override]
        """Every path of a network of three units and two patterns, age 0."""
        return self._paths(*ENUMERATED[0], 0, symbolic=True)

    def _paths(self, units: int, patterns: int, age_: int, *, symbolic: bool) -> PathEnumeration:
        """Every path at given sizes, with the symbols of the setting or with numbers for them."""
        key = (units, patterns, age_, symbolic)
        if key not in self._walks:
            setting = self.setting if symbolic else self.setting.at(self._numbers)
            posts = None if self.setting.auto else 2
            self._walks[key] = PathEnumeration(setting, units, patterns, posts, age_)
        return self._walks[key]

    @cached_property
    def _walks(self) -> dict[tuple[int, int, int, bool], PathEnumeration]:
        return {}

    @cached_property
    def _numbers(self) -> dict[sp.Symbol, sp.Expr]:
        """Numbers for the symbols of the setting, where a formula is known at numbers only."""
        symbols = sorted(self.setting.free_symbols, key=str)
        return {s: sp.Rational(2 * n + 1, 7 + 2 * n) for n, s in enumerate(symbols)}

    def walked(
        self, what: str, formula: sp.Expr, truth: Callable[[PathEnumeration], sp.Expr], aged: bool
    ) -> Evidence:
        """Evidence that a formula equals the enumeration of all paths, at every age."""
        symbols = len(self.setting.free_symbols)
        numbers_only = formula.has(WholeFunction)
        pinned = [numbers_only or (patterns > 2 and symbols > 1) for _, patterns in ENUMERATED]

        def holds() -> bool:
            for (units, patterns), at_numbers in zip(ENUMERATED, pinned, strict=True):
                for age_ in range(patterns if aged else 1):
                    at = {notation.D: units, K: patterns, age: age_}
                    numbers = {s: sp.Integer(n) for s, n in at.items()}
                    values = self._numbers if at_numbers else {}
                    found = formula.xreplace({**values, **numbers}).doit()
                    paths = self._paths(units, patterns, age_, symbolic=not at_numbers)
                    if not same(found, truth(paths)):
                        return False
            return True

        return Evidence(
            Method.ENUMERATION,
            f"{what} over all patterns, cues and paths of the synapses at D = 3, K = 2 and 3, "
            f"{'every age, ' if aged else ''}{_how(pinned, self._numbers)}",
            holds,
        )


def _how(pinned: list[bool], values: dict[sp.Symbol, sp.Expr]) -> str:
    """Whether symbols were kept or given numbers."""
    shown = ", ".join(f"{s} = {v}" for s, v in values.items())
    if not any(pinned) or not values:
        return "zero tolerance" if not values else "identically in all symbols"
    return (
        f"at {shown}"
        if all(pinned)
        else f"identically in all symbols at K = 2, at {shown} at K = 3"
    )


def assumed(setting: Setting) -> tuple[str, ...]:
    """What every claim about a bounded rule assumes."""
    assert isinstance(setting.rule, BoundedRule)
    return (
        *conditions(setting),
        setting.rule.statement,
        *(
            (
                f"theta follows the cue: {setting.threshold.share} times the cue's sum over the "
                "inputs of the unit is subtracted from every field, its mean and its variance",
            )
            if setting.threshold.share != 0
            else ()
        ),
        "patterns are shown once each, in order; age 0 is the pattern shown last",
    )


# ---- weights ------------------------------------------------------------------------------


def _weights(bench: SynapseBench) -> Claim:
    pairs = bench.moments.law()

    def truth(n: int) -> Callable[[PathEnumeration], sp.Expr]:
        return lambda paths: paths.weight_probability(pairs[n][0])

    tests = [bench.walked("", p, truth(n), False) for n, (_, p) in enumerate(pairs)]
    evidence = Evidence(
        Method.ENUMERATION,
        tests[0].statement.lstrip(),
        lambda: all(test.holds() for test in tests),
    )
    formula = sp.Tuple(*(sp.Tuple(value, p) for value, p in pairs))
    step = Step(formula, "the level is a Markov chain, driven by independent patterns", evidence)
    return Claim(
        "weights",
        "law of a weight after K patterns: pairs (value, probability)",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=sp.Symbol(r"(w,\ \operatorname{P}(w_{ij} = w))"),
    )


def _stationary(bench: SynapseBench) -> Claim:
    chain = Chain(bench.setting)
    law = chain.stationary()
    pairs: dict[sp.Expr, sp.Expr] = {}
    for k, p in law.items():
        w = chain.expression(chain.weights[k])
        pairs[w] = pairs.get(w, sp.S.Zero) + p

    def invariant() -> bool:
        step = chain.mean_step
        total = sp.Add(*law.values())
        for k in range(len(chain.levels)):
            arriving = sp.Add(
                *(
                    law[m] * chain.expression(p)
                    for m, reached in step.items()
                    for to, p in reached
                    if to == k
                )
            )
            if not same(arriving, law[k]):
                return False
        return same(total, sp.S.One)

    formula = sp.Tuple(*(sp.Tuple(value, p) for value, p in sorted(pairs.items())))
    step = Step(
        formula,
        "one more pattern leaves this law as it is, and no other one",
        Evidence(Method.SUBSTITUTION, "pi P = pi, and the probabilities add up to 1", invariant),
    )
    return Claim(
        "stationary",
        "stationary law of a weight: pairs (value, probability)",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=sp.Symbol(r"(w,\ \operatorname{P}_\infty(w_{ij} = w))"),
    )


def _moment(
    name: str,
    title: str,
    symbol: str,
    formula_of: Callable[[SynapseMoments], sp.Expr],
    truth: Callable[[PathEnumeration], sp.Expr],
) -> Callable[[SynapseBench], Claim]:
    def build(bench: SynapseBench) -> Claim:
        formula = formula_of(bench.moments)
        how = bench.moments.closed or "the chain is stepped through K patterns, in exact numbers"
        return Claim(
            name,
            title,
            formula,
            Regime.EXACT,
            assumed(bench.setting),
            Derivation((Step(formula, how, bench.walked(title, formula, truth, False)),)),
            symbol=sp.Symbol(symbol),
            observable=name,
        )

    return build


def _covariance(kind: str, title: str, symbol: str) -> Quantity[SynapseBench]:
    build = _moment(
        f"weight_covariance:{kind}",
        title,
        symbol,
        lambda m: m.shared(kind) - m.weight(1) ** 2,
        lambda paths: paths.weight_covariance(kind),
    )
    return Quantity(renewed(build), _auto_only if kind == "reciprocal" else _always)


def _always(setting: Setting) -> str:
    return ""


def _auto_only(setting: Setting) -> str:
    return "" if setting.auto else "a hetero-associative memory has no reciprocal weights"


# ---- the field ----------------------------------------------------------------------------


def _field_mean(bench: SynapseBench) -> Claim:
    steps = (
        Step(
            equation(field_mean(x), _n * _average(_zeta)),
            "the field is the sum of n terms zeta_j = s_j w_ij of one law",
        ),
        Step(
            equation(_average(_zeta), _pi0 * _P ** (K - 1 - age) * _S(x) * _P**age * _w),
            "K - 1 - age patterns before the cued one, averaged over their values (P); the cued "
            "one, weighted by its cue, S(x) = sum_v p(v) E[s | v] T(x, v); age patterns after it",
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
            "matrix sum_u p(u) T(u) x T(u)",
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


# ---- many patterns ------------------------------------------------------------------------


def settled(bench: SynapseBench, formula: sp.Expr) -> sp.Expr:
    """A closed form as K grows: rates to a power that grows with K vanish.

    Raises
    ------
    NotDerivable
        When the chain is stepped, or nothing of the pattern is left in the limit.
    """
    if not bench.moments.closed or isinstance(bench.moments, SteppedMoments):
        raise NotDerivable(
            "the limit of many patterns is taken of a closed form, and there is none"
        )
    limit = formula.replace(
        lambda part: part.is_Pow and part.exp.has(K) and not part.base.has(K),
        lambda part: sp.S.Zero,
    )
    if limit.has(K) or limit in (0, sp.nan, sp.zoo):
        raise NotDerivable("nothing of a pattern is left when many patterns are stored")
    return limit


def _settled_snr(bench: SynapseBench) -> Claim:
    if not Chain(bench.setting).ordered:
        raise NotDerivable("the rule forgets nothing: its memory has no stationary signal")
    whole = snr(bench)
    formula = settled(bench, whole)

    def tends() -> bool:
        symbols = sorted(formula.free_symbols - {age, notation.D}, key=str)
        at = {s: sp.Rational(2 * n + 1, 7) for n, s in enumerate(symbols)}
        at |= {notation.D: sp.Integer(50), age: sp.Integer(1)}
        last = formula.xreplace(at)
        gaps = [
            abs((whole.xreplace({**at, K: sp.Integer(k)}) / last - 1).evalf(30)) for k in (20, 200)
        ]
        return bool(gaps[1] <= gaps[0] / 10 + sp.Float(10) ** -25)

    step = Step(
        equation(notation.rho, formula),
        "K to infinity: the rates of forgetting lie below 1, and their powers vanish",
        Evidence(
            Method.LIMIT, "relative distance at K = 20 and 200, at rational parameters", tends
        ),
    )
    return Claim(
        "snr:stationary",
        "signal-to-noise ratio by age, when many patterns are stored",
        formula,
        Regime.LEADING_ORDER,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=notation.rho,
        dropped="terms that decay geometrically in K",
    )


def _span(bench: SynapseBench) -> Claim:
    rho = snr(bench)
    beyond = sp.StrictGreaterThan(rho, z**2, evaluate=False)
    formula = sp.Sum(sp.Piecewise((1, beyond), (0, True)), (age, 0, K - 1))
    shape = sp.Sum(
        sp.Piecewise(
            (1, sp.StrictGreaterThan(sp.Function("rho")(age), z**2, evaluate=False)), (0, True)
        ),
        (age, 0, K - 1),
    )
    return Claim(
        "span",
        "memory span: the number of stored patterns whose signal-to-noise ratio exceeds z^2",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((Step(shape, "definition: rho of every age is compared with z^2"),)),
        symbol=sp.Symbol("T_{z}"),
        display=shape,
    )


def _settled_span(bench: SynapseBench) -> Claim:
    """rho = n S / (W - S) with S = A lambda^(2 age): solved for the age."""
    setting = bench.setting
    if not Chain(setting).ordered:
        raise NotDerivable("the rule forgets nothing: its memory has no stationary span")
    if not Chain(setting).history_free:
        raise NotDerivable(
            "the signal has a closed span where weights onto one unit are independent (unbiased signs)"
        )
    one, two, _ = (settled(bench, e) for e in bench.moments.at_value(1))
    first = one.xreplace({age: sp.S.Zero})
    rate = sp.cancel(one.xreplace({age: sp.S.One}) / first)
    if age in two.free_symbols or not same(sp.powsimp(sp.expand(one / first)), rate**age):
        raise NotDerivable("the signal decays by more than one rate: ask for span at a given K")
    n = bench.inputs
    at = sp.log(first**2 * (n + z**2) / (two * z**2)) / (-2 * sp.log(rate))
    formula = sp.Max(0, sp.ceiling(at))
    rho = settled(bench, snr(bench))

    def counts() -> bool:
        symbols = sorted(formula.free_symbols - {notation.D, z}, key=str)
        values = {s: sp.Rational(2 * k + 1, 7 + 4 * k) for k, s in enumerate(symbols)}
        for size, demand in ((100, 1), (1000, 2), (10000, 3), (20, 4)):
            given = {**values, notation.D: sp.Integer(size), z: sp.Integer(demand)}
            claimed, ages = formula.xreplace(given), 0
            while rho.xreplace({**given, age: sp.Integer(ages)}) > demand**2:
                ages += 1
            if sp.Integer(ages) != claimed:
                return False
        return True

    step = Step(
        equation(sp.Symbol("T_{z}"), formula),
        "rho > z^2 solved for the age: the squared signal decays by the squared rate of one chain",
        Evidence(Method.SUBSTITUTION, "ages counted one by one at four sizes and demands", counts),
    )
    return Claim(
        "span:stationary",
        "memory span when many patterns are stored",
        formula,
        Regime.LEADING_ORDER,
        assumed(setting),
        Derivation((step,)),
        symbol=sp.Symbol("T_{z}"),
        dropped="terms that decay geometrically in K",
    )


def renewed(build: Callable[[SynapseBench], Claim]) -> Callable[[SynapseBench], Claim]:
    """The claim with what an age must meet, and derived anew where two rates agree at numbers."""

    def made(bench: SynapseBench) -> Claim:
        claim = build(bench)

        def anew(values: Mapping[sp.Symbol, sp.Expr | int]) -> sp.Basic:
            own = {s: sp.Integer(v) if isinstance(v, int) else v for s, v in values.items()}
            kept = {s: v for s, v in own.items() if s in bench.setting.free_symbols}
            return build(SynapseBench(bench.setting.at(kept))).formula

        aged = notation.age in claim.formula.free_symbols
        return replace(claim, requirements=(OF_AGE,) if aged else (), anew=anew)

    return made


QUANTITIES: dict[str, Quantity[SynapseBench]] = {
    "weights": Quantity(_weights),
    "stationary": Quantity(_stationary),
    "weight_mean": Quantity(
        renewed(
            _moment(
                "weight_mean",
                "mean of a weight",
                r"\operatorname{E}[w_{ij}]",
                lambda m: m.weight(1),
                PathEnumeration.weight_mean,
            )
        )
    ),
    "weight_variance": Quantity(
        renewed(
            _moment(
                "weight_variance",
                "variance of a weight",
                r"\operatorname{Var}[w_{ij}]",
                lambda m: m.weight(2) - m.weight(1) ** 2,
                lambda paths: paths.weight_covariance(""),
            )
        )
    ),
    "weight_covariance:post": _covariance(
        "post",
        "covariance of two weights onto the same unit",
        r"\operatorname{Cov}[w_{ij}, w_{ik}]",
    ),
    "weight_covariance:pre": _covariance(
        "pre", "covariance of two weights from the same unit", r"\operatorname{Cov}[w_{ij}, w_{kj}]"
    ),
    "weight_covariance:reciprocal": _covariance(
        "reciprocal",
        "covariance of the two weights between a pair of units",
        r"\operatorname{Cov}[w_{ij}, w_{ji}]",
    ),
    "field_mean": Quantity(renewed(_field_mean)),
    "field_variance": Quantity(renewed(_field_variance)),
    "snr": Quantity(renewed(_snr)),
    "snr:stationary": Quantity(_settled_snr),
    "span": Quantity(_span),
    "span:stationary": Quantity(_settled_span),
}
