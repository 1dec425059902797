"""Errors of a bit: the mixture over the unit's history against exact lattice laws, and signs."""

import itertools
from fractions import Fraction
from math import comb

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.stats import binom

from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair, Ternary
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Fixed, Inhibition, Optimal, Zero
from hebbsym.notation import D, K, M, a, coefficient, delta, epsilon, f
from hebbsym.numeric import evaluate
from hebbsym.theories import derive
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.history import binomial_average, given_history
from hebbsym.theory.setting import Setting

R = sp.Rational
BILINEAR = ExpandedRule(2, {pq: coefficient(*pq) for pq in ((0, 0), (1, 0), (0, 1), (1, 1))})
HEBB = ExpandedRule(2, {(1, 1): 1}, "hebb")


def error(rule, patterns, d, k, name="bit_error", **options):
    claim = derive(rule, patterns, **options)[name]
    return evaluate(claim.formula, {D: sp.Integer(d), K: sp.Integer(k)})


def q(t):
    return mpmath.erfc(t / mpmath.sqrt(2)) / 2


# ---- exact laws on the lattice ------------------------------------------------------------


def binomials(n):
    """The row of Pascal's triangle."""
    row = [1]
    for heads in range(n):
        row.append(row[-1] * (n - heads) // (heads + 1))
    return row


def tails(n):
    """P(T < -t) + P(T = -t)/2 for a sum T of n fair signs, by t, as integers over 2^(n + 1)."""
    row = binomials(n)
    below = [0, *itertools.accumulate(row)]

    def beyond(t):
        """Twice the number of sign sequences below -t, ties counted once."""
        reach = Fraction(n) - t  # T = 2 heads - n < -t
        first = -(-reach // 2)  # heads below this are below -t
        sure = below[max(0, min(n + 1, int(first)))]
        tied = row[int(reach // 2)] if reach % 2 == 0 and 0 <= reach <= 2 * n else 0
        return 2 * sure + tied

    return beyond


def post_part_error(p, d, k):
    """Exact error of g = x_i x_j + p x_i on fair signs, threshold zero, x = 1.

    h = n + p (1 + u_1 + ...) S + T with S the sum of n signs y and T that of n (k - 1) signs
    u v y; the three are independent.
    """
    n, L = d - 1, k - 1
    beyond, row = tails(n * L), binomials(n)
    total = 0
    for high in range(L + 1):
        pull = p * (1 + 2 * high - L)
        part = sum(row[heads] * beyond(n + pull * (2 * heads - n)) for heads in range(n + 1))
        total += comb(L, high) * part
    return Fraction(total, 2 ** (n * L + 1 + n + L))


@pytest.mark.parametrize(
    ("p", "d", "k"), [(10, 2001, 2), (10, 2001, 3), (sp.Rational(25, 2), 2001, 2)]
)
def test_post_part_needs_the_mixture_however_large_d_is(p, d, k):
    rule = ExpandedRule(2, {(1, 1): 1, (1, 0): p})
    exact = post_part_error(Fraction(int(sp.numer(p)), int(sp.denom(p))), d, k)
    truth = mpmath.mpf(exact.numerator) / exact.denominator
    mixture = error(rule, Bipolar(), d, k)
    assert abs(mixture / truth - 1) < 0.01
    rho = evaluate(derive(rule, Bipolar())["snr"].formula, {D: sp.Integer(d), K: sp.Integer(k)})
    assert not 0.8 < q(mpmath.sqrt(rho)) / truth < 1.25  # Q(sqrt(rho)) is wrong here


def test_the_mixture_approaches_the_lattice_law_as_d_grows():
    """The relative distance falls at least like 1/sqrt(D) over five sizes, p growing like sqrt(D)."""
    distances = []
    for root in (5, 7, 10, 14, 20):
        d, p = root**2 + 1, Fraction(root, 4)
        exact = post_part_error(p, d, 3)
        rule = ExpandedRule(2, {(1, 1): 1, (1, 0): R(p.numerator, p.denominator)})
        truth = mpmath.mpf(exact.numerator) / exact.denominator
        distances.append((root, abs(error(rule, Bipolar(), d, 3) / truth - 1)))
    slope = mpmath.log(distances[-1][1] / distances[0][1]) / mpmath.log(mpmath.mpf(4))
    assert slope < -0.9
    assert distances[-1][1] < 0.02


@pytest.mark.parametrize(("d", "k"), [(101, 40), (400, 60), (1001, 200)])
def test_plain_hebb_on_fair_signs_is_binomial(d, k):
    # h = n + T with T a sum of n (k - 1) fair signs
    n = d - 1
    count = n * (k - 1)
    heads = binom(count, 0.5)  # T = 2 heads - count
    truth = heads.cdf((count - n) / 2) - heads.pmf((count - n) / 2) / 2
    claim = derive(HEBB)["bit_error"]
    at = {D: sp.Integer(d), K: sp.Integer(k)}
    found = evaluate(claim.formula, at)
    assert abs(found / truth - 1) < 0.01
    # what is dropped: the Edgeworth terms, and that h lies on a lattice of span 2 (trapezoid rule)
    dropped = evaluate(claim.remainder(at), {s: at[s] for s in (D, K)})
    t = mpmath.sqrt(mpmath.mpf(n) / (k - 1))
    lattice = 2**2 / mpmath.mpf(12) * t * mpmath.npdf(t) / count
    assert abs(found - truth) < 1.1 * (dropped + lattice) < 0.01 * truth


def binary_error(share, d, k, theta, value):
    """Exact error of plain Hebb on {0, 1}: a sum over how many inputs and histories are active.

    Given A active inputs and r active others of the unit, h = x A + (sum of A r bits of that share).
    """
    active = np.arange(d)
    chance = binom.pmf(active, d - 1, share)
    total = 0.0
    for r in range(k):
        ones = theta - value * active  # h = theta at this many ones
        law = binom(active * r, share)
        tied = np.where(ones == np.floor(ones), law.pmf(ones), 0.0) / 2
        below = law.cdf(np.ceil(ones) - 1) + tied
        wrong = below if value else 1 - below
        total += binom.pmf(r, k - 1, share) * (chance * wrong).sum()
    return total


def test_silent_histories_have_no_noise():
    """Plain Hebb on {0, 1}: a unit that is silent in all other patterns has no crosstalk at all."""
    share, d, k = 0.25, 641, 4
    for value, name, theta in ((0, "bit_error:low", 257), (1, "bit_error:high", 291)):
        options = {"threshold": Fixed(R(theta, 2))}
        truth = binary_error(share, d, k, theta / 2, value)
        found = error(rules["hebb"], Binary(R(1, 4)), d, k, name, **options)
        assert abs(found / truth - 1) < 0.05
        assert truth > 1e-3
    # without the others there is nothing at all where 0 is stored, and A active inputs else
    assert error(rules["hebb"], Binary(R(1, 4)), d, 1, "bit_error:low", **options) == 0
    tied = error(rules["hebb"], Binary(R(1, 4)), d, 1, "bit_error:low", threshold=Zero())
    assert tied == R(1, 2)
    below = error(rules["hebb"], Binary(R(1, 4)), d, 1, "bit_error:low", threshold=Fixed(-1))
    assert below == 1


# ---- the mixture has the exact moments ----------------------------------------------------


@pytest.mark.parametrize("cue", [Exact(), Flip(delta), Mask(delta, sp.S.One)], ids=lambda c: c.text)
@pytest.mark.parametrize(
    "patterns", [Bipolar(a), Binary(f), Pair(Binary(f), Ternary(a))], ids=lambda p: p.text
)
def test_mean_and_variance_of_the_mixture(patterns, cue):
    """Against the enumeration at tiny sizes, and against M(x), V(x) at all sizes."""
    setting = Setting(BILINEAR, patterns, cue)
    fields = FieldMoments(setting)
    for value in fields.values:
        mean, variance = given_history(fields, value, 2)
        first = binomial_average(fields, mean)
        second = binomial_average(fields, variance + mean**2)
        assert first == fields.at_value(fields.mean, value)
        assert second - first**2 == fields.at_value(fields.variance, value)
    numbers = {a: R(1, 3), f: R(2, 5), delta: R(1, 4)}
    exact = enumerate_fields(setting.at(numbers), D=2, K=2, M=1)
    at = {**numbers, D: sp.Integer(2), K: sp.Integer(2), M: sp.Integer(1)}
    value = fields.values[1]
    mean, variance = given_history(fields, value, 2)
    chance = setting.at(numbers).post.alphabet[1][1]
    moments = [sp.S.Zero, sp.S.Zero]
    for r, weight in ((0, 1 - chance), (1, chance)):
        m, v = (
            fields.expression(c).xreplace({fields.history_name: sp.Integer(r)}).xreplace(at)
            for c in (mean, variance)
        )
        moments = [moments[0] + weight * m, moments[1] + weight * (v + m**2)]
    assert sp.expand(moments[0] - exact.field_mean(value)) == 0
    assert sp.expand(moments[1] - exact.field_moment(2, value)) == 0


def test_cumulants_given_the_history_are_those_of_the_enumeration():
    """At K = 1 there is no history: third and fourth cumulant are the field's own."""
    setting = Setting(BILINEAR, Bipolar(R(1, 3)), Flip(R(1, 4)))
    fields = FieldMoments(setting, order=4)
    exact = enumerate_fields(setting, D=3, K=1)
    at = {D: sp.Integer(3), K: sp.Integer(1)}
    for value in (-1, 1):
        for order, found in enumerate(given_history(fields, sp.Integer(value), 4), start=1):
            spelled = fields.expression(found).xreplace({fields.history_name: sp.S.Zero})
            assert sp.expand(spelled.xreplace(at) - exact.field_cumulant(order, value)) == 0


# ---- against the exact errors of small networks -------------------------------------------


@pytest.mark.parametrize(("d", "k"), [(5, 2), (4, 3)])
def test_signs_of_errors_follow_the_enumeration(d, k):
    """On which side of one half the error lies, for rules of either sign."""
    for name, patterns, cue in itertools.product(
        ("hebb", "anti-hebb"), (Bipolar(), Bipolar(R(1, 4))), (Exact(), Flip(R(9, 10)))
    ):
        setting = Setting(rules[name], patterns, cue)
        truth = enumerate_fields(setting, D=d, K=k).total_bit_error().wrong
        found = error(rules[name], patterns, d, k, cue=cue)
        assert (found > R(1, 2)) == (truth > R(1, 2)) == ((name == "hebb") != (cue == Exact()))


@pytest.mark.parametrize("threshold", [Zero(), Optimal(), Inhibition()], ids=lambda t: t.name)
def test_the_inverted_pattern_is_no_success(threshold):
    """The anti-Hebbian rule has the error of the Hebbian one, subtracted from 1."""
    one, other = (
        error(rules[name], Bipolar(), 101, 20, threshold=threshold)
        for name in ("hebb", "anti-hebb")
    )
    assert abs(one + other - 1) < 1e-14
    assert other > 0.98


def test_a_symbolic_sign_is_kept():
    c = sp.Symbol("c", real=True)
    formula = derive(ExpandedRule(2, {(1, 1): c}))["bit_error"].formula
    at = {D: sp.Integer(101), K: sp.Integer(20)}
    plus, minus = (evaluate(formula, {**at, c: sp.Integer(s)}) for s in (2, -2))
    assert plus < 0.02
    assert abs(plus + minus - 1) < 1e-14


def test_a_cue_that_is_mostly_wrong_recalls_the_inverse():
    formula = derive(HEBB, cue=Flip(delta))["bit_error"].formula
    at = {D: sp.Integer(101), K: sp.Integer(20)}
    errors = [evaluate(formula, {**at, delta: p}) for p in (R(1, 10), R(1, 2), R(9, 10))]
    assert errors[0] < 0.1
    assert abs(errors[1] - 0.5) < 1e-14
    assert abs(errors[0] + errors[2] - 1) < 1e-14


# ---- which law holds where ----------------------------------------------------------------


def test_the_gaussian_limit_is_refused_where_it_is_none():
    rule = ExpandedRule(2, {(1, 1): 1, (1, 0): 1})
    with pytest.raises(NotDerivable, match="mixture"):
        derive(rule)["bit_error:gaussian"]
    # x_i (x_j - a) has no post part, and x_j (x_i - a) has no drift but for the cue's mean
    safe = derive(rules["pre-centred"], Bipolar(R(1, 2)), threshold=Optimal())
    assert safe["bit_error:gaussian"].formula != 0
    with pytest.raises(NotDerivable, match="mixture"):
        derive(rules["post-centred"], Bipolar(R(1, 2)), threshold=Optimal())["bit_error:gaussian"]


def test_without_a_post_part_the_sum_tends_to_the_gaussian_error():
    """Relative distance falls like 1/K over five loads with K/D fixed."""
    theory = derive(rules["covariance"], Bipolar(R(1, 2)), threshold=Optimal())
    distances = []
    for k in (20, 40, 80, 160, 320):
        at = {D: sp.Integer(4 * k), K: sp.Integer(k)}
        one, limit = (evaluate(theory[n].formula, at) for n in ("bit_error", "bit_error:gaussian"))
        distances.append(abs(one / limit - 1))
    slope = mpmath.log(distances[-1] / distances[1]) / mpmath.log(mpmath.mpf(8))
    assert -1.2 < slope < -0.8


@pytest.mark.parametrize("patterns", [Gaussian(), Ternary()], ids=lambda p: p.text)
@pytest.mark.parametrize("name", ["bit_error", "bit_error:low", "threshold", "capacity:bit"])
def test_bits_need_two_values(patterns, name):
    with pytest.raises(NotDerivable, match="two-valued") as caught:
        derive(HEBB, patterns)[name]
    assert "\n" not in str(caught.value)


def test_no_noise_no_error():
    theory = derive(ExpandedRule(2, {}), Bipolar())
    with pytest.raises(NotDerivable, match="no noise"):
        theory["bit_error"]
    with pytest.raises(NotDerivable, match="no noise"):
        derive(HEBB, Bipolar(1))["bit_error"]
    assert epsilon not in theory["field_mean"].free_symbols
