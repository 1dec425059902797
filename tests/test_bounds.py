"""Cover's count against every labelling by linear programming; Gardner's load against quadrature and programs."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq, linprog, nnls

import hebbsym as hs
from hebbsym.capacity.bounds import bounds, gardner_load
from hebbsym.capacity.cover import dichotomies, load_with_errors, nearly_separable, separable
from hebbsym.claim import Regime
from hebbsym.errors import InvalidValue, UnknownName
from hebbsym.notation import N, P, epsilon, kappa, m
from hebbsym.numeric import value

R = sp.Rational
GARDNER = hs.bound("gardner")
PLACES = [(R(1, 2), 0), (R(1, 2), R(1, 5)), (R(2), -R(1, 3)), (0, R(1, 10**6))]


def load(margin, mean) -> mpmath.mpf:
    return value(GARDNER, {kappa: sp.S.One * margin, m: sp.S.One * mean})


def storable(points, labels, threshold: bool = False) -> bool:
    """Whether weights with label * field >= 1 at every point exist, by HiGHS."""
    inputs = np.hstack([points, np.ones((len(points), 1))]) if threshold else points
    return linprog(
        np.zeros(inputs.shape[1]), A_ub=-labels[:, None] * inputs, b_ub=-np.ones(len(points)),
        bounds=(None, None), method="highs",
    ).status == 0  # fmt: skip


def margin(points, labels) -> float:
    """The largest margin at squared length N: sqrt(N) times the hull's distance from the origin."""
    signed = labels[:, None] * points
    scale = 1e3  # a row that makes the weights of the convex combination sum to one
    system = np.vstack([signed.T, scale * np.ones(len(points))])
    share, _ = nnls(system, np.append(np.zeros(points.shape[1]), scale), maxiter=100_000)
    return float(np.linalg.norm(signed.T @ (share / share.sum())))


# ---- Cover -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "weights"), [(1, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4), (6, 7)]
)
def test_count_against_every_labelling(count: int, weights: int) -> None:
    points = np.random.default_rng(1965 + count).normal(size=(count, weights))
    labels = (np.array(signs, dtype=float) for signs in itertools.product((-1, 1), repeat=count))
    found = sum(storable(points, signs) for signs in labels)
    assert found == dichotomies(sp.Integer(count), sp.Integer(weights)).doit()


def test_free_threshold_counts_as_one_more_weight() -> None:
    points = np.random.default_rng(11).normal(size=(6, 2))
    labels = (np.array(signs, dtype=float) for signs in itertools.product((-1, 1), repeat=6))
    found = sum(storable(points, signs, threshold=True) for signs in labels)
    assert found == dichotomies(sp.Integer(6), sp.Integer(3)).doit()


def test_signs_in_few_dimensions_store_fewer_labellings() -> None:
    """The corners of a cube are not in general position: Cover's count is not reached, nor passed."""
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    labels = (np.array(signs, dtype=float) for signs in itertools.product((-1, 1), repeat=8))
    found = sum(storable(corners, signs, threshold=True) for signs in labels)
    assert found == 104  # threshold functions of three variables, counted by hand in the literature
    assert found < dichotomies(sp.Integer(8), sp.Integer(4)).doit()


def signs(rng, *shape: int, mean: float = 0.0):
    return np.where(rng.random(shape) < (1 + mean) / 2, 1.0, -1.0)


def products(patterns, orders):
    """What a unit with synapses on subsets of its inputs sees: a column for each subset."""
    columns = [
        patterns[:, list(chosen)].prod(axis=1)
        for order in orders
        for chosen in itertools.combinations(range(patterns.shape[1]), order)
    ]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    ("inputs", "orders", "weights"), [(3, (2,), 3), (4, (3,), 4), (3, (0, 1, 2), 7)]
)
def test_count_bounds_products_of_inputs(inputs: int, orders, weights: int) -> None:
    """Every labelling of K = W + 2 patterns by weights on subsets of the inputs: at most Cover's count."""
    rng = np.random.default_rng(40 + inputs)
    count = weights + 2
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=inputs)))
    patterns = corners[rng.choice(len(corners), count, replace=count > len(corners))]
    features = products(patterns, orders)
    assert features.shape[1] == weights
    found = sum(
        storable(features, np.array(s, dtype=float))
        for s in itertools.product((-1, 1), repeat=count)
    )
    assert 2**weights <= found * 2  # and it is of its size: W points alone would be free
    assert found <= dichotomies(sp.Integer(count), sp.Integer(weights)).doit()


