r"""The field of a pattern of given age in weights that have settled, to first order in the learning rate.

With w = w* + delta, the increment linearised about the stable fixed point w* of the flow, the recalled
pattern leaves eta E[s f(w*) | x] beside what was there, and each later pattern shrinks it by the factor

.. math:: q = 1 + \eta F'(w^*)

The weights themselves have the mean w* + eta m_1, the variance eta sigma**2 and, where two of them share the
postsynaptic unit, the covariance eta c with c = -C/(2 F'), C being the covariance of f at two such weights:

.. math:: M(x) = n \left( E[s] (w^* + \eta m_1) + \eta q^{age} E[s f | x] \right)

.. math:: V(x) = n \left( \mathrm{Var}(s) w^{*2} + \eta (E[s^2] \sigma^2
    + 2 w^* (\mathrm{Var}(s) m_1 + q^{age} \mathrm{Cov}(s, s f | x))) \right) + n (n - 1) \eta E[s]^2 c

Main names
----------
SettledField
    M, V, rho of one setting.
QUANTITIES
    weight_covariance:post:stationary, weight_covariance:pre:stationary, field_mean:stationary,
    field_variance:stationary, snr:stationary.

Conventions
-----------
What is dropped is of order eta**2 at a given q. Its size is a second divided difference, over rates with the
same q, of moments that are followed numerically (:mod:`hebbsym.theory.pairs`), which the formulas do not
enter; and what K patterns leave of W = 0.

References
----------
derived here; kampen2007 for the linear noise approximation (unverified).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Requirement, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import age, equation, field_mean, field_variance, w, x
from hebbsym.theory.ages.bench import OF_AGE
from hebbsym.theory.drives import drive, engine_of
from hebbsym.theory.fields import law_of
from hebbsym.theory.flow import Flow
from hebbsym.theory.fluctuations import Stationary, tidy
from hebbsym.theory.followed import (
    Followed,
    beyond_covariance,
    beyond_field,
    beyond_ratio,
    cut,
    falls,
    shrinks,
)
from hebbsym.theory.pairs import Pair
from hebbsym.theory.ratebench import SLOW, RateBench, Values
from hebbsym.theory.rates import refuse_inhibition
from hebbsym.theory.ratios import ratio
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity

_q, _s, _delta = sp.Symbol("q"), sp.Symbol("s"), sp.Symbol("delta")
_E, _Cov = (sp.Function(rf"\operatorname{{{name}}}") for name in ("E", "Cov"))
_DROPPED = "order 2 in eta, and exp(F' eta K)"
_DROPPED_BY_AGE = "order 2 in eta at a given (1 + F' eta)^age, and exp(F' eta K)"


@dataclass(frozen=True)
class SettledField:
    """Mean, variance and signal-to-noise ratio of a field, to first order in the rate.

    Parameters
    ----------
    setting : Setting
        Its rule is polynomial in the weight, of any degree.

    Examples
    --------
    Oja's rule on fair signs, an affine rule: the mean is exact, and eta/2 for eta/(2 - eta).

    >>> from hebbsym.families.named import rules
    >>> field = SettledField(Setting(rules["oja"]))
    >>> field.mean, field.variance
    (eta*x*(1 - eta)**age*(D - 1), eta*(D - 1)/2)
    """

    setting: Setting

    def __post_init__(self) -> None:
        refuse_inhibition(self.setting)

    @cached_property
    def flow(self) -> Flow:
        """The mean-field flow of the weights."""
        return Flow(self.setting)

    @cached_property
    def weights(self) -> Stationary:
        """The law of one weight."""
        return Stationary(self.flow)

    @property
    def retention(self) -> sp.Expr:
        """q: what a later pattern leaves of a trace."""
        return 1 + self.flow.rate * self.weights.point.slope

    def covariance(self, shared: str) -> sp.Expr:
        """c: the covariance over the rate of two weights that share a unit."""
        noise = self.flow.shared_noise(shared).xreplace({w: self.weights.point.value})
        return tidy(-noise / (2 * self.weights.point.slope))

    @cached_property
    def traces(self) -> tuple[sp.Expr, sp.Expr]:
        """E[s f | x] and E[s**2 f | x], f at the fixed point."""
        parts = [part.terms for part in drive(self.setting).parts]
        engine = engine_of(self.setting, parts, 2)
        values = [v for v, _ in self.setting.post.alphabet]
        fixed, found = self.weights.point.value, []
        for power in (1, 2):
            total = sp.S.Zero
            for r, part in enumerate(parts):
                if part:
                    shown = engine.of_one_pattern(((0, 1, r),), {1: power}, True)
                    if values:
                        factors = (engine.x - engine.ring.domain.from_sympy(v) for v in values)
                        shown = shown.rem([math.prod(factors, start=engine.ring.one)])
                    total += fixed**r * shown.as_expr()
            found.append(tidy(total))
        return found[0], found[1]

    def _cue(self, power: int) -> sp.Expr:
        """E[s**power]."""
        return sp.expand(law_of(self.setting.pre, self.setting.cue).moment(0, power))

    @cached_property
    def mean(self) -> sp.Expr:
        """M(x)."""
        rate, law, kept = self.flow.rate, self.weights, self.retention**age
        settled = self._cue(1) * (law.mean(0) + rate * law.mean(1))
        return self.setting.inputs * (settled + rate * kept * self.traces[0])

    @cached_property
    def variance(self) -> sp.Expr:
        """V(x)."""
        rate, law, n = self.flow.rate, self.weights, self.setting.inputs
        kept, fixed, first = self.retention**age, law.mean(0), self._cue(1)
        spread = sp.expand(self._cue(2) - first**2)
        shown = sp.expand(self.traces[1] - first * self.traces[0])
        own = self._cue(2) * law.variance(1)
        own += 2 * fixed * (spread * law.mean(1) + kept * shown)
        common = first**2 * self.covariance("post")
        return n * (spread * fixed**2 + rate * own) + n * (n - 1) * rate * common

    @cached_property
    def snr(self) -> sp.Expr:
        """rho; what M has in common at both values drops out."""
        values = [v for v, _ in self.setting.post.alphabet]
        if len(values) != 2:
            return ratio(self.setting, self.mean, self.variance)
        low, high = (self.traces[0].xreplace({x: v}) for v in values)
        gap = self.flow.rate * self.retention**age * tidy(high - low)
        return ratio(self.setting, self.setting.inputs * gap * _share(values), self.variance)


def _share(values: list[sp.Expr]) -> sp.Expr:
    """0 at the lower value, 1 at the higher one."""
    return (x - values[0]) / (values[1] - values[0])


# ---- claims -------------------------------------------------------------------------------


def _assumed(bench: RateBench, field: SettledField) -> tuple[str, ...]:
    return (
        *conditions(bench.setting),
        SLOW.partition(":")[0] + ": the increment is linearised about the fixed point",
        f"the weights settle around {field.weights.point.value}, the fixed point that they reach from 0; "
        "eta*K is large",
        *field.flow.notes(field.weights.point.value),
    )


def _stable(bench: RateBench) -> SettledField:
    """The field in settled weights; raises where they do not settle."""
    field = SettledField(bench.setting)
    field.flow.require_stable(field.flow.rate)
    return field


def _of_rate(field: SettledField) -> Requirement:
    return Requirement("the rate", field.flow.rate, field.flow.largest_rate)


def _steps(
    field: SettledField, symbol: sp.Expr, formula: sp.Expr, evidence: Evidence | None
) -> tuple[Step, ...]:
    trace = sp.Function("f")(sp.Symbol("w^*"))
    return (
        Step(
            equation(_q, field.retention),
            "E[s delta | x] of a pattern more, linearised: it keeps 1 + eta F' of itself",
            _slope_evidence(field),
        ),
        Step(
            equation(
                _E(_s * _delta), field.flow.rate * _q**age * _E(_s * trace) + _E(_s) * _E(_delta)
            ),
            "the recalled pattern adds eta f(w*), which is correlated with its cue; what was there before is not",
        ),
        Step(
            equation(symbol, formula),
            "moments of a sum over the inputs, to first order in eta",
            evidence,
        ),
    )


def _slope_evidence(field: SettledField) -> Evidence:
    """F' at the fixed point, without a derivative."""

    def holds() -> bool:
        point, h = field.weights.point, sp.Symbol("h_")
        moved = sp.expand(field.flow.mean.xreplace({w: point.value + h}))
        gap = sp.radsimp(sp.expand(moved.coeff(h, 1) - point.slope))
        return bool(gap == 0 or abs(gap.n(40)) < sp.Rational(1, 10**30))

    return Evidence(Method.SUBSTITUTION, "the coefficient of h in F(w* + h)", holds)


