"""Cues: their law against the definition, samplers against the law, centring, refusals."""

import dataclasses
import itertools

import numpy as np
import pytest
import sympy as sp
from scipy.stats import chi2

from hebbsym.errors import InvalidValue
from hebbsym.families.cues import Exact, Flip, Mask, cues
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Moments, Ternary
from hebbsym.notation import a, delta, f, moment

R = sp.Rational
LAWS = [Bipolar(a), Binary(f), Ternary(f), Gaussian(), Moments()]
DRAWN = [Bipolar(R(1, 5)), Binary(R(3, 10)), Ternary(R(2, 5))]


def open_cues():
    """Every cue of the registry, plain and centred, its probability a symbol."""
    for cue in cues.values():
        names = {p.name for p in dataclasses.fields(cue)} - {"centred"}
        for centred in (0, 1):
            yield cue(**{p: sp.Symbol(p, nonnegative=True) for p in names}, centred=centred)


# ---- laws ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cue", list(open_cues()), ids=lambda c: c.text)
@pytest.mark.parametrize("law", LAWS, ids=lambda e: e.text)
def test_probabilities_of_the_branches_add_up(cue, law):
    y = sp.Symbol("y")
    assert sp.expand(sum(p for _, p in cue.branches(law, y))) == 1
    assert sp.expand(sum(p for _, p in cue.transitions(law, y))) == 1


@pytest.mark.parametrize("cue", list(open_cues()), ids=lambda c: c.text)
@pytest.mark.parametrize("law", LAWS[:3], ids=lambda e: e.text)
def test_moments_are_sums_over_alphabet_and_branches(cue, law):
    for k, power in itertools.product(range(4), range(4)):
        expected = sum(
            p * q * v**k * s**power
            for v, p in law.alphabet
            for s, q in cue.transitions(law, v)
        )  # fmt: skip
        assert sp.expand(cue.moment(law, k, power) - expected) == 0


def test_flips_by_hand():
    d = delta
    bipolar, binary = Bipolar(a), Binary(f)
    assert Flip(d).branches(bipolar, sp.S.One) == ((1, 1 - d), (-1, d))
    assert Flip(d).branches(binary, sp.S.Zero) == ((0, 1 - d), (1, d))
    assert sp.expand(Flip(d).moment(bipolar, 0, 1) - (1 - 2 * d) * a) == 0
    assert sp.expand(Flip(d).moment(bipolar, 1, 1) - (1 - 2 * d)) == 0
    assert Flip(d).moment(bipolar, 0, 2) == 1
    assert sp.expand(Flip(d).moment(binary, 0, 1) - (f * (1 - d) + (1 - f) * d)) == 0
    assert sp.expand(Flip(d).moment(binary, 1, 1) - f * (1 - d)) == 0
    # a zero of a ternary pattern stays a zero
    assert sp.expand(Flip(d).moment(Ternary(f), 0, 2) - f) == 0
    assert sp.expand(Flip(d).moment(Gaussian(), 1, 1) - (1 - 2 * d)) == 0


def test_masks_by_hand():
    d = delta
    assert Mask(d).branches(Bipolar(a), -sp.S.One) == ((-1, 1 - d), (0, d))
    assert sp.expand(Mask(d).moment(Moments(), 2, 3) - (1 - d) * moment(5)) == 0
    assert sp.expand(Mask(d).moment(Binary(f), 1, 1) - (1 - d) * f) == 0


@pytest.mark.parametrize("cue", list(open_cues()), ids=lambda c: c.text)
@pytest.mark.parametrize("law", LAWS, ids=lambda e: e.text)
def test_centring_removes_the_mean_and_nothing_else(cue, law):
    plain, centred = (dataclasses.replace(cue, centred=sp.Integer(c)) for c in (0, 1))
    assert sp.expand(centred.moment(law, 0, 1)) == 0
    assert plain.shift(law) == 0
    assert sp.expand(centred.shift(law) - plain.moment(law, 0, 1)) == 0
    spread = plain.moment(law, 0, 2) - plain.moment(law, 0, 1) ** 2
    assert sp.expand(centred.moment(law, 0, 2) - spread) == 0
    covariance = plain.moment(law, 1, 1) - law.moment(1) * plain.moment(law, 0, 1)
    assert sp.expand(centred.moment(law, 1, 1) - covariance) == 0


def test_limits_of_the_probability():
    for law in LAWS[:3]:
        for k, power in itertools.product(range(3), range(3)):
            truth = Exact().moment(law, k, power)
            assert sp.expand(Flip(0).moment(law, k, power) - truth) == 0
            assert sp.expand(Mask(0).moment(law, k, power) - truth) == 0
            assert Mask(1).moment(law, k, power) == (law.moment(k) if power == 0 else 0)
            back = sum(p * v**k * law.flipped(v) ** power for v, p in law.alphabet)
            assert sp.expand(Flip(1).moment(law, k, power) - back) == 0


