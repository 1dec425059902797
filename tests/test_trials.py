"""Claims tried on single networks: true ones hold exactly, and each wrong one is refuted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.arrays import on_arrays
from hebbsym.notation import D, K, a, i, j, mu, sigma, xi

R = sp.Rational
GENERAL = hs.ExpandedRule(
    2, {(0, 0): R(1, 50), (1, 0): R(1, 40), (0, 1): R(1, 40), (2, 0): R(-1, 60), (1, 1): 1}
)
SETTINGS = {
    "hebb": (hs.rules["hebb"], hs.Bipolar(), hs.Zero()),
    "general": (GENERAL, hs.Bipolar(R(1, 10)), hs.Fixed(R(3, 2))),
    "binary": (hs.rules["covariance"], hs.Binary(R(1, 4)), hs.Optimal()),
    "normal": (hs.rules["hebb"], hs.Gaussian(), hs.Fixed(sp.Integer(2))),
    "ternary": (hs.rules["hebb"], hs.Ternary(), hs.Zero()),
}


def outcome(theory: hs.Theory, name: str, **changed: sp.Expr) -> hs.Outcome:
    """The verdict on one claim, after its formula was replaced where asked for."""
    theory._claims[name] = replace(theory[name], **changed)
    (verdict,) = hs.check(theory, seed=3, D=60, K=8)
    return verdict.outcome


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", ["weights", "energy"])
def test_what_is_derived_holds_on_drawn_networks(setting: str, name: str) -> None:
    rule, patterns, threshold = SETTINGS[setting]
    theory = hs.derive(rule, patterns, threshold=threshold, quantities=[name])
    assert outcome(theory, name) is hs.Outcome.AGREES


@pytest.mark.parametrize("setting", ["hebb", "general", "binary"])
def test_wrong_weights_are_refuted(setting: str) -> None:
    rule, patterns, threshold = SETTINGS[setting]
    theory = hs.derive(rule, patterns, threshold=threshold, quantities=["weights"])
    off = theory["weights"].formula + R(1, 2)
    assert outcome(theory, "weights", formula=off) is hs.Outcome.DISAGREES
    # one power exchanged for another, which coincide on signs alone
    if setting == "binary":
        swapped = theory["weights"].formula.xreplace({xi[mu, j]: xi[mu, i]})
        assert outcome(theory, "weights", formula=swapped) is hs.Outcome.DISAGREES


@pytest.mark.parametrize("setting", ["hebb", "general", "normal"])
def test_a_wrong_energy_is_refuted(setting: str) -> None:
    rule, patterns, threshold = SETTINGS[setting]
    theory = hs.derive(rule, patterns, threshold=threshold, quantities=["energy"])
    energy = theory["energy"].formula
    field = energy + 4 * sp.Sum(sigma[i], (i, 1, D))
    assert outcome(theory, "energy", formula=field) is hs.Outcome.DISAGREES
    assert outcome(theory, "energy", formula=-energy) is hs.Outcome.DISAGREES


def test_an_energy_is_not_tried_where_its_condition_fails() -> None:
    theory = hs.derive(hs.ExpandedRule(2), quantities=["weights", "energy"])
    at = {"c_0": 0, "c_1_pre": R(1, 3), "c_1_post": R(1, 2), "c_2_corr": 1, "c_2_pre": 0}
    verdicts = hs.check(theory, seed=1, D=40, K=5, c_2_post=0, **at)
    assert [v.claim for v in verdicts] == ["weights"]
    assert "c_1_post = c_1_pre" in verdicts.unchecked["energy"]


def test_the_threshold_and_the_information_are_refutable() -> None:
    names = ["threshold", "capacity:synapse", "capacity:snr"]
    for wrong in (None, *names):
        theory = hs.derive(
            hs.rules["covariance"], hs.Bipolar(R(1, 5)), threshold=hs.Optimal(), quantities=names
        )
        if wrong is not None:
            claim = theory[wrong]
            told = claim.formula if claim.prediction is None else claim.prediction
            off = {"formula": told * R(6, 5)} if claim.prediction is None else {}
            theory._claims[wrong] = replace(claim, **(off or {"prediction": told * R(6, 5)}))
        outcomes = {v.claim: v.outcome for v in hs.check(theory, seed=5, D=200, K=60, z=3)}
        for name in names:
            expected = hs.Outcome.DISAGREES if name == wrong else hs.Outcome.AGREES
            # a network's threshold is the claim's own: the fields tell what balances them
            assert outcomes[name] is expected, (name, wrong)


def test_a_spoilt_network_has_a_wrong_pattern_or_a_broken_tie() -> None:
    """The share of networks with an error, by hand from the patterns' own statistics."""
    from hebbsym.networks import network_of
    from hebbsym.simulate import simulate

    setting = hs.Setting(hs.rules["hebb"])
    at = {D: sp.Integer(15), K: sp.Integer(3)}
    run = simulate(network_of(setting, at), 400, seed=2)
    wrong, ties = run.columns["wrong_patterns"], run.columns["ties"].sum(axis=1)
    assert 0 < np.count_nonzero(wrong) < 400
    assert ties.any()
    by_hand = np.mean([1.0 if w else 1 - 0.5**t for w, t in zip(wrong, ties, strict=True)])
    assert run.estimate("network_error").value == pytest.approx(by_hand)


def test_on_arrays_against_loops() -> None:
    rng = np.random.default_rng(0)
    x, s = rng.integers(-2, 3, (3, 4)), rng.integers(0, 2, 4)
    expr = R(1, 2) * sp.Sum(sp.Sum(xi[mu, i] * sigma[i], (i, 1, D)) ** 2, (mu, 1, K))
    expr += K * sp.Sum(sigma[i], (i, 1, D)) + sp.Sum(xi[mu, i] ** 2, (i, 1, D), (mu, 1, K))
    found = on_arrays(expr, {D: sp.Integer(4), K: sp.Integer(3)}, {xi: x, sigma: s}, (mu, i))
    by_hand = sum((x[m] @ s) ** 2 for m in range(3)) / 2 + 3 * s.sum() + (x**2).sum()
    assert found.shape == (1, 1)
    assert found[0, 0] == by_hand
    assert on_arrays(sp.Sum(K, (mu, 1, K)), {K: sp.Integer(3)}, {}, (mu,))[0] == 9
    with pytest.raises(hs.InvalidValue, match="all of its 3"):
        on_arrays(sp.Sum(xi[mu, i], (mu, 1, 2)), {}, {xi: x}, (mu, i))
    with pytest.raises(hs.InvalidValue, match="K has no value"):
        on_arrays(K * sigma[i], {}, {sigma: s}, (i,))
    with pytest.raises(hs.NotDerivable, match="sin"):
        on_arrays(sp.sin(sigma[i]), {}, {sigma: s}, (i,))


def test_the_information_of_a_rule_with_open_means_has_a_number():
    """Its remainder holds the modulus of sums over histories that carry symbols."""
    covariance, patterns = hs.rules["covariance"], hs.Bipolar(mean=a)
    theory = hs.derive(
        covariance, patterns, threshold=hs.Optimal(), quantities=["capacity:synapse"]
    )
    (verdict,) = hs.check(theory, D=60, K=12, a=sp.Rational(1, 10), seed=1)
    assert verdict.outcome.name == "AGREES"
