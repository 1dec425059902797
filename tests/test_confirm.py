"""Rules of a sweep on one bank: the verdicts of a check of each, and one family of them all."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from hebbsym import numeric
from hebbsym.checking import check
from hebbsym.errors import InvalidValue
from hebbsym.exploration import confirm as room
from hebbsym.exploration.confirm import confirm, share
from hebbsym.families.cues import Flip
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Optimal
from hebbsym.judgement import Outcome
from hebbsym.notation import D, K
from hebbsym.predictions import predictions
from hebbsym.theories import derive
from hebbsym.theory.setting import Setting

HALF = sp.Rational(1, 2)
RULES = [
    ExpandedRule(2, {(1, 1): sp.Integer(1), (1, 0): p, (0, 1): q})
    for p, q in product((-HALF, sp.S.Zero, sp.S.One), repeat=2)
]
SETTING = Setting(RULES[0], Bipolar(HALF))
SIZES = {D: 60, K: 8}


def test_a_rule_on_the_bank_has_the_verdicts_of_its_own_check() -> None:
    """The same networks, so that the same numbers are judged; with errors counted."""
    setting = replace(SETTING, threshold=Optimal())
    names = ["field_mean", "field_variance", "snr", "bit_error"]
    found = confirm(
        setting, RULES[:2], at=SIZES, quantities=names, seed=3, networks=64, resolution=HALF
    )
    for number, rule in enumerate(RULES[:2]):
        theory = derive(rule, setting.patterns, threshold=setting.threshold, quantities=names)
        alone = check(theory, D=60, K=8, seed=3, networks=64, resolution=HALF)
        assert len(found.of(number)) == len(alone) == 6
        for one, other in zip(found.of(number), alone, strict=True):
            assert one.claim == other.claim
            assert one.samples == other.samples == 64
            assert one.predicted == pytest.approx(other.predicted, rel=1e-12)
            assert one.estimate == pytest.approx(other.estimate, rel=1e-10, abs=1e-12)
            assert one.stderr == pytest.approx(other.stderr, rel=1e-8)
            assert one.detectable > other.detectable  # the family is twice as large


def test_rules_agree_and_are_told_apart() -> None:
    found = confirm(SETTING, RULES, at=SIZES, seed=1, networks=16384)
    assert set(found.outcomes) == {Outcome.AGREES}
    assert found.verdicts.outcome is Outcome.AGREES
    assert len(found.verdicts) == 5 * len(RULES)
    best = max(range(len(RULES)), key=lambda n: found.ratios[n][0])
    # x_i (x_j - a) has neither drift nor post part; x_i x_j - a x_i - a x_j without a^2 has a drift
    assert RULES[best].terms == {(1, 1): 1, (1, 0): -HALF}
    heads, *rows = found.table()
    assert len(heads) == 6
    assert [row[-1] for row in rows] == ["AGREES"] * len(RULES)


def test_a_formula_that_is_off_by_the_resolution_disagrees(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = 4  # x_i x_j

    def off(theory: Any, values: Any) -> Any:
        made, left = predictions(theory, values)
        if all(values[s] == 0 for s in theory.setting.rule.free_symbols if "corr" not in str(s)):
            made = [replace(one, number=1.1 * one.number) for one in made]
        return made, left

    monkeypatch.setattr(room, "predictions", off)
    found = confirm(SETTING, RULES, at=SIZES, seed=1, networks=4096)
    assert [n for n, o in enumerate(found.outcomes) if o is Outcome.DISAGREES] == [wrong]
    assert found.verdicts.exit_status == 1


def test_too_few_networks_decide_nothing() -> None:
    found = confirm(SETTING, RULES, at=SIZES, seed=1, networks=8, resolution=sp.Rational(1, 20))
    assert set(found.outcomes) == {Outcome.UNDECIDED}
    alone = confirm(SETTING, RULES[:1], at=SIZES, seed=1, networks=8, resolution=sp.Rational(1, 20))
    notes = [one.of(0)[-1].note for one in (alone, found)]  # of rho: how many networks would decide
    needed = [int(note.partition("networks=")[2].rstrip(")")) for note in notes]
    assert needed[0] < needed[1]


def test_workers_change_no_number() -> None:
    one, two = (
        confirm(SETTING, RULES[:2], at=SIZES, seed=2, networks=128, workers=n) for n in (1, 2)
    )
    assert [v.estimate for v in one.verdicts] == [v.estimate for v in two.verdicts]


def test_what_is_not_confirmed() -> None:
    with pytest.raises(InvalidValue, match="no rule was chosen"):
        confirm(SETTING, [], at=SIZES)
    with pytest.raises(InvalidValue, match="every rule that was chosen is zero"):
        confirm(SETTING, [ExpandedRule(2, {})], at=SIZES)
    with pytest.raises(InvalidValue, match="capacity:bit is not confirmed"):
        confirm(SETTING, RULES[:1], at={**SIZES, sp.Symbol("epsilon", positive=True): sp.Rational(1, 100)},
                quantities=["capacity:bit"])  # fmt: skip
    with pytest.raises(InvalidValue, match="has no value"):
        confirm(SETTING, RULES[:1], at={D: 60})


def test_the_share_has_the_front_both_ends_of_every_growth_and_a_sample() -> None:
    rng = np.random.default_rng(4)
    ratio, growth = rng.random(300), rng.integers(0, 3, 300)
    ratio[7] = np.nan
    chosen = share(ratio, growth, front=[5, 9], sample=20, seed=1)
    assert chosen == sorted(set(chosen))
    assert {5, 9} <= set(chosen)
    assert 7 not in chosen
    for label in range(3):
        alike = np.flatnonzero((growth == label) & np.isfinite(ratio))
        assert alike[ratio[alike].argmin()] in chosen
        assert alike[ratio[alike].argmax()] in chosen
    assert 20 <= len(chosen) <= 28
    assert chosen == share(ratio, growth, front=[5, 9], sample=20, seed=1)


NO_SIGNAL = [
    ExpandedRule(2, {(0, 1): sp.Integer(1)}),
    ExpandedRule(2, {(0, 0): sp.Integer(1)}),
    ExpandedRule(2, {(0, 0): sp.Integer(1), (0, 1): sp.Integer(-1)}),
]
WEAK_CUE = Setting(RULES[0], Bipolar(sp.Rational(1, 5)), Flip(sp.Rational(1, 10)), Optimal())


def test_rules_without_signal_raise_no_false_alarm() -> None:
    """At 1 % a sweep, four alarms among 60 seeds have a probability of 0.4 %."""
    alarms = 0
    for seed in range(60):
        found = confirm(WEAK_CUE, [RULES[4], *NO_SIGNAL], at={D: 40, K: 5}, seed=seed, networks=256)
        alarms += found.verdicts.exit_status == 1
    assert alarms <= 3


@pytest.mark.parametrize("patterns", [Bipolar(sp.Rational(1, 5)), Gaussian()])
def test_a_rule_without_signal_agrees_with_a_ratio_of_0(patterns: Any) -> None:
    setting = Setting(RULES[0], patterns)
    found = confirm(setting, NO_SIGNAL[:1], at={D: 40, K: 5}, quantities=["snr"], networks=1024)
    (verdict,) = found.verdicts
    assert (verdict.claim, verdict.predicted, verdict.outcome) == ("snr", 0.0, Outcome.AGREES)
    assert abs(verdict.estimate) < 4 * verdict.detectable**2  # the root is judged


def test_a_small_signal_that_is_claimed_to_be_none_is_refuted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of a claim of 0: a root of a tenth of the noise."""
    rule = ExpandedRule(2, {(1, 1): sp.Rational(1, 10), (0, 1): sp.Integer(1)})

    def nothing(theory: Any, values: Any) -> Any:
        made, left = predictions(theory, values)
        return [replace(one, number=0.0) for one in made], left

    setting = replace(WEAK_CUE, rule=rule)
    ratio = derive(rule, setting.patterns, cue=setting.cue, threshold=setting.threshold)["snr"]
    true = float(numeric.value(ratio, {D: sp.Integer(40), K: sp.Integer(5)}, 12))
    asked: dict[str, Any] = {"at": {D: 40, K: 5}, "quantities": ["snr"], "networks": 2048}
    assert confirm(setting, [rule], **asked).ratios[0][0] == pytest.approx(true, rel=0.3)
    monkeypatch.setattr(room, "predictions", nothing)
    assert confirm(setting, [rule], **asked).outcomes == (Outcome.DISAGREES,)


