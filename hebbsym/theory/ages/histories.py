r"""The law of a field by age given the history of its unit, and the error that it leads to.

Given the values u_1, ..., u_K that the unit holds, the weights onto it are independent and have one law, for
each depends on the values of its own presynaptic unit alone beside the history. The field is a sum of
n i.i.d. terms s w, so that it is Gaussian as D grows, whatever K is. Its mean and variance are driven by
the history; the error is the average of the Gaussian error over all of them.

Main names
----------
history_matters
    Whether the law of the field given the history depends on it.
over_histories
    The average of an error, or of what it drops, as an expression.
conditional_steps, series_step
    The derivation, with the evidence.

References
----------
derived here.
"""

from __future__ import annotations

import itertools

import sympy as sp
from sympy.polys.rings import PolyElement, sring

from hebbsym import notation
from hebbsym.claim import Evidence, Method, Step
from hebbsym.histories import HistoryError, HistoryFunction, columns, terms_given_history
from hebbsym.notation import K, age, equation, field_mean, field_variance, x
from hebbsym.theory.ages.bench import AgedBench
from hebbsym.theory.ages.moments import AgedMoments
from hebbsym.theory.edgeworth import series
from hebbsym.theory.setting import Setting

_u = sp.Symbol("u")
_E = sp.Function(r"\operatorname{E}")
_SHOWN = 2
"""Number of patterns at which the moments given the history are compared with all patterns."""


def history_matters(bench: AgedBench) -> bool:
    """Whether what a pattern does to a weight depends on the value of the postsynaptic unit.

    It is decided on the moments to second order: those that mean and variance of the field need.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.families.ensembles import Bipolar
    >>> oja = rules["oja"]
    >>> [history_matters(AgedBench(Setting(oja, p))) for p in (Bipolar(), Bipolar(notation.a))]
    [False, True]
    """
    low, high = (value for value, _ in bench.setting.post.alphabet)
    return any(
        sp.expand(one - other) != 0
        for power in (1, 2)
        for one, other in zip(
            _row(bench.moments, low, power), _row(bench.moments, high, power), strict=True
        )
    )


def _row(moments: AgedMoments, value: sp.Expr, power: int, cue_power: int = 0) -> sp.Tuple:
    """E[s**cue_power (a w + B)**power | x] by the powers of w."""
    return sp.Tuple(
        *(
            sp.binomial(power, m) * moments.given_value(value, power, m, cue_power)
            for m in range(power + 1)
        )
    )


def over_histories(
    kind: type[HistoryFunction], bench: AgedBench, high: bool, theta: sp.Expr | None = None
) -> sp.Expr:
    """The average over the history, given that the higher (or lower) value is stored.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.numeric import evaluate
    >>> rule = ExpandedRule(2, {(1, 1): 1, (1, 0): 1, (0, 0): -notation.w / 4})
    >>> error = over_histories(HistoryError, AgedBench(Setting(rule)), True)
    >>> at = {notation.D: 6, K: 2, age: 0}  # Q at sqrt(5) over the roots of 29/8 and 5/8
    >>> round(float(evaluate(error, at)), 5)
    0.06122
    """
    moments = bench.moments if kind.order == 2 else bench.higher.forms.moments
    (low, _), (higher, chance) = bench.setting.post.alphabet
    value = higher if high else low
    powers = range(1, kind.order + 1)
    return kind(
        bench.theta if theta is None else theta,
        sp.Integer(1 if high else -1),
        bench.setting.inputs,
        age,
        K - 1 - age,
        chance,
        sp.Tuple(
            *(sp.Tuple(*(_row(moments, u, power) for power in powers)) for u in (low, higher))
        ),
        sp.Tuple(*(_row(moments, value, power, k) for k, power in columns(kind.order))),
        sp.Tuple(*(moments.cue_moment(k) for k in powers)),
    )


# ---- derivation ----------------------------------------------------------------------------


