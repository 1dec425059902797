"""M(x), V(x), rho and the weights' moments: by hand, by enumeration, by literal fractions."""

import dataclasses
import itertools
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.errors import OutsideClass
from hebbsym.families.cues import Exact, Flip, Mask, cues
from hebbsym.families.ensembles import (
    Binary,
    Bipolar,
    Ensemble,
    Gaussian,
    Moments,
    Pair,
    Ternary,
    ensembles,
)
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.families.thresholds import Inhibition, Zero
from hebbsym.notation import D, K, M, a, coefficient, delta, f, moment, x
from hebbsym.theories import derive
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.setting import Setting

C0, P, Q, C = (coefficient(*pq) for pq in ((0, 0), (1, 0), (0, 1), (1, 1)))
BILINEAR = ExpandedRule(2, {(0, 0): C0, (1, 0): P, (0, 1): Q, (1, 1): C})
HEBB = ExpandedRule(2, {(1, 1): sp.S.One}, "hebb")
R = sp.Rational


def same(first, second):
    """Whether two rational functions agree, exactly, at three points of large primes."""
    free = sorted(first.free_symbols | second.free_symbols, key=str)
    primes = [10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079, 10091, 10093, 10099, 10103]
    points = [
        {s: sp.Integer(primes[(n + shift) % 12] * (n + 1)) for n, s in enumerate(free)}
        for shift in (0, 3, 7)
    ]
    return all(first.xreplace(at) == second.xreplace(at) for at in points)


def means_and_variances(setting, values):
    fields = FieldMoments(setting)
    return [
        tuple(fields.expression(fields.at_value(e, v)) for e in (fields.mean, fields.variance))
        for v in map(sp.Integer, values)
    ]


# ---- by hand ------------------------------------------------------------------------------
#
# Given the values u_mu of the unit in the L = K - 1 other patterns, h is a sum of n independent
# terms T = (alpha + beta y + R) s with alpha = c_0 + p x, beta = q + k x and
# R = sum_mu g(u_mu, v_mu). So V = n (E T^2 - E_u E[T|u]^2) + n^2 Var_u E[T|u].


def by_hand(value, n, mean_post, mean_pre, cue_gain):
    """M and V of the bilinear rule on signs; cue_gain = E[y s] = 1 - 2 delta, s^2 = y^2 = 1."""
    L = K - 1
    alpha, beta = C0 + P * value, Q + C * value
    cue_mean = cue_gain * mean_pre
    drift = C0 + P * mean_post + Q * mean_pre + C * mean_post * mean_pre
    post_spread = (P + C * mean_pre) ** 2 * (1 - mean_post**2)
    power = (
        C0**2 + P**2 + Q**2 + C**2
        + 2 * (C0 * P + Q * C) * mean_post
        + 2 * (C0 * Q + P * C) * mean_pre
        + 2 * (C0 * C + P * Q) * mean_post * mean_pre
    )  # fmt: skip
    one = alpha * cue_mean + beta * cue_gain + L * drift * cue_mean
    square = (
        alpha**2 + 2 * alpha * beta * mean_pre + beta**2
        + 2 * L * drift * (alpha + beta * mean_pre)
        + L * power + L * (L - 1) * drift**2
    )  # fmt: skip
    spread = cue_mean**2 * L * post_spread
    return n * one, n * (square - one**2 - spread) + n**2 * spread


@pytest.mark.parametrize(("cue", "gain"), [(Exact(), 1), (Flip(delta), 1 - 2 * delta)])
def test_bilinear_rule_on_biased_signs(cue, gain):
    found = means_and_variances(Setting(BILINEAR, Bipolar(a), cue), (-1, 1))
    for value, (mean, variance) in zip((-1, 1), found, strict=True):
        expected = by_hand(value, D - 1, a, a, gain)
        assert same(mean, expected[0])
        assert same(variance, expected[1])


def test_bilinear_rule_on_a_pair_of_biased_signs():
    b = sp.Symbol("b", real=True)
    setting = Setting(BILINEAR, Pair(Bipolar(a), Bipolar(b)), Flip(delta))
    found = means_and_variances(setting, (-1, 1))
    for value, (mean, variance) in zip((-1, 1), found, strict=True):
        expected = by_hand(value, D, a, b, 1 - 2 * delta)
        assert same(mean, expected[0])
        assert same(variance, expected[1])


