"""Errors by age: given the history against all patterns, the average over it against other routes."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import clusters
from hebbsym.clusters import Histories, average, followed
from hebbsym.histories import (
    HistoryError,
    HistoryFunction,
    HistorySeries,
    HistoryTerms,
    terms_given_history,
)
from hebbsym.laws import history_average
from hebbsym.notation import D, K, a, age, delta, eta, f, lam, w, x_i, x_j, z
from hebbsym.numeric import evaluate, quoted, value
from hebbsym.precision import with_exact_numbers
from hebbsym.predictions import predictions
from hebbsym.theory.ages.bench import AgedBench
from hebbsym.theory.ages.bits import conditional_error, gaussian_error
from hebbsym.theory.ages.histories import history_matters, moments_hold, over_histories
from hebbsym.theory.bits import conditional_error as additive_error
from hebbsym.theory.mixture import dropped_terms, over_history
from hebbsym.theory.workbench import Workbench

R = sp.Rational
AFFINE = [name for name, rule in hs.rules.items() if rule.rule_class is hs.RuleClass.AFFINE]
AT = {a: R(1, 3), f: R(2, 7), delta: R(1, 5)}


def with_post_part(forgetting: sp.Expr) -> hs.ExpandedRule:
    """A post part, and a decay that depends on both values."""
    slope = -forgetting * (1 + x_i / 4 - x_j / 5)
    return hs.rule(str(x_i * x_j + R(3, 10) * x_i + w * sp.expand(slope)))


def numbers(setting: hs.Setting) -> hs.Setting:
    free = sorted(setting.free_symbols - AT.keys(), key=str)
    return setting.at({**AT, **{s: R((-1) ** n * (n + 2), 2 * n + 7) for n, s in enumerate(free)}})


SETTINGS = {
    "decay": hs.Setting(with_post_part(R(1, 4)), hs.Bipolar(R(1, 3)), hs.Flip(R(1, 5))),
    "binary": hs.Setting(hs.rule("x_i*x_j - w*x_i/3"), hs.Binary(R(2, 7)), hs.Mask(R(1, 4))),
    "general": numbers(hs.Setting(hs.rules["affine"], hs.Bipolar())),
    "pair": hs.Setting(
        with_post_part(R(1, 3)), hs.Pair(hs.Bipolar(R(1, 5)), hs.Binary(R(1, 2))), hs.Flip(R(1, 9))
    ),
}
SIZES = {"pair": (2, 2)}  # D, K; the others have room for three patterns


# ---- given the history ---------------------------------------------------------------------


@pytest.mark.parametrize("cue", [hs.Exact(), hs.Flip(delta), hs.Mask(delta)], ids=lambda c: c.name)
@pytest.mark.parametrize("patterns", [hs.Bipolar(), hs.Bipolar(a), hs.Binary(f)], ids=str)
@pytest.mark.parametrize("rule", [name for name in AFFINE if name != "affine"])
def test_moments_given_the_history_are_those_of_all_values(rule, patterns, cue):
    """All symbols open, two patterns, every age and history; to fourth order those of the rule."""
    bench = AgedBench(hs.Setting(hs.rules[rule], patterns, cue))
    for high in (False, True):
        assert moments_hold(bench, high, HistoryError, 2)
    given = AgedBench(bench.setting.at(AT))
    assert moments_hold(given, True, HistorySeries, 2)


@pytest.mark.parametrize("name", SETTINGS)
def test_moments_of_three_patterns_given_the_history(name):
    for high in (False, True):
        assert moments_hold(AgedBench(SETTINGS[name]), high, HistorySeries, 3)


def test_twelve_symbols_given_the_history():
    for patterns in (hs.Bipolar(a), hs.Binary(R(2, 7))):
        bench = AgedBench(hs.Setting(hs.rules["affine"], patterns))
        assert len(bench.setting.rule.free_symbols) == 12
        assert moments_hold(bench, True, HistoryError, 2)


def term_law(setting: hs.Setting, own: list[sp.Expr], old: int) -> Counter[Fraction]:
    """The law of s w for one history: the rule applied to every value of the presynaptic unit."""
    update = setting.rule.require_expanded().update
    law: Counter[Fraction] = Counter()
    for entries in itertools.product(setting.pre.alphabet, repeat=len(own)):
        weight, chance = sp.S.Zero, sp.prod(p for _, p in entries)
        for u, (v, _) in zip(own, entries, strict=True):
            weight += update.xreplace({w: weight, x_i: u, x_j: v})
        stored = entries[len(own) - 1 - old][0]
        for s, p in setting.cue.transitions(setting.pre, stored):
            law[Fraction(int((s * weight).p), int((s * weight).q))] += Fraction(
                int((chance * p).p), int((chance * p).q)
            )
    return law


def convolved(law: Counter[Fraction], n: int) -> Counter[Fraction]:
    total: Counter[Fraction] = Counter({Fraction(0): Fraction(1)})
    for _ in range(n):
        longer: Counter[Fraction] = Counter()
        for (one, p), (other, q) in itertools.product(total.items(), law.items()):
            longer[one + other] += p * q
        total = longer
    return total


@pytest.mark.parametrize("name", SETTINGS)
def test_the_mixture_of_conditional_laws_is_the_exact_error(name):
    """n i.i.d. terms given the history, averaged over it, against all patterns and cues at once."""
    setting = SETTINGS[name]
    units, patterns = SIZES.get(name, (3, 2 if name == "general" else 3))
    n = units - 1 if setting.auto else units
    law = {False: setting.post.alphabet[0], True: setting.post.alphabet[1]}
    for old, high in itertools.product(range(patterns), (False, True)):
        wrong = Fraction(0)
        for values in itertools.product((False, True), repeat=patterns - 1):
            own = [law[u][0] for u in values]
            own.insert(patterns - 1 - old, law[high][0])
            chance = sp.prod(law[u][1] for u in values) * sp.S.One
            field = convolved(term_law(setting, own, old), n)
            tied = field[Fraction(0)]
            off = sum(p for h, p in field.items() if (h < 0 if high else h > 0))
            wrong += Fraction(int(chance.p), int(chance.q)) * (off + Fraction(tied) / 2)
        pair = None if setting.auto else 1
        truth = hs.enumerate_fields(setting, D=units, K=patterns, M=pair, age=old, limit=2**22)
        found = truth.bit_error(law[high][0], sp.S.Zero).wrong
        assert found == sp.Rational(wrong.numerator, wrong.denominator), (old, high)


# ---- averages over histories ---------------------------------------------------------------


def by_hand(function: HistoryFunction) -> mpmath.mpf:
    """The average of the Gaussian tail, every history for itself, at 30 digits."""
    theta, side, n, *_ = function.args
    total = mpmath.mpf(0)
    for one in terms_given_history(function):
        mean, square = one.moments[1, 1], one.moments[2, 2]
        noise = n * (square - mean**2)
        if noise == 0:
            tail = (1 - sp.sign(side * (n * mean - theta))) / 2
        else:
            tail = sp.erfc(side * (n * mean - theta) / sp.sqrt(2 * noise)) / 2
        total += evaluate(one.probability * tail)
    return total


def at_sizes(setting: hs.Setting, kind: type[HistoryFunction], high: bool, **sizes: int) -> sp.Expr:
    made = over_histories(kind, AgedBench(setting), high)
    names = {"D": D, "K": K, "age": age}
    return made.xreplace({names[name]: sp.Integer(n) for name, n in sizes.items()})


@pytest.mark.parametrize("high", [False, True], ids=["low", "high"])
@pytest.mark.parametrize("name", SETTINGS)
def test_average_over_few_histories_is_the_sum_by_hand(name, high):
    for old in (0, 2, 4):
        function = at_sizes(SETTINGS[name], HistoryError, high, D=30, K=5, age=old)
        assert abs(evaluate(function) / by_hand(function) - 1) < 1e-6


@pytest.mark.parametrize("threshold", [hs.Zero(), hs.Fixed(R(7, 2)), hs.Optimal()], ids=str)
def test_the_claim_by_hand_under_each_threshold(threshold):
    setting = hs.Setting(with_post_part(R(1, 4)), hs.Bipolar(R(1, 3)), threshold=threshold)
    theory = hs.derive(setting.rule, setting.patterns, threshold=threshold)
    at = {D: sp.Integer(40), K: sp.Integer(6), age: sp.Integer(2)}
    sides = [at_sizes(setting, HistoryError, high, D=40, K=6, age=2) for high in (False, True)]
    errors = [by_hand(side) for side in sides]
    for name, expected in (
        ("bit_error:low", errors[0]),
        ("bit_error:high", errors[1]),
        ("bit_error", mpmath.mpf(1) / 3 * errors[0] + mpmath.mpf(2) / 3 * errors[1]),
    ):
        assert abs(value(theory[name], at) / expected - 1) < 1e-6, name


@pytest.mark.parametrize("kind", [HistoryError, HistorySeries, HistoryTerms])
@pytest.mark.parametrize("name", SETTINGS)
def test_clusters_are_all_histories(name, kind):
    """2^12 histories one by one, and in clusters."""
    for old, high in ((0, True), (5, False), (11, True)):
        function = at_sizes(SETTINGS[name], kind, high, D=100, K=13, age=old)
        history_average.cache_clear()
        each = evaluate(function)
        history_average.cache_clear()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(clusters, "FEW", 0)
            assert abs(evaluate(function) / each - 1) < (2e-2 if kind is HistoryTerms else 1e-6)
        history_average.cache_clear()


@pytest.mark.parametrize("name", ["decay", "binary", "pair"])
def test_clusters_have_mean_and_covariance_of_all_histories(name):
    """What merging must not lose, and what is averaged over a cluster has its mean and covariance."""
    case = in_numbers(at_sizes(SETTINGS[name], HistoryError, True, D=100, K=12, age=4))
    each, few = followed(case, 0.0), followed(case, 0.5)
    assert len(few.weights) < len(each.weights) / 4
    moments = []
    for points in (each, few):
        mean = points.weights @ points.moments
        off = points.moments - mean
        between = np.einsum("n,ni,nj->ij", points.weights, off, off)
        moments.append((mean, between + np.einsum("n,nij->ij", points.weights, points.spread)))
    for one, other in zip(*moments, strict=True):
        assert np.allclose(one, other, rtol=1e-10, atol=1e-14)
    p, r = few.moments[:, 0], few.moments[:, 2]
    own = r - p**2 - few.spread[:, 0, 0]
    shifts = clusters._directions(few.spread, p, own)
    inside = own > 3 * np.sqrt(few.spread[:, 2, 2] + 4 * p**2 * few.spread[:, 0, 0])
    assert inside.any()
    shifted = np.array([(p + one, own + other) for one, other in shifts])
    back = np.array([shifted[:, 0], shifted[:, 1] + shifted[:, 0] ** 2])  # E[s w], E[(s w)^2]
    first, second = back[0] - p, back[1] - r
    for (one, other), (i, j) in (
        ((first, first), (0, 0)),
        ((first, second), (0, 2)),
        ((second, second), (2, 2)),
    ):
        found, wanted = (one * other).mean(axis=0)[inside], few.spread[inside, i, j]
        assert np.allclose(found, wanted, rtol=0.1, atol=1e-3 * wanted.max()), (i, j)


def in_numbers(function: HistoryFunction) -> Histories:
    theta, side, inputs, later, earlier, chance, given, shown, cue = function.args
    rows = [[[float(c) for c in row] for row in table] for table in (*given, shown)]
    return Histories(
        float(theta), int(side), int(inputs), int(later), int(earlier), float(chance),
        (rows[0], rows[1]), rows[2], [float(c) for c in cue],
    )  # fmt: skip


def test_an_average_that_does_not_settle_is_refused(monkeypatch):
    monkeypatch.setattr(clusters, "FEW", 0)
    rows = [((u / 5, 0.9), (1.04, 0.36 * u, 0.81)) for u in (-1, 1)]
    shown = ((1, 0), (0.2, 0.9), (1.04, 0.36, 0.81))
    case = Histories(0.0, 1, 50, 10, 20, 0.5, tuple(rows), shown, (0.5, 1))
    assert 0 < average(case, "error").value < 1
    monkeypatch.setattr(clusters, "MOST_POINTS", 40)
    with pytest.raises(hs.SizeLimit, match="more than 40 clusters"):
        average(case, "error")
    monkeypatch.setattr(clusters, "MOST_POINTS", 2**20)
    monkeypatch.setattr(clusters, "_WIDTHS", (0.5, 0.4, 0.3))
    with pytest.raises(hs.SizeLimit, match="does not settle to 1e-04"):
        average(case, "error")


SLOW = "(x_i*x_j + x_i/3 - x_i**2*w)/20"


@pytest.mark.parametrize("kind", [HistoryError, HistorySeries])
def test_an_average_is_right_to_the_digits_that_it_says(kind, monkeypatch):
    """Where clusters settle slowly: 2^13 histories one by one, and in clusters."""
    setting = hs.Setting(hs.rule(SLOW))
    function = at_sizes(setting, kind, True, D=400, K=14, age=10)
    case = in_numbers(function)
    each = average(case, kind.part)
    assert each.digits == 6
    monkeypatch.setattr(clusters, "FEW", 0)
    for smallest in (5, 7, 9):
        monkeypatch.setattr(clusters, "_WIDTHS", tuple(0.2 / 2**k for k in range(smallest)))
        monkeypatch.setattr(clusters, "LEAST", 1e-1)
        few = average(case, kind.part)
        assert abs(few.value / each.value - 1) < 10.0**-few.digits, smallest


def test_an_average_that_settles_slowly_is_known_in_fewer_digits():
    """Against histories drawn by chance, followed by the rule's own moments."""
    setting = hs.Setting(hs.rule(SLOW))
    at = {D: sp.Integer(400), K: sp.Integer(100), age: sp.Integer(10)}
    claim = hs.derive(setting.rule, quantities=["bit_error"])["bit_error"]
    found = float(value(claim, at))
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 2, size=(60000, 100)) * 2 - 1
    drawn[:, 89] = 1
    rate, bias = 1 / 20, 1 / 3
    mean, noise = (
        np.zeros(len(drawn)),
        np.zeros(len(drawn)),
    )  # of s w: w' = (1 - rate) w + rate u (v + bias)
    level = np.zeros(len(drawn))  # E[w]
    for k in range(100):
        level = (1 - rate) * level + rate * bias * drawn[:, k]
        mean = (1 - rate) * mean + (rate if k == 89 else 0)
        noise = (1 - rate) ** 2 * noise + (0 if k == 89 else rate**2)
    noise = noise + level**2  # s w = mean + s (level + noise), s = 1 or -1
    errors = np.array([math.erfc(t) / 2 for t in np.sqrt(399 / (2 * noise)) * mean])
    assert abs(found - errors.mean()) < 5 * errors.std() / math.sqrt(len(errors))
    assert errors.std() / math.sqrt(len(errors)) < 0.02 * found
    assert str(quoted(claim, at)) == "0.00022812"  # five digits have settled


