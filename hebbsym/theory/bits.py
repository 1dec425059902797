r"""Claims about one recalled bit: the threshold and the probability that the bit is wrong.

The exact M, V do not yet give an error: the law of the field is needed. Given the history
of the postsynaptic unit (for two values: the number r of other patterns that hold the higher
value there) the field is a sum of n i.i.d. terms, so that it is Gaussian as D grows, whatever
K is. The claim is the average of that Gaussian error over r. Three cases:

* The law given r does not depend on r (plain Hebb on unbiased patterns): the sum collapses.
* Only its variance does (no post part, B = 0): as K grows it concentrates, and the sum tends
  to the Gaussian error with the exact M and V, which is ``bit_error:gaussian``.
* Its mean does (B != 0): Q(sqrt(rho)) is wrong even as D and K grow, and the sum is right.

Main names
----------
QUANTITIES
    threshold, bit_error, bit_error:high, bit_error:low, bit_error:gaussian.

Conventions
-----------
A tie (h = theta) counts as half an error; a Gaussian field has none.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import K, equation, field_mean, field_variance, tail
from hebbsym.numeric import evaluate
from hebbsym.theory.mixture import (
    distance,
    edgeworth,
    expressions,
    has_gaussian_limit,
    history_matters,
    over_history,
)
from hebbsym.theory.relative import (
    HistoryLaw,
    averaged_moments,
    laws_given_history,
    remainder_variance,
)
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Bench, Quantity, Workbench, needs_two_values

_theta = notation.theta
_r = notation.r


def threshold(bench: Bench) -> Claim:
    """The claim about the threshold, whatever the class of the rule."""
    setting = bench.setting
    formula = bench.theta
    (low, _), (high, _) = setting.post.alphabet
    symbols = (
        FieldLaw(field_mean(low), field_variance(low), sp.Symbol("p_-")),
        FieldLaw(field_mean(high), field_variance(high), sp.Symbol("p_+")),
    )
    shape = setting.threshold.value(*symbols)
    step = Step(
        equation(_theta, shape), setting.threshold.reason, _threshold_evidence(bench, symbols)
    )
    return Claim(
        "threshold",
        f"threshold ({setting.threshold.name})",
        formula,
        Regime.EXACT,
        conditions(setting),
        Derivation((step,)),
        symbol=_theta,
        observable=setting.threshold.observable,
        display=shape,
    )


def _threshold_evidence(bench: Bench, symbols: tuple[FieldLaw, FieldLaw]) -> Evidence | None:
    """For the balanced threshold: both distances, in standard deviations, are the same."""
    if not bench.setting.threshold.balances:
        return None
    low, high = symbols
    theta = bench.setting.threshold.value(low, high)

    def balanced() -> bool:
        above = (high.mean - theta) / sp.sqrt(high.variance)
        below = (theta - low.mean) / sp.sqrt(low.variance)
        return bool(sp.cancel(sp.together(above - below)) == 0)

    return Evidence(Method.SUBSTITUTION, "distance to both means in standard deviations", balanced)


def conditional_error(bench: Workbench, high: bool) -> sp.Expr:
    """The probability that a bit is wrong given that the higher (or lower) value is stored.

    It is a closed tail probability when the law of the field does not depend on the unit's
    history, and else the sum over that history.
    """
    if not history_matters(bench):
        return gaussian_error(bench, high)

    def error(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
        return tail(distance(mean, variance, bench.theta, high))

    def certain(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
        return (1 - sp.sign(mean - bench.theta if high else bench.theta - mean)) / 2

    return over_history(bench.setting, bench.fields, high, error, certain)


def gaussian_error(bench: Workbench, high: bool) -> sp.Expr:
    """The same probability for a Gaussian field with the exact M and V."""
    low_law, high_law = bench.laws
    if low_law.variance == 0 or high_law.variance == 0:
        raise NotDerivable(
            f"the field has no noise in this setting ({bench.setting.text}): "
            "every bit is right, or wrong, or tied"
        )
    if bench.symmetric and bench.signal.orientation is not None:
        return tail(bench.signal.orientation * sp.sqrt(bench.signal.rho))
    if bench.setting.threshold.balances:
        spread = sp.sqrt(low_law.variance) + sp.sqrt(high_law.variance)
        return tail((high_law.mean - low_law.mean) / spread)
    law = high_law if high else low_law
    return tail(distance(law.mean, law.variance, bench.theta, high))


def _mixture_evidence(bench: Workbench, high: bool) -> Evidence:
    """The mixture has exactly the mean M(x) and the variance V(x)."""

    def holds() -> bool:
        fields = bench.fields
        value = fields.values[1 if high else 0]
        first, second = averaged_moments(fields, laws_given_history(fields, value, 2))
        exact = fields.at_value(fields.mean, value), fields.at_value(fields.variance, value)
        agree = fields.equal(first, exact[0]) and fields.equal(second - first**2, exact[1])
        if not bench.setting.threshold.inhibits:
            return agree
        rests = (remainder_variance(fields, v) for v in fields.values)
        return agree and fields.equal(*rests)

    what = "mean and variance of the binomial mixture against the exact M(x) and V(x)"
    if bench.setting.threshold.inhibits:
        what += "; what the sum over units leaves of V(x) is the same for both stored values"
    return Evidence(Method.SECOND_ROUTE, what, holds)


def _regime(bench: Workbench) -> tuple[Regime, str]:
    relative = (
        ". Of the population's mean the part that is no sum over units, a share 1/D of the variance, "
        "is taken as Gaussian and independent"
        if bench.setting.threshold.inhibits
        else ""
    )
    if history_matters(bench):
        return (
            Regime.LEADING_ORDER,
            "given the unit's history the field is a sum of n i.i.d. terms; its distance from "
            "the Gaussian, of order 1/sqrt(D), is dropped. " + _limiting(bench) + relative,
        )
    return (
        Regime.LEADING_ORDER,
        "the distance of the field from a Gaussian with the exact M and V is dropped: it is "
        "given by the cumulants of order 3 and 4 (Edgeworth), of relative order 1/sqrt(D K), and on a lattice "
        "by where the threshold stands between two of its points, of that order too" + relative,
    )


_MIXED = {
    True: "The rule has a post part",
    False: "A drift acts back on the unit through the cue's entry there, which may be wrong",
}


def _limiting(bench: Workbench) -> str:
    if not has_gaussian_limit(bench):
        return (
            f"{_MIXED[bench.post_part]}: a Gaussian error from the exact M and V, such as "
            "Q(sqrt(rho)), is not the limit of this sum, however large D and K are"
        )
    return "As K grows the sum tends to the Gaussian error from the exact M and V"


def _shape(bench: Workbench, high: bool) -> sp.Basic:
    value = bench.fields.values[1 if high else 0]
    if not history_matters(bench):
        return _q(distance(field_mean(value), field_variance(value), _theta, high))
    p = sp.Symbol("p_+")
    weight = sp.binomial(K - 1, _r) * p**_r * (1 - p) ** (K - 1 - _r)
    shapes = []
    for law in laws_given_history(bench.fields, value, 2):
        given = _given(value, law)
        error = _q(distance(field_mean(*given), field_variance(*given), _theta, high))
        shapes.append(law.probability * sp.Sum(weight * error, (_r, 0, K - 1)))
    return sp.Add(*shapes)


def _given(value: sp.Expr, law: HistoryLaw) -> tuple[sp.Expr, ...]:
    """What M and V are conditional on: the stored value, the history, the cue's entry if it counts."""
    return (value, _r) if law.entry is None else (value, _r, law.entry)