def _of_field(name: str, title: str, part: int) -> Callable[[RateBench], Claim]:
    """A claim about the mean (part 0) or the variance (part 1) of the field."""
    symbol = (field_mean, field_variance)[part](x)

    def build(bench: RateBench) -> Claim:
        field = _stable(bench)
        formula = (field.mean, field.variance)[part]

        def number(followed: Followed, here: Values, pair: Pair) -> float:
            return followed.law(here[x], pair, int(here[age]))[part]

        return Claim(
            f"{name}:stationary",
            f"{title} of the field at a unit that stores x, by age, after many patterns",
            formula,
            Regime.LEADING_ORDER,
            _assumed(bench, field),
            Derivation(_steps(field, symbol, formula, shrinks(bench.flow, formula, number))),
            "derived here; kampen2007 for the linear noise approximation (unverified)",
            symbol=symbol,
            dropped=_DROPPED_BY_AGE,
            remainder=beyond_field(bench.setting, part),
            observable=name,
            requirements=(OF_AGE, _of_rate(field)),
            cut=cut(bench.setting, 2, number),
        )

    return build


def _snr(bench: RateBench) -> Claim:
    field = _stable(bench)
    formula = field.snr
    if formula == 0:
        raise NotDerivable(
            f"rule {bench.setting.rule.name!r} carries no signal to first order: M(x) does not depend on x"
        )
    step = Step(
        equation(notation.rho, formula),
        "definition, with M and V to first order in eta",
        _snr_evidence(bench, formula),
    )
    return Claim(
        "snr:stationary",
        "signal-to-noise ratio by age, after many patterns",
        formula,
        Regime.LEADING_ORDER,
        _assumed(bench, field),
        Derivation((step,)),
        "derived here; kampen2007 for the linear noise approximation (unverified)",
        symbol=notation.rho,
        dropped=_DROPPED_BY_AGE.replace("order 2", "relative order 1"),
        remainder=beyond_ratio(bench.setting, (field.mean, field.variance)),
        observable="snr",
        requirements=(OF_AGE, _of_rate(field)),
        cut=cut(bench.setting, 1, _followed_ratio, relative=True),
    )


