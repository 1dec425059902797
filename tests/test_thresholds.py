"""Thresholds: what optimal and bayes claim, by moving theta and by the exact laws."""

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.errors import InvalidValue
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Binary, Bipolar
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import (
    Bayes,
    FieldLaw,
    Fixed,
    Inhibition,
    Optimal,
    Zero,
    thresholds,
)
from hebbsym.notation import D, K, a, f, theta
from hebbsym.numeric import evaluate
from hebbsym.theories import derive

R = sp.Rational
positive = st.fractions(min_value="1/10", max_value=10, max_denominator=20)
shares = st.fractions(min_value="1/20", max_value="19/20", max_denominator=20)


def number(value):
    return R(value.numerator, value.denominator)


def q(t):
    return mpmath.erfc(t / mpmath.sqrt(2)) / 2


def errors(low, high, at):
    """Both conditional errors of Gaussian fields, and the probability that a bit is wrong."""
    at = mpmath.mpf(at)
    u, v = (mpmath.mpf(mpmath.mpmathify(str(evaluate(law.variance)))) for law in (low, high))
    means = [mpmath.mpf(str(evaluate(law.mean))) for law in (low, high)]
    shares_ = [mpmath.mpf(str(evaluate(law.probability))) for law in (low, high)]
    below = q((at - means[0]) / mpmath.sqrt(u))
    above = q((means[1] - at) / mpmath.sqrt(v))
    return below, above, shares_[0] * below + shares_[1] * above


def laws(mean, gap, u, v, share):
    mean, gap, u, v, share = map(number, (mean, gap, u, v, share))
    return FieldLaw(mean, u, 1 - share), FieldLaw(mean + gap, v, share)


@given(positive, positive, positive, positive, shares)
def test_optimal_makes_both_errors_equal_and_the_larger_one_least(mean, gap, u, v, share):
    low, high = laws(mean, gap, u, v, share)
    with mpmath.workdps(30):
        at = evaluate(Optimal().value(low, high))
        below, above, _ = errors(low, high, at)
        assert abs(below - above) < mpmath.mpf(10) ** -25
        # both are Q of the gap over the sum of the standard deviations
        spread = mpmath.sqrt(mpmath.mpf(u.numerator) / u.denominator)
        spread += mpmath.sqrt(mpmath.mpf(v.numerator) / v.denominator)
        distance = mpmath.mpf(gap.numerator) / gap.denominator / spread
        assert abs(below - q(distance)) < mpmath.mpf(10) ** -25
        for step in ("-1e-3", "1e-3", "0.3", "-0.3"):
            assert max(errors(low, high, at + mpmath.mpf(step))[:2]) > below


wide = st.fractions(min_value=1, max_value=6, max_denominator=10)
spreads = st.fractions(min_value="1/2", max_value=2, max_denominator=10)
balanced = st.fractions(min_value="1/5", max_value="4/5", max_denominator=20)


@settings(max_examples=40)
@given(positive, wide, spreads, spreads, balanced)
def test_bayes_makes_the_probability_of_a_wrong_bit_least(mean, gap, u, v, share):
    low, high = laws(mean, gap, u, v, share)
    with mpmath.workdps(30):
        at = evaluate(Bayes().value(low, high))
        densities = [
            evaluate(law.probability)
            * mpmath.npdf(at, evaluate(law.mean), mpmath.sqrt(evaluate(law.variance)))
            for law in (low, high)
        ]
        assert abs(densities[0] / densities[1] - 1) < mpmath.mpf(10) ** -20
        least = errors(low, high, at)[2]
        for step in ("-1e-3", "1e-3", "-0.2", "0.2", "-3", "3"):
            moved = errors(low, high, at + mpmath.mpf(step))[2]
            # a constant answer can be better than any threshold when the variances differ
            constant = min(evaluate(low.probability), evaluate(high.probability))
            assert moved > least or least > constant


def test_bayes_has_no_threshold_where_one_answer_is_always_likelier():
    low = FieldLaw(sp.S.Zero, sp.S.One, R(19, 20))
    high = FieldLaw(R(1, 10), R(1, 5), R(1, 20))
    with pytest.raises(InvalidValue, match="not real"):
        evaluate(Bayes().value(low, high))


def test_they_coincide_for_equal_variances_and_frequencies():
    low, high = (
        FieldLaw(sp.Integer(-1), a**2 + 1, R(1, 2)),
        FieldLaw(sp.Integer(5), a**2 + 1, R(1, 2)),
    )
    assert Optimal().value(low, high) == 2
    assert sp.simplify(Bayes().value(low, high) - 2) == 0