def _q(argument: sp.Expr) -> sp.Expr:
    return sp.Function("Q")(argument)


def _steps(bench: Workbench, high: bool) -> tuple[Step, ...]:
    value = bench.fields.values[1 if high else 0]
    symbol = sp.Function(r"\operatorname{P}_{\mathrm{err}}")(value)
    if not history_matters(bench):
        return (
            Step(
                equation(symbol, _shape(bench, high)),
                "the field is a sum of many weakly dependent terms with mean M and variance V; "
                "the bit is wrong when it falls on the other side of the threshold",
            ),
        )
    steps: list[Step] = []
    for law in laws_given_history(bench.fields, value, 2):
        mean, variance = expressions(bench.fields, law)
        given = _given(value, law)
        where = "" if law.entry is None else ", and the cue's entry at the unit is as stated"
        steps += [
            Step(
                equation(field_mean(*given), mean),
                "mean of the field when r of the K - 1 other patterns hold the higher value at the "
                "unit" + where,
                None if steps else _mixture_evidence(bench, high),
            ),
            Step(
                equation(field_variance(*given), variance),
                "variance of the field given r: n times the variance of one presynaptic term"
                + (
                    ", and that of the pairs of other units"
                    if bench.setting.threshold.inhibits
                    else ""
                ),
            ),
        ]
    steps.append(
        Step(
            equation(symbol, _shape(bench, high)),
            "given r the field is a sum of n i.i.d. terms, hence Gaussian as D grows; r is binomial",
        )
    )
    if has_gaussian_limit(bench) and not bench.setting.free_symbols:
        steps.append(_limit_step(bench, high))
    return tuple(steps)