def test_the_error_of_a_mixture_agrees_and_that_of_a_gaussian_is_refuted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """x_i x_j + x_i: the post part multiplies the noise of the cue by that of the unit's own history."""
    rule = ExpandedRule(2, {(1, 1): sp.Integer(1), (1, 0): sp.Integer(1)})
    ratio = float(derive(rule)["snr"].formula.xreplace({D: sp.Integer(60), K: sp.Integer(8)}))

    def with_gaussian(theory: Any, values: Any) -> Any:
        (made,), left = predictions(theory, values)
        return [made, replace(made, number=math.erfc(math.sqrt(ratio / 2)) / 2)], left

    monkeypatch.setattr(room, "predictions", with_gaussian)
    found = confirm(
        Setting(rule), [rule], at=SIZES, quantities=["bit_error"], networks=1024, seed=1
    )
    assert [one.outcome for one in found.verdicts] == [Outcome.AGREES, Outcome.DISAGREES]


def test_an_error_that_is_too_rare_to_be_counted_is_sampled() -> None:
    """Two patterns at D = 150: about 1e-9, of which 64 networks show none."""
    rules = [RULES[4], ExpandedRule(2, {(1, 1): sp.Integer(1), (0, 1): sp.Rational(1, 4)})]
    found = confirm(
        Setting(RULES[4]), rules, at={D: 200, K: 8}, quantities=["bit_error"], networks=64, seed=1
    )
    for verdict in found.verdicts:
        assert "tilted" in verdict.note
        assert verdict.estimate == pytest.approx(verdict.predicted, rel=0.2)
        assert verdict.predicted < 1e-4


def test_where_a_field_is_certain_the_claim_of_the_rule_itself_is_taken() -> None:
    """Plain Hebb on {0, 1} with a silent unit: the general rule's variance is no zero there, and its error no number."""
    silent = Setting(RULES[4], Binary(sp.Rational(1, 10)))
    found = confirm(silent, [RULES[4]], at={D: 60, K: 4}, quantities=["bit_error:low"], networks=64)
    own = derive(RULES[4], silent.patterns, quantities=["bit_error:low"])["bit_error:low"]
    expected = numeric.value(own, {D: sp.Integer(60), K: sp.Integer(4)}, 20)
    assert found.verdicts[0].predicted == pytest.approx(float(expected), rel=1e-12)