def test_a_rounded_threshold_gives_the_error_of_the_exact_one():
    setting = hs.Setting(hs.rule("oja(eta=1/20)"), hs.Binary(R(1, 10)), hs.Exact(), hs.Optimal())
    error = over_histories(HistoryError, AgedBench(setting), True)
    at = {D: sp.Integer(100), K: sp.Integer(12), age: sp.Integer(5)}
    rounded, exact = (with_exact_numbers(error, at), error.xreplace(at))
    assert rounded.args[1:] == exact.args[1:]
    assert rounded.args[0].is_Rational
    assert not exact.args[0].is_Rational
    assert abs(evaluate(rounded.args[0] / exact.args[0], digits=50) - 1) < mpmath.mpf(10) ** -45


def test_two_thousand_patterns_are_averaged_over():
    """The weights have settled long before: the threshold no longer depends on K."""
    theory = hs.derive(
        hs.rule("oja(eta=1/20)"),
        hs.Binary(R(1, 10)),
        threshold=hs.Optimal(),
        quantities=["bit_error:high"],
    )
    at = {D: sp.Integer(1000), age: sp.Integer(5)}
    found = [value(theory["bit_error:high"], {**at, K: sp.Integer(k)}) for k in (2000, 2001)]
    assert abs(found[0] / found[1] - 1) < 1e-5