def _limit_step(bench: Workbench, high: bool) -> Step:
    """Without a post part the Gaussian error is the limit: shown at loads that grow with D."""
    exact, limit = conditional_error(bench, high), gaussian_error(bench, high)

    def tends() -> bool:
        distances = []
        for load in (25, 100, 400):
            at = {K: sp.Integer(load), notation.D: sp.Integer(4 * load), notation.M: sp.Integer(1)}
            one, other = (evaluate(e, {s: at[s] for s in e.free_symbols}) for e in (exact, limit))
            distances.append(abs(one / other - 1))
        return bool(distances[2] < distances[1] / 2 < distances[0] / 4)

    return Step(
        equation(sp.Symbol("P_{K \\to \\infty}"), _q(sp.Symbol("d"))),
        "without a post part the mean does not depend on r, and the variance concentrates as K "
        "grows: the limit is the tail at d, the distance to the threshold in standard deviations",
        Evidence(Method.LIMIT, "relative distance at K = 25, 100, 400 with K/D = 1/4", tends),
    )


def _one_sided(high: bool) -> Callable[[Workbench], Claim]:
    name = "bit_error:high" if high else "bit_error:low"

    def build(bench: Workbench) -> Claim:
        formula = conditional_error(bench, high)
        regime, dropped = _regime(bench)
        value = bench.fields.values[1 if high else 0]
        return Claim(
            name,
            f"probability that a bit is wrong where {value} is stored",
            formula,
            regime,
            (*conditions(bench.setting), bench.setting.output.statement),
            Derivation(_steps(bench, high)),
            "derived here",
            symbol=sp.Function(r"\operatorname{P}_{\mathrm{err}}")(value),
            dropped=dropped,
            remainder=edgeworth(bench.setting, (high,)),
            observable=name,
            display=_shape(bench, high),
        )

    return build


def bit_error(bench: Workbench) -> sp.Expr:
    """The probability that a bit is wrong, over both stored values."""
    return _over_values(bench, conditional_error, history_matters(bench))


def gaussian_bit_error(bench: Workbench) -> sp.Expr:
    """The same for a Gaussian field with the exact M and V."""
    return _over_values(bench, gaussian_error, False)


def _over_values(
    bench: Workbench, error: Callable[[Workbench, bool], sp.Expr], differ: bool
) -> sp.Expr:
    """The average of a conditional error over the stored value; one of them where they are equal."""
    if not differ and (bench.symmetric or bench.setting.threshold.balances):
        return error(bench, True)
    low, high = bench.laws
    return low.probability * error(bench, False) + high.probability * error(bench, True)


def _bit_error(bench: Workbench) -> Claim:
    formula = bit_error(bench)
    regime, dropped = _regime(bench)
    low, high = bench.fields.values
    error = sp.Function(r"\operatorname{P}_{\mathrm{err}}")
    shape = sp.Symbol("p_-") * error(low) + sp.Symbol("p_+") * error(high)
    steps = (
        *_steps(bench, True),
        Step(
            equation(sp.Symbol(r"\operatorname{P}_{\mathrm{err}}"), shape),
            "average over the stored value, with the probabilities of the two values",
        ),
    )
    return Claim(
        "bit_error",
        "probability that a bit is wrong",
        formula,
        regime,
        (*conditions(bench.setting), bench.setting.output.statement),
        Derivation(steps),
        "derived here",
        symbol=sp.Symbol(r"\operatorname{P}_{\mathrm{err}}"),
        dropped=dropped,
        remainder=edgeworth(bench.setting, (False, True)),
        observable="bit_error",
        display=shape,
    )


def _gaussian(bench: Workbench) -> Claim:
    if not has_gaussian_limit(bench):
        reason = _MIXED[bench.post_part]
        raise NotDerivable(
            f"bit_error:gaussian is not the limiting error here. {reason} (ask for bit_error, "
            "which is the right mixture)"
        )
    formula = gaussian_bit_error(bench)
    return Claim(
        "bit_error:gaussian",
        "probability that a bit is wrong, for a Gaussian field",
        formula,
        Regime.LEADING_ORDER,
        (*conditions(bench.setting), bench.setting.output.statement),
        Derivation(
            (Step(formula, "limit D, K to infinity: Gaussian field with the exact M and V"),)
        ),
        "derived here",
        symbol=sp.Symbol(r"\operatorname{P}_{\mathrm{err}}"),
        dropped="the variation of the variance with the unit's history, of relative order 1/K, and "
        "the distance from the Gaussian given the history, of order 1/sqrt(D)",
    )


def threshold_absent(setting: Setting) -> str:
    """The reason why a setting has no threshold, or nothing."""
    if setting.threshold.inhibits:
        return "inhibition has no threshold of its own: the population's mean field is subtracted"
    return needs_two_values(setting)


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "threshold": Quantity(threshold, threshold_absent),
    "bit_error": Quantity(_bit_error, needs_two_values),
    "bit_error:gaussian": Quantity(_gaussian, needs_two_values, by_default=False),
    "bit_error:high": Quantity(_one_sided(True), needs_two_values),
    "bit_error:low": Quantity(_one_sided(False), needs_two_values),
}