def test_ratio_of_the_bilinear_rule_is_that_of_its_moments():
    rho = derive(BILINEAR, Bipolar(a), cue=Flip(delta))["snr"].formula
    low, high = (by_hand(value, D - 1, a, a, 1 - 2 * delta) for value in (-1, 1))
    assert same(rho, (high[0] - low[0]) ** 2 / (2 * (high[1] + low[1])))


def test_covariance_rule_on_rare_activity():
    # T = (x - f + .. ) y with y in {0, 1}: R has mean zero given u, and s = y picks f of the terms
    rule = rules["covariance"].at({a: f})
    n, L = D - 1, K - 1
    for value, (mean, variance) in zip(
        (0, 1), means_and_variances(Setting(rule, Binary(f)), (0, 1)), strict=True
    ):
        assert same(mean, n * (value - f) * f * (1 - f))
        own = f * (1 - f) * (value - f) ** 2 * (1 - f) ** 2
        assert same(variance, n * (own + L * f**3 * (1 - f) ** 2))
    rho = derive(rule, Binary(f))["snr"].formula
    assert same(rho, n * f / (2 * (1 - f) * ((1 - f) ** 2 + f**2) + 4 * L * f**2))


@pytest.mark.parametrize("bias", [sp.S.Zero, a])
def test_plain_hebb_with_inhibition(bias):
    """The field of one other pattern relative to the population is O (xi_i - mean) - (y_i - mean)."""
    N, L, v = D - 1, K - 1, 1 - bias**2
    third, fourth = -2 * bias * v, v * (1 + 3 * bias**2)
    found = means_and_variances(Setting(HEBB, Bipolar(bias), threshold=Inhibition()), (-1, 1))
    for value, (mean, variance) in zip((-1, 1), found, strict=True):
        # Y = sum of all stored values = x + S; S has mean N a and variance N v
        Y, Y2 = value + N * bias, (value + N * bias) ** 2 + N * v
        gap, gap2 = value - Y / D, value**2 - 2 * value * Y / D + Y2 / D**2  # y_i - mean, squared
        assert same(mean, N * gap + L * (v - 1) * gap)
        # forms A = sum y_k xi_k and B = sum b_k xi_k with b = unit i less 1/D: E[A B] = v (y_i - mean)
        # average over y of (sum y_k)(sum y_k b_k^2)
        crossed = value * (1 - 1 / D) ** 2 * Y + (Y2 - value * Y) / D**2
        product = (
            bias**2 * Y2 * v * (1 - 1 / D)
            + 2 * bias * third * crossed
            + v**2 * (D * (1 - 1 / D) + 2 * gap2)
            + (fourth - 3 * v**2) * (1 - 1 / D)
        )
        # E[(A B - gap)^2] less the square of its mean (v - 1) gap, for each other pattern
        noise = L * (product - v**2 * gap2)
        fluctuation = (N + L * (v - 1)) ** 2 * (gap2 - gap**2)
        assert same(variance, noise + fluctuation)


def test_plain_hebb_with_inhibition_on_fair_signs():
    rho = derive(HEBB, threshold=Inhibition())["snr"].formula
    N = D - 1
    assert same(rho, N**2 / ((K - 1) * D + N))


def test_gaussian_patterns_by_regression():
    # E[h|x] = n (q + k x); V(x) averages to n (K^2 c0^2 + K p^2 + (K + 1)(q^2 + k^2))
    n = D - 1
    theory = derive(BILINEAR, Gaussian())
    assert same(theory["field_mean"].formula, n * (Q + C * x))
    alpha, beta, L = C0 + P * x, Q + C * x, K - 1
    variance = n * (
        alpha**2 + 2 * beta**2 + 2 * L * C0 * alpha
        + L * (C0**2 + P**2 + Q**2 + C**2) + L * (L - 1) * C0**2
    )  # fmt: skip
    assert same(theory["field_variance"].formula, variance)
    noise = K**2 * C0**2 + K * P**2 + (K + 1) * (Q**2 + C**2)
    assert same(theory["snr"].formula, n * C**2 / noise)
    assert same(derive(HEBB, Gaussian())["snr"].formula, n / (K + 1))


def test_ternary_patterns_by_regression():
    # h = n x f + crosstalk: E h = 0, Cov = n f^2; V(x) = x^2 n f (1 - f) + n L f^3 for s = y
    n, L = D - 1, K - 1
    residual = n * f * (1 - f) * f + n * L * f**3
    assert same(derive(HEBB, Ternary(f))["snr"].formula, (n * f**2) ** 2 / f / residual)