# ---- limits --------------------------------------------------------------------------------

ADDITIVE = {
    "signs": ("x_i*x_j + x_i/5 - x_j/7", hs.Bipolar(R(1, 4)), hs.Flip(R(1, 10)), hs.Optimal()),
    "binary": ("x_i*x_j + x_i/5 - 2*x_j/7 - 1/9", hs.Binary(R(1, 3)), hs.Exact(), hs.Optimal()),
    "silent": ("x_i*x_j", hs.Binary(R(1, 5)), hs.Exact(), hs.Optimal()),
    "tied": ("x_i*x_j", hs.Binary(R(1, 5)), hs.Exact(), hs.Zero()),
}


@pytest.mark.parametrize("load", [10, 60])
@pytest.mark.parametrize("name", ADDITIVE)
def test_without_decay_the_average_is_the_binomial_mixture(name, load):
    """The order of the values no longer matters: a sum of K terms instead of 2^(K - 1)."""
    rule, patterns, cue, threshold = ADDITIVE[name]
    setting = hs.Setting(hs.rule(rule), patterns, cue, threshold)
    at = {D: sp.Integer(100), K: sp.Integer(load), age: sp.Integer(load // 3)}
    for high in (False, True):
        ordered = over_histories(HistoryError, AgedBench(setting), high, Workbench(setting).theta)
        truth = evaluate(additive_error(Workbench(setting), high), at)
        assert abs(evaluate(ordered, at) / truth - 1) < 1e-6
        sizes = over_histories(HistoryTerms, AgedBench(setting), high, Workbench(setting).theta)
        dropped = evaluate(cumulant_terms(Workbench(setting), high), at)
        assert abs(evaluate(sizes, at) / dropped - 1) < 2e-2


def cumulant_terms(bench, high):
    """Without those of a lattice, which a decay makes ever finer."""

    def terms(*cumulants):
        return dropped_terms(cumulants, bench.theta, high)

    return over_history(bench.setting, bench.higher, high, terms, lambda *_: sp.S.Zero, order=4)


def test_small_rates_come_closer_to_the_binomial_mixture_in_proportion():
    plain = hs.Setting(hs.rule("x_i*x_j + x_i/5"), hs.Bipolar(R(1, 4)))
    slow = hs.Setting(hs.rule("x_i*x_j + x_i/5 - lam*w"), hs.Bipolar(R(1, 4)))
    at = {D: sp.Integer(60), K: sp.Integer(12), age: sp.Integer(4)}
    truth = evaluate(additive_error(Workbench(plain), True), at)
    error = over_histories(HistoryError, AgedBench(slow), True)
    gaps = [evaluate(error, {**at, lam: R(1, 10**k)}) / truth - 1 for k in (3, 4)]
    assert abs(gaps[0] / gaps[1] - 10) < 0.2


def test_without_a_history_the_average_is_the_closed_tail():
    """Oja on unbiased signs: every history has one law, and the claim is Q with the exact M and V."""
    bench = AgedBench(hs.Setting(hs.rule("oja(eta=1/10)")))
    at = {D: sp.Integer(80), K: sp.Integer(40), age: sp.Integer(9)}
    assert not history_matters(bench)
    closed = conditional_error(bench, True)
    assert closed == gaussian_error(bench, True)
    averaged = over_histories(HistoryError, bench, True)
    assert abs(evaluate(averaged, at) / evaluate(closed, at) - 1) < 1e-6


# ---- the exact law at finite n -------------------------------------------------------------


def exact_error(setting: hs.Setting, own: list[int], old: int, n: int, high: bool) -> float:
    """P(wrong) for one history by the convolution of n laws, values on the lattice of 2^-K."""
    law = term_law(setting, [sp.Integer(u) for u in own], old)
    scale = 5 * 2 ** len(own)
    places = {int(v * scale): float(p) for v, p in law.items()}
    assert all((v * scale).denominator == 1 for v in law)
    least = min(places)
    weights = np.zeros(max(places) - least + 1)
    for place, p in places.items():
        weights[place - least] = p
    total = np.ones(1)
    for _ in range(n):
        total = np.convolve(total, weights)
    values = np.arange(len(total)) + n * least
    wrong = values < 0 if high else values > 0
    return float(total[wrong].sum() + total[values == 0].sum() / 2)


@pytest.mark.parametrize("high", [False, True], ids=["low", "high"])
def test_series_is_nearer_to_the_exact_law_and_the_remainder_covers_the_rest(high):
    """Weights halved by every pattern: the exact law of a field of 24 terms after six patterns."""
    setting = hs.Setting(hs.rule("x_i*x_j + x_i/5 - w/2"), hs.Bipolar(R(1, 2)), hs.Flip(R(1, 10)))
    n, patterns, old = 24, 6, 2
    exact = 0.0
    for values in itertools.product((-1, 1), repeat=patterns - 1):
        own = list(values)
        own.insert(patterns - 1 - old, 1 if high else -1)
        chance = 0.75 ** values.count(1) * 0.25 ** values.count(-1)
        exact += chance * exact_error(setting, own, old, n, high)
    sizes = {"D": n + 1, "K": patterns, "age": old}
    error, series, dropped = (
        float(evaluate(at_sizes(setting, kind, high, **sizes)))
        for kind in (HistoryError, HistorySeries, HistoryTerms)
    )
    assert abs(series - exact) < abs(error - exact) / 3
    assert abs(error - exact) < dropped < 0.1 * exact


# ---- simulation ----------------------------------------------------------------------------

GENERAL = dict(
    zip(
        sorted(hs.rules["affine"].free_symbols, key=str),
        (R(1, 9), R(2, 9), R(3, 9), R(8, 9), R(1, 9), R(2, 9),
         -R(1, 4), -R(1, 36), R(1, 24), R(1, 60), R(1, 72), -R(1, 36)),
        strict=True,
    )
)  # fmt: skip


def test_simulated_bits_of_the_general_affine_rule_agree():
    theory = hs.derive(hs.rules["affine"].at(GENERAL), quantities=["bit_error"])
    assert theory["bit_error"].regime is hs.Regime.LEADING_ORDER
    (verdict,) = hs.check(theory, seed=11, resolution=R(1, 10), D=100, K=24, age=3)
    assert verdict.outcome is hs.Outcome.AGREES
    at = {D: sp.Integer(100), K: sp.Integer(24), age: sp.Integer(3)}
    assert evaluate(theory["bit_error"].remainder(at), at) < 0.01 * verdict.predicted


def test_a_simulation_tells_the_average_from_the_gaussian():
    """A strong post part: the Gaussian error with the exact M and V is refuted, the average is not."""
    theory = hs.derive(hs.rule("x_i*x_j + x_i/2 - w/8"), hs.Bipolar(R(2, 5)), cue=hs.Flip(R(1, 10)))
    at = {D: sp.Integer(100), K: sp.Integer(40), age: sp.Integer(3)}
    right, gaussian = (
        float(value(theory[name], at)) for name in ("bit_error:high", "bit_error:gaussian")
    )
    assert theory["bit_error:gaussian"].regime is hs.Regime.HEURISTIC
    bench = AgedBench(theory.setting)
    wrong = float(evaluate(gaussian_error(bench, True), at))
    assert gaussian > 0
    named = hs.derive(
        hs.rule("x_i*x_j + x_i/2 - w/8"),
        hs.Bipolar(R(2, 5)),
        cue=hs.Flip(R(1, 10)),
        quantities=["bit_error:high"],
    )
    (verdict,) = hs.check(named, seed=12, resolution=R(1, 10), D=100, K=40, age=3)
    assert verdict.outcome is hs.Outcome.AGREES
    assert abs(verdict.estimate - right) < 4 * verdict.stderr
    assert abs(verdict.estimate - wrong) > 6 * verdict.stderr


# ---- spans ---------------------------------------------------------------------------------

COINCIDING = {a: R(1, 4), lam: R(1, 4), eta: R(1, 2)}
"""E[(1 + A)^2] = E[1 + A] = 5/8 for A = -lam - eta x_j on signs of mean a."""


def coinciding() -> hs.Theory:
    rule = hs.rule("x_i*x_j + x_j/5 - lam*w - eta*w*x_j")
    return hs.derive(rule, hs.Bipolar(a), quantities=["span", "snr", "snr:stationary"])


def test_where_rates_coincide_spans_and_their_predictions_are_derived_anew():
    theory = coinciding()
    at = {**COINCIDING, D: sp.Integer(60), K: sp.Integer(16), z: sp.S.One}
    for name in ("span", "snr"):  # the general expressions are 0/0 there
        claim = theory[name]
        general = claim.formula if claim.prediction is None else claim.prediction
        with pytest.raises(hs.InvalidValue):
            evaluate(general, {**at, age: sp.Integer(2)})
    near = {**at, lam: R(1, 4) + R(1, 10**9)}
    span = value(theory["span"], at)
    assert abs(span / value(theory["span"], near) - 1) < 1e-7
    here = {**at, age: sp.Integer(2)}
    made, left = predictions(theory, {**at})
    assert not left
    by_claim = {(one.claim, one.age): one for one in made}
    oldest = int(span) - 1
    assert ("span", oldest) in by_claim
    assert not any(math.isnan(one.number) for one in made)
    expected = value(theory["snr"], {**near, age: sp.Integer(oldest)})
    found = by_claim["span", oldest]
    assert abs(found.number / float(expected) - 1) < 1e-6
    assert 0 < found.sensitivity < 10
    settled = theory["snr:stationary"]
    gap = evaluate(settled.remainder(at), here)
    truth = value(settled, {**near, **{age: sp.Integer(2)}}) - value(
        theory["snr"], {**near, age: sp.Integer(2)}
    )
    assert abs(gap / truth - 1) < 1e-5


@pytest.mark.parametrize("patterns", [hs.Bipolar(R(1, 3)), hs.Gaussian()], ids=str)
@pytest.mark.parametrize("rule", ["oja", "decay", "presynaptic-decay"])
def test_a_span_is_bracketed_by_the_recurrence(rule, patterns):
    claim = hs.derive(hs.rules[rule], patterns)["span"]
    first, *_ = claim.derivation.verify()
    assert first.holds is True


def test_a_span_by_an_error_says_what_it_takes_for_granted():
    biased, plain = (
        hs.derive(hs.rules["oja"], p)["span:bit"] for p in (hs.Bipolar(a), hs.Bipolar())
    )
    assert any("the right error at an age is bit_error" in text for text in biased.assumptions)
    assert any(text.startswith("a bit is wrong with probability Q") for text in plain.assumptions)
    assert not any("bit_error" in text for text in plain.assumptions)


def test_a_page_draws_the_gaussian_where_an_average_over_histories_cannot_be(tmp_path):
    theory = hs.derive(hs.rule("instar"), hs.Binary(activity=f))
    text = hs.page(theory, tmp_path / "page.html").read_text(encoding="utf-8")
    assert '"quantity":"bit_error:gaussian"' in text.replace(" ", "")
    assert '"quantity":"bit_error"' not in text.replace(" ", "")
