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

from collections.abc import Callable, Mapping

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import K, equation, field_mean, field_variance, tail
from hebbsym.numeric import evaluate
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.history import binomial_average, given_history
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, needs_two_values

_theta = notation.theta
_r = notation.r


def _threshold(bench: Workbench) -> Claim:
    setting = bench.setting
    formula = bench.theta
    low, high = bench.fields.values
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
        display=shape,
    )


def _threshold_evidence(bench: Workbench, symbols: tuple[FieldLaw, FieldLaw]) -> Evidence | None:
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
    mean, variance = _history_expressions(bench.fields, high, 2)
    side = sp.sign(mean - bench.theta if high else bench.theta - mean)
    gaussian = tail(distance(mean, variance, bench.theta, high))
    return _over_history(bench, high, gaussian, (1 - side) / 2)


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


def history_matters(bench: Workbench) -> bool:
    """Whether the law of the field given the unit's history depends on it (without inhibition)."""
    if bench.setting.threshold.inhibits:
        return False
    fields = bench.fields
    place = fields.ring.gens.index(fields.history)
    laws = (c for v in fields.values for c in given_history(fields, v, 2))
    return any(powers[place] for law in laws for powers in law.itermonoms())


def _over_history(bench: Workbench, high: bool, term: sp.Expr, certain: sp.Expr) -> sp.Expr:
    """The average over r, binomial in K - 1 with the probability of the higher value.

    ``certain`` stands for ``term`` where the field has no variance given r: at r = 0 if the
    rule leaves the weights of a silent unit alone, as the plain Hebb rule does on {0, 1}.
    """
    p = bench.setting.post.alphabet[1][1]
    weight = sp.binomial(K - 1, _r) * p**_r * (1 - p) ** (K - 1 - _r)
    none, every = (
        (weight * certain).xreplace({_r: end}) if sure else None
        for end, sure in zip((sp.S.Zero, K - 1), _certain(bench.fields, high), strict=True)
    )
    total = sp.Sum(weight * term, (_r, int(none is not None), K - 1 - int(every is not None)))
    if none is not None and every is not None:  # one and the same for a single pattern
        every = sp.Piecewise((every, K > 1), (0, True))
    return sp.Add(total, *(end for end in (none, every) if end is not None))


def _certain(fields: FieldMoments, high: bool) -> tuple[bool, bool]:
    """Whether the field has no variance when none, and when all, of the others hold the higher value."""
    variance = given_history(fields, fields.values[1 if high else 0], 2)[1]
    k, j = fields.sizes[1], fields.history
    return not variance.compose(j, fields.ring.zero), not variance.compose(j, k)


def distance(mean: sp.Expr, variance: sp.Expr, theta: sp.Expr, high: bool) -> sp.Expr:
    """How far the mean field is from the threshold on the right side, in standard deviations."""
    return (mean - theta if high else theta - mean) / sp.sqrt(variance)


def _history_expressions(fields: FieldMoments, high: bool, order: int) -> list[sp.Expr]:
    value = fields.values[1 if high else 0]
    return [
        fields.expression(c).xreplace({fields.history_name: _r})
        for c in given_history(fields, value, order)
    ]


def _mixture_evidence(bench: Workbench, high: bool) -> Evidence:
    """The mixture has exactly the mean M(x) and the variance V(x)."""

    def holds() -> bool:
        fields = bench.fields
        value = fields.values[1 if high else 0]
        mean, variance = given_history(fields, value, 2)
        first = binomial_average(fields, mean)
        second = binomial_average(fields, variance + mean**2)
        return bool(
            first == fields.at_value(fields.mean, value)
            and second - first**2 == fields.at_value(fields.variance, value)
        )

    return Evidence(
        Method.SECOND_ROUTE,
        "mean and variance of the binomial mixture against the exact M(x) and V(x)",
        holds,
    )


def _regime(bench: Workbench) -> tuple[Regime, str]:
    if bench.setting.threshold.inhibits and bench.post_part:
        return (
            Regime.HEURISTIC,
            "the field relative to the population is taken as Gaussian, although the rule has a "
            "post part, whose noise is a product of two random factors",
        )
    if history_matters(bench):
        return (
            Regime.LEADING_ORDER,
            "given the unit's history the field is a sum of n i.i.d. terms; its distance from "
            "the Gaussian, of order 1/sqrt(D), is dropped. " + _limiting(bench),
        )
    return (
        Regime.LEADING_ORDER,
        "the distance of the field from a Gaussian with the exact M and V is dropped: it is "
        "given by the cumulants of order 3 and 4 (Edgeworth), of relative order 1/sqrt(D K)",
    )


