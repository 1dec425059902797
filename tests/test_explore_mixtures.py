"""Errors and capacities where the field is a mixture: every column against the claims, and the sum against mpmath."""

from __future__ import annotations

import math
from functools import lru_cache

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import numeric
from hebbsym.exploration.forms import forms
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.mixtureloops import averaged
from hebbsym.exploration.mixtures import MOST_PATTERNS, histories
from hebbsym.exploration.space import Condition, Size, Space, finite
from hebbsym.notation import K, epsilon

MEAN = sp.Rational(1, 5)
ERRORS = ("bit_error", "bit_error:high", "bit_error:low")
LEVELS = {"bit": sp.Rational(1, 12), "all": sp.Rational(2, 5)}
SPACE = Space(
    {
        "c_0": finite((0, MEAN**2, -1)),
        "c_1_post": finite((0, -MEAN, sp.Rational(-1, 7))),
        "c_1_pre": finite((0, -MEAN)),
        "c_2_corr": finite((1, -1, sp.Rational(1, 3))),
    },
    ensembles=("bipolar(mean=1/5)",),
    cues=("flip(delta=1/20)",),
    thresholds=("optimal", "inhibition"),
    criteria=tuple(f"{name}(epsilon={level})" for name, level in LEVELS.items()),
    sizes=(Size(60, 7),),
)
SPACES = (
    SPACE,
    SPACE.subspace(ensembles=("binary(activity=1/10)",), thresholds=("bayes",)),
)
CONDITIONS = {condition.text: condition for space in SPACES for condition in space.conditions}
NAMES = ("gaussian", "bit_error:gaussian", *ERRORS, *(f"capacity:{name}" for name in LEVELS))
SAMPLE = (0, 13, 28, 39)
every_condition = pytest.mark.parametrize("text", CONDITIONS)


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, np.ndarray]]:
    block = SPACE.block(0, len(SPACE))
    return {
        condition.text: kernel(block)
        for space in SPACES
        for condition, kernel in zip(space.conditions, kernels(space, NAMES), strict=True)
    }


@lru_cache(maxsize=256)
def theory_of(condition: Condition, index: int) -> hs.Theory:
    return hs.Theory(condition.setting(SPACE.rule(SPACE.point(index))))


@every_condition
def test_an_error_is_that_of_the_claim(text: str, found) -> None:
    condition, sums = CONDITIONS[text], 0
    for index in SAMPLE:
        for name in ERRORS:
            claim = theory_of(condition, index)[name]
            try:
                expected = float(numeric.value(claim, condition.size.values, digits=20))
            except hs.InvalidValue:  # the threshold bayes of a rule that recalls the inverse
                expected = math.nan
            column = found[text][name][index]
            assert column == pytest.approx(expected, rel=1e-9, abs=0, nan_ok=True), index
            sums += claim.formula.has(sp.Sum) and not math.isnan(expected)
    assert sums >= 6


@every_condition
@pytest.mark.parametrize("criterion", LEVELS)
def test_up_to_the_capacity_the_claimed_failure_is_within_its_bound(
    text: str, criterion: str, found
) -> None:
    """Of mixtures: at the number of patterns that the column has, and no longer at the next."""
    condition, level = CONDITIONS[text], LEVELS[criterion]
    for index in SAMPLE:
        theory, name = theory_of(condition, index), f"capacity:{criterion}"
        column = found[text][name][index]
        if name not in theory or theory[name].unknown is None:
            continue
        claim, sizes = theory[name], {hs.notation.D: sp.Integer(60)}
        if not claim.formula.has(sp.Sum):  # an equation with a real root
            expected = float(numeric.value(claim, {**sizes, epsilon: level}, digits=15))
            assert column == pytest.approx(expected if expected >= 1 else 0, rel=1e-8), index
            continue
        bounded = math.isfinite(column)
        assert not bounded or column == int(column), index
        for load in (int(column), int(column) + 1) if bounded else (40,):
            if (
                not 1 < load < 100
            ):  # longer sums take mpmath too long; one pattern may have no noise
                continue
            try:
                failure = numeric.evaluate(claim.prediction, {**sizes, K: sp.Integer(load)}, 15)
            except hs.InvalidValue:  # the threshold bayes of a rule that recalls the inverse
                continue
            assert (failure <= level) == (not bounded or load <= column), (index, load)


