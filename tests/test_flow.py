"""Rules polynomial in the weight: expansion in the rate against all patterns, flow, named rules."""

import itertools

import pytest
import sympy as sp
from sympy.polys.rings import sring

from hebbsym.errors import InvalidValue, NotDerivable, OutsideClass, SizeLimit
from hebbsym.families.cues import Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Moments, Pair, Ternary
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Inhibition
from hebbsym.notation import D, K, a, age, delta, eta, f, w, x
from hebbsym.theory.ages import PAIRS, AgedMoments
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.rates import RateExpansion, drive
from hebbsym.theory.setting import Setting

R = sp.Rational
POWERS = ((0, 0), (1, 0), (0, 1), (1, 1))
LETTERS = {pq: sp.symbols(f"b{pq[0]}{pq[1]} d{pq[0]}{pq[1]} e{pq[0]}{pq[1]}") for pq in POWERS}
GENERAL = ExpandedRule(
    2, {pq: eta * (b + d * w + e * w**2) for pq, (b, d, e) in LETTERS.items()}, "quadratic in w"
)
"""All twelve coefficients of a rule that is bilinear in the activities and quadratic in w."""
FEW = GENERAL.at(
    dict(
        zip(
            [c for letters in LETTERS.values() for c in letters],
            (0, R(1, 2), LETTERS[0, 0][2], 1, -1, 0, 0, LETTERS[0, 1][1], R(1, 3), 2, 0, -2),
            strict=True,
        )
    )
)
"""The same with two symbols left, for an enumeration of three patterns."""
SATURATING = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**3}, "saturating")
AFFINE = GENERAL.at(
    {
        **{e: sp.S.Zero for _, _, e in LETTERS.values()},
        **{LETTERS[pq][0]: R(n + 1, 2) for n, pq in enumerate(POWERS[:3])},
        LETTERS[1, 0][1]: R(-1, 3),
        LETTERS[0, 1][1]: R(2, 5),
    }
)
"""Affine, with the three symbols b11, d00 and d11 left."""
ADDITIVE = GENERAL.at({s: sp.S.Zero for _, d, e in LETTERS.values() for s in (d, e)})


# ---- the expansion against all patterns ---------------------------------------------------


def coefficient_in_rate(expansion, part, shown, patterns):
    """One coefficient of a series of the field, at D = 3, as an expression."""
    return expansion.field_expression((expansion.ring.zero + part,), 0).xreplace(
        {D: sp.Integer(3), age: sp.Integer(shown), K: sp.Integer(patterns)}
    )


CASES = {
    "quadratic in w, K = 2": (Setting(GENERAL), 2, 2),
    "two symbols, K = 3": (Setting(FEW), 3, 2),
    "saturating, K = 3": (Setting(SATURATING), 3, 6),
    "biased": (Setting(FEW, Bipolar(a)), 2, 3),
    "binary, flipped": (Setting(FEW, Binary(f), Flip(delta)), 2, 2),
    "ternary, masked": (Setting(SATURATING, Ternary(R(1, 3)), Mask(R(1, 4))), 2, 3),
    "pair": (Setting(FEW, Pair(Bipolar(R(1, 3)), Binary(R(1, 4)))), 2, 2),
}


@pytest.mark.parametrize("case", CASES)
def test_fields_equal_the_taylor_coefficients_of_the_enumeration(case):
    """Every age, every stored value, M and V, all kept orders: identical polynomials."""
    setting, patterns, order = CASES[case]
    expansion = RateExpansion(setting, order)
    mean, variance = expansion.field_moment(1), expansion.field_variance()
    inputs = {D: sp.Integer(3 if setting.auto else 2)}
    for shown in range(patterns):
        truth = enumerate_fields(setting, int(inputs[D]), patterns, age=shown)
        here = {**inputs, age: sp.Integer(shown), K: sp.Integer(patterns)}
        for value, _ in setting.post.alphabet:
            for series, lowest, exact in (
                (mean, 1, truth.field_mean(value)),
                (variance, 2, truth.field_variance(value)),
            ):
                in_rate = sp.Poly(exact, eta)
                assert min((m for (m,) in in_rate.monoms() if exact != 0), default=9) >= lowest
                for m, part in enumerate(series):
                    mine = expansion.field_expression((part,), 0).xreplace({**here, x: value})
                    assert sp.expand(mine - in_rate.coeff_monomial(eta ** (lowest + m))) == 0