# ---- samplers -----------------------------------------------------------------------------


@pytest.mark.parametrize("cue", [Exact(), Flip(R(1, 10)), Mask(R(1, 4)), Flip(0), Mask(1)], ids=str)
@pytest.mark.parametrize("law", DRAWN, ids=lambda e: e.text)
def test_sampler_follows_the_law_given_the_stored_value(cue, law):
    rng = np.random.default_rng(31)
    patterns = law.sample(rng, (300_000,))
    shown = cue.sample(rng, patterns, law)
    assert shown.shape == patterns.shape
    assert shown.dtype == patterns.dtype
    for value, _ in law.alphabet:
        here = shown[patterns == int(value)]
        chances = {}
        for s, p in cue.branches(law, value):
            chances[int(s)] = chances.get(int(s), 0.0) + float(p)
        observed = {s: int((here == s).sum()) for s in chances}
        assert sum(observed.values()) == here.size  # no other state
        present = {s: p for s, p in chances.items() if p > 0}
        distance = sum(
            (observed[s] - here.size * p) ** 2 / (here.size * p) for s, p in present.items()
        )
        if len(present) > 1:
            assert chi2.sf(distance, len(present) - 1) > 1e-4
            wrong = {s: abs(p - 0.01) for s, p in present.items()}
            refuted = sum((observed[s] - here.size * p) ** 2 / (here.size * p) for s, p in wrong.items())  # fmt: skip
            assert refuted > 20  # a per cent off would be noticed


def test_errors_hit_units_independently():
    patterns = np.ones((400, 1000), dtype=np.int8)
    shown = Flip(R(1, 10)).sample(np.random.default_rng(8), patterns, Bipolar())
    both = (shown[:, ::2] < 0) & (shown[:, 1::2] < 0)
    assert abs(both.mean() - 0.01) < 4 * np.sqrt(0.01 * 0.99 / both.size)
    assert np.array_equal(
        shown, Flip(R(1, 10)).sample(np.random.default_rng(8), patterns, Bipolar())
    )
    assert (patterns == 1).all()  # the stored pattern is left as it was


def test_gaussian_patterns_are_masked_and_flipped():
    patterns = Gaussian().sample(np.random.default_rng(2), (50_000,))
    flipped = Flip(R(1, 4)).sample(np.random.default_rng(3), patterns, Gaussian())
    assert np.array_equal(np.abs(flipped), np.abs(patterns))
    assert abs((flipped != patterns).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / patterns.size)
    masked = Mask(R(1, 4)).sample(np.random.default_rng(3), patterns, Gaussian())
    assert set(np.unique(masked[masked != patterns])) == {0.0}


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Flip, Mask])
@pytest.mark.parametrize("value", [2, R(-1, 10), sp.I, sp.nan, sp.oo, sp.sqrt(2)])
def test_probabilities_outside_the_unit_interval_are_refused(make, value):
    with pytest.raises(InvalidValue, match="outside") as caught:
        make(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [Flip, Mask])
@pytest.mark.parametrize(
    "value", [0.5, sp.Float("0.5"), np.float64(0.5), "1/2", None, [1]], ids=repr
)
def test_what_is_not_exact_is_refused(make, value):
    with pytest.raises(InvalidValue) as caught:
        make(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [2, -1, a, R(1, 2), 1.0, "yes"], ids=repr)
def test_centred_is_zero_or_one(value):
    with pytest.raises(InvalidValue):
        Exact(centred=value)


@pytest.mark.parametrize("cue", [Flip(delta), Mask(delta)])
def test_open_symbols_cannot_be_sampled(cue):
    patterns = np.ones((2, 2), dtype=np.int8)
    with pytest.raises(InvalidValue, match="delta has no value"):
        cue.sample(np.random.default_rng(0), patterns, Bipolar())
    drawn = cue.at({delta: R(1, 2)}).sample(np.random.default_rng(0), patterns, Bipolar())
    assert drawn.shape == (2, 2)


def test_substitution_is_checked_like_a_new_cue():
    assert Flip(delta, centred=sp.S.One).at({delta: R(1, 8)}) == Flip(R(1, 8), centred=sp.S.One)
    for value in (sp.Integer(2), sp.Float("0.5"), sp.I):
        with pytest.raises(InvalidValue):
            Flip(delta).at({delta: value})


def test_text_gives_the_cue_again():
    assert [c.text for c in (Exact(), Flip(delta), Mask(R(1, 4), centred=sp.S.One))] == [
        "exact", "flip(delta=delta)", "mask(delta=1/4, centred=1)",
    ]  # fmt: skip