def test_rank_one_rules_without_a_signal_are_no_accident():
    """Rules of the pre unit alone carry no signal, whatever the law of the values."""
    for rule in (ExpandedRule(0), ExpandedRule(1, {(0, 1): 1}), ExpandedRule(2, {(0, 2): 1})):
        for patterns in (Bipolar(a), Ternary(f), Gaussian(), Pair(Gaussian(), Bipolar(a))):
            absent = derive(rule, patterns).absent
            assert "no signal" in absent["snr"]
            assert "no signal" in absent["capacity:snr"]


# ---- by enumeration -----------------------------------------------------------------------

SIZES = [(2, 1), (2, 2), (3, 2), (4, 2), (3, 3)]
VALUES = {"mean": R(1, 3), "activity": R(2, 5), "delta": R(1, 4)}


def instances(registry, symbolic):
    """Every entry of a registry with its parameters open, or at rational values."""
    for name, entry in registry.items():
        if name == "pair":
            continue
        names = [p.name for p in dataclasses.fields(entry) if p.name in VALUES]
        yield entry(**{p: sp.Symbol(p, real=True) if symbolic else VALUES[p] for p in names})


def laws(symbolic=True):
    return [e for e in instances(ensembles, symbolic) if e.alphabet]


def populations(symbolic=True):
    """Auto-association on every finite law, and every law once as content and as address."""
    finite = laws(symbolic)
    return [*finite, *(Pair(u, v) for u, v in zip(finite, finite[1:] + finite[:1], strict=True))]


def all_cues(symbolic=True):
    for cue in instances(cues, symbolic):
        yield from (cue, dataclasses.replace(cue, centred=sp.S.One))


def at_rationals(expression):
    return expression.xreplace({sp.Symbol(p, real=True): v for p, v in VALUES.items()})


def numbers(d, k, m):
    return {D: sp.Integer(d), K: sp.Integer(k), M: sp.Integer(m)}


def sizes_that_are_cheap(setting, number):
    """How many of the sizes: inhibition visits every network, of both populations of a pair."""
    if setting.threshold.inhibits:
        return 3 if setting.auto else 2
    return len(SIZES) if number in (0, 2) and setting.auto else 3 - (number % 2)


@pytest.mark.parametrize("threshold", [Zero(), Inhibition()], ids=lambda t: t.name)
@pytest.mark.parametrize("place", range(len(populations())))
@pytest.mark.parametrize("number", range(2 * len(cues)))
def test_fields_are_the_enumeration(place, number, threshold):
    """Symbolic coefficients; closed forms derived with open parameters, judged at rationals."""
    cue, rational_cue = (list(all_cues(s))[number] for s in (True, False))
    patterns, rational = (populations(s)[place] for s in (True, False))
    rule = ExpandedRule(2) if number == 0 else BILINEAR
    fields = FieldMoments(Setting(rule, patterns, cue, threshold))
    judged = Setting(rule, rational, rational_cue, threshold)
    sizes = SIZES[: sizes_that_are_cheap(judged, number)]
    mean, variance = (
        {v: at_rationals(fields.expression(fields.at_value(e, v))) for v in fields.values}
        for e in (fields.mean, fields.variance)
    )
    for d, k in sizes:
        exact = enumerate_fields(judged, D=d, K=k, M=2)
        for v in fields.values[-2:] if number == 0 else fields.values[-1:]:
            assert sp.expand(mean[v].xreplace(numbers(d, k, 2)) - exact.field_mean(v)) == 0
            assert sp.expand(variance[v].xreplace(numbers(d, k, 2)) - exact.field_variance(v)) == 0