@pytest.mark.parametrize("case", CASES)
def test_weights_equal_the_taylor_coefficients_of_the_enumeration(case):
    setting, patterns, order = CASES[case]
    expansion = RateExpansion(setting, order)
    truth = enumerate_fields(setting, 3, patterns)
    found = {("", 1): (expansion.weight_moment("", 1), truth.weight_mean())}
    for shared in PAIRS:
        if shared == "reciprocal" and not setting.auto:
            continue
        exact = truth.weight_covariance(shared) if shared else truth.weight_variance()
        found[shared, 2] = (expansion.weight_covariance(shared), exact)
    for (_, power), (series, exact) in found.items():
        in_rate = sp.Poly(exact, eta)
        for m, part in enumerate(series):
            mine = expansion.weight_expression((part,), 0).xreplace({K: sp.Integer(patterns)})
            assert sp.expand(mine - in_rate.coeff_monomial(eta ** (power + m))) == 0


def brute_field(rule, patterns, shown, order):
    """E[h | x = 1] and E[h^2 | x = 1] of two inputs on fair signs, series in eta cut at the order.

    Every sequence of signs at the unit and at both inputs, the recalled pattern at its place; the
    weight is a list of coefficients of eta, eta^2, ..., polynomials in the rule's symbols.
    """
    symbols = sorted(rule.free_symbols - {eta}, key=str)
    forms = [sp.expand(c / eta) for part in rule.by_weight for c in part.values()]
    ring, elements = sring([R(1, 2), *symbols, *forms])
    taken = iter(elements[1 + len(symbols) :])
    parts = [{pq: next(taken) for pq in part} for part in rule.by_weight]

    def times(first, second):
        """Product of two series of the weight's kind: index 0 is eta^0."""
        made = [ring.zero] * (order + 2)
        for m, c in enumerate(first):
            for n in range(order + 2 - m):
                made[m + n] += c * second[n]
        return made

    def weight(post, pre):
        series = [ring.zero] * (order + 2)
        for u, v in zip(post, pre, strict=True):
            power, change = [ring.one, *[ring.zero] * (order + 1)], [ring.zero] * (order + 2)
            for part in parts:
                factor = sum((c * u**p * v**q for (p, q), c in part.items()), start=ring.zero)
                change = [s + factor * t for s, t in zip(change, power, strict=True)]
                power = times(power, series)
            series = [s + t for s, t in zip(series, [ring.zero, *change[:-1]], strict=True)]
        return series[1:]

    place = patterns - 1 - shown
    signs = list(itertools.product((-1, 1), repeat=patterns))
    known = {(u, v): weight(u, v) for u in signs for v in signs}
    mean, square = [ring.zero] * (order + 1), [ring.zero] * (order + 1)
    count = 0
    for u in signs:
        if u[place] != 1:
            continue
        for v, other in itertools.product(signs, repeat=2):
            count += 1
            field = [
                s * v[place] + t * other[place]
                for s, t in zip(known[u, v], known[u, other], strict=True)
            ]
            for m in range(order + 1):
                mean[m] += field[m]
                square[m] += sum((field[k] * field[m - k] for k in range(m + 1)), start=ring.zero)
    return [[(e / ring.domain(count)).as_expr() for e in part] for part in (mean, square)]