def _followed_ratio(followed: Followed, here: Values, pair: Pair) -> float:
    """rho of two stored values, from moments that are followed."""
    letters = [v for v, _ in followed.setting.post.alphabet]
    if len(letters) != 2:
        raise NotDerivable("the ratio of real-valued patterns is not followed numerically")
    (low, below), (high, above) = (followed.law(v, pair, int(here[age])) for v in letters)
    return (high - low) ** 2 / (2 * (below + above))


def _snr_evidence(bench: RateBench, formula: sp.Expr) -> Evidence | None:
    """The relative gap to the ratio of followed moments is of first order."""

    def distance(followed: Followed, here: Values, pair: Pair) -> float:
        return float(formula.xreplace(dict(here))) / _followed_ratio(followed, here, pair) - 1

    if len(bench.setting.post.alphabet) != 2:
        return None
    return falls(bench.flow, formula, distance, 2, "like the rate, relative to the ratio")


def _of_weights(shared: str, which: str) -> Callable[[RateBench], Claim]:
    """A claim about the covariance of two weights that share a unit."""

    def build(bench: RateBench) -> Claim:
        field = _stable(bench)
        formula = field.flow.rate * field.covariance(shared)
        c, slope = sp.Symbol("c"), sp.Symbol("F'")

        def number(followed: Followed, here: Values, pair: Pair) -> float:
            return pair.covariance

        step = Step(
            equation(2 * slope * c + sp.Symbol("C"), 0),
            "two weights at rest: what each forgets of the covariance is what a pattern adds, the covariance C "
            "of f at the two",
            shrinks(bench.flow, formula, number, shared),
        )
        return Claim(
            f"weight_covariance:{shared}:stationary",
            f"covariance of two weights {which} one unit that have settled",
            formula,
            Regime.LEADING_ORDER,
            _assumed(bench, field),
            Derivation((step,)),
            symbol=_Cov(w, sp.Symbol("w'")),
            dropped=_DROPPED,
            remainder=beyond_covariance(bench.setting, shared),
            observable=f"weight_covariance:{shared}",
            requirements=(_of_rate(field),),
            cut=cut(bench.setting, 2, number, shared, aged=False),
        )

    return build


QUANTITIES: dict[str, Quantity[RateBench]] = {
    "weight_covariance:post:stationary": Quantity(_of_weights("post", "onto")),
    "weight_covariance:pre:stationary": Quantity(_of_weights("pre", "from")),
    "field_mean:stationary": Quantity(_of_field("field_mean", "mean", 0)),
    "field_variance:stationary": Quantity(_of_field("field_variance", "variance", 1)),
    "snr:stationary": Quantity(_snr),
}