@pytest.mark.parametrize(
    ("patterns", "cue", "size"),
    [
        (Bipolar(R(1, 3)), Mask(R(1, 4)), (4, 2, 4)),
        (Binary(R(2, 5)), Exact(sp.S.One), (4, 2, 4)),
        (Binary(R(2, 5)), Exact(), (3, 3, 3)),
        (Ternary(R(2, 5)), Exact(), (4, 2, 4)),
        (Pair(Bipolar(R(1, 3)), Binary(R(2, 5))), Exact(), (3, 2, 3)),
        (Pair(Binary(R(2, 5)), Bipolar(R(1, 3))), Flip(R(1, 4)), (2, 2, 3)),
    ],
    ids=str,
)
def test_inhibited_fields_are_the_enumeration_at_larger_sizes(patterns, cue, size):
    d, k, m = size
    setting = Setting(BILINEAR, patterns, cue, Inhibition())
    value = setting.post.alphabet[-1][0]
    ((mean, variance),) = means_and_variances(setting, (value,))
    exact = enumerate_fields(setting, D=d, K=k, M=m)
    assert same(mean.xreplace(numbers(d, k, m)), exact.field_mean(value))
    assert same(variance.xreplace(numbers(d, k, m)), exact.field_variance(value))


@pytest.mark.parametrize("patterns", populations(), ids=lambda p: p.text)
def test_fields_are_the_enumeration_identically_in_all_symbols(patterns):
    cue = Flip(sp.Symbol("delta", real=True), centred=sp.S.One)
    setting = Setting(BILINEAR, patterns, cue)
    exact = enumerate_fields(setting, D=2, K=2, M=1)
    for v, _ in setting.post.alphabet:
        ((mean, variance),) = means_and_variances(setting, (v,))
        assert sp.expand(mean.xreplace(numbers(2, 2, 1)) - exact.field_mean(v)) == 0
        assert sp.expand(variance.xreplace(numbers(2, 2, 1)) - exact.field_variance(v)) == 0


@pytest.mark.parametrize("order", [0, 1, 3, 4])
@pytest.mark.parametrize("patterns", populations(False), ids=lambda p: p.text)
def test_rules_of_every_order(patterns, order):
    setting = Setting(ExpandedRule(order), patterns, Flip(R(1, 4)))
    v = setting.post.alphabet[-1][0]
    ((mean, variance),) = means_and_variances(setting, (v,))
    exact = enumerate_fields(setting, D=2, K=2, M=1)
    assert sp.expand(mean.xreplace(numbers(2, 2, 1)) - exact.field_mean(v)) == 0
    assert sp.expand(variance.xreplace(numbers(2, 2, 1)) - exact.field_variance(v)) == 0


def additive(name):
    """Whether a name of the registry is that of an additive rule."""
    try:
        return rules[name].rule_class is RuleClass.ADDITIVE
    except OutsideClass:
        return False


@pytest.mark.parametrize("name", [n for n in sorted(rules.entries) if additive(n)])
def test_named_additive_rules(name):
    """Every additive rule of the registry, its rate and mean open, on biased signs."""
    setting = Setting(rules[name], Bipolar(R(1, 3)), Mask(R(1, 4)))
    ((mean, variance),) = means_and_variances(setting, (1,))
    exact = enumerate_fields(setting, D=3, K=2)
    assert sp.expand(mean.xreplace(numbers(3, 2, 1)) - exact.field_mean(1)) == 0
    assert sp.expand(variance.xreplace(numbers(3, 2, 1)) - exact.field_variance(1)) == 0


@pytest.mark.parametrize(
    ("patterns", "cue"), list(zip(populations(False), all_cues(False), strict=True)), ids=str
)
def test_cumulants_up_to_order_four(patterns, cue):
    setting = Setting(BILINEAR, patterns, cue)
    fields = FieldMoments(setting, order=4)
    v = setting.post.alphabet[0][0]
    exact = enumerate_fields(setting, D=2, K=2, M=1)
    for order in (1, 2, 3, 4):
        found = fields.expression(fields.at_value(fields.cumulant(order), v))
        assert sp.expand(found.xreplace(numbers(2, 2, 1)) - exact.field_cumulant(order, v)) == 0
        raw = fields.expression(fields.at_value(fields.raw_moment(order), v))
        assert sp.expand(raw.xreplace(numbers(2, 2, 1)) - exact.field_moment(order, v)) == 0


@pytest.mark.parametrize("patterns", [Bipolar(R(1, 3)), Pair(Binary(R(2, 5)), Bipolar(R(1, 3)))])
def test_cumulants_at_three_inputs(patterns):
    setting = Setting(BILINEAR, patterns, Flip(R(1, 4)))
    fields = FieldMoments(setting, order=4)
    v = setting.post.alphabet[1][0]
    for d, k in ((3, 2), (2, 3)):
        exact = enumerate_fields(setting, D=d, K=k, M=1)
        for order in (3, 4):
            found = fields.expression(fields.at_value(fields.cumulant(order), v))
            difference = found.xreplace(numbers(d, k, 1)) - exact.field_cumulant(order, v)
            assert sp.expand(difference) == 0