def test_a_capacity_is_the_root_that_the_claim_has(found) -> None:
    """The search is that of a claim: the last number before the sign changes."""
    text, index = next(iter(CONDITIONS)), 3
    theory = theory_of(CONDITIONS[text], index)
    assert theory["capacity:bit"].formula.has(sp.Sum)
    expected = numeric.value(
        theory["capacity:bit"], {hs.notation.D: sp.Integer(60), epsilon: LEVELS["bit"]}, 12
    )
    assert found[text]["capacity:bit"][index] == expected >= 2


@every_condition
def test_a_gaussian_error_stands_only_where_it_is_the_limit(text: str, found) -> None:
    columns = found[text]
    assert np.array_equal(np.isnan(columns["bit_error:gaussian"]), columns["gaussian"] == 0)
    assert 0 < columns["gaussian"].sum() < len(SPACE) or "optimal" not in text


def test_the_mixture_departs_from_a_gaussian_with_the_same_moments() -> None:
    """theory.md, traps: the post part makes the error several times Q(sqrt(rho)), however large D and K."""
    post = Space(
        {"c_1_post": finite((1,)), "c_2_corr": finite((1,))},
        sizes=(Size(10**4, 400), Size(10**5, 4000)),
    )
    for kernel in kernels(post, ["snr", "bit_error"]):
        columns = kernel(post.block(0, 1))
        gaussian = math.erfc(math.sqrt(columns["snr"][0] / 2)) / 2
        assert columns["bit_error"][0] > 3 * gaussian


SUMS = [
    # k, p, mean (1, k, t), variance (1, k, k^2, t, k t, t^2): spread by the mean, by the variance, by both
    (400, 0.5, (20.0, 0.0, 0.0), (1.0, 0.002, 0.0, 0.0, 0.0, 0.0005)),
    (400, 0.25, (9.0, 0.01, 0.3), (1.0, 0.01, 0.0, 0.0, 0.0, 0.0)),
    (400, 0.25, (40.0, 0.0, -0.35), (0.5, 0.001, 0.0, 0.02, 0.0, 0.0002)),
    (3, 0.9, (1.0, 0.5, 0.5), (0.1, 0.1, 0.1, 0.0, 0.01, 0.01)),
    (0, 0.3, (1.0, 0.5, 0.5), (2.0, 0.1, 0.1, 0.0, 0.01, 0.01)),
    (1000, 0.02, (30.0, 0.0, 0.9), (1.0, 0.004, 0.0, 0.01, 0.0, 0.0)),
]


@pytest.mark.parametrize("case", SUMS)
@pytest.mark.parametrize("high", [True, False])
def test_a_sum_is_that_of_all_its_terms(case, high: bool) -> None:
    """Also where it is tiny, and its largest terms stand far from the largest weight."""
    k, p, mean, variance = case
    theta = 0.5 if high else 2.0 * mean[0]
    found = averaged(np.array(mean), np.array(variance), float(k), p, theta, high)
    with mpmath.workdps(40):
        total = mpmath.mpf(0)
        for r in range(k + 1):
            t = r - k * mpmath.mpf(p)
            m = mean[0] + mean[1] * k + mean[2] * t
            v = variance[0] + variance[1] * k + variance[2] * k**2
            v += (variance[3] + variance[4] * k) * t + variance[5] * t**2
            d = (m - theta if high else theta - m) / mpmath.sqrt(v)
            weight = math.comb(k, r) * mpmath.mpf(p) ** r * (1 - mpmath.mpf(p)) ** (k - r)
            total += weight * mpmath.erfc(d / mpmath.sqrt(2)) / 2
    assert found == pytest.approx(float(total), rel=1e-11, abs=0)