def _limiting(bench: Workbench) -> str:
    if bench.post_part:
        return (
            "The rule has a post part: a Gaussian error from the exact M and V, such as "
            "Q(sqrt(rho)), is not the limit of this sum, however large D and K are"
        )
    return "As K grows the sum tends to the Gaussian error from the exact M and V"


def _shape(bench: Workbench, high: bool) -> sp.Basic:
    value = bench.fields.values[1 if high else 0]
    if history_matters(bench):
        mean, variance = field_mean(value, _r), field_variance(value, _r)
        p = sp.Symbol("p_+")
        weight = sp.binomial(K - 1, _r) * p**_r * (1 - p) ** (K - 1 - _r)
        return sp.Sum(weight * _q(distance(mean, variance, _theta, high)), (_r, 0, K - 1))
    return _q(distance(field_mean(value), field_variance(value), _theta, high))


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
    mean, variance = _history_expressions(bench.fields, high, 2)
    return (
        Step(
            equation(field_mean(value, _r), mean),
            "mean of the field when r of the K - 1 other patterns hold the higher value at the unit",
            _mixture_evidence(bench, high),
        ),
        Step(
            equation(field_variance(value, _r), variance),
            "variance of the field given r: n times the variance of one presynaptic term",
        ),
        Step(
            equation(symbol, _shape(bench, high)),
            "given r the field is a sum of n i.i.d. terms, hence Gaussian as D grows; r is binomial",
        ),
        *(() if bench.post_part or bench.setting.free_symbols else (_limit_step(bench, high),)),
    )


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


def edgeworth(setting: Setting, sides: tuple[bool, ...]) -> Remainder:
    """The size of the leading Edgeworth terms that are dropped, at values of the symbols.

    The values are put into the setting first, so that the polynomials stay small.
    """

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        bench = Workbench(setting.at(values))
        total = sp.S.Zero
        for high in sides:
            weight = bench.setting.post.alphabet[1 if high else 0][1] if len(sides) > 1 else 1
            total += weight * _edgeworth_of(bench, high)
        return total

    return size


def _edgeworth_of(bench: Workbench, high: bool) -> sp.Expr:
    fields = bench.higher
    if history_matters(bench):
        cumulants = _history_expressions(fields, high, 4)
        return _over_history(bench, high, _dropped(cumulants, bench.theta, high), sp.S.Zero)
    value = fields.values[1 if high else 0]
    cumulants = [
        fields.expression(fields.at_value(fields.cumulant(order), value)) for order in (1, 2, 3, 4)
    ]
    return _dropped(cumulants, bench.theta, high)


def _dropped(cumulants: list[sp.Expr], theta: sp.Expr, high: bool) -> sp.Expr:
    """Sizes of the first Edgeworth terms of a field with these cumulants, added."""
    mean, variance, third, fourth = cumulants
    t = distance(mean, variance, theta, high)
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    skew, excess = third / variance ** sp.Rational(3, 2), fourth / variance**2
    terms = (
        skew / 6 * (t**2 - 1),
        excess / 24 * (t**3 - 3 * t),
        skew**2 / 72 * (t**5 - 10 * t**3 + 15 * t),
    )
    return density * sp.Add(*(sp.Abs(term) for term in terms))


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
            remainder=None
            if bench.setting.threshold.inhibits
            else edgeworth(bench.setting, (high,)),
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
        remainder=None
        if bench.setting.threshold.inhibits
        else edgeworth(bench.setting, (False, True)),
        observable="bit_error",
        display=shape,
    )


def _gaussian(bench: Workbench) -> Claim:
    if bench.post_part:
        raise NotDerivable(
            "bit_error:gaussian is not the limiting error here: the rule has a part that depends "
            "on the postsynaptic unit alone (ask for bit_error, which is the right mixture)"
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


def _threshold_absent(setting: Setting) -> str:
    if setting.threshold.inhibits:
        return "inhibition has no threshold of its own: the population's mean field is subtracted"
    return needs_two_values(setting)


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "threshold": Quantity(_threshold, _threshold_absent),
    "bit_error": Quantity(_bit_error, needs_two_values),
    "bit_error:gaussian": Quantity(_gaussian, needs_two_values, by_default=False),
    "bit_error:high": Quantity(_one_sided(True), needs_two_values),
    "bit_error:low": Quantity(_one_sided(False), needs_two_values),
}