@pytest.mark.parametrize("patterns", populations(), ids=lambda p: p.text)
def test_moments_of_the_weights(patterns):
    theory = derive(ExpandedRule(2), patterns)
    for d, k in ((2, 1), (2, 2), (3, 3))[: 3 if theory.setting.post.two_valued else 2]:
        exact = enumerate_fields(theory.setting, D=d, K=k)
        truth = {
            "weight_mean": exact.weight_mean(),
            "weight_variance": exact.weight_variance(),
            "weight_covariance:post": exact.weight_covariance("post"),
            "weight_covariance:pre": exact.weight_covariance("pre"),
        }
        if theory.setting.auto:
            truth["weight_covariance:reciprocal"] = exact.weight_covariance("reciprocal")
        for name, value in truth.items():
            assert sp.expand(theory[name].formula.xreplace(numbers(d, k, d)) - value) == 0


@pytest.mark.parametrize("cue", list(all_cues()), ids=lambda c: c.text)
@pytest.mark.parametrize("patterns", populations(), ids=lambda p: p.text)
def test_ratio_is_that_of_the_enumeration(patterns, cue):
    rho = derive(BILINEAR, patterns, cue=cue)["snr"].formula
    at = {C0: R(1, 2), P: R(-1, 3), Q: sp.S.One, C: sp.Integer(2)}
    numeric = Setting(BILINEAR, patterns, cue).at(
        {**at, **{sp.Symbol(p, real=True): v for p, v in VALUES.items()}}
    )
    exact = enumerate_fields(numeric, D=3, K=2, M=1).snr()
    found = at_rationals(rho.xreplace({**at, **numbers(3, 2, 1)}))
    assert sp.cancel(found) == exact


# ---- continuous laws ----------------------------------------------------------------------


def test_moments_stand_for_every_law():
    """Symbolic moments, then the moments of a law on 0, 1, 3, against the literal definition."""
    law = [(0, Fraction(1, 2)), (1, Fraction(1, 3)), (3, Fraction(1, 6))]
    rule = {(0, 0): 1, (1, 0): -2, (0, 1): 1, (1, 1): 3, (2, 1): Fraction(1, 2)}
    fields = FieldMoments(Setting(as_rule(rule), Moments(), Mask(R(1, 3))))
    put_in = {moment(k): number(sum(p * v**k for v, p in law)) for k in range(1, 12)}
    at = {**put_in, **numbers(2, 2, 1), x: sp.Integer(3)}
    values = literal_fields(rule, law, law, mask(Fraction(1, 3)), 2, 2, 3)
    mean = sum(p * h for h, p in values)
    square = sum(p * h**2 for h, p in values)
    assert fields.expression(fields.mean).xreplace(at) == number(mean)
    assert fields.expression(fields.variance).xreplace(at) == number(square - mean**2)


@pytest.mark.parametrize("cue", list(all_cues()), ids=lambda c: c.text)
def test_the_gaussian_law_is_its_moments(cue):
    """The Gaussian ensemble against the symbolic moments with 1, 0, 3, 0, 15, ... put in."""
    double = {moment(k): sp.S.Zero if k % 2 else sp.factorial2(k - 1) for k in range(1, 20)}
    general, gaussian = (derive(ExpandedRule(2), law, cue=cue) for law in (Moments(), Gaussian()))
    for name in ("field_mean", "field_variance", "snr", "drift", "weight_variance"):
        assert same(general[name].formula.xreplace(double), gaussian[name].formula)


# ---- literal fractions --------------------------------------------------------------------


def number(value):
    value = Fraction(value)
    return R(value.numerator, value.denominator)


def as_rule(terms):
    return ExpandedRule(4, {pq: number(c) for pq, c in terms.items()})


def mask(probability):
    return lambda y: [(y, 1 - probability), (Fraction(0), probability)]


def flip(probability):
    return lambda y: [(y, 1 - probability), (-y, probability)]