def conditional_steps(
    bench: AgedBench, high: bool, kind: type[HistoryFunction] = HistoryError
) -> tuple[Step, ...]:
    """Moments given the history, as far as ``kind`` needs them, and the average over it."""
    value = bench.setting.post.alphabet[1 if high else 0][0]
    mean, variance, q = field_mean(value, _u), field_variance(value, _u), sp.Function("Q")
    n = bench.setting.inputs
    s, w, a, B = sp.symbols("s w a B")
    theta = notation.theta
    away = ((mean - theta) if high else (theta - mean)) / sp.sqrt(variance)
    return (
        Step(
            equation(_E(s * sp.Symbol("w'"), _u), _E(a, _u) * _E(s * w) + _E(B, _u) * _E(s)),
            "given the values u that the unit holds, a pattern of value u turns w into a w + B, and the "
            "values of other units are independent of it: the moments E[s^k w^l] of a term obey a "
            "recurrence that the history drives; the recalled pattern has E[s a | x] and E[s B | x]",
            _enumerated(bench, high, kind),
        ),
        Step(
            equation(mean, n * _E(s * w, _u)),
            "the weights onto a unit are independent given its history, and equally distributed",
        ),
        Step(
            equation(variance, n * (_E((s * w) ** 2, _u) - _E(s * w, _u) ** 2)),
            "variance of a sum of n i.i.d. terms",
            _averaged(bench, high),
        ),
        Step(
            equation(sp.Function(r"\operatorname{P}_{\mathrm{err}}")(value), _E(q(away))),
            "given the history the field is a sum of n i.i.d. terms, hence Gaussian as D grows; average "
            "over the 2^(K - 1) histories",
        ),
    )


def series_step(bench: AgedBench, high: bool) -> Step:
    """Edgeworth's series of the sum of i.i.d. terms, in place of the last step."""
    value = bench.setting.post.alphabet[1 if high else 0][0]
    t, phi, variance = sp.Symbol("t"), sp.Symbol("varphi"), sp.Symbol("V", positive=True)
    third, fourth = sp.symbols("kappa_3 kappa_4")
    first, *second = series(t, variance, third, fourth)
    shape = sp.Function("Q")(t) + phi * sp.Add(-first if high else first, *second)
    return Step(
        equation(sp.Function(r"\operatorname{P}_{\mathrm{err}}")(value), _E(shape, _u)),
        "given the history all cumulants of the field are n times those of one term; the series of a sum "
        "of i.i.d. terms to the order 1/n, averaged over the 2^(K - 1) histories",
    )


def _whole(
    bench: AgedBench,
    high: bool,
    old: int,
    patterns: int,
    kind: type[HistoryFunction] = HistoryError,
) -> HistoryFunction:
    """The average at whole age and K; the threshold plays no part in moments."""
    made = over_histories(kind, bench, high, sp.S.Zero)
    at = {age: sp.Integer(old), K: sp.Integer(patterns)}
    found = made.xreplace(at)
    assert isinstance(found, HistoryFunction)
    return found


def _enumerated(
    bench: AgedBench, high: bool, kind: type[HistoryFunction] = HistoryError
) -> Evidence | None:
    """The moments of a term against all values of a presynaptic unit and its cue."""
    if not bench.finite:
        return None

    open_ones = kind.order == 2  # fourth moments of a rule with many symbols are long

    def holds() -> bool:
        if open_ones:
            return moments_hold(bench, high, kind, _SHOWN)
        numeric = (AgedBench(bench.setting.at(values)) for values in bench.points(sp.S.Zero))
        return all(moments_hold(one, high, kind, _SHOWN) for one in numeric)

    which = ", ".join(f"E[s^{k} w^{power}]" for k, power in columns(kind.order))
    how = (
        "as polynomials in all symbols"
        if open_ones
        else "exactly, at rational values of all symbols"
    )
    return Evidence(
        Method.ENUMERATION,
        f"{which} for every history of two patterns and every age, over all values of a presynaptic unit "
        f"and its cue, {how}",
        holds,
    )


