"""Rare errors: the tilted law against the exact one, a closed form, plain counting and a slow twin."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.networks import network_of
from hebbsym.notation import D, K, M
from hebbsym.rare import RareMethod
from hebbsym.simulate import Network, simulate
from hebbsym.simulate.rare import rare_errors, terms_of, tilts

R = sp.Rational
GENERAL = hs.ExpandedRule(2, {(0, 0): R(1, 2), (1, 0): R(1, 4), (0, 1): R(-1, 2), (1, 1): 1})
SIDES = ("", "high", "low")


def network(rule, patterns, cue, threshold, units, load) -> Network:
    setting = hs.Setting(rule, patterns, cue, threshold)
    at = {D: sp.Integer(units), K: sp.Integer(load), M: sp.Integer(16)}
    made = network_of(setting.at(at), at)
    assert isinstance(made, Network)
    return made


FINITE = {
    "hebb": (hs.rules["hebb"], hs.Bipolar(), hs.Exact(), hs.Zero(), 1000, 28),
    "covariance": (
        hs.rules["covariance"],
        hs.Bipolar(R(1, 2)),
        hs.Flip(R(1, 20)),
        hs.Optimal(),
        1000,
        16,
    ),
    "general": (GENERAL, hs.Bipolar(R(1, 5)), hs.Flip(R(1, 20)), hs.Fixed(sp.Integer(3)), 100, 5),
    "binary": (GENERAL, hs.Binary(R(1, 5)), hs.Mask(R(1, 20)), hs.Fixed(sp.Integer(2)), 30, 3),
    "ternary addresses": (
        hs.rules["covariance"],
        hs.Pair(hs.Bipolar(), hs.Ternary()),
        hs.Flip(R(1, 20)),
        hs.Zero(),
        200,
        8,
    ),
    "centred cue": (
        GENERAL,
        hs.Binary(R(1, 4)),
        hs.Exact(centred=sp.S.One),
        hs.Fixed(sp.S.One),
        60,
        4,
    ),
    "a few units": (hs.rules["hebb"], hs.Bipolar(), hs.Exact(), hs.Zero(), 7, 3),
    "at the end": (hs.rules["hebb"], hs.Bipolar(), hs.Exact(), hs.Fixed(sp.Integer(9)), 4, 3),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", FINITE)
def test_the_tilted_law_agrees_with_the_exact_one(name: str, side: str) -> None:
    """24 comparisons at seeds of their own; 4.5 standard errors are 2e-4 in the family."""
    rule, patterns, cue, threshold, units, load = FINITE[name]
    theory = hs.derive(rule, patterns, cue=cue, threshold=threshold)
    exact = hs.rare_error(theory, D=units, K=load, side=side)
    assert exact.method is RareMethod.EXACT_LAW
    found = rare_errors(network(*FINITE[name]), seed=11, relative=0.01, side=side)
    assert found.stderr <= 0.011 * found.value
    assert abs(found.value - exact.probability) <= 4.5 * found.stderr


NORMAL = {
    "hebb": (hs.rules["hebb"], hs.Exact(), hs.Zero(), 20, 6),
    "masked": (hs.rules["hebb"], hs.Mask(R(1, 4)), hs.Zero(), 30, 12),
    "general": (GENERAL, hs.Flip(R(1, 10)), hs.Fixed(R(1, 2)), 30, 8),
}


@pytest.mark.parametrize("name", NORMAL)
def test_normal_addresses_agree_with_plain_counting(name: str) -> None:
    """9 comparisons with whole networks, whose weights are made from the drawn patterns."""
    rule, *rest = NORMAL[name]
    made = network(rule, hs.Pair(hs.Bipolar(R(1, 5)), hs.Gaussian()), *rest)
    counted = simulate(made, range(3000), seed=5)
    for side in SIDES:
        plain = counted.estimate("bit_error" + (f":{side}" if side else ""))
        found = rare_errors(made, seed=5, relative=0.01, side=side)
        assert abs(found.value - plain.value) < 4.5 * math.hypot(found.stderr, plain.stderr)


@pytest.mark.parametrize(("units", "load"), [(1000, 28), (300, 9), (40, 4), (8, 2)])
def test_normal_addresses_agree_with_students_law(units: int, load: int) -> None:
    """h = S + sqrt(S (K - 1)) g with S = sum of y^2: P(h < 0) is a tail of Student's t."""
    from scipy.special import stdtr

    made = network(
        hs.rules["hebb"], hs.Pair(hs.Bipolar(), hs.Gaussian()), hs.Exact(), hs.Zero(), units, load
    )
    found = rare_errors(made, seed=2, relative=0.01)
    wanted = float(stdtr(units, -math.sqrt(units / (load - 1))))
    assert abs(found.value - wanted) < 4.5 * found.stderr