def test_bayes_is_regular_where_the_variances_meet():
    low, high = FieldLaw(sp.S.Zero, sp.S.One, R(9, 10)), FieldLaw(sp.Integer(3), sp.S.One, R(1, 10))
    meeting = evaluate(Bayes().value(low, high))
    near = FieldLaw(sp.Integer(3), 1 + R(1, 10**12), R(1, 10))
    assert abs(evaluate(Bayes().value(low, near)) - meeting) < 1e-10
    # the classical position between equal variances: mid-point plus V ln(odds)/gap
    assert abs(meeting - (mpmath.mpf(3) / 2 + mpmath.log(9) / 3)) < 1e-12


def test_rare_values_raise_the_bayes_threshold():
    values = [
        evaluate(Bayes().value(FieldLaw(sp.S.Zero, sp.S.One, 1 - p), FieldLaw(sp.Integer(4), sp.S(2), p)))
        for p in (R(1, 2), R(1, 10), R(1, 100))
    ]  # fmt: skip
    assert values[0] < values[1] < values[2]


@pytest.mark.parametrize("name", [n for n, t in thresholds.items() if t.depends_on_load])
@pytest.mark.parametrize("rule", ["hebb", "covariance", "post-centred"])
def test_claims_of_moving_thresholds(name, rule):
    """The threshold claim at numbers does what its kind says, with the exact M and V."""
    theory = derive(rules[rule], Binary(R(1, 5)), threshold=thresholds[name]())
    at = {D: sp.Integer(200), K: sp.Integer(12)}
    laws_ = [
        FieldLaw(*(theory[n].formula.xreplace({**at, sp.Symbol("x", real=True): v}) for n in ("field_mean", "field_variance")), p)
        for v, p in theory.setting.post.alphabet
    ]  # fmt: skip
    value = evaluate(theory["threshold"].formula, at)
    with mpmath.workdps(30):
        below, above, total = errors(*laws_, value)
        if thresholds[name].balances:
            assert abs(below - above) < mpmath.mpf(10) ** -20
        else:
            for step in (-1, 1):
                assert errors(*laws_, value + mpmath.mpf(step) / 10)[2] > total


def test_a_rule_that_misplaces_the_means_needs_its_threshold():
    """Plain Hebb on biased signs: useless at zero, repaired by the optimal threshold."""
    rule, patterns = ExpandedRule(2, {(1, 1): 1, (0, 1): 1}), Bipolar(R(0))
    at = {D: sp.Integer(201), K: sp.Integer(6)}
    zero = evaluate(derive(rule, patterns)["bit_error"].formula, at)
    optimal = evaluate(derive(rule, patterns, threshold=Optimal())["bit_error"].formula, at)
    assert optimal < 1e-4 < 0.2 < zero


def test_zero_quotes_both_errors():
    """At threshold zero the two errors differ, and the total is their average."""
    theory = derive(rules["hebb"], Bipolar(R(1, 5)))
    at = {D: sp.Integer(201), K: sp.Integer(10)}
    with mpmath.workdps(30):
        low, high, total = (
            evaluate(theory[name].formula, at)
            for name in ("bit_error:low", "bit_error:high", "bit_error")
        )
        assert low > 2 * high > 0
        assert abs(total - (2 * low + 3 * high) / 5) < mpmath.mpf(10) ** -25


def test_a_fixed_threshold_is_what_it_says():
    assert Fixed(3).value(None, None) == 3
    assert Zero().value(None, None) == 0
    assert Fixed(theta).free_symbols == {theta}
    assert Fixed(theta).at({theta: R(1, 3)}) == Fixed(R(1, 3))
    same = derive(rules["hebb"], Bipolar(a), threshold=Fixed(0))["bit_error"].formula
    assert same == derive(rules["hebb"], Bipolar(a))["bit_error"].formula


@pytest.mark.parametrize(
    "value", [0.5, sp.Float("0.5"), sp.Float(1) * a, "1/2", None, sp.I, sp.nan, sp.oo], ids=repr
)
def test_thresholds_are_real_and_exact(value):
    with pytest.raises(InvalidValue) as caught:
        Fixed(value)
    assert "\n" not in str(caught.value)


def test_flags():
    assert [t.name for t in thresholds.values() if t.inhibits] == ["inhibition"]
    assert [t.name for t in thresholds.values() if t.balances] == ["optimal"]
    assert {t.name for t in thresholds.values() if t.depends_on_load} == {"optimal", "bayes"}
    assert Inhibition().text == "inhibition"
    assert Fixed(f).text == "fixed(theta=f)"
    assert all(t.reason for t in thresholds.values())
    assert Exact().text == "exact"