def moments_hold(bench: AgedBench, high: bool, kind: type[HistoryFunction], patterns: int) -> bool:
    """Whether every moment given every history is what the enumeration gives, at every age.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> moments_hold(AgedBench(Setting(rules["decay"])), True, HistoryError, 2)
    True
    """
    letters = [v for v, _ in bench.setting.post.alphabet]
    for old in range(patterns):
        for one in terms_given_history(_whole(bench, high, old, patterns, kind)):
            own = [letters[u] for u in one.values]
            own.insert(patterns - 1 - old, letters[1 if high else 0])
            for (k, power), found in one.moments.items():
                truth = enumerated_moment(bench.setting, own, old, k, power)
                if sp.expand(found - truth) != 0:
                    return False
    return True


def enumerated_moment(
    setting: Setting, own: list[sp.Expr], old: int, cue_power: int, power: int
) -> sp.Expr:
    """E[s**cue_power w**power] for one history, by applying the rule to all values of the input.

    Parameters
    ----------
    setting : Setting
    own : list of values
        What the postsynaptic unit holds, the pattern shown first leading.
    old : int
        The age of the recalled pattern.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> rule = Setting(ExpandedRule(2, {(1, 1): 1, (1, 0): 1, (0, 0): -notation.w / 2}))
    >>> [enumerated_moment(rule, [sp.S.One, -sp.S.One], 0, k, l) for k, l in ((1, 1), (2, 1), (2, 2))]
    [-1, -1/2, 3/2]
    """
    terms, n = setting.rule.require_expanded().terms, len(own)
    cues = {v: setting.cue.transitions(setting.pre, v) for v, _ in setting.pre.alphabet}
    law = [part for v, p in setting.pre.alphabet for part in (v, p, *sp.Tuple(*cues[v]).atoms())]
    ring, _ = sring([notation.w, *terms.values(), *own, *law], expand=True)

    def lifted(expression: sp.Expr) -> PolyElement:
        return ring.from_expr(sp.expand(expression))

    by_values = {
        (u, v): [
            lifted(
                sp.expand(sp.Add(*(c * u**p * v**q for (p, q), c in terms.items()))).coeff(
                    notation.w, k
                )
            )
            for k in (0, 1)
        ]
        for u in dict.fromkeys(own)
        for v in cues
    }
    total = ring.zero
    for entries in itertools.product(setting.pre.alphabet, repeat=n):
        weight, chance = ring.zero, lifted(sp.Mul(*(p for _, p in entries)))
        for u, (v, _) in zip(own, entries, strict=True):
            added, slope = by_values[u, v]
            weight = weight + added + slope * weight
        for s, p in cues[entries[n - 1 - old][0]]:
            total += chance * lifted(p * s**cue_power) * weight**power
    return total.as_expr()


def _averaged(bench: AgedBench, high: bool) -> Evidence:
    """Mean and mean square of the field, averaged over histories, against the recurrence of pairs."""

    def holds() -> bool:
        for values in bench.points(sp.S.Zero):
            numeric = AgedBench(bench.setting.at(values))
            value = numeric.setting.post.alphabet[1 if high else 0][0]
            n, moments = bench.setting.inputs, numeric.moments
            for patterns, old in ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)):
                first = second = sp.S.Zero
                for one in terms_given_history(_whole(numeric, high, old, patterns)):
                    mean, square = one.moments[1, 1], one.moments[2, 2]
                    first += one.probability * n * mean
                    second += one.probability * (n * square + n * (n - 1) * mean**2)
                for order, found in ((1, first), (2, second)):
                    truth = moments.named(moments.field_at(order, old, patterns).as_expr())
                    if sp.expand(found - truth.xreplace({x: value})) != 0:
                        return False
        return True

    return Evidence(
        Method.SECOND_ROUTE,
        "mean and mean square of the field, averaged over the histories of one to three patterns, against "
        "the recurrence of products of weights that share the unit, every age, as polynomials in D at "
        "rational values of all symbols",
        holds,
    )