def slowly(made: Network, high: bool, r: int, tilt: float, rng: np.random.Generator):
    """The readable twin: every pattern entry is drawn from its own tilted law, and weighed by itself.

    Returns the field and the logarithm of the product of all likelihood ratios.
    """
    low, up = made.values
    stored = [up if high else low] + [up] * r + [low] * (made.patterns - 1 - r)

    def g(post: float, pre: float) -> float:
        return sum(float(c) * post**p * pre**q for (p, q), c in made.update.items())

    values = [(float(y), float(q)) for y, q in made.source.alphabet]
    branches = [
        (float(s), float(y), float(q) * float(w))
        for y, q in made.source.alphabet
        for s, w in made.cue.transitions(made.source, y)
    ]

    def others(s: float) -> float:
        sums = (sum(q * math.exp(tilt * s * g(u, y)) for y, q in values) for u in stored[1:])
        return math.prod(sums)

    weights = np.array(
        [w * math.exp(tilt * s * g(stored[0], y)) * others(s) for s, y, w in branches]
    )
    field, ratio = 0.0, 0.0
    for _ in range(made.units - 1):
        b = rng.choice(len(branches), p=weights / weights.sum())
        s, y, w = branches[b]
        ratio += math.log(w) - math.log(weights[b] / weights.sum())
        field += s * g(stored[0], y)
        for u in stored[1:]:
            law = np.array([q * math.exp(tilt * s * g(u, v)) for v, q in values])
            v = rng.choice(len(values), p=law / law.sum())
            ratio += math.log(values[v][1]) - math.log(law[v] / law.sum())
            field += s * g(u, values[v][0])
    return field, ratio


def test_the_fast_draw_agrees_with_its_slow_twin() -> None:
    """Field and weight draw by draw in law: means and variances of h, and the weight as n kappa - t h."""
    made = network(GENERAL, hs.Binary(R(1, 3)), hs.Flip(R(1, 10)), hs.Zero(), 9, 4)
    r, rng = np.array([2]), np.random.default_rng(3)
    for high, tilt in ((True, -0.3), (False, 0.2)):
        terms = terms_of(made, high)
        height, slope, curve = (float(c[0]) for c in terms.cumulants(np.array([tilt]), r))
        slow = [slowly(made, high, 2, tilt, rng) for _ in range(400)]
        for field, ratio in slow:
            assert ratio == pytest.approx(8 * height - tilt * field, abs=1e-9)
        fields = np.array([field for field, _ in slow])
        assert abs(fields.mean() - 8 * slope) < 4.5 * math.sqrt(8 * curve / 400)
        fast, size = terms.draw(rng, np.full(20000, tilt), np.full(20000, 2))
        assert (size >= np.abs(fast)).all()
        assert abs(fast.mean() - 8 * slope) < 4.5 * math.sqrt(8 * curve / 20000)
        assert fast.var() == pytest.approx(8 * curve, rel=0.05)
        assert fields.var() == pytest.approx(8 * curve, rel=0.35)