def literal_fields(rule, posts, pres, cue, d, k, value, *, auto=True, inhibit=False, m=1):
    """Pairs (h_0, probability) given the stored value, from the definition, one network each."""
    units = d if auto else m
    found = []
    columns = itertools.product(pres, repeat=k * d)
    contents = [()] if auto else list(itertools.product(posts, repeat=k * m))
    for address, content in itertools.product(columns, contents):
        pre = [[v for v, _ in address[n * d : (n + 1) * d]] for n in range(k)]
        post = pre if auto else [[v for v, _ in content[n * m : (n + 1) * m]] for n in range(k)]
        if post[0][0] != value:
            continue
        chance = Fraction(1)
        for _, p in (*address, *content):
            chance *= p
        chance /= dict(posts)[value]
        w = [
            [
                sum(c * post[n][i] ** p * pre[n][j] ** q for n in range(k) for (p, q), c in rule.items())
                if not (auto and i == j)
                else 0
                for j in range(d)
            ]
            for i in range(units)
        ]  # fmt: skip
        for states in itertools.product(*(cue(y) for y in pre[0])):
            probability = chance
            for _, p in states:
                probability *= p
            h = [sum(w[i][j] * states[j][0] for j in range(d)) for i in range(units)]
            found.append((h[0] - Fraction(sum(h)) / units if inhibit else h[0], probability))
    return found


small = st.fractions(min_value=-2, max_value=2, max_denominator=4)
shares = st.fractions(min_value=Fraction(1, 10), max_value=Fraction(9, 10), max_denominator=10)
powers = st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (1, 2)])


@settings(max_examples=25)
@given(
    rule=st.dictionaries(powers, small, min_size=1, max_size=5),
    ends=st.sampled_from([(-1, 1), (0, 1)]),
    share=shares,
    wrong=shares,
    masked=st.booleans(),
    inhibit=st.booleans(),
    auto=st.booleans(),
    high=st.booleans(),
)
def test_random_rules_are_the_definition(rule, ends, share, wrong, masked, inhibit, auto, high):
    law = [(ends[0], 1 - share), (ends[1], share)]
    ensemble = Binary(number(share)) if ends[0] == 0 else Bipolar(number(2 * share - 1))
    swapped = (lambda y: [(y, 1 - wrong), (1 - y, wrong)]) if ends[0] == 0 else flip(wrong)
    cue = (Mask if masked else Flip)(number(wrong))
    patterns = ensemble if auto else Pair(ensemble, ensemble)
    setting = Setting(as_rule(rule), patterns, cue, Inhibition() if inhibit else Zero())
    value = ends[high]
    ((mean, variance),) = means_and_variances(setting, (value,))
    values = literal_fields(
        rule, law, law, mask(wrong) if masked else swapped, 2, 2, value,
        auto=auto, inhibit=inhibit, m=2,
    )  # fmt: skip
    first = sum(p * h for h, p in values)
    second = sum(p * h**2 for h, p in values)
    assert mean.xreplace(numbers(2, 2, 2)) == number(first)
    assert variance.xreplace(numbers(2, 2, 2)) == number(second - first**2)


# ---- the second route, and what is printed ------------------------------------------------


@pytest.mark.parametrize("cue", list(all_cues()), ids=lambda c: c.text)
@pytest.mark.parametrize("patterns", [*populations(), Gaussian(), Moments()], ids=lambda p: p.text)
def test_set_partitions_agree_with_the_law_of_total_variance(patterns, cue):
    fields = FieldMoments(Setting(ExpandedRule(2), patterns, cue))
    n, k = fields.sizes
    assert fields.reduce(fields.anatomy.mean(n, k)) == fields.mean
    assert fields.reduce(fields.anatomy.variance(n, k)) == fields.variance


@pytest.mark.parametrize("patterns", [*populations(), Gaussian()], ids=lambda p: p.text)
def test_long_and_short_spellings_are_the_same_expression(patterns):
    fields = FieldMoments(Setting(ExpandedRule(3), patterns, Flip(delta)))
    plain = fields.spell(fields.variance.as_expr())
    free = sorted((plain.free_symbols | fields.variance_expression.free_symbols), key=str)
    for shift in (0, 1):
        at = {s: R(7 + 3 * n + shift, 5 + n) for n, s in enumerate(free)}
        assert plain.xreplace(at) == fields.variance_expression.xreplace(at) != 0


def test_every_law_in_the_registry_is_met():
    assert all(isinstance(e, Ensemble) for e in laws())
    assert {p.name for p in laws()} == {"bipolar", "binary", "ternary"}