def test_a_silent_unit_is_certain_and_a_tie_counts_half() -> None:
    """Plain Hebb on {0, 1} leaves the weights of a unit alone that is silent in every pattern."""
    hebb = Space(
        {"c_2_corr": finite((1,))}, ensembles=("binary(activity=1/10)",),
        thresholds=("zero", "fixed(theta=3)"), sizes=(Size(60, 7),),
    )  # fmt: skip
    for condition, kernel in zip(hebb.conditions, kernels(hebb, ERRORS), strict=True):
        columns = kernel(hebb.block(0, 1))
        theory = hs.Theory(condition.setting(hebb.rule(hebb.point(0))))
        for name in ERRORS:
            expected = float(numeric.value(theory[name], condition.size.values, 20))
            assert columns[name][0] == pytest.approx(expected, rel=1e-9), (condition.text, name)


def test_a_capacity_past_the_bound_of_a_claim_is_not_a_number() -> None:
    space = Space(
        {"c_1_post": finite((sp.Rational(1, 5),)), "c_2_corr": finite((1,))},
        criteria=("bit(epsilon=49/100)",), sizes=(Size(10**6, 10),),
    )  # fmt: skip
    (kernel,) = kernels(space, ["capacity:bit"])
    assert math.isnan(kernel(space.block(0, 1))["capacity:bit"][0])
    assert MOST_PATTERNS < 10**6 / (2 * 0.025**2)


def test_laws_average_to_the_moments_of_the_claims() -> None:
    """E[t] = 0 and E[t^2] = k p (1 - p): mean and variance of the mixture are those of the field, exactly."""
    rule = np.array([0.3, -0.7, 0.2, 1.1])[:, None]
    for condition in SPACE.conditions:
        if condition.parts[2].inhibits:
            continue
        here = forms(SPACE, condition)
        laws, k = histories(here), here.others
        means, variances = laws.of_rules(rule)
        p = laws.shares[1]
        for side in (0, 1):
            (law,) = np.flatnonzero(laws.high == bool(side))
            (m, mk, mt), (v, vk, vkk, _, _, vtt) = means[law, :, 0], variances[law, :, 0]
            spread = k * p * (1 - p)
            exact = [here.at_load(parts[side]) for parts in (here.means, here.variances)]
            assert m + k * mk == pytest.approx((exact[0] @ rule).item(), rel=1e-12)
            whole = v + k * vk + k**2 * vkk + spread * (vtt + mt**2)
            assert whole == pytest.approx((rule.T @ exact[1] @ rule).item(), rel=1e-12)


def passes_one_over(space: Space, level: sp.Rational) -> float:
    """The column of the one rule of a space, seen to be where the error passes its bound, and what the claim says."""
    (kernel,) = kernels(space, ["capacity:bit"])
    column = int(kernel(space.block(0, 1))["capacity:bit"][0])
    theory = hs.Theory(space.conditions[0].setting(space.rule(space.point(0))))
    here, further = (
        numeric.evaluate(theory["bit_error"].formula, {hs.notation.D: 60, K: load}, 12)
        for load in (column, column + 1)
    )
    assert here <= level < further
    sizes = {hs.notation.D: sp.Integer(60), epsilon: level}
    assert column == numeric.value(theory["capacity:bit"], sizes, 12)
    return column


@pytest.mark.parametrize("threshold", ["optimal", "bayes"])
def test_one_pattern_without_noise_at_silent_units_is_passed_over(threshold: str) -> None:
    """Plain Hebb on {0, 1}: the threshold ties with the silent bits of a single pattern, and stores more than one."""
    space = Space(
        {"c_2_corr": finite((1,))}, ensembles=("binary(activity=1/10)",), thresholds=(threshold,),
        criteria=("bit(epsilon=1/12)",), sizes=(Size(60, 7),),
    )  # fmt: skip
    assert passes_one_over(space, sp.Rational(1, 12)) > 10


def test_one_pattern_without_noise_at_any_unit_is_passed_over() -> None:
    """An exact cue of a single pattern leaves (x_i - a) sum_j x_j s_j: no noise, hence no threshold between."""
    space = Space(
        {"c_1_pre": finite((sp.Rational(-1, 5),)), "c_2_corr": finite((1,))}, ensembles=("bipolar(mean=1/5)",),
        criteria=("bit(epsilon=1/10)",), sizes=(Size(60, 7),),
    )  # fmt: skip
    assert passes_one_over(space, sp.Rational(1, 10)) > 1