@pytest.mark.parametrize("addresses", [hs.Ternary(), hs.Gaussian()], ids=lambda law: law.name)
def test_cumulants_are_derivatives(addresses) -> None:
    """kappa' and kappa'' against differences of kappa, at every history."""
    made = network(GENERAL, hs.Pair(hs.Bipolar(), addresses), hs.Mask(R(1, 5)), hs.Zero(), 50, 7)
    terms, r, step = terms_of(made, True), np.arange(7), 1e-4
    tilt = np.full(7, -0.11)
    below, here, above = (terms.cumulants(tilt + e, r) for e in (-step, 0.0, step))
    assert (above[0] - below[0]) / (2 * step) == pytest.approx(here[1], rel=1e-5)
    assert (above[1] - below[1]) / (2 * step) == pytest.approx(here[2], rel=1e-5)
    theta = -30.0
    found = tilts(terms, r, theta, -1.0)
    assert 50 * terms.cumulants(found, r)[1] == pytest.approx(np.full(7, theta), abs=1e-3)


@pytest.mark.parametrize(
    ("third", "why"),
    [(R(1, 997), "too long"), (sp.sqrt(2) / 50, "no lattice")],
)
def test_what_the_exact_law_refuses_is_sampled_and_says_so(third: sp.Expr, why: str) -> None:
    odd = hs.ExpandedRule(2, {(0, 0): R(1, 50), (1, 0): third, (0, 1): R(1, 30), (1, 1): 1})
    theory = hs.derive(odd, hs.Bipolar(R(1, 5)), cue=hs.Flip(R(1, 20)))
    found = hs.rare_error(theory, D=300, K=8, seed=4)
    assert found.method is RareMethod.IMPORTANCE_SAMPLING
    assert why in found.reason
    assert 0 < found.stderr < 0.02 * found.probability
    again = hs.rare_error(theory, D=300, K=8, seed=4)
    assert again == found, "the seed gives the draws"


def test_neither_way_is_refused_with_both_reasons() -> None:
    squares = hs.ExpandedRule(2, {(0, 2): 1, (1, 1): 1})
    theory = hs.derive(squares, hs.Pair(hs.Bipolar(), hs.Gaussian()))
    with pytest.raises(hs.NotDerivable, match=r"no exact law.*no sampling.*moments"):
        hs.rare_error(theory, D=50, K=5)
    inhibited = hs.derive(hs.rules["hebb"], threshold=hs.Inhibition())
    with pytest.raises(hs.NotDerivable, match="inhibition"):
        hs.rare_error(inhibited, D=50, K=5)
    with pytest.raises(hs.NotDerivable, match="do not depend on the weight"):
        hs.rare_error(hs.derive(hs.rules["oja"].at({hs.notation.eta: R(1, 10)})), D=50, K=5)
    with pytest.raises(hs.InvalidValue, match="K has no value"):
        hs.rare_error(hs.derive(hs.rules["hebb"]), D=50)
    with pytest.raises(hs.UnknownName, match="high"):
        hs.rare_error(hs.derive(hs.rules["hebb"]), D=50, K=5, side="hihg")


def test_check_decides_errors_that_counting_cannot_see() -> None:
    """At 6e-10 the exact law agrees, and the same law a little off disagrees."""
    names = ["snr", "bit_error:exact", "bit_error:exact:high"]
    theory = hs.derive(hs.rules["hebb"], quantities=names)
    verdicts = {v.claim: v for v in hs.check(theory, seed=2, D=1000, K=28)}
    for name in names[1:]:
        assert verdicts[name].predicted < 1e-9
        assert verdicts[name].outcome is hs.Outcome.AGREES
        assert "tilted" in verdicts[name].note
    claim = theory["bit_error:exact"]

    theory._claims["bit_error:exact"] = dataclasses.replace(
        claim, formula=claim.formula * R(21, 20)
    )
    wrong = {v.claim: v for v in hs.check(theory, seed=2, D=1000, K=28)}
    assert wrong["bit_error:exact"].outcome is hs.Outcome.DISAGREES