def test_synapses_of_three_bodies_store_twice_their_number() -> None:
    """D = 11, n = 3: W = 45, patterns whose products differ. 40 programs a load: at most the law, and near it."""
    rng = np.random.default_rng(28)
    half = np.array(list(itertools.product((-1.0, 1.0), repeat=9)))
    shares, laws = [], []
    for count in (66, 90, 120):
        stored = []
        for _ in range(40):
            rows = half[rng.choice(len(half), count, replace=False)]
            inputs = np.column_stack([np.ones(count), rows]) * signs(rng, count, 1)
            stored.append(storable(products(inputs, (2,)), signs(rng, count)))
        shares.append(np.mean(stored))
        laws.append(float(separable(sp.Integer(count), sp.Integer(45)).doit()))
    for share, law in zip(shares, laws, strict=True):
        assert share <= law + 4 * math.sqrt(law * (1 - law) / 40) + 1e-9
    assert shares[0] > 0.85
    assert 0.2 < shares[1] < 0.8
    assert shares[2] < 0.1


def test_one_unit_and_all_units_without_diagonal() -> None:
    """D = 10, every unit from the others. All at once are rarer than one; with a diagonal nothing binds."""
    rng = np.random.default_rng(9)
    one, every = {}, {}
    for count in (9, 18, 27):
        law = float(separable(sp.Integer(count), sp.Integer(9)).doit())
        stored = []
        for _ in range(25):
            x = signs(rng, count, 10)
            stored.append([storable(np.delete(x, i, axis=1), x[:, i]) for i in range(10)])
        one[count], every[count] = np.mean(stored), np.mean(np.all(stored, axis=1))
        # units of a network are not independent: the error is that of 25 draws
        assert one[count] <= law + 4 * math.sqrt(law * (1 - law) / 25) + 1e-9
        assert every[count] <= one[count]
        assert storable(x, x[:, 0])
    assert one[9] > 0.8
    assert every[18] < 0.2 < one[18]
    assert one[27] < 0.1


@pytest.mark.parametrize("errors", [0, 1, 2])
def test_labellings_within_some_errors_are_bounded(errors: int) -> None:
    """Ten points of a plane: all 1024 labellings by programs, then their neighbourhoods, counted."""
    points = np.random.default_rng(3).normal(size=(10, 2))
    every = np.array(list(itertools.product((-1, 1), repeat=10)))
    stored = np.array([s for s in every if storable(points, s.astype(float))])
    nearest = (10 - (every @ stored.T).max(axis=1)) // 2
    share = sp.Rational(int((nearest <= errors).sum()), 1024)
    bound = nearly_separable(sp.Integer(10), sp.Integer(2), sp.Integer(errors)).doit()
    assert share <= bound
    assert share > bound / 3
    if not errors:
        assert share == bound


def test_load_with_errors_against_a_scan() -> None:
    """The root of H_2(1/load) + H_2(share) = 1 by bisection in doubles; two at no errors; it grows."""

    def bits(p: float) -> float:
        return -p * math.log2(p) - (1 - p) * math.log2(1 - p)

    loads = []
    for share in (1e-6, 0.001, 0.02, 0.2, 0.45):
        root = brentq(lambda u, share=share: bits(u) + bits(share) - 1, 1e-9, 0.5)
        loads.append(float(value(hs.bound("cover:errors"), {epsilon: sp.Rational(repr(share))})))
        assert abs(loads[-1] * root - 1) < 1e-9
    assert loads == sorted(loads)
    assert 2 < loads[0] < 2.02
    assert load_with_errors(sp.S.Zero) == 2


def test_learned_weights_keep_to_the_bound_with_errors() -> None:
    """Least squares at K = 4 (D - 1): more than a share of 1/50 is wrong, which 3.54 D - 1 alone would allow."""
    rng = np.random.default_rng(354)
    limit = float(value(hs.bound("cover:errors"), {epsilon: R(1, 50)}))
    assert 3.5 < limit < 3.6
    wrong = []
    for _ in range(5):
        x = signs(rng, 240, 61)
        weights, *_ = np.linalg.lstsq(x[:, 1:], x[:, 0], rcond=None)
        wrong.append(np.mean(x[:, 1:] @ weights * x[:, 0] <= 0))
    assert min(wrong) > 1 / 50


def test_stored_share_of_random_labels_by_linear_programs() -> None:
    """At N = 30 and P = 54, 60, 66: 300 programs each, within four standard errors of the law."""
    rng = np.random.default_rng(7)
    for count in (54, 60, 66):
        law = float(separable(sp.Integer(count), sp.Integer(30)).doit())
        found = np.mean([
            storable(rng.normal(size=(count, 30)), rng.choice([-1.0, 1.0], count)) for _ in range(300)
        ])  # fmt: skip
        assert abs(found - law) < 4 * math.sqrt(law * (1 - law) / 300)


def test_probability_is_a_claim_at_numbers() -> None:
    claim = hs.bound("cover:probability")
    assert claim.regime is Regime.EXACT
    assert value(claim, {P: sp.Integer(4), N: sp.Integer(2)}) == 0.5