@pytest.mark.parametrize("shown", range(3))
def test_twelve_coefficients_at_three_patterns(shown):
    """The general quadratic rule, order 2, every age: against every sequence of signs."""
    expansion = RateExpansion(Setting(GENERAL), order=2)
    truth = brute_field(GENERAL, 3, shown, 2)
    for series, exact in zip(map(expansion.field_moment, (1, 2)), truth, strict=True):
        for part, coefficient in zip(series, exact, strict=True):
            mine = coefficient_in_rate(expansion, part, shown, 3).xreplace({x: sp.S.One})
            assert sp.expand(mine - coefficient) == 0


def test_a_wrong_order_is_seen():
    """The comparison can fail: the coefficients of another age do not agree."""
    expansion = RateExpansion(Setting(GENERAL), order=1)
    part = expansion.field_moment(1)[1]
    exact = brute_field(GENERAL, 3, 1, 1)[0][1]
    mine = [coefficient_in_rate(expansion, part, g, 3).xreplace({x: sp.S.One}) for g in range(3)]
    assert [sp.expand(one - exact) == 0 for one in mine] == [False, True, False]


PRIMES = (10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079, 10091, 10093, 10099, 10103)
"""Values for symbols: polynomials of these degrees that agree there agree."""


@pytest.mark.parametrize("rule", [ADDITIVE, AFFINE], ids=["additive", "affine"])
@pytest.mark.parametrize("patterns", [Bipolar(a), Gaussian(), Moments()], ids=lambda e: e.name)
def test_degrees_zero_and_one_expand_the_exact_closed_form(rule, patterns):
    """The Taylor coefficients of the geometric terms of the affine theory."""
    setting = Setting(rule, patterns)
    expansion, aged = RateExpansion(setting, order=2), AgedMoments(setting)
    for power in (1, 2):
        series, exact = expansion.field_moment(power), aged.field_moment(power)
        for load, shown in ((1, 0), (4, 1)):
            truth = [aged.spell(part.at(shown, load)) for part in exact]
            mine = [expansion.field_expression((part,), 0) for part in series]
            free = frozenset().union(*(e.free_symbols for e in (*truth, *mine)))
            free = sorted(free - {eta, age, K}, key=str)
            at = {s: sp.Integer(PRIMES[n % 12] * (n + 1)) for n, s in enumerate(free)}
            at = {**at, x: sp.Integer(10111), age: sp.Integer(shown), K: sp.Integer(load)}
            total = sp.Add(*(at[x] ** k * part.xreplace(at) for k, part in enumerate(truth)))
            in_rate = sp.Poly(total, eta)
            for m, part in enumerate(mine):
                assert part.xreplace(at) == in_rate.coeff_monomial(eta ** (power + m))


def test_an_additive_rule_has_no_corrections():
    expansion = RateExpansion(Setting(ADDITIVE, Bipolar(a)), order=3)
    assert [bool(part) for part in expansion.field_variance()] == [True, False, False, False]
    assert expansion.drive.stride == 1


# ---- refusals of the expansion ------------------------------------------------------------


def test_moments_that_do_not_close_are_refused_in_one_line():
    wrong = (
        (ExpandedRule(2, {(1, 1): eta, (0, 0): -(w**2)}, "two clocks"), NotDerivable, "eta\\*f"),
        (ExpandedRule(2, {(1, 1): eta + eta**2 * w**2}, "square"), NotDerivable, "free of eta"),
        (ExpandedRule(2, {(1, 1): eta * sp.exp(-w)}, "exp"), OutsideClass, "do not close"),
    )
    for rule, kind, words in wrong:
        with pytest.raises(kind, match=words) as caught:
            drive(Setting(rule))
        assert "\n" not in str(caught.value)


def test_orders_and_inhibition_are_refused():
    with pytest.raises(SizeLimit, match="order="):
        RateExpansion(Setting(SATURATING), order=11)
    with pytest.raises(InvalidValue, match="at least 0"):
        RateExpansion(Setting(SATURATING), order=-1)
    with pytest.raises(NotDerivable, match="inhibition"):
        RateExpansion(Setting(SATURATING, threshold=Inhibition()))