# ---- Gardner ---------------------------------------------------------------------------------


def by_minimisation(margin, mean) -> mpmath.mpf:
    """1/load: the least violation over the offset by golden section, each integral by quadrature."""
    scaled = mpmath.mpf(sp.Float(margin, 30)) / mpmath.sqrt(1 - mpmath.mpf(sp.Float(mean, 30)) ** 2)

    def squared(c):
        return mpmath.quad(
            lambda t: (t + c) ** 2 * mpmath.npdf(t), [-c, -c + 4, -c + 12, mpmath.inf]
        )

    def total(b):
        up = (1 + mpmath.mpf(sp.Float(mean, 30))) / 2
        return up * squared(scaled - b) + (1 - up) * squared(scaled + b)

    low, high, golden = mpmath.mpf(-6), mpmath.mpf(6), (mpmath.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if total(left) < total(right) else (left, high)
    return 1 / total((low + high) / 2)


@pytest.mark.parametrize(("margin", "mean"), PLACES)
def test_load_against_minimised_quadrature(margin, mean) -> None:
    with mpmath.workdps(20):
        assert abs(load(margin, mean) / by_minimisation(margin, mean) - 1) < 1e-12


def test_load_of_fair_labels_without_margin_is_covers() -> None:
    assert load(0, 0) == hs.bound("cover").formula == 2


def test_mean_pays_and_margin_costs() -> None:
    assert load(0, R(1, 2)) > load(0, R(1, 5)) > load(0, 0) > load(R(1, 10), 0) > load(1, 0)
    assert load(R(1, 2), R(1, 3)) == load(R(1, 2), -R(1, 3))


def test_margin_is_that_of_points_which_are_not_centred() -> None:
    """For labels of mean m the margin counts for more, by 1/sqrt(1 - m^2)."""
    with mpmath.workdps(30):
        rescaled = value(GARDNER, {kappa: R(3, 5), m: R(4, 5)})
        assert rescaled == value(GARDNER, {kappa: R(3, 5), m: -R(4, 5)})
    assert gardner_load(R(3, 5), R(4, 5)) == gardner_load(R(3, 5), R(-4, 5))


def margin_at(load: float) -> float:
    """The margin at a load, fair labels, in doubles: quadrature and bisection."""

    def excess(c: float) -> float:
        def squared(t: float) -> float:
            return (t + c) ** 2 * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)

        return load * quad(squared, -c, 12)[0] - 1

    return float(brentq(excess, 0, 5))


def test_mean_margin_by_quadratic_programs() -> None:
    """Load 0.52 at N = 200, 12 draws: the margin within 0.04, and loads 15 % away are refuted."""
    rng = np.random.default_rng(1988)
    size, count = 200, 104
    found = np.mean([
        margin(rng.normal(size=(count, size)), rng.choice([-1.0, 1.0], count)) for _ in range(12)
    ])  # fmt: skip
    assert abs(found - margin_at(count / size)) < 0.04
    assert abs(load(sp.Rational(repr(margin_at(0.52))), 0) - 0.52) < 1e-7
    assert min(abs(found - margin_at(factor * count / size)) for factor in (0.85, 1.15)) > 0.1


def test_biased_labels_by_linear_programs() -> None:
    """m = 4/5, raw signs, free threshold, N = 150: stored at 0.8 of the load, never at 1.25 of it."""
    rng = np.random.default_rng(5)
    bias, size = 0.8, 150
    limit = float(load(0, R(4, 5))) * size
    shares = []
    for factor in (0.8, 1.25):
        count = int(factor * limit)
        draws = (rng.random((2, count, size)) < (1 + bias) / 2 for _ in range(10))
        shares.append(np.mean([storable(2.0 * a - 1, 2.0 * b[:, 0] - 1, True) for a, b in draws]))
    assert shares == [1.0, 0.0]
    assert 1.25 * 2 * size < 0.8 * limit  # a mean of zero would have failed at both


# ---- the claims ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bounds)
def test_steps_hold_and_conditions_are_said(name: str) -> None:
    for build in bounds[name]:
        claim = build()
        assert claim.assumptions
        assert claim.latex
        assert {step.holds for step in claim.derivation.verify()} <= {True, None}


def test_bad_input() -> None:
    with pytest.raises(UnknownName, match="gardner"):
        hs.bound("gardener")
    with pytest.raises(UnknownName, match="cover:errors"):
        hs.bound("cover:error")
    for bad in (sp.S.Half, sp.Rational(3, 4)):
        with pytest.raises(InvalidValue, match="epsilon"):
            value(hs.bound("cover:errors"), {epsilon: bad})
    for bad in ({kappa: sp.S.Zero, m: sp.S.One}, {kappa: sp.S.NegativeOne, m: sp.S.Zero}):
        with pytest.raises(InvalidValue):
            value(GARDNER, bad)
